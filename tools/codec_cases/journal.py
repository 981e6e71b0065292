"""Cases of the journal: what a document and its changes stand for, and what does not go with it (durability.md)."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

from codec_cases.case import JSON, ROOT, case, refusal, source

_FILE = "spec/schema/v1/examples/RunState/valid/{}.json"
_MORE = {"source": "staged", "item": {"role": "user", "content": "More"}}
_LAST = {"source": "staged", "item": {"role": "user", "content": "That is all"}}
_NOTE = {"action": "decided", "subject": "c2: approve", "by": "ann@example.com"}
_RESULT = {"position": "input", "name": "polite", "behavior": "allow"}
_USAGE = {"requests": 2, "input_tokens": 20, "output_tokens": 9, "total_tokens": 29}
_STICKY = {"run": "r1", "agent": "Assistant", "tool": ["function", None, "send_email"], "decision": "approve",
           "item": "*", "call_id": "c2"}  # fmt: skip


def _change(revision: int, **members: Any) -> JSON:
    return {"revision": revision, **members}


def _root(**members: Any) -> list[JSON]:
    return [{"id": "r1", **members}]


def _set(**members: Any) -> Callable[[JSON], None]:
    """Return what gives a document other members."""
    return lambda document: document.update(members)


def _approved(document: JSON) -> None:
    call = document["runs"][0]["calls"][1]
    document["revision"], call["state"] = 7, "approved"


def _grown(document: JSON) -> None:
    run = document["runs"][0]
    document["revision"] = 8
    run["log"] += [_MORE, _LAST]
    run["view"] = [[0, 6]]


def _checked(document: JSON) -> None:
    document["revision"] = 7
    document["runs"][0]["guardrails"] = {"input_done": False, "results": [_RESULT]}


def _noted(document: JSON) -> None:
    document |= {"revision": 8, "provenance": [_NOTE, {**_NOTE, "subject": "c2: reject"}]}


def _standing(document: JSON) -> None:
    document |= {"revision": 7, "requires": ["sticky"], "approvals": [_STICKY]}
    document["runs"][0]["calls"][1]["state"] = "approved"


def _stepped(document: JSON) -> None:
    document["revision"] = 7
    document["runs"][0] |= {"step": {"type": "acting"}, "limits": {"max_turns": 12}}


def _served(document: JSON) -> None:
    document["revision"] = 7
    document["runs"][0]["server"] = {"conversation_id": "conv_1"}


def _ended(document: JSON) -> None:
    """Take the nested run away, and have its call completed."""
    root = document["runs"][0]
    root["log"].append(_OUTPUT)
    root["calls"][0] |= {"state": "completed", "outputs": [len(root["log"]) - 1]}
    document |= {"revision": document["revision"] + 1, "requires": [], "approvals": [], "runs": [root]}


def _read(name: str) -> JSON:
    return json.loads((ROOT / _FILE.format(name)).read_text(encoding="utf-8"))


_NESTED = _read("nested-decided")
_OUTPUT = {
    "source": "tool",
    "agent": _NESTED["runs"][0]["log"][_NESTED["runs"][0]["calls"][0]["item"]]["agent"],
    "item": {"type": "function_call_output", "call_id": _NESTED["runs"][0]["calls"][0]["call_id"], "output": "Done."},
}
_CALLS = _read("parallel-one-executed")["runs"][0]["calls"]
_SEND = {"from": 1, "entries": [{**_CALLS[1], "state": "approved"}]}

_Row = tuple[list[JSON], Callable[[JSON], None], list[str], str]
#: Name -> the changes, what the document is after them, the rule, and the behaviour.
_APPLIED: dict[str, _Row] = {
    "nothing-but-a-revision": (
        [_change(7)],
        _set(revision=7),
        ["TS-DUR-002"],
        "A member that a change does not have stays as it was",
    ),
    "same-revision": ([_change(6)], _set(), ["TS-DUR-002"], "A change need not raise the revision"),
    "counts": ([_change(7, told=9, usage=_USAGE)], _set(revision=7, told=9, usage=_USAGE), ["TS-DUR-002"],
               "Counts of the whole tree are those of the change"),
    "in-their-order": (
        [_change(7, runs=_root(log=[_MORE], view=[[0, 5]])), _change(8, runs=_root(log=[_LAST], view=[[0, 6]]))],
        _grown,
        ["TS-DUR-001", "TS-DUR-002"],
        "A document stands for its snapshot with each change in turn",
    ),
    "newest-of-two": (
        [_change(7, told=9, agents=[{"key": "Assistant", "name": "A"}]), _change(8, told=11)],
        _set(revision=8, told=11, agents=[{"key": "Assistant", "name": "A"}]),
        ["TS-DUR-001"],
        "What a later change does not name stays as the earlier one has it",
    ),
    "ledger": ([_change(7, runs=_root(calls=_SEND))], _approved, ["TS-DUR-002"],
               "The first entries of a ledger stay, and those of the change come after them"),
    "guardrails": (
        [_change(7, runs=_root(results=[_RESULT], input_done=False))],
        _checked,
        ["TS-DUR-002"],
        "Results of guardrails are added, and the mark of the input takes the place of the old one",
    ),
    "provenance": (
        [_change(7, provenance=[_NOTE]), _change(8, provenance=[{**_NOTE, "subject": "c2: reject"}])],
        _noted,
        ["TS-DUR-002"],
        "Notes of provenance are added to those that there are",
    ),
    "requires": (
        [_change(7, approvals=[_STICKY], runs=_root(calls=_SEND))],
        _standing,
        ["TS-DUR-002"],
        "What a document requires is what it uses after the change",
    ),
    "replaced": (
        [_change(7, runs=_root(step={"type": "acting"}, limits={"max_turns": 12}))],
        _stepped,
        ["TS-DUR-002"],
        "Other members of a run take the place of the old ones, whole",
    ),
    "server": ([_change(7, runs=_root(server={"conversation_id": "conv_1"}))], _served, ["TS-DUR-002"],
               "A run gets a member that it had not"),
    "no-server-any-more": (
        [_change(7, runs=_root(server={"conversation_id": "conv_1"})), _change(8, runs=_root(server=None))],
        _set(revision=8),
        ["TS-DUR-001", "TS-DUR-002"],
        "A member that is null in a change is gone from the run",
    ),
}  # fmt: skip
#: Name -> the change, its code, and the behaviour.
_REFUSED: dict[str, tuple[JSON, str, str]] = {
    "unknown-field": (_change(7, later=1), "unknown-field", "A change with an unknown field is refused"),
    "unknown-field-of-a-run": (
        _change(7, runs=_root(later=1)), "unknown-field", "A change of a run with an unknown field is refused"),
    "lower-revision": (_change(5), "state-inconsistent", "A change of a lower revision is refused"),
    "unknown-run": (_change(7, runs=[{"id": "r9"}]), "state-inconsistent", "A change of another run is refused"),
    "end-of-an-unknown-run": (_change(7, ended=["r9"]), "state-inconsistent", "The end of another run is refused"),
    "ledger-with-a-gap": (
        _change(7, runs=_root(calls={"from": 3, "entries": []})), "state-inconsistent",
        "A change of a place that a ledger does not have is refused"),
}  # fmt: skip


def cases() -> Iterator[JSON]:
    """Yield the cases."""
    for name, row in _APPLIED.items():
        yield _applied(name, "parallel-one-executed", row)
    calls = _NESTED["runs"][0]["calls"]
    output = len(_NESTED["runs"][0]["log"])
    entries = [{**calls[0], "state": "completed", "outputs": [output]}, *calls[1:]]
    ended = _change(
        _NESTED["revision"] + 1,
        approvals=[],
        ended=[run["id"] for run in _NESTED["runs"][1:]],
        runs=[{"id": _NESTED["runs"][0]["id"], "log": [_OUTPUT], "calls": {"from": 0, "entries": entries}}],
    )
    title = "A nested run that has ended goes, and the run above it has its output"
    yield _applied("nested-run-ended", "nested-decided", ([ended], _ended, ["TS-DUR-002"], title))
    for name, (change, code, title) in _REFUSED.items():
        yield _refused(name, title, [change], code)
    title = "A change whose revision is lower than that of the change before it is refused"
    yield _refused("lower-than-the-change-before", title, [_change(9), _change(8)], "state-inconsistent")


def _applied(name: str, file: str, row: _Row) -> JSON:
    changes, after, rules, title = row
    document = copy.deepcopy(_read(file))
    after(document)
    args = {"state": source(_FILE.format(file)), "changes": _texts(changes)}
    return case(f"journal-{name}", title, rules, "hand", "apply", args, {"ok": {"state": {"$json": document}}},
                ("timestep",))  # fmt: skip


def _refused(name: str, title: str, changes: list[JSON], code: str) -> JSON:
    args = {"state": source(_FILE.format("parallel-one-executed")), "changes": _texts(changes)}
    return case(f"journal-{name}", title, ["TS-DUR-003"], "hand", "apply", args, refusal(code), ("timestep",))


def _texts(changes: list[JSON]) -> list[JSON]:
    return [{"text": json.dumps(change, separators=(",", ":"))} for change in changes]
