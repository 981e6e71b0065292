"""Cases of core.md, written by hand: what no JSON text may have, and what has to be kept to the letter."""

from __future__ import annotations

from collections.abc import Iterator

from codec_cases.case import JSON, case, refusal, rules_of, source

_SOUND = "spec/schema/v1/examples/RunState/valid/parallel-one-executed.json"
_PLACE = '"role": "user",'
#: Name -> what stands in a message of the user, the code of its refusal, and the behaviour.
_REFUSED = {
    "nan": ("NaN", "json-constant", "NaN is no JSON"),
    "infinity": ("Infinity", "json-constant", "Infinity is no JSON"),
    "minus-infinity": ("-Infinity", "json-constant", "-Infinity is no JSON"),
    "name-twice": ('{"a": 1, "a": 1}', "json-duplicate", "A name that stands twice is refused, also with equal values"),
    "name-twice-escaped": ('{"a": 1, "\\u0061": 2}', "json-duplicate", "A name is the same however it is escaped"),
    "half-a-pair": ('"\\ud83d"', "json-surrogate", "The first half of a surrogate pair is refused"),
    "other-half-of-a-pair": ('"\\udc1d"', "json-surrogate", "The second half of a surrogate pair is refused"),
    "pair-backwards": ('"\\udc1d\\ud83d"', "json-surrogate", "Two halves in the wrong order are no pair"),
    "half-a-pair-as-a-name": ('{"\\ud83d": 1}', "json-surrogate", "A name holds no half of a surrogate pair either"),
    "number-too-large": ("1.5e+9999", "json-range", "A number whose nearest double is infinite is refused"),
    "number-too-small": ("123e-10000000", "json-range", "A number whose nearest double is zero is refused"),
    "leading-zero": ("01", "json-syntax", "A number has no leading zero"),
    "plus": ("+1", "json-syntax", "A number has no plus"),
    "bare-point": (".5", "json-syntax", "A number begins with a digit"),
    "hex": ("0x1F", "json-syntax", "A number is decimal"),
    "single-quotes": ("'a'", "json-syntax", "A string has double quotes"),
    "comment": ("1 /* one */", "json-syntax", "JSON has no comments"),
    "comma-at-the-end": ("[1,]", "json-syntax", "A list does not end with a comma"),
    "control-character": ('"\t"', "json-syntax", "A control character in a string is escaped"),
    "unknown-escape": ('"\\x41"', "json-syntax", "Only the escapes of JSON are known"),
    "literal-cut-short": ("tru", "json-syntax", "A literal stands whole"),
    "capital-true": ("True", "json-syntax", "A literal is written in small letters"),
}
#: Name -> the bytes in hex, the code of the refusal, and the behaviour.
_NO_UTF8 = {
    "byte-ff": ("22ff22", "json-encoding", "A byte that is no UTF-8 is refused"),
    "overlong": ("22c0af22", "json-encoding", "An overlong form is no UTF-8"),
    "cut-character": ("22c322", "json-encoding", "A character that lacks its last byte is no UTF-8"),
    "surrogate-as-bytes": ("22eda08022", "json-surrogate", "Half of a surrogate pair is refused as bytes, too"),
}
#: Name -> a text with a mark, the edit that puts something in its place, the code of the refusal, and the behaviour.
_LARGE: dict[str, tuple[str, JSON, str, str]] = {
    "levels-too-many": (
        "@@",
        {"op": "bytes-nest", "value": "[|]", "times": 200},
        "json-depth",
        "More than 128 levels are refused",
    ),
    "levels-without-number": (
        "@@",
        {"op": "bytes-nest", "value": '{"a":[|]}', "times": 200_000},
        "json-depth",
        "Levels without number exhaust nothing",
    ),
    "digits-too-many": (
        "@@",
        {"op": "bytes-fill", "value": "7", "times": 401},
        "json-digits",
        "A number of more than 400 digits is refused",
    ),
    "string-too-long": (
        '"@@"',
        {"op": "bytes-fill", "value": "8", "times": 4 * 1024 * 1024 + 1},
        "json-string",
        "A string of more than 4 MiB is refused",
    ),
    "containers-too-many": (
        "[@@[]]",
        {"op": "bytes-fill", "value": "[[],[],[]],", "times": 50_000},
        "json-items",
        "A text of hardly anything but containers is refused",
    ),
    "list-too-long": (
        "[@@9]",
        {"op": "bytes-fill", "value": "9,", "times": 100_000},
        "json-items",
        "A list of more than 100,000 elements is refused",
    ),
}
#: Name -> the beginning of a text, and the behaviour.
_CUT = {
    "literal": ("[1,nul", "A text that ends inside a literal is cut off"),
    "sign": ("[-", "A text that ends behind the sign of a number is cut off"),
    "fraction": ("[2.", "A text that ends behind a decimal point is cut off"),
    "exponent": ("[2e+", "A text that ends before the digits of an exponent is cut off"),
}
#: Name -> a value that is kept, its rule, and the behaviour.
_KEPT: dict[str, tuple[str, str, str]] = {
    "integer-beyond-doubles": ("9007199254740993", "TS-CORE-011", "An integer that no double holds keeps its value"),
    "integer-of-twenty-one-digits": ("100000000000000000000", "TS-CORE-011", "A large integer keeps its value"),
    "fraction": ("0.1000000000000000055511151231257827", "TS-CORE-011", "A fraction keeps its exact decimal value"),
    "odd-names": (
        '{"__proto__": {"a": 1}, "constructor": [], "prototype": null}',
        "TS-CORE-009",
        "Names that some languages give a meaning are plain data",
    ),
    "null-in-an-item": ("null", "TS-CORE-012", "Null in the data of others is kept"),
    "nul-in-a-text": ('"a\\u0000b"', "TS-CORE-005", "The character NUL is one like others"),
    "pair": ('"\\ud83d\\udc1d"', "TS-CORE-005", "A whole surrogate pair is one character"),
    "texts-of-one-look": ('["\\u00e9", "e\\u0301"]', "TS-CORE-005", "Texts that look the same are not made the same"),
    "empty-name": ('{"": {"": 1}}', "TS-CORE-016", "A name may be empty"),
    "levels-enough": ("[" * 100 + "]" * 100, "TS-CORE-006", "A hundred levels are not too deep"),
    "digits-enough": ("7" * 400, "TS-CORE-007", "Four hundred digits are not too many"),
}


def cases() -> Iterator[JSON]:
    """Yield the cases: each a sound state with one odd thing in a message of the user, or around it."""
    for name, (text, code, title) in _REFUSED.items():
        yield _refused(name, title, code, [_put(value=text)])
    for name, (digits, code, title) in _NO_UTF8.items():
        before, after = b'"role": "user", "x": '.hex(), b",".hex()
        edit = {"op": "bytes-replace", "find": _PLACE, "hex": before + digits + after, "count": 1}
        yield _refused(name, title, code, [edit])
    for name, (text, edit, code, title) in _LARGE.items():
        yield _refused(name, title, code, [_put(value=text), {**edit, "find": "@@"}])
    yield from _around()
    for name, (text, title) in _CUT.items():
        args = {"state": {"text": text}}
        yield case(
            f"core-cut-{name}", title, ["TS-CORE-002"], "hand", "validate", args, refusal("json-truncated"), ("json",)
        )
    for name, (text, rule, title) in _KEPT.items():
        args = {"state": {**source(_SOUND), "edits": [_put(value=text)]}}
        expect: JSON = {"ok": {"state": {"$same": args["state"]}}}
        yield case(f"core-{name}-kept", title, [rule], "hand", "save", args, expect, ("json",))


def _around() -> Iterator[JSON]:
    """Yield what stands before or after the document."""
    for name, edit, code, title in (
        ("byte-order-mark", {"op": "bytes-prepend", "hex": "efbbbf"}, "json-encoding", "A byte order mark is refused"),
        ("two-documents", {"op": "bytes-append", "value": "{}"}, "json-syntax", "Two documents are not one"),
        ("nul-at-the-end", {"op": "bytes-append", "hex": "00"}, "json-syntax", "A NUL after the document is refused"),
        ("half", {"op": "bytes-truncate", "part": 0.5}, "json-truncated", "Half a document is refused"),
        ("nothing", {"op": "bytes-truncate", "part": 0}, "json-truncated", "No bytes are no document"),
    ):
        yield _refused(name, title, code, [edit])


def _refused(name: str, title: str, code: str, edits: list[JSON]) -> JSON:
    args = {"state": {**source(_SOUND), "edits": edits}}
    return case(
        f"core-{name}",
        title,
        rules_of([code], "validate", args),
        "hand",
        "validate",
        args,
        refusal(code),
        ("json",),
    )


def _put(value: str) -> JSON:
    """Return the edit that puts a value into the first message of the user."""
    return {"op": "bytes-replace", "find": _PLACE, "value": f'{_PLACE} "x": {value},', "count": 1}
