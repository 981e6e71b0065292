"""Tells which dialect and number a document has; `$schemaVersion` alone can't, since both SDKs count in 1.x."""

from __future__ import annotations

import re
from typing import Any, NamedTuple, cast

from timestep.dialects import numbers
from timestep.dialects.openai_js import numbers as js_numbers
from timestep.dialects.openai_py import numbers as python_numbers
from timestep.errors import StateFormatError, TimestepError, VersionError
from timestep.types import state

PYTHON, JS, OWN = "openai-agents-python", "openai-agents-js", "timestep"
#: Our own dialect as a protobuf message (protobuf.md).
BINARY = "timestep+proto"

_SNAKE = ("current_agent", "original_input", "model_responses", "generated_items")
_CAMEL = ("currentAgent", "originalInput", "modelResponses", "generatedItems")

#: The released numbers of each family, oldest first (spec/dialects); others were never published.
NUMBERS = {PYTHON: python_numbers.NUMBERS, JS: js_numbers.NUMBERS}
RELEASED = {family: tuple(row.number for row in rows) for family, rows in NUMBERS.items()}
CURRENT = {family: numbers[-1] for family, numbers in RELEASED.items()}
#: The package version that writes the current number.
PACKAGES = {family: rows[-1].packages[-1] for family, rows in NUMBERS.items()}


class Detected(NamedTuple):
    """A dialect and its number."""

    dialect: str
    number: str


def detect(value: Any) -> Detected:
    """Name the dialect and number of a parsed run state.

    Raises:
        StateFormatError: no run state, one whose keys are of both families, or one that lacks a part.
        VersionError: a number that was never released, or that the file's parts don't go with.
    """
    if not isinstance(value, dict):
        raise _unknown(f"a run state is a JSON object; got {_kind(value)}")
    document = cast("dict[str, Any]", value)
    if document.get("format") == state.FORMAT:
        return Detected(OWN, str(document.get("format_version")))
    version = document.get("$schemaVersion")
    if "$schemaVersion" not in document:
        if "format" in document:
            raise StateFormatError(
                code="state-format",
                message=f'"format" names no run state: {str(document["format"])[:40]!r} is not {state.FORMAT!r}',
                pointer="/format",
                requirement="TS-VERS-011",
            )
        raise _unknown('no "format" and no "$schemaVersion" says what this is')
    if not isinstance(version, str) or not re.fullmatch(r"1\.(0|[1-9][0-9]{0,3})", version):
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
    if version not in RELEASED[family]:
        raise VersionError(
            code="version-unknown",
            message=f"no released package writes {family} states numbered {version}",
            pointer="/$schemaVersion",
            help=f"released numbers: {RELEASED[family][0]} to {RELEASED[family][-1]} (timestep dialects list)",
            requirement="TS-VERS-012",
        )
    wrong = numbers.contradiction(NUMBERS[family], version, document)
    if wrong is None:
        return family
    fitting = numbers.fitting(NUMBERS[family], document)
    if wrong.missing and not fitting:
        raise StateFormatError(
            code="field-missing",
            message=f"of a {family} state numbered {version}, {wrong}",
            pointer="",
            requirement="TS-VERS-014",
        )
    raise _mislabelled(f"labelled {version}, but {wrong}", fitting)


def _mislabelled(message: str, fitting: list[str]) -> VersionError:
    return VersionError(
        code="version-mislabelled",
        message=f"this state is {message}",
        pointer="/$schemaVersion",
        why="under another number the same fields mean other things",
        help=f"its parts go with {_span(fitting)}; restore the number that the writing SDK put there",
        requirement="TS-VERS-014",
    )


def _span(fitting: list[str]) -> str:
    if not fitting:
        return "no released number"
    return fitting[0] if len(fitting) == 1 else f"{fitting[0]} to {fitting[-1]}"


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
