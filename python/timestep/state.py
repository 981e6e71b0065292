"""What users hold and call: `read`, `write`, `check`, and the run state between them."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import msgspec
from msgspec.structs import replace

from timestep.changes import (
    broken_off,
    cancelled,
    refuse_unsent_approvals,
    replaced,
    settled,
    settled_call,
    undecided,
    with_input,
)
from timestep.codec import proto
from timestep.codec.key_ring import KeyRing
from timestep.codec.pending import interruptions
from timestep.codec.seal import is_sealed
from timestep.dialects import convert, detect, ledger, session_items
from timestep.dialects.account import Account
from timestep.dialects.export import unwritten
from timestep.errors import ApprovalError, TimestepError, UsageError
from timestep.interruptions import Interruption, interruption_of, path_of
from timestep.sealed import opened, unverified_decisions
from timestep.source import file_bytes, located, parsed, placed
from timestep.types import state
from timestep.types.base import Item
from timestep.types.findings import Finding, LossReport

__all__ = [
    "Conversion",
    "Finding",
    "Interruption",
    "LossReport",
    "RunState",
    "SessionItems",
    "check",
    "read",
    "write",
]


class Conversion(msgspec.Struct, frozen=True):
    """The bytes of a written file, and the account of what was carried, derived, dropped and asserted."""

    data: bytes
    report: LossReport


class RunState:
    """A run state: a frozen document, replaced as a whole by each decision.

    Attributes:
        document: the canonical document.
        dialect: the dialect it was read from; `schema_version` is that dialect's number.
        trusted: whether its decisions may be acted on without asking again (TS-SEC-002).
        version: the version under which its store has it; None where it comes from no store.
        spent: whether a run has gone on from it; going on from it once more could run tools twice.
        findings: what reading it brought up.
    """

    def __init__(self, loaded: convert.Loaded, *, trusted: bool = False, sealed: Sequence[Finding] = ()) -> None:
        self.loaded = loaded
        self.trusted = trusted
        self.spent = False
        self.version: int | None = None
        self._given = list(loaded.document.approvals)
        unverified = [] if trusted else unverified_decisions(loaded.document, sealed=bool(sealed))
        self.findings = [*sealed, *loaded.account.findings, *unverified]

    @property
    def document(self) -> state.Document:
        """The canonical document; frozen."""
        return self.loaded.document

    @property
    def origin(self) -> state.Origin | None:
        """Where an imported state came from; None for native ones."""
        return self.document.origin

    @property
    def dialect(self) -> str:
        """The dialect the state was read from."""
        return self.loaded.dialect

    @property
    def schema_version(self) -> str:
        """The number of that dialect."""
        return self.loaded.number

    @property
    def form(self) -> str:
        """The form of the file it was read from, as `write` takes it for a target."""
        if self.dialect == detect.OWN:
            return detect.BINARY if self.loaded.binary else detect.OWN
        return f"{self.dialect}@{self.schema_version}"

    def resumable(self) -> state.Document:
        """Return the document to go on with: decisions of a file that nobody vouches for are asked again (TS-SEC-002).

        What a policy let run in such a file is looked at again too, and so is a call that was broken off and may run
        again. Decisions made on this object stay.

        Raises:
            ApprovalError: an approval of a hosted call waits to be sent to the host; it can't be asked about again.
        """
        if self.trusted:
            return self.document
        for run in self.document.runs:
            refuse_unsent_approvals(run)
        given = {id(approval) for approval in self._given}  # one made here may say the same as one of the file
        kept = [approval for approval in self.document.approvals if id(approval) not in given]
        document = settled(replace(self.document, approvals=kept))
        decisions = ledger.InForce(kept)
        nested = {(run.parent.run, run.parent.item) for run in document.runs if run.parent is not None}
        runs = [undecided(run, decisions, nested) for run in document.runs]
        return convert.features(replace(document, runs=runs))

    def unwritten_items(self) -> list[Item]:
        """List the items that the run's session has not got yet: an SDK that goes on takes them for written."""
        return unwritten(self.document)

    def get_interruptions(self) -> list[Interruption]:
        """List the calls that wait for a decision, or for word on whether they ran: depth first."""
        return [item for item in self.listed() if item.state in {"pending", "indeterminate"}]

    def listed(self) -> list[Interruption]:
        """List the calls that wait, and those decided that have not run yet."""
        found = [(run, call) for run, call in interruptions(self.document, self.document.runs[0]) if not call.outputs]
        names = {agent.key: agent.name for agent in self.document.agents}
        return [interruption_of(self.document, run, call, names) for run, call in found]

    def approve(self, item: Interruption | str, always_approve: bool = False, *, by: str | None = None) -> None:
        """Let a call run.

        Args:
            item: an interruption, or its path or call id.
            always_approve: let this agent's later calls of the tool run too.
            by: who decided, for the record.

        Raises:
            ApprovalError: no such call waits, or the id names several.
        """
        self._decide(item, "approve", sticky=always_approve, message=None, by=by)

    def reject(
        self,
        item: Interruption | str,
        always_reject: bool = False,
        *,
        rejection_message: str | None = None,
        by: str | None = None,
    ) -> None:
        """Keep a call from running; the model is told `rejection_message`, or the runtime's default text.

        Raises:
            ApprovalError: no such call waits, or the id names several.
        """
        self._decide(item, "reject", sticky=always_reject, message=rejection_message, by=by)

    def settle(
        self,
        item: Interruption | str,
        how: Literal["retry", "output", "fail"],
        output: str | None = None,
        *,
        by: str | None = None,
    ) -> None:
        """Say what became of a call that may have run (TS-APPR-034).

        Args:
            item: an interruption whose state is "indeterminate", or its path or call id.
            how: "retry" has it run again; "output" takes `output` for its result; "fail" tells the model of a failure.
            output: the result, or what the model is told of the failure.
            by: who found out, for the record.

        Raises:
            ApprovalError: no such call is in doubt.
        """
        asked = self._found(path_of(item))
        if asked.state != "indeterminate":
            raise ApprovalError(
                code="call-unknown",
                message=f"call {asked.path!r} is {asked.state}; only a call that may have run is settled",
                help="decide on it with approve or reject",
                requirement="TS-APPR-034",
            )
        moment = datetime.now(UTC).isoformat(timespec="seconds") if by is not None else None
        document = settled_call(self.document, asked.run, asked.item, how, output, by=by, at=moment)
        self.loaded = _with_document(self.loaded, convert.features(document))

    def break_off(self) -> None:
        """Take the run for one whose process has died: calls that were under way may have run, and can be settled.

        Going on with the run does the same. Nothing changes in a run that has ended, and for calls that may run again.
        """
        self.loaded = _with_document(self.loaded, broken_off(self.document))

    def cancel(self, *, by: str | None = None) -> None:
        """End the run for good: calls that wait are cancelled, and nothing goes on with it (TS-TRANS-041).

        Args:
            by: who ended it, for the record.

        Raises:
            StateError: the run has ended.
        """
        document = cancelled(self.document)
        moment = datetime.now(UTC).isoformat(timespec="seconds") if by is not None else None
        note = state.Provenance(action="decided", subject=f"{document.runs[0].id}: cancel", by=by, at=moment)
        document = replace(document, provenance=[*document.provenance, note])
        self.loaded = _with_document(self.loaded, convert.features(document))

    def add_input(self, given: str | Sequence[Item]) -> None:
        """Stage a message or items, which the model sees when it is asked next.

        Raises:
            StateError: the run has ended.
        """
        items = [{"role": "user", "content": given}] if isinstance(given, str) else [dict(item) for item in given]
        self.loaded = _with_document(self.loaded, with_input(self.document, items))

    def _decide(
        self,
        item: Interruption | str,
        decision: Literal["approve", "reject"],
        *,
        sticky: bool,
        message: str | None,
        by: str | None,
    ) -> None:
        asked = self._find(path_of(item))
        document = self.document
        run = next(run for run in document.runs if run.id == asked.run)
        call = next(call for call in run.calls if call.item == asked.item)
        agent = run.log[call.item].agent or run.agent
        moment = datetime.now(UTC).isoformat(timespec="seconds") if by is not None else None
        approval = state.Approval(
            run=self._scope(run) if sticky else run.id,
            agent=agent,
            tool=call.tool,
            item="*" if sticky else call.item,
            call_id=call.call_id,
            digest=None if sticky else call.digest,
            decision=decision,
            message=message,
            by=by,
            at=moment,
        )
        earlier = [old for old in document.approvals if not replaced(old, approval, run, call)]
        note = state.Provenance(action="decided", subject=f"{asked.path}: {decision}", by=by, at=moment)
        decided = replace(document, approvals=[*earlier, approval], provenance=[*document.provenance, note])
        self.loaded = _with_document(self.loaded, convert.features(settled(decided)))

    def _scope(self, run: state.Run) -> str:
        """A standing decision holds for one run in Python and native states, and for the tree in JavaScript ones."""
        return "*" if self.dialect == "openai-agents-js" else run.id

    def _find(self, name: str) -> Interruption:
        """Find a call to decide on."""
        found = self._found(name)
        if found.state == "indeterminate":
            raise ApprovalError(
                code="call-indeterminate",
                message=f"call {name!r} may already have run; approving it could run it twice",
                help="find out in the system the tool acts on, and say so with `settle`",
                requirement="TS-APPR-030",
            )
        return found

    def _found(self, name: str) -> Interruption:
        waiting = [item for item in self.listed() if name in {item.path, item.call_id}]
        exact = [item for item in waiting if item.path == name]
        found = exact or waiting
        if len(found) == 1:
            return found[0]
        known = ", ".join(item.path for item in self.listed()) or "none"
        problem = "no call" if not found else f"{len(found)} calls"
        raise ApprovalError(
            code="call-unknown" if not found else "call-ambiguous",
            message=f"{problem} named {name!r} waits for a decision",
            help=f"waiting: {known}",
            requirement="TS-APPR-031",
        )


class SessionItems:
    """A list of session items, in wire form whatever it was read from."""

    def __init__(self, loaded: session_items.Items, account: Account) -> None:
        self.loaded = loaded
        self.findings = list(account.findings)

    @property
    def items(self) -> list[Item]:
        """The items, as Responses wire items."""
        return self.loaded.items

    @property
    def dialect(self) -> str:
        """The family the list was written by; "neutral" when nothing tells."""
        return self.loaded.family

    @property
    def container(self) -> str:
        """The form of the file: "array", "lines" or "timestep"."""
        return self.loaded.container


def read(
    data: bytes | str | Path,
    *,
    trusted: bool = False,
    assume: Collection[str] = (),
    dialect: str | None = None,
    keys: KeyRing | None = None,
    tenant: str | None = None,
    tree: str | None = None,
    at_least: int | None = None,
    now: datetime | None = None,
) -> RunState | SessionItems:
    """Read a run state, sealed or not, or a list of session items, of any known dialect.

    Args:
        data: the file's bytes, its text, or its path.
        trusted: the source is known, so decisions in it may be acted on.
        assume: assertions of the operator (`timestep.dialects.account.FLAGS`).
        dialect: the family of a list of items whose items don't tell.
        keys: the file has to be sealed with one of them; it is trusted then. Without, a seal is not verified.
        tenant: who a sealed state has to belong to.
        tree: the run it has to be of.
        at_least: the revision that the run is known to have reached; an older state is refused.
        now: the time by which a seal has ended or not, aware; this machine's when left out.

    Raises:
        SealError: keys are given, and no seal holds.
        TimestepError: with pointer, line and column wherever the input is at fault.
    """
    raw = file_bytes(data)
    container: session_items.Container = "array"
    try:
        seal = None
        if keys is not None or is_sealed(raw) or (tenant, tree, at_least) != (None, None, None):
            seal = opened(raw, keys, tenant=tenant, tree=tree, at_least=at_least, now=now)
        plain = seal.payload if seal is not None else raw
        value, container = parsed(proto.decode("RunState", plain) if proto.is_binary(plain) else plain)
        if seal is None and (session_items.looks_like(value) or container == "lines"):
            account = Account(assume)
            items = session_items.read(value, account, container=container, family=dialect)
            return SessionItems(items, account)
        loaded = convert.load(value, plain, assume=assume)
        if seal is None:
            return RunState(loaded, trusted=trusted)
        seal.refuse_unbound(loaded.document)
        return RunState(loaded, trusted=trusted or seal.verified, sealed=[seal.finding()])
    except TimestepError as error:
        raise located(error, raw, data, lines=container == "lines") from None


def write(
    state_or_items: RunState | SessionItems,
    to: str,
    *,
    assume: Collection[str] = (),
    base: bytes | Path | None = None,
    handoffs: Mapping[str, str] | None = None,
    agents: Mapping[str, str] | None = None,
) -> Conversion:
    """Write a state or a list of items in a dialect.

    Args:
        state_or_items: what `read` gave.
        to: "openai-agents-python", "openai-agents-js", "timestep", or "timestep+proto" for its binary form;
            "@NUMBER" or "==PACKAGE_VERSION" may follow an SDK's.
        assume: assertions of the operator; each is recorded in the report.
        base: the file the run started from, to put back what only that file could hold.
        handoffs: handoff tool -> name of the agent it leads to, where the state does not tell.
        agents: agent key in the state -> identity in the target, where several agents share a name.

    Raises:
        ConversionError: what matters can't cross, or needs an assertion; names the flag.
    """
    if isinstance(state_or_items, SessionItems):
        return _write_items(state_or_items, to, assume)
    original = read(base) if base is not None else None
    if original is not None and not isinstance(original, RunState):
        raise UsageError(code="base-dialect", message="the base file is no run state")
    options = convert.Options(
        assume=assume,
        handoffs=handoffs or {},
        agents=agents or {},
        base=original.loaded if original is not None else None,
    )
    data, report = convert.dump(state_or_items.loaded, to, options)
    return Conversion(data=data, report=report)


def check(
    data: bytes | str | Path, *, dialect: str | None = None, keys: KeyRing | None = None, tenant: str | None = None
) -> list[Finding]:
    """List what is wrong with, or remarkable about, a file; nothing is raised for bad input."""
    raw = file_bytes(data)
    try:
        found = read(raw, dialect=dialect, keys=keys, tenant=tenant)
    except UsageError:
        raise
    except TimestepError as error:
        return [finding_of(error)]
    lines = isinstance(found, SessionItems) and found.container == "lines"
    return [placed(finding, raw, lines=lines) for finding in found.findings]


def native(document: state.Document) -> RunState:
    """Return the state of a run of this process, whose decisions are its own."""
    account = Account()
    return RunState(
        convert.Loaded(document, "timestep", document.format_version, account, None, document), trusted=True
    )


def finding_of(error: TimestepError) -> Finding:
    """Turn an error into a finding."""
    return Finding(
        code=error.code,
        severity="error",
        message=error.message,
        pointer=error.pointer,
        line=error.line,
        column=error.column,
        why=error.why,
        help=error.help,
        requirement=error.requirement,
    )


def _with_document(loaded: convert.Loaded, document: state.Document) -> convert.Loaded:
    """Return the loaded state with another document."""
    return dataclasses.replace(loaded, document=document)


def _write_items(items: SessionItems, to: str, assume: Collection[str]) -> Conversion:
    name, number = convert.target(to)
    if name == detect.BINARY:
        raise UsageError("session items have no binary form", code="target-unknown", help="write them as timestep")
    account = Account(assume)
    data = session_items.write(items.loaded, name, account)
    report = LossReport(source=items.dialect, target=f"{name}@{number}", rows=account.rows)
    return Conversion(data=data, report=report)
