"""Checks that JSON Schemas, Python's types and the protobuf sources say the same of each record of the format.

What is compared: which fields there are, their kinds, whether they are required and may be null, the values of their
enumerations, and what becomes of unknown fields; `records` says what is compared with what, and what is excused.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from spec_checks.fault import Fault
from spec_checks.proto_shapes import CompileError, Message, ProtoShapes, compile_sources
from spec_checks.records import EXCUSES, NO_RECORDS, NOT_COMPARED, RECORDS, TOLD, UNIONS, Excuse, Sides
from spec_checks.schema_files import Place, SchemaFiles
from spec_checks.schema_shapes import SchemaShapes
from spec_checks.shapes import OPTIONAL, Field, Record, rename
from spec_checks.sides import differences
from spec_checks.subject import SubjectError, ask

_TYPES, _PROTOS = "python/timestep/types", "proto/timestep/v1"


def faults(root: Path) -> Iterator[Fault]:
    """Yield the drift between the schemas, types and protobuf sources of a checkout; none where it has no records."""
    try:
        files = SchemaFiles(root)
    except ValueError:
        return  # told by the check of the schemas
    if not any(sides.schema.file in files.schemas for sides in RECORDS.values()):
        return
    try:
        types, protos = read_types(root), read_protos(root)
    except SubjectError as error:
        yield Fault(root / _TYPES, 1, f"the types can't be compared with the schemas: {error}")
    except CompileError as error:
        yield Fault(root / _PROTOS, 1, f"the sources don't compile: {error}")
    else:
        yield from Comparison(root, files, types, protos).faults()


def read_types(root: Path) -> dict[str, Any]:
    """Return what `type_shapes` says of the types of a checkout.

    Raises:
        SubjectError: They can't be imported.
    """
    return ask(root, "type_shapes.py")


def read_protos(root: Path) -> ProtoShapes:
    """Return the messages of a checkout.

    Raises:
        CompileError: They don't compile.
    """
    return ProtoShapes(compile_sources(root))


class Comparison:
    """The three sides of all records of a checkout.

    Args:
        root: The checkout's root.
        files: Its schemas.
        told: What `type_shapes` says of its types.
        protos: Its messages.
    """

    def __init__(self, root: Path, files: SchemaFiles, told: dict[str, Any], protos: ProtoShapes) -> None:
        self._root = root
        self._files = files
        self._types: dict[str, Any] = told["records"]
        self._tags: dict[str, dict[str, str]] = told["unions"]
        self._protos = protos
        self._schemas = SchemaShapes(files, {sides.schema: name for name, sides in RECORDS.items()})
        self._of_type = {sides.type: name for name, sides in RECORDS.items() if sides.type}
        self._of_proto = {sides.proto: name for name, sides in RECORDS.items() if sides.proto}
        self._used: set[Excuse] = set()
        self._seen: set[str] = set()  # the messages that are compared with something

    def faults(self) -> Iterator[Fault]:
        """Yield what the sides don't agree on, what nothing is compared with, and messages that break the rules."""
        yield from (Fault(self._root / _PROTOS, 1, f"{where}: {wrong}") for where, wrong in self._protos.faults())
        for name, sides in RECORDS.items():
            self._seen |= {sides.proto} if sides.proto else set()
            proto = self._proto(sides.proto) if sides.proto else None
            yield from self._compare(name, sides, proto)
        for name, file in UNIONS.items():
            yield from self._union(name, Place(file))
        yield from self._unlisted()
        for excuse in EXCUSES.keys() - self._used:
            yield Fault(self._root / "tools/spec_checks/records.py", 1, f"{excuse} excuses nothing")

    def _compare(self, name: str, sides: Sides, proto: Record | None) -> Iterator[Fault]:
        """Yield the drift of one record, a fault for each field and each thing that is said of it."""
        schema = self._schema(sides.schema)
        if schema is None:
            yield self._fault(sides.schema, "", f"{name}: {sides.schema} is missing, or is no record")
            return
        others = {"type": self._type(sides.type) if sides.type else None, "proto": proto}
        for side, wanted in (("type", sides.type), ("proto", sides.proto)):
            if wanted and others[side] is None:
                yield self._fault(sides.schema, "", f"{name}: there is no {wanted} for {sides.schema} in the {side}")
        for each in differences(schema, {side: record for side, record in others.items() if record}):
            said = {Excuse(name, each.field, each.aspect, each.words["schema"], s, each.words[s]) for s in each.off}
            self._used |= said & EXCUSES.keys()
            if said - EXCUSES.keys():
                where = f"{name}.{each.field}" if each.field else name
                yield self._fault(sides.schema, each.field, f"{where}: {each.aspect}: {each}")

    def _union(self, name: str, place: Place) -> Iterator[Fault]:
        """Yield the drift of what is told by a tag: the list of tags, and the record of each one."""
        schema = self._files.schemas.get(place.file, {})
        self._seen.add(name)
        around = self._protos.message(name) if name in self._protos.names() else None
        protos = {_tag(name, field): message for field, message in around.branches.items()} if around else {}
        types = self._tags.get(name, {})
        told = _tags(schema) | ({} if name in TOLD else {"the types": [*types]}) | {"the messages": [*protos]}
        for tag in dict.fromkeys(tag for tags in told.values() for tag in tags):
            lacking = [side for side, tags in told.items() if tag not in tags]
            if lacking:
                yield self._fault(place, "", f"{name}: {tag} is missing in {', '.join(lacking)}")
        found = {tag: self._schema(place.inner("$defs", tag)) for tag in schema.get("$defs", ())}
        records = {tag: record for tag, record in found.items() if record}
        for tag, record in records.items():
            message = protos.get(tag)
            self._seen |= {message} if message else set()
            proto = self._branch(around, message, record, records) if around and message else None
            sides = Sides(place.inner("$defs", tag), types.get(tag), None)
            yield from self._compare(f"{name}/{tag}", sides, proto)

    def _branch(self, around: Message, message: str, schema: Record, all_of: dict[str, Record]) -> Record | None:
        """Return a message of a oneof, with the fields around the oneof that all of its messages share.

        A field that some tags lack has to be optional there; whether the others require it can't be told.
        """
        inner = self._proto(message)
        if inner is None:
            return None
        shared: dict[str, Field] = {}
        for name, field in around.record.fields.items():
            having = [record for record in all_of.values() if name in record.fields]
            if len(having) in (0, len(all_of)) or field.presence != OPTIONAL:
                shared[name] = field
            elif name in schema.fields:
                shared[name] = field._replace(presence=None)
        return inner._replace(fields=shared | inner.fields)

    def _schema(self, place: Place) -> Record | None:
        try:
            return self._schemas.record(place)
        except (KeyError, IndexError, TypeError, AttributeError, RecursionError):
            return None  # why it is no schema, or leads nowhere, the check of the schemas tells

    def _type(self, name: str) -> Record | None:
        told = self._types.get(name)
        if told is None:
            return None
        fields = {
            field: Field(
                rename(each["kind"], self._of_type),
                each["presence"],
                None if each["values"] is None else frozenset(each["values"]),
                each["null_by_default"],
            )
            for field, each in told["fields"].items()
        }
        return Record(told["place"], fields, told["unknown"])

    def _proto(self, name: str) -> Record | None:
        try:
            record = self._protos.message(name).record
        except KeyError:
            return None
        renamed = {key: field._replace(kind=rename(field.kind, self._of_proto)) for key, field in record.fields.items()}
        return record._replace(fields=renamed)

    def _unlisted(self) -> Iterator[Fault]:
        """Yield types, messages and definitions that `records` does not list, so that nothing would compare them."""
        tagged = {name for tags in self._tags.values() for name in tags.values()}
        for name in self._types.keys() - self._of_type.keys() - tagged - set(NO_RECORDS):
            yield Fault(self._root / _TYPES, 1, f"{self._types[name]['place']} is compared with no schema")
        for name in self._protos.names() - self._seen:
            yield Fault(self._root / _PROTOS, 1, f"the message {name} is compared with no schema")
        listed = {sides.schema for sides in RECORDS.values()}
        for file in self._files.schemas.keys() - NOT_COMPARED.keys() - set(UNIONS.values()):
            schema = self._files.schemas[file]
            for place in (Place(file), *(Place(file, ("$defs", name)) for name in schema.get("$defs", ()))):
                # What the commands write is for scripts: a schema alone says what it is.
                if "properties" in self._files.at(place) and place not in listed and not file.startswith("cli-"):
                    yield self._fault(place, "", f"{place} is compared with no type")

    def _fault(self, place: Place, field: str, message: str) -> Fault:
        where = place.inner("properties", field) if field else place
        return Fault(self._files.folder / place.file, self._files.line(where), message)


def _tags(schema: dict[str, Any]) -> dict[str, list[str]]:
    """Return the tags that a union's schema names: in its list, in its branches, by its definitions."""
    listed = schema.get("properties", {}).get("type", {}).get("enum", [])
    conditions = [branch.get("if", {}).get("properties", {}) for branch in schema.get("allOf", ())]
    branches = [str(condition.get("type", {}).get("const")) for condition in conditions]
    return {"the schema's list": listed, "its branches": branches, "its definitions": [*schema.get("$defs", ())]}


def _tag(union: str, field: str) -> str:
    """Return the tag of a message by the name of its field: events have a dot for the first underscore."""
    return field.replace("_", ".", 1) if union == "Event" else field
