"""Several reports as one: read, held against each other, and written together."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from timestep_conformance import __version__
from timestep_conformance.report import FORMAT_VERSION, Report, ReportError, Row, read_json_lines

_MERGED = "timestep-conformance-merged"


def read(files: Iterable[Path]) -> list[Report]:
    """Return the reports in some files, each of one run or of several.

    Raises:
        ReportError: one can't be read, is cut off, or does not belong to the others.
    """
    found: list[Report] = []
    for file in files:
        try:
            found += _reports(file.read_text(encoding="utf-8"))
        except (OSError, ValueError, ReportError) as error:
            raise ReportError(f"{file}: {error}") from error
    check(found)
    return found


def text_of(reports: Sequence[Report]) -> str:
    """Return reports as one file of JSON lines: a header, each report whole, and a footer that counts them."""
    header = {"report": _MERGED, "format_version": FORMAT_VERSION, "suite": __version__, "reports": len(reports)}
    status = max((report.footer["status"] for report in reports), default=0)
    footer = {"reports": len(reports), "status": status}
    inner = "".join(report.text() for report in reports)
    return f"{json.dumps(header)}\n{inner}{json.dumps(footer)}\n"


def check(reports: Sequence[Report]) -> None:
    """Look whether reports can stand beside each other.

    Raises:
        ReportError: two are of one testee, or of different selections of cases.
    """
    names: set[tuple[str, bool]] = set()
    selections: dict[bool, Report] = {}
    for report in reports:
        handed = is_handoff(report)
        if (report.name, handed) in names:
            raise ReportError(f"two reports are of {report.name}")
        names.add((report.name, handed))
        first = selections.setdefault(handed, report)
        if first.header["cases_sha256"] != report.header["cases_sha256"]:
            raise ReportError(f"{first.name} and {report.name} were asked different cases, or by different suites")


def is_handoff(report: Report) -> bool:
    """Tell whether a report is of runs that testees handed to each other."""
    return any("@" in row["case"] for row in report.rows)


def pairs(report: Report) -> dict[tuple[str, str], list[Row]]:
    """Return the rows of a hand-off by who began and who finished; a row is of `durable/x@reference>typescript`."""
    found: dict[tuple[str, str], list[Row]] = {}
    for row in report.rows:
        case, _, handed = str(row["case"]).partition("@")
        first, _, then = handed.partition(">")
        found.setdefault((first, then), []).append({**row, "case": case})
    return found


def _reports(text: str) -> list[Report]:
    lines = [line for line in text.split("\n") if line]
    if not lines or json.loads(lines[0]).get("report") != _MERGED:
        return [read_json_lines(text)]
    wanted = json.loads(lines[0])["reports"]
    if json.loads(lines[-1]).get("reports") != wanted:
        raise ReportError("it is cut off: the footer is missing")
    starts = [number for number, line in enumerate(lines) if json.loads(line).get("report") == "timestep-conformance"]
    if len(starts) != wanted:
        raise ReportError(f"it is changed: it has {len(starts)} reports, and says {wanted}")
    ends = [*starts[1:], len(lines) - 1]
    return [read_json_lines("\n".join(lines[start:end])) for start, end in zip(starts, ends, strict=True)]
