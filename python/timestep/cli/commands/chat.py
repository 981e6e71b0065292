"""`timestep chat`: a conversation with an agent on the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from timestep.cli import exit_codes, options

if TYPE_CHECKING:
    from timestep.cli.asking import Asked

_EPILOG = f"""\b
Example:
  timestep chat weather.py:agent
  timestep chat weather.py:agent --session trip --model gpt-4.1
  timestep chat mail.py:agent --store
  printf 'Hello\\nAnd in Oakland?\\n' | timestep chat weather.py:agent --no-session

Ctrl-C stops an answer and not the conversation; Ctrl-D or /quit ends it, /help tells the commands. A call that you
leave for later ends it too: its run is saved. With --store each answer is a run of its own in the store that `timestep
runs` looks into, or in the one at URL.

\b
Exit status:
{exit_codes.OF_RUNS}
"""


@click.command("chat", epilog=_EPILOG)
@click.argument("target", metavar="MODULE:AGENT")
@options.running
@options.kept
@click.option("--no-session", is_flag=True, help="Forget the conversation at the end.")
@options.asking("ask", "Who decides on calls that wait: you, nobody now, or all may run.  [default: ask]")
def command(
    *,
    target: str,
    session: str | None,
    model: str | None,
    rules: str | None,
    max_turns: int | None,
    context: str | None,
    store: str | None,
    store_session: str | None,
    no_session: bool,
    approve: Asked,
) -> int:
    """Talk with an agent on the terminal.

    Each line is a message. The conversation is kept in the session `default` unless another one is named.
    """
    from timestep.cli import files
    from timestep.cli.agents_at import load
    from timestep.cli.chatting import Chat
    from timestep.cli.conversation import Printer
    from timestep.cli.run_options import run_options, session_at
    from timestep.cli.runs import Runs
    from timestep.cli.stored_endings import ending_of
    from timestep.cli.stored_runs import kept_in
    from timestep.sessions.memory import MemorySession

    if no_session and session is not None:
        raise click.UsageError("--session and --no-session contradict each other")
    if context == "@-" or rules == files.STANDARD:
        raise click.UsageError("stdin has the conversation; give the context as JSON or in a file, and rules in a file")
    agent = load(target)
    named = None if no_session else session or "default"
    kept = MemorySession() if named is None else session_at(named)
    printer = Printer(pieces=True)
    store_at = kept_in(store, store_session)
    given = run_options(model, max_turns, context, rules)
    given |= {} if store_at is None else {"state_store": store_at.store}
    ending = ending_of(store_at, named, model, context, rules, verb="chat", target=target)
    with Runs(printer.event, approve, session=kept, stream=True, **given) as runs:
        return Chat(agent, runs, printer, kept, ending).talk()
