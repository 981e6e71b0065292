"""The tables in SQLite: made as the page tells, read where others have made them, and refused where they are later."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from keep_cases.case import JSON, asks, at, case, put, run, sql, user
from keep_cases.stores import Asked

_RUNS, _ITEMS = "runs.sqlite3", "sessions.sqlite3"
_OF_ITEMS = {"kind": "sqlite", "place": at(), "session": "ann"}
_TIME = "2026-11-20T09:30:00.000+00:00"
_LATER = "2026-11-20T09:31:00.000+00:00"
_HELLO = user("Hello!")
_ITEMS_TABLE = "CREATE TABLE items (id INTEGER PRIMARY KEY, session TEXT NOT NULL, item BLOB NOT NULL)"
_RUNS_TABLE = (
    "CREATE TABLE runs (id INTEGER PRIMARY KEY AUTOINCREMENT, session TEXT NOT NULL, run TEXT NOT NULL,"
    " version INTEGER NOT NULL, revision INTEGER NOT NULL, ended INTEGER NOT NULL, step TEXT NOT NULL,"
    " agent TEXT NOT NULL, created_at TEXT NOT NULL, saved_at TEXT NOT NULL, document BLOB NOT NULL,"
    " UNIQUE (session, run))"
)
_FIRST = (_RUNS_TABLE, "CREATE INDEX runs_open ON runs (session, ended, id)")
_CHANGES_TABLE = (
    "CREATE TABLE changes (key INTEGER PRIMARY KEY, revision INTEGER NOT NULL, step TEXT NOT NULL,"
    " agent TEXT NOT NULL, saved_at TEXT NOT NULL, change BLOB NOT NULL)"
)
_HISTORY_TABLE = (
    "CREATE TABLE history (id INTEGER NOT NULL, version INTEGER NOT NULL, revision INTEGER NOT NULL,"
    " step TEXT NOT NULL, agent TEXT NOT NULL, saved_at TEXT NOT NULL, waits TEXT NOT NULL, PRIMARY KEY (id, version))"
)
_NEXT = (
    _CHANGES_TABLE,
    _HISTORY_TABLE,
    "CREATE TABLE claims (id INTEGER PRIMARY KEY, holder TEXT NOT NULL, until TEXT NOT NULL)",
)
_COLUMNS = "SELECT name, upper(type) FROM pragma_table_info('{}') ORDER BY name"
_INSERT = (
    "INSERT INTO runs (session, run, version, revision, ended, step, agent, created_at, saved_at, document)"  # noqa: S608
    f" VALUES ('ann', 'r1', 1, 6, 0, 'interrupted', 'Assistant', '{_TIME}', '{_TIME}', ?)"
)
#: Column by column, as the page has them.
_TABLES: dict[str, dict[str, str]] = {
    "runs": {
        "agent": "TEXT", "created_at": "TEXT", "document": "BLOB", "ended": "INTEGER", "id": "INTEGER",
        "revision": "INTEGER", "run": "TEXT", "saved_at": "TEXT", "session": "TEXT", "step": "TEXT",
        "version": "INTEGER",
    },
    "changes": {
        "agent": "TEXT", "change": "BLOB", "key": "INTEGER", "revision": "INTEGER", "saved_at": "TEXT", "step": "TEXT",
    },
    "history": {
        "agent": "TEXT", "id": "INTEGER", "revision": "INTEGER", "saved_at": "TEXT", "step": "TEXT",
        "version": "INTEGER", "waits": "TEXT",
    },
    "claims": {"holder": "TEXT", "id": "INTEGER", "until": "TEXT"},
}  # fmt: skip


def cases() -> Iterator[JSON]:
    """Yield the cases of the tables."""
    yield from _made()
    yield from _read()
    yield from _versions()
    yield _not_over_another()
    yield _no_room()


def _items_case(name: str, title: str, rules: list[str], *steps: JSON) -> JSON:
    op = next(step["op"] for step in steps if "op" in step)
    return case(f"session/sqlite-{name}", title, rules, op, steps, ["session-sqlite"])


def _adds(*items: JSON, **more: Any) -> JSON:
    return asks("session_add", {**_OF_ITEMS, "items": [*items]}, **more)


def _made() -> Iterator[JSON]:
    of = Asked("sqlite")
    for table, columns in _TABLES.items():
        yield of.case(
            f"table-{table}", f"Saved runs stand in tables as the page tells: {table}", ["STORE-012"],
            of.saves(run(), 0), sql(_RUNS, _COLUMNS.format(table), rows=[*columns.items()]),
            sql(_RUNS, "PRAGMA user_version", rows=[[5]]),
        )  # fmt: skip
    head = "session, run, version, revision, ended, step, agent, json_extract(CAST(document AS TEXT), '$.revision')"
    yield of.case(
        "rows", "What stands in the tables is what they are for", ["STORE-012"],
        of.saves(run(), 0), of.saves(run("r1", 7, "finished"), 1),
        sql(_RUNS, f"SELECT {head} FROM runs", rows=[["ann", "r1", 2, 7, 1, "finished", "Assistant", 7]]),  # noqa: S608
        sql(_RUNS, "SELECT created_at, saved_at FROM runs", rows=[[{"$time": None}] * 2]),
        sql(_RUNS, "SELECT version, revision, step, json_extract(waits, '$[0].tool') FROM history ORDER BY version",
            rows=[[1, 6, "interrupted", "send_email"], [2, 7, "finished", None]]),
    )  # fmt: skip
    yield _items_case(
        "table-items", "Items stand in a table as the page tells", ["STORE-012"],
        _adds(_HELLO, user("Bye")),
        sql(_ITEMS, _COLUMNS.format("items"), rows=[["id", "INTEGER"], ["item", "BLOB"], ["session", "TEXT"]]),
        sql(_ITEMS, "PRAGMA user_version", rows=[[2]]),
        sql(_ITEMS, "SELECT session, json_extract(CAST(item AS TEXT), '$.content') FROM items ORDER BY id",
            rows=[["ann", "Hello!"], ["ann", "Bye"]]),
    )  # fmt: skip


def _read() -> Iterator[JSON]:
    of, r1 = Asked("sqlite"), run()
    newer = {**r1, "edits": [{"op": "set", "pointer": "/revision", "value": 7},
                             {"op": "set", "pointer": "/x-later", "value": True}]}  # fmt: skip
    made = sql(_RUNS, *_FIRST, *_NEXT, "PRAGMA user_version = 5", [_INSERT, r1])
    yield of.case(
        "of-another", "A run is found that another implementation has saved", ["STORE-012", "STORE-005"],
        made, of.loads(r1, 1), of.saves(run(revision=7), 1), of.loads(run(revision=7), 2, "r1"),
    )  # fmt: skip
    change = {"text": json.dumps({"revision": 7, "runs": [{"id": "r1", "step": {"type": "acting"}}]})}
    moved = {**r1, "edits": [{"op": "set", "pointer": "/revision", "value": 7},
                             {"op": "set", "pointer": "/runs/0/step", "value": {"type": "acting"}}]}  # fmt: skip
    row = f"INSERT INTO changes SELECT (id << 32) + 2, 7, 'acting', 'Assistant', '{_LATER}', ? FROM runs"  # noqa: S608
    yield of.case(
        "of-another-with-changes", "A run is its document with the changes since, whose last one tells its version",
        ["STORE-012", "DUR-001"],
        made, sql(_RUNS, [row, change]), of.loads(moved, 2),
        of.lists([{"run": "r1", "version": 2, "revision": 7, "step": "acting"}]),
        of.saves(newer, 1, err="state-conflict"), of.saves(newer, 2), of.loads(newer, 3),
        sql(_RUNS, "SELECT count(*) FROM changes", rows=[[0]]),
        sql(_RUNS, "SELECT version FROM history ORDER BY version", rows=[[2], [3]]),
    )  # fmt: skip
    item = ["INSERT INTO items (session, item) VALUES ('ann', ?)", {"text": json.dumps(_HELLO)}]
    yield _items_case(
        "of-another", "Items are found that another implementation has added", ["STORE-012"],
        sql(_ITEMS, _ITEMS_TABLE, "CREATE INDEX items_by_session ON items (session, id)", "PRAGMA user_version = 2",
            item),
        asks("session_items", _OF_ITEMS, {"items": [_HELLO]}), _adds(user("Bye")),
        asks("session_items", _OF_ITEMS, {"items": [_HELLO, user("Bye")]}),
    )  # fmt: skip


def _versions() -> Iterator[JSON]:
    of, r1 = Asked("sqlite"), run()
    tables = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
    refused = "storage-version"
    yield of.case(
        "later-layout", "A layout that is later than those that are known is refused, and stays as it is",
        ["STORE-014"],
        sql(_RUNS, "PRAGMA user_version = 99"), of.saves(r1, 0, err=refused), of.loads(r1, 0, err=refused),
        of.lists([], err=refused), sql(_RUNS, "PRAGMA user_version", rows=[[99]]), sql(_RUNS, tables, rows=[]),
    )  # fmt: skip
    yield _items_case(
        "later-layout", "A layout that is later than those that are known is refused, and stays as it is",
        ["STORE-014"],
        sql(_ITEMS, "PRAGMA user_version = 99"), _adds(_HELLO, err=refused),
        asks("session_items", _OF_ITEMS, err=refused), sql(_ITEMS, "PRAGMA user_version", rows=[[99]]),
        sql(_ITEMS, tables, rows=[]),
    )  # fmt: skip
    earlier = sql(_RUNS, *_FIRST, "PRAGMA user_version = 2", [_INSERT, r1])
    yield of.case(
        "earlier-layout", "An earlier layout is extended, and what it holds stays", ["STORE-012"],
        earlier, of.loads(r1, 1), of.saves(run(revision=7), 1), sql(_RUNS, "PRAGMA user_version", rows=[[5]]),
        sql(_RUNS, tables, rows=[[name] for name in sorted(_TABLES)]),
    )  # fmt: skip
    yield of.case(
        "layout-as-a-whole", "Where one statement of a layout fails, nothing of it is made", ["STORE-017"],
        earlier, sql(_RUNS, "CREATE TABLE history (id)"),
        of.saves(run(revision=7), 1, err=["storage-io", "storage-damaged", "storage-version"]),
        sql(_RUNS, "PRAGMA user_version", rows=[[2]]), sql(_RUNS, tables, rows=[["history"], ["runs"]]),
        sql(_RUNS, "SELECT version FROM runs", rows=[[1]]),
    )  # fmt: skip
    others = [*_FIRST, *_NEXT, "PRAGMA user_version = 5", [_INSERT, r1]]
    meanwhile = {"sql": _RUNS, "do": [[each] if isinstance(each, str) else each for each in others]}
    yield of.case(
        "layout-made-meanwhile", "A layout that another process makes meanwhile is waited for, and not made twice",
        ["STORE-017"],
        put(_RUNS, ""), sql(_RUNS, "PRAGMA journal_mode = WAL"),
        {**of.saves(run(revision=7), 1), "meanwhile": meanwhile}, of.loads(run(revision=7), 2),
    )  # fmt: skip


def _not_over_another() -> JSON:
    of, r1 = Asked("sqlite"), run()
    changed = {"sql": _RUNS, "do": [["UPDATE runs SET version = 2"]]}
    return of.case(
        "compared-and-written-at-once", "A save that waited for another one is refused: the version is another now",
        ["STORE-003"],
        of.saves(r1, 0), {**of.saves(run(revision=7), 1, err="state-conflict"), "meanwhile": changed},
        of.loads(r1, 2),
    )  # fmt: skip


def _no_room() -> JSON:
    of, r1 = Asked("sqlite"), run()
    large = run(revision=7, **{"x-large": "FILL"})
    large["edits"] = [{"op": "bytes-fill", "find": "FILL", "value": "x", "times": 100_000}]
    return of.case(
        "no-room", "Where the system refuses to write, the record stays as it was", ["STORE-008", "STORE-007"],
        of.saves(r1, 0), {"start": "c", "file_size": 65_536}, of.loads(r1, 1, process="c"),
        of.saves(large, 1, err=["storage-full", "storage-io", "storage-denied"], process="c"),
        of.loads(r1, 1, process="c"), of.loads(r1, 1),
    )  # fmt: skip
