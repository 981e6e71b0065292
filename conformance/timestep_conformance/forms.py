"""Reports in the forms that CI servers show: JUnit, Markdown, and annotations of GitHub."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from secrets import token_hex
from xml.sax.saxutils import escape, quoteattr

import click

from timestep_conformance.claims import ABSENT, claims, standing, versions
from timestep_conformance.claims import profiles as profiles_of
from timestep_conformance.merging import is_handoff, pairs
from timestep_conformance.report import BAD, Report, Row, counted, tally, told

_TOLD = 50  # failures of a testee that Markdown tells in full: GitHub takes 1 MiB for a step
_ANNOTATED = 10  # annotations of one kind that GitHub shows for a step
_KINDS = dict(zip(BAD, ("error", "warning", "notice"), strict=True))
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(reports: Sequence[Report]) -> str:
    """Return reports as JUnit XML: a suite for each profile of each testee."""
    many = len(reports) > 1
    suites = [
        _suite(f"{report.name} {profile}" if many else profile, rows, report)
        for report in reports
        for profile, rows in report.by_profile().items()
    ]
    suites += [_stale_suite(report, many) for report in reports if report.footer["stale"]]
    failures = sum(tally(report.rows)["failed"] + len(report.footer["stale"]) for report in reports)
    name = quoteattr(_xml("timestep-conformance" if many else reports[0].header["testee"]["name"]))
    head = f'tests="{sum(len(report.rows) for report in reports)}" failures="{failures}"'
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name={name} {head}>\n{"".join(suites)}</testsuites>\n'


def _suite(name: str, rows: Sequence[Row], report: Report) -> str:
    found = tally(rows)
    skipped = len(rows) - found["passed"] - found["failed"]
    head = f'name={quoteattr(_xml(name))} tests="{len(rows)}" failures="{found["failed"]}" skipped="{skipped}"'
    inner = "".join(f"{_testcase(row, name, report)}\n" for row in rows)
    return f"<testsuite {head}>\n{inner}</testsuite>\n"


def _stale_suite(report: Report, many: bool) -> str:
    stale: Sequence[str] = report.footer["stale"]
    names = [quoteattr(_xml(text)) for text in stale]
    rows = "".join(f'<testcase classname="known" name={name}><failure/></testcase>\n' for name in names)
    name = quoteattr(_xml(f"{report.name} known failures" if many else "known failures"))
    return f'<testsuite name={name} tests="{len(stale)}" failures="{len(stale)}">\n{rows}</testsuite>\n'


def _testcase(row: Row, suite: str, report: Report) -> str:
    name = f"<testcase classname={quoteattr(_xml(suite))} name={quoteattr(row['case'])}"
    if row["score"] == "passed":
        return f"{name}/>"
    if row["score"] == "failed":
        text = escape(_xml(told(row, report.command)))
        return f"{name}><failure message={quoteattr(_xml(row['why']))}>{text}</failure></testcase>"
    why = f"{row['score']}: {row.get('known') or row.get('why', '')}"
    return f"{name}><skipped message={quoteattr(_xml(why))}/></testcase>"


def _xml(text: str) -> str:
    """Return a text without the characters that XML can't hold."""
    return _NOT_XML.sub("\ufffd", text)


def markdown(reports: Sequence[Report]) -> str:
    """Return reports as Markdown, for the summary of a CI job: a table, and what failed below it."""
    lines = ["## Timestep conformance", "", *tables(reports), ""]
    lines += [f"- {plain(report.name)}: {claim}" for report in reports for claim in claims(report)]
    for report in reports:
        bad = report.bad()
        if bad or report.footer["stale"]:
            more = [f"... and {len(bad) - _TOLD} more"] if len(bad) > _TOLD else []
            found = [*(told(row, report.command) for row in bad[:_TOLD]), *more, *report.footer["stale"]]
            lines += ["", f"### {plain(report.name)}", "", *_fenced("\n".join(found))]
    return "\n".join([*lines, ""])


def tables(reports: Sequence[Report]) -> list[str]:
    """Return a table of what testees conform to, and one of the runs that they handed to each other."""
    runs = [report for report in reports if not is_handoff(report)]
    found = [table(runs)] if runs else []
    found += [handoff_table(report) for report in reports if is_handoff(report)]
    return [line for lines in found for line in ([""] if lines is not found[0] else []) + lines]


def table(reports: Sequence[Report]) -> list[str]:
    """Return a table in Markdown: a line for each testee and set, a column for each profile."""
    profiles = profiles_of(reports)
    lines = [f"| testee | set | {' | '.join(profiles)} |", f"| --- | --- |{' --- |' * len(profiles)}"]
    for report in reports:
        for version in versions([report]):
            cells = [_cell(report, version, profile) for profile in profiles]
            lines.append(f"| {plain(report.name)} | {version} | {' | '.join(cells)} |")
    return lines


def _cell(report: Report, version: str, profile: str) -> str:
    found = standing(report, version, profile)
    return found.word if found.word == ABSENT else f"**{found.word}**: {counted(found.counts)}"


def handoff_table(report: Report) -> list[str]:
    """Return a table in Markdown: who began runs in the lines, who finished them in the columns."""
    found = pairs(report)
    names = list(dict.fromkeys(name for pair in found for name in pair))
    lines = [f"| begun by | {' | '.join(f'finished by {plain(name)}' for name in names)} |"]
    lines += [f"| --- |{' --- |' * len(names)}"]
    for first in names:
        cells = [counted(tally(found[first, then])) if (first, then) in found else "-" for then in names]
        lines.append(f"| {plain(first)} | {' | '.join(cells)} |")
    return lines


def plain(text: str) -> str:
    """Return a text that a testee says of itself as Markdown that is nothing but text."""
    return re.sub(r"([\\`*_{}\[\]<>()#+!|~&])", r"\\\1", " ".join(text.split()))


def _fenced(text: str) -> list[str]:
    """Return a block of text with a fence that nothing in it can close."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return [f"{fence}text", text, fence]


@contextmanager
def quoted() -> Generator[None]:
    """Print what testees say so that GitHub takes none of it for a command."""
    end = token_hex(16)
    click.echo(f"::stop-commands::{end}")
    try:
        yield
    finally:
        click.echo(f"::{end}::")


def annotated(report: Report) -> Iterator[str]:
    """Yield the commands that make GitHub show what did not pass beside a change."""
    for score, kind in _KINDS.items():
        rows = [row for row in report.bad() if row["score"] == score]
        for row in rows[:_ANNOTATED]:
            _, *text = told({**row, "frames": ()}, report.command).split("\n")
            title = _property(f"{row['case']}: {row['title']}")
            yield f"::{kind} title={title}::{_message(chr(10).join(text).strip())}"
        if len(rows) > _ANNOTATED:
            yield f"::{kind}::... and {len(rows) - _ANNOTATED} more cases {score}"
    for text in report.footer["stale"]:
        yield f"::error title=known failures::{_message(text)}"


def _message(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")
