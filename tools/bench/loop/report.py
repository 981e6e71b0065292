"""Writes the figures of the loop for people: tables of all peers, and the goals beside what was reached."""

from __future__ import annotations

from table import Goal

from .cases import FEW, LONG, MANY, TOGETHER, TURNS
from .figures import OURS, Figures

_LABEL, _WIDTH = 28, 20
_US, _MS, _MB, _KB = 1e6, 1e3, 1e6, 1e3
_FEW, _MANY = f"together-{FEW}", f"together-{MANY}"


def tables(figures: Figures) -> list[str]:
    """Give all tables."""
    parts = [
        ["CPU time but where wall time is said; medians; in brackets, times Timestep's."],
        _turns(figures),
        _together(figures),
        _streams(figures),
        _start(figures),
        _notes(figures),
    ]
    return [line for part in parts if part for line in [*part, ""]][:-1]


def _turns(figures: Figures) -> list[str]:
    heads = [*(f"{n} turn{'s' * (n > 1)}" for n in TURNS), "turn 20", f"turn {LONG:,}", f"{LONG:,} turns"]
    lines = [_line("A turn with one tool call", heads)]
    for peer, title in figures.titles.items():
        short = [_cell(figures, peer, f"turns-{n}", _US, "us") for n in TURNS]
        long = [_cell(figures, peer, "depth", _US, "us", field=field) for field in ("shallow", "deep")]
        lines.append(_line(title, [*short, *long, _cell(figures, peer, "depth", 1, "s")]))
    return lines


def _together(figures: Figures) -> list[str]:
    heads = [f"{FEW}: a turn", f"{MANY:,}: a turn", f"{MANY:,}: wall time", f"{MANY:,}: memory a run"]
    lines = [_line(f"Runs of {TOGETHER} turns at once", heads)]
    for peer, title in figures.titles.items():
        cells = [
            _cell(figures, peer, _FEW, _US / FEW / TOGETHER, "us"),
            _cell(figures, peer, _MANY, _US / MANY / TOGETHER, "us"),
            _cell(figures, peer, _MANY, 1, "s", field="wall"),
            _cell(figures, peer, _MANY, 1 / _KB / MANY, "kB", field="bytes"),
        ]
        lines.append(_line(title, cells))
    return lines


def _streams(figures: Figures) -> list[str]:
    measured = {*figures.measured("client"), *figures.measured("deltas"), *figures.measured("events")}
    if not measured:
        return []
    turns = max(TURNS)
    lines = [_line("Through the openai client", [f"{turns} turns", "a streamed delta", "without the client"])]
    for peer, title in figures.titles.items():
        if peer in measured:
            cells = [("client", 1, "s"), ("deltas", _US, "us"), ("events", _US, "us")]
            lines.append(_line(title, [_cell(figures, peer, *cell) for cell in cells]))
    return lines


def _start(figures: Figures) -> list[str]:
    names = figures.measured("start")
    lines = [_line("Start of a process", ["CPU", "memory"])]
    for name in names:
        seconds, memory = figures.median(name, "start"), figures.median(name, "start", "bytes")
        lines.append(_line(name, [_number(seconds, _MS, "ms"), _number(memory or None, 1 / _MB, "MB")]))
    return lines if names else []


def _notes(figures: Figures) -> list[str]:
    lines: list[str] = []
    if any(figures.passed(peer, case) for peer in figures.titles for case in ("depth", "client", _MANY)):
        lines.append("* cut off at the limit of CPU time: what it had cost until then, and the turn it had come to.")
    if any(figures.median(peer, _FEW) and not figures.median(peer, _MANY) for peer in figures.titles):
        lines.append(f"{MANY:,} runs at once are left out where {FEW} say that they would take too long.")
    reasons: dict[str, list[str]] = {}
    for about, why in figures.absent.items():
        reasons.setdefault(why, []).append(about)
    return lines + [f"Not measured: {'; '.join(abouts)}: {why}" for why, abouts in reasons.items()]


def _line(label: str, cells: list[str]) -> str:
    return f"{label:<{_LABEL}}" + "".join(f"{cell:>{_WIDTH}}" for cell in cells)


def _cell(figures: Figures, peer: str, case: str, scale: float, unit: str, *, field: str = "seconds") -> str:
    """Write a figure and how many times Timestep's it is; what was cut off has no ratio."""
    text = _number(figures.median(peer, case, field), scale, unit)
    if text == "-":
        return text
    # The early turns of a run that was cut off later are whole.
    if figures.passed(peer, case) and field != "shallow":
        reached = figures.median(peer, case, "reached")
        return f"{text}*" if reached is None else f"{text} at {reached:,.0f}*"
    ratio = figures.ratio(peer, case, field)
    if ratio is None or peer == OURS:
        return text
    return f"{text} ({ratio:,.{0 if ratio >= 100 else 1 if ratio >= 1 else 2}f}x)"


def _number(value: float | None, scale: float, unit: str) -> str:
    if value is None:
        return "-"
    if unit == "s" and value < 0.1:
        scale, unit = _MS, "ms"
    scaled = value * scale
    return f"{scaled:,.{0 if scaled >= 100 else 1 if scaled >= 10 else 2}f} {unit}"


def goals(figures: Figures) -> list[str]:
    """Give the project's goals for the loop beside what was reached."""
    found = [*_loop_goals(figures), *_together_goals(figures), *_other_goals(figures)]
    return [f"{'Goal':<68}{'reached':>10}   goal", *(goal.line() for goal in found)]


def _loop_goals(figures: Figures) -> list[Goal]:
    def turn(case: str, field: str = "seconds") -> float | None:
        return _scaled(figures.median(OURS, case, field), _US)

    first, middle, last = TURNS
    growth = _quotient(turn("depth", "deep"), turn("depth", "shallow"))
    return [
        Goal("a run of one turn with a tool call", turn(f"turns-{first}"), 150, " us"),
        Goal(f"a turn in runs of {middle}", turn(f"turns-{middle}"), 60, " us"),
        Goal(f"a turn in runs of {last}", turn(f"turns-{last}"), 60, " us"),
        Goal(f"a turn at depth {LONG:,}", turn("depth", "deep"), 60, " us"),
        Goal(f"a turn at depth {LONG:,} / at depth 20", growth, 1.3, "x"),
        Goal(f"a run of {LONG:,} turns", figures.median(OURS, "depth"), 0.06, " s"),
    ]


def _together_goals(figures: Figures) -> list[Goal]:
    few, many = figures.median(OURS, _FEW), figures.median(OURS, _MANY)
    memory = _scaled(figures.median(OURS, _MANY, "bytes"), 1 / _KB / MANY)
    grown = _quotient(many, _scaled(few, MANY / FEW))
    return [
        Goal(f"{MANY:,} runs of {TOGETHER} turns at once, wall time", figures.median(OURS, _MANY, "wall"), 0.5, " s"),
        Goal(f"a turn among {MANY:,} runs / among {FEW}", grown, 1.3, "x"),
        Goal(f"memory a run, {MANY:,} at once", memory, 20, " kB"),
    ]


def _other_goals(figures: Figures) -> list[Goal]:
    start, memory = figures.median("import timestep", "start"), figures.median("import timestep", "start", "bytes")
    return [
        Goal("a streamed event, the loop alone", _scaled(figures.median(OURS, "events"), _US), 10, " us"),
        Goal("a streamed delta through the openai client", _scaled(figures.median(OURS, "deltas"), _US), 15, " us"),
        Goal(f"{max(TURNS)} turns through the openai client", figures.median(OURS, "client"), 0.2, " s"),
        Goal("import timestep, Python's own start included", _scaled(start, _MS), 70, " ms"),
        Goal("import timestep, memory of the process", _scaled(memory, 1 / _MB), 20, " MB"),
    ]


def _scaled(value: float | None, scale: float) -> float | None:
    return value * scale if value is not None else None


def _quotient(above: float | None, below: float | None) -> float | None:
    return above / below if above is not None and below else None
