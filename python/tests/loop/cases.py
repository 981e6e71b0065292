"""The cases of the loop, and the table they are held against."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

import msgspec

from timestep.codec import document, strict_json
from timestep.loop.manifest import Policy, manifest_of
from timestep.loop.tree import document_of, tree_of
from timestep.types.events import event_from_json

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / "conformance" / "cases" / "loop"
_ALL = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.json"))}
#: The histories: those of whole runs are the suite's alone.
CASES = {name: case for name, case in _ALL.items() if case["op"] == "advance"}
#: What is known of a turn while it lasts and not saved: tools that were not offered, transfers that may be taken. A run
#: that is read is resumed first, and finds out again.
UNSAVED = {name for name, case in CASES.items() if case.get("held")}
PAGE = (ROOT / "spec" / "transitions.md").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Row:
    """A row of the table: what it holds for, and what follows."""

    id: str
    steps: frozenset[str]
    event: str | None
    new: str
    needed: frozenset[str]
    allowed: frozenset[str]


def rows():
    """Return the rows of transitions.md by id."""
    found = {}
    for line in PAGE.splitlines():
        cells = [cell.strip() for cell in line.split("|")[1:-1]]
        if cells and re.fullmatch(r"T\d+", cells[0]):
            row = row_of(cells)
            assert row.id not in found, f"{row.id} stands twice"
            found[row.id] = row
    return found


def row_of(cells):
    """Return a row made of the cells of its line."""
    effects = [(re.findall(r"`(\w+)`", part), " if " in part) for part in re.split(r";|,", cells[5])]
    event = re.fullmatch(r"`([a-z.]+)`", cells[2])
    return Row(
        id=cells[0],
        steps=frozenset(re.split(r",\s*", cells[1])) - {""},
        event=event[1] if event else None,
        new=cells[4],
        needed=frozenset(name for names, maybe in effects for name in names if not maybe),
        allowed=frozenset(name for names, _ in effects for name in names),
    )


ROWS = rows()


def manifest(case):
    """Return the manifest and the rules of a case."""
    return manifest_of(case["manifest"], Policy(**case.get("policy", {})))


def first_state(case):
    """Return the state that a case begins from; None where it begins with a run."""
    return tree_of(document.from_json(copied(case["start"]))) if "start" in case else None


def copied(value):
    """Return a JSON value of its own."""
    return json.loads(json.dumps(value))


def event_of(step):
    """Return the event of a step."""
    return event_from_json(copied(step["event"]))


def shown(state):
    """Return the document of a state as JSON."""
    return None if state is None else strict_json.loads(document.encode(document_of(state)))


def saved(state):
    """Return a state as it is after it was written as bytes and read again."""
    return None if state is None else tree_of(document.decode(document.encode(document_of(state))))


def told(effects):
    """Return effects as JSON."""
    return json.loads(msgspec.json.encode(effects))
