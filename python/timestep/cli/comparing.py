"""Two saved runs side by side: what to compare, and what to leave out because it only says where a file came from."""

from __future__ import annotations

from functools import reduce
from typing import Any

from timestep.cli import states
from timestep.cli.files import Source
from timestep.codec import document, strict_json
from timestep.codec.diff import Change, diff
from timestep.codec.pointer import split
from timestep.codec.redact import redact
from timestep.errors import UsageError
from timestep.state import RunState, SessionItems
from timestep.types.base import JSON

# Members of a document that tell of the file and not of the run.
_OF_THE_FILE = ("id", "revision", "origin", "provenance", "ext", "manifest")


def raw(left: Source, right: Source) -> list[Change]:
    """Compare two JSON texts."""
    return diff(_json(left), _json(right))


def by_meaning(left: Source, right: Source, dialect: str | None, assume: tuple[str, ...]) -> list[Change]:
    """Compare two saved runs, or two lists of session items, in canonical form.

    Raises:
        UsageError: one is a run and the other a list of items.
    """
    states_read = [states.load(source, dialect, assume) for source in (left, right)]
    kinds = {type(state) for state in states_read}
    if len(kinds) > 1:
        raise UsageError(
            "one file is a run state and the other a list of session items",
            help="compare their JSON with --raw, or two files of one kind",
        )
    return diff(_canonical(states_read[0]), _canonical(states_read[1]))


def masked(change: Change) -> Change:
    """Mask what looks like a secret in both sides, by the names it stands under too."""
    names = split(change.pointer)
    sides = [_masked_under(names, value) for value in (change.left, change.right)]
    return Change(change.pointer, change.kind, sides[0], sides[1])


def _masked_under(names: list[str], value: JSON) -> JSON:
    """Mask a value as it would be masked in its document."""
    names = names[-64:]  # as deep as `redact` looks with room for the value
    wrapped = reduce(lambda inner, name: {name: inner}, reversed(names), value)
    return reduce(lambda outer, name: outer[name], names, redact(wrapped))


def _json(source: Source) -> JSON:
    with source.blamed():
        return strict_json.loads(source.data)


def _canonical(state: RunState | SessionItems) -> JSON:
    """Give what is compared, under ids that are the same for the same run."""
    if isinstance(state, SessionItems):
        return state.items
    value = document.to_json(state.document)
    for name in _OF_THE_FILE:
        value.pop(name, None)
    return _with_own_ids(value, state.document.runs[0].id)


def _with_own_ids(value: dict[str, Any], root: str) -> dict[str, Any]:
    """Name runs by their place in the tree; digests cover run ids, and all they cover is compared anyway."""

    def own(run_id: str) -> str:
        return "root" + run_id.removeprefix(root) if run_id.startswith(root) else run_id

    for run in value["runs"]:
        run["id"] = own(run["id"])
        if "parent" in run:
            run["parent"]["run"] = own(run["parent"]["run"])
        for call in run["calls"]:
            del call["digest"]
    for approval in value["approvals"]:
        approval["run"] = own(approval["run"])
        approval.pop("digest", None)
    return value
