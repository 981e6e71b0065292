"""Cases of states that are written to files: whose they are, whether whole, and what they may replace."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from codec_cases.case import JSON, source

_STATE = source("spec/schema/v1/examples/RunState/valid/parallel-one-executed.json")
_TAKEN = {"text": "the only copy"}
_LARGE = {**_STATE, "edits": [{"op": "set", "pointer": "/x-large", "value": "FILL"},
                              {"op": "bytes-fill", "find": "FILL", "value": "x", "times": 100_000}]}  # fmt: skip


def cases() -> Iterator[JSON]:
    """Yield the cases of files."""
    for mask in ("000", "022", "777"):
        yield _case(
            f"private-{mask}", f"A state is written for its owner alone, with the umask {mask}", 9,
            {"start": "c", "umask": mask}, _writes(process="c"), _is("state.json", mode="600"),
        )  # fmt: skip
    yield _case(
        "private-replaced", "A file that takes the place of one that others may read is for its owner alone", 9,
        _put("state.json"), _writes(replace=True), _is("state.json", mode="600"),
    )  # fmt: skip
    full = {"start": "c", "file_size": 65_536}
    yield _case(
        "whole-or-not", "Where the system refuses the last bytes, there is no file", 10,
        full, _writes(_LARGE, err="io", process="c"), {"files": {}},
    )  # fmt: skip
    yield _case(
        "whole-or-the-old", "Where the system refuses the last bytes, the old file is as it was", 10,
        _put("state.json"), full, _writes(_LARGE, err="io", process="c", replace=True),
        _is("state.json", content=_TAKEN),
    )  # fmt: skip
    yield _case(
        "not-replaced", "A file that is there is not replaced", 11,
        _put("state.json"), _writes(err="output-exists"), _is("state.json", content=_TAKEN),
    )  # fmt: skip
    yield _case(
        "replaced-where-asked", "A file that is there is replaced where that is asked for", 11,
        _put("state.json"), _writes(err="output-exists"), _writes(replace=True), _writes(err="output-exists"),
        {"files": {"state.json": {}}},
    )  # fmt: skip
    link = {"put": "state.json", "link": "victim"}
    untouched = {"content": _TAKEN}
    yield _case(
        "link-not-followed", "A link at the place of the output is not followed", 12,
        _put("victim"), link, _writes(err=["output-exists", "io"]),
        {"files": {"victim": untouched, "state.json": {"link": "victim"}}},
    )  # fmt: skip
    yield _case(
        "link-replaced", "A link is replaced, and what it leads to stays", 12,
        _put("victim"), link, _writes(replace=True), {"files": {"victim": untouched, "state.json": {"mode": "600"}}},
    )  # fmt: skip
    yield _case(
        "link-to-nothing", "A link to nothing is not followed: no file is made where it leads", 12,
        link, _writes(err=["output-exists", "io"]), {"files": {"state.json": {"link": "victim"}}},
    )  # fmt: skip


def _case(name: str, title: str, number: int, *steps: JSON) -> JSON:
    return {
        "id": f"codec/file-{name}",
        "title": title,
        "requirements": [f"TS-SEC-{number:03}"],
        "profile": "codec",
        "introduced": "1.0",
        "origin": {"kind": "hand"},
        "features": ["write_file", "timestep"],
        "op": "write_file",
        "sequence": [*steps],
    }


def _put(name: str) -> JSON:
    return {"put": name, "content": _TAKEN}


def _is(name: str, **look: Any) -> JSON:
    return {"files": {name: look}}


def _writes(state: JSON = _STATE, err: str | list[str] = "", process: str = "a", **args: Any) -> JSON:
    told = {"code": err if isinstance(err, str) else {"$any": err}}
    return {
        "op": "write_file",
        **({} if process == "a" else {"process": process}),
        "args": {"state": state, "path": {"$place": "state.json"}, **args},
        "expect": {"err": told} if err else {"ok": {}},
    }
