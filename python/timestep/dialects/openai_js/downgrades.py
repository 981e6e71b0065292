"""What each number of `@openai/agents` states brought, taken out for the number before (spec/dialects).

Each function changes one run of a file in place. What the older number says in another form is written so; what it
has no place for is dropped and reported, or refused by name where the run would go on in another way without it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from timestep.codec.digest import canonical_json
from timestep.dialects.openai_js import filed_calls
from timestep.dialects.openai_js.filed_calls import Json, dict_of, dicts_of
from timestep.dialects.openai_js.filed_decisions import decided, is_sticky
from timestep.dialects.openai_js.fingerprint import call_id_of, function_state_key, hosted_mcp_request

if TYPE_CHECKING:
    from timestep.dialects.steps import Run


def drop(run: Run, names: tuple[str, ...], note: str, value: Json | None = None) -> None:
    """Take members out and report those that held something."""
    holder = run.value if value is None else value
    for name in names:
        if holder.pop(name, None) not in (None, [], {}, 0):
            run.account.note("dropped", name, note)


def refuse(run: Run, subject: str, brought: str, hint: str | None = None) -> None:
    """Refuse a part that files before the number that `brought` it have no place for."""
    message = f"@openai/agents states before number {brought} have no place for it"
    run.account.refuse(subject, message, pointer=run.pointer or None, hint=hint)


def refuse_members(run: Run, names: tuple[str, ...], brought: str) -> None:
    """Refuse a run that has one of these parts; an empty one is taken out."""
    for name in names:
        if run.value.pop(name, None):
            refuse(run, name, brought)


def search_provenance(run: Run) -> None:
    """1.22: where hosted MCP tools were found."""
    for item in filed_calls.protocol_items(run.value):
        drop(run, ("toolSearchMcpToolNames",), "older SDKs search again", item)
    for missing in dicts_of(dict_of(run.value.get("lastProcessedResponse")).get("functionToolsNotFound")):
        missing.pop("reason", None)


def guardrail_completion(run: Run) -> None:
    """1.21: whether the initial input guardrails passed, and which MCP servers calls are for."""
    run.value.pop("initialInputGuardrailsCompleted", None)
    processed = dict_of(run.value.get("lastProcessedResponse"))
    functions, never = dicts_of(processed.get("functions")), _answered_unrun(run.value)
    if never:  # the tool may be one that nobody has, and older SDKs load no call of such a tool
        processed["functions"] = [f for f in functions if call_id_of(dict_of(f.get("toolCall"))) not in never]
    for function in functions:
        if function.pop("mcpToolBinding", None) not in (None, "unknown"):
            run.account.note("dropped", "MCP recipient", "older SDKs take the tool of that name")


def _answered_unrun(value: Json) -> set[str | None]:
    """Collect the ids of calls that were answered without their tool having run."""
    outputs = (item for item in dicts_of(value.get("generatedItems")) if item.get("type") == "tool_call_output_item")
    return {filed_calls.answers(item) for item in outputs if "executionStatus" not in item}


def ownership(run: Run) -> None:
    """1.20: what the current response owns, handoffs behind calls that wait, and unacknowledged session writes."""
    run.value.pop("currentResponseGeneratedItemOwnership", None)
    done = filed_calls.answered(run.value)
    for handoff in dicts_of(dict_of(run.value.get("lastProcessedResponse")).get("handoffs")):
        if _waits(run.value) and call_id_of(dict_of(handoff.get("toolCall"))) not in done:
            refuse(run, "a handoff behind a call that waits", "1.20")
    refuse_members(run, ("pendingSessionWrite",), "1.20")
    drop(run, ("currentTurnSessionWriteCompactedItemCount",), "older SDKs compact again")
    for item in filed_calls.wrapped(run.value):
        if item.get("type") == "tool_call_item":
            item.pop("functionToolStateKey", None)
    for item in filed_calls.protocol_items(run.value):
        item.pop("toolSearchAgentName", None)


def _forget(value: Json, *names: str) -> None:
    """Take members out of the descriptions of the last response's tools; the SDK takes them from its own agents."""
    processed = dict_of(value.get("lastProcessedResponse"))
    for group, tool in (("functions", "tool"), ("shellActions", "shell")):
        for entry in dicts_of(processed.get(group)):
            for name in names:
                dict_of(entry.get(tool)).pop(name, None)


def _waits(value: Json) -> bool:
    return dict_of(value.get("currentStep")).get("type") == "next_step_interruption"


def sandbox_envelope(run: Run, version: int, brought: str) -> None:
    """Refuse a sandbox session whose envelope older SDKs would misread."""
    sandbox = dict_of(run.value.get("sandbox"))
    for entry in (sandbox, *dicts_of(list(dict_of(sandbox.get("sessionsByAgent")).values()))):
        entry.pop("requiresFreshCreation", None)
        if dict_of(entry.get("sessionState")).get("version", 0) >= version:
            refuse(run, f"sandbox session of envelope {version}", brought)


def pending_input(run: Run) -> None:
    """1.18: staged input, responses accepted by a server, and outputs that are no text."""
    refuse_members(run, ("pendingInput",), "1.18")
    step = dict_of(run.value.get("currentStep"))
    for holder in (step, dict_of(step.get("data"))):
        if holder.pop("responseAccepted", None):
            refuse(run, "a response that its server has accepted", "1.18")
        for name in ("localFinalizationStarted", "localProcessingStarted"):
            holder.pop(name, None)
    for item in filed_calls.wrapped(run.value):
        if item.get("type") == "input_item":
            refuse(run, "input added to the running run", "1.18")
        output = item.get("output")
        if item.get("type") == "tool_call_output_item" and not isinstance(output, str):
            item["output"] = canonical_json(output).decode("utf-8")
    for name in ("completedToolInvocations", "completedToolInvocationEvidence", "ambiguousToolInvocationCallIds"):
        run.value.pop(name, None)


def blocked_output(run: Run) -> None:
    """1.17: marks of execution, and bookkeeping about session writes."""
    refuse_members(run, ("pendingSessionHistoryTransaction", "pendingLegacyCompactionSessionItems"), "1.17")
    names = ("currentTurnDeferredSessionItemIndexes", "currentTurnBlockedSessionStartIndex")
    drop(run, (*names, "currentTurnExecutedWithSessionBinding", "currentTurnSessionInputItems"), "session bookkeeping")
    for item in filed_calls.wrapped(run.value):
        item.pop("executionStatus", None)
        item.pop("functionToolStateKey", None)
    for handoff in dicts_of(dict_of(run.value.get("lastProcessedResponse")).get("handoffs")):
        handoff.pop("targetAgent", None)
    _compactions(run)
    _nested_run_names(run)


def _compactions(run: Run) -> None:
    """Leave compactions out of the items: older SDKs send what was compacted instead."""
    value, processed = run.value, dict_of(run.value.get("lastProcessedResponse"))
    items = dicts_of(value.get("generatedItems"))
    kept = [item for item in items if item.get("type") != "compaction_item"]
    run.account.note("dropped", "compaction", "older SDKs send the items before it", count=len(items) - len(kept))
    count = value.get("currentTurnPersistedItemCount")
    if isinstance(count, int):
        before = sum(item.get("type") == "compaction_item" for item in items[:count])
        value["currentTurnPersistedItemCount"] = count - before
    value["generatedItems"] = kept
    if "newItems" in processed:
        processed["newItems"] = [i for i in dicts_of(processed["newItems"]) if i.get("type") != "compaction_item"]


def _nested_run_names(run: Run) -> None:
    run.value.pop("pendingAgentToolRunAliases", None)
    nested = dict_of(run.value.get("pendingAgentToolRuns"))
    names: dict[str, str] = {}
    for function in dicts_of(dict_of(run.value.get("lastProcessedResponse")).get("functions")):
        call, name = dict_of(function.get("toolCall")), str(dict_of(function.get("tool")).get("name"))
        namespace = name if filed_calls.is_deferred(function) else call.get("namespace")
        old = f"{namespace}.{name}" if namespace and namespace != name else name
        names[f"{function_state_key(name, namespace)}:{call_id_of(call)}"] = f"{old}:{call_id_of(call)}"
    if nested:
        run.value["pendingAgentToolRuns"] = {names.get(key, key): value for key, value in nested.items()}


def programs(run: Run) -> None:
    """1.14: programmatic tool calls; a message's phase goes to the provider's data, from where it is sent."""
    _forget(run.value, "allowedCallers")
    for item in filed_calls.protocol_items(run.value):
        if item.get("type") in {"program", "program_output"} or dict_of(item.get("caller")).get("type") == "program":
            refuse(run, "programmatic tool calls", "1.14")
        item.pop("caller", None)
        phase = item.pop("phase", None)
        if phase is not None:
            item["providerData"] = {**dict_of(item.get("providerData")), "phase": phase}


def custom_data(run: Run) -> None:
    """1.13: an application's own data on outputs, which no model sees."""
    for item in filed_calls.wrapped(run.value):
        drop(run, ("customData",), "older SDKs keep none", item)


def unknown_tools(run: Run) -> None:
    """1.12: calls of tools that the agent lacks; answered ones are history."""
    processed = dict_of(run.value.get("lastProcessedResponse"))
    done = filed_calls.answered(run.value)
    for missing in dicts_of(processed.pop("functionToolsNotFound", None)):
        if call_id_of(dict_of(missing.get("toolCall"))) not in done:
            refuse(run, f"the open call of an unknown tool {missing.get('toolName')!r}", "1.12")


def endless(run: Run) -> None:
    """1.11: no limit of turns, agents of one name."""
    if run.value.get("maxTurns") is None:
        run.value["maxTurns"] = _MANY
        run.account.note("derived", "maxTurns", f"{_MANY}, for no limit")
    if any(_identified(run.value)):
        refuse(run, "agents that share a name", "1.11", "older SDKs take the first agent of a name")


#: The largest number of turns that JavaScript counts exactly.
_MANY = 2**53 - 1


def _identified(value: Any) -> list[str]:
    """List the identities that an agent has beside its name."""
    refs = [dict_of(value.get("currentAgent"))]
    for item in filed_calls.wrapped(value):
        refs += [dict_of(item.get(name)) for name in ("agent", "sourceAgent", "targetAgent")]
    return [str(ref["identity"]) for ref in refs if ref.get("identity") not in (None, ref.get("name"))]


def moved_patches(run: Run) -> None:
    """1.9: patches that move the file they update; older SDKs apply them without the move."""
    done = filed_calls.answered(run.value)
    for item in filed_calls.protocol_items(run.value):
        operation = dict_of(item.get("operation")) if item.get("type") == "apply_patch_call" else {}
        if operation.get("moveTo") and call_id_of(item) not in done:
            refuse(run, "a patch that moves its file", "1.9")
        drop(run, ("moveTo",), "older SDKs tell the model of the update alone", operation)


def tool_search(run: Run) -> None:
    """1.8: tool search, namespaces, and several computer actions in one call."""
    _forget(run.value, "deferLoading")
    for item in filed_calls.protocol_items(run.value):
        if item.get("type") in {"tool_search_call", "tool_search_output"}:
            refuse(run, "tool search", "1.8")
        if item.get("namespace"):
            refuse(run, "a tool in a namespace", "1.8")
        actions = item.pop("actions", None)
        if (actions and item.get("action") not in (None, actions[0])) or len(actions or ()) > 1:
            refuse(run, "several computer actions in one call", "1.8")
        if actions:
            item["action"] = actions[0]


def request_ids(run: Run) -> None:
    """1.6: the ids of requests."""
    for response in (*dicts_of(run.value.get("modelResponses")), dict_of(run.value.get("lastModelResponse"))):
        drop(run, ("requestId",), "older SDKs keep none", response)


def policy(run: Run) -> None:
    """1.5: whether the ids of reasoning items are sent; older SDKs send them."""
    if run.value.pop("reasoningItemIdPolicy", None) == "omit":
        refuse(run, "reasoning items sent without their ids", "1.5")


def tool_input(run: Run) -> None:
    """1.4: the input of a nested run in the form of its tool; and computer calls that wait."""
    _forget(run.value, "timeoutBehavior", "environment")
    drop(run, ("toolInput",), "the nested run's own code does not see it", dict_of(run.value.get("context")))
    for item in filed_calls.wrapped(run.value):
        waits = item.get("type") == "tool_approval_item"
        if waits and dict_of(item.get("rawItem")).get("type") == "computer_call":
            refuse(run, "a computer call that waits for approval", "1.4")


def nested_runs(run: Run) -> None:
    """1.2: nested runs that wait."""
    refuse_members(run, ("pendingAgentToolRuns",), "1.2")


def first_number(run: Run) -> None:
    """1.1: open turns, ids of the server's conversation, tool guardrails, calls and outputs of built-in tools."""
    _forget(run.value, "inputGuardrails", "outputGuardrails")
    open_turn = run.value.pop("currentTurnInProgress", None)
    if open_turn and not _waits(run.value):
        run.value["currentTurn"] -= 1  # a turn that has been counted is counted again
    drop(run, ("toolInputGuardrailResults", "toolOutputGuardrailResults"), "older SDKs have no tool guardrails")
    refuse_members(run, ("conversationId", "previousResponseId"), "1.1")
    done = filed_calls.answered(run.value)
    for item in filed_calls.wrapped(run.value):
        raw = dict_of(item.get("rawItem"))
        kind = raw.get("type")
        if item.get("type") == "tool_call_output_item" and kind != "function_call_result":
            refuse(run, f"an output of the type {kind!r}", "1.1")
        if item.get("type") == "tool_approval_item" and call_id_of(raw) not in done:
            _refuse_waiting(run, raw)


def _refuse_waiting(run: Run, raw: Json) -> None:
    """Refuse calls that SDKs of 1.0 forget on resuming, and decisions that they lose."""
    if raw.get("type") in filed_calls.NATIVE:
        refuse(run, f"a {raw.get('type')} that waits for approval", "1.1")
    approvals = dict_of(dict_of(run.value.get("context")).get("approvals"))
    record = dict_of(approvals.get(hosted_mcp_request(raw).get("toolName", "")))
    if is_sticky(record) or call_id_of(raw) in decided(record):
        refuse(run, "a decision on a hosted MCP call", "1.1")
