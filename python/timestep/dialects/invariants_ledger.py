"""What must hold between the call ledger of a canonical document, its log, and its decisions (tools.md)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from timestep.codec.pointer import join
from timestep.dialects import ledger
from timestep.errors import ApprovalError, StateFormatError
from timestep.types import state
from timestep.types.findings import Finding
from timestep.types.items import KIND_OF, call_id_of, is_call, type_of

Place = tuple[str | int, ...]

#: States of a call that has not produced anything yet.
_WITHOUT_OUTPUT = frozenset({"requested", "pending", "approved", "started", "suspended", "indeterminate"})
#: States of which a file must show the output, unless a batch is still being carried out.
_WITH_OUTPUT = frozenset({"completed", "failed", "blocked"})


def broken(place: Place, message: str, rule: str) -> StateFormatError:
    """Return the error for parts of a document that contradict each other."""
    return StateFormatError(
        code="state-inconsistent",
        message=message,
        pointer=join(place),
        why="two readers could take different things from this document",
        help="use the document as its writer left it",
        requirement=rule,
    )


def calls(run: state.Run, place: Place) -> None:
    """Check each entry of a run's ledger against the log (TS-TOOL-001 to TS-TOOL-006)."""
    expected = [
        seq for response in run.responses for seq in range(response.start, response.end) if is_call(run.log[seq].item)
    ]
    found = [call.item for call in run.calls]
    for index, call in enumerate(run.calls):
        if call.item >= len(run.log) or not is_call(run.log[call.item].item):
            raise broken((*place, "calls", index, "item"), "that entry of the log is no call", "TS-TOOL-002")
    if found != expected:
        message = "the ledger has one entry for each call in the responses, in the order of the log"
        raise broken((*place, "calls"), message, "TS-TOOL-001")
    outputs = ledger.outputs_by_call(run.log)
    for index, call in enumerate(run.calls):
        at = (*place, "calls", index)
        if run.log[call.item].agent is None:
            raise broken((*place, "log", call.item), "the entry of a call names the agent that made it", "TS-CORE-022")
        _identity(run, call, at)
        _outputs(run, call, outputs, at)


def _identity(run: state.Run, call: state.Call, at: Place) -> None:
    """The entry names its call's id, tool and digest (TS-TOOL-002, TS-TOOL-005, TS-CORE-022)."""
    entry = run.log[call.item]
    if call_id_of(entry.item) != call.call_id:
        raise broken((*at, "call_id"), f"the call at {call.item} has another id", "TS-TOOL-002")
    if "\0" in call.call_id:
        raise broken((*at, "call_id"), "an id has no NUL", "TS-CORE-008")
    if not _is_tool(call, ledger.tool_of(entry.item, {}), KIND_OF[type_of(entry.item)]):
        raise broken((*at, "tool"), "the call in the log is for another tool", "TS-TOOL-005")
    if call.digest != ledger.digest_of(run.id, entry, call):
        raise StateFormatError(
            code="call-changed",
            message=f"the digest of call {call.call_id!r} is not the one of the call in the log",
            pointer=join([*at, "digest"]),
            why="a decision covers the exact call it was given on",
            requirement="TS-CORE-022",
        )
    if (call.role == "hosted") != (call.tool[0] == "hosted_mcp"):
        raise broken((*at, "role"), "calls of hosted MCP tools have the role hosted, and no others", "TS-TOOL-005")


def _is_tool(call: state.Call, told: state.ToolKey, kind: str) -> bool:
    """Tell whether a ledger key may stand for the tool that the call item names."""
    if kind == "function":
        same = call.tool[2] == told[2] and (call.tool[1] == told[1] or call.tool[0] == "function_deferred")
        return same and call.tool[0] in {"function", "function_deferred"}
    if kind in {"custom", "hosted_mcp"}:
        return call.tool == told
    return call.tool[0] == kind and call.tool[1] is None


def _outputs(run: state.Run, call: state.Call, outputs: Mapping[tuple[str, str], list[int]], at: Place) -> None:
    """The entry lists all its outputs, and its state agrees with them (TS-TOOL-004, TS-ITEM-011)."""
    known = outputs.get((type_of(run.log[call.item].item), call.call_id), [])
    later = [seq for seq in known if seq > call.item]
    if call.outputs != later and not _shared(run, call, known):
        raise broken((*at, "outputs"), "these are not the outputs of that call in the log", "TS-TOOL-004")
    if call.outputs and call.state in _WITHOUT_OUTPUT:
        raise broken((*at, "state"), f"a call with an output is not {call.state}", "TS-TOOL-004")
    if not call.outputs and call.state in _WITH_OUTPUT and call.role != "handoff" and run.step.type != "acting":
        raise StateFormatError(
            code="output-missing",
            message=f"call {call.call_id!r} is {call.state}, but its output is not in the log",
            pointer=join([*at, "state"]),
            requirement="TS-ITEM-013",
        )


def _shared(run: state.Run, call: state.Call, known: list[int]) -> bool:
    """Tell whether calls that share an id have its outputs between them, each its own (TS-TOOL-003)."""
    alike = [other for other in run.calls if other.call_id == call.call_id]
    return len(alike) > 1 and sorted(seq for other in alike for seq in other.outputs) == known


def progress(document: state.Document, run: state.Run, place: Place) -> None:
    """Check that each call has the state that nested runs and decisions give it (TS-STATE-016, TS-APPR-014)."""
    decisions = ledger.InForce(document.approvals)
    for index, call in enumerate(run.calls):
        _progress(document, run, call, decisions, (*place, "calls", index))


def _progress(document: state.Document, run: state.Run, call: state.Call, decisions: ledger.InForce, at: Place) -> None:
    if call.state == "suspended" and not any(
        other.parent is not None and (other.parent.run, other.parent.item) == (run.id, call.item)
        for other in document.runs
    ):
        raise broken((*at, "state"), "no nested run belongs to the suspended call", "TS-STATE-016")
    if call.outputs or call.state not in {"pending", "approved", "rejected"}:
        return
    owners = {call.item: run.log[call.item].agent or run.agent}
    settled = ledger.decide([call], decisions, run.id, owners)[0]
    if settled.state != call.state and not (call.state == "approved" and run.step.type == "acting"):
        raise ApprovalError(
            code="approval-mismatch",
            message=f"call {call.call_id!r} is {call.state}; by the decisions in the document it is {settled.state}",
            pointer=join([*at, "state"]),
            why="what may run follows from decisions, and a state alone is none",
            requirement="TS-APPR-014",
        )


def approvals(document: state.Document) -> None:
    """Check that each decision names an agent, run and call of the document, bound by digest (TS-APPR-001)."""
    runs = {run.id: run for run in document.runs}
    agents = {agent.key for agent in document.agents} | {"*"}
    for index, approval in enumerate(document.approvals):
        at: Place = ("approvals", index)
        if approval.agent not in agents:
            raise broken((*at, "agent"), f"no agent has the key {approval.agent!r}", "TS-STATE-005")
        if approval.run not in runs and approval.run != "*":
            raise broken((*at, "run"), f"no run has the id {approval.run!r}", "TS-APPR-001")
        if isinstance(approval.item, int):
            _exact(approval, runs.get(approval.run), at)
        elif approval.digest is not None:
            raise _unbound(
                (*at, "digest"), "a decision that is on no call of the document has no digest", "TS-APPR-002"
            )
        elif approval.item is None and approval.call_id is None:
            raise _unbound(at, "a decision names a call, or is a standing one", "TS-APPR-001")


def _exact(approval: state.Approval, run: state.Run | None, at: Place) -> None:
    call = next((call for call in run.calls if call.item == approval.item), None) if run is not None else None
    if run is None or call is None:
        raise _unbound((*at, "item"), "the decision is on a call that the document does not have", "TS-APPR-001")
    if approval.call_id != call.call_id:
        raise _unbound((*at, "call_id"), "the decision names another call id than its call has", "TS-APPR-001")
    if approval.tool != call.tool:
        raise _unbound((*at, "tool"), "the decision names another tool than its call does", "TS-APPR-014")
    if approval.agent not in {run.log[call.item].agent or run.agent, "*"}:
        raise _unbound((*at, "agent"), "the decision names another agent than its call has", "TS-APPR-014")
    if approval.digest != call.digest:
        what = "no digest" if approval.digest is None else "the digest of another call"
        raise _unbound((*at, "digest"), f"the decision has {what}", "TS-APPR-022")


def _unbound(place: Place, message: str, rule: str) -> ApprovalError:
    return ApprovalError(
        code="approval-mismatch",
        message=message,
        pointer=join(place),
        why="a decision covers the exact call it was given on, and nothing else",
        help="remove the decision, and decide again",
        requirement=rule,
    )


def unproven(document: state.Document, run: state.Run, place: Place) -> Iterator[Finding]:
    """Report calls that are to run without a decision: a policy may have let them, which a file can't prove."""
    decisions = ledger.InForce(document.approvals)
    for index, call in enumerate(run.calls):
        owner = run.log[call.item].agent or run.agent
        if call.state == "approved" and decisions.on(call, run.id, owner) is None:
            yield Finding(
                code="decisions-unverified",
                severity="warning",
                message=f"call {call.call_id!r} is approved, and no decision in the document says so",
                pointer=join([*place, "calls", index, "state"]),
                why="a policy may have let it run; the document does not prove it",
                requirement="TS-SEC-001",
            )
