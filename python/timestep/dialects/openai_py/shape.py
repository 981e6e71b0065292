"""The shape of an `openai-agents` run state, number 1.21 (spec/dialects/openai-agents-python.md).

Only what is read appears here; all else of a file is kept as leftovers. Wrong types are errors with a pointer, where
the SDK itself would drop the value and go on.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, cast

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


class LookupKey(msgspec.Struct):
    """The collision-free key of a function tool."""

    kind: Literal["bare", "namespaced", "deferred_top_level"]
    name: str
    namespace: str | None = None


class ToolOrigin(msgspec.Struct):
    """Where a function tool came from."""

    type: str


class RunItem(msgspec.Struct):
    """One wrapped item of the run."""

    type: Literal[
        "message_output_item", "tool_call_item", "tool_call_output_item", "handoff_call_item", "handoff_output_item",
        "reasoning_item", "tool_search_call_item", "tool_search_output_item", "compaction_item",
        "mcp_list_tools_item", "mcp_approval_request_item", "mcp_approval_response_item", "tool_approval_item",
        "input_item",
    ]  # fmt: skip
    raw_item: Item
    agent: AgentRef
    tool_name: str | None = None
    tool_lookup_key: LookupKey | None = None
    tool_origin: ToolOrigin | None = None
    source_agent: AgentRef | None = None
    target_agent: AgentRef | None = None
    input_id: str | None = None


class Decision(msgspec.Struct):
    """An approval record: true for a sticky decision, or the ids of the calls decided one by one."""

    approved: bool | list[str]
    rejected: bool | list[str]
    rejection_messages: dict[str, str] = {}
    sticky_rejection_message: str | None = None
    sticky_scope: str | None = None


class FunctionApproval(msgspec.Struct):
    """The decisions on one function tool of one agent."""

    agent: AgentRef
    tool_key: str
    decision: Decision


class HostedIdentity(msgspec.Struct):
    """What a hosted MCP decision is about."""

    type: Literal["server_tool", "request", "query"]
    server_label: str | None = None
    tool_name: str | None = None
    request_id: str | None = None


class HostedApproval(msgspec.Struct):
    """The decisions on one hosted MCP tool."""

    identity: HostedIdentity
    decision: Decision


class Invocation(msgspec.Struct):
    """One row of the SDK's own call ledger."""

    type: str
    approval_scope: str
    fingerprint: str
    executed: bool
    completed: bool


class Usage(msgspec.Struct):
    """Token counts; details are one-element lists in totals and objects in request entries."""

    input_tokens: Count = 0
    output_tokens: Count = 0
    total_tokens: Count = 0
    requests: Count = 0
    input_tokens_details: list[Details] | Details | None = None
    output_tokens_details: list[Details] | Details | None = None
    request_usage_entries: list[Usage] | None = None


class Context(msgspec.Struct):
    """The run context: usage, decisions, the call ledger, and the caller's value."""

    usage: Usage
    approvals: dict[str, Decision]
    tool_invocations: dict[str, Invocation]
    context: dict[str, JSON] | None
    context_meta: dict[str, JSON] | None = None
    tool_input: JSON = None
    hosted_mcp_approvals: list[HostedApproval] = []
    function_tool_approvals: list[FunctionApproval] = []


class Response(msgspec.Struct):
    """A model response."""

    output: list[Item]
    usage: Usage
    response_id: str | None = None
    request_id: str | None = None


class ToolRef(msgspec.Struct):
    """The tool of a processed call."""

    name: str | None = None
    lookupKey: LookupKey | None = None  # noqa: N815 - the file's own spelling


class FunctionRun(msgspec.Struct):
    """A processed function call; an agent tool that paused carries its own run state."""

    tool_call: Item
    tool: ToolRef
    agent_run_state: dict[str, Any] | None = None


class ActionRun(msgspec.Struct):
    """A processed call of another kind."""

    tool_call: Item
    computer: ToolRef | None = None
    custom_tool: ToolRef | None = None
    local_shell: ToolRef | None = None
    shell: ToolRef | None = None
    apply_patch: ToolRef | None = None

    def name(self) -> str | None:
        """Return the tool's name."""
        for tool in (self.computer, self.custom_tool, self.local_shell, self.shell, self.apply_patch):
            if tool is not None:
                return tool.name
        return None


class HandoffRef(msgspec.Struct):
    """Which handoff a call asks for."""

    tool_name: str | None = None


class HandoffRun(msgspec.Struct):
    """A processed handoff call."""

    tool_call: Item
    handoff: HandoffRef | None = None


class RequestItem(msgspec.Struct):
    """The wire item of a hosted MCP approval request."""

    raw_item: Item


class McpRequest(msgspec.Struct):
    """A processed hosted MCP approval request."""

    request_item: RequestItem


class Processed(msgspec.Struct):
    """The last model response, split into what the runtime has to do."""

    new_items: list[RunItem]
    functions: list[FunctionRun]
    handoffs: list[HandoffRun]
    computer_actions: list[ActionRun] = []
    custom_tool_actions: list[ActionRun] = []
    local_shell_actions: list[ActionRun] = []
    shell_actions: list[ActionRun] = []
    apply_patch_actions: list[ActionRun] = []
    mcp_approval_requests: list[McpRequest] = []
    interruptions: list[RunItem] = []
    mcp_tool_bindings: dict[str, tuple[str, str, Count | None]] = {}

    def actions(self) -> list[ActionRun]:
        """Return all processed calls that are neither functions, handoffs nor MCP requests."""
        return [
            *self.computer_actions,
            *self.custom_tool_actions,
            *self.local_shell_actions,
            *self.shell_actions,
            *self.apply_patch_actions,
        ]


class StepData(msgspec.Struct):
    """What an interruption waits for."""

    interruptions: list[RunItem]
    response_accepted: bool = False


class Step(msgspec.Struct):
    """The resumable step; a state without one is finished or not started."""

    type: Literal["next_step_interruption", "next_step_run_again"]
    data: StepData | None = None


class GuardrailRef(msgspec.Struct):
    """Which guardrail spoke."""

    type: str
    name: str | None = None


class Behavior(msgspec.Struct):
    """What a tool guardrail decided."""

    type: Literal["allow", "reject_content", "raise_exception"]
    message: str | None = None


class GuardrailOutput(msgspec.Struct):
    """What a guardrail said."""

    tripwireTriggered: bool = False  # noqa: N815 - the file's own spelling
    outputInfo: JSON = None  # noqa: N815
    behavior: Behavior | None = None


class GuardrailEntry(msgspec.Struct):
    """One guardrail result."""

    guardrail: GuardrailRef
    output: GuardrailOutput
    agentOutput: JSON = msgspec.UNSET  # noqa: N815
    agent: AgentRef | None = None


class Trace(msgspec.Struct):
    """Trace identity."""

    id: str | None = None
    workflow_name: str | None = None
    group_id: str | None = None
    metadata: dict[str, JSON] | None = None


class State(msgspec.Struct, rename={"schema_version": "$schemaVersion"}):
    """A run state."""

    schema_version: str
    current_turn: Count
    current_agent: AgentRef
    original_input: str | list[Item]
    model_responses: list[Response]
    context: Context
    max_turns: Count | None
    generated_items: list[RunItem]
    session_items: list[RunItem]
    current_step: Step | None
    last_processed_response: Processed | None
    last_model_response: Response | None = None
    pending_input: list[Item] = []
    tool_use_tracker: dict[str, list[str]] = {}
    input_guardrail_results: list[GuardrailEntry] = []
    output_guardrail_results: list[GuardrailEntry] = []
    tool_input_guardrail_results: list[GuardrailEntry] = []
    tool_output_guardrail_results: list[GuardrailEntry] = []
    conversation_id: str | None = None
    previous_response_id: str | None = None
    auto_previous_response_id: bool = False
    generated_prompt_cache_key: str | None = None
    reasoning_item_id_policy: Literal["preserve", "omit"] | None = None
    generated_session_item_indexes: list[Count | None] | None = None
    current_turn_persisted_item_count: Count = 0
    terminal_unrecoverable: bool | None = None
    trace: Trace | None = None


_PROCESSED = "last_processed_response"
_BOUND = ("pending_session_write", "terminal_unrecoverable", "sandbox")


def bound_parts(value: dict[str, JSON]) -> list[str]:
    """Name the parts of a state that only the Python SDK can finish."""
    found = [name for name in _BOUND if value.get(name)]
    step = value.get("current_step")
    if (
        isinstance(step, dict)
        and cast("Item", step).get("type") == "next_step_interruption"
        and not value.get(_PROCESSED)
    ):
        found.append("interruption without a processed response")  # the SDK itself refuses to resume it
    return [f"openai-agents-python:{name}" for name in found]
