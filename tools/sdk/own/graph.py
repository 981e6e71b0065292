"""The agents of a scenario, made with our own package, fresh for every operation."""

from __future__ import annotations

import json
from typing import Any

import httpx2
from openai import AsyncOpenAI
from py_worker.templates import fill, holds
from py_worker.transport import ScriptedTransport

from timestep import Agent, RunConfig
from timestep.guardrails.run_level import GuardrailFunctionOutput, RunInputGuardrail, RunOutputGuardrail
from timestep.handoffs.filters import HandoffInputData, remove_all_tools
from timestep.handoffs.handoff import Handoff
from timestep.providers.openai import OpenAIModelProvider
from timestep.providers.routing import Retry
from timestep.tools.builtin_mcp import MCPTool

from .bodies import Executed, approval_policy, plain_tool

JSON = dict[str, Any]
MODEL = "gpt-4.1"


def keep_last_user(data: HandoffInputData) -> HandoffInputData:
    """Hand over the last user message alone."""
    history = data.input_history
    if not isinstance(history, str):
        history = tuple(item for item in history if item.get("role") == "user")[-1:]
    return data.clone(input_history=history, pre_handoff_items=(), new_items=())


FILTERS = {"remove_all_tools": remove_all_tools, "keep_last_user": keep_last_user}


class ScriptedMCPServer:
    """A local MCP server whose tools give scripted text."""

    def __init__(self, spec: JSON, executed: Executed) -> None:
        self.name: str = spec["server"]
        self.tools: list[JSON] = spec["tools"]
        self.executed = executed

    def listed(self) -> list[JSON]:
        """List its tools."""
        told = ((tool, tool.get("description", tool["name"])) for tool in self.tools)
        return [{"name": t["name"], "description": text, "inputSchema": t["parameters"]} for t, text in told]

    async def list_tools(self) -> list[JSON]:
        """List its tools."""
        return self.listed()

    async def call_tool(self, tool_name: str, arguments: JSON) -> list[JSON]:
        """Note the call and give its text."""
        text = json.dumps(arguments, separators=(",", ":"), ensure_ascii=False, sort_keys=True)
        self.executed.note(tool_name, text, None)
        tool = next(tool for tool in self.tools if tool["name"] == tool_name)
        return [{"type": "text", "text": fill(tool.get("returns", "ok"), arguments)}]


class Graph:
    """One operation's transport, agents and tools; nothing is shared with another operation."""

    def __init__(self, scenario: JSON, served: dict[str, int]) -> None:
        self.scenario = scenario
        self.transport = ScriptedTransport(scenario, served)
        self.executed = Executed()
        client = AsyncOpenAI(
            api_key="SENTINEL-api-key",
            base_url="https://api.openai.com/v1",  # as the SDKs ask OpenAI; the transport lets nothing out
            max_retries=0,
            http_client=httpx2.AsyncClient(transport=self.transport),
        )
        self.provider = OpenAIModelProvider(client=client, retry=Retry(attempts=1))
        self.agents = {key: self._bare_agent(spec) for key, spec in scenario["agents"].items()}
        for key in scenario["agents"]:
            self._connect(key)
        self._keys = {agent.name: key for key, agent in self.agents.items()}

    @property
    def start(self) -> Agent:
        """The first agent."""
        return self.agents[self.scenario["start"]]

    def key_of(self, name: str | None) -> str | None:
        """Give the scenario key of an agent; no two agents of a run of ours have one name."""
        return None if name is None else self._keys.get(name, name)

    def run_config(self, before_asking: Any = None) -> RunConfig:
        """Give the settings of a run; `before_asking` sees what a model is about to be sent."""
        reports = self.scenario.get("tool_not_found") == "return_error_to_model"
        return RunConfig(
            model_provider=self.provider,
            tool_not_found="report" if reports else "raise",
            call_model_input_filter=before_asking,
            reasoning_ids=self.scenario.get("reasoning_item_id_policy"),
        )

    def _bare_agent(self, spec: JSON) -> Agent:
        """Build an agent without tools and handoffs, as these may point in circles."""
        rules = self.scenario.get("guardrails", {})
        return Agent(
            name=spec["name"],
            instructions=spec["instructions"],
            handoff_description=spec.get("handoff_description"),
            model=self.scenario.get("model", MODEL),
            model_settings=spec.get("model_settings"),
            input_guardrails=[_before(key, rules[key]) for key in spec.get("input_guardrails", [])],
            output_guardrails=[_after(key, rules[key]) for key in spec.get("output_guardrails", [])],
            output_type=_type_of(spec["output_schema"]) if spec.get("output_schema") else None,
            reset_tool_choice=spec.get("reset_tool_choice", True),
        )

    def _connect(self, key: str) -> None:
        """Give an agent its tools and handoffs."""
        spec, agent = self.scenario["agents"][key], self.agents[key]
        servers = 0
        for tool_key in spec.get("tools", []):
            tool = self.scenario["tools"][tool_key]
            if tool["kind"] == "local_mcp":
                server, asked = ScriptedMCPServer(tool, self.executed), bool(tool.get("require_approval"))
                agent.tools += [MCPTool(server, each, servers, needs_approval=asked) for each in server.listed()]
                servers += 1
            elif tool["kind"] == "agent":
                agent.tools.append(self._agent_tool(tool))
            else:
                agent.tools.append(plain_tool(tool_key, self.scenario, self.executed))
        agent.handoffs += [self._handoff(entry) for entry in spec.get("handoffs", [])]
        agent.tool_use_behavior = spec.get("tool_use_behavior", "run_llm_again")  # which names tools it has now

    def _agent_tool(self, spec: JSON) -> Any:
        """Build an agent as a tool."""
        return self.agents[spec["agent"]].as_tool(
            tool_name=spec["name"],
            tool_description=spec.get("description", spec["name"]),
            needs_approval=approval_policy(spec.get("needs_approval")),
        )

    def _handoff(self, entry: Any) -> Handoff | Agent:
        """Build a handoff target; one without a filter is the agent itself."""
        if isinstance(entry, str):
            return self.agents[entry]
        return Handoff(self.agents[entry["agent"]], input_filter=FILTERS[entry["input_filter"]])


def _before(key: str, spec: JSON) -> RunInputGuardrail:
    """Build an agent's input guardrail."""
    return RunInputGuardrail(_check(spec), key, run_in_parallel=not spec.get("blocking", False))


def _after(key: str, spec: JSON) -> RunOutputGuardrail:
    """Build an agent's output guardrail."""
    return RunOutputGuardrail(_check(spec), key)


def _check(spec: JSON) -> Any:
    """Build what a run-level guardrail asks."""

    async def check(_ctx: Any, _agent: Any, value: Any) -> GuardrailFunctionOutput:
        return GuardrailFunctionOutput(spec.get("info"), holds(spec.get("trips_on"), value))

    return check


def _type_of(schema: JSON) -> Any:
    """Give a type of the members that an output schema requires, whose names and kinds are all a scenario uses."""
    import msgspec

    kinds = {"string": str, "integer": int, "number": float, "boolean": bool}
    fields = [(name, kinds[member["type"]]) for name, member in schema["properties"].items()]
    return msgspec.defstruct("FinalOutput", fields)
