"""Reports: lines for people, JSON lines with a counted footer, JUnit, and Markdown."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Sequence
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from timestep_conformance import __version__, cases
from timestep_conformance.run import Result
from timestep_conformance.testee import Frame
from timestep_conformance.verdicts import COUNTED, Verdict, counts

FORMAT_VERSION = "1.0"
_LINE = 400  # characters of a frame that a person is shown
_BAD = ("failed", "warned", "noted")
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class ReportError(Exception):
    """A report that is cut off, or was changed; the message says how."""


def reproduce(verdict: Verdict, command: Sequence[str]) -> str:
    """Return the command that asks this case again."""
    name, pair, _ = verdict.case.id.partition("@")
    if pair:
        return f"timestep-conformance handoff -k {name} -- {shlex.join(command)}"
    crash = f" --crash {verdict.crash}" if verdict.crash else ""
    return f"timestep-conformance repro {verdict.case.id}{crash} -- {shlex.join(command)}"


def failure(verdict: Verdict, command: Sequence[str]) -> str:
    """Return a failure as people read it: what differs, the frames of both sides, and how to see it again."""
    lines = [f"{verdict.score.upper()} {verdict.case.id} ({verdict.outcome}): {verdict.case.title}", f"  {verdict.why}"]
    lines += [f"  {', '.join(verdict.case.requirements)} ({verdict.case.level})"]
    lines += [f"  {frame.way} {_cut(frame)}" for frame in verdict.frames]
    return "\n".join([*lines, f"  Reproduce: {reproduce(verdict, command)}"])


def summary(result: Result) -> Iterator[str]:
    """Yield the lines of a summary: a profile a line, then the sum."""
    for profile, found in _by_profile(result.verdicts).items():
        yield f"{profile:<12} {_counted(counts(found))}"
    for text in result.stale:
        yield f"STALE {text}"
    yield f"{result.hello.name} {result.hello.version}: {_counted(counts(result.verdicts))}"


def json_lines(result: Result, command: Sequence[str]) -> str:
    """Return a report as JSON lines: a header, a row for each case, and a footer that counts them."""
    header = {
        "report": "timestep-conformance",
        "format_version": FORMAT_VERSION,
        "suite": __version__,
        "testee": result.hello.to_json(),
        "command": list(command),
        "cases_sha256": cases.digest(verdict.case for verdict in result.verdicts),
    }
    rows = [verdict.to_json() for verdict in result.verdicts]
    footer = {"rows": len(rows), "counts": counts(result.verdicts), "stale": result.stale, "status": result.status}
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in (header, *rows, footer))


def read_json_lines(text: str) -> tuple[dict[str, Any], list[dict[str, Any]], dict[str, Any]]:
    """Return header, rows and footer of a report.

    Raises:
        ReportError: it is none, or is cut off.
    """
    try:
        header, *rows, footer = [json.loads(line) for line in text.splitlines()]
        named, counted = header.get("report"), footer.get("rows")
    except (ValueError, AttributeError) as error:
        raise ReportError(f"it is no whole report: {error}") from error
    if named != "timestep-conformance" or counted != len(rows):
        raise ReportError(f"it is cut off or changed: {len(rows)} rows, and the footer counts {counted}")
    return header, rows, footer


def junit(result: Result, command: Sequence[str]) -> str:
    """Return a report as JUnit XML: a suite for each profile."""
    found = counts(result.verdicts)
    head = f'tests="{len(result.verdicts)}" failures="{found["failed"] + len(result.stale)}"'
    name = quoteattr(_xml(result.hello.name))
    suites = [_suite(profile, mine, command) for profile, mine in _by_profile(result.verdicts).items()]
    suites += [_stale_suite(result.stale)] if result.stale else []
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name={name} {head}>\n{"".join(suites)}</testsuites>\n'


def markdown(result: Result, command: Sequence[str]) -> str:
    """Return a report as Markdown, for the summary of a CI job."""
    lines = [f"## {result.hello.name} {result.hello.version} ({result.hello.language})", ""]
    lines += [f"| profile | {' | '.join(COUNTED)} |", f"| --- |{' ---: |' * len(COUNTED)}"]
    for profile, found in _by_profile(result.verdicts).items():
        lines.append(f"| {profile} | {' | '.join(str(count) for count in counts(found).values())} |")
    bad = [verdict for verdict in result.verdicts if verdict.score in _BAD]
    if bad or result.stale:
        lines += ["", "```text", *(failure(verdict, command) for verdict in bad), *result.stale, "```"]
    return "\n".join([*lines, ""])


def _suite(profile: str, found: list[Verdict], command: Sequence[str]) -> str:
    counted = counts(found)
    skipped = len(found) - counted["passed"] - counted["failed"]
    head = f'name={quoteattr(profile)} tests="{len(found)}" failures="{counted["failed"]}" skipped="{skipped}"'
    rows = "".join(f"{_testcase(verdict, command)}\n" for verdict in found)
    return f"<testsuite {head}>\n{rows}</testsuite>\n"


def _stale_suite(stale: Sequence[str]) -> str:
    names = [quoteattr(_xml(text)) for text in stale]
    rows = "".join(f'<testcase classname="known" name={name}><failure/></testcase>\n' for name in names)
    return f'<testsuite name="known failures" tests="{len(stale)}" failures="{len(stale)}">\n{rows}</testsuite>\n'


def _testcase(verdict: Verdict, command: Sequence[str]) -> str:
    name = f"<testcase classname={quoteattr(verdict.case.profile)} name={quoteattr(verdict.case.id)}"
    if verdict.score == "passed":
        return f"{name}/>"
    if verdict.score == "failed":
        text = escape(_xml(failure(verdict, command)))
        return f"{name}><failure message={quoteattr(_xml(verdict.why))}>{text}</failure></testcase>"
    told = f"{verdict.score}: {verdict.known or verdict.why}"
    return f"{name}><skipped message={quoteattr(_xml(told))}/></testcase>"


def _by_profile(verdicts: Sequence[Verdict]) -> dict[str, list[Verdict]]:
    found: dict[str, list[Verdict]] = {}
    for verdict in verdicts:
        found.setdefault(verdict.case.profile, []).append(verdict)
    return found


def _counted(found: dict[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in found.items() if count) or "nothing was asked"


def _cut(frame: Frame) -> str:
    text = frame.line
    return text if len(text) <= _LINE else f"{text[:_LINE]}... ({len(text)} characters)"


def _xml(text: str) -> str:
    """Return a text without the characters that XML can't hold."""
    return _NOT_XML.sub("\ufffd", text)
