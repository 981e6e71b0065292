"""How messages and JSON values stand for each other, read off the messages' own descriptors (protobuf.md)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from importlib import import_module
from typing import Any, NamedTuple

from google.protobuf import message_factory
from google.protobuf.descriptor import Descriptor, FieldDescriptor

from timestep.codec import strict_json
from timestep.codec.proto.values import MismatchError, at, double, each_of, finite, json_text, same, spelling, word
from timestep.types.base import JSON
from timestep.v1 import options_pb2

_FILES = ("run_state", "event", "effect", "stream_event", "routing")
_UNKNOWN = "unknown_fields"
#: What only messages have.
_ENVELOPE = frozenset({_UNKNOWN, "complete"})
#: Messages that are lists in JSON: of their fields, in order; an absent one is null.
_TUPLES = frozenset({"Range", "ToolKey"})
#: Fields that stand for one value of another field, since a field has but one type.
_ALIASES = {("Call", "mcp_unknown"): ("mcp", "unknown"), ("Approval", "any_item"): ("item", "*")}
#: Messages that are one of several, told by "type" in JSON -> how the name of the one is written there.
_TAGGED: dict[str, Callable[[str], str]] = {
    "Event": lambda name: name.replace("_", ".", 1),
    "Effect": str,
    "StreamEvent": str,
}

#: From a JSON value to what a message's constructor takes, and from a message's value to what `msgspec` writes.
_Write = Callable[[Any], Any]
_Read = Callable[[Any], Any]


class Kind(NamedTuple):
    """How one kind of message crosses."""

    message: Any  # the generated class
    write: _Write
    read: _Read


class _Field(NamedTuple):
    """How one field of a record crosses."""

    name: str  # in JSON
    write: Callable[[JSON], tuple[str, Any]]  # gives the name of the field, too: see _ALIASES
    read: _Read


@cache
def kind(name: str) -> Kind:
    """Return how the documents of a name cross.

    Raises:
        KeyError: there is no such message.
    """
    for file in _FILES:
        found = import_module(f"timestep.v1.{file}_pb2").DESCRIPTOR.message_types_by_name.get(name)
        if found is not None:
            return Kind(message_factory.GetMessageClass(found), _writer(found), _reader(found))
    raise KeyError(name)


# --- messages


@cache
def _writer(message: Descriptor) -> _Write:
    if message.name in _TAGGED:
        return _tagged_writer(message)
    if message.name in _TUPLES:
        names = [field.name for field in message.fields]
        return lambda value: {name: part for name, part in zip(names, value, strict=True) if part is not None}
    if _is_json(message):
        return lambda value: {"json": strict_json.dumps(value)}
    if _is_list(message):
        each = _one_writer(message.fields[0])
        return lambda value: {"values": [each(element) for element in value]}
    return _record_writer(message)


@cache
def _reader(message: Descriptor) -> _Read:
    if message.name in _TAGGED:
        return _tagged_reader(message)
    if message.name in _TUPLES:
        names = [(field.name, field.has_presence) for field in message.fields]
        return lambda value: [
            getattr(value, name) if not optional or value.HasField(name) else None for name, optional in names
        ]
    if _is_json(message):
        return lambda value: json_text(value.json)
    if _is_list(message):
        each = _one_reader(message.fields[0])
        return lambda value: each_of(each, value.values)
    return _record_reader(message)


def _is_json(message: Descriptor) -> bool:
    return [field.name for field in message.fields] == ["json"]


def _is_list(message: Descriptor) -> bool:
    return [field.name for field in message.fields] == ["values"]


def _record_writer(message: Descriptor) -> _Write:
    fields = {field.name: field for field in _fields(message)}
    demanded = {field.name for field in message.fields if field.name not in _ENVELOPE and not _may_be_left_out(field)}

    def write(value: dict[str, JSON]) -> dict[str, Any]:
        if not demanded <= value.keys():
            raise ValueError(f"{min(demanded - value.keys())} is missing")
        known: dict[str, Any] = {}
        unknown: dict[str, bytes] = {}
        for name, member in value.items():
            field = fields.get(name)
            if field is None:
                unknown[name] = strict_json.dumps(member)
            else:
                place, known_value = field.write(member)
                known[place] = known_value
        return {**known, _UNKNOWN: unknown} if unknown else known

    return write


def _record_reader(message: Descriptor) -> _Read:
    by_number = {field.number: found for field, found in _numbered(message)}
    fields = [field for field in message.fields if field.name not in _ENVELOPE]
    absent = {field.name: value for field in fields if (value := _absent(field)) is not _NOTHING}
    demanded = [field.name for field in fields if _demanded(field)]
    names = {field.name for field in by_number.values()}

    def read(value: Any) -> dict[str, JSON]:
        found: dict[str, JSON] = {**absent}
        name = ""
        try:
            for field, held in value.ListFields():
                if field.name in _ENVELOPE:
                    continue
                name = by_number[field.number].name
                found[name] = by_number[field.number].read(held)
            for name in demanded:
                if name not in found:
                    raise MismatchError("it is missing")
            for name in value.unknown_fields if _UNKNOWN in message.fields_by_name else ():
                if name in names:
                    raise MismatchError("it stands among the unknown fields", requirement="TS-PROTO-005")
                found[name] = json_text(value.unknown_fields[name])
        except MismatchError as error:
            error.path.insert(0, name)
            raise
        return found

    return read


def _tagged_writer(message: Descriptor) -> _Write:
    spelled = _TAGGED[message.name]
    choices = {spelled(field.name): (field.name, _writer(field.message_type)) for field in message.oneofs[0].fields}
    shared = {field.name for field in message.fields if field.containing_oneof is not message.oneofs[0]}

    def write(value: dict[str, JSON]) -> dict[str, Any]:
        name, inner = choices[value["type"]]
        own = {key: member for key, member in value.items() if key not in shared and key != "type"}
        return {key: member for key, member in value.items() if key in shared} | {name: inner(own)}

    return write


def _tagged_reader(message: Descriptor) -> _Read:
    spelled, choice = _TAGGED[message.name], message.oneofs[0].name
    readers = {field.name: _reader(field.message_type) for field in message.oneofs[0].fields}
    shared = [field for field in message.fields if field.containing_oneof is not message.oneofs[0]]

    def read(value: Any) -> dict[str, JSON]:
        name = value.WhichOneof(choice)
        if name is None:
            raise MismatchError("it does not say what has happened")
        own = {field.name: getattr(value, field.name) for field in shared if _is_there(value, field)}
        return {"type": spelled(name), **own, **readers[name](getattr(value, name))}

    return read


def _is_there(value: Any, field: FieldDescriptor) -> bool:
    return not field.has_presence or value.HasField(field.name)


# --- fields

_NOTHING = object()


def _fields(message: Descriptor) -> list[_Field]:
    """List the fields of a record as JSON has them: one for each name."""
    return [*{found.name: found for _, found in _numbered(message) if found.write is not _never}.values()]


def _never(_: JSON) -> tuple[str, Any]:
    raise AssertionError("an alias is written by the field it stands for")  # pragma: no cover


def _numbered(message: Descriptor) -> Iterable[tuple[FieldDescriptor, _Field]]:
    aliases = {held: (field, word) for (owner, field), (held, word) in _ALIASES.items() if owner == message.name}
    for field in message.fields:
        if field.name in _ENVELOPE:
            continue
        alias = _ALIASES.get((message.name, field.name))
        if alias is not None:
            yield field, _Field(alias[0], _never, _alias_reader(alias[1]))
        else:
            yield field, _Field(field.name, _field_writer(field, aliases.get(field.name)), _field_reader(field))


def _alias_reader(word: JSON) -> _Read:
    def read(value: bool) -> JSON:
        if not value:
            raise MismatchError("it is false, which says nothing")
        return word

    return read


def _field_writer(field: FieldDescriptor, alias: tuple[str, str] | None) -> Callable[[JSON], tuple[str, Any]]:
    name, convert = field.name, _value_writer(field)
    if alias is not None:
        other, word = alias
        return lambda value: (other, True) if value == word else (name, convert(value))
    if _option(field, options_pb2.nullable):
        return lambda value: (name, None if value is None else convert(value))
    return lambda value: (name, convert(value))


def _value_writer(field: FieldDescriptor) -> _Write:
    entry = _map_entry(field)
    if entry is not None:
        each = _one_writer(entry.fields_by_name["value"])
        return lambda value: {key: each(member) for key, member in value.items()}
    each = _one_writer(field)
    return (lambda value: [each(element) for element in value]) if field.is_repeated else each


def _field_reader(field: FieldDescriptor) -> _Read:
    entry = _map_entry(field)
    if entry is not None:
        each = _one_reader(entry.fields_by_name["value"])
        return lambda value: {key: at(each, key, value[key]) for key in sorted(value)}
    each = _one_reader(field)
    return (lambda value: each_of(each, value)) if field.is_repeated else each


def _one_writer(field: FieldDescriptor) -> _Write:
    if field.message_type is not None:
        message = field.message_type
        return lambda value: _writer(message)(value)  # noqa: PLW0108 - looked up late: a message may hold its own kind
    if field.enum_type is not None:
        numbers = {word: number for number, word in spelling(field.enum_type).items()}
        return lambda value: numbers[value]
    if field.type == FieldDescriptor.TYPE_BYTES:
        return strict_json.dumps
    return double if field.type == FieldDescriptor.TYPE_DOUBLE else same


def _one_reader(field: FieldDescriptor) -> _Read:
    if field.message_type is not None:
        message = field.message_type
        return lambda value: _reader(message)(value)  # noqa: PLW0108 - likewise
    if field.enum_type is not None:
        words = spelling(field.enum_type)
        return lambda value: word(words, value)
    if field.type == FieldDescriptor.TYPE_BYTES:
        return json_text
    return finite if field.type == FieldDescriptor.TYPE_DOUBLE else same


def _absent(field: FieldDescriptor) -> JSON:
    """Return what an absent field stands for in JSON, or nothing."""
    if field.is_repeated:
        return [] if _option(field, options_pb2.required) else _NOTHING
    if _option(field, options_pb2.nullable):
        return None
    if field.has_presence or field.enum_type is not None or field.type == FieldDescriptor.TYPE_BYTES:
        return _NOTHING
    return field.default_value


def _may_be_left_out(field: FieldDescriptor) -> bool:
    """Tell whether JSON documents may be without a field."""
    always = _option(field, options_pb2.required) or _option(field, options_pb2.nullable)
    return not always and (field.has_presence or field.is_repeated)


def _demanded(field: FieldDescriptor) -> bool:
    """Tell whether a field must be in the message: its absence stands for nothing."""
    if field.is_repeated:
        return False
    plain = not field.has_presence and (field.enum_type is not None or field.type == FieldDescriptor.TYPE_BYTES)
    return plain or _option(field, options_pb2.required)


def _map_entry(field: FieldDescriptor) -> Descriptor | None:
    """Return the message of a map's entries; nothing for fields that are no map."""
    message = field.message_type
    return message if message is not None and message.GetOptions().map_entry else None


def _option(field: FieldDescriptor, option: Any) -> bool:
    return bool(field.GetOptions().Extensions[option])
