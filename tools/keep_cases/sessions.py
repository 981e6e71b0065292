"""What every session keeps: the one that an implementation takes by itself, a file of lines, and SQLite."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from keep_cases.case import JSON, asks, at, case, killed, sql, user

#: Kind -> what its cases begin with, what arguments name it, and what a testee declares. The first is whatever an
#: implementation takes where none is named.
KINDS: dict[str, tuple[str, JSON, list[str]]] = {
    "own": ("", {}, []),
    "file": ("file-", {"kind": "file", "agent": "Assistant"}, ["session-file"]),
    "sqlite": ("sqlite-", {"kind": "sqlite"}, ["session-sqlite"]),
}
_CALL = {"type": "function_call", "call_id": "c1", "name": "get_weather", "arguments": '{"city":"Oslo"}'}
_OUTPUT = {"type": "function_call_output", "call_id": "c1", "output": "sunny"}
_ODD = {
    "type": "x-later", "nothing": None, "empty": "", "list": [], "deep": {"a": [{"b": [1, -2.5, True]}]},
    "text": 'Zo\u00eb \U0001f41d \u2028 \\ " \n',
}  # fmt: skip
_REFUSED = ["storage-full", "storage-io", "storage-denied"]
_LARGE = {"role": "user", "content": {"$repeat": ["x", 100_000]}}


class Asked:
    """Requests about the session `ann` of one kind."""

    def __init__(self, kind: str) -> None:
        self.prefix, self.args, self.features = KINDS[kind]

    def add(self, *items: Any, **more: Any) -> JSON:
        """Return an addition."""
        return self._asks("session_add", more, items=[*items])

    def holds(self, *items: Any, **more: Any) -> JSON:
        """Return a look at the items."""
        args = {"limit": more.pop("limit")} if "limit" in more else {}
        return self._asks("session_items", {**more, "ok": {"items": [*items]}}, **args)

    def refused(self, limit: int) -> JSON:
        """Return a look with a limit that is none."""
        return self._asks("session_items", {"err": "usage"}, limit=limit)

    def pops(self, item: Any, **more: Any) -> JSON:
        """Return a removal of the last item."""
        return self._asks("session_pop", {**more, "ok": {"item": item}})

    def clear(self, **more: Any) -> JSON:
        """Return a removal of all items."""
        return self._asks("session_clear", more)

    def case(self, name: str, title: str, rules: list[str], *steps: JSON) -> JSON:
        """Return a case of this kind."""
        return case(
            f"session/{self.prefix}{name}",
            title,
            [f"SESS-{rule}" if rule.isdigit() else rule for rule in rules],
            steps[0]["op"],
            steps,
            self.features,
        )

    def _asks(self, op: str, more: JSON, **args: Any) -> JSON:
        session = more.pop("session", "ann")
        return asks(op, {**self.args, "place": at(), "session": session, **args}, **more)


def cases() -> Iterator[JSON]:
    """Yield the cases of every kind, then those of kinds that keep files of their own."""
    for kind in KINDS:
        yield from _given(Asked(kind))
        yield from _kept(Asked(kind))
    for kind in ("file", "sqlite"):
        yield _no_room(Asked(kind))
    yield _waits()


def _given(of: Asked) -> Iterator[JSON]:
    a, b, c = user("a"), {"role": "assistant", "content": "b"}, user("c")
    yield of.case(
        "items-in-order", "Items are given oldest first, as they were added", ["011"],
        of.add(a, b), of.add(c), of.holds(a, b, c),
    )  # fmt: skip
    yield of.case(
        "items-equal", "An item is given as it was added, with members that nobody knows", ["011"],
        of.add(_CALL, _OUTPUT, _ODD), of.holds(_CALL, _OUTPUT, _ODD), killed(), of.holds(_CALL, _OUTPUT, _ODD),
    )  # fmt: skip
    yield of.case(
        "items-twice", "An item that was added twice is given twice", ["011"],
        of.add(a, a), of.add(b, a), of.holds(a, a, b, a),
    )  # fmt: skip
    yield of.case(
        "nothing-there", "A session to which nothing was added is empty", ["011"],
        of.holds(), of.add(), of.holds(),
    )  # fmt: skip
    for name, bad in (("empty", ""), ("with-nul", "a\0b")):
        yield of.case(
            f"id-{name}", "An id that is empty or holds NUL is none", ["CORE-008"],
            of.add(a, session=bad, err="session-id"), of.add(a), of.holds(a),
        )  # fmt: skip
    yield of.case(
        "apart", "Sessions of different ids hold different items", ["011"],
        of.add(a), of.add(b, session="bob"), of.holds(a), of.holds(b, session="bob"), of.clear(session="bob"),
        of.holds(session="bob"), of.holds(a),
    )  # fmt: skip
    yield of.case(
        "limit", "With a limit the last items are given, oldest first", ["012"],
        of.add(a, b, c), of.holds(b, c, limit=2), of.holds(c, limit=1), of.holds(a, b, c, limit=3),
        of.holds(a, b, c, limit=99),
    )  # fmt: skip
    yield of.case(
        "limit-of-none", "A limit of 0 gives no items", ["012"],
        of.add(a, b), of.holds(limit=0), of.holds(a, b),
    )  # fmt: skip
    yield of.case(
        "limit-below-none", "A negative limit is refused", ["012"], of.add(a, b), of.refused(-1), of.refused(-99),
    )  # fmt: skip
    yield of.case(
        "last-removed", "Removing the last item gives it, and the one before is the last then", ["013"],
        of.add(a, b), of.pops(b), of.holds(a), of.add(c), of.pops(c), of.pops(a), of.holds(),
    )  # fmt: skip
    yield of.case(
        "nothing-to-remove", "Removing the last item gives nothing where there is none", ["013"],
        of.pops(None), of.add(a), of.pops(a), of.pops(None), of.add(b), of.clear(), of.pops(None),
    )  # fmt: skip


def _kept(of: Asked) -> Iterator[JSON]:
    a, b, c = user("a"), user("b"), user("c")
    yield of.case(
        "kept-when-killed", "Items whose addition was acknowledged outlive the process", ["014"],
        of.add(a), of.add(b, c), killed(), of.holds(a, b, c), of.add(a), killed(), of.holds(a, b, c, a),
    )  # fmt: skip
    yield of.case(
        "seen-by-others", "What one process has added another one that is at work finds at once", ["011", "014"],
        of.add(a), of.holds(a, process="b"), of.add(b, process="b"), of.holds(a, b), of.pops(b),
        of.holds(a, process="b"),
    )  # fmt: skip
    for name, bad in {"no-type": {"content": "x"}, "empty": {}, "type-a-number": {"type": 1, "content": "x"}}.items():
        yield of.case(
            f"one-item-impossible-{name}", "An addition with one item that is none adds none of them", ["017", "002"],
            of.add(a), of.add(b, bad, c, err="session-item"), of.holds(a), killed(), of.holds(a),
        )  # fmt: skip


def _no_room(of: Asked) -> JSON:
    a, b = user("a"), user("b")
    there = {"role": "user", "content": {"$text": None}}
    return of.case(
        "no-room", "Where the system refuses to write, the code says so, and what was kept stays", ["014", "018"],
        of.add(a), {"start": "c", "file_size": 65_536}, of.add(b, process="c"),
        of.add(_LARGE, process="c", err=_REFUSED),
        asks("session_items", {**of.args, "place": at(), "session": "ann"},
             {"items": {"$any": [[a, b], [a, b, there]]}}),
    )  # fmt: skip


def _waits() -> JSON:
    of = Asked("sqlite")
    a, b, c = user("a"), user("b"), user("c")
    item = '{"role":"user","content":"b"}'
    insert = ["INSERT INTO items (session, item) VALUES ('ann', ?)", {"text": item}]
    return of.case(
        "writers-wait", "Whoever adds to a database waits for another who is adding", ["011"],
        of.add(a), {**of.add(c), "meanwhile": {"sql": "sessions.sqlite3", "do": [insert]}}, of.holds(a, b, c),
        sql("sessions.sqlite3", "SELECT count(*) FROM items", rows=[[3]]),
    )  # fmt: skip
