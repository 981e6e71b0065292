"""`timestep dialects`: which formats of saved runs there are, and who reads and writes them."""

from __future__ import annotations

from collections.abc import Sequence

import click

from timestep.cli import exit_codes, options

_EPILOG = """\b
Example:
  timestep dialects list
  timestep dialects list openai-agents-js --format json
"""
_PACKAGES = {"openai-agents-python": "openai-agents on PyPI", "openai-agents-js": "@openai/agents on npm"}


@click.group("dialects", epilog=_EPILOG)
def command() -> None:
    """List the released numbers of both SDKs: who writes and who reads them."""


@command.command("list", epilog=_EPILOG)
@click.argument("name", metavar="[DIALECT]", required=False, type=click.Choice(sorted(_PACKAGES)))
@options.output_format()
def list_numbers(*, name: str | None, form: str) -> int:
    """List the numbers that released packages have written.

    For each: the package versions that write it, those that read and resume such a state by themselves, and what
    timestep does with it. `timestep convert --to DIALECT@NUMBER`, or `DIALECT==PACKAGE_VERSION`, writes it.
    """
    from timestep.cli import output
    from timestep.dialects.detect import CURRENT, NUMBERS
    from timestep.dialects.numbers import readers

    chosen = [name] if name is not None else list(NUMBERS)
    if form == "json":
        rows = [
            {
                "dialect": dialect,
                "number": row.number,
                "current": row.number == CURRENT[dialect],
                "written_by": list(row.packages),
                "read_by": readers(NUMBERS[dialect], row),
                "reads": True,
                "writes": True,
                **({"note": row.note} if row.note else {}),
            }
            for dialect in chosen
            for row in NUMBERS[dialect]
        ]
        output.write_json("dialects", {"numbers": rows})
        return exit_codes.OK
    for dialect in chosen:
        output.say(f"{dialect} ({_PACKAGES[dialect]})")
        output.say(f"  {'number':<8}{'written by':<20}{'read by':<20}timestep")
        for row in NUMBERS[dialect]:
            written, read = _span(row.packages), _span(readers(NUMBERS[dialect], row))
            mark = " (current)" if row.number == CURRENT[dialect] else f"   {row.note}" if row.note else ""
            output.say(f"  {row.number:<8}{written:<20}{read:<20}reads, writes{mark}")
        output.say()
    output.say("timestep convert STATE --to DIALECT@NUMBER, or DIALECT==PACKAGE_VERSION, writes one of them.", err=True)
    return exit_codes.OK


def _span(versions: Sequence[str]) -> str:
    return versions[0] if len(versions) == 1 else f"{versions[0]} - {versions[-1]}"
