"""`timestep explain`: what an error code or a requirement means, out of the spec that came along."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import click

from timestep.cli import exit_codes, options

_EPILOG = """\b
Example:
  timestep explain approval-shape
  timestep explain TS-APPR-021
  timestep explain TS-APPR
  timestep explain
"""
_SHOWN = 3  # tests or cases told by name on a terminal; --format json has all


@click.command("explain", epilog=_EPILOG)
@click.argument("name", metavar="[CODE|TS-AREA-NNN|TS-AREA]", required=False)
@options.output_format()
def command(name: str | None, form: str) -> int:
    """Explain an error code or a requirement; without one, list all codes."""
    from timestep.cli import output, spec_files

    if name is None:
        fields = _all()
    elif spec_files.REQUIREMENT.fullmatch(name.upper()):
        fields = _requirement(name.upper())
    elif spec_files.AREA.fullmatch(name.upper()):
        fields = _area(name.upper())
    else:
        fields = _code(name)
    if form == "json":
        output.write_json("explain", fields)
    else:
        _print(fields)
    return exit_codes.OK


def _all() -> dict[str, Any]:
    """List the codes, and name the areas of the requirements."""
    from timestep.cli import spec_files

    listed = [{"code": code, "title": entry["title"]} for code, entry in spec_files.codes().items()]
    text = "timestep explain CODE tells more about one, and timestep explain AREA lists requirements."
    return {"title": "All error codes", "text": text, "areas": spec_files.areas(), "codes": listed}


def _code(name: str) -> dict[str, Any]:
    """Explain a code, with the requirement behind it."""
    from timestep.cli import spec_files

    known = spec_files.codes()
    if name not in known:
        raise _unknown(f"no error code or requirement is called {name!r}", name, known, "timestep explain lists all")
    entry = known[name]
    fields: dict[str, Any] = {"code": name, "title": entry["title"], "text": entry["meaning"]}
    if "help" in entry:
        fields["help"] = entry["help"]
    if "requirement" in entry:
        row = spec_files.requirements().get(entry["requirement"], {})
        fields["requirement"] = entry["requirement"]
        fields |= {"file": row["file"], "rule": row["sentence"]} if row else {}
    return fields


def _requirement(name: str) -> dict[str, Any]:
    """Give a requirement's own words, the codes that are about it, and what holds it."""
    from timestep.cli import spec_files

    known = spec_files.requirements()
    if name not in known:
        listing = f"timestep explain {spec_files.area(name)} lists its area"
        hint = listing if spec_files.area(name) in spec_files.areas() else "timestep explain lists all areas"
        raise _unknown(f"the spec that came along has no requirement {name}", name, known, hint)
    row = known[name]
    about = [{"code": code} for code, entry in spec_files.codes().items() if entry.get("requirement") == name]
    fields: dict[str, Any] = {"id": name, "title": name, "text": row["sentence"]}
    kept = ("level", "file", "since", "retired", "excluded", "tests", "cases")
    fields |= {member: row[member] for member in kept if member in row}
    return {**fields, "codes": about} if about else fields


def _area(name: str) -> dict[str, Any]:
    """List the requirements of an area."""
    from timestep.cli import spec_files

    known = spec_files.requirements().values()
    rows = [row for row in known if spec_files.area(row["id"]) == name and "retired" not in row]
    if not rows:
        areas = spec_files.areas()
        raise _unknown(f"the spec that came along has no area {name}", name, areas, f"areas: {', '.join(areas)}")
    listed = [{"id": row["id"], "level": row["level"], "text": row["sentence"]} for row in rows]
    return {"title": name, "text": f"The requirements of {rows[0]['file']}.", "requirements": listed}


def _unknown(message: str, name: str, known: Iterable[str], otherwise: str) -> Exception:
    """Return the error for a name that is none, with the nearest that are."""
    from difflib import get_close_matches

    from timestep.errors import UsageError

    near = get_close_matches(name, list(known), n=3)
    return UsageError(message, help=f"did you mean {' or '.join(near)}?" if near else otherwise)


def _print(fields: dict[str, Any]) -> None:
    """Write for people."""
    from timestep.cli.output import paint, plain, say

    head = fields.get("code", fields["title"])
    told = fields["title"] if "code" in fields else fields.get("level")
    say(paint(head, "cyan") + (f": {told}" if told else ""))
    say(f"  {plain(fields['text'])}")
    if "help" in fields:
        say(f"  help: {plain(fields['help'])}")
    if "file" in fields:
        rule = fields.get("requirement", fields.get("id"))
        say(f"  spec: {fields['file']}#{rule}{_age(fields)}")
    if "rule" in fields:
        say(f"        {plain(fields['rule'])}")
    _print_holders(fields)
    if "areas" in fields:
        say(f"  areas: {', '.join(fields['areas'])}")
    for entry in fields.get("requirements", ()):
        say(f"  {entry['id']:<14} {entry['level']:<7} {plain(entry['text'])}")
    for entry in fields.get("codes", ()):
        say(f"  {entry['code']:<24} {entry.get('title', '')}".rstrip())


def _print_holders(fields: dict[str, Any]) -> None:
    """Write the first tests and cases that hold a requirement and how many there are, or why there are none."""
    from timestep.cli.output import plain, say

    if "excluded" in fields:
        say(f"  held by no test: {plain(fields['excluded'])}")
    for kind in ("tests", "cases"):
        names = fields.get(kind, [])
        if names:
            say(f"  held by {len(names)} {kind if len(names) > 1 else kind[:-1]}:")
            for shown in names[:_SHOWN]:
                say(f"    {shown}")
            if len(names) > _SHOWN:
                say(f"    and {len(names) - _SHOWN} more: --format json")


def _age(fields: dict[str, Any]) -> str:
    """Say since when a requirement holds, and since when no more."""
    ended = f", retired in {fields['retired']}" if "retired" in fields else ""
    return f" (since {fields['since']}{ended})" if "since" in fields else ""
