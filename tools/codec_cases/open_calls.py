"""Cases of calls that have not ended, or have no output: at which steps a state may hold them, and who made them."""

from __future__ import annotations

import json
from collections.abc import Iterator

from codec_cases import small_states
from codec_cases.case import JSON, case, refusal
from timestep.codec.digest import call_digest  # the path is set where cases are made; TS-CORE-022 has cases of its own

_TAKEN = {"ok": {"kind": "run-state", "dialect": "timestep", "number": "1.0", "warnings": []}}
_ACTING, _FAILED = {"type": "acting"}, {"type": "failed", "code": "model"}
_PART = {"type": "input_text", "text": "Mail."}
_DONE = {"type": "accepted", "output": "Sent."}
_FINISHED = {"type": "finished", "output": "Sent."}
#: Name -> state of a call without output, the run's step, the rule, code and pointer of the refusal, the behaviour.
_CALLS: dict[str, tuple[str, JSON | None, str, tuple[str, str] | None, str]] = {
    "failed-without-output": (
        "failed",
        None,
        "TS-ITEM-013",
        ("output-missing", "/runs/0/calls/0/state"),
        "A call that has failed has an output",
    ),
    "blocked-without-output": (
        "blocked",
        None,
        "TS-ITEM-013",
        ("output-missing", "/runs/0/calls/0/state"),
        "A call that a guardrail has blocked has an output",
    ),
    "completed-while-acting": (
        "completed",
        _ACTING,
        "TS-ITEM-013",
        None,
        "The output of a call may wait while its turn is carried out",
    ),
    "approved-while-acting": (
        "approved",
        _ACTING,
        "TS-APPR-014",
        None,
        "A policy may have let a call run while its turn is carried out",
    ),
    "pending-asked-again": (
        "pending",
        {"type": "run_again"},
        "TS-TOOL-010",
        None,
        "A run that an error stopped may have a call that waits",
    ),
    "pending-failed": ("pending", _FAILED, "TS-STATE-001", None, "A run that has failed may have a call that waits"),
    "pending-accepted": (
        "pending",
        _DONE,
        "TS-TOOL-010",
        ("state-inconsistent", "/runs/0/step"),
        "A run whose output is known has no call that waits",
    ),
}


def cases() -> Iterator[JSON]:
    """Yield the cases."""
    for name, (state, step, rule, told, title) in _CALLS.items():
        more: JSON = {} if step is None else {"step": step}
        run = small_states.run(small_states.call("c1", state=state), **more)
        expect = _TAKEN if told is None else refusal(*told)
        if name == "approved-while-acting":
            expect = {"ok": {**_TAKEN["ok"], "warnings": ["decisions-unverified"]}}
        yield _case(name, title, rule, small_states.state(run), expect)
    yield from _hosted()
    yield from _made_by_nobody()
    yield from _input_of_another_role()


def _hosted() -> Iterator[JSON]:
    """Yield a call that the model's host carries out: open at the end of a run, and completed without its answer."""
    title = "A call of the host may be open where the run is finished"
    yield _case("hosted-finished", title, "TS-STATE-023", _state_of_host("pending", _FINISHED), _TAKEN)
    title = "A call of the host that is completed has its answer in the log"
    told = refusal("output-missing", "/runs/0/calls/0/state")
    yield _case("hosted-without-answer", title, "TS-ITEM-013", _state_of_host("completed", None), told)


def _state_of_host(state: str, step: JSON | None) -> JSON:
    more: JSON = {} if step is None else {"step": step}
    run = small_states.run(small_states.call("m1", state=state), **more)
    tool = ["hosted_mcp", "docs", "send_email"]
    item = {"type": "mcp_approval_request", "id": "m1", "name": "send_email", "server_label": "docs", "arguments": "{}"}
    run["log"][1]["item"] = item
    run["calls"][0] |= {"role": "hosted", "tool": tool, "digest": call_digest("r1", "Mailer", tool, "m1", "{}")}
    return small_states.state(run, requires=["hosted_approval"])


def _made_by_nobody() -> Iterator[JSON]:
    """Yield calls whose agent the log does not name, with the digest of the run's agent, and with that of none."""
    for name, agent in (("the-runs-agent", "Mailer"), ("no-agent", "")):
        run = small_states.run(small_states.call("c1"))
        run["calls"][0]["digest"] = call_digest("r1", agent, run["calls"][0]["tool"], "c1", "{}")
        value = json.loads(small_states.state(run)["text"])
        del value["runs"][0]["log"][1]["agent"]
        title = f"A call whose agent the log does not name is refused, with the digest of {name.replace('-', ' ')}, too"
        told = refusal(["state-inconsistent", "call-changed"])
        yield _case(f"made-by-nobody-{name}", title, "TS-CORE-022", {"text": json.dumps(value)}, told)


def _input_of_another_role() -> Iterator[JSON]:
    run = small_states.run(small_states.call("c1"))
    run["log"][0] = {
        "source": "filter",
        "item": {"role": "developer", "content": [{"type": "input_text", "text": "M"}]},
    }
    title = "An input that was given as a text may have been changed by a filter"
    yield _case("text-changed-by-a-filter", title, "TS-STATE-011", small_states.state(run), _TAKEN)


def _case(name: str, title: str, rule: str, state: JSON, expect: JSON) -> JSON:
    return case(f"open-{name}", title, [rule], "hand", "validate", {"state": state}, expect, ("timestep",))
