"""Where sessions and runs are kept: by default, where a place can't be opened, and who may read it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from keep_cases.case import JSON, asks, at, case, put, run, sql, user

_HELLO = user("Hello!")
_VARIABLE = "PG_CONNECTION_URI"
_AT_HOME = {"start": "c", "environ": {"TIMESTEP_HOME": at("home")}, "unset": [_VARIABLE]}
_SECRET = "hunter2"  # noqa: S105 - of a server that is not there
#: What nobody can read as an address, with a password in it.
_UNREADABLE = f"postgresql://ann:{_SECRET}@[::1/runs"
_REFUSED = ["storage-denied", "storage-io", "storage-damaged"]
_UNKNOWN = ["store-unknown", "storage-io", "storage-denied", "usage"]


def cases() -> Iterator[JSON]:
    """Yield the cases of places."""
    yield from _default()
    yield _other_variable()
    yield from _closed()
    yield from _private()
    yield from _addresses()


def _session(name: str, title: str, rules: list[str], *steps: JSON, features: tuple[str, ...] = ()) -> JSON:
    return case(f"session/sqlite-{name}", title, rules, "session_add", steps, ["session-sqlite", *features])


def _store(name: str, title: str, rules: list[str], *steps: JSON, features: tuple[str, ...] = ()) -> JSON:
    return case(
        f"durable/store-sqlite-{name}", title, rules, "store_save", steps, ["stores", "store-sqlite", *features]
    )


def _add(process: str, ok: Any = None, **args: Any) -> JSON:
    return asks("session_add", {"items": [_HELLO], **args}, ok, process=process)


def _save(process: str, **args: Any) -> JSON:
    return asks("store_save", {"state": run(), "expected": 0, **args}, {"version": 1}, process=process)


def _default() -> Iterator[JSON]:
    yield _session(
        "default", "A session without an id is called default, and without a place it is in the folder for data",
        ["SESS-023"],
        _AT_HOME, _add("c"), asks("session_items", {"session": "default"}, {"items": [_HELLO]}, process="c"),
        sql("home/sessions.sqlite3", "SELECT session FROM items", rows=[["default"]]),
    )  # fmt: skip
    yield _store(
        "default", "A store without a place is in the folder for data", ["STORE-016"],
        _AT_HOME, _save("c", session="ann"), asks("store_load", {"session": "ann"}, {
            "run": "r1", "version": 1, "state": {"$same": run()}}, process="c"),
        sql("home/runs.sqlite3", "SELECT session, run FROM runs", rows=[["ann", "r1"]]),
    )  # fmt: skip
    named = {"start": "c", "environ": {"TIMESTEP_HOME": at("home"), _VARIABLE: _UNREADABLE}}
    yield _session(
        "default-of-the-variable", "Where a variable names a database, no file is used in its place", ["SESS-023"],
        named, asks("session_add", {"items": [_HELLO]}, err=_UNKNOWN, process="c"), {"files": {}},
        features=("session-postgresql",),
    )  # fmt: skip
    yield _store(
        "default-of-the-variable", "Where a variable names a database, no file is used in its place",
        ["STORE-016", "STORE-010"],
        named, asks("store_save", {"session": "ann", "state": run(), "expected": 0}, err=_UNKNOWN, process="c"),
        {"files": {}}, features=("store-postgresql",),
    )  # fmt: skip


def _other_variable() -> JSON:
    named = {"start": "c", "environ": {"TIMESTEP_HOME": at("home"), _VARIABLE: "mysql://127.0.0.1/runs"}}
    return _store(
        "variable-of-another-kind", "Where the variable names a database of another kind, it is refused",
        ["STORE-010"],
        named, asks("store_save", {"session": "ann", "state": run(), "expected": 0}, err="store-unknown", process="c"),
        {"files": {}}, features=("store-postgresql",),
    )  # fmt: skip


def _closed() -> Iterator[JSON]:
    blocks = put("blocked", "no folder")
    here = {"kind": "sqlite", "place": at("blocked/here"), "session": "ann"}
    untouched = {"files": {"blocked": {"content": {"text": "no folder"}}}}
    saved = {**here, "state": run(), "expected": 0}
    yield _store(
        "below-a-file", "A place that can't be opened is refused, and no other one is used", ["STORE-010"],
        _AT_HOME, blocks, asks("store_save", saved, err=_REFUSED, process="c"),
        asks("store_load", here, err=_REFUSED, process="c"), untouched,
    )  # fmt: skip
    other = put("runs.sqlite3", "no database, but long enough to be taken for one " * 100)
    there = {"kind": "sqlite", "place": at(), "session": "ann"}
    yield _store(
        "other-file", "A file that is no database is refused, and stays as it is", ["STORE-010"],
        _AT_HOME, other, asks("store_save", {**there, "state": run(), "expected": 0}, err=_REFUSED, process="c"),
        asks("store_load", there, err=_REFUSED, process="c"),
        {"files": {"runs.sqlite3": {"content": other["content"]}}},
    )  # fmt: skip
    yield _session(
        "below-a-file", "A place that can't be opened is refused by the code, and no other one is used", ["SESS-018"],
        _AT_HOME, blocks, asks("session_add", {**here, "items": [_HELLO]}, err=_REFUSED, process="c"), untouched,
    )  # fmt: skip


def _private() -> Iterator[JSON]:
    for mask in ("000", "022"):
        yield _store(
            f"private-{mask}", f"Files and folders are readable by their owner alone, with the umask {mask}",
            ["STORE-011"],
            {"start": "c", "umask": mask},
            _save("c", kind="sqlite", place=at("deep/er"), session="ann"),
            {"files": {name: {"mode": mode} for name, mode in (
                ("deep/", "700"), ("deep/er/", "700"), ("deep/er/runs.sqlite3", "600"))}, "others": True},
        )  # fmt: skip


def _addresses() -> Iterator[JSON]:
    for name, address in (("unreadable", _UNREADABLE), ("of-another-kind", f"mysql://ann:{_SECRET}@127.0.0.1/runs")):
        asked = {"connection": address, "session": "ann", "state": run(), "expected": 0}
        yield _store(
            f"address-{name}", "An address that can't be opened is refused, without a word of its password",
            ["STORE-015", "STORE-010"],
            {**_AT_HOME}, {**asks("store_save", asked, err=_UNKNOWN, process="c"), "untold": [_SECRET]},
            {"files": {}}, features=("store-postgresql",),
        )  # fmt: skip
