"""Cases of dialects/openai-agents-python.md: what a file proves, where decisions stand, and what can't be written."""

from __future__ import annotations

from collections.abc import Iterator

from codec_cases.case import JSON
from codec_cases.rows import (
    ABSENT,
    PYTHON,
    converted,
    cut,
    js,
    loaded,
    old_js,
    own,
    put,
    py,
    refused,
    row,
    unconverted,
)

_RECORDED = "/context/tool_invocations"
_FILED = "/context/function_tool_approvals"
_BELOW = "/last_processed_response/functions/0/agent_run_state"
#: The approval scopes of two tools, as fingerprints.md makes them.
_SEND = "03c0b69e3d8062f4c5ad4a51305b5ac6f32321871b2433b01ea6025ed2565956"
_PUBLISH = "7caff457e71503edae9c01010daec6e5ec0c54610eae8ab0aa171b7da53f580a"
_SEND_CALL = "2ef492730ecca581e97ebf8794e245c971953b40cde72d033688e4d2bdd75810"
#: Recorded value -> a state with a call, and another value that stands in its place.
_CHANGED = {
    "fingerprint-of-a-call-that-waits": ("one_waiting.undecided", "call_mail_1/fingerprint"),
    "fingerprint-of-an-approved-call": ("one_waiting.decided", "call_mail_1/fingerprint"),
    "fingerprint-of-a-completed-call": ("parallel_one_executed.undecided", "call_weather_1/fingerprint"),
    "scope-of-a-call-that-waits": ("one_waiting.undecided", "call_mail_1/approval_scope"),
    "scope-of-an-approved-call": ("one_waiting.decided", "call_mail_1/approval_scope"),
    "scope-of-a-shell-call": ("shell_waiting.undecided", "call_shell_1/approval_scope"),
    "fingerprint-of-a-custom-call": ("custom_tool_waiting.undecided", "call_sql_1/fingerprint"),
    "fingerprint-of-a-handoff": ("handoff_before_interruption.undecided", "call_hand_1/fingerprint"),
}
_MAIL = {"path": "call_mail_1", "agent": "Mailer", "call_id": "call_mail_1"}
#: Step -> what it holds besides.
STEPS: dict[str, JSON] = {
    "accepted": {"output": "Done.", "seq": 1},
    "awaiting_model": {},
    "acting": {},
    "failed": {"code": "model-behavior", "message": "no answer"},
}


def cases() -> Iterator[JSON]:
    """Yield the cases."""
    yield from _proofs()
    yield from _standing()
    yield from _hosted()
    yield from _written()
    yield from _steps()


def _proofs() -> Iterator[JSON]:
    for what, (state, place) in _CHANGED.items():
        title = f"Another {what.replace('-', ' ')} than the call has is refused"
        at = f"{_RECORDED}/{place}"
        document = py(state, put(at, "0" * 64))
        where = at.rpartition("/")[0]
        yield refused(f"dialect-py-{what}", title, ["TS-ITEM-015", "TS-PY-001"], document, "call-changed", where)
    title = "A decision on a call of which nothing is recorded is not carried, and reported"
    document = py("one_waiting.decided", cut(f"{_RECORDED}/call_mail_1"))
    waits, warnings = [{**_MAIL, "state": "pending"}], ["approval-unbound"]
    rules = ["TS-APPR-020", "TS-PY-002"]
    yield loaded("dialect-py-decision-without-record", title, rules, document, waits=waits, warnings=warnings)
    for what, pointer, value in (
        ("tool", f"{_FILED}/0/tool_key", "get_weather"),
        ("agent", f"{_FILED}/0/agent/name", "Sender"),
    ):
        title = f"A decision that names another {what} than its call is not carried, and reported"
        document = py("one_waiting.decided", put(pointer, value))
        yield loaded(f"dialect-py-decision-of-another-{what}", title, rules, document, waits=waits, warnings=warnings)


def _standing() -> Iterator[JSON]:
    """Yield standing decisions that are bound to a tool, or are not."""
    decision, one = f"{_FILED}/0/decision", {"path": "call_mail_1", "agent": "Mailer"}
    two = {"path": "call_mail_2", "agent": "Mailer"}
    title = "A standing decision that is bound to its tool decides a later call of it"
    bound = py("exact_then_sticky.decided", put(f"{decision}/rejected", []), put(f"{decision}/rejection_messages", {}))
    waits = [{**one, "state": "approved"}, {**two, "state": "approved"}]
    yield loaded("dialect-py-standing-bound", title, ["TS-PY-003"], bound, waits=waits, warnings=[])
    for what, scope in (("another-tool", _PUBLISH), ("no-tool", None)):
        document = {**bound, "edits": [*bound["edits"], put(f"{decision}/sticky_scope", scope)]}
        title = f"A standing decision that is bound to {what.replace('-', ' ')} is not carried, and reported"
        waits = [{**one, "state": "pending"}, {**two, "state": "pending"}]
        rules = ["TS-APPR-020", "TS-PY-003"]
        name = f"dialect-py-standing-bound-to-{what}"
        yield loaded(name, title, rules, document, waits=waits, warnings=["approval-unbound"])


def _hosted() -> Iterator[JSON]:
    """Yield records on hosted MCP calls, of which one kind is a copy."""
    call = {"path": "mcpr_1", "tool": ["hosted_mcp", "docs", "search_docs"]}
    title = "A record of the type query is no decision: without the one that it copies the call waits"
    document = py("hosted_mcp_approval.decided", cut("/context/hosted_mcp_approvals/0"))
    waits = [{**call, "state": "pending"}]
    yield loaded("dialect-py-query-alone", title, ["TS-PY-004"], document, waits=waits)
    title = "A record of the type query that says otherwise changes nothing"
    query = {"approved": [], "rejected": ["mcpr_1"]}
    document = py("hosted_mcp_approval.decided", put("/context/hosted_mcp_approvals/1/decision", query))
    waits = [{**call, "state": "approved"}]
    yield loaded("dialect-py-query-contrary", title, ["TS-PY-004"], document, waits=waits)


def _written() -> Iterator[JSON]:
    """Yield where a writer puts decisions and the record of calls."""
    below, filed = js("nested_agent_tool.decided"), f"{_BELOW}{_FILED}"
    decision = {"approved": ["call_pub_1"], "rejected": []}
    at = {filed: [{"agent": {"name": "Writer"}, "tool_key": "publish", "decision": decision}], _FILED: ABSENT}
    waits = [{"path": "call_agent_1/call_pub_1", "agent": "Writer", "state": "approved"}]
    title = "A decision on a call of a nested run stands in that run's state"
    yield converted("dialect-py-nested-decision", title, ["TS-PY-005"], below, PYTHON, at, waits=waits)
    decision = {"approved": True, "rejected": [], "sticky_scope": _PUBLISH}
    at = {filed: [{"agent": {"name": "Writer"}, "tool_key": "publish", "decision": decision}], _FILED: ABSENT}
    title = "A standing decision for the whole tree is written into the run that has its agent, and told as narrowed"
    below = js("nested_sticky_approve.decided")
    yield converted(
        "dialect-py-tree-decision", title, ["TS-PY-006"], below, PYTHON, at, report=row("derived"), waits=waits
    )
    done = {"type": "function_call", "executed": True, "completed": True}
    open_ = {"type": "function_call", "executed": False, "completed": False}
    at = {
        _RECORDED: {
            "call_weather_1": done,
            "call_mail_1": {**open_, "approval_scope": _SEND, "fingerprint": _SEND_CALL},
        }
    }
    title = "Each call has a row, the one that has run and the one that waits"
    document = js("parallel_one_executed.undecided")
    yield converted("dialect-py-rows-of-calls", title, ["TS-PY-007"], document, PYTHON, at)
    at = {f"{_RECORDED}/call_agent_1": {"executed": True, "completed": False}}
    at[f"{_BELOW}{_RECORDED}/call_pub_1"] = open_
    title = "The call of an agent tool whose run waits has a row, as executed and not completed"
    document = js("nested_agent_tool.undecided")
    yield converted("dialect-py-rows-of-nested-calls", title, ["TS-PY-007"], document, PYTHON, at)
    at = {f"{_RECORDED}/call_hand_1": {"executed": True, "completed": True}}
    title = "A handoff that was taken has a row"
    document = js("handoff_before_interruption.undecided")
    yield converted("dialect-py-row-of-a-handoff", title, ["TS-PY-007"], document, PYTHON, at)


def _steps() -> Iterator[JSON]:
    """Yield runs that this dialect has no form for, or that need the caller's word."""
    for step, more in STEPS.items():
        document = own("finished", put("/runs/0/step", {"type": step, **more}))
        title = f"A run at the step {step} has no form in Python's files"
        yield unconverted(f"dialect-py-step-{step.replace('_', '-')}", title, ["TS-PY-008"], document, PYTHON)
    finished = js("finished.undecided")
    title = "A finished run from elsewhere is not written without the caller's word: Python's SDK would ask the model"
    yield unconverted("dialect-py-finished", title, ["TS-PY-009"], finished, PYTHON, "assumption-needed")
    title = "A finished run of Python's own is written without the caller's word"
    at = {"/current_step": None}
    yield converted("dialect-py-finished-of-its-own", title, ["TS-PY-009"], py("finished.undecided"), PYTHON, at)
    title = "With the caller's word a finished run from elsewhere is written"
    flag = ("finished-calls-model",)
    yield converted("dialect-py-finished-asserted", title, ["TS-PY-009"], finished, PYTHON, at, assume=flag)
    for what, document in (
        ("not-passed", js("one_waiting.undecided", put("/initialInputGuardrailsCompleted", False))),
        ("not-told", old_js("0.18.0", "one_waiting.undecided")),
    ):
        title = f"A run from elsewhere whose first guardrails have {what.replace('-', ' ')} needs the caller's word"
        title = title.replace("have not told", "nothing tells of")
        name = f"dialect-py-guardrails-{what}"
        yield unconverted(name, title, ["TS-PY-010"], document, PYTHON, "assumption-needed")
    title = "A run of Python's own is written also where nothing tells of its first guardrails"
    document = py("run_again.undecided")
    yield converted(
        "dialect-py-guardrails-of-its-own", title, ["TS-PY-010"], document, PYTHON, {"/$schemaVersion": "1.21"}
    )
