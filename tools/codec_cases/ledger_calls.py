"""Cases of tools.md: what a reader of a foreign file makes of each call, and what a target has to be told of it."""

from __future__ import annotations

from collections.abc import Iterator

from codec_cases.case import JSON
from codec_cases.rows import JS, OWN, PYTHON, converted, cut, js, put, py, unconverted

_FORGET = cut("/lastProcessedResponse/functions/0/mcpToolBinding")
#: Row of the table "Import" -> what it says, a state with such a call, and its place among the calls, with its state.
_ROWS: dict[str, tuple[str, JSON, int, str]] = {
    "js-blocked": (
        "an output of JavaScript's without the mark of execution, and no rejection",
        js("tool_guardrails_before_pause.undecided"),
        1,
        "blocked",
    ),
    "js-executed": (
        "an output of JavaScript's with the mark of execution",
        js("tool_guardrails_before_pause.undecided"),
        0,
        "completed",
    ),
    "js-rejected": (
        "an output of JavaScript's without the mark of execution, and a rejection",
        js("second_pause_after_rejection.undecided"),
        0,
        "rejected",
    ),
    "py-rejected": ("an output, and a rejection", py("second_pause_after_rejection.undecided"), 0, "rejected"),
    "py-completed": ("an output after it", py("parallel_one_executed.undecided"), 0, "completed"),
    "py-suspended": ("a nested run of it", py("nested_agent_tool.undecided"), 0, "suspended"),
    "js-suspended": ("a nested run of it", js("nested_agent_tool.undecided"), 0, "suspended"),
    "py-handoff": (
        "recorded as executed, a handoff that another response follows",
        py("handoff_filter_remove_all_tools.undecided", put("/context/tool_invocations/call_hand_1/completed", False)),
        1,
        "completed",
    ),
    "py-executed": ("recorded as executed, otherwise", py("error_after_approval_state.undecided"), 0, "indeterminate"),
    "js-ambiguous": (
        "recorded as ambiguous",
        js(
            "one_waiting.undecided",
            put("/ambiguousToolInvocationCallIds", [{"agentIdentity": "Mailer", "callIds": ["call_mail_1"]}]),
        ),
        0,
        "indeterminate",
    ),
    "py-pending": ("listed as an interruption", py("parallel_one_executed.undecided"), 1, "pending"),
    "js-pending": ("listed as an interruption", js("parallel_one_executed.undecided"), 1, "pending"),
    "py-requested": ("none of these", py("handoff_beside_waiting_call.undecided"), 1, "requested"),
    "js-requested": ("none of these", js("handoff_beside_waiting_call.undecided"), 1, "requested"),
}


def cases() -> Iterator[JSON]:
    """Yield the cases."""
    for name, (what, document, place, given) in _ROWS.items():
        title = f"A call is {given} by this evidence: {what}"
        at: JSON = {f"/runs/0/calls/{place}/state": given}
        yield converted(f"tool-{name}", title, ["TS-TOOL-011"], document, OWN, at)
    title = "A handoff that JavaScript's SDK took out of the items is cancelled"
    at = {"/runs/0/calls/1": {"call_id": "call_hand_2", "state": "cancelled"}}
    document = js("handoff_two_in_one_response.undecided")
    yield converted("tool-js-second-handoff", title, ["TS-TOOL-012"], document, OWN, at)
    yield from _effects()
    yield from _recipients()
    yield from _digests()


def _effects() -> Iterator[JSON]:
    title = "A call of a foreign file has the effect once, whatever its tool: the file does not tell"
    at: JSON = {"/runs/0/calls/0/effect": "once", "/runs/0/calls/1/effect": "once"}
    for short, document in (
        ("py", py("parallel_one_executed.undecided")),
        ("js", js("parallel_one_executed.undecided")),
    ):
        yield converted(f"tool-{short}-effect", title, ["TS-TOOL-007"], document, OWN, at)
    title = "A call of a function that is loaded when needed has a kind of its own"
    at = {"/runs/0/calls/0/tool": ["function_deferred", None, "lookup"]}
    for short, document in (("py", py("tool_search_deferred.undecided")), ("js", js("tool_search_deferred.undecided"))):
        yield converted(f"tool-{short}-deferred", title, ["TS-TOOL-006"], document, OWN, at)
    title = "A call of a function in a namespace is one of that namespace"
    at = {"/runs/0/calls/0/tool": ["function", "crm", "lookup"]}
    document = py("namespace_two_tools_of_one_name.undecided")
    yield converted("tool-py-namespace", title, ["TS-TOOL-006"], document, OWN, at)
    title = (
        "A call whose item alone tells of a namespace is one of a function that is loaded when needed if it is the name"
    )
    for name, state, place, tool in (
        ("deferred", "tool_search_deferred.undecided", 3, ["function_deferred", None, "lookup"]),
        ("namespace", "namespace_two_tools_of_one_name.undecided", 1, ["function", "crm", "lookup"]),
    ):
        lists = (f"/generated_items/{place}", f"/session_items/{place}", "/current_step/data/interruptions/0")
        untold = [cut(f"{at}/tool_lookup_key") for at in lists]
        document = py(state, *untold, put("/last_processed_response/functions/0/tool/lookupKey", None))
        at = {"/runs/0/calls/0/tool": tool}
        yield converted(f"tool-py-{name}-by-its-item", title, ["TS-TOOL-006"], document, OWN, at)


def _recipients() -> Iterator[JSON]:
    document = js("one_waiting.undecided", _FORGET)
    title = "A call whose MCP recipient is not known is not written as an ordinary function without the caller's word"
    yield unconverted("tool-js-recipient-unknown", title, ["TS-TOOL-013"], document, PYTHON, "assumption-needed")
    title = "With the caller's word a call whose MCP recipient is not known is written as an ordinary function"
    at: JSON = {"/last_processed_response/functions/0/tool/name": "send_email"}
    flag = ("mcp-recipients",)
    yield converted("tool-js-recipient-asserted", title, ["TS-TOOL-013"], document, PYTHON, at, assume=flag)
    title = "A call whose MCP recipient is not known goes back as it was"
    at = {"/$schemaVersion": "1.22"}
    yield converted("tool-js-recipient-unknown-back", title, ["TS-TOOL-013"], document, JS, at)


def _digests() -> Iterator[JSON]:
    """Yield the digests of the examples of the dialects' pages, and one that a hop has made anew."""
    title = "The example of the dialect: the digest of a call is that of its place in the imported run"
    for short, document, digest in (
        ("py", py("one_waiting.decided"), "5a32617d82b7ed83e19213e0bdd39d99367cd92f2f3503e111948811338dffae"),
        ("js", js("one_waiting.decided"), "cfe81f5a9f23d1ca12d921a2ef6189b612a18298366c96a4f67242af0893d752"),
    ):
        at = {"/runs/0/calls/0/digest": f"sha256:{digest}", "/approvals/0/digest": f"sha256:{digest}"}
        yield converted(f"tool-{short}-digest", title, ["TS-CORE-022", "TS-TOOL-014"], document, OWN, at)
