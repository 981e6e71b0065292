"""The shape of an `@openai/agents` run state, number 1.22 (spec/dialects/openai-agents-js.md).

Only what is read appears here; all else of a file is kept as leftovers. Nested runs, which the file holds as JSON text,
are already parsed (`dialect.expand`).
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from timestep.types.base import JSON, Item

#: An integer of the file that counts something; JavaScript holds no larger one exactly (TS-CORE-010).
Count = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]
#: Token counts by kind; null is none.
Details = dict[str, Count | float | str | list[JSON] | dict[str, JSON] | None]


class AgentRef(msgspec.Struct):
    """A reference to an agent; `identity` is set only when several agents share the name."""

    name: str
    identity: str | None = None


class RunItem(msgspec.Struct, rename="camel"):
    """One wrapped item of the run; a handoff output has two agents and no `agent`."""

    type: Literal[
        "message_output_item", "tool_call_item", "tool_call_output_item", "handoff_call_item", "handoff_output_item",
        "reasoning_item", "tool_search_call_item", "tool_search_output_item", "compaction_item", "tool_approval_item",
        "input_item",
    ]  # fmt: skip
    raw_item: Item
    agent: AgentRef | None = None
    source_agent: AgentRef | None = None
    target_agent: AgentRef | None = None
    tool_name: str | None = None
    function_tool_state_key: str | None = None
    input_id: str | None = None

    def owner(self) -> AgentRef:
        """Return the agent the item belongs to."""
        return self.agent or self.source_agent or AgentRef(name="")


class Decision(msgspec.Struct, rename="camel"):
    """An approval record: true for a sticky decision, or the ids of the calls decided one by one."""

    approved: bool | list[str]
    rejected: bool | list[str]
    messages: dict[str, str] = {}
    sticky_reject_message: str | None = None


class FunctionApprovals(msgspec.Struct, rename="camel"):
    """The decisions on one agent's function tools, by state key."""

    agent_identity: str
    approvals: dict[str, Decision]


class Invocations(msgspec.Struct, rename="camel"):
    """Which exact calls one agent's decisions cover, and its decisions on other tools."""

    agent_identity: str
    invocations: dict[str, str]
    approvals: dict[str, Decision]


class RequestUsage(msgspec.Struct, rename="camel"):
    """Token counts of one request."""

    input_tokens: Count = 0
    output_tokens: Count = 0
    total_tokens: Count = 0
    input_tokens_details: Details | None = None
    output_tokens_details: Details | None = None
    endpoint: str | None = None


class Usage(msgspec.Struct, rename="camel"):
    """Token counts; details have one entry a request."""

    requests: Count = 0
    input_tokens: Count = 0
    output_tokens: Count = 0
    total_tokens: Count = 0
    input_tokens_details: list[Details] | None = None
    output_tokens_details: list[Details] | None = None
    request_usage_entries: list[RequestUsage] | None = None


class Context(msgspec.Struct, rename="camel"):
    """The run context: usage, decisions, and the caller's value."""

    usage: Usage
    approvals: dict[str, Decision]
    context: dict[str, JSON]
    approval_invocations: list[Invocations]
    hosted_mcp_approvals: dict[str, Decision] = {}
    function_approvals: list[FunctionApprovals] = []
    legacy_function_approvals: dict[str, Decision] = {}
    tool_input: JSON = msgspec.UNSET


class Response(msgspec.Struct, rename="camel"):
    """A model response."""

    output: list[Item]
    usage: Usage
    response_id: str | None = None
    request_id: str | None = None


class ToolRef(msgspec.Struct, rename="camel"):
    """The tool of a processed call."""

    name: str
    defer_loading: bool = False


class McpBinding(msgspec.Struct, rename="camel"):
    """The MCP server and tool that a function call was made for."""

    server_name: str
    tool_name: str
    server_index: Count | None = None


class FunctionRun(msgspec.Struct, rename="camel"):
    """A processed function call; without a recorded recipient it can't execute."""

    tool_call: Item
    tool: ToolRef
    mcp_tool_binding: McpBinding | Literal["unknown"] | None = "unknown"


class HandoffRef(msgspec.Struct, rename="camel"):
    """Which handoff a call asks for."""

    tool_name: str
    agent_name: str | None = None


class HandoffRun(msgspec.Struct, rename="camel"):
    """A processed handoff call."""

    tool_call: Item
    handoff: HandoffRef
    target_agent: AgentRef | None = None


class ActionRun(msgspec.Struct, rename="camel"):
    """A processed call of another kind."""

    tool_call: Item
    computer: ToolRef | None = None
    shell: ToolRef | None = None
    apply_patch: ToolRef | None = None

    def name(self) -> str | None:
        """Return the tool's name."""
        tool = self.computer or self.shell or self.apply_patch
        return tool.name if tool is not None else None


class NotFoundRun(msgspec.Struct, rename="camel"):
    """A processed call of a function that the agent does not have."""

    tool_call: Item
    tool_name: str | None = None


class RequestItem(msgspec.Struct, rename="camel"):
    """The protocol item of a hosted MCP approval request."""

    raw_item: Item


class McpRequest(msgspec.Struct, rename="camel"):
    """A processed hosted MCP approval request."""

    request_item: RequestItem


class Processed(msgspec.Struct, rename="camel"):
    """The last model response, split into what the runtime has to do."""

    new_items: list[RunItem]
    functions: list[FunctionRun]
    handoffs: list[HandoffRun]
    function_tools_not_found: list[NotFoundRun] = []
    computer_actions: list[ActionRun] = []
    shell_actions: list[ActionRun] = []
    apply_patch_actions: list[ActionRun] = []
    mcp_approval_requests: list[McpRequest] = []

    def actions(self) -> list[ActionRun]:
        """Return the processed calls of computer, shell and patch tools."""
        return [*self.computer_actions, *self.shell_actions, *self.apply_patch_actions]


class StepData(msgspec.Struct, rename="camel"):
    """What an interruption waits for."""

    interruptions: list[RunItem]
    response_accepted: bool = False


class Step(msgspec.Struct, rename="camel"):
    """The next step."""

    type: Literal["next_step_interruption", "next_step_run_again", "next_step_handoff", "next_step_final_output"]
    data: StepData | None = None
    new_agent: AgentRef | None = None
    output: str | None = None
    response_accepted: bool = False


class GuardrailRef(msgspec.Struct):
    """Which guardrail spoke."""

    type: str
    name: str


class Behavior(msgspec.Struct):
    """What a tool guardrail decided."""

    type: Literal["allow", "rejectContent", "throwException"]
    message: str | None = None


class GuardrailOutput(msgspec.Struct, rename="camel"):
    """What a guardrail said."""

    tripwire_triggered: bool = False
    output_info: JSON = msgspec.UNSET
    behavior: Behavior | None = None


class GuardrailEntry(msgspec.Struct, rename="camel"):
    """One guardrail result."""

    guardrail: GuardrailRef
    output: GuardrailOutput
    agent_output: JSON = msgspec.UNSET
    agent: AgentRef | None = None


class Trace(msgspec.Struct):
    """Trace identity, in snake_case here too."""

    id: str
    workflow_name: str
    group_id: str | None = None
    metadata: dict[str, JSON] | None = None


class EvidencePart(msgspec.Struct, rename="camel"):
    """One half of the proof that a call completed: a generated item's index, or an item no longer in that list."""

    generated_item_index: Count | None = None
    item: RunItem | None = None


class Evidence(msgspec.Struct):
    """The call and the output that prove a completion."""

    fingerprint: str
    items: tuple[EvidencePart, EvidencePart]


class EvidenceOf(msgspec.Struct, rename="camel"):
    """The proofs of one agent's completed calls."""

    agent_identity: str
    invocations: dict[str, Evidence]


class CompletedOf(msgspec.Struct, rename="camel"):
    """The fingerprints of one agent's completed calls."""

    agent_identity: str
    invocations: dict[str, str]


class AmbiguousOf(msgspec.Struct, rename="camel"):
    """One agent's call ids whose history proves nothing."""

    agent_identity: str
    call_ids: list[str]


def _spelling(name: str) -> str:
    """Return the file's spelling of a top-level field."""
    head, *rest = name.split("_")
    return "$schemaVersion" if name == "schema_version" else head + "".join(part.capitalize() for part in rest)


class State(msgspec.Struct, rename=_spelling):
    """A run state."""

    schema_version: str
    current_turn: Count
    current_agent: AgentRef
    original_input: str | list[Item]
    model_responses: list[Response]
    context: Context
    tool_use_tracker: dict[str, list[str]]
    max_turns: Count | None
    generated_items: list[RunItem]
    completed_tool_invocations: list[CompletedOf]
    completed_tool_invocation_evidence: list[EvidenceOf]
    ambiguous_tool_invocation_call_ids: list[AmbiguousOf]
    trace: Trace | None
    input_guardrail_results: list[GuardrailEntry]
    output_guardrail_results: list[GuardrailEntry]
    tool_input_guardrail_results: list[GuardrailEntry] = []
    tool_output_guardrail_results: list[GuardrailEntry] = []
    initial_input_guardrails_completed: bool | msgspec.UnsetType = msgspec.UNSET
    current_turn_in_progress: bool = False
    current_step: Step | None = None
    last_processed_response: Processed | None = None
    last_model_response: Response | None = None
    pending_agent_tool_runs: dict[str, dict[str, Any]] = {}
    pending_agent_tool_run_aliases: dict[str, str] = {}
    pending_input: list[Item] = []
    conversation_id: str | None = None
    previous_response_id: str | None = None
    reasoning_item_id_policy: Literal["preserve", "omit"] | None = None
    current_turn_persisted_item_count: Count = 0


_BOUND = ("pendingSessionWrite", "pendingSessionHistoryTransaction", "pendingLegacyCompactionSessionItems", "sandbox")


def bound_parts(value: dict[str, JSON]) -> list[str]:
    """Name the parts of a state that only the JavaScript SDK can finish."""
    return [f"openai-agents-js:{name}" for name in _BOUND if value.get(name)]
