"""Claims on runs: who may go on with one, and who is fenced off."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from keep_cases.case import JSON, asks, at, killed, run, sql
from keep_cases.stores import KINDS, Asked

_FILE = "runs.sqlite3"
#: Somebody on a machine that none of the processes can see.
_FAR = "far 1 elsewhere 2 3"


def cases() -> Iterator[JSON]:
    """Yield the cases of every kind, then those where the suite writes a claim by itself."""
    for kind in KINDS:
        yield from _held(Asked(kind))
        yield from _taken(Asked(kind))
        yield from _going_on(Asked(kind))
    yield from _far(Asked("sqlite"))
    yield _renewed()
    yield _ended()


def _held(of: Asked) -> Iterator[JSON]:
    r1, newer = run(), run(revision=7)
    yield of.case(
        "claimed-not-taken", "A run that somebody holds is not taken by others", ["DUR-030"],
        of.saves(r1, 0), of.claims(r1, 2, process="b"), of.claims(err="run-claimed"), of.loads(r1, 2),
        of.releases(True, process="b"), of.claims(r1, 3),
    )  # fmt: skip
    yield of.case(
        "claimed-not-saved", "A run that somebody holds is not saved by others, also over the newest version",
        ["DUR-030", "STORE-008"],
        of.saves(r1, 0), of.claims(r1, 2, process="b"), of.saves(newer, 2, err="run-claimed"), of.loads(r1, 2),
        of.saves(newer, 2, process="b"), of.loads(newer, 3),
    )  # fmt: skip
    yield of.case(
        "claim-given-up", "A claim is given up once, and the run is free then", ["DUR-030"],
        of.saves(r1, 0), of.claims(r1, 2, process="b"), of.releases(False), of.saves(newer, 2, err="run-claimed"),
        of.releases(True, process="b"), of.releases(False, process="b"), of.saves(newer, 2), of.loads(newer, 3),
    )  # fmt: skip
    yield of.case(
        "claim-of-nothing", "A run that is not there is not claimed", ["STORE-005"],
        of.claims(err="state-not-found"), of.saves(r1, 0, session="bob"), of.claims(err="state-not-found"),
    )  # fmt: skip


def _taken(of: Asked) -> Iterator[JSON]:
    r1, newer, newest = run(), run(revision=7), run(revision=8)
    yield of.case(
        "claim-makes-a-version", "Taking a claim makes a version, so that an older copy is not saved", ["DUR-031"],
        of.saves(r1, 0), of.loads(r1, 1, process="b"), of.claims(r1, 2), of.releases(True),
        of.saves(newer, 1, err="state-conflict", process="b"), of.loads(r1, 2),
    )  # fmt: skip
    yield of.case(
        "claim-taken-over", "Who held a run that was taken over does not write any more", ["DUR-031"],
        of.saves(r1, 0), of.claims(r1, 2, process="b"), of.claims(r1, 3, over=True),
        of.saves(newer, 2, err=["state-conflict", "run-claimed"], process="b"),
        of.claims(err=["state-conflict", "run-claimed"], process="b"), of.saves(newer, 3), of.loads(newer, 4),
    )  # fmt: skip
    yield of.case(
        "holder-dead", "The claim of a process that was killed keeps nobody from the run", ["DUR-034"],
        of.saves(r1, 0), of.claims(r1, 2, process="b"), killed("b"), of.claims(r1, 3), of.saves(newer, 3),
        of.loads(newer, 4), of.saves(newest, 4, err="run-claimed", process="b"),
    )  # fmt: skip
    yield of.case(
        "holder-dead-saved-over", "A run whose holder was killed is saved by others", ["DUR-034"],
        of.saves(r1, 0), of.claims(r1, 2, process="b"), killed("b"), of.saves(newer, 2), of.loads(newer, 3),
    )  # fmt: skip


def _far(of: Asked) -> Iterator[JSON]:
    r1, newer = run(), run(revision=7)
    claim = "INSERT INTO claims (id, holder, until) SELECT id, ?, ? FROM runs"
    held = sql(_FILE, [claim, _FAR, "2999-01-01T00:00:00.000+00:00"])
    ended = sql(_FILE, [claim, _FAR, "2001-01-01T00:00:00.000+00:00"])
    yield of.case(
        "holder-elsewhere", "A holder on another machine is not taken for dead before the lease ends",
        ["DUR-034", "DUR-030"],
        of.saves(r1, 0), held, of.claims(err="run-claimed"), of.saves(newer, 1, err="run-claimed"), of.loads(r1, 1),
        of.lists([{"run": "r1", "claim": {"holder": _FAR, "until": {"$time": None}}}]),
    )  # fmt: skip
    yield of.case(
        "holder-elsewhere-taken-over", "From a holder on another machine a run is taken where a person says so",
        ["DUR-034"],
        of.saves(r1, 0), held, of.claims(r1, 2, over=True), of.saves(newer, 2), of.loads(newer, 3),
    )  # fmt: skip
    yield of.case(
        "lease-ended", "A claim whose time is over keeps nobody from the run", ["DUR-030"],
        of.saves(r1, 0), ended, of.lists([{"run": "r1", "claim": None}]), of.saves(newer, 1), of.claims(newer, 3),
        sql(_FILE, ["SELECT holder = ? FROM claims", _FAR], rows=[[0]]),
    )  # fmt: skip
    yield of.case(
        "lease-as-asked", "A claim is in the store under its holder, until its time", ["DUR-030"],
        of.saves(r1, 0), of.claims(r1, 2, lease=3600),
        sql(_FILE, "SELECT julianday(until) - julianday('now') BETWEEN 0.9 / 24 AND 1.1 / 24 FROM claims", rows=[[1]]),
        of.releases(True), sql(_FILE, "SELECT count(*) FROM claims", rows=[[0]]),
    )  # fmt: skip


_MAIL = {"type": "function_call", "call_id": "c1", "name": "send_email", "arguments": "{}"}
_ANSWER = {"type": "message", "role": "assistant", "status": "completed", "content": [
    {"type": "output_text", "text": "Done.", "annotations": []}]}  # fmt: skip
_USAGE = {"input_tokens": 10, "output_tokens": 5, "total_tokens": 15}


def _model(*output: JSON, first: Sequence[JSON] = ()) -> JSON:
    """Return an answer of the model, with what is done before it is given."""
    return {"do": "model", **({"first": [*first]} if first else {}), "ok": {"output": [*output], "usage": _USAGE}}


def _runs(of: Asked, *answers: JSON, approval: str = "never", ok: Any = None, **more: Any) -> JSON:
    """Return a run in the store at the place."""
    tool = {"name": "send_email", "effect": "once", "approval": approval}
    agents = [{"name": "Assistant", "instructions": "Help.", "tools": [tool]}]
    lease = {"lease": more.pop("lease")} if "lease" in more else {}
    args = {**of.args, "place": at(), "run": "r1", "agents": agents, "input": "Hi", "store": True, **lease}
    step = asks("run", args, ok, answers=[*answers], **more)
    if "ok" in step["expect"]:
        step["expect"]["match"] = "subset"
    return step


def _going_on(of: Asked) -> Iterator[JSON]:
    default: JSON = {"session": "default", "process": "b"}
    refused = of.claims(err="run-claimed", **default)
    held = of.lists([{"run": "r1", "claim": {"holder": {"$text": None}, "until": {"$time": None}}}], **default)
    free = of.lists([{"run": "r1", "claim": None}], **default)
    taken = of.takes(**default)
    done = {"step": "finished", "output": "Done."}
    ran = {"do": "tool", "first": [refused], "ok": {"output": "sent"}}
    yield of.case(
        "claimed-while-it-goes-on", "A run is claimed before a model is asked or a tool runs, and is free as it ends",
        ["DUR-032", "DUR-033"],
        _runs(of, _model(_MAIL, first=[held, refused]), ran, _model(_ANSWER, first=[refused]), ok=done), free,
    )  # fmt: skip
    lost = of.takes(over=True, **default)
    yield of.case(
        "claim-lost", "Nothing more of a run is begun whose claim is lost", ["DUR-032"],
        _runs(of, _model(_MAIL, first=[lost]), err=["run-claimed", "state-conflict"]),
    )  # fmt: skip
    failed = {"do": "model", "err": {"code": "model-server", "message": "It is down."}}
    waits = _runs(of, _model(_MAIL), approval="always", ok={"step": "interrupted"})
    for name, title, step in (
        ("a-person", "that waits for a person", waits),
        ("an-error", "that an error has stopped", _runs(of, failed, ok={"step": "interrupted", "reason": "error"})),
        ("its-end", "that has ended", _runs(of, _model(_ANSWER), ok=done)),
    ):  # fmt: skip
        yield of.case(
            f"free-at-{name}", f"A run {title} is free for others with the save that it stops with", ["DUR-033"],
            step, free, taken,
        )  # fmt: skip


def _renewed() -> JSON:
    of = Asked("sqlite")
    later = "SELECT claims.until > x_before.until FROM claims, x_before"
    waits = [
        sql(_FILE, "CREATE TABLE x_before AS SELECT until FROM claims"),
        {**sql(_FILE, later, rows=[[1]]), "eventually": True},
    ]
    return of.case(
        "lease-renewed", "While a model takes its time, more time is asked for before the lease ends", ["DUR-032"],
        _runs(of, _model(_ANSWER, first=waits), lease=2, ok={"step": "finished"}),
    )  # fmt: skip


def _ended() -> JSON:
    of, tool = Asked("sqlite"), {"do": "tool", "ok": {"output": "sent"}}
    none = sql(_FILE, "SELECT count(*) FROM changes", rows=[[0]])
    ran = _runs(of, _model(_MAIL), tool, _model(_ANSWER), ok={"step": "finished", "output": "Done."})
    return of.case(
        "no-journal-at-its-end", "A run that has ended is one document, and no changes are kept beside it", ["DUR-006"],
        ran, none, sql(_FILE, "SELECT count(*) FROM runs", rows=[[1]]),
    )  # fmt: skip
