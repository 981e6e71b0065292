"""The calls of a run that a person is asked about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from timestep.codec.calls import arguments_of
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


#: Names that the tools of kinds without names of their own have in the files of the SDKs.
_NAMES: dict[str, tuple[str, ...]] = {
    "shell": ("shell",),
    "local_shell": ("local_shell",),
    "apply_patch": ("apply_patch",),
    "computer": ("computer", "computer_use_preview"),
}


def _shown(tool: state.ToolKey) -> str:
    """Return the name a person is shown; what a file calls a shell must not look like a harmless tool."""
    kind, namespace, name = tool
    if kind in _NAMES and name not in _NAMES[kind]:
        return f"{kind} ({name})"
    return f"{namespace}.{name}" if namespace else name


def interruption_of(
    document: state.Document, run: state.Run, call: state.Call, names: Mapping[str, str]
) -> Interruption:
    """Return what is asked about a call; `names` are the agents' names by key."""
    entry = run.log[call.item]
    agent = entry.agent or run.agent
    return Interruption(
        run=run.id,
        agent=names.get(agent, agent),
        tool=_shown(call.tool),
        kind=call.tool[0],
        call_id=call.call_id,
        path="/".join([*_parents(document, run), call.call_id]),
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


def _parents(document: state.Document, run: state.Run) -> Sequence[str]:
    """List the ids of the calls that lead down to a nested run."""
    path: list[str] = []
    runs = {known.id: known for known in document.runs}
    while run.parent is not None:
        above, item = runs[run.parent.run], run.parent.item
        path.insert(0, next(call.call_id for call in above.calls if call.item == item))
        run = above
    return path
