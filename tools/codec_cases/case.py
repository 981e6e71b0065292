"""What all cases of the codec have in common: their members, the files they name, and what the reference says."""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

JSON = dict[str, Any]
ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "conformance" / "testees" / "reference"))

from codec_cases import schema_refusals  # noqa: E402
from serving import answer, operations  # noqa: E402 - the reference as a testee stands there
from timestep.errors import TimestepError  # noqa: E402
from timestep_conformance.payloads import filled, unpacked  # noqa: E402

CODES = json.loads((ROOT / "spec" / "errors.json").read_text(encoding="utf-8"))["codes"]
_OPS = operations()
#: Codes of what is refused before a reader looks at the shape of a state.
_BEFORE_THE_SHAPE = {"dialect-unknown", "version-shape", "version-unsupported"}
#: Operations that read a state and need nothing else for it.
_READING = {"validate", "load", "save"}
_FOLDERS = {"fixtures": ROOT / "fixtures", "spec": ROOT / "spec", "cases": ROOT / "conformance" / "cases"}


def source(name: str, member: str | None = None) -> JSON:
    """Return a file as a case names it, such as `fixtures/openai-agents-js/0.20.0/refusal.undecided.json`.

    `member` is the name of a file in an archive.
    """
    first, _, rest = name.partition("/")
    path = _FOLDERS[first] / rest
    if member is None:
        return {"file": name, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
    return {"file": name, "member": member, "sha256": hashlib.sha256(unpacked(path)[member]).hexdigest()}


def said(op: str, args: JSON) -> JSON:
    """Return what the reference answers."""
    return answer(_OPS, {"op": op, "args": filled(args)})


def rules_of(codes: list[str], op: str, args: JSON) -> list[str]:
    """Return the requirement that a refusal enforces: the one that the reference names, else those of the codes."""
    try:
        _OPS[op](filled(args))
    except TimestepError as error:
        if error.code in codes and error.requirement is not None:
            return [error.requirement]
    return sorted({CODES[code]["requirement"] for code in codes})


def refusal(code: str | list[str], pointer: str | None = None) -> JSON:
    """Return what a case expects of a document that is refused; several codes are equally right."""
    codes = [code] if isinstance(code, str) else code
    told: JSON = {"code": codes[0] if len(codes) == 1 else {"$any": codes}}
    return {"err": {**told, **({"pointer": pointer} if pointer is not None else {})}}


def subject(codes: list[str], dialect: str) -> str:
    """Return what a testee has to know for a refusal: `json` where the text, the format or the version says enough."""
    told = all(code.startswith("json-") or code in _BEFORE_THE_SHAPE for code in codes)
    return "json" if told and dialect == "timestep" else dialect


def case(  # noqa: PLR0917 - the members of a case, in their order
    name: str,
    title: str,
    rules: list[str],
    origin: str,
    op: str,
    args: JSON,
    expect: JSON,
    subjects: tuple[str, ...],
) -> JSON:
    """Return a case; `subjects` are `json`, or the dialects that a testee has to know for it.

    What the schema of a state refuses, too, may be told as a reader that uses it tells it (state.md).
    """
    if "err" in expect and "timestep" in subjects and "state" in args and op in _READING:
        expect = {"err": schema_refusals.either(expect["err"], filled({"state": args["state"]})["state"])}
    return {
        "id": f"codec/{name}",
        "title": title,
        "requirements": rules,
        "profile": "codec",
        "introduced": "1.0",
        "origin": {"kind": origin},
        "features": [op, *subjects],
        "op": op,
        "args": args,
        "expect": expect,
    }
