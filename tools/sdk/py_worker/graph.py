"""The agents of a scenario, fresh for every operation."""

from __future__ import annotations

import json
from typing import Any

from agents import Agent, AgentOutputSchemaBase, ModelSettings, OpenAIResponsesModel, RunConfig
from agents import handoff as sdk_handoff
from agents.exceptions import ModelBehaviorError
from agents.extensions.handoff_filters import remove_all_tools
from openai import AsyncOpenAI

from . import guardrails
from .bodies import Executed, approval_policy
from .features import MissingFeatureError, http_library, named, options
from .mcp_double import ScriptedMCPServer
from .tools import plain_tool
from .transport import ScriptedTransport

JSON = dict[str, Any]
MODEL = "gpt-4.1"


class JsonOutput(AgentOutputSchemaBase):
    """An output type given as a plain JSON Schema."""

    def __init__(self, schema: JSON) -> None:
        self.schema = schema

    def is_plain_text(self) -> bool:
        """The output is JSON, not text."""
        return False

    def name(self) -> str:
        """The schema's name on the wire is fixed by the SDK; this one is for messages."""
        return "final_output"

    def json_schema(self) -> JSON:
        """Give the schema."""
        return self.schema

    def is_strict_json_schema(self) -> bool:
        """Scenario schemas are written in the strict subset."""
        return True

    def validate_json(self, json_str: str) -> Any:
        """Parse the model's text."""
        try:
            return json.loads(json_str)
        except ValueError as error:
            raise ModelBehaviorError(f"output is no JSON: {error}") from error


def keep_last_user(data: Any) -> Any:
    """Hand over the last user message alone."""
    history = data.input_history
    if not isinstance(history, str):
        users = [item for item in history if item.get("role") == "user"]
        history = tuple(users[-1:])
    return data.clone(input_history=history, pre_handoff_items=(), new_items=())


def sandbox_agent() -> Any:
    """Give the sandbox agent class; only few scenarios need its modules."""
    try:
        from .sandbox_double import bare_sandbox_agent
    except ImportError as error:
        raise MissingFeatureError(f"sandbox ({error.name})") from error
    return bare_sandbox_agent


def sandbox_config() -> Any:
    """Give the sandbox settings of a run."""
    from .sandbox_double import scripted_sandbox_config

    return scripted_sandbox_config()


FILTERS = {"remove_all_tools": remove_all_tools, "keep_last_user": keep_last_user}


class Graph:
    """One operation's transport, agents and tools; nothing is shared with another operation."""

    def __init__(self, scenario: JSON, served: dict[str, int]) -> None:
        self.scenario = scenario
        self.transport = ScriptedTransport(scenario, served)
        self.executed = Executed()
        client = AsyncOpenAI(
            api_key="SENTINEL-api-key",
            base_url="http://scripted.invalid/v1",
            max_retries=0,
            http_client=http_library().AsyncClient(transport=self.transport),
        )
        self.model = OpenAIResponsesModel(scenario.get("model", MODEL), client)
        self.agents = {key: self._bare_agent(key) for key in scenario["agents"]}
        for key in scenario["agents"]:
            self._connect(key)

    @property
    def start(self) -> Agent[Any]:
        """The first agent."""
        return self.agents[self.scenario["start"]]

    def key_of(self, agent: Any) -> str | None:
        """Give the scenario key of an agent, by its unique instructions."""
        if agent is None:
            return None
        return self.transport.keys.get(agent.instructions, agent.name)

    def run_config(self, *, first: bool = False) -> RunConfig:
        """Fix what the SDK would otherwise draw at random (the cache key follows the group)."""
        sandboxed = any(agent.get("sandbox") for agent in self.scenario["agents"].values())
        return RunConfig(
            tracing_disabled=True,
            group_id=f"group_{self.scenario['name']}",
            **options(
                RunConfig,
                sandbox=sandbox_config() if sandboxed else None,
                tool_not_found_behavior=self.scenario.get("tool_not_found"),
                # The state carries it on.
                reasoning_item_id_policy=self.scenario.get("reasoning_item_id_policy") if first else None,
            ),
        )

    def _bare_agent(self, key: str) -> Agent[Any]:
        """Build an agent without tools and handoffs, as these may point in circles."""
        spec = self.scenario["agents"][key]
        rules = self.scenario.get("guardrails", {})
        before = [guardrails.input_guardrail(k, rules[k]) for k in spec.get("input_guardrails", [])]
        after = [guardrails.output_guardrail(k, rules[k]) for k in spec.get("output_guardrails", [])]
        schema = spec.get("output_schema")
        kind = sandbox_agent() if spec.get("sandbox") else Agent
        return kind(
            name=spec["name"],
            instructions=spec["instructions"],
            handoff_description=spec.get("handoff_description"),
            model=self.model,
            model_settings=ModelSettings(**spec.get("model_settings", {})),
            input_guardrails=before,
            output_guardrails=after,
            output_type=JsonOutput(schema) if schema else None,
            tool_use_behavior=spec.get("tool_use_behavior", "run_llm_again"),
            reset_tool_choice=spec.get("reset_tool_choice", True),
        )

    def _connect(self, key: str) -> None:
        """Give an agent its tools, MCP servers and handoffs."""
        spec, agent = self.scenario["agents"][key], self.agents[key]
        for tool_key in spec.get("tools", []):
            tool = self.scenario["tools"][tool_key]
            if tool["kind"] == "local_mcp":
                agent.mcp_servers.append(ScriptedMCPServer(tool, self.executed))
            else:
                agent.tools.append(self._tool(tool_key, tool))
        for entry in spec.get("handoffs", []):
            agent.handoffs.append(self._handoff(entry))

    def _tool(self, key: str, spec: JSON) -> Any:
        """Build one tool, in its namespace when it has one."""
        if spec["kind"] == "agent":
            return self._agent_tool(spec)
        tool = plain_tool(key, self.scenario, self.executed)
        if "namespace" not in spec:
            return tool
        name = spec["namespace"]
        return named("tool_namespace", "agents.tool")(name=name, description=f"Tools of {name}.", tools=[tool])[0]

    def _agent_tool(self, spec: JSON) -> Any:
        """Build an agent as a tool."""
        return self.agents[spec["agent"]].as_tool(
            tool_name=spec["name"],
            tool_description=spec.get("description", spec["name"]),
            needs_approval=approval_policy(spec.get("needs_approval")),
            run_config=self.run_config(),
        )

    def _handoff(self, entry: Any) -> Any:
        """Build a handoff target; one without a filter is the agent itself."""
        if isinstance(entry, str):
            return self.agents[entry]
        target = self.agents[entry["agent"]]
        return sdk_handoff(target, input_filter=FILTERS[entry["input_filter"]])
