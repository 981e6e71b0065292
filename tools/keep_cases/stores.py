"""What every store keeps: the one that an implementation takes by itself, and SQLite."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from keep_cases.case import JSON, asks, at, case, killed, run

#: Kind -> what its cases begin with, what arguments name it, and what a testee declares.
KINDS: dict[str, tuple[str, JSON, list[str]]] = {
    "own": ("", {}, ["stores"]),
    "sqlite": ("sqlite-", {"kind": "sqlite"}, ["stores", "store-sqlite"]),
}
TIME = {"$time": None}
_PAST, _FUTURE = "2001-01-01T00:00:00+00:00", "2999-01-01T00:00:00+00:00"
_NOTE: JSON = {"x-note": {"kept": [None, 1.5, "Zo\u00eb"]}}
#: Larger than a text in a foreign document may be (TS-CORE-007).
_LARGE = 5 * 1024 * 1024


class Asked:
    """Requests about the store of one kind."""

    def __init__(self, kind: str) -> None:
        self.prefix, self.args, self.features = KINDS[kind]

    def saves(self, document: JSON, over: int, **more: Any) -> JSON:
        """Return a save over a version, which makes the next one."""
        return self._asks("store_save", {"version": over + 1}, more, state=document, expected=over)

    def loads(self, document: JSON, version: int, name: str | None = None, **more: Any) -> JSON:
        """Return a load of a run, or of the newest unfinished one."""
        told = {"run": more.pop("run", name or "r1"), "version": version, "state": {"$same": document}}
        return self._asks("store_load", told, more, **({"run": name} if name else {}))

    def lists(self, rows: Sequence[Any], **more: Any) -> JSON:
        """Return a list of runs."""
        asked = {"every_session": True} if more.pop("every_session", False) else {}
        return _more(self._asks("store_list", {"runs": [*rows]}, more, **asked))

    def tells(self, versions: Sequence[Any], name: str | None = None, **more: Any) -> JSON:
        """Return a history."""
        asked = {"run": name} if name else {}
        return _more(self._asks("store_history", {"versions": [*versions]}, more, **asked))

    def prunes(self, removed: int, before: str, **more: Any) -> JSON:
        """Return a removal by age."""
        asked = {name: more.pop(name) for name in ("unfinished", "every_session") if name in more}
        return self._asks("store_prune", {"removed": removed}, more, before=before, **asked)

    def clears(self, removed: int, name: str | None = None, **more: Any) -> JSON:
        """Return a removal of one run, or of all."""
        return self._asks("store_clear", {"removed": removed}, more, **({"run": name} if name else {}))

    def claims(self, document: JSON | None = None, version: int = 0, name: str = "r1", **more: Any) -> JSON:
        """Return a claim on a run, which makes a version."""
        asked = {name: more.pop(name) for name in ("lease", "over") if name in more}
        told = {"run": name, "version": version, "state": {"$same": document}}
        return self._asks("store_claim", told, more, run=name, **asked)

    def takes(self, **more: Any) -> JSON:
        """Return a claim on the run `r1`, whatever it holds by then."""
        asked = {"over": True} if more.pop("over", False) else {}
        return _more(self._asks("store_claim", {"run": "r1", "state": {"$bytes": None}}, more, run="r1", **asked))

    def releases(self, released: bool, **more: Any) -> JSON:
        """Return that a claim is given up."""
        return self._asks("store_release", {"released": released}, more, run="r1")

    def case(self, name: str, title: str, rules: list[str], *steps: JSON) -> JSON:
        """Return a case of this kind."""
        op = next(step["op"] for step in steps if "op" in step)
        features = [*self.features, *(["run"] if op == "run" else [])]
        return case(f"durable/store-{self.prefix}{name}", title, rules, op, steps, features)

    def _asks(self, op: str, ok: Any, more: JSON, **args: Any) -> JSON:
        named = {"session": more.pop("session")} if "session" in more else {"session": "ann"}
        where = {"place": more.pop("place", at())}
        return asks(op, {**self.args, **where, **named, **args}, ok, **more)


def _more(step: JSON) -> JSON:
    """Return a request whose answer may have more members."""
    if "ok" in step["expect"]:
        step["expect"]["match"] = "subset"
    return step


def cases() -> Iterator[JSON]:
    """Yield the cases of every kind."""
    for kind in KINDS:
        of = Asked(kind)
        yield from _saved(of)
        yield from _refused(of)
        yield from _loaded(of)
        yield from _listed(of)
        yield from _removed(of)


def _saved(of: Asked) -> Iterator[JSON]:
    r1, newer, bobs = run(), run(revision=7), run(revision=6, **_NOTE)
    yield of.case(
        "saved-and-loaded", "A run is given as it was saved, with its version", ["STORE-006", "STORE-003"],
        of.saves(r1, 0), of.loads(r1, 1, "r1"), of.saves(newer, 1), of.loads(newer, 2, "r1"),
    )  # fmt: skip
    yield of.case(
        "one-record-each", "Each session has a record of its own for a run of the same id", ["STORE-001"],
        of.saves(r1, 0), of.saves(bobs, 0, session="bob"), of.saves(run("r2"), 0), of.saves(newer, 1),
        of.loads(bobs, 1, "r1", session="bob"), of.loads(newer, 2, "r1"), of.loads(run("r2"), 1, "r2"),
    )  # fmt: skip
    yield of.case(
        "unknown-fields", "Fields that nobody knows are kept", ["STORE-002"],
        of.saves(run(**_NOTE), 0), of.loads(run(**_NOTE), 1), killed(), of.loads(run(**_NOTE), 1, "r1"),
    )  # fmt: skip
    yield of.case(
        "kept-when-killed", "A save that was acknowledged outlives the process", ["STORE-007"],
        of.saves(r1, 0), killed(), of.loads(r1, 1), of.saves(newer, 1), killed(), of.loads(newer, 2),
        of.loads(newer, 2, process="b"),
    )  # fmt: skip
    field: JSON = {"x-large": "FILL"}
    large = run(**field)
    large["edits"] = [{"op": "bytes-fill", "find": "FILL", "value": "x", "times": _LARGE}]
    yield of.case(
        "large", "What was saved is loaded, also where a foreign text of its size is refused", ["STORE-009"],
        of.saves(large, 0), of.loads(large, 1),
    )  # fmt: skip


def _refused(of: Asked) -> Iterator[JSON]:
    r1, newer, newest = run(), run(revision=7), run(revision=8)
    for name, bad in (("empty", ""), ("with-nul", "a\0b"), ("of-a-number", 5)):
        yield of.case(
            f"session-{name}", "A session's id is a text that is not empty and holds no NUL", ["CORE-008"],
            of.saves(r1, 0, session=bad, err="session-id"), of.saves(r1, 0), of.loads(r1, 1),
        )  # fmt: skip
    for name, versions, stale in (
        ("begun-twice", 1, 0), ("passed", 3, 2), ("to-come", 1, 2), ("of-nothing", 0, 1)
    ):  # fmt: skip
        saves = [of.saves(run(revision=6 + number), number) for number in range(versions)]
        last = run(revision=5 + versions)
        kept = of.loads(last, versions, "r1") if versions else of.loads(r1, 1, "r1", err="state-not-found")
        yield of.case(
            f"version-{name}", "A save over another version than the stored one is refused, and changes nothing",
            ["STORE-003", "STORE-008"], *saves, of.saves(newest, stale, err="state-conflict"), kept,
        )  # fmt: skip
    yield of.case(
        "two-writers", "Of two processes that save over one version the first one succeeds", ["STORE-003", "STORE-008"],
        of.saves(r1, 0), of.loads(r1, 1), of.loads(r1, 1, process="b"), of.saves(newer, 1),
        of.saves(newest, 1, err="state-conflict", process="b"), of.loads(newer, 2, process="b"),
        of.saves(newest, 2, process="b"), of.loads(newest, 3),
    )  # fmt: skip
    yield of.case(
        "same-bytes-again", "A save of the same bytes over a version that has passed is refused", ["STORE-003"],
        of.saves(r1, 0), of.saves(newer, 1), of.saves(newer, 1, err="state-conflict"), of.loads(newer, 2),
    )  # fmt: skip
    yield of.case(
        "older-revision", "A save of a lower revision is refused, and changes nothing", ["STORE-004", "STORE-008"],
        of.saves(newer, 0), of.saves(r1, 1, err="state-conflict"), of.loads(newer, 1),
        of.saves(newer, 1), of.loads(newer, 2),
    )  # fmt: skip


def _loaded(of: Asked) -> Iterator[JSON]:
    r1, r2, done = run(), run("r2", 1, "run_again"), run("r2", 4, "finished")
    yield of.case(
        "newest-unfinished", "Without an id the unfinished run is given that was first saved last", ["STORE-005"],
        of.saves(r1, 0), of.saves(r2, 0), of.loads(r2, 1, run="r2"), of.saves(run(revision=7), 1),
        of.loads(r2, 1, run="r2"), of.saves(done, 1), of.loads(run(revision=7), 2, run="r1"),
    )  # fmt: skip
    yield of.case(
        "none-unfinished", "Where no run is unfinished, loading without an id is an error", ["STORE-005"],
        of.loads(r1, 0, err="state-not-found"), of.saves(run("r2", 4, "finished"), 0),
        of.loads(r1, 0, err="state-not-found"), of.saves(r1, 0, session="bob"), of.loads(r1, 0, err="state-not-found"),
    )  # fmt: skip
    yield of.case(
        "finished-by-id", "By its id a run is given that has finished", ["STORE-006"],
        of.saves(r2, 0), of.saves(done, 1), of.loads(done, 2, "r2"), of.loads(done, 0, "r1", err="state-not-found"),
    )  # fmt: skip
    yield of.case(
        "example", "What a store answers, line by line", ["STORE-001", "STORE-003", "STORE-004", "STORE-005"],
        of.saves(r1, 0), of.saves(r1, 1), of.saves(run(revision=7), 2),
        of.saves(run(revision=7), 2, err="state-conflict", process="b"),
        of.saves(r1, 3, err="state-conflict", process="b"), of.saves(r2, 0), of.saves(r1, 0, session="bob"),
        of.loads(r2, 1, run="r2"), of.saves(done, 1), of.loads(run(revision=7), 3, run="r1"), of.loads(done, 2, "r2"),
        of.loads(r1, 0, session="eve", err="state-not-found"),
    )  # fmt: skip


def _listed(of: Asked) -> Iterator[JSON]:
    r1, r2 = run(), run("r2", 4, "finished")
    waits = [{"path": "c2", "tool": "send_email", "agent": "Assistant", "state": "pending"}]
    doubt = [{**waits[0], "state": "indeterminate"}]
    row = {"session": "ann", "run": "r1", "version": 1, "revision": 6, "step": "interrupted", "saved_at": TIME}
    done = {"session": "ann", "run": "r2", "version": 1, "revision": 4, "step": "finished", "waits": [], "claim": None}
    yield of.case(
        "listed", "A list tells of each run that waits what it waits for, the newest run first", ["STORE-018"],
        of.lists([]), of.saves(r1, 0), of.saves(r2, 0), of.lists([done, {**row, "waits": waits, "claim": None}]),
        of.saves(r1, 0, session="bob"), of.lists([done, row]),
        of.lists([{**row, "session": "bob"}, done, row], every_session=True),
    )  # fmt: skip
    yield of.case(
        "listed-in-doubt", "A list tells that a call waits because nobody knows whether it ran", ["STORE-018"],
        of.saves(_in_doubt(), 0), of.lists([{**row, "waits": doubt}]), of.saves(run("r1", 7, "run_again"), 1),
        of.lists([{"run": "r1", "version": 2, "waits": []}]),
    )  # fmt: skip
    yield of.case(
        "listed-held", "A list tells who holds a run, and until when", ["STORE-018"],
        of.saves(r1, 0), of.claims(r1, 2, process="b"),
        of.lists([{"run": "r1", "claim": {"holder": {"$text": None}, "until": TIME}}]), of.releases(True, process="b"),
        of.lists([{"run": "r1", "claim": None}]),
    )  # fmt: skip
    told = [
        {"version": 1, "revision": 6, "step": "interrupted", "saved_at": TIME, "waits": waits},
        {"version": 2, "revision": 7, "step": "run_again", "saved_at": TIME, "waits": []},
        {"version": 3, "revision": 9, "step": "finished", "saved_at": TIME, "waits": []},
    ]
    yield of.case(
        "history", "The versions of a run are told with their times, oldest first, until it is removed", ["STORE-019"],
        of.saves(r1, 0), of.tells(told[:1]), of.saves(run("r1", 7, "run_again"), 1),
        of.saves(run("r1", 9, "finished"), 2), killed(), of.tells(told, "r1"), of.tells(told, err="state-not-found"),
        of.clears(1, "r1"), of.tells(told, "r1", err="state-not-found"), of.saves(r1, 0), of.tells(told[:1], "r1"),
    )  # fmt: skip


def _in_doubt() -> JSON:
    """Return a run that waits to be told whether a call ran."""
    document = run()
    document["edits"] = [
        {"op": "set", "pointer": "/runs/0/calls/1/state", "value": "indeterminate"},
        {"op": "set", "pointer": "/runs/0/step/reason", "value": "indeterminate"},
        {"op": "set", "pointer": "/runs/0/asked", "value": [2]},
    ]
    return document


def _removed(of: Asked) -> Iterator[JSON]:
    r1, done = run(), run("r2", 4, "finished")
    yield of.case(
        "removed-by-age", "Removing by age leaves what was saved since, and unfinished runs", ["STORE-020"],
        of.saves(r1, 0), of.saves(done, 0), of.prunes(0, _PAST), of.prunes(0, _PAST, unfinished=True),
        of.loads(done, 1, "r2"), of.prunes(1, _FUTURE), of.loads(done, 0, "r2", err="state-not-found"),
        of.loads(r1, 1, "r1"),
    )  # fmt: skip
    yield of.case(
        "removed-unfinished", "Unfinished runs are removed by age where that is asked for", ["STORE-020"],
        of.saves(r1, 0), of.saves(done, 0, session="bob"), of.prunes(1, _FUTURE, unfinished=True),
        of.loads(r1, 0, "r1", err="state-not-found"), of.loads(done, 1, "r2", session="bob"),
        of.prunes(1, _FUTURE, every_session=True), of.loads(done, 0, "r2", session="bob", err="state-not-found"),
    )  # fmt: skip
    yield of.case(
        "removed-not-held", "A run that somebody holds is not removed by its age", ["STORE-020"],
        of.saves(r1, 0), of.claims(r1, 2, process="b"), of.prunes(0, _FUTURE, unfinished=True), of.loads(r1, 2, "r1"),
        of.releases(True, process="b"), of.prunes(1, _FUTURE, unfinished=True),
        of.loads(r1, 0, "r1", err="state-not-found"),
    )  # fmt: skip
