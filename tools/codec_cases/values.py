"""Cases of values: canonical form and digest, numbers, places in a document, and what is not written (core.md)."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator

from codec_cases.case import JSON, ROOT, case, refusal, source
from codec_cases.decisions import call_digest
from codec_cases.sealing import text

_PAGE = (ROOT / "spec" / "core.md").read_text(encoding="utf-8")
_SOUND = source("spec/schema/v1/examples/RunState/valid/parallel-one-executed.json")
_PYTHON = "fixtures/openai-agents-python/0.24.0"
#: Name -> a value, its canonical form, rules beside that of the form, and the behaviour.
_FORMS: dict[str, tuple[str, str, list[str], str]] = {
    "one-with-a-point": ("1.0", "1", ["TS-CORE-013"], "1.0 is equal to 1"),
    "one-with-an-exponent": ("1e0", "1", ["TS-CORE-013"], "1e0 is equal to 1"),
    "one-of-hundred-parts": ("100e-2", "1", ["TS-CORE-013"], "100e-2 is equal to 1"),
    "one-with-a-capital": ("0.01E+2", "1", ["TS-CORE-013"], "0.01E+2 is equal to 1"),
    "tenths": ("[1.50, 0.10]", "[1.5,0.1]", [], "Zeros at the end of a fraction are superfluous"),
    "thousand": ("1e3", "1000", [], "A canonical number has no exponent"),
    "ten-millionth": ("1E-7", "0.0000001", [], "A small canonical number has no exponent"),
    "sextillion": ("1e21", "1" + "0" * 21, [], "A large canonical number has no exponent"),
    "least-double": (
        "4.94e-324",
        "0." + "0" * 323 + "494",
        ["TS-CORE-011"],
        "The smallest numbers keep their decimal value",
    ),
    "minus-zero": ("[-0, -0.0, -0e5]", "[0,0,0]", ["TS-CORE-013"], "Negative zero is zero"),
    "minus-half": ("-0.5", "-0.5", [], "A negative fraction keeps its sign"),
    "beyond-doubles": (
        "[9007199254740993, 9007199254740992.0]",
        "[9007199254740993,9007199254740992]",
        ["TS-CORE-011", "TS-CORE-013"],
        "Two numbers of one nearest double are two numbers",
    ),
    "beyond-doubles-with-an-exponent": (
        "9007199254740993e1",
        "90071992547409930",
        ["TS-CORE-011", "TS-CORE-013"],
        "A number with an exponent keeps its value",
    ),
    "long-fraction": (
        "0.1000000000000000055511151231257827",
        "0.1000000000000000055511151231257827",
        ["TS-CORE-011", "TS-CORE-013"],
        "A fraction is not rounded to a double",
    ),
    "names-by-code-point": (
        '{"\\ud800\\udc00": 1, "\\uff61": 2, "b": 3, "B": 4, "": 5, "a\\u0000": 6, "a": 7}',
        '{"":5,"B":4,"a":7,"a\\u0000":6,"b":3,"\uff61":2,"\U00010000":1}',
        [],
        "Names are sorted by code point, also those beyond the first 65,536",
    ),
    "names-inside": (
        '[{"b": {"d": 1, "c": 2}, "a": []}]',
        '[{"a":[],"b":{"c":2,"d":1}}]',
        [],
        "Names are sorted in each object",
    ),
    "escapes": (
        '"\\u0022\\u005c\\u0008\\u000c\\u000a\\u000d\\u0009\\u0000\\u001f"',
        '"\\"\\\\\\b\\f\\n\\r\\t\\u0000\\u001f"',
        [],
        "Escapes are the short ones, then those with small hex digits",
    ),
    "no-escapes": (
        '"\\u007f\\u0080\\u2028\\/\\u003c\\ud83d\\udc1d"',
        '"\u007f\u0080\u2028/<\U0001f41d"',
        [],
        "What need not be escaped is not",
    ),
    "odd-names": (
        '{"prototype": {}, "constructor": 1, "__proto__": {"a": null}}',
        '{"__proto__":{"a":null},"constructor":1,"prototype":{}}',
        ["TS-CORE-009"],
        "Names that some languages give a meaning are sorted like others",
    ),
    "texts-of-one-look": ('["e\\u0301", "\\u00e9"]', '["e\u0301","\u00e9"]', [], "Texts are not normalized"),
    "scalar": (' "a" ', '"a"', [], "A text alone is a value"),
}
_PLACE = '"role": "user",'
#: Name -> what stands in a message of the user, code, pointer, rule, and the behaviour.
_TOLD: dict[str, tuple[str, str, str, str, str]] = {
    "name-twice": (
        '{"a": [0, {"b": 1, "b": 2}]}',
        "json-duplicate",
        "/runs/0/log/0/item/x/a/1/b",
        "TS-CORE-015",
        "A refusal of a name tells its place",
    ),
    "number": (
        "[1, 1e9999]",
        "json-range",
        "/runs/0/log/0/item/x/1",
        "TS-CORE-015",
        "A refusal of a number tells its place",
    ),
    "half-a-pair": (
        '{"t": "\\ud83d"}',
        "json-surrogate",
        "/runs/0/log/0/item/x/t",
        "TS-CORE-015",
        "A refusal of a text tells its place",
    ),
    "slash": (
        '{"a/b": {"c": 1, "c": 2}}',
        "json-duplicate",
        "/runs/0/log/0/item/x/a~1b/c",
        "TS-CORE-016",
        "A slash in a name is ~1 in a pointer",
    ),
    "tilde": (
        '{"~1": {"c": 1, "c": 2}}',
        "json-duplicate",
        "/runs/0/log/0/item/x/~01/c",
        "TS-CORE-016",
        "A tilde in a name is ~0 in a pointer",
    ),
    "empty-name": (
        '{"": {"": 1, "": 2}}',
        "json-duplicate",
        "/runs/0/log/0/item/x//",
        "TS-CORE-016",
        "An empty name is an empty token of a pointer",
    ),
    "quote": (
        '{"a\\"\\u00e9": {"c": 1, "c": 2}}',
        "json-duplicate",
        '/runs/0/log/0/item/x/a"\u00e9/c',
        "TS-CORE-016",
        "A pointer has names as they are, and not as JSON escapes them",
    ),
}


def cases() -> Iterator[JSON]:
    """Yield the cases of values."""
    example = re.search(r"## Example\n.*?```json\n(.*?)\n```.*?```json\n(.*?)\n```", _PAGE, re.DOTALL)
    if example is None:
        raise ValueError("core.md has no example of a canonical form")
    title = "The example of a canonical form in the specification"
    yield _form("example", title, example[1], example[2], [], "spec-example")
    for name, (value, form, rules, title) in _FORMS.items():
        yield _form(name, title, value, form, rules, "hand")
    for name, (value, code, pointer, rule, title) in _TOLD.items():
        edit = {"op": "bytes-replace", "find": _PLACE, "value": f'{_PLACE} "x": {value},', "count": 1}
        args = {"state": {**_SOUND, "edits": [edit]}}
        yield case(f"core-told-{name}", title, [rule], "hand", "validate", args, refusal(code, pointer), ("json",))
    yield from _integers()
    yield from _digests()
    yield from _unwritten()


def _form(name: str, title: str, value: str, form: str, rules: list[str], origin: str) -> JSON:  # noqa: PLR0917
    data = form.encode()
    expect = {"ok": {"text": {"$bytes": text(data)}, "digest": f"sha256:{hashlib.sha256(data).hexdigest()}"}}
    named = sorted({*rules, "TS-CORE-020", "TS-CORE-021"})
    return case(f"canonical-{name}", title, named, origin, "canonical", {"value": text(value)}, expect, ())


def _integers() -> Iterator[JSON]:
    """Yield whole numbers of the specification at their bounds, and written as others are."""
    place = '"revision": 6'
    for name, number, title in (
        ("fraction", "6.5", "A revision has no fraction"),
        ("beyond-2-53", "9007199254740992", "A revision lies below 2^53"),
        ("far-beyond", "1" + "0" * 30, "A revision is no number of thirty digits"),
        ("below-zero", "-1", "A revision is not below zero"),
    ):
        edit = {"op": "bytes-replace", "find": place, "value": f'"revision": {number}', "count": 1}
        args = {"state": {**_SOUND, "edits": [edit]}}
        expect = refusal("state-shape", "/revision")
        yield case(f"core-integer-{name}", title, ["TS-CORE-010"], "hand", "validate", args, expect, ("timestep",))
    edit = {"op": "bytes-replace", "find": place, "value": f'"revision": {2**53 - 1}', "count": 1}
    args = {"state": {**_SOUND, "edits": [edit]}}
    expect = {"ok": {"state": {"$same": args["state"]}}}
    title = "The largest revision is 2^53 - 1"
    yield case("core-integer-largest", title, ["TS-CORE-010"], "hand", "save", args, expect, ("timestep",))


def _digests() -> Iterator[JSON]:
    """Yield files of an SDK: the digests that their calls have in our form, computed by the rule alone."""
    for name, scenario, words in (
        ("function", "one_waiting", "The digest of a call is made of run, agent, tool, id and argument string"),
        ("unicode", "arguments_unicode", "The argument string is digested as the model sent it"),
        ("duplicate-keys", "arguments_duplicate_keys", "An argument string with a name twice is digested as it is"),
    ):
        file = source(f"{_PYTHON}/{scenario}.undecided.json")
        data = (ROOT / file["file"]).read_bytes()
        value = json.loads(data)
        run = f"imp_{hashlib.sha256(data).hexdigest()[:32]}"
        made = [item for answer in value["model_responses"] for item in answer["output"]]
        calls = [item for item in made if item["type"] == "function_call"]
        agent = value["current_agent"]["name"]
        at = {
            f"/runs/0/calls/{place}/digest": call_digest(run, agent, call["name"], call["call_id"], call["arguments"])
            for place, call in enumerate(calls)
        }
        expect = {"ok": {"state": {"$at": at}}, "match": "subset"}
        args = {"state": file, "to": "timestep"}
        rules = ["TS-CORE-020", "TS-CORE-022"]
        yield case(f"core-digest-{name}", words, rules, "sdk", "convert", args, expect,
                   ("timestep", "openai-agents-python"))  # fmt: skip
    title = "A digest is written in small letters"
    digest = "sha256:e6201705c034c3e17f2b2aeef061906f023476efdcbd31556b8b0c52f49f673e"
    edit = {"op": "bytes-replace", "find": digest, "value": f"sha256:{digest[7:].upper()}", "count": 1}
    args = {"state": {**_SOUND, "edits": [edit]}}
    codes = refusal(["call-changed", "state-shape"])
    yield case("core-digest-in-capitals", title, ["TS-CORE-020"], "hand", "validate", args, codes, ("timestep",))


def _unwritten() -> Iterator[JSON]:
    """Yield a document that is sound, and would be refused in the form that it is asked for."""
    deep = json.loads("[" * 123 + "]" * 123)
    file = source(f"{_PYTHON}/one_waiting.undecided.json")
    message = {"role": "user", "content": "Hi", "x": deep}
    state = {**file, "edits": [{"op": "set", "pointer": "/original_input", "value": [message]}]}
    told = {"kind": "run-state", "dialect": "openai-agents-python", "number": "1.21", "warnings": []}
    title = "A document that is not nested too deep where it stands is read"
    yield case("core-levels-read", title, ["TS-CORE-006"], "hand", "validate", {"state": state}, {"ok": told},
               ("openai-agents-python",))  # fmt: skip
    args = {"state": state, "to": "timestep"}
    title = "A document that would be nested too deep in another form is not written so"
    yield case("core-levels-not-written", title, ["TS-CORE-014"], "hand", "convert", args, refusal("json-depth"),
               ("timestep", "openai-agents-python"))  # fmt: skip
