"""Cases of what old releases of the SDKs have saved, one or more for each kind of stop.

What waits in such a state is what waits in the one that the newest release saved of the same scenario, whose cases the
SDKs' own records judge; where an older number means something else, a table here says so.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from codec_cases.case import JSON, ROOT, case, refusal, rules_of, said, source

_NEWEST = {"openai-agents-python": "0.24.0", "openai-agents-js": "0.20.0"}
_SHORT = {"openai-agents-python": "python", "openai-agents-js": "js"}
#: Kinds of stops: the state of a scenario, and what it shows.
_STOPS = {
    "one_waiting.undecided": "a call waits",
    "parallel_rejected_without_message.decided": "one call is approved and one rejected",
    "sticky_then_exact_without_message.decided": "a standing approval, and a decision on a call of the tool",
    "nested_in_nested.decided": "a call of a nested run's nested run is approved",
    "handoff_before_interruption.decided": "another agent has taken over, and its call is approved",
    "hosted_mcp_approval.undecided": "the model's host waits",
    "run_again.undecided": "the model is asked next",
    "finished.undecided": "the run has ended",
}
#: What the newest release calls a scenario that the old ones play without the text of a rejection.
_WITH_TEXT = {
    "parallel_rejected_without_message": "parallel_both_waiting",
    "sticky_then_exact_without_message": "sticky_then_exact",
}
_STICKY = "sticky_then_exact_without_message.decided"
#: The number from which a decision on a call beats a standing one on its tool.
_EXACT_WINS = {"openai-agents-python": 16, "openai-agents-js": 19}
#: The number that brought nested runs into the file, and how a file before it is refused, whose run waits below.
_NESTED = {
    "openai-agents-python": (1, "interruption-orphan", "TS-STATE-017"),
    "openai-agents-js": (2, "assumption-needed", "TS-VERS-034"),
}
#: Stops after which a file is saved again in its own number.
_SAVED = ("parallel_rejected_without_message.decided", "run_again.undecided")


def cases() -> Iterator[JSON]:
    """Yield the cases of each archived release."""
    for entry in json.loads((ROOT / "fixtures" / "sources.json").read_text(encoding="utf-8")):
        if entry["kind"] != "archive":
            continue
        for stop in _STOPS:
            if stop.partition(".")[0] in entry["scenarios"]:
                yield from _stopped(entry, stop)


def _stopped(entry: JSON, stop: str) -> Iterator[JSON]:
    family, args = entry["writer"], {"state": source(f"fixtures/{entry['file']}", f"{stop}.json")}
    brought, code, rule = _NESTED[family]
    if stop.startswith("nested") and _minor(entry) < brought:
        title = f"{_words(entry)}: a call that waits in a nested run which the file does not hold is not passed over"
        rules = sorted({rule, *rules_of([code], "load", args)})
        yield case(_name(entry, stop, "refused"), title, rules, "sdk", "load", args, refusal(code), (family,))
        return
    expect = _expected(entry, stop, args)
    rules = ["TS-VERS-011", "TS-VERS-040"]
    title = f"{_words(entry)}: {_STOPS[stop]}"
    yield case(_name(entry, stop, "load"), title, rules, "sdk", "load", args, _loaded(expect), (family,))
    if stop in _SAVED:
        yield _saved(entry, stop, args, expect)


def _expected(entry: JSON, stop: str, args: JSON) -> JSON:
    """Return what loading it gives: what the newest release's state of this scenario gives, under its own number.

    Without warnings, where there are any: all of them are about a doubtful number, which a reader may pass over.

    Raises:
        ValueError: the reference gives something else.
    """
    family = entry["writer"]
    scenario, _, moment = stop.partition(".")
    newest = f"fixtures/{family}/{_NEWEST[family]}/{_WITH_TEXT.get(scenario, scenario)}.{moment}.json"
    expected = {**said("load", {"state": source(newest)})["ok"], "number": entry["schema_version"], "warnings": []}
    if stop == _STICKY and _minor(entry) < _EXACT_WINS[family]:
        expected["waits"] = [{**call, "state": "approved"} for call in expected["waits"]]
    found = said("load", args).get("ok", {})
    if {**found, "warnings": []} != expected:
        raise ValueError(f"{entry['file']}, {stop}: {found} is not {expected}")
    if found["warnings"]:
        del expected["warnings"]
    return expected


def _loaded(expected: JSON) -> JSON:
    return {"ok": expected} if "warnings" in expected else {"ok": expected, "match": "subset"}


def _saved(entry: JSON, stop: str, args: JSON, expected: JSON) -> JSON:
    again = {"op": "load", "args": {"state": {"$from": "state"}}, "expect": _loaded(expected)}
    expect = {"ok": {"state": {"$at": {"/$schemaVersion": entry["schema_version"]}}}, "then": [again]}
    title = f"{_words(entry)}: saved again under its number, {_STOPS[stop]}"
    rules = ["TS-SEC-001", "TS-VERS-044"] if stop.endswith(".decided") else ["TS-VERS-044"]
    return case(_name(entry, stop, "save"), title, rules, "sdk", "save", args, expect, (entry["writer"], "load"))


def _minor(entry: JSON) -> int:
    return int(entry["schema_version"].partition(".")[2])


def _name(entry: JSON, stop: str, what: str) -> str:
    version, words = entry["version"].replace(".", "-"), stop.partition(".")[0].replace("_", "-")
    return f"{_SHORT[entry['writer']]}-{version}-{words}-{what}"


def _words(entry: JSON) -> str:
    package = "openai-agents" if entry["writer"].endswith("python") else "@openai/agents"
    return f"{package} {entry['version']}, number {entry['schema_version']}"
