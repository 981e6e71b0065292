"""What the script of the page works on: testees, cases, rules, outcomes, and why a case did not pass."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from timestep_conformance.merging import is_handoff, pairs
from timestep_conformance.report import Report, Row, cut, reproduce
from timestep_conformance.verdicts import COUNTED

_MOST = 4_500_000  # bytes of the data: the page stays below 5 MB
_FRAMES = 40  # frames of a case that are shown: the last ones, where the difference is
#: Characters of a frame, and of a reason, that are shown: as many as there is room for.
_LENGTHS = ((4000, 2000), (1000, 1000), (300, 500), (100, 300), (0, 200))
_LETTERS = dict(zip(COUNTED, "pfwnktu", strict=True))


def data_of(reports: Sequence[Report], rules: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return the data, with frames and reasons as long as there is room for."""
    for frame, why in _LENGTHS:
        found = _data(reports, rules, frame, why)
        if len(json.dumps(found, ensure_ascii=False).encode("utf-8", "surrogatepass")) <= _MOST:
            return found
    return _data(reports, rules, 0, 0)


def _data(reports: Sequence[Report], rules: Mapping[str, Mapping[str, Any]], frame: int, why: int) -> dict[str, Any]:
    testees = [
        testee
        for report in sorted(reports, key=is_handoff)
        for testee in (_pairs(report) if is_handoff(report) else [(report.name, report, report.rows)])
    ]
    first = {row["case"]: row for _, _, rows in testees for row in rows}
    names = sorted(first)
    place = {name: number for number, name in enumerate(names)}
    ids = sorted({rule for row in first.values() for rule in row["requirements"]})
    return {
        "scores": list(COUNTED),
        "letters": "".join(_LETTERS.values()),
        "rules": [_rule(name, rules.get(name)) for name in ids],
        "cases": [_case(first[name], ids) for name in names],
        "testees": [
            {
                "name": name,
                "scores": _scores(rows, place),
                "told": {place[row["case"]]: _told(row, report, frame, why) for row in rows if "why" in row},
                "stale": [] if is_handoff(report) else report.footer["stale"],
            }
            for name, report, rows in testees
        ],
    }


def _pairs(report: Report) -> list[tuple[str, Report, Sequence[Row]]]:
    return [(f"{first} → {then}", report, rows) for (first, then), rows in pairs(report).items()]


def _rule(name: str, row: Mapping[str, Any] | None) -> list[str]:
    return [name, row["level"], row["sentence"], row["file"]] if row else [name, "", "", ""]


def _case(row: Row, ids: Sequence[str]) -> list[Any]:
    return [row["case"], row["title"], row["level"], [ids.index(rule) for rule in row["requirements"]]]


def _scores(rows: Sequence[Row], place: Mapping[str, int]) -> str:
    """Return a letter for each case; a blank where the testee was not asked it."""
    found = [" "] * len(place)
    for row in rows:
        found[place[row["case"]]] = _LETTERS[row["score"]]
    return "".join(found)


def _told(row: Row, report: Report, frame: int, why: int) -> dict[str, Any]:
    frames: Sequence[Sequence[str]] = row.get("frames", ())
    shown = [[way, cut(line, frame)] for way, line in frames[-_FRAMES:]] if frame else []
    return {
        "outcome": row["outcome"],
        "why": cut(row["why"], why),
        "known": row.get("known", ""),
        "frames": shown,
        "left": len(frames) - len(shown),
        "again": reproduce(row, report.command),
    }
