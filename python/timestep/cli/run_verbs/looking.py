"""`timestep runs list|show|history`: what a store has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from timestep.cli import exit_codes, options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from timestep.cli.stored_runs import StoredRuns
    from timestep.state import RunState
    from timestep.stores.protocol import SavedRun, SavedVersion
    from timestep.types.state import Document


@click.command(
    "list", epilog="\b\nExample:\n  timestep runs list --waiting\n  timestep runs list --every-session --all\n"
)
@click.option("--all", "all_runs", is_flag=True, help="Those that have ended, too.")
@click.option("--waiting", is_flag=True, help="Those that wait for a person.")
@click.option("--step", metavar="STEP", help="Those at this step, such as interrupted or failed.")
@options.every_session
@options.stored
def list_runs(
    *, all_runs: bool, waiting: bool, step: str | None, every_session: bool, store: str | None, session: str, form: str
) -> int:
    """List the runs that have not ended, the newest first.

    A line has the run's id, its step, its agent, when it was saved last, which calls wait or may have run, and who
    holds it.
    """
    from timestep.cli import output, run_rows
    from timestep.cli.stored_runs import StoredRuns

    runs = StoredRuns(store, session)
    found = runs.rows(every_session=every_session)
    if step is not None:
        found = [row for row in found if row.step == step]
    elif not all_runs:
        found = [row for row in found if not row.finished]
    found = [row for row in found if row.waits or not waiting]
    if form == "json":
        told = [run_rows.fields(row) for row in found]
        output.write_json("runs", {"verb": "list", "place": runs.place, "runs": told})
        return exit_codes.OK
    for row in found:
        output.say(run_rows.line(row, session=every_session))
    if not found:
        of = "" if every_session else f" of session {session}"
        output.say(f"no such runs{output.one_line(of)} in {output.one_line(runs.place)}", err=True)
    return exit_codes.OK


@click.command("show", epilog="\b\nExample:\n  timestep runs show\n  timestep runs show run_1f2e -o paused.json\n")
@options.run
@options.output
@options.no_mask
@click.option("--full", is_flag=True, help="Show long texts whole.")
@options.stored
def show(
    *,
    run: str | None,
    output: str | None,
    force: bool,
    no_mask: bool,
    full: bool,
    store: str | None,
    session: str,
    form: str,
) -> int:
    """Show a run, or write it to a file.

    Without RUN it is the session's newest unfinished one. What looks like a secret is masked. With -o the state is
    written, unmasked, instead of shown; `timestep resume` then asks again about the decisions in it.
    """
    from functools import partial

    from timestep.cli import people, run_rows, state_text, story
    from timestep.cli.output import say, write_json
    from timestep.cli.stored_runs import StoredRuns
    from timestep.codec.redact import redact

    runs = StoredRuns(store, session)
    row = runs.find(run, newest=True)
    state = runs.load(row.run)
    mask = story.no_mask if no_mask else redact
    head: dict[str, Any] = {"verb": "show", "place": runs.place, "saved": run_rows.fields(row)}
    if output is not None:
        return _export(state, output, head, force=force, form=form)
    if form == "json":
        write_json("runs", {**head, "state": state_text.fields(state, mask)})
        return exit_codes.OK
    told = state_text.lines(state, row.run, partial(runs.deciding, row.run), mask, full=full)
    for line in people.squeezed(_with_facts(told, runs, row)):
        say(line)
    return exit_codes.OK


def _with_facts(told: Iterator[str], runs: StoredRuns, row: SavedRun) -> Iterator[str]:
    """Write what the store knows of a run below its first line."""
    from timestep.cli import run_rows
    from timestep.cli.output import one_line

    yield next(told)
    yield one_line(f"store     {runs.place}, session {row.session}")
    yield f"saved     {run_rows.saved(row)}, version {row.version}, revision {row.revision}"
    if row.claim is not None:
        yield f"claim     {run_rows.held(row)}"
    yield from told


def _export(state: RunState, place: str, head: dict[str, Any], *, force: bool, form: str) -> int:
    """Write a state to a file."""
    from timestep.cli import stops
    from timestep.cli.files import STANDARD
    from timestep.cli.output import file_name, one_line, say, write_json

    if place == STANDARD and form == "json":
        raise click.UsageError("only one thing can go to stdout; give the file a name")
    stops.write_state(state, place, force=force)
    if form == "json":
        write_json("runs", {**head, "state_file": file_name(place)})
    elif place != STANDARD:
        say(f"state     {one_line(file_name(place))}", err=True)
    return exit_codes.OK


@click.command("history", epilog="\b\nExample:\n  timestep runs history\n  timestep runs history run_1f2e\n")
@options.run
@options.stored
def history(*, run: str | None, store: str | None, session: str, form: str) -> int:
    """Tell when a run was saved, and who decided what.

    Without RUN it is the session's newest unfinished one. Versions that a newer one has taken up whole are not listed.
    """
    from timestep.cli import output, run_rows
    from timestep.cli.stored_runs import StoredRuns

    runs = StoredRuns(store, session)
    row = runs.find(run, newest=True)
    versions = runs.do(runs.store.history(row.run))
    decisions = _decisions(runs.load(row.run).document)
    if form == "json":
        told = {"versions": [run_rows.fields(version) for version in versions], "decisions": decisions}
        output.write_json("runs", {"verb": "history", "place": runs.place, "saved": run_rows.fields(row), **told})
        return exit_codes.OK
    for version in versions:
        output.say(_version(version))
    if decisions:
        output.say("decisions")
    for decision in decisions:
        by = f" by {decision['by']}" if "by" in decision else ""
        at = f" at {run_rows.moment(decision['at'])}" if "at" in decision else ""
        output.say(output.one_line(f"  {decision['subject']}{by}{at}"))
    return exit_codes.OK


def _version(version: SavedVersion) -> str:
    from timestep.cli import run_rows
    from timestep.cli.output import one_line

    head = f"version {version.version:>4}  revision {version.revision:>4}  {version.step:<14}  {version.agent}"
    return one_line(f"{head}  {run_rows.moment(version.saved_at)}")


def _decisions(document: Document) -> list[dict[str, str]]:
    """List what people and policies have decided on a run, in their order."""
    rows = [(note.subject, note.by, note.at) for note in document.provenance if note.action == "decided"]
    told = [dict(zip(("subject", "by", "at"), row, strict=True)) for row in rows]
    return [{name: value for name, value in row.items() if value is not None} for row in told]
