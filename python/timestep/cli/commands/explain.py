"""`timestep explain`: what an error code or a requirement means, out of the spec that came along."""

from __future__ import annotations

from typing import Any

import click

from timestep.cli import exit_codes, options

_EPILOG = """\b
Example:
  timestep explain approval-shape
  timestep explain TS-APPR-021
  timestep explain
"""


@click.command("explain", epilog=_EPILOG)
@click.argument("name", metavar="[CODE|TS-AREA-NNN]", required=False)
@options.output_format()
def command(name: str | None, form: str) -> int:
    """Explain an error code or a requirement; without one, list all codes."""
    from timestep.cli import output, spec_files

    if name is None:
        fields = _all()
    elif spec_files.REQUIREMENT.fullmatch(name.upper()):
        fields = _requirement(name.upper())
    else:
        fields = _code(name)
    if form == "json":
        output.write_json("explain", fields)
    else:
        _print(fields)
    return exit_codes.OK


def _all() -> dict[str, Any]:
    """List the codes."""
    from timestep.cli import spec_files

    listed = [{"code": code, "title": entry["title"]} for code, entry in spec_files.codes().items()]
    return {"title": "All error codes", "text": "timestep explain CODE tells more about one.", "codes": listed}


def _code(name: str) -> dict[str, Any]:
    """Explain a code, with the requirement behind it."""
    from timestep.cli import spec_files
    from timestep.errors import UsageError

    known = spec_files.codes()
    if name not in known:
        from difflib import get_close_matches

        near = get_close_matches(name, known, n=3)
        help_text = f"did you mean {' or '.join(near)}?" if near else "timestep explain lists all codes"
        raise UsageError(f"no error code or requirement is called {name!r}", help=help_text)
    entry = known[name]
    fields: dict[str, Any] = {"code": name, "title": entry["title"], "text": entry["meaning"]}
    if "help" in entry:
        fields["help"] = entry["help"]
    if "requirement" in entry:
        fields["requirement"] = entry["requirement"]
        found = spec_files.requirement(entry["requirement"])
        if found is not None:
            fields |= {"file": found[0], "rule": found[1]}
    return fields


def _requirement(name: str) -> dict[str, Any]:
    """Give a requirement's own words, and the codes that are about it."""
    from timestep.cli import spec_files
    from timestep.errors import UsageError

    found = spec_files.requirement(name)
    about = [code for code, entry in spec_files.codes().items() if entry.get("requirement") == name]
    if found is None:
        help_text = f"the codes {', '.join(about)} are about it: timestep explain {about[0]}" if about else None
        raise UsageError(f"the spec that came along has no requirement {name}", help=help_text)
    file, text = found
    fields: dict[str, Any] = {"id": name, "title": name, "text": text, "file": file}
    return {**fields, "codes": [{"code": code} for code in about]} if about else fields


def _print(fields: dict[str, Any]) -> None:
    """Write for people."""
    from timestep.cli.output import paint, plain, say

    head = fields.get("code", fields["title"])
    say(paint(head, "cyan") + (f": {fields['title']}" if "code" in fields else ""))
    say(f"  {plain(fields['text'])}")
    if "help" in fields:
        say(f"  help: {plain(fields['help'])}")
    if "file" in fields:
        rule = fields.get("requirement", fields.get("id"))
        say(f"  spec: {fields['file']}#{rule}")
    if "rule" in fields:
        say(f"        {plain(fields['rule'])}")
    for entry in fields.get("codes", ()):
        say(f"  {entry['code']:<24} {entry.get('title', '')}".rstrip())
