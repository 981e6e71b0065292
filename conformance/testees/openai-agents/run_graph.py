"""Agents as a request describes them: all that they would ask of user code is asked of the suite."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import jsonschema
from agents import (
    Agent,
    AgentOutputSchemaBase,
    FunctionTool,
    GuardrailFunctionOutput,
    Handoff,
    InputGuardrail,
    OutputGuardrail,
    RunConfig,
    ToolGuardrailFunctionOutput,
    ToolInputGuardrail,
    ToolOutputGuardrail,
    default_tool_error_function,
    handoff,
)
from agents.exceptions import ModelBehaviorError

from asked import AskedModel, Asker
from serving import CallFailed, Unsupported, Wire

JSON = dict[str, Any]
CONFIG = RunConfig(tracing_disabled=True)
_RULES = {"always": True, "never": False}
_TRIPS = {"pass": False, "trip": True}
_NOTHING: JSON = {"type": "object", "properties": {}}


def agents_of(wire: Wire, run: str, told: list[JSON]) -> Agent[Any]:
    """Return the root of a graph of agents.

    Args:
        wire: where callbacks go.
        run: id of the root run.
        told: the agents, the root first.
    """
    askers = [Asker(wire, run, each["name"]) for each in told]
    agents = [_agent(asker, each) for asker, each in zip(askers, told, strict=True)]
    named: dict[str | int, Agent[Any]] = {agent.name: agent for agent in reversed(agents)} | dict(enumerate(agents))
    for agent, asker, each in zip(agents, askers, told, strict=True):
        agent.tools += [_tool(asker, {**tool, **_guards(each, tool)}, named) for tool in each.get("tools", ())]
        agent.handoffs += [_handoff(named[target["agent"]], target) for target in each.get("handoffs", ())]
    return agents[0]


def _guards(agent: JSON, tool: JSON) -> JSON:
    """Return the guardrails of a tool, with its agent's: first of all before the tool runs, and last behind it."""
    before = [*agent.get("tool_input_guardrails", ()), *tool.get("input_guardrails", ())]
    return {
        "tool_input": before,
        "tool_output": [*tool.get("output_guardrails", ()), *agent.get("tool_output_guardrails", ())],
    }


def _agent(asker: Asker, told: JSON) -> Agent[Any]:
    return Agent(
        name=told["name"],
        instructions=told.get("instructions"),
        model=AskedModel(asker),
        input_guardrails=[
            InputGuardrail(_check(asker, "input", each["name"]), each["name"], each.get("parallel", True))
            for each in told.get("input_guardrails", ())
        ],
        output_guardrails=[
            OutputGuardrail(_check(asker, "output", name), name) for name in told.get("output_guardrails", ())
        ],
        output_type=_JsonOutput(told["output_schema"]) if "output_schema" in told else None,
        tool_use_behavior=told.get("tool_use", "run_llm_again"),
    )


class _JsonOutput(AgentOutputSchemaBase):
    """An output type that is a JSON Schema."""

    def __init__(self, schema: JSON) -> None:
        self._schema = schema

    def is_plain_text(self) -> bool:
        return False

    def name(self) -> str:
        return "final_output"

    def json_schema(self) -> JSON:
        return self._schema

    def is_strict_json_schema(self) -> bool:
        return True

    def validate_json(self, json_str: str) -> Any:
        try:
            value = json.loads(json_str)
            jsonschema.validate(value, self._schema)
        except (ValueError, jsonschema.ValidationError) as error:
            raise ModelBehaviorError(f"the output is of another type: {error}") from error
        return value


def _tool(asker: Asker, told: JSON, agents: Mapping[str | int, Agent[Any]]) -> FunctionTool:
    name = told["name"]
    rules: JSON = {"needs_approval": _approval(asker, name, told), "is_enabled": _enabled(asker, name, told)}
    if "agent" in told:
        tool = agents[told["agent"]].as_tool(name, "", run_config=CONFIG, **rules)
    else:
        schema, seconds = told.get("parameters", _NOTHING), told.get("timeout")
        body = _body(asker, name, raises=told.get("on_error") == "raise")
        tool = FunctionTool(name, "", schema, body, strict_json_schema=False, timeout_seconds=seconds, **rules)
    tool.tool_input_guardrails = [_input_guardrail(asker, each) for each in told["tool_input"]]
    tool.tool_output_guardrails = [_output_guardrail(asker, each) for each in told["tool_output"]]
    return tool


def _body(asker: Asker, name: str, *, raises: bool) -> Any:
    async def body(context: Any, arguments: str) -> Any:
        about = {"tool": ["function", None, name], "call_id": context.tool_call_id, "arguments": arguments, "key": None}
        try:
            return (await asker.asked("tool", **about))["output"]
        except CallFailed as error:
            if raises:
                raise
            return default_tool_error_function(context, error)

    return body


def _approval(asker: Asker, name: str, told: JSON) -> Any:
    async def asked(_: Any, arguments: JSON, call_id: str) -> bool:
        text = json.dumps(arguments, ensure_ascii=False, separators=(",", ":"))
        return await asker.answer("approval", tool=["function", None, name], call_id=call_id, arguments=text)

    return _RULES.get(told.get("approval", "never"), asked)


def _enabled(asker: Asker, name: str, told: JSON) -> Any:
    async def asked(_context: Any, _agent: Any) -> bool:
        return await asker.answer("enabled", tool=["function", None, name])

    return _RULES.get(told.get("enabled", "always"), asked)


def _handoff(target: Agent[Any], told: JSON) -> Handoff[Any, Any]:
    made = handoff(target, tool_name_override=told.get("tool"))
    made.input_json_schema = told.get("parameters", made.input_json_schema)
    return made


def _check(asker: Asker, kind: str, name: str) -> Any:
    async def check(_context: Any, _agent: Any, value: Any) -> GuardrailFunctionOutput:
        answer = (await asker.asked("guardrail", kind=kind, name=name, value=value))["answer"]
        return GuardrailFunctionOutput(None, _TRIPS[answer]) if answer in _TRIPS else answer

    return check


def _input_guardrail(asker: Asker, name: str) -> ToolInputGuardrail[Any]:
    async def check(data: Any) -> ToolGuardrailFunctionOutput:
        arguments = json.loads(data.context.tool_arguments or "{}")
        return await _verdict(asker, "tool_input", name, data.context, arguments)

    return ToolInputGuardrail(check, name)


def _output_guardrail(asker: Asker, name: str) -> ToolOutputGuardrail[Any]:
    async def check(data: Any) -> ToolGuardrailFunctionOutput:
        return await _verdict(asker, "tool_output", name, data.context, data.output)

    return ToolOutputGuardrail(check, name)


async def _verdict(asker: Asker, kind: str, name: str, context: Any, value: Any) -> ToolGuardrailFunctionOutput:
    about = {"tool": ["function", None, context.tool_name], "call_id": context.tool_call_id}
    told = await asker.asked("guardrail", kind=kind, name=name, value=value, **about)
    if told["answer"] == "block":
        return ToolGuardrailFunctionOutput.reject_content(told.get("message", ""))
    if told["answer"] == "trip":
        return ToolGuardrailFunctionOutput.raise_exception()
    if told["answer"] == "pass":
        return ToolGuardrailFunctionOutput.allow()
    if told["answer"] in {"change", "ask"}:
        raise Unsupported(f"guardrails that {told['answer']}")
    return told["answer"]
