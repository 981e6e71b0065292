"""Decides whether two records show the same behaviour: what "resumes correctly" means."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

JSON = dict[str, Any]
ABSENT = "(absent)"
# Names of wire fields that carry nothing a resume depends on.
COSMETIC = ("logprobs",)
COSMETIC_WHEN_EMPTY = ("annotations", "pending_safety_checks")
REQUEST_KEYS = ("agent", "input", "instructions", "tools", "previous_response_id", "conversation")


@dataclass(frozen=True)
class Difference:
    """One place where two records disagree."""

    where: str
    expected: Any
    got: Any
    kind: str

    def __str__(self) -> str:
        return f"{self.kind} {self.where}: expected {_short(self.expected)}, got {_short(self.got)}"


def _short(value: Any) -> str:
    """Give a value as text that fits a line."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 200 else text[:200] + "..."


def compare(expected_record: JSON, got_record: JSON, *, same_family: bool) -> list[Difference]:
    """List how `got_record` differs from `expected_record`; empty means the same behaviour.

    Args:
        expected_record: What the SDK that wrote the state does with it.
        got_record: What was done instead, in the same record form.
        same_family: Whether both records come from one SDK family; if not, what the two are
            known to write differently without meaning anything else is made equal first.
    """
    differences: list[Difference] = []
    for key in ("pending", "next"):
        differences += _compare_pending(key, expected_record, got_record)
    differences += _compare_executed(expected_record, got_record)
    differences += _compare_requests(expected_record, got_record, same_family=same_family)
    for key in ("final_output", "last_agent", "usage"):
        differences += _compare_result(key, expected_record, got_record)
    differences += _compare_sessions(expected_record, got_record, same_family=same_family)
    differences += _compare_errors(expected_record, got_record, same_family=same_family)
    return differences


def _compare_pending(key: str, expected: JSON, got: JSON) -> list[Difference]:
    """Compare pending calls in order: agent, tool, call id, argument string, parent."""
    return list(_diff(f"/{key}", expected.get(key, []), got.get(key, []), key))


def _compare_executed(expected: JSON, got: JSON) -> list[Difference]:
    """Compare what ran as a multiset, as parallel tools finish in any order."""
    sides = [expected.get("executed", []), got.get("executed", [])]
    # Some SDK interfaces do not tell a tool its call id; then name and arguments must do.
    with_ids = all(call.get("call_id") for side in sides for call in side)
    names = ("tool", "arguments", "call_id") if with_ids else ("tool", "arguments")
    wanted, found = (Counter(tuple(call[n] for n in names) for call in side) for side in sides)
    differences = []
    for call in sorted(set(wanted) | set(found), key=repr):
        if wanted[call] != found[call]:
            where = f"/executed/{_escape(str(call[0]))}"
            shown = dict(zip(names, call, strict=True))
            more = {"call": shown, "times": wanted[call]}
            differences.append(Difference(where, more, {**more, "times": found[call]}, "executed"))
    return differences


def _compare_requests(expected: JSON, got: JSON, *, same_family: bool) -> list[Difference]:
    """Compare requests in order; agent by agent where nested runs go on side by side."""
    wanted = [_canonical_request(r, same_family) for r in expected.get("requests", [])]
    found = [_canonical_request(r, same_family) for r in got.get("requests", [])]
    if not _interleaves(expected):
        return list(_diff("/requests", wanted, found, "request"))
    differences: list[Difference] = []
    for agent in sorted({request["agent"] for request in wanted + found}):
        left = [request for request in wanted if request["agent"] == agent]
        right = [request for request in found if request["agent"] == agent]
        # Runs of one agent side by side may ask in any order, so equal ones are paired first.
        left, right = _unpaired(left, right)
        differences += _diff(f"/requests/{_escape(agent)}", left, right, "request")
    return differences


def _interleaves(record: JSON) -> bool:
    """Tell whether two nested runs go on at the same time in this record."""
    calls = record.get("pending", []) + record.get("next", [])
    return len({call["parent"] for call in calls if "parent" in call}) > 1


def _unpaired(left: list[JSON], right: list[JSON]) -> tuple[list[JSON], list[JSON]]:
    """Take out of both lists what they share, keeping the order of the rest."""
    rest, alone = list(right), []
    for request in left:
        if request in rest:
            rest.remove(request)
        else:
            alone.append(request)
    return alone, rest


def _canonical_request(request: JSON, same_family: bool) -> JSON:
    """Give the parts of a request that matter, in one form."""
    known = {key: request.get(key) for key in REQUEST_KEYS}
    known["agent"] = str(request.get("agent"))
    known["input"] = [_canonical_item(item, same_family) for item in _items(request.get("input"))]
    tools = [_canonical_tool(tool, same_family) for tool in request.get("tools") or []]
    known["tools"] = sorted(tools, key=_text)
    return known


def _items(value: Any) -> list[JSON]:
    """Give an input as a list of items; a bare string is a user message."""
    if value is None:
        return []
    return [{"role": "user", "content": value}] if isinstance(value, str) else value


def _canonical_item(item: JSON, same_family: bool) -> JSON:
    """Drop from an item what has no meaning, and write messages in one way."""
    item = _without_cosmetics(item)
    kind = item.get("type", "message")
    if kind == "message":
        item["content"] = _content(item.get("role"), item.get("content"))
        item.pop("type", None)
    if kind.endswith("_output"):
        item.pop("status", None)
    if not same_family and kind == "function_call_output":
        item["output"] = _respaced(item["output"])
    return item


def _content(role: Any, content: Any) -> Any:
    """Write message content that is a bare string as a list of one part."""
    if not isinstance(content, str):
        return content
    return [{"type": "output_text" if role == "assistant" else "input_text", "text": content}]


def _without_cosmetics(value: Any) -> Any:
    """Drop nulls, log probabilities and empty lists without meaning, at any depth."""
    if isinstance(value, list):
        return [_without_cosmetics(entry) for entry in value]
    if not isinstance(value, dict):
        return value
    kept = {}
    for key, entry in value.items():
        if entry is None or key in COSMETIC or (key in COSMETIC_WHEN_EMPTY and entry == []):
            continue
        kept[key] = _without_cosmetics(entry)
    return kept


def _respaced(output: Any) -> Any:
    """Write a handoff's own result without blanks; other results stay byte for byte."""
    if isinstance(output, str) and output.startswith('{"assistant":'):
        try:
            return json.dumps(json.loads(output), separators=(",", ":"), ensure_ascii=False)
        except ValueError:
            return output
    return output


def _canonical_tool(tool: JSON, same_family: bool) -> JSON:
    """Give a tool as sent, or between families what names it: SDKs word schemas differently."""
    if same_family:
        return _without_cosmetics(tool)
    names = ("type", "name", "server_label")
    known = {name: tool[name] for name in names if tool.get(name) is not None}
    if tool.get("type") == "namespace":
        known["tools"] = sorted(inner["name"] for inner in tool.get("tools", []))
    return known


def _compare_result(key: str, expected: JSON, got: JSON) -> list[Difference]:
    """Compare one part of the result; after an error an SDK may not tell it, which says nothing."""
    wanted, found = expected.get(key), got.get(key)
    if expected.get("error") and got.get("error") and (wanted is None or found is None):
        return []
    return list(_diff(f"/{key}", wanted, found, key))


def _compare_sessions(expected: JSON, got: JSON, *, same_family: bool) -> list[Difference]:
    """Compare session items; between families only what each item is about."""
    sides = [expected.get("session"), got.get("session")]
    if sides == [None, None]:
        return []
    if same_family:
        wanted, found = (_session_items(side, same_family) for side in sides)
    else:
        wanted, found = ([_subject(item) for item in side or []] for side in sides)
    return list(_diff("/session", wanted, found, "session"))


def _session_items(items: list[JSON] | None, same_family: bool) -> list[JSON]:
    """Give session items of one family in canonical form."""
    return [_canonical_item(item, same_family) for item in items or []]


def _subject(item: JSON) -> JSON:
    """Tell what a session item of either form is about: its type, and the call or role."""
    provider = item.get("providerData") or item.get("provider_data") or {}
    kind: str = item.get("type") or "message"
    if kind == "hosted_tool_call":
        kind = provider.get("type") or item.get("name") or kind
    kind = kind.replace("_call_result", "_call_output")
    identity = item.get("callId") or item.get("call_id") or item.get("role") or item.get("id")
    return {"type": kind, "about": identity}


def _compare_errors(expected: JSON, got: JSON, *, same_family: bool) -> list[Difference]:
    """Compare errors: the stage, and within a family also the type and the text."""
    names = ("stage", "type", "message") if same_family else ("stage",)
    sides = [expected.get("error"), got.get("error")]
    wanted, found = ({n: side.get(n) for n in names} if side else None for side in sides)
    return list(_diff("/error", wanted, found, "error"))


def _diff(where: str, expected: Any, got: Any, kind: str) -> Iterator[Difference]:
    """Yield the innermost places where two JSON values differ."""
    if isinstance(expected, dict) and isinstance(got, dict):
        for key in sorted(set(expected) | set(got)):
            sides = (expected.get(key, ABSENT), got.get(key, ABSENT))
            yield from _diff(f"{where}/{_escape(key)}", *sides, kind)
    elif isinstance(expected, list) and isinstance(got, list):
        pairs = zip_longest(expected, got, fillvalue=ABSENT)
        for index, (left, right) in enumerate(pairs):
            yield from _diff(f"{where}/{index}", left, right, kind)
    elif _text(expected) != _text(got):
        yield Difference(where, expected, got, kind)


def _text(value: Any) -> str:
    """Give a value as comparable text, in which true is not 1 and 1.0 is not 1."""
    return json.dumps(value, sort_keys=True)


def _escape(key: str) -> str:
    """Escape a JSON Pointer token."""
    return key.replace("~", "~0").replace("/", "~1")
