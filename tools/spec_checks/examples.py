"""Checks the examples of the schemas: valid ones pass, the others are refused as is told beside them.

An example is `spec/schema/v1/examples/TITLE/KIND/NAME.json`. Of the kinds, `valid` passes the schema, `invalid` is
refused by it, and `inconsistent` passes it and is refused by the rules that no schema can tell. Where they are refused
stands in `NAME.expect.json`: a `pointer`, and for states the `code` of the reader as well.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from spec_checks.fault import Fault
from spec_checks.schema_files import SchemaFiles, refused
from spec_checks.subject import SubjectError, ask

#: What runs are made of, reported as and told as: at least three valid and five invalid examples each.
MAIN = frozenset({
    "RunState", "Item", "Call", "Approval", "Step", "Usage", "GuardrailResult", "Origin", "SessionItems", "Finding",
    "LossReport", "Event", "Effect", "StreamEvent",
})  # fmt: skip
_KINDS = ("valid", "invalid", "inconsistent")
_EXPECT = ".expect.json"
#: The title of the schema whose examples the reader is asked about too.
_READ = "RunState"


class Example(NamedTuple):
    """An example: its file, the title of its schema, its kind, its value, and what is expected of it."""

    file: Path
    title: str
    kind: str
    value: Any
    expected: dict[str, str]


def faults(root: Path) -> Iterator[Fault]:
    """Yield the faults of the examples of a checkout; what is wrong with the schemas themselves is not told here."""
    try:
        files = SchemaFiles(root)
        validators = files.validators()
    except (ValueError, KeyError):
        return
    folder = files.folder / "examples"
    found, unreadable = _collect(folder)
    yield from unreadable
    yield from _strays(root, folder, validators.keys())
    yield from _too_few(files, found)
    for example in found:
        if example.title in validators:
            wrong = _against_schema(example, validators[example.title])
            if wrong:
                yield Fault(example.file, 1, wrong)
    yield from _against_reader(root, [example for example in found if example.title == _READ])


def _collect(folder: Path) -> tuple[list[Example], list[Fault]]:
    """Return the examples, and a fault for each whose expectation is missing or that is no JSON."""
    found: list[Example] = []
    unreadable: list[Fault] = []
    for file in sorted(folder.glob("*/*/*.json")):
        if file.name.endswith(_EXPECT):
            continue
        kind, beside = file.parent.name, file.with_suffix(_EXPECT)
        try:
            value = json.loads(file.read_text(encoding="utf-8"))
            expected = {} if kind == "valid" else json.loads(beside.read_text(encoding="utf-8"))
            if kind != "valid" and not isinstance(expected["pointer"], str):
                raise TypeError
        except OSError:
            unreadable.append(Fault(file, 1, f"{beside.name} is missing: it tells what refuses the example"))
        except (KeyError, TypeError):
            unreadable.append(Fault(beside, 1, "it does not tell the pointer of what is refused"))
        except ValueError as error:
            unreadable.append(Fault(file, 1, f"it, or its {_EXPECT}, is no JSON: {error}"))
        else:
            found.append(Example(file, file.parent.parent.name, kind, value, expected))
    return found, unreadable


def _strays(root: Path, folder: Path, titles: Any) -> Iterator[Fault]:
    """Yield folders that no schema or kind has, expectations without an example, and codes that are not registered."""
    for each in sorted(folder.glob("*")):
        if each.name not in titles:
            yield Fault(each, 1, f"no schema has the title {each.name!r}")
    for each in sorted(folder.glob("*/*")):
        if each.name not in _KINDS:
            yield Fault(each, 1, f"examples are {', '.join(_KINDS)}")
        elif each.name == "inconsistent" and each.parent.name != _READ:
            yield Fault(each, 1, f"the reader is asked about {_READ} only")
    registry = root / "spec" / "errors.json"
    codes = json.loads(registry.read_text(encoding="utf-8"))["codes"] if registry.is_file() else {}
    for file in sorted(folder.glob(f"*/*/*{_EXPECT}")):
        if file.parent.name == "valid":
            yield Fault(file, 1, "nothing refuses a valid example")
        if not file.with_name(file.name.replace(_EXPECT, ".json")).is_file():
            yield Fault(file, 1, "the example that it belongs to is missing")
        code = _code_in(file)
        if code is not None and code not in codes:
            yield Fault(file, 1, f"the error code {code!r} is not in spec/errors.json")


def _code_in(expectation: Path) -> Any:
    try:
        return json.loads(expectation.read_text(encoding="utf-8")).get("code")
    except (ValueError, AttributeError):
        return None  # told of its example


def _too_few(files: SchemaFiles, found: list[Example]) -> Iterator[Fault]:
    """Yield schemas of documents, or parts of them, that have too few examples; one without a type only holds parts."""
    for name, schema in files.schemas.items():
        title = schema.get("title")
        if "type" not in schema or title is None:
            continue
        for kind, least in (("valid", 3), ("invalid", 5)) if title in MAIN else (("valid", 1), ("invalid", 1)):
            count = sum(example.title == title and example.kind == kind for example in found)
            if count < least:
                yield Fault(files.folder / name, 1, f"{title} has {count} {kind} examples, and needs {least}")


def _against_schema(example: Example, validator: Any) -> str | None:
    """Return what is wrong with the schema's verdict on an example."""
    places = refused(validator, example.value)
    if example.kind == "invalid":
        expected = example.expected["pointer"]
        if not places:
            return f"{example.title} takes this invalid example"
        return None if expected in places else f"refused at {_told(places)}, not at {expected!r}"
    return f"{example.title} refuses this {example.kind} example at {_told(places)}" if places else None


def _against_reader(root: Path, states: list[Example]) -> Iterator[Fault]:
    """Yield states of which the reader says another thing than they are there for."""
    asked = [state for state in states if state.kind != "invalid" or "code" in state.expected]
    try:
        verdicts = ask(root, "reader.py", [str(state.file) for state in asked]) if asked else []
    except SubjectError as error:
        yield Fault(root / "python" / "timestep", 1, f"the reader can't be asked about the examples: {error}")
        return
    for state, verdict in zip(asked, verdicts, strict=True):
        if verdict != state.expected:
            said = f"refuses it with {verdict}" if verdict else "takes it"
            yield Fault(state.file, 1, f"the reader {said}; expected: {state.expected or 'it is taken'}")


def _told(places: set[str]) -> str:
    return ", ".join(repr(place) for place in sorted(places))
