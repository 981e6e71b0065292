"""Reports as one page of HTML that needs nothing beside itself: a matrix, and under it each case with its frames."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from timestep_conformance import __version__, cases
from timestep_conformance.claims import ABSENT, CONFORMS, FAILS, NO_CLAIM, Standing, standing, versions
from timestep_conformance.claims import profiles as profiles_of
from timestep_conformance.merging import is_handoff, pairs
from timestep_conformance.page.data import data_of
from timestep_conformance.report import Report, Row, tally

_FOLDER = Path(__file__).parent
_MARKS = {CONFORMS: ("good", "✓"), FAILS: ("bad", "✕"), NO_CLAIM: ("open", "○"), ABSENT: ("none", "·")}
_NUMBERS = ("passed", "failed", "known", "undeclared", "warned", "noted", "tentative")
_ALWAYS = ("passed", "failed")


def page(reports: Sequence[Report]) -> str:
    """Return the page of some reports; it stays below 5 MB, and says where it left frames out."""
    runs = [report for report in reports if not is_handoff(report)]
    handed = [report for report in reports if is_handoff(report)]
    style, script = _part("report.css"), _part("report.js")
    parts = {
        "csp": f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; "
        "base-uri 'none'; form-action 'none'",
        "style": style,
        "script": script,
        "suite": escape(__version__),
        "about": escape(_about(reports)),
        "matrix": _matrix(runs) if runs else "",
        "handoff": "".join(_handoff(report) for report in handed),
        "data": _inert(data_of(reports, cases.requirements())),
    }
    return re.sub(r"\{\{(\w+)\}\}", lambda found: parts[found[1]], _part("report.html"))


def _part(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    """Return what a policy of the page knows its own script or style by; anything else does not run."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _inert(value: Any) -> str:  # noqa: ANN401 - any JSON
    """Return JSON that can stand in a script element, whatever texts are in it."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    text = text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _about(reports: Sequence[Report]) -> str:
    asked = {row["case"].partition("@")[0] for report in reports for row in report.rows}
    sets = [name for name in versions(reports) if name != "next"]
    frozen = f"frozen set{'s' * (len(sets) > 1)} {', '.join(sets)}" if sets else "no set is frozen yet"
    testees = {report.name for report in reports if not is_handoff(report)}
    return f"{len(testees)} testee{'s' * (len(testees) != 1)}, {len(asked)} cases, {frozen}"


def _matrix(reports: Sequence[Report]) -> str:
    """Return the table of testees by profiles, a row for each set that a testee was asked cases of."""
    profiles = profiles_of(reports)
    head = "".join(f'<th scope="col" role="columnheader">{escape(name)}</th>' for name in ("testee", "set", *profiles))
    rows = "".join(
        _line(report, number, version, profiles)
        for number, report in enumerate(reports)
        for version in versions([report])
    )
    return _table("What each testee conforms to, by profile", head, rows)


def _line(report: Report, number: int, version: str, profiles: Sequence[str]) -> str:
    testee = report.header["testee"]
    detail = escape(f"{testee['version']}, {testee['language']}")
    cells = "".join(_cell(standing(report, version, profile), profile, f"{number}:{profile}") for profile in profiles)
    return (
        f'<tr role="row"><th scope="row" role="rowheader">{escape(testee["name"])} <small>{detail}</small></th>'
        f'<td role="cell" data-label="set">{escape(version)}</td>{cells}</tr>\n'
    )


def _cell(found: Standing, label: str, where: str) -> str:
    kind, mark = _MARKS[found.word]
    sign = f'<span class="mark" aria-hidden="true">{mark}</span>'
    if found.word == ABSENT:
        return f'<td role="cell" class="{kind}" data-label="{escape(label)}">{sign} {ABSENT}</td>'
    return (
        f'<td role="cell" class="{kind}" data-label="{escape(label)}">{sign} '
        f'<a href="#cases" data-show="{escape(where)}">{found.word}</a>{_numbers(found.counts)}</td>'
    )


def _numbers(counts: Mapping[str, int]) -> str:
    items = "".join(
        f'<li class="{name if counts[name] else "nought"}"><b>{counts[name]:,}</b> {name}</li>'
        for name in _NUMBERS
        if counts[name] or name in _ALWAYS
    )
    return f'<ul class="numbers">{items}</ul>'


def _handoff(report: Report) -> str:
    """Return the table of who finished whose runs."""
    found = pairs(report)
    names = list(dict.fromkeys(name for pair in found for name in pair))
    head = "".join(
        f'<th scope="col" role="columnheader">{escape(text)}</th>'
        for text in ("begun by", *(f"finished by {name}" for name in names))
    )
    rows = "".join(
        f'<tr role="row"><th scope="row" role="rowheader">{escape(first)}</th>'
        + "".join(_handed(found.get((first, then)), first, then) for then in names)
        + "</tr>\n"
        for first in names
    )
    return f"<h2>Hand-off</h2>{_table('Runs that one testee began and another finished', head, rows)}"


def _handed(rows: Sequence[Row] | None, first: str, then: str) -> str:
    label = escape(f"finished by {then}")
    if rows is None:
        return f'<td role="cell" class="none" data-label="{label}">·</td>'
    counts = tally(rows)
    kind, mark, word = ("bad", "✕", "fails") if counts["failed"] else ("good", "✓", "passes")
    kind, mark, word = (kind, mark, word) if counts["passed"] or counts["failed"] else ("open", "○", "nothing asked")
    where = escape(f"{first} → {then}")
    return (
        f'<td role="cell" class="{kind}" data-label="{label}">'
        f'<span class="mark" aria-hidden="true">{mark}</span> '
        f'<a href="#cases" data-show="{where}:">{word}</a>{_numbers(counts)}</td>'
    )


def _table(caption: str, head: str, rows: str) -> str:
    return (
        f'<table role="table"><caption>{caption}</caption><thead role="rowgroup"><tr role="row">{head}</tr></thead>'
        f'<tbody role="rowgroup">\n{rows}</tbody></table>'
    )
