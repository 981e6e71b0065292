"""Doubts about a file's number that are no proof: its parts are rather those of another one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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


#: Numbers whose files look the same, while a standing decision and a contrary one on a call mean different things.
_TURNED = {"openai-agents-python": frozenset({"1.15", "1.16"}), "openai-agents-js": frozenset({"1.18", "1.19"})}


def doubt(dialect: str, number: str, document: Mapping[str, Any]) -> Finding | None:
    """Warn of a number that a state may not have been saved with (TS-VERS-047).

    No error: a package that loads an older file and saves it again may write the same.
    """
    found = _unowned(dialect, number, document) or _misfiled(dialect, number, document)
    if found is not None:
        why = "an older file was saved again by a newer package, or the number was changed by hand"
        return _finding(f"labelled {number}, but {found}", why)
    if number in _TURNED[dialect] and any(map(_contrary, _decisions(_member(document, "context")))):
        first, second = sorted(_TURNED[dialect])
        message = f"labelled {number}, and a decision on a call contradicts the standing one on its tool"
        return _finding(
            message, f"the standing one holds in {first} and the other in {second}; else their files are alike"
        )
    return None


def _finding(message: str, why: str) -> Finding:
    return Finding(
        code="version-doubtful",
        severity="warning",
        message=message,
        pointer="/$schemaVersion",
        why=why,
        requirement="TS-VERS-047",
    )


def _unowned(dialect: str, number: str, document: Mapping[str, Any]) -> str | None:
    mark = _MARKS[dialect]
    if int(number.split(".")[1]) < mark.minor or mark.member in document or not _waits_alone(document, mark):
        return None
    return f"{mark.member!r} is missing, which a run that waits has since 1.{mark.minor}"


def _misfiled(dialect: str, number: str, document: Mapping[str, Any]) -> str | None:
    """Find a decision on a function that is filed as `openai-agents` filed it before 1.18."""
    if dialect != "openai-agents-python" or int(number.split(".")[1]) < _BY_AGENT:
        return None
    filed = _member(_member(document, "context"), "approvals")
    if not filed:
        return None
    items = [item for response in _items(document.get("model_responses")) for item in _items(response.get("output"))]
    named = next(
        (item for item in items if item.get("type") == "function_call" and str(item.get("name")) in filed), None
    )
    return None if named is None else f"the decision on {named.get('name')!r} is filed as before 1.{_BY_AGENT}"


_BY_AGENT = 18


def _decisions(value: Mapping[str, Any], *, inside: bool = False) -> Iterator[Mapping[str, Any]]:
    """Yield the approval records of a context."""
    if inside and "approved" in value and "rejected" in value:
        yield value
        return
    for key, inner in value.items():
        if inside or "pproval" in key:
            for one in _items([inner] if isinstance(inner, dict) else inner):
                yield from _decisions(one, inside=True)


def _contrary(record: Mapping[str, Any]) -> bool:
    yes, no = record["approved"], record["rejected"]
    return (yes is True and isinstance(no, list) and bool(cast("list[Any]", no))) or (
        no is True and isinstance(yes, list) and bool(cast("list[Any]", yes))
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
