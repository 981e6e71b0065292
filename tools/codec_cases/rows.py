"""What the tables of rules are written in: documents with their edits, and the cases that ask about them."""

from __future__ import annotations

import json
from typing import Any

from codec_cases.case import JSON, case, source

PYTHON, JS, OWN, ITEMS = "openai-agents-python", "openai-agents-js", "timestep", "session-items"
_EXAMPLES = "spec/schema/v1/examples/RunState/valid"


def py(state: str, *edits: JSON) -> JSON:
    """Return a state that `openai-agents` 0.24.0 saved, such as `one_waiting.decided`, with edits."""
    return _with(source(f"fixtures/{PYTHON}/0.24.0/{state}.json"), edits)


def js(state: str, *edits: JSON) -> JSON:
    """Return a state that `@openai/agents` 0.20.0 saved, with edits."""
    return _with(source(f"fixtures/{JS}/0.20.0/{state}.json"), edits)


def old_py(version: str, state: str, *edits: JSON) -> JSON:
    """Return a state that an older release of `openai-agents` saved, with edits."""
    return _with(source(f"fixtures/{PYTHON}/{version}.tar.xz", f"{state}.json"), edits)


def old_js(version: str, state: str, *edits: JSON) -> JSON:
    """Return a state that an older release of `@openai/agents` saved, with edits."""
    return _with(source(f"fixtures/{JS}/{version}.tar.xz", f"{state}.json"), edits)


def own(example: str, *edits: JSON) -> JSON:
    """Return an example of a state of the specification, with edits."""
    return _with(source(f"{_EXAMPLES}/{example}.json"), edits)


def items(*rows: JSON) -> JSON:
    """Return a list of session items."""
    return {"text": json.dumps(rows)}


def _with(document: JSON, edits: tuple[JSON, ...]) -> JSON:
    return {**document, "edits": list(edits)} if edits else document


def put(pointer: str, value: Any, **more: Any) -> JSON:
    """Return the edit that sets a member or an element."""
    return {"op": "set", "pointer": pointer, "value": value, **more}


def cut(pointer: str, **more: Any) -> JSON:
    """Return the edit that takes one out."""
    return {"op": "remove", "pointer": pointer, **more}


def insert(pointer: str, value: Any, **more: Any) -> JSON:
    """Return the edit that puts an element into a list."""
    return {"op": "insert", "pointer": pointer, "value": value, **more}


def copy(place: str, pointer: str, **more: Any) -> JSON:
    """Return the edit that copies a value."""
    return {"op": "copy", "from": place, "pointer": pointer, **more}


def swap(find: str, value: str, count: int = -1) -> JSON:
    """Return the edit that replaces bytes wherever they stand."""
    return {"op": "bytes-replace", "find": find, "value": value, "count": count}


def row(action: str, **more: Any) -> JSON:
    """Return an account that has a row of this action."""
    return {"rows": {"$has": [{"action": action, **more}]}}


ABSENT = {"$absent": True}


def family(document: JSON) -> str:
    """Return what a testee has to know to read a document."""
    name = document.get("file", "")
    if name.startswith("fixtures/"):
        return name.split("/")[1]
    return OWN if name or "timestep.run-state" in document.get("text", "") else ITEMS


def refused(  # noqa: PLR0917 - the columns of a table, in their order
    name: str, title: str, rules: list[str], document: JSON, code: str | list[str], pointer: str | None = None
) -> JSON:
    """Return a case of a document that no reader takes."""
    args = {"state": document}
    return case(name, title, rules, "hand", "validate", args, _error(code, pointer), (family(document),))


def loaded(name: str, title: str, rules: list[str], document: JSON, **expect: Any) -> JSON:
    """Return a case of what is in a document, of which some is told here."""
    told: JSON = {"ok": expect, "match": "subset"}
    return case(name, title, rules, "hand", "load", {"state": document}, told, (family(document),))


def saved(name: str, title: str, rules: list[str], document: JSON, at: JSON) -> JSON:
    """Return a case of what stands at some places of a document that is written again."""
    told: JSON = {"ok": {"state": {"$at": at}}, "match": "subset"}
    return case(name, title, rules, "hand", "save", {"state": document}, told, (family(document),))


def converted(  # noqa: PLR0917 - the columns of a table, in their order
    name: str,
    title: str,
    rules: list[str],
    document: JSON,
    to: str,
    at: JSON | None = None,
    *,
    assume: tuple[str, ...] = (),
    report: JSON | None = None,
    waits: list[JSON] | None = None,
) -> JSON:
    """Return a case of a conversion: what stands where, what its account tells, and what waits on the other side."""
    told: JSON = {"ok": {"state": {"$bytes": None} if at is None else {"$at": at}}, "match": "subset"}
    if report is not None:
        told["ok"]["report"] = report
    if waits is not None:
        again = {"waits": waits}
        told["then"] = [
            {"op": "load", "args": {"state": {"$from": "state"}}, "expect": {"ok": again, "match": "subset"}}
        ]
    args = _asked(document, to, assume)
    needed = [family(document), _dialect(to)]
    if waits is not None:
        needed.append("load")
    return case(name, title, rules, "hand", "convert", args, told, tuple(dict.fromkeys(needed)))


def unconverted(  # noqa: PLR0917 - the columns of a table, in their order
    name: str,
    title: str,
    rules: list[str],
    document: JSON,
    to: str,
    code: str = "cannot-cross",
    pointer: str | None = None,
    *,
    assume: tuple[str, ...] = (),
) -> JSON:
    """Return a case of a conversion that is refused."""
    args, needed = _asked(document, to, assume), tuple(dict.fromkeys([family(document), _dialect(to)]))
    return case(name, title, rules, "hand", "convert", args, _error(code, pointer), needed)


def _asked(document: JSON, to: str, assume: tuple[str, ...]) -> JSON:
    return {"state": document, "to": to, **({"assume": list(assume)} if assume else {})}


def _dialect(to: str) -> str:
    return to.partition("@")[0].partition("==")[0]


def _error(code: str | list[str], pointer: str | None) -> JSON:
    told: JSON = {"code": code if isinstance(code, str) else {"$any": code}}
    return {"err": {**told, **({"pointer": pointer} if pointer is not None else {})}}
