"""Agents as a request describes them: all that they would ask of user code is asked of the suite."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from frames import Refused, ask
from run_types import function_of, type_of
from run_world import AskedModel
from timestep.agent import Agent
from timestep.errors import ToolError
from timestep.guardrails.run_level import GuardrailFunctionOutput, RunInputGuardrail, RunOutputGuardrail
from timestep.guardrails.tool_level import GuardrailInterrupt, GuardrailResult, InputGuardrail, OutputGuardrail
from timestep.handoffs.handoff import Handoff
from timestep.tools.context import ToolContext
from timestep.tools.function_tool import FunctionTool
from timestep.tools.settling import Settled
from timestep.tools.tool import Tool

JSON = dict[str, Any]
_RULES: dict[str, bool] = {"always": True, "never": False}
_NOTHING = {"type": "object", "properties": {}}


def agents_of(run: str, told: list[JSON]) -> Agent:
    """Return the root of a graph of agents.

    Args:
        run: id of the root run, which callbacks name.
        told: the agents, the root first.
    """
    agents = [_agent(run, each) for each in told]
    named: dict[str | int, Agent] = {agent.name: agent for agent in reversed(agents)} | dict(enumerate(agents))
    for agent, each in zip(agents, told, strict=True):
        agent.tools += [_tool(_About(run, agent.name), tool, named) for tool in each.get("tools", ())]
        agent.tool_use_behavior = each.get("tool_use", "run_llm_again")  # which may name its tools
        agent.handoffs += [_handoff(named[handoff["agent"]], handoff) for handoff in each.get("handoffs", ())]
    return agents[0]


class _About:
    """Who asks: the run and the agent of a callback."""

    def __init__(self, run: str, agent: str) -> None:
        self._members = {"run": run, "agent": agent}

    async def asked(self, do: str, **more: Any) -> Any:
        """Call back about this agent."""
        return await ask(do, {**self._members, **more})

    async def answer(self, what: str, **more: Any) -> Any:
        """Ask user code."""
        return (await self.asked("ask", what=what, **more))["answer"]


def _agent(run: str, told: JSON) -> Agent:
    about = _About(run, told["name"])
    before = [_input_guardrail(about, name) for name in told.get("tool_input_guardrails", ())]
    after = [_output_guardrail(about, name) for name in told.get("tool_output_guardrails", ())]
    return Agent(
        told["name"],
        AskedModel(run, told["name"]),
        told.get("instructions"),
        guardrails=[*before, *after],
        input_guardrails=[_on_run(about, "input", each) for each in told.get("input_guardrails", ())],
        output_guardrails=[_on_run(about, "output", each) for each in told.get("output_guardrails", ())],
        output_type=type_of(told["output_schema"]) if "output_schema" in told else None,
        handoff_mode=told.get("handoff_mode"),
    )


def _tool(about: _About, told: JSON, agents: dict[str | int, Agent]) -> Tool:
    name = told["name"]
    rules: JSON = {"effect": told.get("effect", "once"), "needs_approval": _approval(about, name, told)}
    rules["is_enabled"] = _enabled(about, name, told)
    if "agent" in told:
        tool: Tool = agents[told["agent"]].as_tool(name, **rules)
    elif "search" in told:
        tool = _web_search(about, told, rules)
    else:
        rules |= {"timeout": told.get("timeout"), "in_doubt": _in_doubt(about, name, told)}
        body = _body(about, name)
        if "function" in told:
            function = function_of(name, told["function"], body)
            tool = FunctionTool(function, name=name, strict=told.get("strict", False), **rules)
        else:
            schema, closed = told.get("parameters", _NOTHING), told.get("strict", False)
            tool = Tool(name, "", schema, lambda ctx, _: body(ctx), strict=closed, **rules)
    tool.on_error = told.get("on_error", "report")
    tool.input_guardrails = [_input_guardrail(about, each) for each in told.get("input_guardrails", ())]
    tool.output_guardrails = [_output_guardrail(about, each) for each in told.get("output_guardrails", ())]
    return tool


def _web_search(about: _About, told: JSON, rules: JSON) -> Tool:
    from run_search import search_tool  # which puts itself between the package and the network

    async def asked(ctx: ToolContext[Any], search: JSON) -> Any:
        return (await about.asked("tool", **_call(ctx, told["name"]), search=search))["output"]

    return search_tool(told["search"], asked, **rules)


def _body(about: _About, name: str) -> Callable[[ToolContext[Any]], Any]:
    async def body(ctx: ToolContext[Any]) -> Any:
        try:
            return (await about.asked("tool", **_call(ctx, name)))["output"]
        except Refused as error:
            raise ToolError(error.message, code=error.code) from None

    return body


def _call(ctx: ToolContext[Any], name: str) -> JSON:
    """Return what a callback tells of a call."""
    told = {"tool": ["function", None, name], "call_id": ctx.call_id, "arguments": ctx.tool_arguments}
    return {**told, "key": ctx.idempotency_key or None}


def _approval(about: _About, name: str, told: JSON) -> Any:
    async def asked(_: object, args: JSON, call_id: str) -> bool:
        text = json.dumps(args, ensure_ascii=False, separators=(",", ":"))
        return await about.answer("approval", tool=["function", None, name], call_id=call_id, arguments=text)

    return _RULES.get(told.get("approval", "never"), asked)


def _enabled(about: _About, name: str, told: JSON) -> Any:
    async def asked(_ctx: object, _agent: object) -> bool:
        return await about.answer("enabled", tool=["function", None, name])

    return _RULES.get(told.get("enabled", "always"), asked)


def _in_doubt(about: _About, name: str, told: JSON) -> Any:
    async def asked(ctx: ToolContext[Any]) -> object:
        answer = await about.answer("in_doubt", **_call(ctx, name))
        how = answer.get("how") if isinstance(answer, dict) else None
        if how == "retry":
            return Settled.retry()
        if how in ("output", "fail"):
            return Settled.output(answer.get("output")) if how == "output" else Settled.fail(answer.get("output", ""))
        return answer

    rule = told.get("in_doubt", "ask")
    return asked if rule == "call" else rule


def _handoff(target: Agent, told: JSON) -> Handoff:
    return Handoff(target, told.get("mode"), told.get("tool"), input_json_schema=told.get("parameters"))


def _on_run(about: _About, kind: str, told: JSON | str) -> Any:
    """Return a guardrail on a run, or what was put in its place."""
    given: JSON = told if isinstance(told, dict) else {"name": told}
    name, kind = given["name"], given.get("of", kind)
    if kind == "tool_input":
        return _input_guardrail(about, name)
    check = _check(about, kind, name)
    return (
        RunInputGuardrail(check, name, given.get("parallel", True))
        if kind == "input"
        else RunOutputGuardrail(check, name)
    )


def _check(about: _About, kind: str, name: str) -> Any:
    async def check(_ctx: object, _agent: object, value: object) -> object:
        answer = (await about.asked("guardrail", kind=kind, name=name, value=value))["answer"]
        if answer not in ("pass", "trip"):
            return answer  # nothing that a guardrail may say here
        return GuardrailFunctionOutput(None, answer == "trip")

    return check


def _input_guardrail(about: _About, name: str) -> InputGuardrail:
    async def check(tool: str, args: JSON) -> Any:
        told = await about.asked("guardrail", kind="tool_input", name=name, tool=["function", None, tool], value=args)
        if told["answer"] == "change":
            return GuardrailResult.modify_args(told["value"])
        return _verdict(told)

    return InputGuardrail(check, name)


def _output_guardrail(about: _About, name: str) -> OutputGuardrail:
    async def check(tool: str, _args: JSON, result: Any) -> Any:
        told = await about.asked(
            "guardrail", kind="tool_output", name=name, tool=["function", None, tool], value=result
        )
        if told["answer"] == "change":
            return GuardrailResult.modify_result(told["value"])
        return _verdict(told)

    return OutputGuardrail(check, name)


def _verdict(told: JSON) -> Any:
    """Return an answer that is the same before a call and after it."""
    if told["answer"] == "ask":
        raise GuardrailInterrupt(told.get("message", ""))
    if told["answer"] == "block":
        return GuardrailResult.block(told.get("message"))
    return GuardrailResult.proceed() if told["answer"] == "pass" else told["answer"]
