"""What the command prints: text that a terminal can't be tricked with, and JSON with one envelope for all verbs."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterable
from typing import IO, Any, Literal

import click

from timestep.cli.version import version
from timestep.codec.strict_json import dumps
from timestep.errors import TimestepError
from timestep.types.findings import Finding

FORMAT_VERSION = "1.0"

Color = Literal["red", "green", "yellow", "cyan", "bright_black"]

# C0 and C1 controls but the line feed, halves of surrogate pairs (bytes of a command line that are no text), line
# separators, what turns the direction of writing (Unicode TR 36), and
# what has no width: a saved run must not be able to move the cursor, or to show a person other arguments than those
# that will be used. The two joiners (U+200C, U+200D) stay, since Persian, Hindi and many emoji are written with them.
_CONTROLS = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
_SEVERITY_COLORS: dict[str, Color] = {"error": "red", "warning": "yellow", "note": "cyan"}


def plain(text: str) -> str:
    """Make control and direction characters of a text visible; lines stay."""
    return _CONTROLS.sub(lambda match: _escaped(ord(match[0])), text)


def _escaped(code: int) -> str:
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def one_line(text: str) -> str:
    """Make a text fit into one line: control characters and line feeds are shown, not obeyed."""
    return plain(text).replace("\n", "\\n")


def file_name(name: str) -> str:
    """Give a file name as UTF-8 can hold it; names need not be text."""
    return os.fsencode(name).decode(errors="backslashreplace")


def wants_color(stream: IO[Any]) -> bool:
    """Tell whether to color: on a terminal, unless NO_COLOR (no-color.org) is set or the terminal is dumb."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return bool(os.environ.get("FORCE_COLOR")) or stream.isatty()


def paint(text: str, color: Color, *, err: bool = False) -> str:
    """Color a text for stdout, or stderr, where that is wanted."""
    return click.style(text, fg=color) if wants_color(sys.stderr if err else sys.stdout) else text


def say(text: str = "", *, err: bool = False) -> None:
    """Print a text that `plain` or `one_line` has gone over, with a final newline."""
    click.echo(text, err=err, color=wants_color(sys.stderr if err else sys.stdout))


def write_json(verb: str, fields: dict[str, Any]) -> None:
    """Print the JSON output of a verb on stdout (spec/schema/v1/cli-VERB.schema.json)."""
    click.echo(json_bytes(verb, fields))


def json_bytes(verb: str, fields: dict[str, Any]) -> bytes:
    """Give the JSON output of a verb: the envelope, then its fields; what could steer a terminal is escaped."""
    envelope = {"format": f"timestep.cli-{verb}", "format_version": FORMAT_VERSION, "timestep": version()}
    text = dumps({**envelope, **fields}, indent=2).decode()
    return _CONTROLS.sub(lambda match: json.dumps(match[0])[1:-1], text).encode()


def error_fields(error: TimestepError) -> dict[str, Any]:
    """Give an error as JSON output has it (cli-error.schema.json)."""
    return {name: plain(value) if isinstance(value, str) else value for name, value in error.to_dict().items()}


def shell_word(text: str) -> str:
    """Quote a word as a shell wants it; a name or an id may hold anything."""
    from shlex import quote

    return one_line(quote("-" if text == "<stdin>" else text))


def command_line(words: Iterable[str]) -> str:
    """Write a command for people to copy."""
    return " ".join(shell_word(file_name(word)) for word in words)


def finding_text(finding: Finding, file: str | None, *, err: bool = False) -> str:
    """Write a finding in the form errors have, its severity in front."""
    fields = {name: getattr(finding, name) for name in ("code", "pointer", "line", "column", "why", "help")}
    shown = TimestepError(finding.message, file=file, requirement=finding.requirement, **fields).render()
    return _headed(finding.severity + shown.removeprefix("error"), finding.severity, err=err)


def error_text(error: TimestepError) -> str:
    """Write an error for people, for stderr."""
    return _headed(error.render(), "error", err=True)


def _headed(text: str, severity: str, *, err: bool) -> str:
    """Color the `error[code]` at the front of a finding."""
    head, colon, rest = plain(text).partition(":")
    return paint(head, _SEVERITY_COLORS[severity], err=err) + colon + rest
