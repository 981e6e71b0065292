"""The calls of a run that a person is asked about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from timestep.codec.calls import arguments_of
from timestep.codec.pending import path_to, shown
from timestep.errors import ApprovalError
from timestep.types import state


class Interruption(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A call that a person is asked about.

    `path` names it for `decide`: its call id, or `PARENT/CALL` in a nested run. `arguments` is the exact string the
    model sent, or what a guardrail made of it; for calls without one it is the action as canonical JSON. `prompts` are
    the questions of guardrails that want a person asked.
    """

    run: str
    agent: str
    tool: str
    kind: str
    call_id: str
    path: str
    arguments: str
    state: Literal["pending", "approved", "rejected", "indeterminate"]
    item: int
    prompts: list[str] = []


def path_of(call: object) -> str:
    """Return what a call is named by: the path of an interruption, or the text itself.

    Raises:
        ApprovalError: it is neither.
    """
    path = getattr(call, "path", call)
    if isinstance(path, str):
        return path
    raise ApprovalError(
        f"{type(call).__name__} is no call",
        code="call-unknown",
        help="give one of get_interruptions(), its path, or its call id",
        requirement="TS-APPR-031",
    )


def interruption_of(
    document: state.Document, run: state.Run, call: state.Call, names: Mapping[str, str]
) -> Interruption:
    """Return what is asked about a call; `names` are the agents' names by key."""
    entry = run.log[call.item]
    agent = entry.agent or run.agent
    return Interruption(
        run=run.id,
        agent=names.get(agent, agent),
        tool=shown(call.tool),
        kind=call.tool[0],
        call_id=call.call_id,
        path=path_to(document, run, call),
        arguments=call.arguments if call.arguments is not None else arguments_of(entry.item),
        state=_listed_state(call),
        item=call.item,
        prompts=[
            result.message or ""
            for result in run.guardrails.results
            if result.item == call.item and result.behavior == "ask"
        ],
    )


def _listed_state(call: state.Call) -> Literal["pending", "approved", "rejected", "indeterminate"]:
    if call.state == "approved":
        return "approved"
    if call.state == "rejected":
        return "rejected"
    return "pending" if call.state == "pending" else "indeterminate"
