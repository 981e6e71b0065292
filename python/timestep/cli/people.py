"""A story as text for people: one line a happening, long texts cut, nested runs indented under the call they serve."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from timestep.cli.item_text import compact
from timestep.cli.output import Color, one_line, paint, plain
from timestep.cli.story import CallView, DecisionView, GuardrailView, Moment, RunView, Story
from timestep.types.base import JSON
from timestep.types.state import Usage

_MOST_CHARACTERS = 600
_MOST_LINES = 12
# Who decides on a call must see what it would do: arguments that wait are cut far later than other texts.
_WAITING_FACTOR = 10
_INDENT = "    "
_DEEPEST = 40  # columns
_SHORT = 80  # characters that fit behind the name of who says them
_OF_THE_MODEL = frozenset({"call", "reasoning", "hosted"})
_SPOKEN = frozenset({"message", "reasoning", "output"})

_STATE_WORDS: dict[str, tuple[str, Color]] = {
    "pending": ("WAITS for a decision", "yellow"),
    "indeterminate": ("MAY HAVE RUN; its result is not known", "red"),
    "approved": ("approved, has not run yet", "green"),
    "rejected": ("rejected", "red"),
    "started": ("started, its result is not known", "red"),
    "suspended": ("waits for the run below", "yellow"),
    "failed": ("failed", "red"),
    "blocked": ("blocked by a guardrail", "red"),
}


class Writer:
    """Writes stories; `full` texts are not cut."""

    def __init__(self, *, full: bool) -> None:
        self._full = full

    def story(self, story: Story) -> Iterator[str]:
        """Write all runs of a tree, the root first."""
        yield f"agents    {', '.join(one_line(name) for name in story.agents)}"
        yield f"context   {one_line(story.context)}"
        below = {run.id: run for run in story.runs[1:]}
        yield from self._run(story.runs[0], below, "")
        while below:  # runs whose parent's call is not in any log
            yield from self._run(below.pop(next(iter(below))), below, "")
        if story.decisions:
            yield ""
            yield "decisions"
            for decision in story.decisions:
                yield from self._decision(decision)

    def moments(self, moments: Sequence[Moment], indent: str = "") -> Iterator[str]:
        """Write log entries or session items."""
        for moment in moments:
            yield from self._moment(moment, indent)

    def waiting(self, tool: str, agent: str, path: str, arguments: str) -> Iterator[str]:
        """Write one call that waits for a decision."""
        yield f"  {paint(one_line(path), 'yellow')}  {one_line(tool)}, asked for by {one_line(agent)}"
        yield from self._text(arguments, "      ", _WAITING_FACTOR)

    def _run(self, run: RunView, below: dict[str, RunView], indent: str) -> Iterator[str]:
        yield ""
        yield f"{indent}run {one_line(run.id)}  {one_line(run.agent)}  {_standing(run)}"
        turn = 0
        for moment in run.moments:
            if moment.turn != turn:
                turn = moment.turn
                model = run.models[turn - 1] if run.models else ""
                told = f"turn {turn} ({model})" if model else f"turn {turn}"
                yield f"{indent}{paint(one_line(told), 'bright_black')}"
            yield from self._moment(moment, indent)
            child = below.pop(moment.call.child or "", None) if moment.call is not None else None
            if child is not None:  # each run is taken once, so that runs which contain each other end
                yield from self._run(child, below, indent + _INDENT if len(indent) < _DEEPEST else indent)
                yield ""
        if run.waiting_input:
            yield f"{indent}  {run.waiting_input} input item(s) wait for the next model call"
        for result in run.guardrails:
            yield f"{indent}  {_guardrail(result)}"

    def _moment(self, moment: Moment, indent: str) -> Iterator[str]:
        hidden = paint("  (no longer sent to the model)", "bright_black") if moment.hidden else ""
        head = f"{indent}{moment.seq:>5}  {_headline(moment)}"
        short = moment.kind in _SPOKEN and "\n" not in moment.text and len(moment.text) <= _SHORT
        if short:
            yield f"{head} {plain(moment.text)}{hidden}".rstrip()
            return
        yield f"{head.rstrip()}{hidden}"
        waits = moment.call is not None and moment.call.state in {"pending", "indeterminate"}
        yield from self._text(moment.text, f"{indent}         ", _WAITING_FACTOR if waits else 1)

    def _decision(self, decision: DecisionView) -> Iterator[str]:
        what = f"call {decision.call_id}" if decision.call_id and not decision.sticky else "every call"
        by = f" by {decision.by}" if decision.by else ""
        at = f" at {decision.at}" if decision.at else ""
        line = f"{decision.decision:<8}{decision.tool} of {decision.agent}: {what}, in run {decision.run}{by}{at}"
        yield f"  {one_line(line)}"
        yield from self._text(decision.message or "", "          ", 1)

    def _text(self, text: str, indent: str, factor: int) -> Iterator[str]:
        """Write a text in its own lines, cut with a note."""
        if not text:
            return
        lines, left = self._cut(text, factor)
        for line in lines:
            yield f"{indent}{line}"
        if left:
            yield indent + paint(f"[{left} more characters; --full shows them]", "bright_black")

    def _cut(self, text: str, factor: int) -> tuple[list[str], int]:
        shown = text
        if not self._full:
            shown = "\n".join(text[: _MOST_CHARACTERS * factor].split("\n")[: _MOST_LINES * factor])
        return plain(shown).split("\n"), len(text) - len(shown)


def squeezed(lines: Iterator[str]) -> Iterator[str]:
    """Leave out an empty line that follows another."""
    before = ""
    for line in lines:
        if line or before:
            yield line
        before = line


def usage_line(usage: Usage) -> str:
    """Write token counts on one line."""
    requests = f"{usage.requests} requests, " if usage.requests is not None else ""
    return f"{requests}{usage.input_tokens} tokens in, {usage.output_tokens} out, {usage.total_tokens} in all"


def value_line(value: JSON) -> str:
    """Write a JSON value on one line, cut if long."""
    text = one_line(compact(value))
    return text if len(text) <= _MOST_CHARACTERS else f"{text[:_MOST_CHARACTERS]}... [{len(text)} characters]"


def _standing(run: RunView) -> str:
    """Say where a run stands."""
    most = f" of {run.max_turns}" if run.max_turns is not None else ""
    step = str(run.step["type"])
    because = " ".join(str(run.step[name]) for name in ("reason", "code", "message") if name in run.step)
    return one_line(f"turn {run.turn}{most}, {step}{f' ({because})' if because else ''}")


def _headline(moment: Moment) -> str:
    """Say who did what."""
    who = one_line(moment.agent or moment.role or ("assistant" if moment.kind in _OF_THE_MODEL else ""))
    if moment.call is not None:
        return f"{who:<12} {_call(moment.call)}"
    call_id = one_line(moment.call_id or "")
    words = {
        "message": f"({moment.role})" if moment.agent and moment.role not in {"assistant", None} else "",
        "call": f"calls {one_line(moment.tool or moment.type)} ({call_id})",
        "output": f"({call_id})",
        "reasoning": "(thinks)",
        "compaction": "the history before this was compacted",
    }.get(moment.kind, one_line(moment.type))
    staged = "(staged input) " if moment.source == "staged" else ""
    return f"{'tool' if moment.kind == 'output' else who:<12} {staged}{words}".rstrip().ljust(12)


def _call(call: CallView) -> str:
    """Say what became of a call."""
    word, color = _STATE_WORDS.get(call.state, (call.state, "bright_black"))
    verb = {"handoff": "hands off with", "delegate": "delegates to", "agent": "asks the agent tool"}
    target = f" to {one_line(call.target)}" if call.target else ""
    head = f"{verb.get(call.role, 'calls')} {one_line(call.tool)}{target} ({one_line(call.call_id)})"
    return f"{head}: {paint(word, color)}"


def _guardrail(result: GuardrailView) -> str:
    message = f": {result.message}" if result.message else ""
    return one_line(f"guardrail {result.name} ({result.position}): {result.behavior}{message}")
