"""What a run has changed between two points of its journal: one record for one write of a store (durability.md)."""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from timestep.types.base import Sealed
from timestep.types.state import (
    Agent,
    Approval,
    Call,
    Entry,
    GuardrailResult,
    Input,
    Limits,
    Provenance,
    Range,
    Response,
    Run,
    Server,
    SessionMark,
    Settings,
    Staged,
    Step,
    Stop,
    Turn,
    Usage,
    Waiting,
)


class LedgerTail(Sealed, frozen=True):
    """The end of a call ledger: the entries from the position `start` on, which replace what stood there."""

    start: int = msgspec.field(name="from")
    entries: list[Call]


class RunChange(Sealed, frozen=True):
    """What has changed in one run.

    What a run only adds to (`log`, `responses`, `results`) holds what is new. Other members hold what they are now:
    an absent one is as it was, null is one that the run no longer has.
    """

    id: str
    log: list[Entry] = []
    responses: list[Response] = []
    results: list[GuardrailResult] = []
    calls: LedgerTail | None = None
    agent: str | UnsetType = UNSET
    step: Step | UnsetType = UNSET
    turn: Turn | UnsetType = UNSET
    limits: Limits | UnsetType = UNSET
    input: Input | UnsetType = UNSET
    view: list[Range] | UnsetType = UNSET
    input_done: bool | Literal["unknown"] | UnsetType = UNSET
    asked: list[int] | UnsetType = UNSET
    server: Server | UnsetType | None = UNSET
    pending_input: list[Staged] | UnsetType = UNSET
    tool_use: dict[str, list[str]] | UnsetType = UNSET
    settings: Settings | UnsetType | None = UNSET
    session: SessionMark | UnsetType | None = UNSET
    waiting: list[Waiting] | UnsetType = UNSET
    stop: Stop | UnsetType | None = UNSET


class Change(Sealed, frozen=True):
    """What has changed in a run tree; `revision` is the tree's afterwards.

    `ended` are the ids of nested runs that are gone, `runs` those that stay and have changed, `started` whole runs that
    are new and stand after them.
    """

    revision: int
    told: int | UnsetType = UNSET
    usage: Usage | UnsetType = UNSET
    agents: list[Agent] | UnsetType = UNSET
    approvals: list[Approval] | UnsetType = UNSET
    provenance: list[Provenance] = []
    ended: list[str] = []
    runs: list[RunChange] = []
    started: list[Run] = []
