"""Tells which dialect and number a document has; `$schemaVersion` alone can't, since both SDKs count in 1.x."""

from __future__ import annotations

import re
from typing import Any, NamedTuple, cast

from timestep.errors import StateFormatError, TimestepError, VersionError
from timestep.types import state

PYTHON, JS, OWN = "openai-agents-python", "openai-agents-js", "timestep"

_SNAKE = ("current_agent", "original_input", "model_responses", "generated_items")
_CAMEL = ("currentAgent", "originalInput", "modelResponses", "generatedItems")

#: Numbers that a released package wrote (spec/dialects); the others were never published.
_PYTHON_MINORS = (0, 1, 2, 4, 5, 6, 9, 10, 11, 12, 13, 15, 16, 17, 18, 21)
_JS_MINORS = (0, 1, 2, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15, 17, 18, 19, 20, 21, 22)
RELEASED = {
    PYTHON: tuple(f"1.{minor}" for minor in _PYTHON_MINORS),
    JS: tuple(f"1.{minor}" for minor in _JS_MINORS),
}
CURRENT = {PYTHON: "1.21", JS: "1.22"}
#: The package version that writes the current number.
PACKAGES = {PYTHON: "0.24.0", JS: "0.20.0"}

#: Features that a number brought: (place, minor). A file that has one is at least of that number.
_PROBES: dict[str, tuple[tuple[tuple[str, ...], int], ...]] = {
    PYTHON: (
        (("context", "tool_invocations"), 15),
        (("pending_input",), 15),
        (("current_response_generated_item_ownership",), 17),
        (("context", "function_tool_approvals"), 18),
    ),
    JS: (
        (("context", "functionApprovals"), 16),
        (("completedToolInvocations",), 18),
        (("currentResponseGeneratedItemOwnership",), 20),
        (("initialInputGuardrailsCompleted",), 21),
    ),
}
#: What every file of the current number has; one without it carries a wrong label.
_NEEDED: dict[str, tuple[tuple[str, ...], ...]] = {
    PYTHON: (("context", "tool_invocations"), ("session_items",), ("pending_input",)),
    JS: (("completedToolInvocations",), ("context", "approvalInvocations"), ("initialInputGuardrailsCompleted",)),
}


class Detected(NamedTuple):
    """A dialect and its number."""

    dialect: str
    number: str


def detect(value: Any) -> Detected:
    """Name the dialect and number of a parsed run state.

    Raises:
        StateFormatError: no run state, or one whose keys are of both families.
        VersionError: a number that was never released, is not read yet, or does not fit the file's features.
    """
    if not isinstance(value, dict):
        raise _unknown(f"a run state is a JSON object; got {_kind(value)}")
    document = cast("dict[str, Any]", value)
    if document.get("format") == state.FORMAT:
        return Detected(OWN, str(document.get("format_version")))
    version = document.get("$schemaVersion")
    if "$schemaVersion" not in document:
        raise _unknown('no "format" and no "$schemaVersion" says what this is')
    if not isinstance(version, str) or not re.fullmatch(r"1\.(0|[1-9]\d{0,3})", version):
        raise VersionError(
            code="version-shape",
            message=f'"$schemaVersion" is text such as "1.21"; got {version!r}',
            pointer="/$schemaVersion",
            requirement="TS-VERS-010",
        )
    return Detected(_checked(document, _family(document), version), version)


def nested(value: Any, family: str, pointer: str) -> None:
    """Check that a nested run is of its parent's family and states a number that is read.

    Raises:
        StateFormatError, VersionError: it is not; with the pointer in the whole file.
    """
    try:
        found = detect(value)
    except TimestepError as error:
        error.pointer = pointer + (error.pointer or "")
        raise
    if found.dialect != family:
        raise StateFormatError(
            code="nested-shape",
            message=f"a run nested in a {family} state is of that family too; this one is {found.dialect}",
            pointer=pointer,
            requirement="TS-STATE-016",
        )


def _family(document: dict[str, Any]) -> str:
    snake = [key for key in _SNAKE if key in document]
    camel = [key for key in _CAMEL if key in document]
    if len(snake) == len(_SNAKE) and not camel:
        return PYTHON
    if len(camel) == len(_CAMEL) and not snake:
        return JS
    if snake and camel:
        raise _unknown(f"keys of both SDKs stand side by side: {snake[0]!r} and {camel[0]!r}")
    if not snake and not camel:
        raise _unknown('it has a "$schemaVersion", and none of the members that every state of either SDK has')
    family, keys, found = (PYTHON, _SNAKE, snake) if snake else (JS, _CAMEL, camel)
    missing = next(key for key in keys if key not in found)
    raise StateFormatError(
        code="field-missing",
        message=f"{missing!r} is missing; every {family} state has it",
        pointer="",
        requirement="TS-VERS-011",
    )


def _checked(document: dict[str, Any], family: str, version: str) -> str:
    at_least = max((minor for place, minor in _PROBES[family] if _has(document, place)), default=0)
    if version not in RELEASED[family]:
        raise VersionError(
            code="version-unknown",
            message=f"no released package writes {family} states numbered {version}",
            pointer="/$schemaVersion",
            help=f"released numbers: {RELEASED[family][0]} to {RELEASED[family][-1]}",
            requirement="TS-VERS-012",
        )
    if int(version.split(".")[1]) < at_least:
        raise _mislabelled(f"labelled {version}, but it has what 1.{at_least} brought", family)
    if version != CURRENT[family]:
        raise VersionError(
            code="version-not-yet",
            message=f"{family} states numbered {version} are not read yet; this version reads {CURRENT[family]}",
            pointer="/$schemaVersion",
            help=f"load and save the state with a package that writes {CURRENT[family]}",
            requirement="TS-VERS-013",
        )
    missing = next((place for place in _NEEDED[family] if not _has(document, place)), None)
    if missing is not None:
        raise _mislabelled(f"labelled {version}, but {'.'.join(missing)!r} is missing, which that number has", family)
    return family


def _has(document: dict[str, Any], place: tuple[str, ...]) -> bool:
    current: Any = document
    for key in place:
        if not isinstance(current, dict) or key not in current:
            return False
        current = cast("dict[str, Any]", current)[key]
    return True


def _mislabelled(message: str, family: str) -> VersionError:
    return VersionError(
        code="version-mislabelled",
        message=f"this {family} state is {message}",
        pointer="/$schemaVersion",
        why="under another number the same fields mean other things",
        help="restore the number that the writing SDK put there",
        requirement="TS-VERS-014",
    )


def _unknown(message: str) -> StateFormatError:
    return StateFormatError(
        code="dialect-unknown",
        message=message,
        pointer="",
        help="known: timestep run states, openai-agents (Python) and @openai/agents (JavaScript) run states",
        requirement="TS-VERS-011",
    )


def _kind(value: Any) -> str:
    names = {list: "an array", str: "text", bool: "true or false", type(None): "null"}
    return next((name for kind, name in names.items() if isinstance(value, kind)), "a number")
