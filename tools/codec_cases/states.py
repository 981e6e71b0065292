"""Cases of what released SDKs have saved: what waits in a state, what saving it keeps, and what crossing over does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from codec_cases.case import JSON, ROOT, case, refusal, rules_of, said, source

_NEWEST = {"openai-agents-python": "0.24.0", "openai-agents-js": "0.20.0"}
_SHORT = {"openai-agents-python": "python", "openai-agents-js": "js"}
_OTHER = {"openai-agents-python": "openai-agents-js", "openai-agents-js": "openai-agents-python"}
#: Rules on the decisions of a file, exact and standing.
_DECISIONS = {"openai-agents-python": ["TS-PY-002", "TS-PY-003"], "openai-agents-js": ["TS-JS-003", "TS-JS-004"]}


def cases() -> Iterator[JSON]:
    """Yield the cases of the newest release of each SDK."""
    listed = json.loads((ROOT / "fixtures" / "sources.json").read_text(encoding="utf-8"))
    for entry in listed:
        if entry["version"] != _NEWEST.get(entry["writer"]):
            continue
        if entry["kind"] == "session":
            yield _session(entry)
        elif entry["kind"] == "state" and isinstance(said("validate", _args(entry)).get("ok"), dict):
            yield from _decided(entry) if entry["decided"] else _undecided(entry)


def _undecided(entry: JSON) -> Iterator[JSON]:
    family, args = entry["writer"], _args(entry)
    loaded = said("load", args)
    if loaded["ok"]["kind"] != "run-state":
        return
    _as_the_sdk_says(entry, loaded["ok"])
    words = _words(entry)
    yield case(
        f"{_stem(entry)}-load",
        f"{words}: what waits",
        ["TS-SEC-003", "TS-VERS-011"],
        "sdk",
        "load",
        args,
        loaded,
        (family,),
    )
    yield _crossing(entry, args, loaded["ok"])


def _crossing(entry: JSON, args: JSON, loaded: JSON) -> JSON:
    """Return a case of the conversion to the other family: the same calls wait there, or it is refused."""
    family, target = entry["writer"], _OTHER[entry["writer"]]
    asked = {**args, "to": target}
    done = said("convert", asked)
    name, both = f"{_stem(entry)}-to-{_SHORT[target]}", (family, target)
    if "err" in done:
        code = done["err"]["code"]
        title = f"{_words(entry)}: what can't cross is not dropped"
        return case(name, title, rules_of([code], "convert", asked), "sdk", "convert", asked, refusal(code), both)
    there = said("load", {"state": done["ok"]["state"]})["ok"]
    number = there["number"]
    expect = {
        "ok": {"state": {"$at": {"/$schemaVersion": number}}},
        "match": "subset",
        "then": [_loaded({**there, "dialect": target, "number": number})],
    }
    same = [_shown(call) for call in there["waits"]] == [_shown(call) for call in loaded["waits"]]
    title = f"{_words(entry)}: the same calls wait on the other side" if same else f"{_words(entry)}: on the other side"
    return case(name, title, ["TS-SEC-001", "TS-VERS-033"], "sdk", "convert", asked, expect, (*both, "load"))


def _decided(entry: JSON) -> Iterator[JSON]:
    family, args = entry["writer"], _args(entry)
    loaded = said("load", args)
    if loaded["ok"]["kind"] != "run-state":
        return
    rules, words = _DECISIONS[family], _words(entry)
    yield case(
        f"{_stem(entry)}-load",
        f"{words}: what was decided",
        [*rules, "TS-SEC-001"],
        "sdk",
        "load",
        args,
        loaded,
        (family,),
    )
    if "err" in said("save", args):
        return
    expect = {
        "ok": {"state": {"$at": {"/$schemaVersion": loaded["ok"]["number"]}}},
        "match": "subset",
        "then": [_loaded(loaded["ok"])],
    }
    title = f"{words}: saved again, the decisions stand"
    yield case(f"{_stem(entry)}-save", title, ["TS-SEC-001"], "sdk", "save", args, expect, (family, "load"))


def _session(entry: JSON) -> JSON:
    args = _args(entry)
    title = f"{_words(entry)}: the items of its session"
    rules = ["TS-SESS-001", "TS-SESS-004"]
    return case(f"{_stem(entry)}-load", title, rules, "sdk", "load", args, said("load", args), ("session-items",))


def _loaded(expected: JSON) -> JSON:
    """Return the next request: what was written is loaded. A doubt about the file before may be gone from this one."""
    told = {name: value for name, value in expected.items() if name != "warnings"}
    return {"op": "load", "args": {"state": {"$from": "state"}}, "expect": {"ok": told, "match": "subset"}}


def _as_the_sdk_says(entry: JSON, loaded: JSON) -> None:
    """Hold what the reference lists against what the SDK itself listed when the fixture was recorded.

    Raises:
        ValueError: they differ, and no rule of the specification says so.
    """
    path = ROOT / "fixtures" / entry["file"].replace(".undecided.", ".outcome.")
    told = json.loads(path.read_text(encoding="utf-8")).get("undecided") if path.is_file() else None
    if not told or entry["scenario"] in _IN_DOUBT:
        return
    waits = [_plain(call["tool"][2], call) for call in loaded["waits"] if call["state"] == "pending"]
    if waits != [_plain(call["tool"], call) for call in told["pending"]]:
        raise ValueError(f"{entry['file']}: the SDK says that other calls wait")


#: Scenarios of runs that an error stopped after an approval: the SDK lists all their calls, whatever became of them.
_IN_DOUBT = {"error_after_approval_state", "error_beside_approval_state"}
#: Tools whose calls have no argument string: each program tells their action in its own words.
_ACTIONS = {"apply_patch", "shell", "local_shell", "computer_use_preview"}


def _plain(tool: str, call: JSON) -> tuple[str, str, str]:
    return tool, call["call_id"], call["arguments"] if tool not in _ACTIONS else ""


def _shown(call: JSON) -> tuple[list[str], str, str]:
    return call["tool"], call["call_id"], call["arguments"]


def _args(entry: JSON) -> JSON:
    return {"state": source(f"fixtures/{entry['file']}")}


def _stem(entry: JSON) -> str:
    name = Path(entry["file"]).name.removesuffix(".json").replace("_", "-").replace(".", "-")
    return f"{_SHORT[entry['writer']]}-{name}"


def _words(entry: JSON) -> str:
    package = "openai-agents" if entry["writer"].endswith("python") else "@openai/agents"
    return f"{package} {entry['version']}, {entry['scenario'].replace('_', ' ')}"
