"""The pages of the specification: their text, their worked examples, and what the schemas have against a value."""

import json
import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from timestep.codec import document as codec
from timestep.codec.pointer import join

ROOT = Path(__file__).resolve().parents[3]
SPEC = ROOT / "spec"
SCHEMAS = [json.loads(path.read_text(encoding="utf-8")) for path in (SPEC / "schema/v1").glob("*.schema.json")]
REGISTRY = Registry().with_resources((schema["$id"], Resource.from_contents(schema)) for schema in SCHEMAS)
BY_TITLE = {schema["title"]: Draft202012Validator(schema, registry=REGISTRY) for schema in SCHEMAS}


def page(name):
    """Return a page of the specification."""
    return (SPEC / name).read_text(encoding="utf-8")


def refusals(kind, value):
    """Return what the schema of a type has against a value."""
    errors = BY_TITLE[kind].iter_errors(value)
    return [f"{join(error.absolute_path)}: {error.message[:200]}" for error in errors]


class Block(NamedTuple):
    """A fenced block: the words after the fence, and its text."""

    language: str
    kind: str
    text: str

    @property
    def value(self):
        """Its JSON value, or those of its lines."""
        return (
            [json.loads(line) for line in self.text.splitlines()] if self.language == "jsonl" else json.loads(self.text)
        )


@cache
def blocks(name):
    """Return the blocks in the section "Example" of a page."""
    section = page(name).partition("\n## Example\n")[2]
    return [Block(*found) for found in BLOCK.findall(section)]


BLOCK = re.compile(r"^```(\w+) ?(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def values(name):
    """Return the JSON values of the blocks of a page's example."""
    return [block.value for block in blocks(name)]


def json_of(document):
    """Return a document as a JSON value."""
    return json.loads(codec.encode(document))
