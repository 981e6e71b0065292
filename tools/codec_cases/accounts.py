"""Cases of the account of a conversion, and of what a caller has to vouch for (versioning.md)."""

from __future__ import annotations

from collections.abc import Iterator

from codec_cases.case import JSON
from codec_cases.rows import JS, OWN, PYTHON, converted, cut, insert, items, js, old_py, own, put, py, row, unconverted

_PYDANTIC = [
    put(f"/context/context_meta/{name}", value)
    for name, value in (("original_type", "pydantic"), ("requires_deserializer", True))
]
_STANDING = "/context/functionApprovals/0/approvals"
_THOUGHT = {
    "type": "reasoning_item",
    "raw_item": {"type": "reasoning", "id": "rs_last", "summary": []},
    "agent": {"name": "Mailer"},
}
#: Flag -> a document that needs it, and for what.
_FLAGS: dict[str, tuple[JSON, str]] = {
    "input-guardrails-completed": (js("one_waiting.undecided", put("/initialInputGuardrailsCompleted", False)), PYTHON),
    "context-as-json": (py("context_mapping.undecided", *_PYDANTIC), JS),
    "finished-calls-model": (js("finished.undecided"), PYTHON),
    "faithful-error-state": (py("error_after_approval_state.undecided"), JS),
    "mcp-recipients": (js("one_waiting.undecided", cut("/lastProcessedResponse/functions/0/mcpToolBinding")), PYTHON),
    "rejections-at-hand": (
        js(
            "nested_sticky_approve.decided",
            put(f'{_STANDING}/["bare","publish"]', {"approved": False, "rejected": True}),
        ),
        PYTHON,
    ),
    "finished": (
        py(
            "finished.undecided",
            insert("/generated_items/-", _THOUGHT),
            insert("/generated_session_item_indexes/-", None),
        ),
        OWN,
    ),
}
_KEYED = py(
    "one_waiting.undecided",
    put("/trace", {"object": "trace", "id": "t", "workflow_name": "w", "tracing_api_key": "sk-trace-1"}),
)
#: Action -> a conversion in which a part is treated so.
_ACTIONS: dict[str, tuple[str, JSON, str]] = {
    "derived": ("that the first guardrails passed", py("one_waiting.undecided"), JS),
    "dropped": ("ids of requests, which 1.5 has no place for", js("one_waiting.undecided"), f"{JS}@1.5"),
    "asserted": ("what the caller said", js("finished.undecided"), PYTHON),
    "redacted": ("a key", _KEYED, OWN),
}
_NUMBERED = own("parallel-one-executed", put("/runs/0/responses/0/request_id", "req_1"))
#: Part that an older number of Python's has no place for -> a state with it and little else, and the number.
_LEFT_OUT = {
    "ids-of-requests": (_NUMBERED, "1.2"),
    "where-tools-came-from": (py("one_waiting.undecided"), "1.6"),
    "data-of-the-callers-own": (py("one_waiting.undecided", put("/generated_items/0/custom_data", {"a": 1})), "1.10"),
}
#: What is converted, and how its account begins.
_REPORTS: dict[str, tuple[JSON, JSON]] = {
    "python-to-javascript": (py("one_waiting.undecided"), {"source": f"{PYTHON}@1.21", "target": f"{JS}@1.22"}),
    "javascript-to-an-older-python": (
        js("one_waiting.undecided"),
        {"source": f"{JS}@1.22", "target": f"{PYTHON}@1.13"},
    ),
    "an-old-python-to-javascript": (
        old_py("0.19.4", "one_waiting.undecided"),
        {"source": f"{PYTHON}@1.13", "target": f"{JS}@1.22"},
    ),
    "timestep-to-python": (own("parallel-one-executed"), {"source": "timestep@1.0", "target": f"{PYTHON}@1.21"}),
}


def cases() -> Iterator[JSON]:
    """Yield the cases."""
    for flag, (document, to) in _FLAGS.items():
        title = f"Without the caller's word {flag} the conversion is refused, and nothing is written"
        rules = ["TS-VERS-034", "TS-VERS-035"]
        yield unconverted(f"version-{flag}-needed", title, rules, document, to, "assumption-needed")
        title = f"The caller's word {flag} is in the account, with its flag"
        told = row("asserted", flag=flag)
        yield converted(f"version-{flag}-given", title, ["TS-VERS-036"], document, to, assume=(flag,), report=told)
    for action, (what, document, to) in _ACTIONS.items():
        title = f"The account has a row for a part that was {action}: {what}"
        flags = ("finished-calls-model",) if action == "asserted" else ()
        rules = ["TS-VERS-031"]
        yield converted(f"version-part-{action}", title, rules, document, to, assume=flags, report=row(action))
    for part, (document, number) in _LEFT_OUT.items():
        title = f"The account has a row for what {number} has no place for: {part.replace('-', ' ')}"
        to = f"{PYTHON}@{number}"
        yield converted(f"version-part-dropped-{part}", title, ["TS-VERS-031"], document, to, report=row("dropped"))
    for name, (document, told) in _REPORTS.items():
        title = f"The account of a conversion names dialect and number of both sides: {name.replace('-', ' ')}"
        yield converted(f"version-account-{name}", title, ["TS-VERS-030"], document, told["target"], report=told)
    title = "The account tells that keys were left out, and not what they were"
    told = {"$without": ["sk-trace-1", "Hello", "ann@example.com"]}
    yield converted("version-account-without-content", title, ["TS-VERS-032"], _KEYED, OWN, report=told)
    title = "The account names a text that was left out, and does not quote it"
    told = {"$without": ["SENTINEL", "Not now"]}
    document = py("secrets_in_place.undecided")
    yield converted("version-account-without-secrets", title, ["TS-VERS-032"], document, JS, report=told)
    title = "Of a list with an item that can't cross nothing is written"
    document = items(
        {"role": "user", "content": "Hi"}, {"type": "custom_tool_call", "call_id": "c", "name": "f", "input": ""}
    )
    yield unconverted("version-list-of-which-one-cannot-cross", title, ["TS-VERS-035"], document, JS, pointer="/1")
