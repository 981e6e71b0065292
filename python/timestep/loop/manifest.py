"""The manifest, ready to be asked: what each agent has, and by which rules a run goes on (handoffs.md)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, cast

import msgspec

from timestep.types.state import McpRecipient, ToolKey

Compat = Literal["openai-agents-python", "openai-agents-js"]


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """By which rules a run goes on where implementations differ (transitions.md, "Rules").

    Attributes:
        compat: the SDK whose texts and item shapes are used; None is this specification's.
        tool_not_found: a call of a tool that is not there is reported to the model, or stops the run.
        empty: a response with nothing in it leads to another turn, or ends the run with the empty text.
        cut_off: calls of a response that was cut off fail, or run.
        structured_ends: a text beside calls ends the run of an agent with an output schema.
        one_handoff: the further handoffs of a response are answered, or vanish from what the model sees.
        compaction: the model sees nothing from before the last compaction item, or all.
        session_at_pause: the session gets the items of a turn that waits, or not before it is settled.
        forgotten: calls that may have run stop the run, or are passed over.
    """

    compat: Compat | None = None
    tool_not_found: Literal["report", "raise"] = "report"
    empty: Literal["again", "finish"] = "again"
    cut_off: Literal["fail", "run"] = "fail"
    structured_ends: bool = False
    one_handoff: Literal["answer", "drop"] = "answer"
    compaction: Literal["trim", "keep"] = "trim"
    session_at_pause: bool = False
    forgotten: Literal["stop", "pass"] = "stop"


#: What goes on as its SDK would, apart from what that SDK gets wrong (differences.md).
COMPATIBLE: dict[Compat, Policy] = {
    "openai-agents-python": Policy(
        compat="openai-agents-python",
        tool_not_found="raise",
        empty="finish",
        cut_off="run",
        structured_ends=True,
        compaction="keep",
        session_at_pause=True,
        forgotten="pass",
    ),
    "openai-agents-js": Policy(
        compat="openai-agents-js",
        tool_not_found="raise",
        cut_off="run",
        structured_ends=True,
        one_handoff="drop",
        session_at_pause=True,
        forgotten="pass",
    ),
}


class ToolSpec(msgspec.Struct, frozen=True):
    """A tool of an agent; `checked` says that its calls are looked at before they may start."""

    name: str
    role: Literal["tool", "agent", "handoff", "delegate", "hosted"]
    effect: Literal["read", "idempotent", "once"] = "once"
    checked: bool = False
    rechecked: bool = False
    agent: str | None = None
    callback: bool = False
    mcp: McpRecipient | None = None


class AgentSpec(msgspec.Struct, frozen=True):
    """An agent: its tools by ledger key, its guardrails, and what happens after its tools have run."""

    name: str
    tools: Mapping[ToolKey, ToolSpec]
    input_guardrails: tuple[tuple[str, bool], ...]
    output_checked: bool
    output_schema: bool
    stop_on_first: bool
    stop_at: frozenset[str]


class Manifest(msgspec.Struct, frozen=True):
    """All that the loop has to know of the agents, and the rules by which it goes on.

    `filters` and `output_checked` say that the run's own configuration has a filter for handoffs, output guardrails.
    """

    root: str
    agents: Mapping[str, AgentSpec]
    policy: Policy
    digest: str | None = None
    filters: bool = False
    output_checked: bool = False


def manifest_of(graph: Mapping[str, Any], policy: Policy | None = None) -> Manifest:
    """Make a manifest of its JSON form (TS-HAND-009)."""
    agents = {agent["name"]: _agent(agent) for agent in graph["agents"]}
    return Manifest(graph["root"], agents, policy or Policy(), graph.get("digest"))


def _agent(data: Mapping[str, Any]) -> AgentSpec:
    guardrails = data["guardrails"]
    before, after = bool(guardrails["tool_input"]), guardrails["output"]
    use = data["tool_use"]
    tools = [_tool(tool, guarded=before) for tool in data["tools"]]
    tools += [_handoff(each, guarded=before) for each in data["handoffs"]]
    return AgentSpec(
        name=data["name"],
        tools=dict(tools),
        input_guardrails=tuple((each["name"], each["parallel"]) for each in guardrails["input"]),
        output_checked=bool(after) or data["output_schema"],
        output_schema=data["output_schema"],
        stop_on_first=use == "stop_on_first_tool",
        stop_at=frozenset(cast("list[str]", use["stop_at_tool_names"])) if isinstance(use, Mapping) else frozenset(),
    )


def _tool(data: Mapping[str, Any], *, guarded: bool) -> tuple[ToolKey, ToolSpec]:
    key = (data.get("kind", "function"), data.get("namespace"), data["name"])
    if data["role"] == "hosted" and "approval" not in data:
        return key, ToolSpec(data["name"], "hosted")
    guarded = guarded or bool(data["tool_input"])
    return key, ToolSpec(
        name=data["name"],
        role=data["role"],
        effect=data["effect"],
        checked=guarded or data["approval"] != "never",
        rechecked=guarded,
        agent=data.get("agent"),
        mcp=msgspec.convert(data["mcp"], McpRecipient) if "mcp" in data else None,
    )


def _handoff(data: Mapping[str, Any], *, guarded: bool) -> tuple[ToolKey, ToolSpec]:
    return ("function", None, data["tool"]), ToolSpec(
        name=data["tool"],
        role=data["role"],
        checked=guarded,
        rechecked=guarded,
        agent=data["agent"],
        callback=data["filter"] or data.get("callback", False),
    )
