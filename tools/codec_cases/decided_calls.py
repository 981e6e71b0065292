"""Cases of approvals.md: which decision holds, in which order they stand, and in which scope a target gets them."""

from __future__ import annotations

from collections.abc import Iterator

from codec_cases.case import JSON
from codec_cases.rows import JS, PYTHON, converted, loaded, py, refused, row, saved, unconverted
from codec_cases.small_states import BELOW, call, exact, run, standing, state

_ONE = run(call("c1", state="approved"))
_YES, _NO = standing("approve"), standing("reject")
_TREE_YES, _TREE_NO = standing("approve", scope="*"), standing("reject", scope="*")
#: Name -> the behaviour, the rule, the decisions, and what they make of the call.
_HELD: dict[str, tuple[str, str, list[JSON], str]] = {
    "exact-after-standing": (
        "A decision on the call holds, which was made after the standing one",
        "TS-APPR-010",
        [_YES, exact(_ONE, 0, "reject")],
        "rejected",
    ),
    "exact-before-standing": (
        "A decision on the call holds, which was made before the standing one",
        "TS-APPR-010",
        [exact(_ONE, 0, "reject"), _YES],
        "rejected",
    ),
    "exact-approval-before-standing": (
        "An approval of the call holds beside a later standing rejection",
        "TS-APPR-010",
        [exact(_ONE, 0, "approve"), _NO],
        "approved",
    ),
    "own-run-before-tree": (
        "A standing decision for the run holds beside a later one for the tree",
        "TS-APPR-011",
        [_NO, _TREE_YES],
        "rejected",
    ),
    "own-run-after-tree": (
        "A standing decision for the run holds beside an earlier one for the tree",
        "TS-APPR-011",
        [_TREE_NO, _YES],
        "approved",
    ),
    "last-standing": ("Of two standing decisions the last one holds", "TS-APPR-012", [_NO, _YES], "approved"),
    "last-standing-rejection": ("Of two standing decisions the last one holds", "TS-APPR-012", [_YES, _NO], "rejected"),
    "last-exact": (
        "Of two decisions on a call the last one holds",
        "TS-APPR-012",
        [exact(_ONE, 0, "approve"), exact(_ONE, 0, "reject")],
        "rejected",
    ),
    "last-for-the-tree": (
        "Of two standing decisions for the tree the last one holds",
        "TS-APPR-012",
        [_TREE_YES, _TREE_NO],
        "rejected",
    ),
}
_OPPOSITE = {"approved": "rejected", "rejected": "approved"}
_PUBLISH = '["bare","publish"]'


def cases() -> Iterator[JSON]:
    """Yield the cases."""
    for name, (title, rule, decisions, given) in _HELD.items():
        document = state(run(call("c1", state=given)), approvals=tuple(decisions))
        waits = [{"call_id": "c1", "state": given}]
        yield loaded(f"approval-{name}", title, [rule], document, waits=waits)
        other = state(run(call("c1", state=_OPPOSITE[given])), approvals=tuple(decisions))
        told = f"{title}, and a document in which the other one does is refused"
        at = "/runs/0/calls/0/state"
        yield refused(f"approval-{name}-not", told, [rule, "TS-APPR-014"], other, "approval-mismatch", at)
    yield from _order()
    yield from _approvals()
    yield from _rejections()


def _order() -> Iterator[JSON]:
    title = "Decisions stand in the order in which they were made, also when they are written again"
    for name, decisions in (("approve-last", (_NO, _YES)), ("reject-last", (_YES, _NO))):
        given = "approved" if decisions[-1] is _YES else "rejected"
        document = state(run(call("c1", state=given)), approvals=decisions)
        at: JSON = {
            "/approvals/0/decision": decisions[0]["decision"],
            "/approvals/1/decision": decisions[1]["decision"],
        }
        yield saved(f"approval-order-{name}", title, ["TS-APPR-003"], document, at)


def _nested(*below: JSON, approvals: tuple[JSON, ...], above: tuple[JSON, ...] = ()) -> JSON:
    """Return a state of a root whose first call runs an agent that waits."""
    root = run(call("a1", "write_report", "suspended", agent="Boss", role="agent"), *above)
    nested = run(*below, of=BELOW, parent={"run": "r1", "item": 1})
    return state(root, nested, approvals=approvals)


def _approvals() -> Iterator[JSON]:
    """Yield standing approvals that a target knows in a wider scope only."""
    rules = ["TS-APPR-004"]
    filed = f"/context/functionApprovals/0/approvals/{_PUBLISH}"
    title = "A standing approval of a nested run is written for the calls that it has decided, not for the tree"
    document = py("nested_sticky_approve.decided")
    at: JSON = {filed: {"approved": ["call_pub_1"], "rejected": []}}
    yield converted("approval-nested-for-its-calls", title, rules, document, JS, at)
    title = "With the caller's word a standing approval of a nested run holds for the tree"
    at = {f"{filed}/approved": True}
    flag = ("sticky-for-tree",)
    yield converted("approval-nested-for-the-tree", title, rules, document, JS, at, assume=flag, report=row("asserted"))
    title = "A standing approval that would decide a call of another run there is not written"
    mailer = call("c2", state="pending")
    document = _nested(mailer, approvals=(standing("approve", agent="Mailer"),))
    yield unconverted("approval-wider-run", title, rules, document, JS)
    title = "A standing approval of the root that decides no other call is written for the tree, and told as wider"
    document = state(run(call("c1", state="approved")), approvals=(_YES,))
    at = {'/context/functionApprovals/0/approvals/["bare","send_email"]/approved': True}
    yield converted("approval-root-for-the-tree", title, rules, document, JS, at, report=row("derived"))
    title = "A standing approval for one agent that would decide a call of another one there is not written"
    other = call("c2", agent="Sender")
    document = state(run(call("c1", state="approved"), other), approvals=(_YES,))
    yield unconverted("approval-wider-agent", title, rules, document, f"{PYTHON}@1.17")


def _rejections() -> Iterator[JSON]:
    """Yield standing rejections that a target knows in a narrower, or in a wider, scope only."""
    rules = ["TS-APPR-005"]
    below = call("c2", "publish", "rejected", agent="Writer")
    rejected = standing("reject", scope="*", agent="Writer", tool="publish")
    document = _nested(below, approvals=(rejected,))
    title = "A standing rejection for the tree is not narrowed to the runs at hand without the caller's word"
    yield unconverted("approval-rejection-narrowed", title, rules, document, PYTHON, "assumption-needed")
    title = "With the caller's word a standing rejection for the tree ends with the runs at hand"
    at: JSON = {
        "/last_processed_response/functions/0/agent_run_state/context/function_tool_approvals/0/decision/rejected": True
    }
    flag = ("rejections-at-hand",)
    yield converted("approval-rejection-at-hand", title, rules, document, PYTHON, at, assume=flag)
    title = "A standing rejection of a nested run is written for the tree, and told as wider"
    document = _nested(below, approvals=(standing("reject", scope=BELOW, agent="Writer", tool="publish"),))
    at = {f"/context/functionApprovals/0/approvals/{_PUBLISH}/rejected": True}
    yield converted("approval-rejection-wider", title, rules, document, JS, at, report=row("derived"))
    title = "A standing rejection of the root goes to Python as it is"
    document = state(run(call("c1", state="rejected")), approvals=(_NO,))
    at = {"/context/function_tool_approvals/0/decision": {"approved": False, "rejected": True}}
    yield converted("approval-rejection-kept", title, rules, document, PYTHON, at)
