"""Cases of versioning.md: versions, numbers on the way up and down, and the account of a conversion."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from codec_cases.case import JSON, ROOT
from codec_cases.rows import (
    ABSENT,
    JS,
    OWN,
    PYTHON,
    converted,
    cut,
    js,
    loaded,
    old_js,
    old_py,
    own,
    put,
    py,
    refused,
    row,
    unconverted,
)

_WAITS = "parallel-one-executed"
_RESULT = {"position": "input", "name": "polite", "behavior": "allow"}
#: Kind of record -> where one stands, and one that has no more than it must: TS-VERS-005 names them all.
_SEALED: dict[str, tuple[str, JSON]] = {
    "step": ("/runs/0/step", {"type": "interrupted", "reason": "approval"}),
    "guardrail result": ("/runs/0/guardrails/results", _RESULT),
    "trace": ("/trace", {"trace_id": "trace_1", "workflow_name": "Mail"}),
    "list of outputs that wait": ("/runs/0/waiting", {"item": 1, "outputs": []}),
    "failure that is to stop the run": ("/runs/0/stop", {"code": "tool-failed", "message": "no"}),
}
_LISTS = {"guardrail result", "list of outputs that wait"}
#: What -> where a document has such a value.
_ENUMERATIONS = {
    "type of a step": "/runs/0/step/type",
    "reason of an interruption": "/runs/0/step/reason",
    "state of a call": "/runs/0/calls/1/state",
    "role of a call": "/runs/0/calls/1/role",
    "effect of a call": "/runs/0/calls/1/effect",
    "source of an entry": "/runs/0/log/0/source",
    "form of the input": "/runs/0/input/form",
    "status of a response": "/runs/0/responses/0/status",
    "kind of a context": "/context/kind",
}
#: What -> a file of an SDK, and where it has such a value.
_FOREIGN_ENUMERATIONS: dict[str, tuple[JSON, str]] = {
    "py-type-of-a-step": (py("one_waiting.undecided"), "/current_step/type"),
    "py-type-of-a-run-item": (py("one_waiting.undecided"), "/generated_items/0/type"),
    "py-behavior-of-a-guardrail": (
        py("tool_guardrails_before_pause.undecided"),
        "/tool_input_guardrail_results/0/output/behavior/type",
    ),
    "js-type-of-a-step": (js("one_waiting.undecided"), "/currentStep/type"),
    "js-type-of-a-run-item": (js("one_waiting.undecided"), "/generatedItems/0/type"),
    "js-behavior-of-a-guardrail": (
        js("tool_guardrails_before_pause.undecided"),
        "/toolInputGuardrailResults/0/output/behavior/type",
    ),
}
_ODD = "half-way"
_CALL = {"agent": "Mailer", "call_id": "call_mail_1", "state": "approved"}
_PY_RUN = "/last_processed_response/functions/0/agent_run_state"


def cases() -> Iterator[JSON]:
    """Yield the cases."""
    yield from _documents()
    yield from _numbers()
    yield from _nested()
    yield from _unproven()


def _documents() -> Iterator[JSON]:
    for what, (pointer, record) in _SEALED.items():
        given: Any = [{**record, "surprise": 1}] if what in _LISTS else {**record, "surprise": 1}
        at = f"{pointer}/0/surprise" if what in _LISTS else f"{pointer}/surprise"
        title = f"A {what} with a field that the reader does not know is refused"
        yield refused(
            f"version-field-of-a-{what.replace(' ', '-')}",
            title,
            ["TS-VERS-005"],
            own(_WAITS, put(pointer, given)),
            "unknown-field",
            at,
        )
    for what, pointer in _ENUMERATIONS.items():
        document = own(_WAITS, put(pointer, _ODD))
        name = f"version-{what.replace(' ', '-')}-unknown"
        yield refused(name, f"An unknown {what} is refused", ["TS-VERS-006"], document, "state-shape", pointer)
    results = own(_WAITS, put("/runs/0/guardrails/results", [{**_RESULT, "behavior": _ODD}]))
    yield refused(
        "version-behavior-of-a-guardrail-unknown",
        "An unknown behavior of a guardrail is refused",
        ["TS-VERS-006"],
        results,
        "state-shape",
        "/runs/0/guardrails/results/0/behavior",
    )
    for what, (document, pointer) in _FOREIGN_ENUMERATIONS.items():
        edited = {**document, "edits": [put(pointer, _ODD)]}
        words = what.partition("-")[2].replace("-", " ")
        title = f"An unknown {words} in a file of an SDK is refused"
        yield refused(f"version-{what}-unknown", title, ["TS-VERS-006"], edited, "state-shape", pointer)


def _numbers() -> Iterator[JSON]:
    """Yield files whose number is not read, and what is kept of the one that a file states."""
    for short, document, number in (
        ("py", py("one_waiting.undecided"), "1.22"),
        ("js", js("refusal.undecided"), "1.23"),
    ):
        edited = {**document, "edits": [put("/$schemaVersion", number)]}
        title = f"A file of {number}, which a later package may write, is not read as one of the number before"
        name = f"version-{short}-of-a-later-number"
        yield refused(name, title, ["TS-VERS-013"], edited, "version-unknown", "/$schemaVersion")
    for short, document in (
        ("py", py("one_waiting.undecided", cut("/current_response_generated_item_ownership"))),
        ("js", js("one_waiting.undecided", cut("/currentResponseGeneratedItemOwnership"))),
        ("py-turned", old_py("0.21.1", "sticky_then_exact_without_message.decided")),
        ("js-turned", old_js("0.16.0", "sticky_then_exact_without_message.decided")),
    ):
        title = "A number that the file's parts make doubtful without contradicting it is warned of"
        warnings = ["version-doubtful"]
        yield loaded(f"version-{short}-doubtful", title, ["TS-VERS-047"], document, warnings=warnings)
    for short, document, number in (
        ("py", old_py("0.19.4", "one_waiting.undecided"), "1.13"),
        ("js", old_js("0.14.2", "one_waiting.undecided"), "1.15"),
        ("py-current", py("one_waiting.undecided"), "1.21"),
        ("js-current", js("one_waiting.undecided"), "1.22"),
    ):
        title = f"An imported document names {number}, the number that its file stated"
        at = {"/origin/schema_version": number}
        yield converted(f"version-{short}-stated", title, ["TS-VERS-043"], document, OWN, at)
    for name, (title, document, at) in _SHOWN.items():
        yield converted(f"version-old-{name}", title, ["TS-VERS-040"], document, OWN, at)
    example = {
        "/context/tool_invocations/call_mail_1/fingerprint": _FINGERPRINT,
        "/context/approvals/send_email": ABSENT,
    }
    approval = {"agent": {"name": "Mailer"}, "tool_key": "send_email", "decision": _DECISION}
    title = "The example of numbers: a decision of 1.13, filed by name, stands with its agent in 1.21"
    at = {"/$schemaVersion": "1.21", **example, "/context/function_tool_approvals": [approval]}
    document = old_py("0.19.4", "one_waiting.decided")
    yield converted("version-py-example-up", title, ["TS-VERS-040"], document, PYTHON, at)
    title = "The example of numbers: a decision of 1.21 is filed by name in 1.13"
    at = {"/$schemaVersion": "1.13", "/context/approvals": {"send_email": _DECISION}}
    at |= {"/context/function_tool_approvals": ABSENT, "/context/tool_invocations": ABSENT}
    document = py("one_waiting.decided")
    yield converted("version-py-example-down", title, ["TS-VERS-044"], document, f"{PYTHON}@1.13", at)
    title = "The example of numbers: a decision of 1.15, filed by name, is bound to its call in 1.22"
    at = {"/$schemaVersion": "1.22", **_JS_EXAMPLE}
    flag = ("input-guardrails-completed",)
    document = old_js("0.14.2", "one_waiting.decided")
    yield converted("version-js-example-up", title, ["TS-VERS-040"], document, JS, at, assume=flag)


_FINGERPRINT = "2ef492730ecca581e97ebf8794e245c971953b40cde72d033688e4d2bdd75810"
_DECISION = {"approved": ["call_mail_1"], "rejected": []}
_MARK = (
    '{"caller":{"type":"direct"},"payload":{"format":"json","value":{"subject":"Hello","to":"ann@example.com"}},'
    '"toolName":"[\\"bare\\",\\"send_email\\"]","type":"function_call"}'
)
_JS_EXAMPLE = {
    "/context/approvals/send_email": ABSENT,
    "/context/functionApprovals": [{"agentIdentity": "Mailer", "approvals": {'["bare","send_email"]': _DECISION}}],
    "/context/approvalInvocations": [
        {"agentIdentity": "Mailer", "approvals": {}, "invocations": {"call_mail_1": _MARK}}
    ],
}


#: Name -> what an old file shows, its state, and what stands in the document.
_SHOWN: dict[str, tuple[str, JSON, JSON]] = {
    "open-turn": (
        "A run of 1.0 that waits is inside a turn",
        old_js("0.1.0", "one_waiting.undecided"),
        {"/runs/0/turn": {"count": 1, "open": True}},
    ),
    "compaction": (
        "A compaction of 1.0 is an item of its own",
        old_js("0.1.0", "compaction.undecided"),
        {"/runs/0/log/3/item": {"type": "compaction", "id": "cmp_1", "encrypted_content": "SENTINEL-compacted"}},
    ),
    "hosted-search": (
        "A hosted search of the first release has the type of the wire",
        old_js("0.0.1", "reasoning_and_web_search.undecided"),
        {"/runs/0/log/2/item/type": "web_search_call"},
    ),
    "hosted-request": (
        "A request for approval of 1.0 names its server, and waits once",
        old_js("0.2.1", "hosted_mcp_approval.undecided"),
        {"/runs/0/calls/0/tool": ["hosted_mcp", "docs", "search_docs"], "/runs/0/calls/1": ABSENT},
    ),
    "blocked-call": (
        "An output of 1.20 that a tool guardrail gave is none of its tool's",
        old_js("0.18.0", "tool_guardrails_before_pause.undecided"),
        {"/runs/0/calls/0/state": "completed", "/runs/0/calls/1/state": "blocked"},
    ),
    "next-question": (
        "A run of Python's 1.0 without a step and without a last message asks the model next",
        old_py("0.8.4", "run_again.undecided"),
        {"/runs/0/step/type": "run_again", "/runs/0/calls/0/state": "completed"},
    ),
    "recipient": (
        "The server of an MCP call of Python's 1.17 is the one told beside the call",
        old_py("0.22.3", "local_mcp_approval.undecided"),
        {"/runs/0/calls/0/mcp": {"server": "files", "tool": "read_file", "index": 0}},
    ),
}


def _nested() -> Iterator[JSON]:
    """Yield files with a nested run of an older number, which a newer package may have saved again as it was."""
    waits = [{"path": "call_agent_1/call_pub_1", "agent": "Writer", "state": "pending"}]
    run = _run_below("0.22.3")
    document = py("nested_agent_tool.undecided", put(_PY_RUN, run))
    title = "A nested run of 1.17 in a file of 1.21 is read by its own number"
    yield loaded("version-py-nested-older", title, ["TS-VERS-042"], document, number="1.21", waits=waits)
    decided = py("nested_agent_tool.decided", put(_PY_RUN, _run_below("0.22.3", "decided")))
    waits = [{**waits[0], "state": "approved"}]
    title = "A decision in a nested run of 1.17 in a file of 1.21 is found where 1.17 files it"
    yield loaded("version-py-nested-older-decided", title, ["TS-VERS-042"], decided, number="1.21", waits=waits)
    odd = py("nested_agent_tool.undecided", put(f"{_PY_RUN}/$schemaVersion", "1.3"))
    title = "A nested run of a number that was never released is refused"
    yield refused(
        "version-py-nested-unreleased",
        title,
        ["TS-VERS-012", "TS-VERS-042"],
        odd,
        "version-unknown",
        f"{_PY_RUN}/$schemaVersion",
    )


def _run_below(version: str, moment: str = "undecided") -> JSON:
    """Return the nested run that an older release of `openai-agents` saved."""
    from timestep_conformance.payloads import unpacked  # the path is set where cases are made

    archive = unpacked(ROOT / "fixtures" / PYTHON / f"{version}.tar.xz")
    value = json.loads(archive[f"nested_agent_tool.{moment}.json"])
    return value["last_processed_response"]["functions"][0]["agent_run_state"]


def _unproven() -> Iterator[JSON]:
    """Yield what older files do not tell, and nothing else in them proves."""
    one, two = old_js("0.18.0", "one_waiting.undecided"), old_js("0.18.0", "second_pause.undecided")
    title = "A file of 1.20 with one response does not tell whether the first guardrails passed"
    at = {"/runs/0/guardrails/input_done": "unknown"}
    rules = ["TS-STATE-027", "TS-VERS-041"]
    yield converted("version-js-guardrails-unknown", title, rules, one, OWN, at)
    title = "A second response in a file of 1.20 shows that the first guardrails passed, and the account says so"
    at, told = {"/runs/0/guardrails/input_done": True}, row("derived")
    yield converted("version-js-guardrails-concluded", title, rules, two, OWN, at, report=told)
    title = "What a file of 1.20 does not tell of its guardrails is not claimed in 1.22"
    rules = ["TS-JS-009", "TS-VERS-034", "TS-VERS-041"]
    yield unconverted("version-js-guardrails-not-claimed", title, rules, one, JS, "assumption-needed")
    title = "A file of 1.20 keeps its number without a claim about guardrails"
    at = {"/$schemaVersion": "1.20", "/initialInputGuardrailsCompleted": ABSENT}
    yield converted("version-js-guardrails-same-number", title, ["TS-VERS-044"], one, f"{JS}@1.20", at)
