"""Cases of decisions: on which calls, what is kept of them, and of whom a runtime asks again (approvals.md)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from codec_cases.case import JSON, case, refusal, said, source
from codec_cases.sealing import DECIDED, KEYS, NOW, WAITS, sealed, text

_RUN = "spec/schema/v1/examples/RunState/valid"
_WAITING, _NESTED, _FINISHED = (
    source(f"{_RUN}/{name}.json") for name in ("parallel-one-executed", "nested-decided", "finished")
)
_MAIL = {
    "path": "c2",
    "agent": "Assistant",
    "tool": ["function", None, "send_email"],
    "call_id": "c2",
    "arguments": '{"to":"bob@example.com"}',
}
_INNER = {
    "path": "o1/i1",
    "agent": "Researcher",
    "tool": ["function", None, "send_email"],
    "call_id": "i1",
    "arguments": '{"to":"eve@example.com"}',
}


def cases() -> Iterator[JSON]:
    """Yield the cases of decisions."""
    yield from _made()
    yield from _by_path()
    yield from _in_doubt()
    yield from _asked_again()


# --- decisions on calls that wait


def _exact(how: str, **more: Any) -> JSON:
    digest = "sha256:e6201705c034c3e17f2b2aeef061906f023476efdcbd31556b8b0c52f49f673e"
    shared = {"run": "r1", "agent": "Assistant", "tool": ["function", None, "send_email"]}
    return {**shared, "item": 2, "call_id": "c2", "decision": how, "digest": digest, **more}


def _row(subject: str, **more: str) -> JSON:
    return {"action": "decided", "subject": subject, **more}


def _made() -> Iterator[JSON]:
    """Yield decisions on a call that waits: what is recorded of them, and in whose place they come."""
    always = {**_exact("approve"), "item": "*"}
    del always["digest"]
    approve, reject = {"path": "c2", "how": "approve"}, {"path": "c2", "how": "reject"}
    for name, title, decisions, approvals, rows, state in (
        ("approved", "An approval is recorded with the call as it was shown",
         [approve], [_exact("approve")], ["c2: approve"], "approved"),
        ("rejected", "A rejection is recorded with the message for the model",
         [{**reject, "message": "Not now."}], [_exact("reject", message="Not now.")], ["c2: reject"], "rejected"),
        ("always", "A standing decision is on the tool of that agent, and on no place",
         [{**approve, "always": True}], [always], ["c2: approve"], "approved"),
        ("again", "A decision takes the place of an earlier one on the same call, and both stay on record",
         [approve, reject], [_exact("reject")], ["c2: approve", "c2: reject"], "rejected"),
        ("twice", "A decision that is made twice is on record twice",
         [approve, approve], [_exact("approve")], ["c2: approve", "c2: approve"], "approved"),
    ):  # fmt: skip
        told = {"/approvals": approvals, "/provenance": [_row(row) for row in rows], "/runs/0/calls/1/state": state}
        ok = {"state": {"$at": told}, "waits": [{**_MAIL, "state": state}], "asked": []}
        yield _case(f"{name}", title, ["TS-APPR-001", "TS-APPR-032"], _WAITING, decisions, {"ok": ok})
    ok = {"state": {"$same": _WAITING}, "waits": [{**_MAIL, "state": "pending"}], "asked": ["c2"]}
    yield _case("none", "Without a decision the call waits as it did", ["TS-APPR-031"], _WAITING, [], {"ok": ok})
    by = {"path": "c2", "how": "approve", "by": "ann@example.com"}
    at = {"/provenance/0/by": "ann@example.com", "/approvals/0/by": "ann@example.com"}
    title = "Who decided stands in the decision and in the record of it"
    yield _case("by-whom", title, ["TS-APPR-032"], _WAITING, [by], {"ok": {"state": {"$at": at}}, "match": "subset"})
    for name, how in (("maybe", "maybe"), ("yes", "yes"), ("in-capitals", "Approve"), ("empty", ""), ("null", None)):
        title = f"A decision that reads {how!r} counts as none" if how else f"A decision that is {name} counts as none"
        yield _case(f"unreadable-{name}", title, ["TS-APPR-033"], _WAITING, [{"path": "c2", "how": how}],
                    refusal(["approval", "usage"]))  # fmt: skip


def _by_path() -> Iterator[JSON]:
    """Yield decisions that name a call by its path or its call id, one that does not wait, or several."""
    reject = {"/approvals/0/decision": "reject", "/approvals/0/run": "r2.0"}
    for name, path in (("path", "o1/i1"), ("call-id", "i1")):
        at = {**reject, "/provenance/0": _row("o1/i1: reject")}
        ok = {"state": {"$at": at}, "waits": [{**_INNER, "state": "rejected"}]}
        title = f"A call of a nested run is named by its {name.replace('-', ' ')}; its path is recorded"
        yield _case(f"by-{name}", title, ["TS-APPR-031", "TS-APPR-032"], _NESTED, [{"path": path, "how": "reject"}],
                    {"ok": ok, "match": "subset"})  # fmt: skip
    for name, title, state, path in (
        ("unknown", "A decision on a call that there is not is refused", _WAITING, "c9"),
        ("completed", "A decision on a call that has run is refused", _WAITING, "c1"),
        ("outer", "A decision on the call above the one that waits is refused", _NESTED, "o1"),
        ("finished", "A decision on a run that has ended is refused", _FINISHED, "c1"),
        ("wrong-path", "A decision on a path that leads elsewhere is refused", _NESTED, "o2/i1"),
        ("empty-path", "A decision names a call", _WAITING, ""),
    ):
        for how in ("approve", "reject"):
            yield _case(f"{name}-{how}", title, ["TS-APPR-031"], state, [{"path": path, "how": how}],
                        refusal("call-unknown"))  # fmt: skip
    both = text(json.dumps(_of_one_id()))
    title = "A call id that two calls have names neither of them"
    yield _case("ambiguous", title, ["TS-APPR-031"], both, [{"path": "i1", "how": "approve"}],
                refusal("call-ambiguous"))  # fmt: skip
    ok = {"waits": [{"path": "o1/i1", "state": "approved"}, {"path": "o2/i1", "state": "pending"}]}
    title = "A path names one of two calls that have one id"
    yield _case("one-of-two", title, ["TS-APPR-031"], both, [{"path": "o1/i1", "how": "approve"}],
                {"ok": {**ok, "asked": ["o2/i1"]}, "match": "subset"})  # fmt: skip


def _of_one_id() -> JSON:
    """Return a run with two nested runs whose calls wait and have one id."""
    value = json.loads(DECIDED)
    root, inner = value["runs"]
    outer = json.loads(json.dumps(root["log"][1]).replace('"o1"', '"o2"'))
    root["log"].append(outer)
    root["view"], root["responses"][0]["to"] = [[0, 3]], 3
    arguments = outer["item"]["arguments"]
    second = {**root["calls"][0], "call_id": "o2", "item": 2}
    second["digest"] = call_digest("r2", "Orchestrator", "ask_researcher", "o2", arguments)
    root["calls"].append(second)
    inner["calls"][0]["state"] = "pending"
    other = json.loads(json.dumps(inner))
    other["id"], other["parent"] = "r2.1", {"run": "r2", "item": 2}
    arguments = other["log"][1]["item"]["arguments"]
    other["calls"][0]["digest"] = call_digest("r2.1", "Researcher", "send_email", "i1", arguments)
    value["runs"].append(other)
    value["approvals"] = []
    return value


def call_digest(run: str, agent: str, tool: str, call_id: str, arguments: str) -> str:
    """Return the digest of the call of a function (TS-CORE-022)."""
    parts = ["timestep-call-1", run, agent, ["function", None, tool], call_id, arguments]
    data = json.dumps(parts, separators=(",", ":"), ensure_ascii=False).encode()
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


# --- calls that may have run


def _doubtful() -> JSON:
    """Return the run that waits, where the call may have run."""
    value = {**json.loads(WAITS), "requires": ["indeterminate"]}
    run = value["runs"][0]
    run["calls"][1]["state"] = "indeterminate"
    run["step"] = {"type": "interrupted", "reason": "indeterminate"}
    run["asked"] = [2]
    return value


def _in_doubt() -> Iterator[JSON]:
    """Yield what is said of a call that may have run, and of one that has not."""
    doubtful = text(json.dumps(_doubtful()))
    for how in ("approve", "reject"):
        title = f"A call that may have run is not decided on with {how}"
        yield _case(f"in-doubt-{how}", title, ["TS-APPR-030"], doubtful, [{"path": "c2", "how": how}],
                    refusal("call-indeterminate"))  # fmt: skip
    result = {"type": "function_call_output", "call_id": "c2", "output": "Sent."}
    for how, more, told in (
        ("retry", {}, {"/runs/0/calls/1/outputs": []}),
        ("output", {"output": "Sent."}, {"/runs/0/calls/1/state": "completed", "/runs/0/log/4/item": result}),
        ("fail", {"output": "It bounced."}, {"/runs/0/calls/1/state": "failed"}),
    ):
        at = {**told, "/provenance": [_row(f"c2: {how}")]}
        expect = {"ok": {"state": {"$at": at}, "waits": [], "asked": []}, "match": "subset"}
        title = {
            "retry": "Who finds out that a call has not run has it run again",
            "output": "Who finds out what a call came to gives its result",
            "fail": "Who finds out that a call failed says so",
        }[how]
        yield _case(f"settled-{how}", title, ["TS-APPR-034"], doubtful, [{"path": "c2", "how": how, **more}], expect)
        title = f"A call that waits for a decision is not settled with {how}"
        yield _case(f"not-in-doubt-{how}", title, ["TS-APPR-034"], _WAITING, [{"path": "c2", "how": how, **more}],
                    refusal("call-unknown"))  # fmt: skip


# --- decisions that nobody vouches for


def _asked_again() -> Iterator[JSON]:
    """Yield files with decisions: all of them keep these, and a runtime asks again unless somebody vouches for them."""
    seal = text(sealed({"key": "2026-11", "revision": 9, "tree": "r2"}, DECIDED))
    waits = [{**_INNER, "state": "approved"}]
    keys: JSON = {"keys": KEYS, "time": NOW}
    trusted: JSON = {"trusted": True}
    for name, title, state, more, asked in (
        ("nobody", "Decisions of a file without a seal are kept, and asked again by a runtime", _NESTED, {}, True),
        ("trusted", "Decisions of a source that the caller trusts are not asked again",
         _NESTED, trusted, False),
        ("sealed", "Decisions below a seal that holds are not asked again", seal, keys, False),
        ("not-verified", "Decisions below a seal that nobody verified are asked again", seal, {}, True),
    ):  # fmt: skip
        rules = ["TS-SEC-001", "TS-SEC-002"] if name != "not-verified" else ["TS-SEC-002", "TS-SEC-030"]
        ok = {"state": {"$same": _NESTED}, "waits": waits, "asked": ["o1/i1"] if asked else []}
        yield _case(f"vouched-{name}", title, rules, state, [], {"ok": ok}, **more)
    ok = {"waits": waits, "asked": []}
    title = "A decision that was made here is not asked again, though the file says the same"
    yield _case("vouched-here", title, ["TS-SEC-002"], _NESTED, [{"path": "o1/i1", "how": "approve"}],
                {"ok": ok, "match": "subset"})  # fmt: skip
    unsent = text(json.dumps(_unsent()))
    title = "An approval of a hosted call that the host has not been sent is refused where nobody vouches for it"
    yield _case("vouched-hosted", title, ["TS-SEC-002"], unsent, [], refusal("decisions-unverified"))
    title = "An approval of a hosted call that has not been sent is gone on with where the source is trusted"
    yield _case("vouched-hosted-trusted", title, ["TS-SEC-002"], unsent, [],
                {"ok": {"waits": [], "asked": []}, "match": "subset"}, trusted=True)  # fmt: skip


def _unsent() -> JSON:
    """Return a run of a hosted call that waits, where an approval stands behind the last response."""
    waits = {"state": source("fixtures/openai-agents-python/0.24.0/hosted_mcp_approval.undecided.json")}
    value = json.loads(said("convert", {**waits, "to": "timestep"})["ok"]["state"]["text"])
    run = value["runs"][0]
    call = next(call for call in run["calls"] if call["role"] == "hosted")
    answer = {"type": "mcp_approval_response", "approval_request_id": call["call_id"], "approve": True}
    run["log"].append({"source": "tool", "agent": run["agent"], "item": answer})
    run["view"][-1][1] = len(run["log"])
    call |= {"state": "completed", "outputs": [len(run["log"]) - 1]}
    run["step"] = {"type": "acting"}
    return value


def _case(  # noqa: PLR0917 - the members of a case
    name: str, title: str, rules: list[str], state: JSON, decisions: list[JSON], expect: JSON,
    family: str = "timestep", **more: Any,
) -> JSON:  # fmt: skip
    args = {"state": state, "decisions": decisions, **more}
    subjects = (family, "seals") if "keys" in more or "timestep-sealed" in str(state) else (family,)
    return case(f"decide-{name}", title, rules, "hand", "decide", args, expect, subjects)
