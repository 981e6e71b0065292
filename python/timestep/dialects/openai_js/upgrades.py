"""What each number of `@openai/agents` states brought, added to files of the number before (spec/dialects).

Each function changes one run of a file in place. It concludes only what the file shows; the rest stays out, and the
reader calls it unknown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from timestep.dialects.openai_js.filed_calls import answered, dict_of, dicts_of, identity, is_deferred
from timestep.dialects.openai_js.filed_decisions import listed, records
from timestep.dialects.openai_js.fingerprint import call_id_of, function_state_key

if TYPE_CHECKING:
    from timestep.dialects.steps import Run

Json = dict[str, Any]


def turn_in_progress(run: Run) -> None:
    """1.1: whether the current turn has been counted; a pause is always inside a turn."""
    step = dict_of(run.value.get("currentStep")).get("type")
    run.value.setdefault("currentTurnInProgress", step == "next_step_interruption")
    for name in ("toolInputGuardrailResults", "toolOutputGuardrailResults"):
        run.value.setdefault(name, [])


def single_placeholders(run: Run) -> None:
    """1.1: one placeholder for a call that waits; 1.0 had two for a hosted MCP request."""
    items: list[Any] = run.value["generatedItems"]
    seen: set[tuple[str, str]] = set()
    doubled: set[int] = set()
    for place, item in enumerate(items):
        if dict_of(item).get("type") == "tool_approval_item":
            key = identity(item)
            doubled |= {place} if key in seen else set()
            seen.add(key)
    if doubled:
        run.value["generatedItems"] = [item for place, item in enumerate(items) if place not in doubled]
        count = run.value.get("currentTurnPersistedItemCount") or 0
        run.value["currentTurnPersistedItemCount"] = count - sum(place < count for place in doubled)


def nested_runs(run: Run) -> None:
    """1.2: nested runs that wait; before, only their calls were listed, and forgotten on resuming.

    Raises:
        ConversionError: such calls wait, and the caller has not asserted `faithful-error-state`.
    """
    run.value.setdefault("pendingAgentToolRuns", {})
    data = dict_of(dict_of(run.value.get("currentStep")).get("data"))
    waiting: list[Any] = data.get("interruptions") or []
    own = {identity(item) for item in dicts_of(run.value.get("generatedItems"))}
    kept = [item for item in waiting if identity(item) in own]
    if len(kept) < len(waiting):
        message = "calls of a nested run wait, but the SDKs of that time did not save the nested run"
        run.account.require("faithful-error-state", f"run {run.pointer or '/'}", message)
        data["interruptions"] = kept
        run.account.note(
            "dropped", "waiting calls", "of a nested run that is not saved", count=len(waiting) - len(kept)
        )


def loading(run: Run) -> None:
    """1.8: whether a function's tool is loaded when needed; none was before."""
    for function in dicts_of(dict_of(run.value.get("lastProcessedResponse")).get("functions")):
        dict_of(function.get("tool")).setdefault("deferLoading", False)


def unknown_tools(run: Run) -> None:
    """1.12: calls of tools that the agent lacks; before, such a call ended the run."""
    processed = run.value.get("lastProcessedResponse")
    if isinstance(processed, dict):
        dict_of(processed).setdefault("functionToolsNotFound", [])


def nested_run_keys(run: Run) -> None:
    """1.17: nested runs are filed under the state key of their tool; they were under its name."""
    run.value.setdefault("pendingAgentToolRunAliases", {})
    nested = dict_of(run.value.get("pendingAgentToolRuns"))
    names: dict[str, str] = {}
    for function in dicts_of(dict_of(run.value.get("lastProcessedResponse")).get("functions")):
        call, name = dict_of(function.get("toolCall")), str(dict_of(function.get("tool")).get("name"))
        namespace = name if is_deferred(function) else call.get("namespace")
        qualified = f"{namespace}.{name}" if namespace else name
        for old in (name, qualified):
            names[f"{old}:{call_id_of(call)}"] = f"{function_state_key(name, namespace)}:{call_id_of(call)}"
    if nested:
        run.value["pendingAgentToolRuns"] = {names.get(key, key): value for key, value in nested.items()}


def execution_marks(run: Run) -> None:
    """1.17: outputs of local tools that ran are marked; the answer to a rejection, or a guardrail's, is none."""
    found = list(records(dict_of(run.root.value.get("context"))))
    rejected = {call_id for record in found for call_id in listed(record, "rejected")}
    texts = {_REJECTED, *_spoken(run.value)}
    for record in found:
        told = (*dict_of(record.get("messages")).values(), record.get("stickyRejectMessage"))
        texts |= {str(text) for text in told if text is not None}
    for items in (run.value.get("generatedItems"), dict_of(run.value.get("lastProcessedResponse")).get("newItems")):
        for item in dicts_of(items):
            raw = dict_of(item.get("rawItem"))
            local = item.get("type") == "tool_call_output_item" and raw.get("type") in _LOCAL
            if local and call_id_of(raw) not in rejected and _text(raw) not in texts:
                item.setdefault("executionStatus", "executed")


_LOCAL = frozenset({"function_call_result", "computer_call_result", "shell_call_output", "apply_patch_call_output"})
#: What the SDK tells the model of a rejected call unless a text was given.
_REJECTED = "Tool execution was not approved."


def _text(raw: Json) -> str:
    output = raw.get("output")
    return str(dict_of(output).get("text", output))


def _spoken(value: Json) -> list[str]:
    """List the texts with which tool guardrails answered instead of the tools."""
    results = dicts_of(value.get("toolInputGuardrailResults"))
    behaviors = [dict_of(dict_of(result.get("output")).get("behavior")) for result in results]
    return [str(behavior.get("message")) for behavior in behaviors if behavior.get("type") == "rejectContent"]


def server_labels(run: Run) -> None:
    """1.17: of a hosted MCP tool only its server's label is kept."""
    for request in dicts_of(dict_of(run.value.get("lastProcessedResponse")).get("mcpApprovalRequests")):
        tool = dict_of(request.get("mcpTool"))
        label = dict_of(tool.get("providerData")).get("server_label")
        if label is not None:
            tool["providerData"] = {"type": "mcp", "server_label": label}


def input_guardrails_completed(run: Run) -> None:
    """1.21: whether the first turn's input guardrails passed; a later turn is evidence, else it stays unknown."""
    if "initialInputGuardrailsCompleted" in run.value:
        return
    responses = run.value.get("modelResponses")
    if isinstance(responses, list) and len(responses) > 1:  # pyright: ignore[reportUnknownArgumentType]
        run.value["initialInputGuardrailsCompleted"] = True
        run.account.note("derived", f"{run.pointer or '/'}: input guardrails", "a later turn shows that they passed")


def recipients(run: Run) -> None:
    """1.21: which MCP server a call was for.

    None of these SDKs lets a local MCP tool ask for approval, so a call that was asked about is for an ordinary
    function; so is one whose tool runs an agent.
    """
    asked = {
        call_id_of(dict_of(item.get("rawItem")))
        for items in (run.value.get("generatedItems"), _interruptions(run.value))
        for item in dicts_of(items)
        if item.get("type") == "tool_approval_item"
    }
    nested = {key.rpartition(":")[2] for key in dict_of(run.value.get("pendingAgentToolRuns"))}
    done = answered(run.value)
    found = 0
    for function in dicts_of(dict_of(run.value.get("lastProcessedResponse")).get("functions")):
        known = call_id_of(dict_of(function.get("toolCall"))) in asked | nested | done
        if "mcpToolBinding" not in function and (known or "mcp-recipients" in run.account.assume):
            function["mcpToolBinding"] = None
            found += 1
    run.account.note("derived", f"{run.pointer or '/'}: MCP recipients", "none: ordinary functions", count=found)


def _interruptions(value: Json) -> Any:
    return dict_of(dict_of(value.get("currentStep")).get("data")).get("interruptions")
