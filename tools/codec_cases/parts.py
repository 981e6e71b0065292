"""Cases of parts that contradict each other, written by hand: a sound file, an edit or two, and where it is refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from codec_cases.case import JSON, case, refusal, rules_of, source
from timestep.codec.digest import call_digest  # the path is set where cases are made

_EXAMPLES = "spec/schema/v1/examples/RunState/valid"
_FINISHED, _NESTED, _WAITS = (
    f"{_EXAMPLES}/{name}.json" for name in ("finished", "nested-decided", "parallel-one-executed")
)
_PYTHON, _JS = "fixtures/openai-agents-python/0.24.0", "fixtures/openai-agents-js/0.20.0"


def _set(pointer: str, value: Any) -> JSON:
    return {"op": "set", "pointer": pointer, "value": value}


def _copy(place: str, pointer: str) -> JSON:
    return {"op": "copy", "from": place, "pointer": pointer}


def _insert(pointer: str, value: Any) -> JSON:
    return {"op": "insert", "pointer": pointer, "value": value}


_ANSWER = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Soon."}]}
_RESULT = {"position": "output", "name": "polite", "behavior": "allow", "response": 2}
#: Of the call of the nested run: tool, call id and argument string.
_MAIL_EVE = (["function", None, "send_email"], "i1", '{"to":"eve@example.com"}')
#: Name -> a sound state, its edits, code and pointer of the refusal, and the behaviour.
_STATES: dict[str, tuple[str, list[JSON], str, str | None, str]] = {
    "root-of-another-import": (
        _FINISHED,
        [_set("/runs/0/id", "imp_00000000000000000000000000000000")],
        "state-inconsistent",
        "/runs/0/id",
        "The root run of an imported document has the document's id",
    ),
    "two-open-runs-of-a-call": (
        _NESTED,
        [
            _copy("/runs/1", "/runs/-"),
            _set("/runs/2/id", "r2.1"),
            _set("/runs/2/calls/0/digest", call_digest("r2.1", "Researcher", *_MAIL_EVE)),
            _set("/runs/2/calls/0/state", "pending"),
        ],
        "state-inconsistent",
        "/runs/2/parent",
        "Two open runs do not belong to one call",
    ),
    "nested-run-without-a-parent": (
        _NESTED,
        [{"op": "remove", "pointer": "/runs/1/parent"}, _set("/runs/0/calls/0/state", "requested")],
        "state-inconsistent",
        "/runs/1/parent",
        "Each run but the first has a parent",
    ),
    "open-run-of-an-earlier-response": (
        _NESTED,
        [
            _insert("/runs/0/log/-", {"source": "model", "agent": "Orchestrator", "item": _ANSWER}),
            _copy("/runs/0/responses/0", "/runs/0/responses/-"),
            _set("/runs/0/responses/1/from", 2),
            _set("/runs/0/responses/1/to", 3),
        ],
        "state-inconsistent",
        "/runs/1/parent/item",
        "An open nested run belongs to a call of the last response",
    ),
    "input-that-the-model-wrote": (
        _FINISHED,
        [_set("/runs/0/input", {"form": "items", "from": 0, "to": 2})],
        "state-inconsistent",
        "/runs/0/log/1/source",
        "What the model wrote is not the input",
    ),
    "text-of-no-message": (
        _FINISHED,
        [_set("/runs/0/input/to", 0)],
        "state-inconsistent",
        "/runs/0/input",
        "An input that was given as a text is one message",
    ),
    "step-beyond-the-log": (
        _FINISHED,
        [_set("/runs/0/step/seq", 4)],
        "state-inconsistent",
        "/runs/0/step/seq",
        "A step names an entry that the log has",
    ),
    "step-of-no-call": (
        _WAITS,
        [_set("/runs/0/step/item", 0)],
        "state-inconsistent",
        "/runs/0/step/item",
        "A step names a call that the run has",
    ),
    "handoff-to-nobody": (
        _FINISHED,
        [_set("/runs/0/step", {"type": "handoff"})],
        "state-inconsistent",
        "/runs/0/step",
        "A handoff names the agent that it leads to",
    ),
    "guardrail-of-no-response": (
        _FINISHED,
        [_insert("/runs/0/guardrails/results/-", _RESULT)],
        "state-inconsistent",
        "/runs/0/guardrails/results/0/response",
        "The result of a guardrail names a response that the run has",
    ),
    "decision-of-another-agent": (
        _NESTED,
        [_set("/approvals/0/agent", "Orchestrator")],
        "approval-mismatch",
        "/approvals/0/agent",
        "A decision names the agent whose call it is on",
    ),
}
_PYTHON_WAITS, _JS_WAITS = (f"{folder}/parallel_one_executed.undecided.json" for folder in (_PYTHON, _JS))
_PYTHON_NESTED = f"{_PYTHON}/nested_agent_tool.undecided.json"
_WORK = "/last_processed_response/functions"
#: Name -> a file of an SDK, its edits, code and pointer of the refusal, and the behaviour.
_FILES: dict[str, tuple[str, list[JSON], str, str | None, str]] = {
    "py-nested-of-another-family": (
        _PYTHON_NESTED,
        [_set(f"{_WORK}/0/agent_run_state", {"format": "timestep.run-state", "format_version": "1.0"})],
        "nested-shape",
        f"{_WORK}/0/agent_run_state",
        "A nested run is of its parent's family",
    ),
    "py-nested-of-no-call": (
        _PYTHON_NESTED,
        [_set(f"{_WORK}/0/tool_call/call_id", "call_ghost")],
        "nested-orphan",
        f"{_WORK}/0/agent_run_state",
        "A nested run belongs to a call of its parent",
    ),
    "py-two-nested-runs-of-a-call": (
        _PYTHON_NESTED,
        [_copy(f"{_WORK}/0", f"{_WORK}/-")],
        "state-inconsistent",
        f"{_WORK}/1/agent_run_state",
        "A call has one nested run",
    ),
    "py-no-step-and-an-open-call": (
        _PYTHON_WAITS,
        [
            _set("/current_step", None),
            {"op": "remove", "pointer": "/generated_items/3"},
            _set("/generated_session_item_indexes", [0, 1, 2]),
            _set("/last_processed_response/interruptions", []),
        ],
        "state-inconsistent",
        "/current_step",
        "A state without a next step has no open call",
    ),
    "py-call-without-id": (
        _PYTHON_WAITS,
        [{"op": "remove", "pointer": "/model_responses/0/output/1/call_id"}],
        "call-without-id",
        "/model_responses/0/output/1",
        "A call that the model made has an id",
    ),
    "py-input-of-no-type": (
        _PYTHON_WAITS,
        [_set("/original_input", [{"type": 5}])],
        "state-shape",
        None,
        "A file whose items have no wire form makes no state",
    ),
    "js-completed-without-output": (
        _JS_WAITS,
        [{"op": "remove", "pointer": "/generatedItems/2"}],
        "output-missing",
        "/completedToolInvocations/0/invocations/call_weather_1",
        "A call that is recorded as completed has its output in the file",
    ),
    "js-item-of-no-type": (
        _JS_WAITS,
        [_set("/generatedItems/0/rawItem/type", "odd_call")],
        "item-shape",
        "/generatedItems/0/rawItem",
        "An item has one of the types that the SDK knows",
    ),
}
#: Name -> a document, code and pointer of the refusal, and the behaviour.
_SMALL: dict[str, tuple[str, JSON, str, str | None, str]] = {
    "py-old-nested-run": (
        "openai-agents-python",
        {
            "$schemaVersion": "1.0",
            "current_agent": {},
            "original_input": "Report on bees.",
            "model_responses": [],
            "generated_items": [],
            "current_step": {"data": {"interruptions": [{"raw_item": {"call_id": "call_pub_1"}}]}},
        },
        "interruption-orphan",
        "/current_step/data/interruptions",
        "A call that waits in a nested run which the file does not hold is lost",
    ),
}
_SCREENSHOT = {
    "type": "computer_call_output",
    "call_id": "c",
    "output": {"type": "computer_screenshot", "file_id": "f"},
}
_SDK_CALL = {"type": "function_call", "callId": "c", "name": "f", "status": "completed", "arguments": "{}"}
_ODD_OUTPUT = {
    "type": "function_call_result",
    "callId": "c",
    "name": "f",
    "status": "completed",
    "output": {"type": "x"},
}
_HI = {"role": "user", "content": "Hi"}
_LEFT = {"openai-agents-python": [{"at": "no/pointer", "covers": "absent", "value": 1}]}
#: Name -> the document, what it is to become, the forms, code and pointer of the refusal, and the behaviour.
_CONVERTED: dict[str, tuple[JSON, str, tuple[str, ...], str, str | None, str]] = {
    "leftover-at-no-pointer": (
        {**source(f"{_EXAMPLES}/imported-from-python.json"), "edits": [_set("/ext", _LEFT)]},
        "openai-agents-python",
        ("timestep", "openai-agents-python"),
        "pointer-syntax",
        None,
        "The place of a leftover is a JSON pointer",
    ),
    "to-a-number-never-released": (
        source(_PYTHON_WAITS),
        "openai-agents-python@1.99",
        ("openai-agents-python",),
        "target-unknown",
        None,
        "A number that no released package writes is not written",
    ),
    "to-an-unknown-package": (
        source(_PYTHON_WAITS),
        "openai-agents-python==0.0.1",
        ("openai-agents-python",),
        "package-unknown",
        None,
        "For a package whose number is not known nothing is written",
    ),
    "session-item-without-a-form": (
        {"text": json.dumps([_HI, _SCREENSHOT])},
        "openai-agents-js",
        ("session-items", "openai-agents-js"),
        "cannot-cross",
        "/1",
        "An item that the other family has no form for is not dropped",
    ),
}
_MANY = {"op": "bytes-fill", "find": "@@", "value": json.dumps(_HI) + "\n", "times": 100_001}
#: Name -> a list of session items, code and pointer of the refusal, and the behaviour.
_SESSIONS: dict[str, tuple[JSON, str, str, str]] = {
    "session-too-many-lines": (
        {"text": "@@", "edits": [_MANY]},
        "json-items",
        "",
        "More than 100,000 lines are refused",
    ),
    "session-output-of-no-type": (
        {"text": json.dumps([_SDK_CALL, _ODD_OUTPUT])},
        "item-shape",
        "/1",
        "An item that has no wire form is refused",
    ),
}


#: Name -> a sound state, the edit that names an agent which it does not have, and where it is named.
_AGENTS: dict[str, tuple[str, JSON, str]] = {
    "an-entry": (_WAITS, _set("/runs/0/log/3/agent", "Nobody"), "/runs/0/log/3/agent"),
    "a-response": (_WAITS, _set("/runs/0/responses/0/agent", "Nobody"), "/runs/0/responses/0/agent"),
    "a-guardrail": (
        _WAITS,
        _set("/runs/0/guardrails/results", [{**_RESULT, "response": 0, "agent": "Nobody"}]),
        "/runs/0/guardrails/results/0/agent",
    ),
    "a-handoff": (_FINISHED, _set("/runs/0/step", {"type": "handoff", "to": "Nobody"}), "/runs/0/step/to"),
    "tools-used": (_WAITS, _set("/runs/0/tool_use", {"Nobody": ["get_weather"]}), "/runs/0/tool_use/Nobody"),
    "an-identity": (_WAITS, _set("/runs/0/identities", {"Nobody": "Nobody#2"}), "/runs/0/identities/Nobody"),
}


def cases() -> Iterator[JSON]:
    """Yield the cases: states, files of the SDKs, small documents, conversions, and lists of session items."""
    for name, (base, edits, code, pointer, title) in {**_STATES, **_FILES}.items():
        family = base.split("/")[1] if base.startswith("fixtures/") else "timestep"
        yield _refused(name, title, {**source(base), "edits": edits}, code, pointer, family)
    for name, (base, edit, pointer) in _AGENTS.items():
        title = f"An agent that the document does not have is refused: that of {name.replace('-', ' ')}"
        document = {**source(base), "edits": [edit]}
        yield _refused(f"agent-unknown-of-{name}", title, document, "state-inconsistent", pointer, "timestep")
    for name, (family, value, code, pointer, title) in _SMALL.items():
        yield _refused(name, title, {"text": json.dumps(value)}, code, pointer, family)
    for name, (document, code, pointer, title) in _SESSIONS.items():
        yield _refused(name, title, document, code, pointer, "session-items")
    for name, (document, target, forms, code, pointer, title) in _CONVERTED.items():
        args = {"state": document, "to": target}
        told, rules = refusal(code, pointer), rules_of([code], "convert", args)
        yield case(f"parts-{name}", title, rules, "hand", "convert", args, told, forms)


def _refused(  # noqa: PLR0917 - the members of a row, in their order
    name: str, title: str, document: JSON, code: str, pointer: str | None, family: str
) -> JSON:
    args = {"state": document}
    rules = rules_of([code], "validate", args)
    return case(f"parts-{name}", title, rules, "hand", "validate", args, refusal(code, pointer), (family,))
