"""Cases of the examples of the specification: states and lists of session items, valid and refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from codec_cases.case import JSON, ROOT, case, refusal, rules_of, said, source

_FOLDER = ROOT / "spec" / "schema" / "v1" / "examples"

#: Examples that a reader of several dialects refuses before it knows that they are meant for this one.
_DETECTED = {"format-of-another": "dialect-unknown"}


def cases() -> Iterator[JSON]:
    """Yield the controls, and a case for each example."""
    yield from _controls()
    for path in _files("RunState/valid"):
        yield from _valid_state(path)
    for path in [*_files("RunState/invalid"), *_files("RunState/inconsistent")]:
        yield _refused(path, "timestep")
    for path in _files("SessionItems/valid"):
        yield _session(path)


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
    return case(name, title, rules, "hand", "validate", args, expect, ("timestep",))


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
    told = refusal(code, pointer) if path.stem not in _DETECTED else refusal([code, _DETECTED[path.stem]])
    title = f"The example of a state that is refused: {path.stem.replace('-', ' ')}"
    name = f"example-{path.stem}-refused"
    return case(name, title, rules_of([code]), "spec-example", "validate", args, told, (dialect,))


def _session(path: Path) -> JSON:
    args = {"state": source(_name(path))}
    title = f"The example of a list of session items, {path.stem.replace('-', ' ')}: its family and its items"
    rules = ["TS-SESS-001", "TS-SESS-004"]
    expect = said("load", args)
    return case(
        f"example-session-{path.stem}-load", title, rules, "spec-example", "load", args, expect, ("session-items",)
    )


def _files(folder: str) -> list[Path]:
    return [path for path in sorted((_FOLDER / folder).glob("*.json")) if not path.name.endswith(".expect.json")]


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()
