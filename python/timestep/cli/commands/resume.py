"""`timestep resume`: a saved run of any SDK goes on in Timestep's own loop."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from timestep.cli import exit_codes, options

if TYPE_CHECKING:
    from timestep.cli.decisions import Decision
    from timestep.cli.files import Source
    from timestep.cli.states import Seal
    from timestep.state import RunState

_EPILOG = f"""\b
Example:
  timestep resume paused.json --agent mail.py:mailer --approve call_1 -o done.json
  timestep resume paused.json --agent mail.py:mailer --reject call_1 --message "Not on a Sunday."
  timestep decide paused.json --approve-all -o - | timestep resume - --agent mail.py:mailer --trust

Anybody who can write a file can approve calls in it: decisions that stand in FILE are asked again unless --trust
vouches for it, or it is sealed with a key of --key-file (`timestep seal`). An ID is a call id, or PARENT/CALL in a
nested run; `timestep show FILE` lists them.

\b
Exit status:
{exit_codes.OF_RUNS}
"""


@click.command("resume", cls=options.OrderedCommand, epilog=_EPILOG)
@click.argument("file", metavar="FILE")
@click.option("--agent", "target", metavar="MODULE:AGENT", required=True, help="The agent that the run started with.")
@click.option("--trust", is_flag=True, help="Act on the decisions that stand in FILE.")
@options.key_file
@options.fresh
@options.decisions
@click.option("--ask", is_flag=True, help="Decide on the terminal, now and later in the run.")
@options.running
@click.option("--compat", metavar="SDK", help="Go on by the rules of openai-agents-python or openai-agents-js.")
@click.option("--assume", metavar="FLAG", multiple=True, help="Assert what the file does not prove.")
@options.streaming
@options.output
@options.output_format()
@click.pass_context
def command(
    ctx: click.Context,
    *,
    file: str,
    target: str,
    trust: bool,
    always: bool,
    by: str | None,
    ask: bool,
    session: str | None,
    model: str | None,
    rules: str | None,
    max_turns: int | None,
    context: str | None,
    compat: str | None,
    assume: tuple[str, ...],
    stream: bool | None,
    output: str | None,
    force: bool,
    form: str,
    **_more: object,  # in the context
) -> int:
    """Go on with a saved run.

    FILE may be of any SDK; the run goes on with the agent of your code. Calls that nobody has decided on are shown, and
    no model is asked. The state afterwards is written to OUT, and without one only where the run has not ended.
    """
    from timestep.cli import decisions, files, states
    from timestep.cli.following import Wish, follow
    from timestep.cli.stops import Ending, again, refuse_output

    given = ctx.meta["timestep.ordered"]  # the decisions, in their order
    wanted = decisions.parse(given) if given else []
    _refuse(compat, ask=ask and file == files.STANDARD, loose=not wanted and (always or by is not None))
    files.refuse_stdin_twice(file, rules or "", (context or "").removeprefix("@"))
    refuse_output(output, force=force)
    seal = states.seal(*(ctx.params[name] for name in ("key_file", "tenant", "tree", "at_least")))
    source = files.read(file)
    with source.blamed():
        state, unverified = _loaded(source, assume, seal, trust=trust)
        made = decisions.make(state, wanted, always=always, by=by) if wanted else []
    _tell(unverified, made, form)
    fields = {"file": source.name, "decided": [one.fields() for one in made], "unverified": unverified}
    kept = again(session, model, context, rules)
    ending = Ending(
        verb="resume", target=target, save=output, force=force, again=kept, source=source.name, fields=fields
    )
    wish = Wish(
        asked="ask" if ask else "none",
        form=form,
        stream=stream,
        session=session,
        model=model,
        rules=rules,
        max_turns=max_turns,
        context=context,
        more={"compat": compat},
    )
    return follow(state, ending, wish)


def _refuse(compat: str | None, *, ask: bool, loose: bool) -> None:
    """Refuse options that make no sense together."""
    options.refuse_compat(compat)
    if ask:
        raise click.UsageError("stdin can be read only once: for FILE, or for decisions")
    if loose:
        raise click.UsageError("--always and --by say more about a decision, and none is given")


def _loaded(source: Source, assume: tuple[str, ...], seal: Seal, *, trust: bool) -> tuple[RunState, int]:
    """Return the state, and how many decisions of its file are asked again; those made on it now count (TS-SEC-002)."""
    from dataclasses import replace

    from timestep.cli.states import load_run
    from timestep.state import RunState

    state = load_run(source, assume, trusted=trust, seal=seal)
    if state.trusted:
        return state, 0
    unverified = len(state.document.approvals)
    return RunState(replace(state.loaded, document=state.resumable()), trusted=True), unverified


def _tell(unverified: int, made: list[Decision], form: str) -> None:
    """Say which decisions count."""
    from timestep.cli import decisions
    from timestep.cli.output import say

    if form != "text":
        return
    if unverified:
        say(f"note: {unverified} decision(s) in the file are asked again; --trust takes them as they are", err=True)
    for line in decisions.lines(made, err=True):
        say(line, err=True)
