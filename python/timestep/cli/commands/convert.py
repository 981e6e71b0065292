"""`timestep convert`: write a saved run in another SDK's form, and account for what that costs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from timestep.cli import exit_codes, options

if TYPE_CHECKING:
    from timestep.types.findings import LossReport

_EPILOG = """\b
Example:
  timestep convert state.json --to openai-agents-js -o state.js.json
  timestep convert state.js.json --to openai-agents-python --base state.json -o back.json
  timestep convert state.json --to timestep -o - | timestep show -
  timestep convert state.json --to timestep+proto -o state.binpb

A TARGET is openai-agents-python or openai-agents-js, with @NUMBER or ==PACKAGE_VERSION where it matters; timestep; or
timestep+proto, the binary form of timestep.
"""


@click.command("convert", epilog=_EPILOG)
@click.argument("file", metavar="FILE")
@click.option("--to", "target", metavar="TARGET", required=True, help="The form to write.")
@options.output
@click.option(
    "--base", metavar="ORIGINAL", help="The file the run came from: puts back what only that file could hold."
)
@options.reading
@click.option("--handoff", metavar="TOOL=AGENT", multiple=True, help="The agent a handoff tool leads to.")
@click.option("--agent", metavar="NAME=IDENTITY", multiple=True, help="An agent's identity in the target.")
@click.option("--report", metavar="FILE", help="Also write the account of the conversion there, as JSON.")
@options.output_format()
@click.pass_context
def command(
    ctx: click.Context,
    *,
    file: str,
    target: str,
    output: str | None,
    force: bool,
    base: str | None,
    dialect: str | None,
    assume: tuple[str, ...],
    handoff: tuple[str, ...],
    agent: tuple[str, ...],
    report: str | None,
    form: str,
) -> int:
    """Convert a saved run to another SDK's form, with an account of the losses.

    Ends with 0 when only what is not essential was lost, and says what; with 1, and without a file, when something that
    decides what may run can't cross.
    """
    from timestep.cli import files, states
    from timestep.cli.output import json_bytes
    from timestep.cli.progress import working
    from timestep.state import write

    _refuse_clashes(ctx, output, report, form)
    files.refuse_stdin_twice(file, base or "")
    places = [place for place in (output, report) if place is not None]
    for place in places:
        files.refuse_taken(place, force=force)
    source = files.read(file)
    original = files.read(base) if base is not None else None
    with working(source.name):
        state = states.load(source, dialect, assume)
        done = write(
            state,
            target,
            assume=assume,
            base=original.data if original is not None else None,
            handoffs=options.pairs("--handoff", handoff),
            agents=options.pairs("--agent", agent),
        )
    fields = _fields(source.name, output or "-", done.report)
    account = [(report, json_bytes("convert", fields) + b"\n")] if report is not None else []
    files.write_all([*account, (output or "-", done.data)], force=force)
    states.tell_lost_seal(state)
    _tell(fields, done.report, form)
    return exit_codes.OK


def _refuse_clashes(ctx: click.Context, output: str | None, report: str | None, form: str) -> None:
    """Refuse outputs that would overwrite each other."""
    if output is None:
        raise click.UsageError("convert writes a file: say where with -o OUT, or -o - for stdout", ctx)
    if report is not None and report == output:
        raise click.UsageError("-o and --report name the same file", ctx)
    if form == "json" and "-" in (output, report):
        raise click.UsageError("only one thing can go to stdout; give the others files", ctx)


def _fields(file: str, output: str, report: LossReport) -> dict[str, Any]:
    """Give the JSON output."""
    import msgspec

    from timestep.cli.output import file_name

    return {"file": file, "output": file_name(output), "report": msgspec.to_builtins(report)}


def _tell(fields: dict[str, Any], report: LossReport, form: str) -> None:
    """Report on stdout as JSON, or on stderr for people."""
    from timestep.cli.output import one_line, paint, say, write_json

    if form == "json":
        write_json("convert", fields)
        return
    say(f"{one_line(report.source)} -> {one_line(report.target)}", err=True)
    for row in report.rows:
        count = f" ({row.count})" if row.count != 1 else ""
        note = f": {row.note}" if row.note else ""
        flag = f" [--assume {row.flag}]" if row.flag else ""
        color = "bright_black" if row.action == "carried" else "yellow"
        say(f"  {paint(f'{row.action:<9}', color, err=True)} {one_line(f'{row.subject}{count}{note}{flag}')}", err=True)
