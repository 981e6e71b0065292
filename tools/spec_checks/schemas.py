"""Checks the JSON Schemas: each one sound, under its own address, without dead references, in the portable subset."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from spec_checks.fault import Fault
from spec_checks.schema_files import BASE, Place, SchemaFiles
from spec_checks.subset import outside

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_NAME = re.compile(r"[a-z]+(-[a-z]+)*\.schema\.json")


def faults(root: Path) -> Iterator[Fault]:
    """Yield the faults of the schemas of a checkout, `spec/schema/v1/*.schema.json`."""
    try:
        files = SchemaFiles(root)
    except ValueError as error:
        yield Fault(root / "spec/schema/v1" / str(error).split(":", 1)[0], 1, str(error))
        return
    titles: dict[str, str] = {}
    for name, schema in files.schemas.items():
        for path, message in _wrong(files, name, schema):
            yield Fault(files.folder / name, files.line(Place(name, path)), message)
        title = schema.get("title") if isinstance(schema, dict) else None
        if isinstance(title, str) and titles.setdefault(title, name) != name:
            yield Fault(files.folder / name, 1, f"{titles[title]} has the title {title!r} as well")


def _wrong(files: SchemaFiles, name: str, schema: Any) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield the path and description of each fault of one schema; one that is unsound is not looked at further."""
    unsound = list(_unsound(schema))
    if unsound:
        yield from unsound
        return
    if not _NAME.fullmatch(name):
        yield (), "the file is not named in lower-case words with hyphens"
    for keyword, expected in (("$schema", _DIALECT), ("$id", BASE + name)):
        if schema.get(keyword) != expected:
            yield (keyword,), f"{keyword} is not {expected}"
    yield from (((), f"there is no {keyword}") for keyword in ("title", "description") if not schema.get(keyword))
    yield from outside(schema)
    for path, reference in _references(schema):
        try:
            found = files.at(files.target(name, reference))
        except (KeyError, IndexError, TypeError, ValueError):
            found = None
        if not isinstance(found, dict | bool):
            yield path, f"{reference}: there is no such schema"


def _unsound(schema: Any) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield what the meta-schema refuses."""
    from jsonschema import Draft202012Validator

    if not isinstance(schema, dict):
        yield (), "it is no object"
        return
    for error in Draft202012Validator(Draft202012Validator.META_SCHEMA).iter_errors(schema):
        yield tuple(str(token) for token in error.absolute_path), f"refused by the meta-schema: {error.message}"


def _references(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield path and target of each `$ref`."""
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield (*path, "$ref"), value["$ref"]
        for name, inner in value.items():
            yield from _references(inner, (*path, name))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _references(inner, (*path, str(index)))
