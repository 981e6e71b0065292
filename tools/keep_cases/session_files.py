"""Session files: their names, their lines, and what stands in their place."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

from keep_cases.case import JSON, asks, at, case, put, user

_FEATURES = ["session-file"]
_HELLO = user("Hello!")
_FILE = "Assistant_ann.jsonl"
_LINE = '{"role": "user", "content": "Hello!"}\n'
#: Name of a case -> agent, conversation, and the name of their file without its ending.
_NAMES = {
    "safe": ("Email Assistant", "email-conversation", "Email Assistant_email-conversation"),
    "dots-inside": ("v1.2", "a.b c", "v1.2_a.b c"),
    "underline-in-the-conversation": ("a", "b_c", "a_b_c"),
    "underline-in-the-agent": ("a_b", "c", "a%5Fb_c"),
    "device-with-an-ending": ("con.x", "Zo\u00eb", "%63on.x_Zo%C3%AB"),
    "device-in-capitals": ("COM1 a", "b", "%43OM1 a_b"),
    "no-device": ("con", "x", "con_x"),
    "device-and-more": ("nullable", "x", "nullable_x"),
    "point-first": (".hidden", "x", "%2Ehidden_x"),
    "hyphen-first": ("-rf", "x", "%2Drf_x"),
    "space-first": (" start", "x", "%20start_x"),
    "point-last": ("a", "end.", "a_end%2E"),
    "space-last": ("a", "end ", "a_end%20"),
    "percent": ("%2e", "x", "%252e_x"),
    "composed": ("caf\u00e9", "x", "caf%C3%A9_x"),
    "decomposed": ("cafe\u0301", "x", "cafe%CC%81_x"),
    "control-character": ("a\nb", "\u001b[2J", "a%0Ab_%1B%5B2J"),
    "folder-above": ("../x", "..", "%2E.%2Fx_.%2E"),
    "path": ("/etc/passwd", "C:\\x", "%2Fetc%2Fpasswd_C%3A%5Cx"),
    "bee": ("\U0001f41d", "=", "%F0%9F%90%9D_%3D"),
}
#: Items that are more than text, which stand in a line as they are.
_MORE: list[JSON] = [
    {"type": "reasoning", "id": "rs_1", "summary": []},
    {"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"},
    {"role": "assistant", "content": "Hm", "phase": "commentary"},
    {"type": "message", "role": "assistant", "status": "incomplete", "content": "cut o"},
    {"role": "user", "content": [{"type": "input_text", "text": "a"}, {"type": "input_text", "text": "b"}]},
    {"role": "user", "content": [{"type": "input_image", "image_url": "data:"}]},
    {"role": "user", "content": [{"type": "input_text", "text": "a", "cache": True}]},
    {"role": "assistant", "content": [{"type": "refusal", "refusal": "no"}]},
]
#: Messages that are nothing but text, and their lines.
_PLAIN: list[tuple[JSON, JSON]] = [
    ({"type": "message", "id": "msg_1", "role": "assistant", "status": "completed",
      "content": [{"type": "output_text", "text": "Hello, Alice!", "annotations": []}]},
     {"role": "assistant", "content": "Hello, Alice!"}),
    ({"role": "user", "content": [{"type": "input_text", "text": "Hi"}]}, {"role": "user", "content": "Hi"}),
    ({"type": "message", "role": "system", "content": "Be kind."}, {"role": "system", "content": "Be kind."}),
    (user(""), user("")),
]  # fmt: skip
_TORN = {
    "in-a-name": {"text": '{"role": "user", "con'},
    "in-a-character": {"base64": "eyJyb2xlIjogInVzZXIiLCAiY29udGVudCI6ICJab8M="},
    "before-its-end": {"text": '{"role": "user", "content": "Hello!"'},
}
_BAD = {
    "no-json": "{nonsense}",
    "name-twice": '{"role": "user", "role": "user", "content": "a"}',
    "a-list": "[]",
    "no-item": '{"content": "x"}',
    "not-a-number": '{"role": "user", "content": NaN}',
}


def cases() -> Iterator[JSON]:
    """Yield the cases of session files."""
    yield from _names()
    yield from _twins()
    yield from _written()
    yield from _torn()
    yield from _damaged()
    yield from _links()
    yield _locked()


def _asks(op: str, ok: Any = None, agent: str = "Assistant", session: str = "ann", **more: Any) -> JSON:
    """Return a request about a session file."""
    named = ("items", "instructions", "limit", "place")
    args = {name: more.pop(name) for name in named if name in more}
    return asks(op, {"kind": "file", "agent": agent, "place": at(), "session": session, **args}, ok, **more)


def _case(name: str, title: str, rules: list[str], *steps: JSON) -> JSON:
    op = next(step["op"] for step in steps if "op" in step)
    return case(f"session/file-{name}", title, [f"SESS-{rule}" for rule in rules], op, steps, _FEATURES)


def _names() -> Iterator[JSON]:
    for name, (agent, session, file) in _NAMES.items():
        yield _case(
            f"name-{name}", f"The file of agent {agent!r} and conversation {session!r} is {file}.jsonl", ["019", "020"],
            _asks("session_add", None, agent, session, items=[_HELLO], place=at("in/side")),
            {"files": {"in/": {}, "in/side/": {}, f"in/side/{file}.jsonl": {"lines": [_HELLO]}}},
            _asks("session_items", {"items": [_HELLO]}, agent, session, place=at("in/side")),
        )  # fmt: skip
    for name, text, part in (("long", "x", "x" * 74), ("long-cut-in-an-escape", "\u00e4", "%C3%A4" * 12)):
        escaped = "Agent_" + ("x" if text == "x" else "%C3%A4") * 300
        file = f"Agent_{part}=={hashlib.sha256(escaped.encode()).hexdigest()}.jsonl"
        header = {"format": "timestep.session-items", "format_version": "1.0", "session_id": text * 300}
        first = {"$any": [header, {**header, "agent_name": "Agent"}]}
        yield _case(
            f"name-{name}", "A long name is its beginning with its SHA-256, and the first line has the id",
            ["019", "020"],
            _asks("session_add", None, "Agent", text * 300, items=[_HELLO]),
            {"files": {file: {"lines": [first, _HELLO]}}},
            _asks("session_items", {"items": [_HELLO]}, "Agent", text * 300),
            _asks("session_items", {"items": []}, "Agent", text * 299 + "y"),
        )  # fmt: skip


def _twins() -> Iterator[JSON]:
    pairs = {
        "capital-second": ("case", "Case", "Agent_case", "Agent_Case=21"),
        "capital-first": ("Case", "case", "Agent_Case", "Agent_case=1"),
    }
    for name, (one, other, file, marked) in pairs.items():
        yield _case(
            f"twin-{name}", "Names that differ in case alone are apart where case does not count", ["020"],
            _asks("session_add", None, "Agent", one, items=[user("1")]),
            _asks("session_add", None, "Agent", other, items=[user("2")]),
            {"files": {f"{file}.jsonl": {"lines": [user("1")]}, f"{marked}.jsonl": {"lines": [user("2")]}}},
            _asks("session_items", {"items": [user("1")]}, "Agent", one, process="b"),
            _asks("session_items", {"items": [user("2")]}, "Agent", other, process="b"),
        )  # fmt: skip
    parts = [("a_b", "c"), ("a", "b_c"), ("caf\u00e9", "x"), ("cafe\u0301", "x"), ("%5F", "a"), ("_", "a")]
    yield _case(
        "pairs-apart", "Different pairs of agent and conversation have different items", ["020"],
        *(_asks("session_add", None, *pair, items=[user(str(number))]) for number, pair in enumerate(parts)),
        *(_asks("session_items", {"items": [user(str(number))]}, *pair) for number, pair in enumerate(parts)),
    )  # fmt: skip


def _written() -> Iterator[JSON]:
    for index, (item, line) in enumerate(_PLAIN):
        yield _case(
            f"line-of-text-{index + 1}", "A message that is nothing but text is a line of role and content", ["021"],
            _asks("session_add", items=[item]), {"files": {_FILE: {"lines": [line]}}},
            _asks("session_items", {"items": [line]}),
        )  # fmt: skip
    for index, item in enumerate(_MORE):
        yield _case(
            f"line-of-more-{index + 1}", "An item that is more than text is a line as it is", ["021"],
            _asks("session_add", items=[item]), {"files": {_FILE: {"lines": [item]}}},
            _asks("session_items", {"items": [item]}),
        )  # fmt: skip
    yield _case(
        "instructions", "Instructions of the agent are not written, and may be others the next time", ["022"],
        _asks("session_add", items=[_HELLO], instructions="Be brief."),
        {"files": {_FILE: {"lines": [_HELLO]}}},
        _asks("session_add", items=[user("Bye")], instructions="Be long."),
        {"files": {_FILE: {"lines": [_HELLO, user("Bye")]}}},
        _asks("session_items", {"items": [_HELLO, user("Bye")]}, instructions="Be rude."),
    )  # fmt: skip
    yield _case(
        "line-feeds", "Each line ends with a line feed, and a text with line feeds is one line", ["003"],
        _asks("session_add", items=[user("a\nb\r\n\u2028c")]), _asks("session_add", items=[_HELLO]),
        {"files": {_FILE: {"lines": [user("a\nb\r\n\u2028c"), _HELLO]}}},
    )  # fmt: skip
    yield _case(
        "blank-lines", "Blank lines are passed over", ["003"],
        put(_FILE, f"\n{_LINE}  \n\n{_LINE}\n"), _asks("session_items", {"items": [_HELLO, _HELLO]}),
        _asks("session_items", {"items": [_HELLO]}, limit=1), _asks("session_pop", {"item": _HELLO}),
        _asks("session_items", {"items": [_HELLO]}),
    )  # fmt: skip


def _torn() -> Iterator[JSON]:
    bye = user("Bye")
    for name, torn in _TORN.items():
        before = [put(_FILE, _LINE), {"put": _FILE, "content": torn, "append": True}]
        yield _case(
            f"torn-{name}-read", "A reader passes over a last line that is torn", ["015"],
            *before, _asks("session_items", {"items": [_HELLO]}), _asks("session_items", {"items": [_HELLO]}, limit=1),
        )  # fmt: skip
        yield _case(
            f"torn-{name}-added-to", "Whoever adds removes a last line that is torn", ["015"],
            *before, _asks("session_add", items=[bye]), {"files": {_FILE: {"lines": [_HELLO, bye]}}},
        )  # fmt: skip
        yield _case(
            f"torn-{name}-removed-from", "Whoever removes an item removes a last line that is torn first", ["015"],
            *before, _asks("session_pop", {"item": _HELLO}), {"files": {_FILE: {"lines": []}}},
        )  # fmt: skip
    whole = put(_FILE, _LINE + _LINE.rstrip("\n"))
    yield _case(
        "unended-read", "A reader gives a last line that lacks only its line feed", ["015"],
        whole, _asks("session_items", {"items": [_HELLO, _HELLO]}),
        _asks("session_items", {"items": [_HELLO]}, limit=1),
    )  # fmt: skip
    yield _case(
        "unended-added-to", "Whoever adds completes a last line that lacks only its line feed", ["015"],
        whole, _asks("session_add", items=[bye]), {"files": {_FILE: {"lines": [_HELLO, _HELLO, bye]}}},
    )  # fmt: skip


def _damaged() -> Iterator[JSON]:
    for name, bad in _BAD.items():
        yield _case(
            f"damaged-{name}", "A line in the middle that can't be read is refused by its number", ["016"],
            put(_FILE, f"{_LINE}{bad}\n{_LINE}"),
            _asks("session_items", err={"code": "session-damaged", "line": 2}),
        )  # fmt: skip
    yield _case(
        "damaged-first-line", "A first line that can't be read is refused, and not taken for a header", ["016"],
        put(_FILE, '{"format": "timestep.session-items", }\n' + _LINE),
        _asks("session_items", err={"code": "session-damaged", "line": 1}),
    )  # fmt: skip


def _links() -> Iterator[JSON]:
    refused = {"code": {"$any": ["storage-denied", "storage-io"]}}
    yield _case(
        "link", "A link in the place of the file is not followed", ["027"],
        put("victim", _LINE), {"put": _FILE, "link": "victim"},
        _asks("session_add", items=[user("Bye")], err=refused), _asks("session_items", err=refused),
        {"files": {"victim": {"content": {"text": _LINE}}, _FILE: {"link": "victim"}}},
    )  # fmt: skip
    yield _case(
        "link-to-nothing", "A link to nothing is not followed: no file is made where it leads", ["027"],
        {"put": _FILE, "link": "victim"}, _asks("session_add", items=[_HELLO], err=refused),
        {"files": {_FILE: {"link": "victim"}}},
    )  # fmt: skip


def _locked() -> JSON:
    bye = user("Bye")
    return _case(
        "locked", "Whoever writes to a file waits for its lock", ["026"],
        put(_FILE, _LINE), {**_asks("session_add", items=[bye]), "meanwhile": {"lock": _FILE}},
        {**_asks("session_pop", {"item": bye}), "meanwhile": {"lock": _FILE}},
        {**_asks("session_clear"), "meanwhile": {"lock": _FILE}}, {"files": {_FILE: {"lines": []}}},
    )  # fmt: skip
