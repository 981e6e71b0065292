"""Conversations as OpenAI keeps them: made, added to, listed page by page, deleted; strict where the service is."""

from __future__ import annotations

from itertools import count
from typing import Any, NamedTuple

JSON = dict[str, Any]
# What one request may add, and what one page may hold: the reference of the Conversations API.
_MOST_ADDED, _PAGE, _MOST_LISTED = 20, 20, 100
_PART = {"assistant": "output_text"}
# The service gives these ids of its own.
_RENAMED = {"message": "msg", "function_call": "fc", "function_call_output": "fco"}


class Answer(NamedTuple):
    """An HTTP status and a JSON body."""

    status: int
    body: JSON


class Conversations:
    """All conversations of a server, in memory.

    Attributes:
        items: the items of each conversation, oldest first.
    """

    def __init__(self) -> None:
        self.items: dict[str, list[JSON]] = {}
        self._ids = count(1)

    def handle(self, method: str, path: list[str], query: dict[str, str], body: JSON) -> Answer:
        """Answer a request; the path is what follows `conversations`."""
        if not path and method == "POST":
            return self._make(body)
        if not path or path[0] not in self.items:
            return refusal(404, "there is no such conversation")
        kept = self.items[path[0]]
        if len(path) == 1:
            if method == "DELETE":
                del self.items[path[0]]
                return Answer(200, {"id": path[0], "object": "conversation.deleted", "deleted": True})
            return Answer(200, _conversation(path[0]))
        if method == "POST":
            return self._add(kept, body.get("items", []))
        if method == "DELETE":
            kept[:] = [item for item in kept if item["id"] != path[2]]
            return Answer(200, _conversation(path[0]))
        return _listed(kept, query)

    def extend(self, conversation: str, items: list[JSON]) -> None:
        """Add what a response has read and written."""
        self.items[conversation] += [self._kept(item) for item in items]

    def _make(self, body: JSON) -> Answer:
        made = f"conv_{next(self._ids):08d}"
        self.items[made] = [self._kept(item) for item in body.get("items") or ()]
        return Answer(200, _conversation(made))

    def _add(self, kept: list[JSON], items: list[JSON]) -> Answer:
        if len(items) > _MOST_ADDED:
            return refusal(400, f"more than {_MOST_ADDED} items")
        added = [self._kept(item) for item in items]
        kept += added
        return Answer(200, _page(added, more=False))

    def _kept(self, item: JSON) -> JSON:
        """Return an item as the service keeps it: with an id of its own, its content in parts."""
        kind = item.get("type", "message")
        made = {"id": f"{_RENAMED[kind]}_{next(self._ids):08d}"} if kind in _RENAMED else {}
        kept = {"type": kind, **item, **made}
        kept.setdefault("id", f"item_{next(self._ids):08d}")
        kept.setdefault("status", "completed")
        if isinstance(item.get("content"), str):
            kept["content"] = [{"type": _PART.get(item["role"], "input_text"), "text": item["content"]}]
        return kept


def refusal(status: int, message: str) -> Answer:
    """Return an error in the form the API gives it."""
    return Answer(status, {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": None}})


def _conversation(made: str) -> JSON:
    return {"id": made, "object": "conversation", "created_at": 1, "metadata": {}}


def _listed(kept: list[JSON], query: dict[str, str]) -> Answer:
    """Return one page of items, newest first unless asked otherwise."""
    items = kept if query.get("order") == "asc" else kept[::-1]
    limit = int(query.get("limit", _PAGE))
    if not 1 <= limit <= _MOST_LISTED:
        return refusal(400, f"a page holds 1 to {_MOST_LISTED} items")
    if "after" in query:
        ids = [item["id"] for item in items]
        if query["after"] not in ids:
            return refusal(404, "there is no such item")
        items = items[ids.index(query["after"]) + 1 :]
    return Answer(200, _page(items[:limit], more=len(items) > limit))


def _page(items: list[JSON], *, more: bool) -> JSON:
    ids = [item["id"] for item in items] or [None]
    return {"object": "list", "data": items, "has_more": more, "first_id": ids[0], "last_id": ids[-1]}
