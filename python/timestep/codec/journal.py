"""The journal of a run: its changes as JSON bytes, and the document that a snapshot and changes stand for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from msgspec import UNSET
from msgspec.structs import replace

from timestep.codec import document as codec
from timestep.codec import one_pass, strict_json
from timestep.codec.calls import features
from timestep.errors import StateFormatError
from timestep.types.journal import Change, RunChange
from timestep.types.state import Document, Run

#: Members of a run that a change gives as they are afterwards.
_REPLACED = (
    "agent", "step", "turn", "limits", "input", "view", "asked", "server", "pending_input", "tool_use", "settings",
    "session", "waiting", "stop",
)  # fmt: skip


def encode(change: Change) -> bytes:
    """Write a change as compact JSON.

    Raises:
        CodecError: it holds a value that has no JSON form.
    """
    data = one_pass.written(change)
    return strict_json.dumps(codec.change_to_json(change)) if data is None else data


def decode(data: bytes, *, limits: strict_json.Limits = strict_json.DEFAULT_LIMITS) -> Change:
    """Read a change.

    Raises:
        CodecError: the bytes are not strict JSON.
        StateFormatError: the JSON is no change of a run; carries the pointer.
    """
    change = one_pass.read(data, Change, limits)
    return codec.change_from_json(strict_json.loads(data, limits=limits)) if change is None else change


def applied(document: Document, changes: Iterable[Change]) -> Document:
    """Return a document after changes, in their order; it takes time for its length once, and for each change.

    Raises:
        StateFormatError: a change does not follow the document: it is of an earlier revision, or of other runs.
    """
    runs = {run.id: _Growing(run) for run in document.runs}
    agents, approvals, provenance = document.agents, document.approvals, [*document.provenance]
    usage, told, revision = document.usage, document.told, document.revision
    for change in changes:
        if change.revision < revision:
            raise _astray(f"a change to revision {change.revision} follows revision {revision}")
        revision = change.revision
        usage = usage if change.usage is UNSET else change.usage
        told = told if change.told is UNSET else change.told
        agents = agents if change.agents is UNSET else change.agents
        approvals = approvals if change.approvals is UNSET else change.approvals
        provenance += change.provenance
        for ended in change.ended:
            if runs.pop(ended, None) is None:
                raise _astray(f"the end of the run {ended!r}, which is not there")
        for each in change.runs:
            if each.id not in runs:
                raise _astray(f"a change of the run {each.id!r}, which is not there")
            runs[each.id].grow(each)
        runs |= {run.id: _Growing(run) for run in change.started}
    grown = [run.value() for run in runs.values()]
    return replace(
        document,
        requires=features(grown, approvals),
        revision=revision,
        told=told,
        usage=usage,
        agents=agents,
        approvals=approvals,
        provenance=provenance,
        runs=grown,
    )


class _Growing:
    """A run while changes are applied to it."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._log, self._responses, self._calls = [*run.log], [*run.responses], [*run.calls]
        self._results, self._input_done = [*run.guardrails.results], run.guardrails.input_done
        self._members: dict[str, Any] = {}

    def grow(self, change: RunChange) -> None:
        """Take a change in."""
        self._log += change.log
        self._responses += change.responses
        self._results += change.results
        if change.calls is not None:
            if change.calls.start > len(self._calls):
                raise _astray(f"the ledger of {self._run.id!r} goes on at {change.calls.start}")
            self._calls[change.calls.start :] = change.calls.entries
        if change.input_done is not UNSET:
            self._input_done = change.input_done
        for name in _REPLACED:
            value = getattr(change, name)
            if value is not UNSET:
                self._members[name] = value

    def value(self) -> Run:
        """Return the run as it is now."""
        return replace(
            self._run,
            log=self._log,
            responses=self._responses,
            calls=self._calls,
            guardrails=replace(self._run.guardrails, input_done=self._input_done, results=self._results),
            **self._members,
        )


def _astray(message: str) -> StateFormatError:
    return StateFormatError(
        f"the journal does not go with its snapshot: {message}", code="state-inconsistent", pointer=""
    )
