"""The results of `check` in the forms that people, programs, GitHub and test reporters read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from timestep.cli.output import finding_text, one_line, paint, plain
from timestep.types.findings import Finding


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """The verdict on one file; `failing` findings are those that decide the exit status."""

    file: str
    family: str | None
    version: str | None
    waiting: list[dict[str, Any]]
    findings: list[Finding]
    failing: list[Finding]

    @property
    def ok(self) -> bool:
        """Tell whether nothing speaks against the file."""
        return not self.failing


def text(results: Sequence[Checked]) -> Iterator[str]:
    """Write for people."""
    for result in results:
        verdict = paint("ok", "green") if result.ok else paint("refused", "red")
        kind = " ".join(part for part in (result.family, result.version) if part) or "not recognized"
        yield f"{one_line(result.file)}: {one_line(kind)}: {verdict}"
        for call in result.waiting:
            told = f"{call['path']}  {call['tool']}, asked for by {call['agent']}"
            yield f"  {paint('waits for a decision', 'yellow')}  {one_line(told)}"
        for finding in result.findings:
            yield finding_text(finding, result.file)


def as_json(results: Sequence[Checked]) -> dict[str, Any]:
    """Give the fields of the JSON output."""
    files = [
        {
            "file": result.file,
            "family": result.family,
            "version": result.version,
            "ok": result.ok,
            "waiting": result.waiting,
            "findings": [msgspec.to_builtins(finding) for finding in result.findings],
        }
        for result in results
    ]
    return {"files": files}


def github(results: Sequence[Checked]) -> Iterator[str]:
    """Write workflow commands, which GitHub shows as annotations of the lines."""
    levels = {"error": "error", "warning": "warning", "note": "notice"}
    for result in results:
        for finding in result.findings:
            place = {"file": result.file, "line": finding.line, "col": finding.column, "title": finding.code}
            named = ",".join(f"{name}={_property(str(value))}" for name, value in place.items() if value is not None)
            yield f"::{levels[finding.severity]} {named}::{_message(_sentence(finding))}"
        for call in result.waiting:
            told = f"{call['path']} ({call['tool']}, asked for by {call['agent']}) waits for a decision"
            yield f"::notice file={_property(result.file)},title=waiting::{_message(told)}"


def junit(results: Sequence[Checked]) -> Iterator[str]:
    """Write a JUnit report: a file is a case."""
    failed = sum(not result.ok for result in results)
    counts = f'tests="{len(results)}" failures="{failed}" errors="0"'
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield f'<testsuites name="timestep" {counts}>'
    yield f'<testsuite name="timestep check" {counts}>'
    for result in results:
        kind = " ".join(part for part in (result.family, result.version) if part) or "not recognized"
        yield f"<testcase classname={_attribute(kind)} name={_attribute(result.file)}>"
        for finding in result.failing:
            yield f"<failure type={_attribute(finding.code)} message={_attribute(_sentence(finding))}/>"
        rest = [_sentence(finding) for finding in result.findings if finding not in result.failing]
        waiting = [f"{call['path']} waits for a decision" for call in result.waiting]
        if rest or waiting:
            yield f"<system-out>{_escape(chr(10).join([*rest, *waiting]))}</system-out>"
        yield "</testcase>"
    yield "</testsuite>"
    yield "</testsuites>"


def _sentence(finding: Finding) -> str:
    """Write a finding on one line."""
    where = f" at {finding.pointer}" if finding.pointer else ""
    more = "".join(f"; {part}" for part in (finding.why, finding.help) if part)
    rule = f" [{finding.requirement}]" if finding.requirement else ""
    return f"{finding.message}{where}{more}{rule}"


def _message(value: str) -> str:
    """Escape the message of a workflow command (github.com/actions/toolkit, command.ts)."""
    return plain(value.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A"))


def _property(value: str) -> str:
    """Escape a property of a workflow command."""
    return _message(value).replace(":", "%3A").replace(",", "%2C")


# What XML 1.0 has no way to write; `plain` leaves no other controls.
_NOT_XML = re.compile("[\ufffe\uffff]")


def _escape(value: str) -> str:
    """Write a text between XML tags."""
    return _NOT_XML.sub("\ufffd", plain(value)).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _attribute(value: str) -> str:
    """Write a quoted XML attribute value. The standard library's `quoteattr` would load half of urllib."""
    return f'"{_escape(value).replace(chr(34), "&quot;").replace(chr(10), "&#10;")}"'
