"""The JSON Schemas of a checkout: read, looked up by reference, and asked about values."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote

#: Address below which all schemas stand; the last part is the file's name.
BASE = "https://timestep-ai.github.io/timestep/spec/v1/"
_FOLDER = "spec/schema/v1"
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')


class Place(NamedTuple):
    """A place in the schemas: a file's name, and the tokens of a JSON pointer into it."""

    file: str
    path: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Return it as people read it, such as `run.schema.json#/$defs/entry`."""
        return f"{self.file}#{pointer(self.path)}"

    def inner(self, *tokens: str) -> Place:
        """Return a place below this one."""
        return Place(self.file, (*self.path, *tokens))


class SchemaFiles:
    """The schemas of a checkout, by the names of their files.

    Args:
        root: The checkout's root.

    Raises:
        ValueError: One of them is no JSON.
    """

    def __init__(self, root: Path) -> None:
        self.folder = root / _FOLDER
        self.texts = {path.name: path.read_text(encoding="utf-8") for path in sorted(self.folder.glob("*.schema.json"))}
        self.schemas: dict[str, Any] = {name: _read(name, text) for name, text in self.texts.items()}

    def at(self, place: Place) -> Any:
        """Return what stands at a place.

        Raises:
            KeyError: There is nothing.
        """
        part = self.schemas[place.file]
        for token in place.path:
            part = part[int(token)] if isinstance(part, list) else part[token]
        return part

    def target(self, file: str, reference: str) -> Place:
        """Return the place that a `$ref` of a file names; whether there is something is not asked."""
        name, _, fragment = reference.partition("#")
        tokens = unquote(fragment).split("/")[1:]
        return Place(name.removeprefix(BASE) or file, tuple(t.replace("~1", "/").replace("~0", "~") for t in tokens))

    def line(self, place: Place) -> int:
        """Return the line of a place, or of what is nearest around it; 1 where there is no such file."""
        return line_of(self.texts.get(place.file, ""), place.path)

    def validators(self) -> dict[str, Any]:
        """Return a validator for each schema that has a title, by that title."""
        from jsonschema import Draft202012Validator
        from referencing import Registry, Resource
        from referencing.jsonschema import DRAFT202012

        resources = [(BASE + name, Resource(schema, DRAFT202012)) for name, schema in self.schemas.items()]
        registry: Registry[Any] = Registry().with_resources(resources)
        made = {name: Draft202012Validator(schema, registry=registry) for name, schema in self.schemas.items()}
        return {schema["title"]: made[name] for name, schema in self.schemas.items() if "title" in schema}


def refused(validator: Any, value: Any) -> set[str]:
    """Return the pointers of what a schema refuses in a value; that of an unknown member is its own."""
    found: set[str] = set()
    for error in _causes(validator.iter_errors(value)):
        path = [str(token) for token in error.absolute_path]
        if error.validator == "additionalProperties":
            found |= {
                pointer([*path, name]) for name in error.instance if name not in error.schema.get("properties", {})
            }
        else:
            found.add(pointer(path))
    return found


def pointer(tokens: Iterable[str]) -> str:
    """Return the JSON pointer of these tokens."""
    return "".join("/" + token.replace("~", "~0").replace("/", "~1") for token in tokens)


def line_of(text: str, path: Iterable[str]) -> int:
    """Return the 1-based line on which the member or element at a path of a JSON text begins, or what is around it."""
    wanted = list(path)
    best, line = 0, 1
    for where, offset in _places(text):
        if len(where) > best and where == wanted[: len(where)]:
            best, line = len(where), text.count("\n", 0, offset) + 1
    return line


def _places(text: str) -> Iterator[tuple[list[str], int]]:
    """Yield the path of each member and element of a JSON text, and where it begins."""
    stack: list[str | int] = []  # the name or number of the member or element that is being read, per bracket
    awaits_name = False
    for token in _TOKEN.finditer(text):
        mark = token[0]
        if mark in "{[":
            if stack and isinstance(stack[-1], int):
                yield [str(each) for each in stack], token.start()
            stack.append("" if mark == "{" else 0)
            awaits_name = mark == "{"
        elif mark in "}]":
            stack.pop()
            awaits_name = False
        elif mark == ",":
            awaits_name = isinstance(stack[-1], str)
            if isinstance(stack[-1], int):
                stack[-1] += 1
        elif awaits_name:
            stack[-1] = json.loads(mark)
            awaits_name = False
            yield [str(each) for each in stack], token.start()


def _causes(errors: Iterable[Any]) -> Iterator[Any]:
    """Yield the errors that have no cause of their own."""
    for error in errors:
        yield from _causes(error.context) if error.context else [error]


def _read(name: str, text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error
