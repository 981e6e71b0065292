"""Sessions that a service keeps: conversations of OpenAI, which the suite plays."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from keep_cases.case import JSON, asks, case, user

_MADE: JSON = {"json": {"id": "conv_1", "object": "conversation", "created_at": 1, "metadata": {}}}
_LISTED: JSON = {"object": "list", "has_more": False, "first_id": "i", "last_id": "i"}
_ADDED: JSON = {"json": {**_LISTED, "data": []}}
_SILENT: JSON = {"hangs_up": True}
_MAKE = ["POST", "/v1/conversations"]
_ADD = ["POST", "/v1/conversations/conv_1/items"]
_ITEM = {"type": "message", "id": "msg_1", "role": "user", "status": "completed", "content": [
    {"type": "input_text", "text": "Hello!"}]}  # fmt: skip


def cases() -> Iterator[JSON]:
    """Yield the cases of services."""
    hello = user("Hello!")
    yield _case(
        "made-at-first-use", "A session without an id is made in the service as the first item is added", ["024"],
        [_MADE, _ADDED], _uses("session_add", items=[hello]), [_MAKE, _ADD],
    )  # fmt: skip
    yield _case(
        "made-to-be-read", "A session without an id is made in the service as it is read, too", ["024"],
        [_MADE, {"json": {**_LISTED, "data": [_ITEM]}}], _uses("session_items", {"items": [_ITEM]}),
        [_MAKE, ["GET", "/v1/conversations/conv_1/items"]],
    )  # fmt: skip
    yield _case(
        "there-already", "A session that has an id is not made again", ["024"],
        [_ADDED], _uses("session_add", session="conv_1", items=[hello]), [_ADD],
    )  # fmt: skip
    yield _case(
        "not-asked-twice", "Items whose request was not answered are not sent again", ["025"],
        [_SILENT, _ADDED], _uses("session_add", err={"code": "session-remote"}, session="conv_1", items=[hello]),
        [_ADD],
    )  # fmt: skip
    many = [user(str(number)) for number in range(25)]
    told = {"code": "session-remote", "message": {"$holds": {"all": ["20"]}}}
    yield _case(
        "known-to-be-there", "Where a second request was not answered, the error says how many items are there",
        ["025"],
        [_ADDED, _SILENT, _ADDED], _uses("session_add", err=told, session="conv_1", items=many), [_ADD, _ADD],
    )  # fmt: skip


def _case(  # noqa: PLR0917 - the members of a case, in their order
    name: str, title: str, rules: list[str], answers: list[JSON], use: JSON, requests: Sequence[Sequence[str]]
) -> JSON:
    """Return a case: what the service says, how the session is used, and what the service has to be asked."""
    environ = {"OPENAI_BASE_URL": {"$service": "/v1"}, "OPENAI_API_KEY": "sk-none", "NO_PROXY": "127.0.0.1"}
    steps = [{"serves": answers}, {"start": "c", "environ": environ}, use, {"asked": [[*each] for each in requests]}]
    numbers = [f"SESS-{rule}" for rule in rules]
    return case(f"session/openai-{name}", title, numbers, use["op"], steps, ["session-openai"])


def _uses(op: str, ok: Any = None, err: Any = None, **args: Any) -> JSON:
    return asks(op, {"kind": "openai", **args}, ok, err=err, process="c")
