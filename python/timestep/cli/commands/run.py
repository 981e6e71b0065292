"""`timestep run`: one run of an agent, from its input to its answer or to a decision that a person has to make."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from timestep.cli import exit_codes, options

if TYPE_CHECKING:
    from timestep.cli.asking import Asked

_EPILOG = f"""\b
Example:
  timestep run weather.py:agent "What's the weather in Oakland?"
  timestep run package.agents:mailer "Mail Ann." --session ann --save run.json
  timestep run mail.py:mailer "Mail Ann." --store
  git diff | timestep run review.py:reviewer - --model gpt-4.1 > review.md

MODULE is a dotted module or a Python file; AGENT an Agent in it (of timestep or openai-agents), or a function without
arguments that makes one. Where nobody decides, the run pauses: its state is saved, and stderr says how to go on.

With --store each step is kept before the next is begun, so that a run whose process dies is gone on with by `timestep
runs resume`. It is the store that `timestep runs` looks into, or the one at URL. --session names the conversation and
--store-session the store's session; with `timestep runs` they are --conversation and --session.

\b
Exit status:
{exit_codes.OF_RUNS}
"""


@click.command("run", epilog=_EPILOG)
@click.argument("target", metavar="MODULE:AGENT")
@click.argument("text", metavar="INPUT")
@options.running
@options.kept
@options.streaming
@options.asking(None, "Who decides on calls that wait: you (the default on a terminal), nobody now, or all may run.")
@click.option("--save", metavar="FILE", help="Write the run's state there, however it ends.")
@click.option("--force", is_flag=True, help="Replace a file of that name.")
@options.output_format()
def command(
    *,
    target: str,
    text: str,
    session: str | None,
    model: str | None,
    rules: str | None,
    max_turns: int | None,
    context: str | None,
    store: str | None,
    store_session: str | None,
    stream: bool | None,
    approve: Asked | None,
    save: str | None,
    force: bool,
    form: str,
) -> int:
    """Run an agent once; where it waits for a decision, the run is saved.

    INPUT is what the agent is asked; `-` reads it from stdin. The answer goes to stdout, what happens on the way to
    stderr.
    """
    from timestep.cli import files, terminal
    from timestep.cli.following import Wish, follow
    from timestep.cli.run_options import input_text
    from timestep.cli.stops import refuse_output
    from timestep.cli.stored_endings import ending_of
    from timestep.cli.stored_runs import kept_in

    piped = files.STANDARD in (text, rules)
    if approve == "ask" and piped:
        raise click.UsageError("stdin can be read only once: for the input, or for decisions")
    files.refuse_stdin_twice(text, rules or "", (context or "").removeprefix("@"))
    refuse_output(save, force=force)
    asked: Asked = approve or ("ask" if terminal.is_there() and not piped else "none")
    runs = kept_in(store, store_session, tells=form == "text")
    given = (session, model, context, rules)
    ending = ending_of(runs, *given, verb="run", target=target, save=save, force=force)
    wish = Wish(
        asked=asked,
        form=form,
        stream=stream,
        session=session,
        model=model,
        rules=rules,
        max_turns=max_turns,
        context=context,
        more={} if runs is None else {"state_store": runs.store},
    )
    return follow(input_text(text), ending, wish)
