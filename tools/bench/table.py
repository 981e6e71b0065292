"""Writes the figures for people: a table a family, and the goals beside what was reached."""

from __future__ import annotations

from typing import NamedTuple

from figures import Figures
from peers import JAVASCRIPT, MOST_JS_TURNS, PYTHON

_WIDTH = 21
_LABEL = 40
_ROWS = (
    ("json", "json.loads"),
    ("read", "timestep.read (check and import)"),
    ("write", "timestep.write, the same form"),
    ("check", "timestep check, the whole process"),
    ("sdk load", "the SDK's own load"),
    ("sdk save", "the SDK's own save"),
    ("encode", "canonical form: encode"),
    ("decode", "canonical form: decode"),
)
#: Five times the turns may cost this much more and still count as linear.
_LINEAR = 6.0


def tables(figures: Figures) -> list[str]:
    """Give one table for each family of files."""
    lines = ["CPU time, medians; in brackets, times the json.loads of the same bytes."]
    for family in (PYTHON, JAVASCRIPT):
        lines += ["", *_table(figures, family)]
    bare = figures.median("bare")
    if bare is not None:
        lines += [
            "",
            f"Measured: {figures.titles['timestep']}. A Python process that does nothing: {bare * 1000:.0f} ms.",
        ]
    if max(figures.turns) > MOST_JS_TURNS:
        lines.append("* measured once. The JavaScript SDK's load and save are quadratic, so above")
        lines.append(f"  {MOST_JS_TURNS} turns it loads once, and does not save.")
    return lines


def _table(figures: Figures, family: str) -> list[str]:
    heads = "".join(f"{f'{turns:,} turns':>{_WIDTH}}" for turns in figures.turns)
    lines = [f"{figures.titles[family]:<{_LABEL}}{heads}"]
    sizes = [figures.sizes[family, turns] for turns in figures.turns]
    lines.append(_line("file", [f"{size / 1000:,.0f} kB" for size, _ in sizes]))
    for what, label in _ROWS:
        lines.append(_line(label, [_cell(figures, what, family, turns) for turns in figures.turns]))
    per_turn = [canonical / turns for (_, canonical), turns in zip(sizes, figures.turns, strict=True)]
    lines.append(_line("canonical form: bytes a turn", [f"{size:,.0f}" for size in per_turn]))
    return lines


def _line(label: str, cells: list[str]) -> str:
    return f"  {label:<{_LABEL - 2}}" + "".join(f"{cell:>{_WIDTH}}" for cell in cells)


def _cell(figures: Figures, what: str, family: str, turns: int) -> str:
    seconds = figures.median(what, family, turns)
    if seconds is None:
        return "-"
    ratio = figures.ratio(what, "json", family, turns)
    once = "*" if figures.count(what, family, turns) < figures.count("json", family, turns) else ""
    return f"{_milliseconds(seconds)}{once} ({ratio:,.1f}x)" if ratio is not None else _milliseconds(seconds)


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:,.0f} ms" if seconds >= 0.1 else f"{seconds * 1000:.2f} ms"


class Goal(NamedTuple):
    """A goal, and what was reached; None where the sizes measured do not tell."""

    text: str
    reached: float | None
    limit: float
    unit: str
    least: bool = False

    def line(self) -> str:
        """Write it out."""
        sign = ">=" if self.least else "<="
        if self.reached is None:
            return f"  {self.text:<66}{'-':>10}   {sign} {self.limit:g}{self.unit}"
        met = self.reached >= self.limit if self.least else self.reached <= self.limit
        reached = f"{self.reached:,.2f}{self.unit}" if self.reached < 100 else f"{self.reached:,.0f}{self.unit}"
        return f"  {self.text:<66}{reached:>10}   {sign} {f'{self.limit:g}{self.unit}':<8}{'met' if met else 'missed'}"


def goals(figures: Figures) -> list[str]:
    """Give the project's goals beside what was reached, for the largest runs measured."""
    turns = max(figures.turns)
    whole = figures.median("check", PYTHON, turns)
    found = [
        *_reading(figures, turns),
        Goal(f"timestep check, whole process, {turns:,} turns, Python", whole, 0.25, " s"),
        _start(figures),
        *_growth(figures),
        *_canonical(figures, turns),
    ]
    return [f"{'Goal':<68}{'reached':>10}   goal", *(goal.line() for goal in found)]


def _start(figures: Figures) -> Goal:
    """What `timestep check` of a small file costs beyond Python itself (BARS U1, as CPU time)."""
    turns = min(figures.turns)
    whole, bare = figures.median("check", PYTHON, turns), figures.median("bare")
    more = (whole - bare) * 1000 if whole is not None and bare is not None else None
    return Goal(f"timestep check of {turns} turns, beyond a Python that does nothing", more, 100, " ms")


def _reading(figures: Figures, turns: int) -> list[Goal]:
    """Reading beside json.loads, and beside the SDKs' own loads."""
    rows: list[Goal] = []
    for family, least in ((PYTHON, 8.0), (JAVASCRIPT, 250.0)):
        name = figures.titles[family]
        ours = figures.ratio("read", "json", family, turns)
        rows.append(Goal(f"read / json.loads, {turns:,} turns, {name}", ours, 4, "x"))
        theirs = figures.ratio("sdk load", "read", family, turns)
        # The JavaScript goal is one for 1,000 turns: its load is quadratic.
        if family == PYTHON or turns >= 1000:
            rows.append(Goal(f"the SDK's load / read, {turns:,} turns, {name}", theirs, least, "x", least=True))
        else:
            rows.append(Goal(f"the SDK's load / read, 1,000 turns, {name}", None, least, "x", least=True))
    return rows


def _growth(figures: Figures) -> list[Goal]:
    """What five times the turns cost; linear growth gives 5."""
    if 200 not in figures.turns or 1000 not in figures.turns:
        return []
    rows: list[Goal] = []
    for family in (PYTHON, JAVASCRIPT):
        large, small = figures.median("read", family, 1000), figures.median("read", family, 200)
        grown = large / small if large is not None and small else None
        rows.append(Goal(f"read of 1,000 turns / of 200 (linear: 5), {figures.titles[family]}", grown, _LINEAR, "x"))
    return rows


def _canonical(figures: Figures, turns: int) -> list[Goal]:
    """Our own form; its goals are stated for 1,000 turns."""
    if turns != 1000:
        return []
    encode, decode = figures.median("encode", PYTHON, turns), figures.median("decode", PYTHON, turns)
    size = figures.sizes[PYTHON, turns][1] / turns
    return [
        Goal("canonical form: bytes a turn", size, 900, " B"),
        Goal("canonical form: encode 1,000 turns", encode * 1000 if encode is not None else None, 1.5, " ms"),
        Goal("canonical form: decode 1,000 turns", decode * 1000 if decode is not None else None, 4, " ms"),
    ]
