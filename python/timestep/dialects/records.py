"""Approval records of the SDKs, which both keep as two values per tool: true, or the ids of decided calls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from timestep.errors import ApprovalError
from timestep.types.state import Approval, Call, ToolKey

Verdict = Literal["approve", "reject"]
Exact = tuple[str, Verdict, str | None]


@dataclass(slots=True)
class Record:
    """One tool's decisions: at most one sticky verdict, and verdicts on single calls."""

    approved: bool | list[str] = field(default_factory=list[str])
    rejected: bool | list[str] = field(default_factory=list[str])
    messages: dict[str, str] = field(default_factory=dict[str, str])
    sticky_message: str | None = None

    def sticky(self) -> Verdict | None:
        """Return the verdict that holds for calls not decided one by one."""
        if self.approved is True:
            return "approve"
        return "reject" if self.rejected is True else None

    def exact(self) -> list[Exact]:
        """List (call id, verdict, message) for calls decided one by one."""
        approved = self.approved if isinstance(self.approved, list) else []
        rejected = self.rejected if isinstance(self.rejected, list) else []
        found: list[Exact] = [(call_id, "approve", None) for call_id in approved]
        found.extend((call_id, "reject", self.messages.get(call_id)) for call_id in rejected)
        if self.rejected is True:  # a message of its own makes a call more than an instance of the sticky no
            for call_id, message in self.messages.items():
                if message != self.sticky_message:
                    found.append((call_id, "reject", message))
        return found

    def _sticky_call(self) -> str | None:
        """Return the call that the standing rejection was given on, where the record still tells."""
        same = (call_id for call_id, message in self.messages.items() if message == self.sticky_message)
        return next(same, None) if self.rejected is True else None

    def standing(self, run: str, agent: str, tool: ToolKey) -> Approval | None:
        """Return the sticky decision, if there is one, for a run or for "*"."""
        verdict = self.sticky()
        if verdict is None:
            return None
        return Approval(
            run=run,
            agent=agent,
            tool=tool,
            item="*",
            call_id=self._sticky_call(),
            decision=verdict,
            message=self.sticky_message,
        )

    def check(self, pointer: str) -> None:
        """Refuse a record that says yes and no to the same thing; both SDKs would run the call (TS-APPR-013).

        Raises:
            ApprovalError: the record contradicts itself.
        """
        both = self.approved is True and self.rejected is True
        approved = set(self.approved) if isinstance(self.approved, list) else set[str]()
        rejected = set(self.rejected) if isinstance(self.rejected, list) else set[str]()
        twice = sorted(approved & rejected)
        if both or twice:
            what = f"call {twice[0]!r}" if twice else "the tool"
            raise ApprovalError(
                code="approval-conflict",
                message=f"{what} is both approved and rejected",
                pointer=pointer,
                why="the SDKs would run the call; nobody can say what the person meant",
                help="decide again: timestep decide FILE --approve ID | --reject ID",
                requirement="TS-APPR-013",
            )


def on_call(run: str, agent: str, call: Call, decided: Exact) -> Approval:
    """Return the decision on a call that the document has."""
    call_id, verdict, message = decided
    return Approval(
        run=run,
        agent=agent,
        tool=call.tool,
        item=call.item,
        call_id=call_id,
        digest=call.digest,
        decision=verdict,
        message=message,
    )


def build(approvals: Sequence[Approval]) -> Record:
    """Write decisions on one tool of one agent, in their order, as a record."""
    record = Record()
    sticky: Approval | None = None
    exact: dict[str, Approval] = {}
    for approval in approvals:
        if approval.item == "*":
            sticky = approval
        elif approval.call_id is not None:
            exact[approval.call_id] = approval
    yes = [call_id for call_id, found in exact.items() if found.decision == "approve"]
    no = [call_id for call_id, found in exact.items() if found.decision == "reject"]
    record.approved, record.rejected = yes, no
    record.messages = {call_id: exact[call_id].message or "" for call_id in no if exact[call_id].message is not None}
    if sticky is not None and sticky.decision == "approve":
        record.approved = True
    elif sticky is not None:
        record.approved, record.rejected = yes or False, True
        record.sticky_message = sticky.message
        if sticky.message is not None and sticky.call_id is not None:
            record.messages.setdefault(sticky.call_id, sticky.message)
    return record
