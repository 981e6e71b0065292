"""Cases of state.md: what a reader makes of a foreign file, what it keeps beside it, and what does not cross."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from codec_cases.case import JSON
from codec_cases.rows import (
    ABSENT,
    JS,
    OWN,
    PYTHON,
    converted,
    copy,
    cut,
    insert,
    js,
    loaded,
    old_js,
    own,
    put,
    py,
    refused,
    saved,
    unconverted,
)
from codec_cases.small_states import call, run, state

_NESTED = '/pendingAgentToolRuns/["bare","write_report"]:call_agent_1'
_BELOW = "/last_processed_response/functions/0/agent_run_state"
_TRACE = {"object": "trace", "id": "trace_1", "workflow_name": "Mail", "group_id": "g_1", "metadata": {"a": "b"}}
_TYPED = (
    put("/context/context_meta/original_type", "pydantic"),
    put("/context/context_meta/requires_deserializer", True),
)
_FLAG = ("faithful-error-state", "input-guardrails-completed")


def cases() -> Iterator[JSON]:
    """Yield the cases."""
    yield from _envelope()
    yield from _names()
    yield from _traces()
    yield from _log()
    yield from _asked()
    yield from _doubt()
    yield from _leftovers()
    yield from _guardrails()
    yield from _stories()


def _envelope() -> Iterator[JSON]:
    for short, document, name in (
        ("py", py("one_waiting.undecided"), f"{PYTHON}@1.21"),
        ("js", js("one_waiting.undecided"), f"{JS}@1.22"),
    ):
        digest = document["sha256"]
        at = {"/revision": 0, "/id": f"imp_{digest[:32]}", "/runs/0/id": f"imp_{digest[:32]}"}
        title = "An imported document has the revision 0, and its id is made of the file's digest"
        yield converted(f"state-{short}-envelope", title, ["TS-STATE-003", "TS-STATE-004"], document, OWN, at)
        title = "The import is the first row of the provenance"
        at = {"/provenance/0": {"action": "imported", "subject": name}}
        yield converted(f"state-{short}-imported", title, ["TS-STATE-020"], document, OWN, at)
    title = "What a reader concluded is in the provenance"
    at: JSON = {"/provenance": {"$has": [{"action": "derived"}]}}
    yield converted("state-py-conclusion", title, ["TS-STATE-020"], py("one_waiting.undecided"), OWN, at)
    title = "A key that a reader left out is in the provenance, and not its value"
    document = py("one_waiting.undecided", put("/trace", {**_TRACE, "tracing_api_key": "sk-trace-1"}))
    at = {"/provenance": {"$has": [{"action": "redacted"}]}, "": {"$without": ["sk-trace-1"]}}
    yield converted("state-py-redacted", title, ["TS-STATE-020"], document, OWN, at)
    title = "What is known of a document's past stays in its order when it is written again"
    past = [
        {"action": "imported", "subject": f"{JS}@1.22"},
        {"action": "derived", "subject": "b"},
        {"action": "assumed", "subject": "a"},
    ]
    at = {"/provenance": past}
    document = state(run(call("c1")), provenance=past)
    yield saved("state-provenance-kept", title, ["TS-STATE-020"], document, at)
    title = "A nested run's usage is not added to the tree's: both show one counter"
    at = {"/usage/total_tokens": 30, "/usage/requests": 2}
    rules = ["TS-STATE-008"]
    document = py("nested_agent_tool.undecided", put(f"{_BELOW}/context/usage/total_tokens", 15))
    yield converted("state-py-usage-of-a-nested-run", title, rules, document, OWN, at)
    yield converted("state-js-usage-of-a-nested-run", title, rules, js("nested_agent_tool.undecided"), OWN, at)


def _names() -> Iterator[JSON]:
    """Yield agents of one name, and contexts of a type."""
    for short, document, to in (
        ("py", py("same_agent_names.undecided"), JS),
        ("js", js("same_agent_names.undecided"), PYTHON),
    ):
        title = "The numbers of agents of one name do not go over to another SDK, which numbers them in its own order"
        yield unconverted(f"state-{short}-agents-of-one-name", title, ["TS-STATE-006"], document, to)
    title = "The numbers of agents of one name go back to the SDK that gave them"
    at: JSON = {"/current_agent": {"name": "Same", "identity": "Same#2"}}
    document = py("same_agent_names.undecided")
    yield converted("state-py-agents-of-one-name-back", title, ["TS-STATE-006"], document, PYTHON, at)
    typed = py("context_mapping.undecided", *_TYPED)
    title = "A typed context does not travel as plain JSON without the caller's word"
    yield unconverted("state-context-typed", title, ["TS-STATE-007"], typed, JS, "assumption-needed")
    title = "With the caller's word a typed context travels as plain JSON"
    at = {"/context/context/limit": 1.5}
    flag = ("context-as-json",)
    yield converted("state-context-asserted", title, ["TS-STATE-007"], typed, JS, at, assume=flag)
    title = "A typed context goes back to its SDK with its type"
    at = {"/context/context_meta/original_type": "pydantic", "/context/context_meta/requires_deserializer": True}
    yield converted("state-context-typed-back", title, ["TS-STATE-007"], typed, PYTHON, at)


def _traces() -> Iterator[JSON]:
    keyed = {**_TRACE, "tracing_api_key": "sk-trace-1"}
    kept = {"trace_id": "trace_1", "workflow_name": "Mail", "group_id": "g_1", "metadata": {"a": "b"}}
    for short, document in (("py", py("one_waiting.undecided")), ("js", js("one_waiting.undecided"))):
        given = {**document, "edits": [put("/trace", keyed)]}
        at: JSON = {"/trace": kept, "/trace/tracing_api_key": ABSENT, "": {"$without": ["sk-trace-1"]}}
        title = "A trace keeps its identity and not the key that it is sent with"
        yield converted(f"state-{short}-trace-key", title, ["TS-SEC-004", "TS-STATE-009"], given, OWN, at)
    title = "A trace with a key is refused in a document of this format"
    document = state(run(call("c1")), trace={"trace_id": "t", "workflow_name": "w", "api_key": "sk-trace-1"})
    yield refused(
        "state-trace-with-key", title, ["TS-STATE-009", "TS-VERS-005"], document, "unknown-field", "/trace/api_key"
    )
    title = "A trace with spans is refused in a document of this format"
    document = state(run(call("c1")), trace={"trace_id": "t", "workflow_name": "w", "spans": []})
    yield refused(
        "state-trace-with-spans", title, ["TS-STATE-009", "TS-VERS-005"], document, "unknown-field", "/trace/spans"
    )


def _log() -> Iterator[JSON]:
    title = "A call that the file's lists no longer have stays in the log, at its place in its response"
    at: JSON = {"/runs/0/log/2/item/call_id": "call_fail_1", "/runs/0/responses/0/to": 3}
    document = py("error_one_of_two_tools.undecided")
    yield converted("state-py-output-kept", title, ["TS-STATE-013"], document, OWN, at)
    at = {"/runs/0/log/1/item/call_id": "call_weather_1", "/runs/0/log/2/item/call_id": "call_fail_1"}
    document = js("error_one_of_two_tools.undecided")
    yield converted("state-js-outputs-kept", title, ["TS-STATE-013"], document, OWN, at)
    at = {"/runs/0/log/2/item/call_id": "call_hand_2", "/runs/0/view": [[0, 2], [3, 5]]}
    document = js("handoff_two_in_one_response.undecided")
    yield converted("state-js-second-handoff-kept", title, ["TS-STATE-013"], document, OWN, at)
    title = "The placeholder of a call that waits is no entry of the log"
    for short, document, size in (
        ("py", py("one_waiting.undecided"), 2),
        ("py-nested", py("nested_agent_tool.undecided"), 2),
        ("py-second", py("second_pause_same_turn.undecided"), 4),
        ("js", js("one_waiting.undecided"), 2),
        ("js-hosted", js("hosted_mcp_approval.undecided"), 3),
    ):
        at = {f"/runs/0/log/{size - 1}/source": {"$any": ["model", "tool"]}, f"/runs/0/log/{size}": ABSENT}
        yield converted(f"state-{short}-placeholder", title, ["TS-STATE-014"], document, OWN, at)


def _asked() -> Iterator[JSON]:
    """Yield where the calls asked about are listed, and where the ledger alone tells them."""
    title = "Calls that are asked about in their order are not listed again"
    at: JSON = {"/runs/0/asked": ABSENT}
    for short, document in (("py", py("parallel_one_decided.undecided")), ("js", js("parallel_one_decided.undecided"))):
        yield converted(f"state-{short}-asked-in-order", title, ["TS-STATE-018"], document, OWN, at)
    title = "A call that may have run and is asked about is listed"
    at = {"/runs/0/asked": [1], "/runs/0/calls/0/state": "indeterminate"}
    document = py("error_after_approval_state.undecided")
    yield converted("state-py-asked-in-doubt", title, ["TS-STATE-018"], document, OWN, at)
    title = "Where a nested run's decided call is no longer asked about above, the others are listed"
    at = {"/runs/1/asked": [2]}
    document = py("nested_second_pause_one_decided.undecided")
    yield converted("state-py-asked-below", title, ["TS-STATE-018"], document, OWN, at)
    title = "Calls that are asked about in another order are listed in it"
    waits = "/current_step/data/interruptions"
    turned = (copy(f"{waits}/0", f"{waits}/2"), {"op": "remove", "pointer": f"{waits}/0"})
    document = py("parallel_both_waiting.undecided", *turned)
    at = {"/runs/0/asked": [2, 1]}
    yield converted("state-py-asked-in-another-order", title, ["TS-STATE-018"], document, OWN, at)


def _doubt() -> Iterator[JSON]:
    """Yield runs with calls that may have run, or with what only one SDK can finish."""
    title = "A call that an error state has forgotten may have run"
    at: JSON = {"/runs/0/calls/1": {"call_id": "call_fail_1", "state": "indeterminate"}}
    rules = ["TS-STATE-021", "TS-TOOL-011"]
    py_state, js_state = py("error_one_of_two_tools.undecided"), js("error_one_of_two_tools.undecided")
    yield converted("state-py-forgotten", title, rules, py_state, OWN, at)
    yield converted("state-js-forgotten", title, rules, js_state, OWN, at)
    forgotten = py("error_one_of_two_tools.undecided", cut("/context/tool_invocations/call_fail_1"))
    title = "A call that an error state has forgotten may have run, also where nothing is recorded about it"
    yield converted("state-py-forgotten-and-not-recorded", title, rules, forgotten, OWN, at)
    title = "A run with a call that may have run is not handed over without the caller's word"
    doubtful = state(run(call("c1", state="indeterminate"), asked=[1]))
    for name, document, to in (
        ("py", py_state, JS),
        ("js", js_state, PYTHON),
        ("own", doubtful, PYTHON),
        ("own-to-js", doubtful, JS),
    ):
        yield unconverted(f"state-{name}-in-doubt", title, ["TS-STATE-022"], document, to, "assumption-needed")
    title = "With the caller's word a run with a call that may have run goes on without it"
    at = {"/currentStep/type": "next_step_run_again"}
    yield converted("state-py-in-doubt-asserted", title, ["TS-STATE-022"], py_state, JS, at, assume=_FLAG)
    title = "What only another SDK can finish does not cross"
    bound = state(run(call("c1"), bound=[f"{JS}:pendingSessionWrite"]))
    yield unconverted("state-bound-elsewhere", title, ["TS-STATE-019"], bound, PYTHON)
    document = py("session_write_pending.undecided")
    yield unconverted("state-py-session-write", title, ["TS-STATE-019"], document, JS)
    title = "What only one SDK can finish goes to that one"
    at = {"/$schemaVersion": "1.22"}
    yield converted("state-bound-there", title, ["TS-STATE-019"], bound, JS, at)


def _leftovers() -> Iterator[JSON]:
    """Yield what is kept beside a document, and is put back or void."""
    example, kept = "imported-from-python", f"/ext/{PYTHON}"
    title = "What only the SDK's file had is put back where nothing has changed"
    at: JSON = {"/generated_items/2/description": "Refund an order."}
    yield converted("state-leftover-put-back", title, ["TS-STATE-024"], own(example), PYTHON, at)
    title = "What belongs to a value that is now another one is void"
    covers = put(f"{kept}/5/covers", "sha256:" + "0" * 64)
    at = {"/generated_items/2/description": ABSENT, "/generated_items/2/raw_item/name": "refund"}
    yield converted("state-leftover-void", title, ["TS-STATE-024"], own(example, covers), PYTHON, at)
    for what, place, value, derived in _AUTHORITY:
        left = {"at": place, "covers": _digest(derived), "value": value}
        at = {place: ABSENT if derived is None else _plain(derived)}
        title = f"Nothing is put back at a place that decides what may run: {what.replace('-', ' ')}"
        document = own(example, insert(f"{kept}/-", left))
        yield converted(f"state-leftover-at-{what}", title, ["TS-STATE-025"], document, PYTHON, at)


#: What -> its place in the file of the example, a value that would let more run, and the text of what is derived there.
_AUTHORITY: tuple[tuple[str, str, Any, str | None], ...] = (
    ("a-decision", "/context/function_tool_approvals/0/decision/approved", True, '["call_refund_1"]'),
    (
        "arguments",
        "/last_processed_response/functions/0/tool_call/arguments",
        '{"order":"A-99"}',
        '"{\\"order\\":\\"A-17\\"}"',
    ),
    ("a-tool", "/last_processed_response/functions/0/tool/name", "transfer_all", '"refund"'),
    ("the-record-of-a-call", "/context/tool_invocations/call_refund_1/executed", True, "false"),
    ("the-step", "/current_step/type", "next_step_run_again", '"next_step_interruption"'),
    ("decisions-by-tool", "/context/hosted_mcp_approvals", [{"identity": {"type": "server_tool"}}], None),
)


def _digest(text: str | None) -> str:
    return "absent" if text is None else "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def _plain(text: str) -> Any:
    return json.loads(text)


def _guardrails() -> Iterator[JSON]:
    """Yield what tells that the first guardrails passed, and what does not."""
    title = "A processed response of Python's shows that the first guardrails passed"
    at: JSON = {"/runs/0/guardrails/input_done": True}
    yield converted("state-py-guardrails-passed", title, ["TS-STATE-027"], py("one_waiting.undecided"), OWN, at)
    title = "One response of Python's that was not processed shows nothing of the first guardrails"
    at = {"/runs/0/guardrails/input_done": "unknown"}
    yield converted("state-py-guardrails-unknown", title, ["TS-STATE-027"], py("run_again.undecided"), OWN, at)
    title = "A file of JavaScript's says itself whether the first guardrails passed"
    for value in (True, False):
        document = js("one_waiting.undecided", put("/initialInputGuardrailsCompleted", value))
        at = {"/runs/0/guardrails/input_done": value}
        name = f"state-js-guardrails-{'passed' if value else 'not-passed'}"
        yield converted(name, title, ["TS-STATE-027"], document, OWN, at)
    title = "One response in a file of JavaScript's 1.20 shows nothing of the first guardrails"
    document = old_js("0.18.0", "one_waiting.undecided")
    at = {"/runs/0/guardrails/input_done": "unknown"}
    yield converted("state-js-old-guardrails-unknown", title, ["TS-STATE-027"], document, OWN, at)


def _stories() -> Iterator[JSON]:
    """Yield files whose lists contradict each other."""
    waits = "/current_step/data/interruptions"
    title = "A call that waits twice is refused"
    document = py("one_waiting.undecided", copy(f"{waits}/0", f"{waits}/-"))
    yield refused("state-py-waits-twice", title, ["TS-STATE-028"], document, "state-inconsistent", f"{waits}/1")
    document = js(
        "one_waiting.undecided", copy("/currentStep/data/interruptions/0", "/currentStep/data/interruptions/-")
    )
    at = "/currentStep/data/interruptions/1"
    yield refused("state-js-waits-twice", title, ["TS-STATE-028"], document, "state-inconsistent", at)
    title = "A file of an older number has the shape of its number: null in the place of a list is refused"
    document = old_js("0.1.0", "one_waiting.undecided", put("/generatedItems", None))
    yield refused("state-js-old-list-null", title, ["TS-STATE-001"], document, "state-shape")
    title = "A call with an output that is recorded as not executed is refused"
    place = "/context/tool_invocations/call_weather_1"
    document = py("parallel_one_executed.undecided", put(f"{place}/executed", False), put(f"{place}/completed", False))
    yield refused("state-py-not-executed", title, ["TS-STATE-028"], document, "state-inconsistent", f"{place}/executed")
    title = "A call with an output of which no completion is recorded is refused"
    document = js(
        "parallel_one_executed.undecided",
        put("/completedToolInvocations", []),
        put("/completedToolInvocationEvidence", []),
    )
    at = "/completedToolInvocations"
    yield refused("state-js-not-recorded", title, ["TS-STATE-028"], document, "state-inconsistent", at)
    title = "A completion without a proof is refused"
    document = js("parallel_one_executed.undecided", put("/completedToolInvocationEvidence", []))
    at = "/completedToolInvocationEvidence"
    yield refused("state-js-not-proven", title, ["TS-STATE-028"], document, "state-inconsistent", at)
    title = "An end in a message, with no call open, is the end of a run without a step"
    yield loaded("state-py-finished", title, ["TS-STATE-023"], py("finished.undecided"), step="finished", waits=[])
    title = "An end in a tool's output, with no call open, is the end of a run without a step"
    document = py("run_again.undecided", put("/current_step", None))
    yield loaded("state-py-finished-by-a-tool", title, ["TS-STATE-023"], document, step="finished", waits=[])
    title = "A run without a step is not finished while a call is open"
    document = py("error_one_of_two_tools.undecided", put("/current_step", None))
    yield refused("state-py-open-call-and-no-step", title, ["TS-STATE-023"], document, "state-inconsistent")
