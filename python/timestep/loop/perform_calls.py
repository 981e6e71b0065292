"""Carrying out effects on calls: guardrails and approval rules before them, their bodies, and nested runs."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, cast

from msgspec.structs import replace

from timestep.agent import Agent, AgentTool
from timestep.codec import strict_json
from timestep.codec.calls import arguments_of
from timestep.errors import AgentsException, ModelBehaviorError, ToolError
from timestep.guardrails.runner import run_input_guardrails, run_output_guardrails
from timestep.guardrails.tool_level import InputGuardrail, OutputGuardrail
from timestep.handoffs.handoff import delegate_output, message_of
from timestep.loop.calls import told
from timestep.loop.config import MAX_TURNS
from timestep.loop.history import conversation_of, session_for
from timestep.loop.scene import Scene
from timestep.loop.tree import RunValue
from timestep.tools import results
from timestep.tools.arguments import parse
from timestep.tools.builtin import BuiltinTool, python_text
from timestep.tools.builtin_mcp import HostedMCPTool
from timestep.tools.context import ToolContext, idempotency_key
from timestep.tools.tool import Tool
from timestep.types import effects, events
from timestep.types.base import Item
from timestep.types.outputs import result_output
from timestep.types.state import GuardrailResult, Parent


class Case:
    """One call, and all that belongs to it."""

    def __init__(self, scene: Scene, run_id: str, item: int) -> None:
        self.scene = scene
        self.run: RunValue = scene.tree.runs[run_id]
        self.call = self.run.call(item) or next(call for call in reversed(self.run.settled) if call.item == item)
        self.item: Item = self.run.log[item].item
        self.agent: Agent = scene.owner(self.run, item)
        self.handoff = self.call.role in ("handoff", "delegate")
        self.tool = None if self.handoff else scene.tool(self.agent, self.call.tool)
        self.name = self.call.tool[2]

    @property
    def arguments(self) -> str:
        """The argument string the call runs with."""
        return self.call.arguments if self.call.arguments is not None else arguments_of(self.item)

    def context(self) -> ToolContext[Any]:
        """Return the context the tool is given."""
        ctx = self.scene.ctx
        return ToolContext(
            context=ctx.context,
            usage=ctx.usage,
            call_id=self.call.call_id,
            tool_name=self.name,
            tool_arguments=self.arguments,
            idempotency_key=idempotency_key(self.run.id, self.call.item, self.call.digest),
            attempt=self.call.attempt,
        )

    def guardrails(self, kind: type[Any]) -> list[Any]:
        """Return the guardrails of a kind, in the order in which they run (TS-GUARD-010, TS-GUARD-020)."""
        before = kind is InputGuardrail
        tool = self.tool
        own = [] if tool is None else tool.input_guardrails if before else tool.output_guardrails
        agents = [each for each in self.agent.guardrails if isinstance(each, kind)]
        return [*agents, *own] if before else [*own, *agents]

    def named(self, records: Sequence[GuardrailResult]) -> list[GuardrailResult]:
        """Say of results whose call they are about."""
        key = self.run.log[self.call.item].agent or self.run.agent
        return [replace(record, agent=key, item=self.call.item) for record in records]

    def failed(self, error: Exception, records: Sequence[GuardrailResult] = ()) -> events.ToolFailed:
        """Return the event for a failure: the model is told, and where the tool says so the run stops (TS-TOOL-032)."""
        compat = self.scene.options.compat
        if self.tool is None:
            text: str | None = results.report_of(error, self.name) if not isinstance(error, AgentsException) else None
            text = error.message if isinstance(error, ModelBehaviorError | ToolError) else text
        elif isinstance(self.tool, BuiltinTool):
            text = self.tool.report(error, compat=compat)
        else:
            text = self.tool.report(error, compat=python_text(compat))
        stops = text is None
        if stops:
            kept = error if isinstance(error, AgentsException) else _failure(self, error)
            self.scene.error = kept
        message = error.message if isinstance(error, AgentsException) else results.said(error) or type(error).__name__
        return events.ToolFailed(
            run=self.run.id,
            item=self.call.item,
            code=error.code if isinstance(error, AgentsException) else "tool-failed",
            message=message,
            outputs=told(self.item, text or results.report_of(error, self.name), compat),
            stops=stops,
            results=self.named(records),
        )


def _failure(case: Case, error: Exception) -> AgentsException:
    if case.tool is not None:
        return case.tool.failure(error)
    text = f"{case.name} failed: {type(error).__name__}: {results.said(error)}"
    failed = ToolError(text, requirement="TS-TOOL-032")
    failed.__cause__ = error
    return failed


async def check_call(scene: Scene, effect: effects.CheckCall) -> events.CallChecked | events.ToolFailed:
    """Ask guardrails about a call, and whether a person has to be asked."""
    case = Case(scene, effect.run, effect.item)
    try:
        return await _checked(case, approved=effect.approved)
    except Exception as error:  # noqa: BLE001 - whatever user code raises
        return case.failed(error)
    except asyncio.CancelledError as error:
        return case.failed(_own_cancellation(case, error))


async def _checked(case: Case, *, approved: bool) -> events.CallChecked:
    run, item = case.run.id, case.call.item
    if case.call.role == "hosted":
        return await _hosted(case)
    guardrails: list[InputGuardrail] = case.guardrails(InputGuardrail)
    args = _parsed(case)
    if args is None:
        return events.CallChecked(run=run, item=item, ask=not approved)
    outcome = await run_input_guardrails(guardrails, case.name, args, approved=args if approved else None)
    records = case.named([*outcome.records, *_asked(outcome.prompts)])
    changed = outcome.changed
    if changed is not None and isinstance(case.tool, BuiltinTool):
        changed = case.tool.written(outcome.args)
    if outcome.behavior == "reject":
        text = outcome.message if case.scene.options.compat is None else outcome.records[-1].message
        output = told(case.item, text or "", case.scene.options.compat)
        return events.CallChecked(run=run, item=item, blocked=output[0], arguments=changed, results=records)
    ask = outcome.behavior == "ask"
    if not ask and not approved and case.tool is not None:
        ask = await case.tool.approval_needed(case.context(), outcome.args, case.call.call_id)
    return events.CallChecked(run=run, item=item, ask=ask, arguments=changed, results=records)


def _parsed(case: Case) -> dict[str, Any] | None:
    """Return the arguments; None where they can't be read and an SDK would ask about the call all the same."""
    try:
        return _arguments(case)
    except ModelBehaviorError:
        if (
            case.scene.options.compat == "openai-agents-python"
            and case.tool is not None
            and case.tool.needs_approval is True
        ):
            return None
        raise


def _arguments(case: Case) -> dict[str, Any]:
    """Return the arguments of a call; the action of one that has none, as its tool shows it (`{"action": {...}}`)."""
    return parse(case.arguments, case.name) if case.tool is None else case.tool.parse(case.arguments)


def _asked(prompts: Sequence[str]) -> list[GuardrailResult]:
    """Keep the questions of guardrails for whoever decides."""
    return [GuardrailResult(position="tool_input", name="approval", behavior="ask", message=text) for text in prompts]


async def _hosted(case: Case) -> events.CallChecked:
    """Ask a hosted MCP tool's own callback, and a person where it has none."""
    run, item = case.run.id, case.call.item
    said = await case.tool.decide(case.context(), case.item) if isinstance(case.tool, HostedMCPTool) else None
    if said is None or said is True:
        return events.CallChecked(run=run, item=item, ask=said is None)
    reason = said[1] if isinstance(said, tuple) else ""
    return events.CallChecked(run=run, item=item, blocked=told(case.item, reason, case.scene.options.compat)[0])


async def run_tool(scene: Scene, effect: effects.RunTool) -> events.ToolFinished | events.ToolFailed:
    """Carry out a call, and have its result checked."""
    case = Case(scene, effect.run, effect.item)
    if case.tool is None:
        return case.failed(ModelBehaviorError(f"There is no tool {case.name}.", code="tool-unknown"))
    tool, ctx = case.tool, case.context()
    records: list[GuardrailResult] = []
    await scene.call_hooks("on_tool_start", case.agent, tool, agent=case.agent, ctx=ctx)
    try:
        if isinstance(tool, BuiltinTool):
            said: Any = await tool.perform(ctx, case.item, case.call.arguments)
        else:
            if scene.options.compat is None:  # both SDKs leave that to the body
                tool.check(case.arguments)
            said = await tool.invoke(ctx, case.arguments, case.call.call_id)
        output, records = await result_of(case, tool, said)
    except Exception as error:  # noqa: BLE001 - whatever the tool raises
        return case.failed(error, records)
    except asyncio.CancelledError as error:
        return case.failed(_own_cancellation(case, error), records)
    try:
        await scene.call_hooks("on_tool_end", case.agent, tool, said, agent=case.agent, ctx=ctx)
    except Exception as error:  # noqa: BLE001 - the tool has run, which is noted first
        scene.raised = error
    return events.ToolFinished(run=effect.run, item=effect.item, outputs=[output], results=case.named(records))


def _own_cancellation(case: Case, error: asyncio.CancelledError) -> ToolError:
    """Return the error for a call that was cancelled from inside; where somebody stops the run, that goes on."""
    task = asyncio.current_task()
    if task is None or task.cancelling():
        raise error
    return ToolError(f"The tool {case.name} was cancelled from inside. It may have had an effect.")


async def result_of(case: Case, tool: Tool, result: Any) -> tuple[Item, list[GuardrailResult]]:  # noqa: ANN401
    """Return the output item for a result, after the output guardrails."""
    guardrails: list[OutputGuardrail] = case.guardrails(OutputGuardrail)
    if not guardrails:
        return _output(case, tool, result), []
    args = _arguments(case)
    plain = result if isinstance(result, str) else results.plain_json(result)
    outcome = await run_output_guardrails(guardrails, case.name, args, plain)
    shown = result if outcome.behavior == "allow" else outcome.result
    if outcome.behavior == "reject":
        text = shown if case.scene.options.compat is None else outcome.records[-1].message or ""
        return told(case.item, text, case.scene.options.compat)[0], outcome.records
    return _output(case, tool, shown), outcome.records


def _output(case: Case, tool: Tool, result: Any) -> Item:  # noqa: ANN401 - whatever tools give
    """Return the output item for a result."""
    compat = case.scene.options.compat
    if isinstance(tool, BuiltinTool):
        return tool.output_item(case.item, result, compat=compat)
    return result_output(case.item, tool.output(result, compat=python_text(compat)))


async def start_nested(scene: Scene, effect: effects.StartNested) -> events.RunStarted | events.ToolFailed:
    """Begin the nested run of a call: what the model said becomes its input."""
    case = Case(scene, effect.run, effect.item)
    session: Any = None
    history: list[Item] = []
    try:
        if effect.role == "delegate":
            text = message_of(case.arguments, case.name)
            session = session_for(scene, case.run, scene.agent(effect.agent), effect.child)
            history = await conversation_of(session)
        else:
            if case.tool is not None:
                await scene.call_hooks("on_tool_start", case.agent, case.tool, agent=case.agent, ctx=case.context())
            text = _input_of(case)
    except Exception as error:  # noqa: BLE001 - whatever a session raises
        return case.failed(error)
    if session is not None:
        scene.sessions[effect.child] = session
    turns = case.tool.max_turns if isinstance(case.tool, AgentTool) else MAX_TURNS
    limits = case.scene.options.config.limits(turns)
    return events.RunStarted(
        run=effect.child,
        parent=Parent(run=effect.run, item=effect.item),
        agent=effect.agent,
        items=[*history, {"role": "user", "content": text}],
        form="text",
        history=len(history),
        limits=limits,
        session=session.session_id if session is not None else None,
    )


def _input_of(case: Case) -> str:
    """Return the input of an agent that is called as a tool."""
    given = _arguments(case).get("input")
    if not isinstance(given, str):
        raise ModelBehaviorError(
            f'Invalid arguments for {case.name}: it takes {{"input": "..."}}. Correct them and call the tool again.',
            code="tool-arguments",
            requirement="TS-TOOL-031",
        )
    return given


async def finish_nested(scene: Scene, effect: effects.FinishNested) -> events.ToolFinished | events.ToolFailed:
    """Make the output of a call out of what its nested run came to."""
    case = Case(scene, effect.run, effect.item)
    child = scene.tree.runs[effect.child]
    scene.speaking.pop(child.id, None)
    step = child.step
    name = scene.tree.name(child.agent)
    if step.type == "failed":
        return case.failed(
            ToolError(f"The agent {name} could not finish: {step.message}", code=step.code or "tool-failed")
        )
    try:
        agent = scene.agent(child.agent)
        await scene.call_hooks("on_agent_end", agent, step.output, agent=agent)
        if case.call.role == "delegate":
            conversation = child.session.id if child.session is not None and child.session.id is not None else child.id
            return events.ToolFinished(
                run=effect.run,
                item=effect.item,
                outputs=[result_output(case.item, delegate_output(step.output, conversation))],
            )
        text = step.output if isinstance(step.output, str) else strict_json.dumps(step.output).decode()
        tool = cast("Tool", case.tool)
        output, records = await result_of(case, tool, text)
        await scene.call_hooks("on_tool_end", case.agent, tool, text, agent=case.agent, ctx=case.context())
    except Exception as error:  # noqa: BLE001 - whatever guardrails and hooks raise
        return case.failed(error)
    return events.ToolFinished(run=effect.run, item=effect.item, outputs=[output], results=case.named(records))
