"""Checks the pages: normative words stand in sentences with an id, links lead somewhere, JSON parses."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from spec_checks.fault import Fault
from spec_checks.marks import DOCUMENTS, FENCE, ID, MARK, WORDS, blank_code, blank_quotes, line_of, pages, parts
from spec_checks.registry import read_json, retired_ids

_BARE_MARK = re.compile(r"\[(TS-[A-Z]+-[0-9]{3})\](?!\()")
_LINK = re.compile(r"\[[^\]\n]*\]\(([^)\s]+)\)")


def faults(root: Path) -> Iterator[Fault]:
    """Yield what is wrong with the pages of a checkout, and with ids that anything refers to."""
    found = pages(root)
    for path, text in found.items():
        yield from check_sentences(root / "spec", path, text)
        yield from check_links(path, text)
        yield from check_examples(path, text)
    defined, twice = collect_ids(found)
    yield from twice
    yield from check_references(root, found, defined)


def check_sentences(spec: Path, path: Path, text: str) -> Iterator[Fault]:
    """Report normative words outside marked sentences, marked sentences without one, and malformed marks."""
    plain = blank_quotes(blank_code(text))
    yield from check_marks(spec, path, plain)
    for part in parts(plain):
        if part.name and not WORDS.search(plain, part.start, part.end):
            yield Fault(path, line_of(plain, part.start), f"{part.name} marks a sentence without MUST, SHOULD or MAY")
        stray = WORDS.search(plain, part.end, part.stop)
        if stray:
            yield Fault(path, line_of(plain, stray.start()), f"{stray[0]} stands outside a sentence with an id")


def check_marks(spec: Path, path: Path, plain: str) -> Iterator[Fault]:
    """Report ids that are not written as a mark, and marks in a document of another area."""
    area_of = {document: area for area, document in DOCUMENTS.items()}
    area = area_of.get(path.relative_to(spec).as_posix())
    for match in _BARE_MARK.finditer(plain):
        name, line = match[1], line_of(plain, match.start())
        if not MARK.match(plain, max(match.start() - len(f'<a id="{name}"></a>'), 0)):
            yield Fault(path, line, f'write <a id="{name}"></a>[{name}] and a space')
        elif name.split("-")[1] != area:
            yield Fault(path, line, f"{name} belongs into {DOCUMENTS.get(name.split('-')[1])}")


def collect_ids(found: dict[Path, str]) -> tuple[set[str], list[Fault]]:
    """Return the ids that sentences define, and a fault for each that is defined twice."""
    seen: dict[str, str] = {}
    wrong: list[Fault] = []
    for path, text in found.items():
        plain = blank_code(text)
        for match in MARK.finditer(plain):
            line = line_of(plain, match.start())
            if match[1] != match[2]:
                wrong.append(Fault(path, line, f"the anchor {match[1]} stands before {match[2]}"))
            if match[2] in seen:
                wrong.append(Fault(path, line, f"{match[2]} is defined twice; first at {seen[match[2]]}"))
            seen.setdefault(match[2], f"{path.name}:{line}")
    return set(seen), wrong


def check_links(path: Path, text: str) -> Iterator[Fault]:
    """Report links inside the repository that lead nowhere."""
    plain = blank_code(text)
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
    ids = set(re.findall(r'<a id="([^"]+)"></a>', blank_code(text)))
    # Of inline code in a heading only the backticks go, so it is not blanked out here.
    for heading in re.findall(r"^#+ +(.+?) *$", FENCE.sub("", text), re.MULTILINE):
        ids.add(re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-"))
    return ids


def check_examples(path: Path, text: str) -> Iterator[Fault]:
    """Report fenced JSON that does not parse, or has a name twice."""
    for match in FENCE.finditer(text):
        words = match[1].split()
        if not words or words[0] not in ("json", "jsonl"):
            continue
        texts = [match[2]] if words[0] == "json" else [line for line in match[2].splitlines() if line.strip()]
        for one in texts:
            try:
                json.loads(one, object_pairs_hook=_members_once, parse_constant=_refuse)
            except ValueError as error:
                yield Fault(path, line_of(text, match.start()), f"the JSON below does not parse: {error}")


def check_references(root: Path, found: dict[Path, str], defined: set[str]) -> Iterator[Fault]:
    """Report requirement ids that no sentence of the specification defines; the changelog may name retired ones."""
    spec = root / "spec"
    sources = [*(root / "python" / "timestep").rglob("*.py"), *spec.rglob("*.json")]
    sources = [path for path in sources if "/examples/" not in path.as_posix()]
    texts = found | {path: path.read_text(encoding="utf-8") for path in sources if path != spec / "requirements.json"}
    retired = retired_ids(read_json(spec / "requirements.json"))
    for path, text in sorted(texts.items()):
        known = defined | retired if path == spec / "CHANGELOG.md" else defined
        for match in ID.finditer(text):
            if match[0] not in known:
                yield Fault(path, line_of(text, match.start()), f"{match[0]} is defined nowhere in spec/")


def _members_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("a name stands twice in one object")
    return members


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON")
