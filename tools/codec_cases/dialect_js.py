"""Cases of dialects/openai-agents-js.md: what a file proves, where decisions stand, and what can't be written."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from codec_cases.case import JSON
from codec_cases.dialect_python import STEPS
from codec_cases.rows import ABSENT, JS, OWN, converted, cut, js, loaded, own, put, py, refused, row, unconverted
from codec_cases.small_states import call, run, state

_NESTED = '/pendingAgentToolRuns/["bare","write_report"]:call_agent_1'
_FILED = '/context/functionApprovals/0/approvals/["bare","send_email"]'
_BOUND = "/context/approvalInvocations/0/invocations"
_DONE = "/completedToolInvocations/0/invocations/call_weather_1"
_PROOF = "/completedToolInvocationEvidence/0/invocations/call_weather_1/fingerprint"
_MAIL = {"path": "call_mail_1", "agent": "Mailer", "call_id": "call_mail_1"}


def _mark(tool: str, value: str) -> str:
    """Return the fingerprint of a call of a function, as fingerprints.md makes it; `value` is its arguments, sorted."""
    return (
        f'{{"caller":{{"type":"direct"}},"payload":{{"format":"json","value":{value}}},'
        f'"toolName":"[\\"bare\\",\\"{tool}\\"]","type":"function_call"}}'
    )


_OAKLAND, _ATLANTIS = (_mark("get_weather", f'{{"city":"{city}"}}') for city in ("Oakland", "Atlantis"))
_HELLO = _mark("send_email", '{"subject":"Hello","to":"ann@example.com"}')
_BOB = _mark("send_email", '{"subject":"Hello","to":"bob@example.com"}')
_BEES = _mark("publish", '{"title":"Bees"}')
#: What is wrong -> an edit of the text of a nested run, and the code.
_TEXTS: dict[str, tuple[JSON, str]] = {
    "name-twice": ({"find": '"currentTurn":1', "value": '"currentTurn":1,"currentTurn":1'}, "json-duplicate"),
    "nan": ({"find": '"maxTurns":10', "value": '"maxTurns":NaN'}, "json-constant"),
    "comma-at-the-end": ({"find": '"currentTurn":1,', "value": '"currentTurn":1,,'}, "json-syntax"),
    "half-a-pair": ({"find": '"name":"Writer"', "value": '"name":"Writer\\ud800"'}, "json-surrogate"),
}
#: Type that an `unknown` item hides, and that the SDK makes an item of its own of -> what else it has.
_HIDDEN: dict[str, JSON] = {
    "function_call": {"call_id": "c", "name": "send_email", "arguments": "{}"},
    "function_call_output": {"call_id": "c", "output": "sent"},
    "reasoning": {"summary": []},
    "mcp_approval_request": {"id": "m", "name": "search", "server_label": "docs"},
    "shell_call": {"call_id": "c", "action": {"commands": ["ls"]}},
    "message": {"role": "user", "content": "Hi"},
}


def cases() -> Iterator[JSON]:
    """Yield the cases."""
    yield from _texts()
    yield from _fingerprints()
    yield from _decisions()
    yield from _unknown_items()
    yield from _written()
    yield from _refusals()


def _texts() -> Iterator[JSON]:
    for what, (edit, code) in _TEXTS.items():
        document = js("nested_agent_tool.undecided", {"op": "replace-in-text", "pointer": _NESTED, **edit})
        title = f"The text of a nested run is read as strictly as the file: {what.replace('-', ' ')}"
        yield refused(f"dialect-js-nested-{what}", title, ["TS-JS-001"], document, code)
    for what, value, code in (
        ("that-is-a-value", {"$schemaVersion": "1.22"}, "nested-shape"),
        ("cut-short", '{"$schemaVersion": "1.22", "currentTurn":', "json-truncated"),
    ):
        document = js("nested_agent_tool.undecided", put(_NESTED, value))
        title = f"A nested run {what.replace('-', ' ')}, and no JSON text, is refused"
        yield refused(f"dialect-js-nested-{what}", title, ["TS-JS-001"], document, code, _NESTED)


def _fingerprints() -> Iterator[JSON]:
    rules = ["TS-ITEM-015", "TS-JS-002"]
    document = js("parallel_one_executed.undecided", put(_DONE, _ATLANTIS), put(_PROOF, _ATLANTIS))
    title = "A fingerprint recorded of a completed call that is not the call's is refused"
    yield refused("dialect-js-fingerprint-of-a-completed-call", title, rules, document, "call-changed", _DONE)
    document = js("one_waiting.decided", put(f"{_BOUND}/call_mail_1", _BOB))
    title = "A fingerprint that a decision is bound to and that is not its call's is refused"
    yield refused("dialect-js-fingerprint-of-a-decided-call", title, rules, document, "call-changed")
    document = js("one_rejected_without_message.decided", put(f"{_BOUND}/call_mail_1", _BOB))
    title = "A fingerprint that a rejection is bound to and that is not its call's is refused"
    yield refused("dialect-js-fingerprint-of-a-rejected-call", title, rules, document, "call-changed")


def _decisions() -> Iterator[JSON]:
    """Yield decisions that are bound to no call, or to none that is there, and standing ones."""
    rules = ["TS-APPR-020", "TS-JS-003"]
    waits, warnings = [{**_MAIL, "state": "pending"}], ["approval-unbound"]
    document = js("one_waiting.decided", put("/context/approvalInvocations", []))
    title = "A decision that is bound to no call is not carried, and reported"
    yield loaded("dialect-js-decision-unbound", title, rules, document, waits=waits, warnings=warnings)
    gone = js(
        "one_waiting.decided",
        put(f"{_FILED}/approved", ["call_mail_1", "call_gone"]),
        put(f"{_BOUND}/call_gone", _BOB),
    )
    title = "A decision on a call that is gone is dropped and reported, and the other one stands"
    waits = [{**_MAIL, "state": "approved"}]
    yield loaded("dialect-js-decision-on-a-call-gone", title, rules, gone, waits=waits, warnings=warnings)
    title = "The account tells that a decision on a call that is gone was dropped"
    at = {"/approvals/0/call_id": "call_mail_1", "/approvals/1": ABSENT}
    told = row("dropped")
    yield converted("dialect-js-decision-dropped", title, ["TS-JS-003", "TS-VERS-031"], gone, OWN, at, report=told)
    title = "A standing decision holds for every later run of its agent"
    standing = {"run": "*", "agent": "Writer", "tool": ["function", None, "publish"], "item": "*"}
    at = {"/approvals": {"$has": [{**standing, "decision": "approve"}]}}
    document = js("nested_sticky_approve.decided")
    yield converted("dialect-js-standing-for-the-tree", title, ["TS-JS-004"], document, OWN, at)
    title = "A standing rejection holds for every later run of its agent"
    document = js("sticky_reject_used_later.decided")
    at = {"/approvals": {"$has": [{"run": "*", "agent": "Mailer", "item": "*", "decision": "reject"}]}}
    yield converted("dialect-js-standing-rejection", title, ["TS-JS-004"], document, OWN, at)


def _unknown_items() -> Iterator[JSON]:
    for kind, more in _HIDDEN.items():
        hidden = {"type": "unknown", "providerData": {"type": kind, **more}}
        title = f"An item of the type unknown that hides a {kind} is refused"
        yield _item(f"dialect-js-unknown-hides-{kind.replace('_', '-')}", title, hidden)
    title = "An item of the type unknown that names no type is refused"
    yield _item("dialect-js-unknown-without-type", title, {"type": "unknown", "providerData": {"text": "x"}})
    title = "An item of the type unknown without the provider's data is refused"
    yield _item("dialect-js-unknown-without-data", title, {"type": "unknown"})
    novel = {"type": "novel_item", "text": "x"}
    document = js("one_waiting.undecided", put("/originalInput", [{"type": "unknown", "providerData": novel}]))
    title = "An item of the type unknown with a type that the SDK does not know is kept as it is"
    at = {"/runs/0/log/0/item": novel}
    yield converted("dialect-js-unknown-kept", title, ["TS-ITEM-004", "TS-JS-005"], document, OWN, at)


def _item(name: str, title: str, item: JSON) -> JSON:
    document = js("one_waiting.undecided", put("/originalInput", [item]))
    return refused(name, title, ["TS-JS-005"], document, "item-shape", "/originalInput/0")


def _written() -> Iterator[JSON]:
    """Yield where a writer puts decisions, recipients, completions and targets of handoffs."""
    state_key, decision = '["bare","publish"]', {"approved": ["call_pub_1"], "rejected": []}
    at: JSON = {
        "/context/functionApprovals": [{"agentIdentity": "Writer", "approvals": {state_key: decision}}],
        "/context/approvalInvocations": [
            {"agentIdentity": "Writer", "approvals": {}, "invocations": {"call_pub_1": _BEES}}
        ],
    }
    title = "A decision on a call of a nested run stands in the root's context, bound to its call"
    document = py("nested_agent_tool.decided")
    yield converted("dialect-js-nested-decision", title, ["TS-JS-006"], document, JS, at)
    title = "A rejection stands in the root's context, bound to its call"
    at = {f"{_BOUND}/call_mail_1": _HELLO, f"{_FILED}/rejected": ["call_mail_1"]}
    document = py("one_rejected_without_message.decided")
    yield converted("dialect-js-rejection-bound", title, ["TS-JS-006"], document, JS, at)
    binding: Any = "/lastProcessedResponse/functions/0/mcpToolBinding"
    title = "A function that is no MCP tool's is written as one"
    yield converted("dialect-js-no-recipient", title, ["TS-JS-007"], py("one_waiting.undecided"), JS, {binding: None})
    title = "A function of an MCP server is written with its recipient"
    at = {binding: {"serverName": "files", "toolName": "read_file", "serverIndex": 0}}
    document = py("local_mcp_approval.undecided")
    yield converted("dialect-js-recipient", title, ["TS-JS-007"], document, JS, at)
    yield from _completed()
    title = "Evidence that the first guardrails passed is written as such"
    at = {"/initialInputGuardrailsCompleted": True}
    yield converted("dialect-js-guardrails-claimed", title, ["TS-JS-009"], py("one_waiting.undecided"), JS, at)
    title = "Without evidence that the first guardrails passed the caller's word is needed"
    document = py("run_again.undecided")
    yield unconverted("dialect-js-guardrails-not-known", title, ["TS-JS-009"], document, JS, "assumption-needed")
    title = "Where a handoff leads to is guessed by the name of its tool, and told as a guess"
    at = {
        "/lastProcessedResponse/handoffs/0/handoff": {"toolName": "transfer_to_billing", "agentName": "Billing"},
        "/lastProcessedResponse/handoffs/0/targetAgent": {"name": "Billing"},
    }
    beside = call("c2", "transfer_to_billing", "requested", role="handoff")
    document = state(run(call("c1"), beside), agents=[{"key": name, "name": name} for name in ("Mailer", "Billing")])
    yield converted("dialect-js-handoff-guessed", title, ["TS-JS-010"], document, JS, at, report=row("derived"))


def _completed() -> Iterator[JSON]:
    """Yield records of completed calls with their proofs: places where both items are at hand, else the items."""
    title = "A completed call is recorded with its fingerprint and the places of call and output"
    parts: list[JSON] = [{"generatedItemIndex": 0}, {"generatedItemIndex": 2}]
    proof = {"call_weather_1": {"fingerprint": _OAKLAND, "items": parts}}
    at = {
        "/completedToolInvocations": [{"agentIdentity": "Mailer", "invocations": {"call_weather_1": _OAKLAND}}],
        "/completedToolInvocationEvidence": [{"agentIdentity": "Mailer", "invocations": proof}],
    }
    document = py("parallel_one_executed.undecided")
    yield converted("dialect-js-completed", title, ["TS-JS-008"], document, JS, at)
    title = "A completed call that a filter took out of the items is recorded with the items themselves"
    parts = [
        {"item": {"type": "tool_call_item", "rawItem": {"callId": "call_weather_1", "type": "function_call"}}},
        {"item": {"type": "tool_call_output_item", "rawItem": {"callId": "call_weather_1"}}},
    ]
    proof = {"call_weather_1": {"fingerprint": _OAKLAND, "items": parts}}
    at = {
        "/completedToolInvocations": [{"agentIdentity": "Triage", "invocations": {"call_weather_1": _OAKLAND}}],
        "/completedToolInvocationEvidence": [{"agentIdentity": "Triage", "invocations": proof}],
    }
    document = py("handoff_filter_remove_all_tools.undecided")
    yield converted("dialect-js-completed-and-filtered", title, ["TS-JS-008"], document, JS, at)


def _refusals() -> Iterator[JSON]:
    """Yield runs and items that this dialect has no form for."""
    for step in ("awaiting_model", "acting", "failed"):
        document = own("finished", put("/runs/0/step", {"type": step, **STEPS[step]}))
        title = f"A run at the step {step} has no form in JavaScript's files"
        yield unconverted(f"dialect-js-step-{step.replace('_', '-')}", title, ["TS-JS-011"], document, JS)
    title = "A run at the step accepted is written as a response that is accepted"
    document = own("finished", put("/runs/0/step", {"type": "accepted", **STEPS["accepted"]}))
    at = {"/currentStep": {"type": "next_step_final_output", "output": "Done.", "responseAccepted": True}}
    yield converted("dialect-js-step-accepted", title, ["TS-JS-011"], document, JS, at)
    novel = {"type": "novel_call", "id": "n_1"}
    edits = (put("/session_items/0/raw_item", novel), put("/generated_items/0/raw_item", novel), *_NOVEL)
    for what, name, more in (
        ("custom-tool-call", "custom_tool_waiting.undecided", ()),
        ("local-shell-call", "local_shell_executed.undecided", ()),
        ("type-that-nobody-knows", "reasoning_and_web_search.undecided", edits),
    ):
        title = f"A run with a {what.replace('-', ' ')} among its items has no form in JavaScript's files"
        yield unconverted(f"dialect-js-{what}", title, ["TS-JS-012"], py(name, *more), JS)


_NOVEL = (
    put("/model_responses/0/output/0", {"type": "novel_call", "id": "n_1"}),
    cut("/last_processed_response/new_items/0"),
)
