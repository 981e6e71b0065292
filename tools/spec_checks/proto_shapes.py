"""Reads the shapes of records out of protobuf sources (protobuf.md)."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from google.protobuf import descriptor_pb2, empty_pb2, unknown_fields

from spec_checks.shapes import KEPT, REFUSED, REQUIRED, Field, Record, enum_name, presence

_PACKAGE = "timestep.v1"
_Field = descriptor_pb2.FieldDescriptorProto
_SCALARS = {
    _Field.TYPE_STRING: "string",
    _Field.TYPE_UINT64: "integer",
    _Field.TYPE_DOUBLE: "number",
    _Field.TYPE_BOOL: "boolean",
    _Field.TYPE_BYTES: "bytes",
}
#: Messages that stand for what is a list of fixed parts in JSON.
_TUPLES = ("Range", "ToolKey")
#: Flag -> the field whose value it is in JSON, and that value.
_FLAGS = {"Approval.any_item": ("item", '"*"'), "Call.mcp_unknown": ("mcp", '"unknown"')}
#: Fields that have no place in JSON -> their kind and number. Only the root has an end that tells that it is whole.
_UNKNOWN = "unknown_fields"
_OWN = {_UNKNOWN: ("map of bytes", 900), "RunState.complete": ("boolean", 999)}
_OWN_FROM = 900
_ONE_BYTE = 15  # the highest field number that takes one byte


class CompileError(Exception):
    """The sources can't be compiled; the text is what the compiler says."""


class Message(NamedTuple):
    """A message: its record, and the fields of its oneof with the names of their messages, for events and effects."""

    record: Record
    branches: dict[str, str]


def compile_sources(root: Path) -> descriptor_pb2.FileDescriptorSet:
    """Return the descriptors of `proto/timestep/v1/*.proto` of a checkout.

    Raises:
        CompileError: There are none, or the compiler refuses them.
    """
    base = root / "proto"
    sources = sorted(path.relative_to(base).as_posix() for path in base.glob("timestep/v1/*.proto"))
    if not sources:
        raise CompileError("there are none")
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "set.binpb")
        command = [sys.executable, "-m", "grpc_tools.protoc", "-I.", f"--descriptor_set_out={out}", *sources]
        done = subprocess.run(command, cwd=base, capture_output=True, text=True, timeout=60, check=False)
        if done.returncode:
            raise CompileError(done.stderr.strip())
        return descriptor_pb2.FileDescriptorSet.FromString(out.read_bytes())


class ProtoShapes:
    """The messages of a set of descriptors, by their names inside the package."""

    def __init__(self, descriptors: descriptor_pb2.FileDescriptorSet) -> None:
        self._messages: dict[str, descriptor_pb2.DescriptorProto] = {}
        self._enums: dict[str, descriptor_pb2.EnumDescriptorProto] = {}
        self._options: dict[int, str] = {}
        for file in descriptors.file:
            self._enums |= {enum.name: enum for enum in file.enum_type}
            self._options |= {option.number: option.name for option in file.extension}
            for message in file.message_type:
                self._collect(message.name, message)

    def _collect(self, name: str, message: descriptor_pb2.DescriptorProto) -> None:
        self._messages[name] = message
        self._enums |= {f"{name}.{enum.name}": enum for enum in message.enum_type}
        for inner in message.nested_type:
            self._collect(f"{name}.{inner.name}", inner)

    def names(self) -> set[str]:
        """Return the names of the messages that stand for a record: not of map entries, lists, tuples and items."""
        return {
            name
            for name, message in self._messages.items()
            if not message.options.map_entry and not self._stands_for(name)
        }

    def message(self, name: str) -> Message:
        """Return a message.

        Raises:
            KeyError: There is none of this name.
        """
        message = self._messages[name]
        fields: dict[str, Field] = {}
        branches: dict[str, str] = {}
        alternatives = [each.name for each in message.oneof_decl if each.name in ("event", "effect")]
        for field in message.field:
            flag = _FLAGS.get(f"{name}.{field.name}")
            if field.HasField("oneof_index") and message.oneof_decl[field.oneof_index].name in alternatives:
                branches[field.name] = _inside(field.type_name)
            elif flag and self._kind(field) == "boolean" and flag[0] in fields:
                other = fields[flag[0]]
                fields[flag[0]] = other._replace(kind=f"{other.kind} or enum", values=frozenset({enum_name(flag[1])}))
            elif not _own(name, field):
                fields[field.name] = self._field(field)
        kept = any(field.name == _UNKNOWN for field in message.field)
        return Message(Record(f"{_PACKAGE}.{name}", fields, KEPT if kept else REFUSED), branches)

    def faults(self) -> Iterator[tuple[str, str]]:
        """Yield messages and enums that break the rules of protobuf.md, with what is wrong."""
        for name, message in self._messages.items():
            for field in message.field:
                wrong = self._wrong_number(name, field)
                if wrong:
                    yield f"{name}.{field.name}", wrong
        for field in _OWN.keys() - {_UNKNOWN}:
            name, _, last = field.rpartition(".")
            if name in self._messages and last not in [each.name for each in self._messages[name].field]:
                yield field, "there is no such field"
        for name, enum in self._enums.items():
            prefix = _prefix(name)
            if enum.value[0].name != f"{prefix}UNSPECIFIED":
                yield name, f"its zero is {enum.value[0].name}, not {prefix}UNSPECIFIED"
            for value in enum.value:
                if not value.name.startswith(prefix):
                    yield f"{name}.{value.name}", f"it does not begin with {prefix}"

    def _wrong_number(self, message: str, field: descriptor_pb2.FieldDescriptorProto) -> str | None:
        own = _own(message, field)
        if own:
            right = (self._kind(field), field.number) == own
            return None if right else f"it is not a {own[0]} with the number {own[1]}"
        if field.number >= _OWN_FROM:
            return f"numbers from {_OWN_FROM} on are for what has no place in JSON: {', '.join(_OWN)}"
        if field.number > _ONE_BYTE and (self._field(field).presence or "").startswith(REQUIRED):
            return f"what is in every document has a number up to {_ONE_BYTE}"
        return None

    def _field(self, field: descriptor_pb2.FieldDescriptorProto) -> Field:
        kind = self._kind(field)
        told = self._told(field)
        is_list = field.label == _Field.LABEL_REPEATED
        implicit = field.type != _Field.TYPE_MESSAGE and not is_list and not field.HasField("oneof_index")
        required = implicit or "required" in told or "nullable" in told
        return Field(kind, presence(required, "nullable" in told), self._values(field), bare_list=is_list)

    def _told(self, field: descriptor_pb2.FieldDescriptorProto) -> set[str]:
        """Return the names of the package's own options that are set on a field."""
        # Read as a message that knows no field: whether FieldOptions knows ours depends on what else was imported.
        read = empty_pb2.Empty.FromString(field.options.SerializeToString())
        unknown: Any = unknown_fields.UnknownFieldSet(read)
        return {self._options.get(each.field_number, "") for each in unknown if each.data}

    def _kind(self, field: descriptor_pb2.FieldDescriptorProto) -> str:
        kind = _SCALARS.get(field.type)
        if field.type == _Field.TYPE_ENUM:
            kind = "enum"
        elif field.type == _Field.TYPE_MESSAGE:
            name = _inside(field.type_name)
            message = self._messages.get(name)  # none, where it is of another package
            if message and message.options.map_entry:
                key, value = message.field
                return f"map{'' if key.type == _Field.TYPE_STRING else ' by number'} of {self._kind(value)}"
            kind = (self._stands_for(name) if message else None) or name
        kind = kind or _Field.Type.Name(field.type).removeprefix("TYPE_").lower()
        return f"list of {kind}" if field.label == _Field.LABEL_REPEATED else kind

    def _stands_for(self, name: str) -> str | None:
        """Return what a message stands for that is no record."""
        fields = self._messages[name].field
        if name in _TUPLES:
            return f"[{', '.join(self._kind(field) + '?' * field.proto3_optional for field in fields)}]"
        if len(fields) != 1:
            return None
        is_list = fields[0].label == _Field.LABEL_REPEATED
        if fields[0].name == "json" and fields[0].type == _Field.TYPE_BYTES and not is_list:
            return "item"
        return self._kind(fields[0]) if fields[0].name == "values" and is_list else None

    def _values(self, field: descriptor_pb2.FieldDescriptorProto) -> frozenset[str] | None:
        """Return the names of an enum's values, without zero and the prefix."""
        if field.type != _Field.TYPE_ENUM:
            return None
        name = _inside(field.type_name)
        values = self._enums[name].value if name in self._enums else ()
        return frozenset(value.name.removeprefix(_prefix(name)) for value in values if value.number)


def _own(message: str, field: descriptor_pb2.FieldDescriptorProto) -> tuple[str, int] | None:
    """Return kind and number of a field that has no place in JSON; None for any other."""
    return _OWN.get(field.name) or _OWN.get(f"{message}.{field.name}")


def _inside(name: str) -> str:
    return name.removeprefix(f".{_PACKAGE}.")


def _prefix(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name.rpartition(".")[2]).upper() + "_"
