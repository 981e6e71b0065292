"""`timestep runs approve|reject|settle`: what people decide on a run that a store keeps."""

from __future__ import annotations

from difflib import get_close_matches
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from timestep.cli import exit_codes, options
from timestep.errors import UsageError

if TYPE_CHECKING:
    from timestep.cli.decisions import Verdict
    from timestep.cli.stored_runs import StoredRuns
    from timestep.state import RunState

_BY = click.option("--by", metavar="NAME", help="Who decides, for the record; by default the user of this machine.")
_ALL = click.option("--all", "every", is_flag=True, help="All calls that wait.")
_CALLS = options.calls("[RUN] CALL...")
_NOTE = """
RUN may be left out where the session has one unfinished run. A CALL is a call id, or PARENT/CALL in a nested run;
`timestep runs show` lists them. Refused, with 1, where somebody else holds the run or has saved it meanwhile.
"""


class _Named(NamedTuple):
    """The run and the calls that words of a command line name."""

    state: RunState
    calls: tuple[str, ...]


@click.command("approve", epilog=f"\b\nExample:\n  timestep runs approve run_1f2e call_1 --by ann\n{_NOTE}")
@_CALLS
@_ALL
@click.option("--always", is_flag=True, help="Later calls of the same tools, too.")
@_BY
@options.stored
def approve(*, always: bool, **given: Any) -> int:  # noqa: ANN401 - what `_decide` takes
    """Let calls run when the run goes on."""
    return _decide("approve", always=always, message=None, **given)


@click.command("reject", epilog=f'\b\nExample:\n  timestep runs reject call_1 --message "Not on a Sunday."\n{_NOTE}')
@_CALLS
@_ALL
@click.option("--message", metavar="TEXT", help="What the model is told.")
@click.option("--always", is_flag=True, help="Later calls of the same tools, too.")
@_BY
@options.stored
def reject(*, always: bool, message: str | None, **given: Any) -> int:  # noqa: ANN401 - what `_decide` takes
    """Keep calls from running."""
    return _decide("reject", always=always, message=message, **given)


@click.command(
    "settle",
    epilog="\b\nExample:\n  timestep runs settle run_1f2e call_1 --retry\n"
    f'  timestep runs settle call_1 --output "sent"\n{_NOTE}',
)
@options.calls("[RUN] CALL")
@options.settling
@_BY
@options.stored
def settle(
    *,
    names: tuple[str, ...],
    retry: bool,
    output: str | None,
    fail: str | None,
    by: str | None,
    store: str | None,
    session: str,
    form: str,
) -> int:
    """Say what became of a call that may have run.

    A call that was under way when its process died is in doubt. Find out in the system that the tool acts on.
    """
    from timestep.cli import decisions, states
    from timestep.cli.stored_runs import StoredRuns

    said = options.settlement(retry=retry, output=output, fail=fail)
    runs = StoredRuns(store, session)
    named = _named(runs, names, broken_off=True)
    if len(named.calls) != 1:
        raise click.UsageError("settle takes one CALL")
    state = named.state
    call = decisions.find(state, named.calls[0])
    state.settle(call, said.how, said.text, by=by or user())
    runs.save(state)
    fields = {"settled": states.settled_fields(call, said.how)}
    return _tell("settle", runs, state, fields=fields, lines=[f"{said.how:<8}{states.call_line(call)}"], form=form)


def _decide(
    verdict: Verdict,
    *,
    names: tuple[str, ...],
    every: bool,
    always: bool,
    message: str | None,
    by: str | None,
    store: str | None,
    session: str,
    form: str,
) -> int:
    """Approve or reject calls, and save the run."""
    from timestep.cli import decisions
    from timestep.cli.stored_runs import StoredRuns

    runs = StoredRuns(store, session)
    named = _named(runs, names)
    if every == bool(named.calls):
        raise click.UsageError(f"say which calls: timestep runs {verdict} [RUN] CALL..., or --all")
    wanted = [decisions.Wanted(verdict, call, message) for call in named.calls or (None,)]
    state = named.state
    made = decisions.make(state, wanted, always=always, by=by or user())
    runs.save(state)
    fields = {"decided": [decision.fields() for decision in made]}
    return _tell(verdict, runs, state, fields=fields, lines=decisions.lines(made), form=form)


def _named(runs: StoredRuns, names: tuple[str, ...], *, broken_off: bool = False) -> _Named:
    """Tell the run from its calls: the first word is the id of a run, or a call of the only unfinished one."""
    stopped = partial(_stopped, runs, broken_off=broken_off)
    known = runs.rows()
    if names and any(row.run == names[0] for row in known):
        return _Named(stopped(runs.load(names[0])), names[1:])
    unfinished = [row.run for row in known if not row.finished]
    if names and len(unfinished) != 1:
        runs.refuse(names[0], known)
    state = stopped(runs.load(runs.find(None).run))
    waiting = {name for call in state.listed() for name in (call.path, call.call_id)}
    if names and names[0] not in waiting and get_close_matches(names[0], unfinished):
        runs.refuse(names[0], known)
    return _Named(state, names)


def _stopped(runs: StoredRuns, state: RunState, *, broken_off: bool) -> RunState:
    """Refuse a run that has not come to a stop: it goes on somewhere, or its process has died.

    Calls that were under way as it died may have run. Where it goes on after all, saving it is refused.
    """
    if broken_off:
        state.break_off()
    step = state.document.runs[0].step.type
    if step in ("interrupted", "finished", "failed") or state.listed():
        return state
    run = state.document.id
    raise UsageError(
        f"no call of run {run!r} waits: its step is {step}",
        code="call-unknown",
        help=f"`{runs.words('resume', run, '--agent', 'MODULE:AGENT')}` goes on if its process has died; a call that "
        "was under way there is in doubt then, and can be settled",
        requirement="TS-APPR-031",
    )


def user() -> str | None:
    """Return the name of whoever uses this machine, if it has one."""
    import getpass

    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return None


def _tell(verb: str, runs: StoredRuns, state: RunState, *, fields: dict[str, Any], lines: list[str], form: str) -> int:
    """Say what was done, and what still waits."""
    from timestep.cli import states
    from timestep.cli.output import say, write_json

    waiting = state.get_interruptions()
    if form == "json":
        head = {"verb": verb, "place": runs.place, "run": state.document.id, "version": state.version}
        write_json("runs", {**head, **fields, "pending": states.pending_fields(waiting)})
        return exit_codes.OK
    for line in lines:
        say(line)
    for item in waiting:
        say(f"waits   {states.call_line(item)}")
    if not waiting:
        say(f"  {runs.words('resume', state.document.id, '--agent', 'MODULE:AGENT')}", err=True)
    return exit_codes.OK
