"""Checks the registry of error codes: each that the package uses is there, each that is there is used and whole."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from spec_checks import validation
from spec_checks.fault import Fault
from spec_checks.marks import line_of
from spec_checks.registry import read_json

# Codes that are passed along by position, inside the codec: their family tells them.
_FAMILY = re.compile(r"(json|pointer)-[a-z]+(-[a-z]+)*")
# Function -> the place of a code among its arguments: a finding, and a run that stops or fails.
_BY_PLACE = {"warn": 0, "stop": 3, "fail": 2, "_end_badly": 2}


class Code(NamedTuple):
    """One error code in the source."""

    name: str
    line: int


def faults(root: Path) -> Iterator[Fault]:
    """Yield codes that are not registered, entries that are not whole, and entries that nothing uses."""
    file = root / "spec" / "errors.json"
    registered: dict[str, Any] = read_json(file).get("codes", {})
    yield from validation.faults_of(root, file, "Errors")
    used: set[str] = set()
    for path in sorted((root / "python" / "timestep").rglob("*.py")):
        for code in codes_of(path.read_text(encoding="utf-8")):
            used.add(code.name)
            if code.name not in registered:
                yield Fault(path, code.line, f"the error code {code.name!r} is not in spec/errors.json")
    text = file.read_text(encoding="utf-8") if file.is_file() else ""
    for name in registered.keys() - used:
        yield Fault(
            file, line_of(text, max(text.find(f'"{name}": {{'), 0)), f"{name} is used nowhere in python/timestep"
        )


@cache
def codes_of(text: str) -> tuple[Code, ...]:
    """Return the error codes of a module's text; read once, however often a checkout is looked at."""
    return tuple(codes(ast.parse(text)))


def codes(tree: ast.AST) -> Iterator[Code]:
    """Yield the error codes of a module: `code=`, `default_code =`, those told by place, and the codec's own."""
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg == "code":
            yield from strings(node.value)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(isinstance(t, ast.Name) and t.id in ("code", "default_code") for t in targets) and node.value:
                yield from strings(node.value)
        elif isinstance(node, ast.Call) and called(node) in _BY_PLACE:
            place = _BY_PLACE[called(node)]
            yield from strings(*node.args[place : place + 1])
        elif isinstance(node, ast.Call) and called(node) == "LimitReached":
            yield from strings(*(keyword.value for keyword in node.keywords if keyword.arg == "name"))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and _FAMILY.fullmatch(node.value):
            yield Code(node.value, node.lineno)


def called(node: ast.Call) -> str:
    """Return the name of the function that is called, without what it is a part of."""
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def strings(*values: ast.expr) -> Iterator[Code]:
    """Yield the string constants an expression may give."""
    for value in values:
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            yield Code(value.value, value.lineno)
        elif isinstance(value, ast.IfExp):
            yield from strings(value.body, value.orelse)
