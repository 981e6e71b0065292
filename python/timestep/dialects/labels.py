"""Doubts about a file's number that are no proof: what its writer adds to every ordinary pause is not there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, cast

from timestep.types.findings import Finding


class _Mark(NamedTuple):
    """The member that every pause on function calls of the run's own has, from a minor number on."""

    minor: int
    member: str
    step: str
    raw: str
    processed: str
    nested: str


_MARKS = {
    "openai-agents-python": _Mark(
        17, "current_response_generated_item_ownership", "current_step", "raw_item", "last_processed_response", ""
    ),
    "openai-agents-js": _Mark(
        20, "currentResponseGeneratedItemOwnership", "currentStep", "rawItem", "", "pendingAgentToolRuns"
    ),
}


def doubt(dialect: str, number: str, document: Mapping[str, Any]) -> Finding | None:
    """Warn of a number that a state may not have been saved with (TS-VERS-047).

    No error: a package that loads an older file and saves it again leaves the member out, too.
    """
    mark = _MARKS[dialect]
    if int(number.split(".")[1]) < mark.minor or mark.member in document or not _waits_alone(document, mark):
        return None
    return Finding(
        code="version-doubtful",
        severity="warning",
        message=f"labelled {number}, but {mark.member!r} is missing, which a run that waits has since 1.{mark.minor}",
        pointer="/$schemaVersion",
        why="an older file was saved again by a newer package, or the number was changed by hand",
        requirement="TS-VERS-047",
    )


def _waits_alone(document: Mapping[str, Any], mark: _Mark) -> bool:
    """Tell whether a run waits for function calls of its own and for nothing else."""
    data = _member(_member(document, mark.step), "data")
    waiting = [_member(item, mark.raw).get("type") for item in _items(data.get("interruptions"))]
    functions = _items(_member(document, mark.processed).get("functions"))
    nested = _member(document, mark.nested) or any(item.get("agent_run_state") for item in functions)
    return bool(waiting) and not nested and all(kind == "function_call" for kind in waiting)


def _member(value: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = value.get(name)
    return cast("Mapping[str, Any]", found) if isinstance(found, dict) else {}


def _items(value: Any) -> list[Mapping[str, Any]]:
    items = cast("list[Any]", value) if isinstance(value, list) else []
    return [cast("Mapping[str, Any]", item) for item in items if isinstance(item, dict)]
