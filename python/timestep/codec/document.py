"""Canonical documents to and from JSON bytes, keeping fields this version does not know (TS-VERS-004)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, cast

import msgspec

from timestep.codec import one_pass, strict_json
from timestep.codec.pointer import join
from timestep.errors import StateFormatError, VersionError
from timestep.types import journal, state
from timestep.types.base import Record, Sealed

_Struct = type[msgspec.Struct]

#: Where records sit inside records: owner -> field -> (record, is a list).
_CHILDREN: dict[_Struct, dict[str, tuple[_Struct, bool]]] = {
    state.Document: {
        "agents": (state.Agent, True),
        "context": (state.Context, False),
        "usage": (state.Usage, False),
        "approvals": (state.Approval, True),
        "runs": (state.Run, True),
        "origin": (state.Origin, False),
        "provenance": (state.Provenance, True),
        "trace": (state.Trace, False),
    },
    state.Usage: {"entries": (state.Usage, True)},
    state.Run: {
        "step": (state.Step, False),
        "turn": (state.Turn, False),
        "limits": (state.Limits, False),
        "input": (state.Input, False),
        "log": (state.Entry, True),
        "responses": (state.Response, True),
        "calls": (state.Call, True),
        "guardrails": (state.Guardrails, False),
        "parent": (state.Parent, False),
        "server": (state.Server, False),
        "pending_input": (state.Staged, True),
        "settings": (state.Settings, False),
        "session": (state.SessionMark, False),
        "waiting": (state.Waiting, True),
        "stop": (state.Stop, False),
    },
    state.Response: {"usage": (state.Usage, False), "answered_by": (state.AnsweredBy, False)},
    state.Call: {"mcp": (state.McpRecipient, False)},
    state.Guardrails: {"results": (state.GuardrailResult, True)},
    journal.Change: {
        "usage": (state.Usage, False),
        "agents": (state.Agent, True),
        "approvals": (state.Approval, True),
        "provenance": (state.Provenance, True),
        "runs": (journal.RunChange, True),
        "started": (state.Run, True),
    },
    journal.RunChange: {
        "log": (state.Entry, True),
        "responses": (state.Response, True),
        "results": (state.GuardrailResult, True),
        "calls": (journal.LedgerTail, False),
        "step": (state.Step, False),
        "turn": (state.Turn, False),
        "limits": (state.Limits, False),
        "input": (state.Input, False),
        "server": (state.Server, False),
        "pending_input": (state.Staged, True),
        "settings": (state.Settings, False),
        "session": (state.SessionMark, False),
        "waiting": (state.Waiting, True),
        "stop": (state.Stop, False),
    },
    journal.LedgerTail: {"entries": (state.Call, True)},
}


def _names(struct: _Struct) -> frozenset[str]:
    return frozenset(f.encode_name for f in msgspec.structs.fields(struct) if f.name != "unknown")


def _optional(struct: _Struct) -> frozenset[str]:
    return frozenset(f.encode_name for f in msgspec.structs.fields(struct) if f.default is None)


_STRUCTS: set[_Struct] = {child for table in _CHILDREN.values() for child, _ in table.values()} | set(_CHILDREN)
_STRUCTS.add(state.Leftover)  # in `ext`, whose lists stand under the names of dialects
_KNOWN = {struct: _names(struct) for struct in _STRUCTS}
_NEVER_NULL = {struct: _optional(struct) for struct in _STRUCTS}

#: How our own compact text of this version begins.
_AS_WRITTEN = f'{{"format":"{state.FORMAT}","format_version":"{state.FORMAT_VERSION}",'.encode()


def decode(data: bytes, *, limits: strict_json.Limits = strict_json.DEFAULT_LIMITS) -> state.Document:
    """Read a canonical RunState.

    Raises:
        CodecError: the bytes are not strict JSON.
        VersionError: another major version, or a feature in `requires` that this reader lacks.
        StateFormatError: the JSON is not a RunState; carries the pointer.
    """
    found = one_pass.read(data, state.Document, limits) if data.startswith(_AS_WRITTEN) else None
    if found is None or not set(found.requires) <= state.FEATURES:
        return from_json(strict_json.loads(data, limits=limits))
    return found


def from_json(value: Any) -> state.Document:
    """Turn parsed JSON into a Document. The value is consumed: unknown fields are moved inside it."""
    _check_version(value)
    _fold(value, state.Document, ())
    try:
        return msgspec.convert(value, state.Document)
    except msgspec.ValidationError as error:
        raise _shape_error(error) from None


def change_from_json(value: Any) -> journal.Change:
    """Turn parsed JSON into a change of a run. The value is consumed, as by `from_json`.

    Raises:
        StateFormatError: it is none; carries the pointer.
    """
    _fold(value, journal.Change, ())
    try:
        return msgspec.convert(value, journal.Change)
    except msgspec.ValidationError as error:
        raise _shape_error(error) from None


def change_to_json(change: journal.Change) -> dict[str, Any]:
    """Turn a change of a run into plain JSON values."""
    value = cast("dict[str, Any]", msgspec.to_builtins(change, builtin_types=(Decimal,)))
    _unfold(value, journal.Change)
    return value


def encode(document: state.Document, *, indent: int | None = None) -> bytes:
    """Write a canonical RunState; unknown fields stand after the known ones of their record."""
    data = one_pass.written(document)
    if data is None:
        return strict_json.dumps(to_json(document), indent=indent)
    return data if indent is None else msgspec.json.format(data, indent=indent)


def to_json(document: state.Document) -> dict[str, Any]:
    """Turn a Document into plain JSON values."""
    value = cast("dict[str, Any]", msgspec.to_builtins(document, builtin_types=(Decimal,)))
    _unfold(value, state.Document)
    return value


def check_version(version: Any) -> None:
    """Refuse a version of our own form that this reader can't read (TS-VERS-001).

    Raises:
        VersionError: it is of another form, or of another major version.
    """
    if not isinstance(version, str) or not re.fullmatch(r"(0|[1-9][0-9]{0,5})\.(0|[1-9][0-9]{0,5})", version):
        message = f'"format_version" must be "MAJOR.MINOR"; got {version!r}'
        raise VersionError(code="version-shape", message=message, pointer="/format_version", requirement="TS-VERS-002")
    if version.split(".")[0] != state.FORMAT_VERSION.split(".")[0]:
        raise VersionError(
            code="version-unsupported",
            message=f"format version {version} is not supported; this reader knows {state.FORMAT_VERSION}",
            pointer="/format_version",
            help="upgrade timestep, or ask the writer for a 1.x document",
            requirement="TS-VERS-001",
        )


def _check_version(value: Any) -> None:
    if not isinstance(value, dict):
        raise StateFormatError(code="state-shape", message="a RunState is a JSON object", pointer="")
    document = cast("dict[str, Any]", value)
    if document.get("format") != state.FORMAT:
        message = f'"format" must be "{state.FORMAT}"; got {document.get("format")!r}'
        raise StateFormatError(code="state-format", message=message, pointer="/format", requirement="TS-STATE-001")
    check_version(document.get("format_version"))
    _check_features(document.get("requires"))


def _check_features(requires: Any) -> None:
    for index, name in enumerate(cast("list[Any]", requires) if isinstance(requires, list) else []):
        if not isinstance(name, str) or name not in state.FEATURES:
            raise VersionError(
                code="feature-unknown",
                message=f"the document needs the feature {name!r}, which this reader does not have",
                pointer=f"/requires/{index}",
                why="features listed in `requires` change what may run; reading on would guess",
                help="upgrade timestep",
                requirement="TS-VERS-003",
            )


def _fold(value: Any, struct: _Struct, path: tuple[str | int, ...]) -> None:
    """Move unknown fields of each record into its `unknown`, and refuse nulls where absence is meant."""
    if not isinstance(value, dict):
        return  # the conversion that follows reports the wrong type
    record = cast("dict[str, Any]", value)
    extra = record.keys() - _KNOWN[struct]
    if extra:
        if issubclass(struct, Sealed):
            raise _unknown_field(path, min(extra), struct)
        folded = {key: record.pop(key) for key in list(record) if key in extra}
        record["unknown"] = folded
    if None in record.values():
        for key, field in record.items():
            if field is None and key in _NEVER_NULL[struct]:
                raise StateFormatError(
                    code="null-optional",
                    message=f'"{key}" is null; an optional field that has no value is left out',
                    pointer=join([*path, key]),
                    requirement="TS-CORE-012",
                )
    _fold_children(record, struct, path)


def _fold_children(record: dict[str, Any], struct: _Struct, path: tuple[str | int, ...]) -> None:
    for key, (child, many) in _CHILDREN.get(struct, {}).items():
        inner = record.get(key)
        if many and isinstance(inner, list):
            for index, element in enumerate(cast("list[Any]", inner)):
                _fold(element, child, (*path, key, index))
        elif inner is not None:
            _fold(inner, child, (*path, key))
    if struct is state.Document:
        for dialect, index, leftover in _leftovers(record):
            _fold(leftover, state.Leftover, (*path, "ext", dialect, index))


def _leftovers(record: dict[str, Any]) -> Iterator[tuple[str, int, Any]]:
    ext: Any = record.get("ext")
    for dialect, kept in cast("dict[str, Any]", ext).items() if isinstance(ext, dict) else ():
        for index, leftover in enumerate(cast("list[Any]", kept) if isinstance(kept, list) else ()):
            yield dialect, index, leftover


def _unknown_field(path: tuple[str | int, ...], key: str, struct: _Struct) -> StateFormatError:
    return StateFormatError(
        code="unknown-field",
        message=f'"{key}" is not a field of {struct.__name__}',
        pointer=join([*path, key]),
        why="an unknown field here could change what may run",
        requirement="TS-VERS-005",
    )


def _unfold(record: dict[str, Any], struct: _Struct) -> None:
    if issubclass(struct, Record):
        record.update(record.pop("unknown", None) or {})
    for key, (child, many) in _CHILDREN.get(struct, {}).items():
        inner = record.get(key)
        if many:
            for element in inner or ():
                _unfold(element, child)
        elif inner is not None:
            _unfold(inner, child)
    if struct is state.Document:
        for _, _, leftover in _leftovers(record):
            _unfold(leftover, state.Leftover)


_STEP = re.compile(r"\.([A-Za-z_$][\w$]*)|\[(\d+|\.\.\.)\]")


def _shape_error(error: msgspec.ValidationError) -> StateFormatError:
    message, _, where = str(error).partition(" - at `")
    path = [name or index for name, index in _STEP.findall(where.rstrip("`").removeprefix("$"))]
    known = path[: path.index("...")] if "..." in path else path
    return StateFormatError(code="state-shape", message=message, pointer=join(known), requirement="TS-STATE-001")
