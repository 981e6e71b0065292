"""Writes the figures for people: what a request, a streamed event and a run cost, and the goals."""

from __future__ import annotations

from loop.figures import Figures
from table import Goal

from .cases import AGENTS, APIS, CLIENT, MULTI, OURS, RAW, Pace, event_name, request_name, run_name

_LABEL, _WIDTH = 28, 22
_US, _KB = 1e6, 1e3


def tables(figures: Figures, pace: Pace) -> list[str]:
    """Give all tables."""
    parts = [
        ["CPU time; medians; in brackets, times Timestep's."],
        *(_requests(figures, pace, api) for api in APIS),
        _events(figures),
        _runs(figures, pace),
        _notes(figures, pace),
    ]
    return [line for part in parts if part for line in [*part, ""]][:-1]


def _requests(figures: Figures, pace: Pace, api: str) -> list[str]:
    """What a further request of a run costs, by the length of its conversation."""
    names = [request_name(api, items) for items in pace.items]
    heads = [f"{items:,} item{'s' * (items > 1)}" for items in pace.items]
    lines = [_line(f"A request: {APIS[api]}", [*heads, "a further 100 kB"])]
    for who in (OURS, CLIENT, RAW):
        if figures.median(who, names[0]) is not None:
            further = _number(_further(figures, who, names))
            lines.append(_line(figures.titles[who], [*(_cell(figures, who, name) for name in names), further]))
    sizes = [figures.median(OURS, name, "bytes") for name in names]
    lines.append(_line("bytes sent", ["-" if size is None else f"{size / _KB:,.1f} kB" for size in sizes]))
    return lines if len(lines) > 2 else []


def _further(figures: Figures, who: str, names: list[str]) -> float | None:
    """Give the seconds that 100 kB more of conversation cost, from the last two lengths."""
    (less, more), (small, large) = (
        [figures.median(who, name, field) for name in names[-2:]] for field in ("seconds", "bytes")
    )
    if less is None or more is None or not small or not large or large - small < 100 * _KB:
        return None
    return (more - less) / (large - small) * 100 * _KB


def _events(figures: Figures) -> list[str]:
    names = [event_name(api) for api in APIS]
    found = [who for who in (OURS, CLIENT, RAW) if any(figures.median(who, name) is not None for name in names)]
    lines = [_line(figures.titles[who], [_cell(figures, who, name) for name in names]) for who in found]
    return [_line("A streamed event", list(APIS.values())), *lines] if lines else []


def _runs(figures: Figures, pace: Pace) -> list[str]:
    names = [run_name(api, turns) for api in APIS for turns in pace.turns]
    heads = [f"{_SHORT[api]}: {turns} turns" for api in APIS for turns in pace.turns]
    found = [who for who in (OURS, MULTI, *AGENTS) if any(figures.median(who, name) is not None for name in names)]
    lines = [_line(figures.titles[who], [_cell(figures, who, name, "ms") for name in names]) for who in found]
    return [_line("A run with tool calls", heads), *lines] if lines else []


_SHORT = dict(zip(APIS, ("Responses", "Chat", "Ollama"), strict=True))


def _notes(figures: Figures, pace: Pace) -> list[str]:
    slow = f"the client's requests of over 500 items {_times(pace.few)}, other packages' runs of over 100 turns once"
    lines = [f"Measured {_times(pace.rounds)} each; {slow}."]
    if any(figures.passed(who, run_name(api, turns)) for who in AGENTS for api in APIS for turns in pace.turns):
        lines.append(f"* cut off after {pace.limit_s:g} s: its CPU time until then, and the turn it had come to.")
    reasons: dict[str, list[str]] = {}
    for about, why in figures.absent.items():
        reasons.setdefault(why, []).append(about)
    return lines + [f"Not measured: {'; '.join(abouts)}: {why}" for why, abouts in reasons.items()]


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


def _line(label: str, cells: list[str]) -> str:
    return f"{label:<{_LABEL}}" + "".join(f"{cell:>{_WIDTH}}" for cell in cells)


def _cell(figures: Figures, who: str, name: str, unit: str = "us") -> str:
    """Write a figure and how many times Timestep's it is; what was cut off has no ratio."""
    text = _number(figures.median(who, name), unit)
    if figures.passed(who, name):
        return f"{text} at {figures.median(who, name, 'reached'):,.0f}*"
    ratio = figures.ratio(who, name)
    if text == "-" or ratio is None or who == OURS:
        return text
    return f"{text} ({ratio:,.{0 if ratio >= 100 else 1 if ratio >= 1 else 2}f}x)"


def _number(seconds: float | None, unit: str = "us") -> str:
    """Write a time in microseconds, or in the unit that suits it."""
    if seconds is None:
        return "-"
    if unit == "us" and seconds < 0.01:
        return f"{seconds * _US:,.{1 if seconds < 1e-4 else 0}f} us"
    return f"{seconds * 1000:,.0f} ms" if seconds < 1 else f"{seconds:,.1f} s"


def goals(figures: Figures, pace: Pace) -> list[str]:
    """Give the project's goals beside what was reached."""
    turns = max(pace.turns)
    found: list[Goal] = []
    for api, title in APIS.items():
        event = figures.median(OURS, event_name(api))
        found.append(Goal(f"a streamed event, {title}", _US * event if event is not None else None, 15, " us"))
        further = _further(figures, OURS, [request_name(api, items) for items in pace.items])
        # At most: the bytes are put together once, gone over once for the key of the request, and sent.
        found.append(Goal(f"100 kB more to send, {title}", _US * further if further is not None else None, 100, " us"))
    if turns == 200:
        for api, title in APIS.items():
            found.append(Goal(f"a run of 200 turns, {title}", figures.median(OURS, run_name(api, turns)), 0.2, " s"))
            routed = figures.median(MULTI, run_name(api, turns))
            found.append(Goal(f"the same through MultiModelProvider, {title}", routed, 0.2, " s"))
    return [f"{'Goal':<68}{'reached':>10}   goal", *(goal.line() for goal in found)]
