"""Writes the figures for people: what a store costs a turn, how much it holds, and the goals."""

from __future__ import annotations

from loop.figures import OURS, Figures
from table import Goal

from .cases import LOAD, Pace, run_name

_LABEL, _WIDTH = 34, 20


def tables(figures: Figures, pace: Pace) -> list[str]:
    """Give all tables."""
    parts = [
        ["CPU time beyond that of the same run without a store; medians; in brackets, times Timestep's."],
        _times(figures, pace),
        _sizes(figures, pace),
        _notes(figures, pace),
    ]
    return [line for part in parts if part for line in [*part, ""]][:-1]


def extra(figures: Figures, peer: str, turns: int, field: str = "seconds") -> float | None:
    """Give the CPU seconds a turn that keeping the run costs."""
    kept, plain = (figures.median(peer, run_name(turns, kept=which), field) for which in (True, False))
    return kept - plain if kept is not None and plain is not None else None


def _times(figures: Figures, pace: Pace) -> list[str]:
    long = max(pace.turns)
    heads = [f"{turns:,} turns" for turns in pace.turns]
    heads = ["without a store", *heads, "turn 20", f"turn {long:,}", "late / early"]
    lines = [_line("A turn, kept: CPU extra", heads)]
    for peer, title in figures.titles.items():
        found = [*((turns, "seconds") for turns in pace.turns), (long, "shallow"), (long, "deep")]
        plain = figures.median(peer, run_name(pace.turns[-2], kept=False))
        bare = f"{plain * 1e6:,.0f} us" if plain is not None else "-"
        cells = [_time(figures, peer, *each) for each in found]
        lines.append(_line(title, [bare, *cells, _quotient(growth(figures, pace, peer), "x")]))
    return lines


def _sizes(figures: Figures, pace: Pace) -> list[str]:
    long = max(pace.turns)
    heads = [f"{turns:,} turns" for turns in pace.turns]
    lines = [_line("A turn, kept: bytes in the files", [*heads, f"written, {long:,}", "stored / state"])]
    for peer, title in figures.titles.items():
        cells = [_size(figures, peer, turns, "bytes") for turns in pace.turns]
        stored = _quotient(blowup(figures, pace, peer), "x")
        lines.append(_line(title, [*cells, _size(figures, peer, long, "written"), stored]))
    return lines


def growth(figures: Figures, pace: Pace, peer: str) -> float | None:
    """Give how many times as much a turn at the end of the longest run costs as one near its beginning."""
    early, late = (extra(figures, peer, max(pace.turns), field) for field in ("shallow", "deep"))
    return late / early if early and late and early > 0 else None


def blowup(figures: Figures, pace: Pace, peer: str) -> float | None:
    """Give how many times the bytes of the state are stored, for the longest run that came to its end."""
    for turns in reversed(pace.turns):
        name = run_name(turns, kept=True)
        stored, state = figures.median(peer, name, "bytes"), figures.median(peer, name, "state")
        if stored and state:
            return stored / state
    return None


def _notes(figures: Figures, pace: Pace) -> list[str]:
    long = max(pace.turns)
    others = [peer for peer in figures.titles if peer != OURS]
    lines = [f"Measured {pace.rounds} times each; runs of {long:,} turns of other packages once."] if others else []
    for peer in others:
        if figures.passed(peer, run_name(long, kept=True)):
            reached = figures.median(peer, run_name(long, kept=True), "reached") or 0
            lines.append(
                f"* {figures.titles[peer]} was cut off after {pace.limit_s:g} s of CPU, at turn {reached:,.0f}."
            )
    reasons: dict[str, list[str]] = {}
    for about, why in figures.absent.items():
        reasons.setdefault(why, []).append(about)
    return lines + [f"Not measured: {'; '.join(abouts)}: {why}" for why, abouts in reasons.items()]


def _line(label: str, cells: list[str]) -> str:
    return f"{label:<{_LABEL}}" + "".join(f"{cell:>{_WIDTH}}" for cell in cells)


def _time(figures: Figures, peer: str, turns: int, field: str) -> str:
    ours, theirs = extra(figures, OURS, turns, field), extra(figures, peer, turns, field)
    if theirs is None:
        return "-"
    cut = "*" if figures.passed(peer, run_name(turns, kept=True)) and field != "shallow" else ""
    ratio = f" ({_short(theirs / ours)}x)" if ours and ours > 0 and peer != OURS and not cut else ""
    return f"{theirs * 1e6:,.0f} us{cut}{ratio}"


def _size(figures: Figures, peer: str, turns: int, field: str) -> str:
    name = run_name(turns, kept=True)
    ours, theirs = figures.median(OURS, name, field), figures.median(peer, name, field)
    if theirs is None:
        return "-"
    cut = "*" if figures.passed(peer, name) else ""
    ratio = f" ({_short(theirs / ours)}x)" if ours and peer != OURS and not cut else ""
    return f"{theirs:,.0f}{cut}{ratio}"


def _quotient(value: float | None, unit: str) -> str:
    return "-" if value is None else f"{_short(value)}{unit}"


def _short(value: float) -> str:
    return f"{value:,.{0 if value >= 100 else 1 if value >= 10 else 2}f}"


def goals(figures: Figures, pace: Pace) -> list[str]:
    """Give the project's goals beside what was reached."""
    found: list[Goal] = []
    for turns in pace.turns:
        took = extra(figures, OURS, turns)
        found.append(Goal(f"a turn kept in a run of {turns:,}", took * 1e6 if took is not None else None, 150, " us"))
    long = max(pace.turns)
    found.append(Goal(f"the extra at turn {long:,} / at turn 20", growth(figures, pace, OURS), 1.3, "x"))
    found.append(Goal("stored / the final state", blowup(figures, pace, OURS), 3, "x"))
    found.append(Goal("load from the journal / as one document, median", figures.median(OURS, LOAD, "ratio"), 3, "x"))
    found.append(Goal("the same at its worst", figures.median(OURS, LOAD, "worst"), 3, "x"))
    return [f"{'Goal':<68}{'reached':>10}   goal", *(goal.line() for goal in found)]
