"""`timestep diff`: what differs between two saved runs, by meaning."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from timestep.cli import exit_codes, options

if TYPE_CHECKING:
    from timestep.codec.diff import Change

_EPILOG = """\b
Example:
  timestep diff before.json after.json
  timestep diff python.json javascript.json
  timestep diff --raw before.json after.json
"""

_MARKS = {"added": "+", "removed": "-", "changed": "~"}


@click.command("diff", epilog=_EPILOG)
@click.argument("left", metavar="A")
@click.argument("right", metavar="B")
@click.option("--raw", is_flag=True, help="Compare the JSON itself; the files need not be saved runs.")
@options.reading
@options.no_mask
@options.output_format()
def command(
    *, left: str, right: str, raw: bool, dialect: str | None, assume: tuple[str, ...], no_mask: bool, form: str
) -> int:
    """Compare two saved runs by meaning.

    They may be of different SDKs: both are read into Timestep's form. Ends with 1 when they differ. Where a run came
    from, its ids and what only one SDK's files hold is left out.
    """
    from timestep.cli import comparing, files, output
    from timestep.cli.progress import working

    files.refuse_stdin_twice(left, right)
    sources = files.read(left), files.read(right)
    with working(f"{sources[0].name} {sources[1].name}"):
        changes = comparing.raw(*sources) if raw else comparing.by_meaning(*sources, dialect, assume)
    masked = [change if no_mask else comparing.masked(change) for change in changes]
    if form == "json":
        output.write_json("diff", {"equal": not masked, "changes": [_fields(change) for change in masked]})
    else:
        _print(masked)
    return exit_codes.FINDINGS if masked else exit_codes.OK


def _fields(change: Change) -> dict[str, Any]:
    """Give a change as JSON output has it: only the sides that exist."""
    sides = {"left": change.left, "right": change.right}
    missing = {"added": "left", "removed": "right"}.get(change.kind)
    kept = {name: value for name, value in sides.items() if name != missing}
    return {"pointer": change.pointer, "kind": change.kind, **kept}


def _print(changes: list[Change]) -> None:
    """Write the changes for people."""
    from timestep.cli.output import one_line, paint, say
    from timestep.cli.people import value_line

    for change in changes:
        say(f"{_MARKS[change.kind]} {one_line(change.pointer) or '(the whole document)'}")
        if change.kind != "added":
            say(paint(f"    - {value_line(change.left)}", "red"))
        if change.kind != "removed":
            say(paint(f"    + {value_line(change.right)}", "green"))
    say(f"{len(changes)} difference(s)" if changes else "no differences")
