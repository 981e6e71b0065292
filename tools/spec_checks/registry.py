"""The registry of requirements: what the pages, the tests and the cases say, as `spec/requirements.json` holds it."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from spec_checks.marks import DOCUMENTS, ID, WORDS, blank_code, blank_quotes, line_of, pages, parts, whole, words_of

#: Word of RFC 2119 -> level, the strongest first.
_LEVELS = {
    "MUST": "MUST",
    "SHALL": "MUST",
    "REQUIRED": "MUST",
    "SHOULD": "SHOULD",
    "RECOMMENDED": "SHOULD",
    "MAY": "MAY",
    "OPTIONAL": "MAY",
}
_VERSION = re.compile(r"^## ([0-9]+\.[0-9]+)\b", re.MULTILINE)


class Rule(NamedTuple):
    """A requirement as its sentence defines it; `file` counts from `spec/`, `line` from 1."""

    id: str
    level: str
    sentence: str
    file: str
    line: int


class Naming(NamedTuple):
    """A test or a case that names a requirement: its own name from the checkout's root, and the line of the id."""

    id: str
    name: str
    file: Path
    line: int


class Sources(NamedTuple):
    """What the registry is made of: the requirements by id in their order, and what names them."""

    rules: dict[str, Rule]
    tests: list[Naming]
    cases: list[Naming]


def read(root: Path) -> Sources:
    """Read the pages, tests and cases of a checkout."""
    return Sources(rules(root), list(tests_of(root)), list(cases_of(root)))


def document(root: Path, sources: Sources) -> dict[str, Any]:
    """Return the registry that sources give; what the committed one has and they have no more is retired.

    Raises:
        ValueError: the changelog has no version, or a file of the registry is no JSON object.
    """
    committed = read_json(root / "spec" / "requirements.json")
    version = newest_version(root)
    before = {row["id"]: row for row in committed.get("requirements", [])}
    tests, cases = by_id(sources.tests), by_id(sources.cases)
    reasons = read_json(root / "spec" / "exclusions.json")
    rows: list[dict[str, Any]] = []
    for rule in sources.rules.values():
        since = before.get(rule.id, {}).get("since", version)
        row = {"id": rule.id, "level": rule.level, "sentence": rule.sentence, "file": rule.file, "since": since}
        if rule.id in reasons:
            rows.append({**row, "excluded": reasons[rule.id]})
        else:
            rows.append({**row, "tests": tests.get(rule.id, []), "cases": cases.get(rule.id, [])})
    gone = [_retired(row, version) for name, row in before.items() if name not in sources.rules]
    retired = sorted([*committed.get("retired", []), *gone], key=lambda row: order(row["id"]))
    return {"spec_version": version, "requirements": rows, "retired": retired}


def text_of(registry: dict[str, Any]) -> str:
    """Return the registry as its file has it: one row a line."""
    members = [f'  "spec_version": {json.dumps(registry["spec_version"])}']
    for name in ("requirements", "retired"):
        rows = [f"    {json.dumps(row, ensure_ascii=False)}" for row in registry[name]]
        members.append(f'  "{name}": [\n' + ",\n".join(rows) + "\n  ]" if rows else f'  "{name}": []')
    return "{\n" + ",\n".join(members) + "\n}\n"


def rules(root: Path) -> dict[str, Rule]:
    """Return the requirements that the pages define, by their ids, in the order of the documents and numbers."""
    found: dict[str, Rule] = {}
    for path, text in pages(root).items():
        plain = blank_quotes(blank_code(text))
        for part in parts(plain):
            if part.name:
                words = WORDS.findall(plain, part.start, part.end)
                file = path.relative_to(root / "spec").as_posix()
                line = line_of(text, part.start)
                rule = Rule(part.name, level(words), words_of(text[part.start : whole(plain, part)]), file, line)
                found.setdefault(part.name, rule)
    return {name: found[name] for name in sorted(found, key=order)}


def level(words: Iterable[str]) -> str:
    """Return the level of the strongest of some normative words; MAY when there is none."""
    levels = {_LEVELS[word] for word in words}
    return next((name for name in _LEVELS.values() if name in levels), "MAY")


def order(name: str) -> tuple[int, str]:
    """Return where an id stands among all: its document as it is read, then its number."""
    areas = list(DOCUMENTS)
    area = name.split("-")[1]
    return (areas.index(area) if area in areas else len(areas), name)


def tests_of(root: Path) -> Iterator[Naming]:
    """Yield the test functions whose docstrings name requirements."""
    for path in sorted((root / "python" / "tests").rglob("test_*.py")):
        text = path.read_text(encoding="utf-8")
        if ID.search(text):
            module = path.relative_to(root).as_posix()
            yield from (Naming(name, f"{module}::{test}", path, line) for name, test, line in _tests_in(text))


@cache
def _tests_in(text: str) -> tuple[tuple[str, str, int], ...]:
    """Return what the tests of a module's text name: id, test, line; read once, however often it is looked at."""
    return tuple(_named_in(ast.parse(text).body, ""))


def _named_in(body: list[ast.stmt], within: str) -> Iterator[tuple[str, str, int]]:
    for node in body:
        if isinstance(node, ast.ClassDef):
            yield from _named_in(node.body, f"{within}{node.name}::")
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            for name in sorted(set(ID.findall(ast.get_docstring(node) or ""))):
                yield name, f"{within}{node.name}", node.body[0].lineno


def cases_of(root: Path) -> Iterator[Naming]:
    """Yield the conformance cases that name requirements."""
    for path in sorted((root / "conformance" / "cases").rglob("*.json")):
        text = path.read_text(encoding="utf-8")
        for name in sorted(set(read_json(path).get("requirements", []))):
            yield Naming(name, path.relative_to(root).as_posix(), path, line_of(text, text.find(f'"{name}"')))


def by_id(namings: Iterable[Naming]) -> dict[str, list[str]]:
    """Return the names that hold each requirement, sorted, each once."""
    found: dict[str, set[str]] = {}
    for naming in namings:
        found.setdefault(naming.id, set()).add(naming.name)
    return {name: sorted(names) for name, names in found.items()}


def newest_version(root: Path) -> str:
    """Return the version of the newest heading of the changelog.

    Raises:
        ValueError: it has none.
    """
    file = root / "spec" / "CHANGELOG.md"
    found = _VERSION.search(file.read_text(encoding="utf-8") if file.is_file() else "")
    if found is None:
        raise ValueError("spec/CHANGELOG.md has no heading with a version, such as '## 1.0'")
    return found[1]


def retired_ids(registry: dict[str, Any]) -> set[str]:
    """Return the ids that a registry has retired."""
    return {row["id"] for row in registry.get("retired", [])}


def read_json(file: Path) -> dict[str, Any]:
    """Return the object in a file; an empty one where there is no file.

    Raises:
        ValueError: the file is no JSON object.
    """
    if not file.is_file():
        return {}
    try:
        value = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{file.name} is no JSON: {error}") from None
    if not isinstance(value, dict):
        raise ValueError(f"{file.name} is no JSON object")  # noqa: TRY004 -- what is wrong is the file, not a type
    return value


def _retired(row: dict[str, Any], version: str) -> dict[str, Any]:
    return {name: row[name] for name in ("id", "sentence", "file", "since")} | {"retired": version}
