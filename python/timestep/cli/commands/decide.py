"""`timestep decide`: approve or reject the calls that wait, and write the decided run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from timestep.cli import exit_codes, options

if TYPE_CHECKING:
    from timestep.cli.decisions import Decision
    from timestep.state import RunState

_EPILOG = """\b
Example:
  timestep decide state.json --approve call_1 --reject call_2 --message "Not on a Sunday." -o decided.json
  timestep decide state.json --approve call_outer/call_inner -o decided.json
  timestep decide - --approve-all -o - < state.json > decided.json

An ID is a call id, or PARENT/CALL in a nested run; `timestep show FILE` lists them.
"""


@click.command("decide", cls=options.OrderedCommand, epilog=_EPILOG)
@click.argument("file", metavar="FILE")
@options.decisions
@options.output
@options.output_format()
@click.option("--assume", metavar="FLAG", multiple=True, help="Assert what the file does not prove.")
@click.pass_context
def command(
    ctx: click.Context,
    *,
    file: str,
    always: bool,
    by: str | None,
    output: str | None,
    force: bool,
    form: str,
    assume: tuple[str, ...],
    **ordered: object,
) -> int:
    """Approve or reject the calls that wait, and write the decided run.

    It is written in the form it was read in, and only if every decision could be made. The run goes on when its SDK, or
    timestep, resumes it.
    """
    del ordered  # they came in their order, in the context
    from timestep.cli import decisions, files
    from timestep.cli.output import file_name, write_json
    from timestep.cli.progress import working
    from timestep.state import write

    wanted = decisions.parse(ctx.meta["timestep.ordered"])
    if output is None:
        raise click.UsageError("decide writes a file: say where with -o OUT, or -o - for stdout", ctx)
    if output == files.STANDARD and form == "json":
        raise click.UsageError("the decided run and the JSON report can't both go to stdout; give -o a file", ctx)
    files.refuse_taken(output, force=force)
    source = files.read(file)
    with source.blamed(), working(source.name):
        from timestep.cli.states import load_run, tell_lost_name, tell_lost_seal

        state = load_run(source, assume)
        made = decisions.make(state, wanted, always=always, by=by)
        data = write(state, to=state.form, assume=assume).data
    files.write(output, data, force=force)
    tell_lost_seal(state)
    tell_lost_name(state, by)
    if form == "json":
        write_json("decide", _fields(state, made, source.name, file_name(output)))
    else:
        _tell(state, made)
    return exit_codes.OK


def _fields(state: RunState, made: list[Decision], file: str, output: str) -> dict[str, Any]:
    """Give the JSON output."""
    from timestep.cli import states

    return {
        "file": file,
        "output": output,
        "decided": [decision.fields() for decision in made],
        "pending": states.pending_fields(state.get_interruptions()),
    }


def _tell(state: RunState, made: list[Decision]) -> None:
    """Say what was decided, and what still waits."""
    from timestep.cli import decisions, states
    from timestep.cli.output import say

    for line in decisions.lines(made, err=True):
        say(line, err=True)
    for item in state.get_interruptions():
        say(f"waits   {states.call_line(item)}", err=True)
