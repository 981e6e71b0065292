"""A turn: the intent to ask the model, its answer, and what the answer leads to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from msgspec.structs import replace

from timestep.loop import calls, ends, settle
from timestep.loop.draft import Draft, illegal
from timestep.loop.tree import RunValue, append, is_open, place
from timestep.types.base import JSON, LARGEST, Item
from timestep.types.effects import CallModel, PrepareTurn
from timestep.types.events import InputAdded, ModelFailed, ModelResponded, TurnPrepared
from timestep.types.items import is_call, type_of
from timestep.types.state import Entry, Response, Staged, Step, Turn, Usage

_WAITS = Step(type="awaiting_model")
_AGAIN = Step(type="run_again")


def next_turn(draft: Draft, run: RunValue) -> None:
    """Have the next turn prepared, unless a limit is used up (BARS L1)."""
    run.step = Step(type="run_again", attempt=run.step.attempt) if run.step.attempt else _AGAIN
    limits, tokens = run.limits, draft.tree.root.limits.max_tokens
    if not run.turn.open and limits.max_turns is not None and run.turn.count >= limits.max_turns:
        ends.stop(draft, run, "limit", "max-turns", f"the run has used all of its turns ({limits.max_turns})")
    elif tokens is not None and draft.tree.usage.total_tokens >= tokens:
        ends.stop(draft, run, "limit", "max-tokens", f"the run has used all of its tokens ({tokens})")
    else:
        draft.effect(PrepareTurn(run=run.id, agent=run.agent))


def input_added(draft: Draft, event: InputAdded) -> None:
    """Stage an item for the next time the model is asked."""
    run = draft.run(event.run)
    if run.step.type in ("finished", "failed"):
        raise illegal("input for a run that has ended")
    run.pending_input = (*run.pending_input, Staged(item=event.item, id=event.id))


def turn_prepared(draft: Draft, event: TurnPrepared) -> None:
    """Ask the model; what was staged enters the log before."""
    run = draft.run(event.run)
    if run.step.type != "run_again":
        raise illegal(f"a turn was prepared in the step {run.step.type}")
    if run.pending_input:
        append(run, [Entry(item=staged.item, source="staged") for staged in run.pending_input])
        run.pending_input = ()
    count = run.turn.count + (not run.turn.open)
    attempt = (run.step.attempt or 0) if run.turn.open else 0
    run.turn = Turn(count=count, open=True)
    run.step = _WAITS if not attempt else replace(_WAITS, attempt=attempt)
    run.withheld = frozenset(event.withheld)
    effect = CallModel(run=run.id, agent=run.agent, turn=count, since=_since(run), attempt=attempt)
    draft.effect(effect)


def _since(run: RunValue) -> int:
    """Return from where on the model is sent the log: all of the view, unless its host keeps the conversation."""
    server = run.server
    if server is None or not (server.conversation_id or server.previous_response_id):
        return 0
    return run.responses[-1].end if run.responses else 0


def model_failed(draft: Draft, event: ModelFailed) -> None:
    """Stop with the turn open, so that resuming asks the model again."""
    run = draft.run(event.run)
    if run.step.type != "awaiting_model":
        raise illegal(f"a model failed in the step {run.step.type}")
    attempt = (run.step.attempt or 0) + 1
    ends.stop(draft, run, "error", event.code, event.message)
    if is_open(run):
        run.step = replace(run.step, attempt=attempt)


def model_responded(draft: Draft, event: ModelResponded) -> None:
    """Take the model's answer into the log, and go on with what it asks for."""
    run = draft.run(event.run)
    if run.step.type != "awaiting_model":
        raise illegal(f"a model answered in the step {run.step.type}")
    start = len(run.log)
    agent = run.agent
    append(run, [Entry(item=item, source="model", agent=agent) for item in event.output])
    response = Response(
        agent=agent,
        start=start,
        end=len(run.log),
        status=event.status,
        usage=event.usage,
        id=event.id,
        request_id=event.request_id,
        answered_by=event.answered_by,
    )
    run.responses = run.responses.append(response)
    draft.tree.usage = added(draft.tree.usage, event.usage)
    if (
        run.server is not None
        and event.id is not None
        and (run.server.auto_previous or run.server.previous_response_id)
    ):
        run.server = replace(run.server, previous_response_id=event.id)
    if draft.policy.compaction == "trim":
        trim(run, start)
    _go_on(draft, run, event)


def trim(run: RunValue, start: int) -> None:
    """Let the model see nothing from before the last compaction item at or after a log position (TS-TRANS-030)."""
    for position in reversed(range(start, len(run.log))):
        if run.log[position].item.get("type") == "compaction":
            kept = [(max(first, position), end) for first, end in run.view if end > position]
            run.view = tuple(kept)
            return


def _go_on(draft: Draft, run: RunValue, event: ModelResponded) -> None:
    """Decide what an answer leads to."""
    first = len(run.log) - len(event.output)
    found = [position for position, item in enumerate(event.output, first) if is_call(item)]
    if event.status == "failed":
        calls.enter(draft, run, found, cut_off="all")
        _end_badly(draft, run, "model-failed", event.reason or "the model's host reports that it failed")
        return
    cut_off = event.status == "incomplete" and draft.policy.cut_off == "fail"
    if found:
        run.step = Step(type="acting")
        calls.enter(draft, run, found, cut_off="last" if cut_off else "none")
        if run.input_done is not False:
            calls.act(draft, run)
        return
    text, refusal = text_of(event.output), _refusal(event.output)
    if event.status == "incomplete":
        _end_badly(draft, run, "model-incomplete", f"the answer was cut off: {event.reason or 'no reason given'}")
    elif text is not None:
        ends.accept(draft, run, text, message_position(event.output, first))
    elif refusal is not None:
        _end_badly(draft, run, "model-refusal", refusal)
    elif draft.policy.empty == "finish":
        ends.accept(draft, run, "", None)
    else:
        settle.close(draft, run)
        next_turn(draft, run)


def _end_badly(draft: Draft, run: RunValue, code: str, message: str) -> None:
    """Stop after an answer that can't be used; resuming asks the model anew, with the answer in its view."""
    place(run)
    settle.close(draft, run)
    ends.stop(draft, run, "error", code, message)


def message_position(output: Sequence[Item], first: int) -> int:
    """Return the log position of the last message of a response that begins at a position."""
    return max(first + index for index, item in enumerate(output) if type_of(item) == "message")


def text_of(output: Sequence[Item]) -> str | None:
    """Return the text of the last message of a response; None where there is none."""
    message = next((item for item in reversed(output) if type_of(item) == "message"), None)
    if message is None:
        return None
    content = message.get("content")
    if isinstance(content, str):
        return content
    texts = [part["text"] for part in _parts(message, "output_text") if isinstance(part.get("text"), str)]
    return "".join(texts) if texts else None


def _refusal(output: Sequence[Item]) -> str | None:
    """Return the text of a refusal, if the response holds one."""
    found = [part for item in output for part in _parts(item, "refusal")]
    return str(found[0].get("refusal")) if found else None


def _parts(item: Item, kind: str) -> list[Item]:
    """Return the parts of a message's content of one type."""
    content = item.get("content")
    parts = cast("list[Item]", content) if isinstance(content, list) else []
    return [part for part in parts if isinstance(cast("object", part), dict) and part.get("type") == kind]


def added(total: Usage, more: Usage) -> Usage:
    """Return usage with that of one more request."""
    return Usage(
        requests=_sum(total.requests or 0, 1 if more.requests is None else more.requests),
        input_tokens=_sum(total.input_tokens, more.input_tokens),
        output_tokens=_sum(total.output_tokens, more.output_tokens),
        total_tokens=_sum(total.total_tokens, more.total_tokens),
        input_tokens_details=_details(total.input_tokens_details, more.input_tokens_details),
        output_tokens_details=_details(total.output_tokens_details, more.output_tokens_details),
        entries=total.entries,
        endpoint=total.endpoint,
        unknown=total.unknown,
    )


def _sum(total: int, more: int) -> int:
    """Add a count, up to the most that a state can hold (TS-CORE-010)."""
    return min(total + more, LARGEST)


def _details(total: dict[str, JSON] | None, more: dict[str, JSON] | None) -> dict[str, JSON] | None:
    """Add up the details that are numbers."""
    if not more:
        return total
    if not total:
        return dict(more)
    summed = dict(total)
    for name, count in more.items():
        before = summed.get(name)
        summed[name] = _sum(before, count) if isinstance(count, int) and isinstance(before, int) else count
    return summed
