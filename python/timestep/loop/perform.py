"""Carrying out effects that ask user code or a model about a whole run; each gives the event that answers it."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from copy import deepcopy
from typing import Any, cast

import msgspec

from timestep.agent import Agent
from timestep.codec import strict_json
from timestep.dialects import invariants
from timestep.errors import ModelBehaviorError, ModelError, TimestepError
from timestep.guardrails.run_level import run_checks
from timestep.handoffs.filters import HandoffInputData, filtered
from timestep.handoffs.handoff import transfer_output
from timestep.loop import history
from timestep.loop.config import ModelInput
from timestep.loop.scene import Question, Scene
from timestep.loop.stream import Stream
from timestep.loop.tree import RunValue
from timestep.providers.protocol import Delta, ModelRequest, ModelResponse, OutputFormat
from timestep.tools.builtin_offer import grouped
from timestep.tools.output_type import OutputType
from timestep.types import effects, events
from timestep.types.base import Item
from timestep.types.items import is_call, is_output, type_of
from timestep.types.model_settings import ModelSettings
from timestep.types.outputs import result_output
from timestep.types.state import Range, Usage

#: Calls of one answer; no model makes as many, and what an agent does with them grows with their square.
MOST_CALLS = 1000
_PIECES = {"text": "content_delta", "reasoning": "reasoning_delta", "refusal": "refusal_delta"}


async def check_input(scene: Scene, effect: effects.CheckInput) -> events.InputChecked:
    """Ask input guardrails about the run's input."""
    agent, run = scene.agent(effect.agent), scene.tree.runs[effect.run]
    known = [*agent.input_guardrails, *(scene.options.config.input_guardrails if run.parent is None else ())]
    chosen = [each for each in known if each.name in effect.names]
    items = [entry.item for entry in run.log[run.input.start : run.input.end]]
    given: Any = items[0].get("content") if run.input.form == "text" and len(items) == 1 else items
    outcome = await run_checks(chosen, scene.ctx, agent, given)
    scene.tripped = outcome.error()
    return events.InputChecked(
        run=effect.run, blocking=effect.blocking, results=[result.record() for result in outcome.results]
    )


async def check_output(scene: Scene, effect: effects.CheckOutput) -> events.OutputChecked:
    """Read the final output as the agent's output type, and ask output guardrails about it."""
    agent, run = scene.agent(effect.agent), scene.tree.runs[effect.run]
    value: Any = run.step.output
    changed: dict[str, Any] = {}
    expected = scene.output(agent)
    if expected is not None and _is_message(run):
        try:
            value = expected.parse(value)
        except ModelBehaviorError as error:
            scene.error = error
            return events.OutputChecked(run=effect.run, code=error.code, message=error.message)
        changed["output"] = msgspec.to_builtins(value, str_keys=True, enc_hook=_dumped)
    guardrails = [*agent.output_guardrails, *scene.options.config.output_guardrails]
    outcome = await run_checks(guardrails, scene.ctx, agent, value)
    scene.tripped = outcome.error()
    if run.parent is None:
        scene.final = value
    return events.OutputChecked(run=effect.run, results=[result.record() for result in outcome.results], **changed)


def _is_message(run: RunValue) -> bool:
    return run.step.seq is None or type_of(run.log[run.step.seq].item) == "message"


def _dumped(value: Any) -> Any:  # noqa: ANN401 - an object of another library
    return value.model_dump(mode="json")


def prepares_alone(scene: Scene, effect: effects.PrepareTurn) -> bool:
    """Tell whether a turn is prepared from what is at hand, so that no hook and no other code of the user is asked."""
    agent = scene.agent(effect.agent)
    silent = scene.options.hooks is None and agent.hooks is None
    return (
        (silent or effect.agent == scene.speaking.get(effect.run))
        and (agent.instructions is None or isinstance(agent.instructions, str))
        and all(getattr(each, "is_enabled", True) is True for each in [*agent.tools, *agent.handoffs])
    )


async def prepare_turn(scene: Scene, effect: effects.PrepareTurn) -> events.TurnPrepared:
    """Find out the instructions of an agent and the tools it may offer."""
    agent = scene.agent(effect.agent)
    run = scene.tree.runs[effect.run]
    if effect.agent != scene.speaking.get(effect.run):
        scene.speaking[effect.run] = effect.agent
        await scene.call_hooks("on_agent_start", agent, agent=agent)
    told = agent.instructions
    instructions = told if told is None or isinstance(told, str) else await agent.resolved_instructions(scene.ctx)
    tools: list[dict[str, Any]] = []
    withheld: list[str] = []
    for tool in scene.tools(agent):
        if getattr(tool, "is_enabled", True) is True or await tool.enabled(scene.ctx, agent):  # type: ignore[union-attr]
            tools.append(scene.definition(tool))
        else:
            withheld.append(tool.name)
    for handoff in agent.resolved_handoffs():
        if handoff.is_enabled is True or await handoff.enabled(scene.ctx, agent):
            tools.append(handoff.definition(agent.handoff_mode))
        else:
            withheld.append(handoff.tool_name)
    scene.questions[run.id] = Question(agent, instructions, grouped(tools))
    return events.TurnPrepared(run=effect.run, withheld=withheld)


async def call_model(
    scene: Scene, effect: effects.CallModel, stream: Stream
) -> events.ModelResponded | events.ModelFailed:
    """Ask the model."""
    run = scene.tree.runs[effect.run]
    question = scene.questions[effect.run]
    try:
        request = await _request(scene, effect, run, question)
        await scene.call_hooks(
            "on_llm_start", question.agent, request.instructions, request.input, agent=question.agent
        )
        model = scene.model(question.agent)
        if scene.options.stream:
            response = await _streamed(scene, run, model.stream(request), stream)
        else:
            response = await model.respond(request)
        _refuse_no_answer(response)
        await scene.call_hooks("on_llm_end", question.agent, response, agent=question.agent)
    except ModelError as error:
        scene.error = error
        return events.ModelFailed(run=effect.run, code=error.code, message=error.message, sent=cast("Any", error.sent))
    return events.ModelResponded(
        run=effect.run,
        output=response.output,
        usage=response.usage,
        status=response.status,
        id=response.id,
        request_id=response.request_id,
        reason=response.reason,
        answered_by=response.answered_by,
    )


def _refuse_no_answer(response: object) -> None:
    """Refuse what no run can keep, so that nothing of it gets into the log."""
    output: object = getattr(response, "output", None)
    problem = "has no output" if not isinstance(response, ModelResponse) or not isinstance(output, list) else None
    for item in [] if problem else cast("list[object]", output):
        problem = problem or history.unkeepable(item) or _not_said(cast("Item", item))
    if problem is None and sum(is_call(item) for item in cast("list[Item]", output)) > MOST_CALLS:
        problem = f"makes more than {MOST_CALLS} calls at once"
    problem = problem or _miscounted(cast("ModelResponse", response).usage)
    if problem is not None:
        raise ModelError(f"the model's answer is none: it {problem}", code="model-answer", requirement="TS-ITEM-001")


def _miscounted(usage: object) -> str | None:
    """Say why a model's counts can't be kept: one is no whole number, or none that a state can hold (TS-CORE-010)."""
    try:
        counts = msgspec.to_builtins(usage)
        msgspec.convert(counts, Usage)
        invariants.integers(counts, ("usage",))
        strict_json.dumps(counts)
    except (msgspec.ValidationError, TimestepError, TypeError) as error:
        return f"has usage that can't be kept: {error}"
    return None


def _not_said(item: Item) -> str | None:
    """Say why an item can't be a model's: what a call came to is said by who carries it out, here or at the host."""
    foreign = is_output(item) and type_of(item) != "shell_call_output"
    return f"holds a {type_of(item)}" if foreign else None


async def _request(scene: Scene, effect: effects.CallModel, run: RunValue, question: Question) -> ModelRequest:
    agent, config = question.agent, scene.options.config
    items: Sequence[Item] = scene.input(run, effect.since)
    instructions = question.instructions
    if config.call_model_input_filter is not None:
        given = ModelInput(deepcopy(list(items)), instructions, agent, scene.ctx.context)
        answer = config.call_model_input_filter(given)
        found = await answer if inspect.isawaitable(answer) else answer
        items, instructions = found.input, found.instructions
    server = run.server
    return ModelRequest(
        model=config.model if isinstance(config.model, str) else agent.model if isinstance(agent.model, str) else None,
        input=items,
        instructions=instructions,
        tools=question.tools,
        settings=_settings(scene, agent, run),
        output=_format(scene.output(agent)),
        previous_response_id=server.previous_response_id if server is not None else None,
        conversation_id=server.conversation_id if server is not None else None,
        prompt_cache_key=run.settings.prompt_cache_key if run.settings is not None else None,
        key=f"{run.id}-{effect.turn}",
    )


def _settings(scene: Scene, agent: Agent, run: RunValue) -> ModelSettings:
    """Return the settings of a question; a forced tool choice would repeat for ever once a tool has run."""
    settings = agent.model_settings
    more = scene.options.config.model_settings
    if more is not None:
        settings = settings.resolve(more if isinstance(more, ModelSettings) else ModelSettings(**more))
    if settings.tool_choice is not None and agent.reset_tool_choice and run.tool_use.get(run.agent):
        settings = msgspec.structs.replace(settings, tool_choice=None)
    return settings


def _format(output: OutputType | None) -> OutputFormat | None:
    return None if output is None else OutputFormat(output.name, output.schema, output.strict)


async def _streamed(
    scene: Scene, run: RunValue, pieces: AsyncIterator[Delta | ModelResponse], stream: Stream
) -> ModelResponse:
    """Pass on pieces to whoever reads, and return the whole."""
    response: ModelResponse | None = None
    index = 0
    async with contextlib.aclosing(cast("AsyncGenerator[Delta | ModelResponse]", pieces)):
        async for piece in pieces:
            if isinstance(piece, ModelResponse):
                response = piece
            else:
                if stream.watched:
                    await stream.piece(_told(scene, run, piece, index))
                index += 1
    if response is None:
        raise ModelError("the stream ended without an answer", code="model-answer")
    return response


def _told(scene: Scene, run: RunValue, piece: Delta, index: int) -> dict[str, Any]:
    """Return the event that tells of a piece of an item (TS-EVENT-006)."""
    kind = _PIECES.get(piece.kind, "arguments_delta")
    event: dict[str, Any] = {"type": kind, "run": run.id, "content": piece.text, "index": index}
    event["after_seq"] = scene.tree.told
    more = {"item_id": piece.item_id, "output_index": piece.output_index, "call_id": piece.call_id, "tool": piece.name}
    return event | {name: value for name, value in more.items() if value is not None}


async def prepare_handoff(scene: Scene, effect: effects.PrepareHandoff) -> events.HandoffPrepared:
    """Tell user code that a handoff is taken, and let its filter choose what the next agent sees."""
    run = scene.tree.runs[effect.run]
    agent = scene.agent(run.agent)
    call = run.log[effect.item].item
    handoff = scene.handoff(agent, str(call.get("name")))
    if handoff is None:
        raise ModelBehaviorError(f"{agent.name} has no handoff {call.get('name')}", code="tool-unknown")
    await handoff.taken(scene.ctx, str(call.get("arguments") or ""))
    chosen = handoff.input_filter or scene.options.config.handoff_input_filter
    if chosen is None:
        return events.HandoffPrepared(run=effect.run, item=effect.item)
    kept = {position: run.log[position].item for start, end in run.view for position in range(start, end)}
    kept[len(run.log)] = result_output(call, transfer_output(scene.tree.name(effect.to)))
    shown = deepcopy(kept)  # whatever a filter does with them, the log stays as it is
    found = await filtered(chosen, _conversation(scene, run, shown))
    history = found.input_history
    first: Sequence[Item] = [{"role": "user", "content": history}] if isinstance(history, str) else history
    return _seen(effect, kept, shown, [*first, *found.pre_handoff_items, *found.new_items])


def _conversation(scene: Scene, run: RunValue, shown: Mapping[int, Item]) -> HandoffInputData:
    """Return the conversation up to a handoff, whose output is the last item, in the three parts that filters know."""
    own = [position for position in shown if position == len(run.log) or run.log[position].source in ("model", "tool")]
    turn = run.responses[-1].start
    places = list(shown)
    rest = places[places.index(own[0]) :]
    history = [shown[position] for position in places[: len(places) - len(rest)]]
    text = history[0].get("content") if run.input.form == "text" and len(history) == 1 else None
    return HandoffInputData(
        text if isinstance(text, str) else tuple(history),
        tuple(shown[position] for position in rest if position < turn),
        tuple(shown[position] for position in rest if position >= turn),
        scene.ctx,
    )


def _seen(
    effect: effects.PrepareHandoff, kept: Mapping[int, Item], shown: Mapping[int, Item], items: list[Item]
) -> events.HandoffPrepared:
    """Say where in the log the items of a filter stand; those it made or changed are new (TS-HAND-007).

    Args:
        effect: the handoff.
        kept: what the log holds, by position; the handoff's output is the last.
        shown: the copies that the filter was given.
        items: what it gave.
    """
    known = {id(item): position for position, item in shown.items()}
    end_of_log = max(kept)
    entries: list[Item] = []
    view: list[Range] = []
    for item in items:
        place = known.get(id(item))
        if place is None or kept[place] != item:
            place = next((position for position, other in kept.items() if other == item), None)
        if place is None or any(start <= place < end for start, end in view):
            entries.append(item)
            place = end_of_log + len(entries)
        if view and view[-1][1] == place:
            view[-1] = (view[-1][0], place + 1)
        else:
            view.append((place, place + 1))
    return events.HandoffPrepared(run=effect.run, item=effect.item, entries=entries, view=view)
