"""The portable subset of JSON Schema: what every validator has, and reads alike."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

#: The keywords a schema may have. What is missing here, some validator lacks or reads otherwise, or something here says
#: it as well: `oneOf` and `anyOf` tell no reader which branch was meant, `if` and `then` on a member do; what `format`
#: refuses is up to each validator; what an `unevaluated` keyword sees depends on how references are followed.
KEYWORDS = frozenset({
    "$schema", "$id", "$ref", "$defs", "title", "description", "default",
    "type", "const", "enum",
    "minimum", "maximum",
    "minLength", "maxLength", "pattern",
    "items", "prefixItems", "minItems", "maxItems", "uniqueItems",
    "properties", "required", "additionalProperties", "propertyNames", "minProperties", "maxProperties",
    "allOf", "not", "if", "then", "else",
})  # fmt: skip
_BY_NAME = ("$defs", "properties")
_LISTS = ("allOf", "prefixItems")
_SINGLE = ("items", "additionalProperties", "propertyNames", "not", "if", "then", "else")
# A class such as \w or \p{L} is another set in each language; \b and look-around are not in all of them.
_ESCAPE = re.compile(r"\\(?!u[0-9a-fA-F]{4}|[^A-Za-z0-9])")
_GROUP = re.compile(r"\(\?(?!:)")


def outside(schema: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield the path and a description of each thing in a schema that is outside the subset."""
    if not isinstance(schema, dict):
        if not isinstance(schema, bool):
            yield path, f"{schema!r} is no schema"
        return
    for keyword, value in schema.items():
        here = (*path, keyword)
        if keyword not in KEYWORDS:
            yield here, f"{keyword} is outside the portable subset"
        elif keyword == "pattern":
            yield from ((here, fault) for fault in _bad_pattern(value))
        for inner, tokens in _parts(keyword, value):
            yield from outside(inner, (*here, *tokens))


def _parts(keyword: str, value: Any) -> Iterator[tuple[Any, tuple[str, ...]]]:
    """Yield the schemas inside a keyword's value, each with the rest of its path."""
    if keyword in _BY_NAME:
        yield from ((inner, (name,)) for name, inner in value.items())
    elif keyword in _LISTS:
        yield from ((inner, (str(index),)) for index, inner in enumerate(value))
    elif keyword in _SINGLE:
        yield value, ()


def _bad_pattern(pattern: str) -> Iterator[str]:
    """Yield what is not portable in a regular expression."""
    for found in (_ESCAPE.search(pattern), _GROUP.search(pattern)):
        if found:
            part = pattern[found.start() : found.start() + 3]
            yield f"the pattern {pattern!r} is outside the portable subset: {part!r}"
