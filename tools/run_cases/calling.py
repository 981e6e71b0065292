"""Tools: what the model is offered, what a call runs with, and what it comes to."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from durable_cases.case import JSON, call, done, effect, says, stops, waits
from run_cases.case import Case, alone, asks, nothing_done, refused, state, told, tool

LONG = "a" * 64


def offered(*parameters: JSON, strict: bool = False, **wanted: Any) -> Case:
    """Return a case of what the model is offered of a typed function."""
    name, title = wanted.pop("case"), wanted.pop("title")
    rule = "TS-TOOL-021" if strict else "TS-TOOL-020"
    wanted |= {"strict": True} if strict else {}
    asked = {"tools": [{"name": "send", "parameters": {"$takes": wanted}}]}
    marked: JSON = {"strict": True} if strict else {}
    return Case(
        f"offered-{name}",
        title,
        (rule,),
        alone(tool("send", function=list(parameters), **marked)),
        [{**says("Done."), "asked": asked}],
        done(),
        features=("functions", "offers"),
        more={"asked": {"model": 1}},
    )


def parameter(name: str, kind: str | JSON | None = None, **more: Any) -> JSON:
    """Return a parameter of a function."""
    type_ = {"type": kind} if isinstance(kind, str) else kind
    return {"name": name, **({"type": type_} if type_ is not None else {}), **more}


_TO = parameter("to", "string")
_PLACE = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
OFFERED = [
    offered(
        _TO,
        parameter("count", "integer"),
        parameter("share", "number"),
        parameter("urgent", "boolean"),
        parameter("tags", {"type": "array", "items": {"type": "string"}}),
        case="by-their-types",
        title="Each parameter of a typed function is described by its type",
        all=[{"to": "a", "count": 1, "share": 0.5, "urgent": True, "tags": ["x"]}],
        none=[
            {"to": 1, "count": 1, "share": 0.5, "urgent": True, "tags": []},
            {"to": "a", "count": "1", "share": 0.5, "urgent": True, "tags": []},
            {"to": "a", "count": 1, "share": "a", "urgent": True, "tags": []},
            {"to": "a", "count": 1, "share": 0.5, "urgent": 1, "tags": []},
            {"to": "a", "count": 1, "share": 0.5, "urgent": True, "tags": [1]},
            {"count": 1, "share": 0.5, "urgent": True, "tags": []},
        ],
    ),
    offered(
        _TO,
        parameter("urgent", "boolean", default=False),
        case="with-a-default",
        title="A parameter with a default may be left out",
        all=[{"to": "a"}, {"to": "a", "urgent": True}],
        none=[{"urgent": True}, {"to": "a", "urgent": "yes"}],
    ),
    offered(
        parameter("thing"),
        case="without-a-type",
        title="A parameter without a type is any value, and no type is guessed",
        all=[{"thing": "a"}, {"thing": 1}, {"thing": {"a": [None]}}],
    ),
    offered(
        parameter("place", _PLACE),
        parameter("more", {"type": "array", "items": _PLACE}, default=[]),
        case="strict",
        title="A strict schema closes each object, and requires all of its members",
        all=[{"place": {"city": "Oslo"}, "more": [{"city": "Rome"}]}],
        none=[{"place": {}, "more": []}, {"place": {"city": "Oslo", "zip": 1}, "more": []}],
        strict=True,
    ),
]


def output(name: str, title: str, result: Any, told_: Any) -> Case:
    """Return a case of what the model is told of a result."""
    return Case(
        f"output-{name}",
        title,
        ("TS-TOOL-030",),
        alone(tool("look", "read")),
        [asks("c1", "look"), told("c1", told_)],
        done(),
        tools={"look": {"output": result}},
        more={"effects": [effect("look", "c1")]},
    )


OUTPUTS = [
    output("text", "A text is the output as it is", 'sunny "and" ü', 'sunny "and" ü'),
    output(
        "json", "Another result is compact JSON that keeps its characters", {"a": ["ü", 1, None]}, '{"a":["ü",1,null]}'
    ),
    output("text-that-is-json", "A text that is JSON is not written anew", '{"a": 1}', '{"a": 1}'),
    output("number", "A number is its JSON", 7, "7"),
    output("true", "True is its JSON", True, "true"),
    output("null", "Null is its JSON", None, "null"),
    output(
        "content",
        "Structured items are content items",
        [{"type": "text", "text": "a"}, {"type": "image", "image_url": "https://example.com/a.png"}],
        [{"type": "input_text", "text": "a"}, {"type": "input_image", "image_url": "https://example.com/a.png"}],
    ),
    output(
        "one-item",
        "One structured item is a list of one",
        {"type": "text", "text": "a"},
        [{"type": "input_text", "text": "a"}],
    ),
    output(
        "mixed-list",
        "A list that is not made of structured items alone is JSON",
        [{"type": "text", "text": "a"}, 1],
        '[{"type":"text","text":"a"},1]',
    ),
]


def arguments(name: str, title: str, text: str, names: str) -> Case:
    """Return a case of arguments that do not reach the tool."""
    takes = [parameter("to", "string"), parameter("count", "integer", default=1)]
    return Case(
        f"arguments-{name}",
        title,
        ("TS-TOOL-031",),
        alone(tool("send", function=takes)),
        [asks("c1", "send", text), told("c1", {"$holds": {"all": [names]}})],
        state(done(), runs__0__calls__0__state="failed", runs__0__log__1__item__arguments=text),
        tools={"send": {"output": "sent"}},
        features=("functions",),
        more={"effects": [], "asked": {"tool": 0}},
    )


ARGUMENTS = [
    arguments("no-json", "Arguments that are no JSON do not reach the tool", '{"to": "a"', "send"),
    arguments("no-object", "Arguments that are no object do not reach the tool", '["a"]', "send"),
    arguments(
        "of-another-type", "An argument of another type does not reach the tool, and is named", '{"to": 5}', "to"
    ),
    arguments("missing", "Without an argument that it needs a tool does not run; the model is told which", "{}", "to"),
    arguments(
        "of-another-type-beside",
        "An argument that may be left out has to fit, too",
        '{"to": "a", "count": "b"}',
        "count",
    ),
    Case(
        "arguments-of-a-schema",
        "Arguments that do not fit the schema which a tool was given do not reach it",
        ("TS-TOOL-031",),
        alone(
            tool("send", parameters={"type": "object", "properties": {"to": {"type": "string"}}, "required": ["to"]})
        ),
        [asks("c1", "send", '{"to": 5}'), told("c1", {"$holds": {"all": ["to"]}})],
        state(done(), runs__0__calls__0__state="failed"),
        tools={"send": {"output": "sent"}},
        more={"effects": [], "asked": {"tool": 0}},
    ),
    Case(
        "arguments-empty",
        "Empty text counts as an empty object, and stays as it is",
        ("TS-TOOL-031",),
        alone(tool("look", "read", function=[])),
        [asks("c1", "look", ""), told("c1", "seen")],
        state(done(), runs__0__log__1__item__arguments=""),
        tools={"look": {"output": "seen"}},
        features=("functions",),
        more={"effects": [effect("look", "c1")]},
    ),
]

_BROKEN = {"look": {"err": {"code": "out-of-paper", "message": "there is no paper"}}}
FAILING = [
    Case(
        "failure-told",
        "The model is told of a failure, and the run goes on",
        ("TS-TOOL-032",),
        alone(tool("look", "read")),
        [asks("c1", "look"), told("c1", {"$holds": {"all": ["there is no paper"]}})],
        state(done(), runs__0__calls__0__state="failed"),
        tools=_BROKEN,
        more={"effects": [effect("look", "c1")]},
    ),
    Case(
        "failure-that-stops",
        "A failure stops the run where the tool is defined so; its call has ended all the same",
        ("TS-TOOL-032",),
        alone(tool("look", "read", on_error="raise")),
        [asks("c1", "look")],
        state(stops("error", code="out-of-paper"), runs__0__calls__0__state="failed"),
        tools=_BROKEN,
        more={"effects": [effect("look", "c1")], "asked": {"model": 1}},
    ),
    Case(
        "timeout",
        "A call that takes too long is failed, and the model is told that it may have had an effect",
        ("TS-TOOL-035",),
        alone(tool("pay", timeout=0.05)),
        [asks("c1", "pay"), told("c1", {"$holds": {"all": ["effect"]}})],
        state(done(), runs__0__calls__0__state="failed"),
        tools={"pay": {"silent": True}},
        more={"effects": [effect("pay", "c1")], "asked": {"model": 2, "tool": 1}},
    ),
    Case(
        "output-of-another-type",
        "A final output that is not of the agent's type is an error of the model",
        ("TS-TOOL-037",),
        alone(output_schema={"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}),
        [says('{"city": 5}')],
        stops("error", code="output-type"),
        more={"asked": {"model": 1}},
    ),
    Case(
        "output-of-its-type",
        "A final output of the agent's type is given as a value",
        ("TS-TOOL-037",),
        alone(output_schema={"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}),
        [says('{"city": "Oslo"}')],
        done({"city": "Oslo"}),
        more={"asked": {"model": 1}},
    ),
]


def unsure(name: str, answer: Any, rules: tuple[str, ...] = ("TS-TOOL-033",)) -> Case:
    """Return a case of a predicate that answers neither yes nor no."""
    return Case(
        f"approval-answered-{name}",
        f"A predicate that answers {name} is an error, and the call does not run",
        rules,
        alone(tool("pay", approval="ask")),
        [asks("c1", "pay")],
        {"ok": {"step": "interrupted", "reason": "error", "waits": []}, "match": "subset"},
        tools={"pay": {"output": "paid"}},
        world={"asks": {"approval": {"pay": {"answer": answer}}}},
        features=("predicates",),
        more={"effects": [], "asked": {"model": 1, "tool": 0}},
    )


PREDICATES = [
    unsure("null", None),
    unsure("zero", 0),
    unsure("a-text", "no"),
    unsure("nothing-to-read", []),
    Case(
        "approval-not-needed",
        "A call that a predicate lets pass runs unasked",
        ("TS-TOOL-033",),
        alone(tool("pay", approval="ask")),
        [asks("c1", "pay"), told("c1", "paid")],
        done(),
        tools={"pay": {"output": "paid"}},
        world={"asks": {"approval": {"pay": {"answer": False, "asked": {"call_id": "c1"}}}}},
        features=("predicates",),
        more={"effects": [effect("pay", "c1")], "asked": {"ask": 1}},
    ),
    Case(
        "approval-needed",
        "A call that a predicate holds back waits for a person",
        ("TS-TOOL-033", "TS-TOOL-009"),
        alone(tool("pay", approval="ask")),
        [asks("c1", "pay")],
        stops("approval", waits("c1", "pay", arguments="{}")),
        tools={"pay": {"output": "paid"}},
        world={"asks": {"approval": {"pay": {"answer": True}}}},
        features=("predicates",),
        more={"effects": [], "asked": {"tool": 0}},
    ),
    Case(
        "call-of-a-tool-that-waits",
        "A tool that always needs a person's word does not run before it",
        ("TS-TOOL-009",),
        alone(tool("pay", approval="always"), tool("look", "read")),
        [asks("c1", "pay", "{}", call("c2", "look", "{}"))],
        stops("approval", waits("c1", "pay", arguments="{}")),
        tools={"pay": {"output": "paid"}, "look": {"output": "seen"}},
        more={"effects": [effect("look", "c2")], "asked": {"model": 1, "tool": 1}},
    ),
]


def named(name: str, title: str, tool_name: str) -> Case:
    """Return a case of a name that no tool may have."""
    return Case(
        f"name-{name}",
        title,
        ("TS-TOOL-036",),
        alone(tool(tool_name)),
        [],
        refused("definition"),
        more=nothing_done(),
    )


NAMES = [
    named("empty", "A tool without a name is refused", ""),
    named("too-long", "A name of 65 characters is refused", f"{LONG}a"),
    named("with-a-space", "A name with a space is refused", "look up"),
    named("with-a-dot", "A name with a dot is refused", "crm.find"),
    named("not-ascii", "A name with a letter that is not in ASCII is refused", "zahlungsübersicht"),
    named("with-a-line-feed", "A name that ends with a line feed is refused", "look\n"),
    Case(
        "name-as-long-as-may-be",
        "A name of 64 characters, digits, hyphens and underscores is taken",
        ("TS-TOOL-036",),
        alone(tool(f"Aa0_-{LONG[:59]}")),
        [says("Done.")],
        done(),
        more={"asked": {"model": 1}},
    ),
    Case(
        "two-tools-of-one-name",
        "An agent with two tools of one name is refused before anything is asked",
        ("TS-TOOL-038",),
        alone(tool("pay"), tool("pay", approval="always")),
        [],
        refused("tool-conflict"),
        more=nothing_done(),
    ),
    Case(
        "strict-and-open",
        "An object of open members has no strict schema, and is refused there",
        ("TS-TOOL-021",),
        alone(tool("send", function=[parameter("more", "object")], strict=True)),
        [],
        refused("tool-schema"),
        features=("functions",),
        more=nothing_done(),
    ),
]


def key(call_id: str, position: int) -> str:
    """Return the idempotency key of a call of `pay` without arguments, as tools.md and TS-CORE-022 make it."""
    text = f'["timestep-call-1","r1","Clerk",["function",null,"pay"],"{call_id}","{{}}"]'
    return f"{sha256(text.encode()).hexdigest()[:32]}-{position}-r1"


KEYS = [
    Case(
        "keys-of-two-calls",
        "Two calls of one tool with the same arguments have each a key of their own, which is made as tools.md says",
        ("TS-TOOL-034",),
        alone(tool("pay")),
        [asks("c1", "pay"), asks("c2", "pay"), told("c2", "paid")],
        done(),
        tools={
            "pay": [
                {"output": "paid", "asked": {"call_id": "c1", "key": key("c1", 1)}},
                {"output": "paid", "asked": {"call_id": "c2", "key": key("c2", 3)}},
            ]
        },
        more={"effects": [effect("pay", "c1"), effect("pay", "c2")]},
    ),
    Case(
        "call-ids-are-used-once",
        "A call under the id of an earlier one does not run",
        ("TS-TOOL-003",),
        alone(tool("pay")),
        [asks("c1", "pay"), asks("c1", "pay"), says("Done.")],
        done(),
        tools={"pay": {"output": "paid"}},
        more={"effects": [effect("pay", "c1")], "asked": {"tool": 1}},
    ),
]

CASES = [*OFFERED, *OUTPUTS, *ARGUMENTS, *FAILING, *PREDICATES, *NAMES, *KEYS]
