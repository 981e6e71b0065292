"""How a page of the specification is read: its ids, its sentences, and what in it is code or quoted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

#: Area of an id -> the document, below `spec/`, that holds its rules; in the order in which they are read.
DOCUMENTS = {
    "CORE": "core.md",
    "STATE": "state.md",
    "ITEM": "items.md",
    "TOOL": "tools.md",
    "GUARD": "guardrails.md",
    "HAND": "handoffs.md",
    "APPR": "approvals.md",
    "TRANS": "transitions.md",
    "EVENT": "events.md",
    "ROUTE": "routing.md",
    "SESS": "sessions.md",
    "STORE": "stores.md",
    "VERS": "versioning.md",
    "SEC": "security.md",
    "PROTO": "protobuf.md",
    "PY": "dialects/openai-agents-python.md",
    "JS": "dialects/openai-agents-js.md",
    "RUN": "runner.md",
    "DUR": "durability.md",
    "CONF": "conformance.md",
}
ID = re.compile(r"\bTS-[A-Z]+-[0-9]{3}\b")
MARK = re.compile(r'<a id="(TS-[A-Z]+-[0-9]{3})"></a>\[(TS-[A-Z]+-[0-9]{3})\] ')
# RFC 2119 and RFC 8174; only capitals are normative.
WORDS = re.compile(r"\b(MUST|SHALL|SHOULD|MAY|REQUIRED|RECOMMENDED|OPTIONAL)\b")
FENCE = re.compile(r"^ *```([^\n]*)\n(.*?)^ *```[ ]*$", re.MULTILINE | re.DOTALL)
_SENTENCE_END = re.compile(r"[.:](?=\s|$)")
_FULL_STOP = re.compile(r"\.(?=\s|$)")
_BLOCK = re.compile(
    r"(?:^[ \t]*(?=[-*|#]|\d+\.)|^(?=\S)|^[ \t]+).*(?:\n(?![ \t]*(?:[-*|#]|\d+\.|\n|$)).+)*", re.MULTILINE
)
# Code stays as it is; of a link its text stays, of an anchor nothing, and stars around words go.
_MARKUP = re.compile(r"(`[^`\n]*`)|<a id=[^>]*></a>|\[([^\]\n]*)\]\([^)\s]+\)|(\*\*?)(?=\w)([^*`]+)(?<=\w)\3")


class Part(NamedTuple):
    """A stretch of a page from one id, or from the start of a block, to the next.

    Attributes:
        name: the id of the sentence it begins with; None where it begins without one.
        start: where it begins in the page.
        end: where its marked sentence ends in the page; `start` where there is none.
        stop: where the next part begins.
    """

    name: str | None
    start: int
    end: int
    stop: int


def parts(plain: str) -> Iterator[Part]:
    """Yield the parts of a page whose code and quotes are blanked out, block by block."""
    for start, block in _blocks(plain):
        marks = list(MARK.finditer(block))
        edges = [0, *(mark.start() for mark in marks), len(block)]
        for number, (low, high) in enumerate(pairwise(edges)):
            if number == 0:
                yield Part(None, start, start, start + high)
                continue
            found = _SENTENCE_END.search(block, marks[number - 1].end(), high)
            yield Part(marks[number - 1][2], start + low, start + (found.end() if found else high), start + high)


def whole(plain: str, part: Part) -> int:
    """Return where the sentence of a part ends with what follows its colon; no normative word stands there."""
    found = _FULL_STOP.search(plain, part.start, part.stop)
    return found.end() if found else part.stop


def _blocks(text: str) -> Iterator[tuple[int, str]]:
    """Yield offset and text of each paragraph, list item, table row and heading."""
    for match in _BLOCK.finditer(text):
        yield match.start(), match[0]


def words_of(text: str) -> str:
    """Return a sentence in plain text: one line, without its id, links and stars; code keeps its backticks."""
    return " ".join(_MARKUP.sub(_kept, MARK.sub("", text)).split()).strip(" |")


def _kept(match: re.Match[str]) -> str:
    return match[1] or match[2] or match[4] or ""


def blank_code(text: str) -> str:
    """Blank out fenced code and inline code, so that offsets and lines stay."""
    text = FENCE.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)
    return re.sub(r"`[^`\n]*`", lambda match: "~" * len(match[0]), text)


def blank_quotes(text: str) -> str:
    """Blank out normative words in quotation marks: they are spoken of, not used."""
    words = WORDS.pattern.strip(r"\b")
    return re.sub(rf'"(?:NOT )?{words}(?: NOT)?"', lambda match: "~" * len(match[0]), text)


def pages(root: Path) -> dict[Path, str]:
    """Return the pages of a checkout's specification with their text."""
    return {path: path.read_text(encoding="utf-8") for path in sorted((root / "spec").rglob("*.md"))}


def line_of(text: str, offset: int) -> int:
    """Return the 1-based line of an offset."""
    return text.count("\n", 0, offset) + 1
