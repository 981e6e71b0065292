"""Reports of runs: lines for people, and JSON lines with a counted footer that other forms are made of."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from timestep_conformance import __version__, cases, sets
from timestep_conformance.run import Result
from timestep_conformance.verdicts import COUNTED, Verdict, counts

FORMAT_VERSION = "1.0"
#: Scores of what did not pass, the worst first.
BAD = ("failed", "warned", "noted")
_NAME = "timestep-conformance"
_LINE = 400  # characters of a frame that a person is shown

Row = Mapping[str, Any]


class ReportError(Exception):
    """A report that is cut off, was changed, or does not belong to the others; the message says how."""


@dataclass(frozen=True)
class Report:
    """A run as it is kept: whom was asked, a row for each case, and what it came to."""

    header: Mapping[str, Any]
    rows: Sequence[Row]
    footer: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The testee with its version."""
        return f"{self.header['testee']['name']} {self.header['testee']['version']}"

    @property
    def command(self) -> list[str]:
        """The words of the testee's command."""
        return list(self.header["command"])

    def by_profile(self) -> dict[str, list[Row]]:
        """Return the rows of each profile that has some."""
        found: dict[str, list[Row]] = {}
        for row in self.rows:
            found.setdefault(profile_of(row), []).append(row)
        return found

    def bad(self) -> list[Row]:
        """Return the rows that did not pass, without those that are known to fail."""
        return [row for row in self.rows if row["score"] in BAD]

    def text(self) -> str:
        """Return it as JSON lines."""
        return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in (self.header, *self.rows, self.footer))


def of(result: Result, command: Sequence[str]) -> Report:
    """Return the report of a run."""
    known = sets.frozen()
    header = {
        "report": _NAME,
        "format_version": FORMAT_VERSION,
        "suite": __version__,
        "testee": result.hello.to_json(),
        "command": list(command),
        "cases_sha256": cases.digest(verdict.case for verdict in result.verdicts),
        "sets": {each.name: each.musts() for each in known},
    }
    rows = [{**verdict.to_json(), "sets": sets.names_of(verdict.case.id, known)} for verdict in result.verdicts]
    footer = {"rows": len(rows), "counts": counts(result.verdicts), "stale": result.stale, "status": result.status}
    return Report(header, rows, footer)


def json_lines(result: Result, command: Sequence[str]) -> str:
    """Return a report as JSON lines: a header, a row for each case, and a footer that counts them."""
    return of(result, command).text()


def read_json_lines(text: str) -> Report:
    """Return the report that JSON lines hold.

    Raises:
        ReportError: it is none, or is cut off.
    """
    try:
        header, *rows, footer = [json.loads(line) for line in text.split("\n") if line]
        named, counted = header.get("report"), footer.get("rows")
        complete = all(name in header for name in ("testee", "command", "cases_sha256", "sets"))
        complete = complete and all(name in row for row in rows for name in ("case", "score", "title"))
    except (ValueError, AttributeError, TypeError) as error:
        raise ReportError(f"it is no whole report: {error}") from error
    if named != _NAME or counted != len(rows):
        raise ReportError(f"it is cut off or changed: {len(rows)} rows, and the footer counts {counted}")
    if not complete:
        raise ReportError("it is a report of another version of the suite")
    return Report(header, rows, footer)


def profile_of(row: Row) -> str:
    """Return the profile of a row's case."""
    return str(row["case"]).partition("/")[0]


def tally(rows: Sequence[Row]) -> dict[str, int]:
    """Return how many rows have each score."""
    found: dict[str, int] = dict.fromkeys(COUNTED, 0)
    for row in rows:
        found[row["score"]] += 1
    return found


def counted(found: Mapping[str, int]) -> str:
    """Return counts as people read them, without what is nought."""
    return ", ".join(f"{count} {name}" for name, count in found.items() if count) or "nothing was asked"


def reproduce(row: Row, command: Sequence[str]) -> str:
    """Return the command that asks the case of a row again."""
    name, pair, _ = str(row["case"]).partition("@")
    if pair:
        return f"timestep-conformance handoff -k {name} -- {shlex.join(command)}"
    crash = f" --crash {row['crash']}" if "crash" in row else ""
    return f"timestep-conformance repro {name}{crash} -- {shlex.join(command)}"


def told(row: Row, command: Sequence[str]) -> str:
    """Return what did not pass as people read it: what differs, the frames of both sides, and how to see it again."""
    lines = [f"{row['score'].upper()} {row['case']} ({row['outcome']}): {row['title']}", f"  {row['why']}"]
    lines += [f"  {', '.join(row['requirements'])} ({row['level']})"]
    lines += [f"  {way} {cut(line)}" for way, line in row.get("frames", ())]
    return "\n".join([*lines, f"  Reproduce: {reproduce(row, command)}"])


def failure(verdict: Verdict, command: Sequence[str]) -> str:
    """Return a failure as people read it."""
    return told(verdict.to_json(), command)


def summary(result: Result) -> Iterator[str]:
    """Yield the lines of a summary: a profile a line, then the sum."""
    found: dict[str, list[Verdict]] = {}
    for verdict in result.verdicts:
        found.setdefault(verdict.case.profile, []).append(verdict)
    for profile, verdicts in found.items():
        yield f"{profile:<12} {counted(counts(verdicts))}"
    for text in result.stale:
        yield f"STALE {text}"
    yield f"{result.hello.name} {result.hello.version}: {counted(counts(result.verdicts))}"


def cut(text: str, most: int = _LINE) -> str:
    """Return a line, cut off where it is long."""
    return text if len(text) <= most else f"{text[:most]}... ({len(text)} characters)"
