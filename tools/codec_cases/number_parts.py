"""Cases of what each number of the SDKs' files brought: left out of a file of an older number, or refused there."""

from __future__ import annotations

from collections.abc import Iterator

from codec_cases.case import JSON
from codec_cases.rows import ABSENT, JS, PYTHON, converted, js, py, unconverted

#: Members of the state `one_waiting`, decided, by the number that brought them, as the pages of numbers list them.
_BROUGHT = {
    PYTHON: {
        "1.2": ["/reasoning_item_id_policy"],
        "1.4": ["/model_responses/0/request_id", "/last_model_response/request_id"],
        "1.5": ["/last_processed_response/functions/0/tool/lookupKey", "/generated_items/1/tool_lookup_key"],
        "1.6": [],
        "1.9": ["/generated_prompt_cache_key", "/last_processed_response/custom_tool_actions"],
        "1.10": [],
        "1.11": [],
        "1.12": ["/context/usage/input_tokens_details/0/cache_write_tokens"],
        "1.13": ["/generated_session_item_indexes", "/nested_history_owned_session_item_refs"],
        "1.15": ["/context/tool_invocations", "/pending_input", "/current_step/data/response_accepted"],
        "1.16": [],
        "1.17": ["/current_response_generated_item_ownership"],
        "1.18": ["/context/function_tool_approvals", "/last_processed_response/mcp_tool_bindings"],
    },
    JS: {
        "1.1": ["/currentTurnInProgress", "/toolInputGuardrailResults", "/toolOutputGuardrailResults"],
        "1.2": ["/pendingAgentToolRuns"],
        "1.4": ["/context/toolInput"],
        "1.5": [],
        "1.6": ["/modelResponses/0/requestId"],
        "1.7": [],
        "1.8": ["/lastProcessedResponse/functions/0/tool/deferLoading"],
        "1.9": [],
        "1.11": [],
        "1.12": ["/lastProcessedResponse/functionToolsNotFound"],
        "1.13": [],
        "1.14": [],
        "1.15": [],
        "1.17": [
            *("/context/functionApprovals", "/pendingAgentToolRunAliases"),
            "/currentStep/data/interruptions/0/functionToolStateKey",
        ],
        "1.18": [
            *("/context/approvalInvocations", "/completedToolInvocations", "/completedToolInvocationEvidence"),
            "/ambiguousToolInvocationCallIds",
        ],
        "1.19": [],
        "1.20": ["/currentResponseGeneratedItemOwnership"],
        "1.21": ["/initialInputGuardrailsCompleted", "/lastProcessedResponse/functions/0/mcpToolBinding"],
    },
}
_FIRST = {PYTHON: "1.0", JS: "1.0"}
_STATE = {PYTHON: py("one_waiting.decided"), JS: js("one_waiting.decided")}
_SHORT = {PYTHON: "py", JS: "js"}
_CALL = [{"path": "call_mail_1", "agent": "Mailer", "state": "approved"}]
#: Part -> a state that has it, and the last number that has no place for it.
_REFUSED = {
    PYTHON: {
        "nested-run": ("nested_agent_tool.undecided", "1.0"),
        "reasoning-ids-omitted": ("reasoning_ids_omitted.undecided", "1.1"),
        "tool-search": ("tool_search_deferred.undecided", "1.4"),
        "namespace": ("namespace_two_tools_of_one_name.undecided", "1.4"),
        "batch-of-computer-actions": ("computer_batched_actions.undecided", "1.4"),
        "text-of-a-rejection": ("one_rejected_with_message.decided", "1.5"),
        "agents-of-one-name": ("same_agent_names.undecided", "1.6"),
        "custom-tool": ("custom_tool_waiting.undecided", "1.6"),
        "sandbox": ("sandbox.undecided", "1.6"),
        "no-limit-of-turns": ("max_turns_null.undecided", "1.9"),
        "program": ("programmatic_tool_calling.undecided", "1.12"),
        "pending-input": ("pending_input.undecided", "1.13"),
        "decision-against-a-standing-one": ("sticky_then_exact.decided", "1.15"),
        "pending-session-write": ("session_write_pending.undecided", "1.16"),
    },
    JS: {
        "server-conversation": ("conversation_id.undecided", "1.0"),
        "nested-run": ("nested_agent_tool.undecided", "1.1"),
        "computer-call-that-waits": ("computer_waiting.undecided", "1.2"),
        "reasoning-ids-omitted": ("reasoning_ids_omitted.undecided", "1.4"),
        "text-of-a-rejection": ("one_rejected_with_message.decided", "1.6"),
        "tool-search": ("tool_search_deferred.undecided", "1.7"),
        "namespace": ("namespace_two_tools_of_one_name.undecided", "1.7"),
        "batch-of-computer-actions": ("computer_batched_actions.undecided", "1.7"),
        "agents-of-one-name": ("same_agent_names.undecided", "1.9"),
        "program": ("programmatic_tool_calling.undecided", "1.13"),
        "pending-input": ("pending_input.undecided", "1.17"),
        "decision-against-a-standing-one": ("sticky_then_exact.decided", "1.18"),
        "handoff-behind-a-call-that-waits": ("handoff_beside_waiting_call.undecided", "1.19"),
    },
}


def cases() -> Iterator[JSON]:
    """Yield a case for each number and for each part that an older one can't hold."""
    for family, brought in _BROUGHT.items():
        for number in [_FIRST[family], *brought]:
            yield _older(family, number)
    for family, parts in _REFUSED.items():
        state = py if family == PYTHON else js
        for part, (name, number) in parts.items():
            title = f"A state with {_article(part)} is not written for {number}, which has no place for it"
            yield unconverted(
                f"number-{_SHORT[family]}-{part}", title, ["TS-VERS-045"], state(name), f"{family}@{number}"
            )


def _older(family: str, number: str) -> JSON:
    """Return the case of a state that is written for a number: nothing is in it that came later."""
    minor = int(number.partition(".")[2])
    later = [at for other, places in _BROUGHT[family].items() if int(other.partition(".")[2]) > minor for at in places]
    at = {"/$schemaVersion": number, **dict.fromkeys(later, ABSENT)}
    name = f"number-{_SHORT[family]}-{number.replace('.', '-')}-written"
    title = f"A state that is written for {family} {number} has nothing that a later number brought, and waits"
    rules = ["TS-SEC-001", "TS-VERS-044"]
    return converted(name, title, rules, _STATE[family], f"{family}@{number}", at, waits=_CALL)


def _article(part: str) -> str:
    words = part.replace("-", " ")
    return words if part.startswith(("reasoning", "agents", "no-", "pending-input", "tool-search")) else f"a {words}"
