#!/usr/bin/env python3
"""Checks the specification: requirement ids, normative words, links, JSON examples, and the registry of error codes.

    python3 tools/check_spec.py [ROOT]

Prints `file:line: what is wrong` for each fault and ends with 1 when there is one.
"""

from __future__ import annotations

import ast
import json
import re
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

#: Area of an id -> the document, below `spec/`, that holds its rules.
DOCUMENTS = {
    "CORE": "core.md",
    "STATE": "state.md",
    "ITEM": "items.md",
    "APPR": "approvals.md",
    "TOOL": "tools.md",
    "SESS": "sessions.md",
    "VERS": "versioning.md",
    "SEC": "security.md",
    "PY": "dialects/openai-agents-python.md",
    "JS": "dialects/openai-agents-js.md",
    "CONF": "conformance.md",
    "DUR": "durability.md",
    "EVENT": "events.md",
    "GUARD": "guardrails.md",
    "HAND": "handoffs.md",
    "ROUTE": "routing.md",
    "RUN": "runner.md",
    "STORE": "stores.md",
    "TRANS": "transitions.md",
}
_ID = re.compile(r"\bTS-[A-Z]+-[0-9]{3}\b")
_MARK = re.compile(r'<a id="(TS-[A-Z]+-[0-9]{3})"></a>\[(TS-[A-Z]+-[0-9]{3})\] ')
_BARE_MARK = re.compile(r"\[(TS-[A-Z]+-[0-9]{3})\](?!\()")
# RFC 2119 and RFC 8174; only capitals are normative.
_WORDS = re.compile(r"\b(MUST|SHALL|SHOULD|MAY|REQUIRED|RECOMMENDED|OPTIONAL)\b")
_SENTENCE_END = re.compile(r"[.:](?=\s|$)")
_FENCE = re.compile(r"^ *```([^\n]*)\n(.*?)^ *```[ ]*$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[[^\]\n]*\]\(([^)\s]+)\)")
# Codes that are passed along by position, inside the codec: their family tells them.
_FAMILY = re.compile(r"(json|pointer)-[a-z]+(-[a-z]+)*")
# Function -> the place of a code among its arguments: a finding, and a run that stops or fails.
_BY_PLACE = {"warn": 0, "stop": 3, "fail": 2, "_end_badly": 2}


class Fault(NamedTuple):
    """One thing that is wrong, and where."""

    file: Path
    line: int
    message: str


class Code(NamedTuple):
    """One error code in the source."""

    name: str
    line: int


def faults(root: Path) -> list[Fault]:
    """Return all faults of the specification of a checkout."""
    spec = root / "spec"
    pages = {path: path.read_text(encoding="utf-8") for path in sorted(spec.rglob("*.md"))}
    registry = read_registry(spec / "errors.json")
    found: list[Fault] = []
    for path, text in pages.items():
        found += [*check_sentences(spec, path, text), *check_links(path, text), *check_examples(path, text)]
    defined, twice = collect_ids(pages)
    found += twice
    found += check_references(root, pages, defined)
    found += check_codes(root, spec / "errors.json", registry)
    return sorted(found)


def check_sentences(spec: Path, path: Path, text: str) -> Iterator[Fault]:
    """Report normative words outside marked sentences, marked sentences without one, and malformed marks."""
    area_of = {document: area for area, document in DOCUMENTS.items()}
    area = area_of.get(path.relative_to(spec).as_posix())
    plain = without_quotes(without_fences(text))
    for match in _BARE_MARK.finditer(plain):
        start = match.start() - len(f'<a id="{match[1]}"></a>')
        if not _MARK.match(plain, max(start, 0)):
            yield Fault(path, line_of(plain, match.start()), f'write <a id="{match[1]}"></a>[{match[1]}] and a space')
        elif match[1].split("-")[1] != area:
            yield Fault(
                path, line_of(plain, match.start()), f"{match[1]} belongs into {DOCUMENTS.get(match[1].split('-')[1])}"
            )
    for start, block in blocks(plain):
        marks = list(_MARK.finditer(block))
        edges = [0, *(mark.start() for mark in marks), len(block)]
        for index, (low, high) in enumerate(pairwise(edges)):
            part = block[low:high]
            end = sentence_end(part) if index else 0
            line = line_of(plain, start + low)
            if index and not _WORDS.search(part[:end]):
                yield Fault(path, line, f"{marks[index - 1][1]} marks a sentence without MUST, SHOULD or MAY")
            stray = _WORDS.search(part, end)
            if stray:
                at = line_of(plain, start + low + stray.start())
                yield Fault(path, at, f"{stray[0]} stands outside a sentence with an id")


def sentence_end(part: str) -> int:
    """Return where the marked sentence at the start of a part ends."""
    mark = _MARK.match(part)
    found = _SENTENCE_END.search(part, mark.end() if mark else 0)
    return found.end() if found else len(part)


def collect_ids(pages: dict[Path, str]) -> tuple[set[str], list[Fault]]:
    """Return the ids that sentences define, and a fault for each that is defined twice."""
    seen: dict[str, str] = {}
    found: list[Fault] = []
    for path, text in pages.items():
        plain = without_fences(text)
        for match in _MARK.finditer(plain):
            line = line_of(plain, match.start())
            if match[1] != match[2]:
                found.append(Fault(path, line, f"the anchor {match[1]} stands before {match[2]}"))
            if match[2] in seen:
                found.append(Fault(path, line, f"{match[2]} is defined twice; first at {seen[match[2]]}"))
            seen.setdefault(match[2], f"{path.name}:{line}")
    return set(seen), found


def check_links(path: Path, text: str) -> Iterator[Fault]:
    """Report links inside the repository that lead nowhere."""
    plain = without_fences(text)
    for match in _LINK.finditer(plain):
        target, _, anchor = match[1].partition("#")
        if "://" in match[1] or match[1].startswith("mailto:"):
            continue
        file = (path.parent / target).resolve() if target else path
        if not file.exists():
            yield Fault(path, line_of(plain, match.start()), f"{match[1]}: there is no such file")
        elif anchor and file.suffix == ".md" and anchor not in anchors(file.read_text(encoding="utf-8")):
            yield Fault(path, line_of(plain, match.start()), f"{match[1]}: there is no such heading or id")


def anchors(text: str) -> set[str]:
    """Return what a link into a page may name: its ids, and its headings as GitHub spells them."""
    plain = without_fences(text)
    ids = set(re.findall(r'<a id="([^"]+)"></a>', plain))
    for heading in re.findall(r"^#+ +(.+?) *$", plain, re.MULTILINE):
        ids.add(re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-"))
    return ids


def check_examples(path: Path, text: str) -> Iterator[Fault]:
    """Report fenced JSON that does not parse, or has a name twice."""
    for match in _FENCE.finditer(text):
        words = match[1].split()
        if not words or words[0] not in ("json", "jsonl"):
            continue
        texts = [match[2]] if words[0] == "json" else [line for line in match[2].splitlines() if line.strip()]
        for one in texts:
            try:
                json.loads(one, object_pairs_hook=_members_once, parse_constant=_refuse)
            except ValueError as error:
                yield Fault(path, line_of(text, match.start()), f"the JSON below does not parse: {error}")


def check_references(root: Path, pages: dict[Path, str], defined: set[str]) -> Iterator[Fault]:
    """Report requirement ids that no sentence of the specification defines."""
    sources = [*(root / "python" / "timestep").rglob("*.py"), *(root / "spec").rglob("*.json")]
    texts = pages | {path: path.read_text(encoding="utf-8") for path in sources if "/examples/" not in path.as_posix()}
    for path, text in sorted(texts.items()):
        for match in _ID.finditer(text):
            if match[0] not in defined:
                yield Fault(path, line_of(text, match.start()), f"{match[0]} is defined nowhere in spec/")


def check_codes(root: Path, file: Path, registry: dict[str, dict[str, str]]) -> Iterator[Fault]:
    """Report error codes that are not registered, entries that are not whole, and entries that nothing uses."""
    used: set[str] = set()
    for path in sorted((root / "python" / "timestep").rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        for code in codes(ast.parse(text)):
            used.add(code.name)
            if code.name not in registry:
                yield Fault(path, code.line, f"the error code {code.name!r} is not in spec/errors.json")
    for name, entry in registry.items():
        missing = [key for key in ("title", "meaning", "help") if not entry.get(key)]
        if missing:
            yield Fault(file, 1, f"{name}: {', '.join(missing)} missing")
        if name not in used:
            yield Fault(file, 1, f"{name} is used nowhere in python/timestep")


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


def read_registry(file: Path) -> dict[str, dict[str, str]]:
    """Return the registered error codes."""
    return json.loads(file.read_text(encoding="utf-8"))["codes"] if file.is_file() else {}


def blocks(text: str) -> Iterator[tuple[int, str]]:
    """Yield offset and text of each paragraph, list item, table row and heading."""
    for match in re.finditer(
        r"(?:^[ \t]*(?=[-*|#]|\d+\.)|^(?=\S)|^[ \t]+).*(?:\n(?![ \t]*(?:[-*|#]|\d+\.|\n|$)).+)*", text, re.MULTILINE
    ):
        yield match.start(), match[0]


def without_fences(text: str) -> str:
    """Blank out fenced code and inline code, so that offsets and lines stay."""
    text = _FENCE.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)
    return re.sub(r"`[^`\n]*`", lambda match: "~" * len(match[0]), text)


def without_quotes(text: str) -> str:
    """Blank out normative words in quotation marks: they are spoken of, not used."""
    words = _WORDS.pattern.strip(r"\b")
    return re.sub(rf'"(?:NOT )?{words}(?: NOT)?"', lambda match: "~" * len(match[0]), text)


def line_of(text: str, offset: int) -> int:
    """Return the 1-based line of an offset."""
    return text.count("\n", 0, offset) + 1


def _members_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("a name stands twice in one object")
    return members


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON")


def main(argv: list[str]) -> int:
    """Print all faults; 0 when there are none."""
    root = Path(argv[0]) if argv else Path(__file__).resolve().parents[1]
    found = faults(root)
    for fault in found:
        name = fault.file.relative_to(root) if fault.file.is_relative_to(root) else fault.file
        print(f"{name}:{fault.line}: {fault.message}", file=sys.stderr)
    pages = len(list((root / "spec").rglob("*.md")))
    print(f"check_spec: {len(found)} faults in {pages} pages", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
