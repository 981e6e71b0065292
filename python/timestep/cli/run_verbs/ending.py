"""`timestep runs cancel|prune`: runs that are over."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from timestep.cli import exit_codes, options

if TYPE_CHECKING:
    from datetime import timedelta

    from timestep.stores.protocol import SavedRun


@click.command("cancel", epilog="\b\nExample:\n  timestep runs cancel run_1f2e --yes\n")
@options.run
@click.option("--yes", is_flag=True, help="Don't ask.")
@click.option("--take-over", is_flag=True, help="Take the run from whoever holds it; that process can go on no more.")
@click.option("--by", metavar="NAME", help="Who ends it, for the record; by default the user of this machine.")
@options.stored
def cancel(
    *, run: str | None, yes: bool, take_over: bool, by: str | None, store: str | None, session: str, form: str
) -> int:
    """End a run for good.

    Calls that wait are cancelled, and nothing goes on with it. RUN may be left out where the session has one unfinished
    run. Refused, with 1, where somebody else holds the run, or where it has ended already.
    """
    from timestep.cli import output, terminal
    from timestep.cli.run_verbs.deciding import user
    from timestep.cli.stored_runs import StoredRuns

    runs = StoredRuns(store, session)
    row = runs.find(run)
    if not yes and not terminal.agreed(f"cancel {row.run} of {row.agent}?", "--yes cancels"):
        output.say("nothing was cancelled", err=True)
        return exit_codes.FINDINGS
    state = runs.taken(row.run) if take_over else runs.load(row.run)
    try:
        state.cancel(by=by or user())
        runs.save(state)
    finally:
        runs.release(row.run)
    missing = len(state.unwritten_items())
    if form == "json":
        told = {"run": row.run, "version": state.version, "unwritten": missing}
        output.write_json("runs", {"verb": "cancel", "place": runs.place, **told})
        return exit_codes.OK
    output.say(output.one_line(f"cancelled  {row.run}  {row.agent}"))
    if missing:
        output.say(f"note: {missing} item(s) of the run are not in its conversation", err=True)
    return exit_codes.OK


@click.command(
    "prune",
    epilog="\b\nExample:\n  timestep runs prune --older-than 30d --every-session --dry-run\n"
    "  timestep runs prune --older-than 30d --every-session --yes\n",
)
@click.option("--older-than", "older", metavar="AGE", required=True, help="Saved last before then: 30m, 12h or 30d.")
@click.option("--unfinished", is_flag=True, help="Those that have not ended, too.")
@click.option("--dry-run", is_flag=True, help="Say which, and remove nothing.")
@click.option("--yes", is_flag=True, help="Don't ask.")
@options.every_session
@options.stored
def prune(
    *,
    older: str,
    unfinished: bool,
    dry_run: bool,
    yes: bool,
    every_session: bool,
    store: str | None,
    session: str,
    form: str,
) -> int:
    """Remove runs that have ended and are old.

    Nothing brings them back. Runs that somebody holds stay.
    """
    from timestep.cli import output, run_rows, terminal
    from timestep.cli.stored_runs import StoredRuns

    runs = StoredRuns(store, session)
    age = _age(older)
    found = _old(runs.rows(every_session=every_session), age, unfinished=unfinished)
    listed = dry_run or not (yes or form == "json")
    if listed and form == "text":
        for row in found:
            output.say(run_rows.line(row, session=every_session))
    removed = 0
    if found and not dry_run:
        if not yes and not terminal.agreed(f"remove {len(found)} run(s)?", "--yes removes"):
            output.say("nothing was removed", err=True)
            return exit_codes.FINDINGS
        work = runs.store.prune(age, every_session=every_session, unfinished=unfinished)
        removed = runs.do(work)
    if form == "json":
        told = [run_rows.fields(row) for row in found]
        output.write_json("runs", {"verb": "prune", "place": runs.place, "runs": told, "removed": removed})
    else:
        what = f"{len(found)} run(s) would be removed" if dry_run else f"{removed} run(s) removed"
        output.say(f"{what} from {output.one_line(runs.place)}")
    return exit_codes.OK


def _age(text: str) -> timedelta:
    """Read how old is old."""
    age = options.age(text)
    if age is None or age.days > 36_500:
        raise click.UsageError(f"--older-than takes 30m, 12h or 30d, and 100 years at most; got {text!r}")
    return age


def _old(rows: list[SavedRun], age: timedelta, *, unfinished: bool) -> list[SavedRun]:
    """Choose the runs that are old, as `prune` does."""
    before = datetime.now(UTC) - age
    old = (row for row in rows if datetime.fromisoformat(row.saved_at) < before and row.claim is None)
    return [row for row in old if row.finished or unfinished]
