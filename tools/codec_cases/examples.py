"""Cases of the examples of the specification: states and lists of session items, valid and refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from codec_cases.case import JSON, ROOT, case, refusal, rules_of, said, source, subject

_FOLDER = ROOT / "spec" / "schema" / "v1" / "examples"


def cases() -> Iterator[JSON]:
    """Yield the controls, and a case for each example."""
    yield from _controls()
    for path in _files("RunState/valid"):
        yield from _valid_state(path)
    for path in [*_files("RunState/invalid"), *_files("RunState/inconsistent")]:
        yield _refused(path, "timestep")
    for path in _files("SessionItems/valid"):
        yield _session(path)
    for path in _files("SessionItems/invalid"):
        yield _refused(path, "session-items")
    yield from _odd_sessions()


def _controls() -> Iterator[JSON]:
    """Yield what every codec has to get right before anything of it counts: a sound state, and the same cut short."""
    sound = source("spec/schema/v1/examples/RunState/valid/parallel-one-executed.json")
    cut = {**sound, "edits": [{"op": "bytes-truncate", "part": 0.9}]}
    told = {"kind": "run-state", "dialect": "timestep", "number": "1.0", "warnings": []}
    title = "A state of this specification is taken for what it is"
    yield _hand("timestep-taken", title, ["TS-VERS-011"], {"state": sound}, {"ok": told})
    title = "A state that is cut short is refused"
    yield _hand("timestep-cut-short", title, ["TS-CORE-002"], {"state": cut}, refusal("json-truncated"))


def _hand(name: str, title: str, rules: list[str], args: JSON, expect: JSON) -> JSON:
    return case(name, title, rules, "hand", "validate", args, expect, ("json",))


def _valid_state(path: Path) -> Iterator[JSON]:
    """Yield what is in a sound state, and that it is written as it was."""
    args, words = {"state": source(_name(path))}, path.stem.replace("-", " ")
    title = f"The example of a state, {words}: what waits in it"
    expect = said("load", args)
    yield case(
        f"example-{path.stem}-load", title, ["TS-STATE-017"], "spec-example", "load", args, expect, ("timestep",)
    )
    title = f"The example of a state, {words}: it is written as it was, unknown fields too"
    expect = {"ok": {"state": {"$same": args["state"]}}}
    rules = ["TS-STATE-001", "TS-VERS-004"]
    yield case(f"example-{path.stem}-save", title, rules, "spec-example", "save", args, expect, ("timestep",))


def _refused(path: Path, dialect: str) -> JSON:
    """Return a case of an example that is refused; what only a schema refuses has the code that a reader gives."""
    expected = json.loads(path.with_suffix(".expect.json").read_text(encoding="utf-8"))
    args = {"state": source(_name(path))}
    code, pointer = expected.get("code"), expected["pointer"]
    if code is None:
        error = said("validate", args)["err"]
        code, pointer = error["code"], error.get("pointer")
    told = refusal(code, pointer)
    what, infix = ("list of items", "session-") if dialect == "session-items" else ("state", "")
    title = f"The example of a {what} that is refused: {path.stem.replace('-', ' ')}"
    name = f"example-{infix}{path.stem}-refused"
    rules, needed = rules_of([code], "validate", args), subject([code], dialect)
    return case(name, title, rules, "spec-example", "validate", args, told, (needed,))


def _session(path: Path) -> JSON:
    args = {"state": source(_name(path))}
    title = f"The example of a list of session items, {path.stem.replace('-', ' ')}: its family and its items"
    rules = ["TS-SESS-001", "TS-SESS-004"]
    expect = said("load", args)
    return case(
        f"example-session-{path.stem}-load", title, rules, "spec-example", "load", args, expect, ("session-items",)
    )


#: Name -> a list of session items, its refusal, and the behaviour.
_ODD = {
    "families-mixed": (
        '[{"type":"function_call","call_id":"c","name":"f","arguments":"{}"},{"type":"function_call_result","callId":"d"}]',
        refusal("items-mixed"),
        "Items of both families are no list of either",
    ),
    "item-that-is-a-number": ("[1]", refusal("item-shape", "/0"), "An item is an object"),
    "item-without-a-type": (
        '[{"role":"user","content":""},{}]',
        refusal("item-shape", "/1"),
        "An item has a type or a role",
    ),
    "items-that-are-a-text": (
        '{"format":"timestep.session-items","format_version":"1.0","items":"x"}',
        refusal(["item-shape", "state-shape"], "/items"),
        "Items stand in an array",
    ),
    "session-id-null": (
        '{"format":"timestep.session-items","format_version":"1.0","session_id":null,"items":[]}',
        refusal("null-optional", "/session_id"),
        "A session without an id leaves it out",
    ),
    "session-id-empty": (
        '{"format":"timestep.session-items","format_version":"1.0","session_id":"","items":[]}',
        refusal(["state-shape", "session-id"], "/session_id"),
        "An id is not empty",
    ),
    "version-malformed": (
        '{"format":"timestep.session-items","format_version":"1","items":[]}',
        refusal("version-shape", "/format_version"),
        "A version has two numbers",
    ),
    "line-that-is-no-json": (
        '{"role":"user","content":"a"}\n{"role":\n',
        refusal("json-truncated"),
        "Each line is JSON",
    ),
}


def _odd_sessions() -> Iterator[JSON]:
    """Yield lists of items that are refused, and a list of lines with a blank one, which is not."""
    for name, (text, told, title) in _ODD.items():
        args = {"state": {"text": text}}
        code = told["err"]["code"]
        rules = rules_of([code] if isinstance(code, str) else code["$any"], "validate", args)
        yield case(f"session-{name}", title, rules, "hand", "validate", args, told, ("session-items",))
    header = {"format": "timestep.session-items", "format_version": "1.0", "session_id": "ann"}
    told: JSON = {"ok": {"kind": "session-items", "container": "lines", "items": []}, "match": "subset"}
    args, title = {"state": {"text": json.dumps(header) + "\n"}}, "A header alone is a list of lines without items"
    yield case("session-header-alone", title, ["TS-SESS-003"], "hand", "load", args, told, ("session-items",))
    items = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]
    yield from _saved_sessions(header, items)
    lines = "\n\n".join(json.dumps(item) for item in items) + "\n"
    found = {"kind": "session-items", "dialect": "neutral", "number": "1.0", "warnings": []}
    expect: JSON = {"ok": {**found, "container": "lines", "items": items}}
    title = "Blank lines between items are passed over"
    args = {"state": {"text": lines}}
    yield case("session-lines-blank", title, ["TS-SESS-003"], "hand", "load", args, expect, ("session-items",))


def _saved_sessions(header: JSON, items: list[JSON]) -> Iterator[JSON]:
    """Yield lists that are written in the form in which they came: array, lines, lines with a header."""
    forms = {
        "array": (json.dumps(items), "array"),
        "lines": ("".join(json.dumps(item) + "\n" for item in items), "lines"),
        "headed-lines": ("".join(json.dumps(row) + "\n" for row in [header, *items]), "lines"),
        "object": (json.dumps({**header, "items": items}), "timestep"),
    }
    for name, (text, container) in forms.items():
        again: JSON = {"ok": {"container": container, "items": items}, "match": "subset"}
        then = [{"op": "load", "args": {"state": {"$from": "state"}}, "expect": again}]
        expect: JSON = {"ok": {"state": {"$bytes": None}}, "then": then}
        title = f"A list of items is written in the form in which it came: {name.replace('-', ' ')}"
        args, needed = {"state": {"text": text}}, ("session-items", "load")
        yield case(f"session-{name}-saved", title, ["TS-SESS-010"], "hand", "save", args, expect, needed)


def _files(folder: str) -> list[Path]:
    return [path for path in sorted((_FOLDER / folder).glob("*.json")) if not path.name.endswith(".expect.json")]


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()
