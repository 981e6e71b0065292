"""Going on with a run: what is asked again and what is not, by which rules, and what a driver does in which order."""

from __future__ import annotations

from typing import Any

from durable_cases.case import JSON, agent, call, decide, done, effect, result, resume, says, stops, waits
from run_cases.case import Case, alone, asks, refused, state, told, tool

_PAY = tool("pay", approval="always")
_LOOK = tool("look", "read")
_TOOLS: JSON = {"pay": {"output": "paid"}, "look": {"output": "seen"}}
_STOPS = stops("approval", waits("c1", "pay", arguments="{}"))
_ANSWERED = {"provider": "other", "model": "large-2", "name": "other/large", "base_url": "https://other.example/v1"}
_ANSWERED |= {"wire_api": "responses", "reported": "large-2-0701"}


def waiting(name: str, title: str, rules: tuple[str, ...], *model: JSON, **more: Any) -> Case:
    """Return a case of a call that waits, and of what then comes; `first` is the answer that makes it."""
    first, expect = more.pop("first", asks("c1", "pay")), more.pop("expect", _STOPS)
    then, features = more.pop("then"), more.pop("features", ())
    agents = more.pop("agents", alone(_PAY, _LOOK))
    return Case(name, title, rules, agents, [first, *model], expect, then, tools=_TOOLS, features=features, more=more)


_APPROVE = decide("c1", "approve")
COPIES = [
    waiting(
        "gone-on-from-a-copy-again",
        "A copy of a state that was gone on from is refused, and no tool runs twice",
        ("TS-STATE-029",),
        told("c1", "paid"),
        then=(resume(refused("state-conflict"), _APPROVE, carried=True, again=True),),
        features=("copies",),
        effects=[effect("pay", "c1")],
        asked={"model": 2, "tool": 1},
    ),
    waiting(
        "answered-by-is-kept",
        "Who gave an answer is kept with it",
        ("TS-STATE-031",),
        {**told("c1", "paid"), "answered_by": {**_ANSWERED, "model": "small-1"}},
        first={**asks("c1", "pay"), "answered_by": _ANSWERED},
        expect=state(_STOPS, runs__0__responses__0__answered_by=_ANSWERED),
        then=(
            resume(
                state(
                    done(),
                    runs__0__responses__0__answered_by=_ANSWERED,
                    runs__0__responses__1__answered_by={**_ANSWERED, "model": "small-1"},
                ),
                _APPROVE,
                carried=True,
            ),
        ),
        effects=[effect("pay", "c1")],
    ),
    waiting(
        "answered-by-is-a-record",
        "Who gave an answer says nothing of whom the next question goes to",
        ("TS-STATE-030",),
        {**says("Done."), "asked": {"model": None, "agent": "Clerk"}},
        first={**asks("c1", "pay"), "answered_by": _ANSWERED},
        then=(resume(done(), _APPROVE, carried=True),),
        features=("names",),
        effects=[effect("pay", "c1")],
    ),
    waiting(
        "finished-run-gone-on-with",
        "A run that has finished gives its output again, and asks no model",
        ("TS-STATE-026",),
        told("c1", "paid"),
        then=(resume(done(), _APPROVE, carried=True), resume(done(), carried=True)),
        effects=[effect("pay", "c1")],
        asked={"model": 2, "tool": 1},
    ),
    waiting(
        "log-grows-at-its-end",
        "What stands in the log stays where it is as a run is gone on with",
        ("TS-STATE-010",),
        told("c1", "paid"),
        expect=state(_STOPS, runs__0__log__1__item__call_id="c1", runs__0__log__2={"$absent": True}),
        then=(
            resume(
                state(
                    done(),
                    runs__0__log__0__item={"role": "user", "content": "Please."},
                    runs__0__log__1__item__call_id="c1",
                    runs__0__log__2__item={"type": "function_call_output", "call_id": "c1", "output": "paid"},
                    runs__0__log__3__item__type="message",
                ),
                _APPROVE,
                carried=True,
            ),
        ),
        effects=[effect("pay", "c1")],
    ),
]

RULES = [
    waiting(
        "default-rules",
        "A run is gone on with by the default rules: a call of no tool is told to the model, and the run goes on",
        ("TS-TRANS-031",),
        asks("c2", "no_such_tool"),
        says("Done.", result("c2")),
        then=(resume(done(), _APPROVE, carried=True),),
        effects=[effect("pay", "c1")],
    ),
    waiting(
        "nothing-decided",
        "A run on which nothing is decided waits as before, and no model is asked",
        ("TS-TRANS-052",),
        then=(resume(_STOPS, carried=True), resume(_STOPS, carried=True)),
        effects=[],
        asked={"model": 1, "tool": 0},
    ),
    Case(
        "limit-raised",
        "A run that used up its turns goes on with more of them, and asks for nothing that it has",
        ("TS-TRANS-042", "TS-TRANS-051"),
        alone(_LOOK),
        [asks("c1", "look"), told("c1", "seen")],
        stops("limit", code="max-turns"),
        (resume(done(), carried=True, max_turns=2),),
        tools=_TOOLS,
        args={"max_turns": 1},
        more={"effects": [effect("look", "c1")], "asked": {"model": 2, "tool": 1}},
    ),
    Case(
        "model-fails-and-is-asked-again",
        "A run whose model has failed can be gone on with at the place where it stopped",
        ("TS-TRANS-042",),
        alone(_LOOK),
        [asks("c1", "look"), {"err": {"code": "model-failed", "message": "nobody is there"}}, told("c1", "seen")],
        stops("error", code="model-failed"),
        (resume(done(), carried=True),),
        tools=_TOOLS,
        more={"effects": [effect("look", "c1")], "asked": {"model": 3, "tool": 1}},
    ),
    Case(
        "outputs-in-the-order-of-the-calls",
        "The model is told of a turn's calls in their order, whichever ended first, and once all have",
        ("TS-TRANS-020", "TS-TOOL-010"),
        alone(tool("pay"), _LOOK),
        [
            asks("c1", "pay", "{}", call("c2", "look", "{}")),
            {
                **says("Done."),
                "asked": {
                    "input": [
                        {"content": "Please."},
                        {"call_id": "c1", "name": "pay"},
                        {"call_id": "c2", "name": "look"},
                        result("c1", "paid"),
                        result("c2", "seen"),
                    ]
                },
            },
        ],
        done(),
        tools={"pay": {"output": "paid", "after": "c2"}, "look": {"output": "seen"}},
        more={"effects": [effect("pay", "c1"), effect("look", "c2")], "asked": {"model": 2, "tool": 2}},
    ),
    Case(
        "nested-run-fails",
        "A nested run that can't go on fails, the agent above is told, and nobody has to mend it",
        ("TS-TRANS-040",),
        [agent("Clerk", tool("ask_expert", agent="Expert")), agent("Expert")],
        {
            "Clerk": [asks("c1", "ask_expert", '{"input":"Why?"}'), told("c1", {"$holds": {"all": ["Expert"]}})],
            "Expert": [{"err": {"code": "model-failed", "message": "nobody is there"}}],
        },
        done(),
        features=("nested",),
        more={"asked": {"model": 3}},
    ),
    Case(
        "nested-run-goes-on",
        "An agent that is a tool works in a run of its own, and its answer is the output of the call",
        ("TS-TRANS-007",),
        [agent("Clerk", tool("ask_expert", agent="Expert")), agent("Expert", _LOOK)],
        {
            "Clerk": [asks("c1", "ask_expert", '{"input":"Why?"}'), told("c1", "So.")],
            "Expert": [
                {**asks("c2", "look"), "asked": {"input": [{"role": "user", "content": "Why?"}]}},
                says("So.", result("c2", "seen")),
            ],
        },
        done(),
        tools=_TOOLS,
        features=("nested",),
        more={"effects": [effect("look", "c2")], "asked": {"model": 4}},
    ),
]

_PAID_ITEM = {"type": "function_call_output", "call_id": "c1", "output": "seen"}
_STORED = {"store": True}
DRIVERS = [
    Case(
        "stored-before-each-effect",
        "What has happened is in the store before a model or user code is asked and before a tool begins",
        ("TS-TRANS-004",),
        alone(tool("look", "read", approval="ask", input_guardrails=["place"])),
        [asks("c1", "look"), asks("c2", "look"), told("c2", "seen")],
        done(),
        tools=_TOOLS,
        world={"asks": {"approval": {"look": {"answer": False}}}, "guardrails": {"place": {"answer": "pass"}}},
        features=("checkpoints", "predicates", "guardrails"),
        args=_STORED,
        more={"effects": [effect("look", "c1"), effect("look", "c2")], "asked": {"model": 3}},
    ),
    Case(
        "stored-before-the-session",
        "What has happened is in the store before the session is written",
        ("TS-TRANS-004",),
        alone(_LOOK),
        [asks("c1", "look"), told("c1", "seen")],
        done(),
        tools=_TOOLS,
        world={"session": []},
        features=("checkpoints", "session"),
        args={**_STORED, "session": True},
        more={"effects": [effect("look", "c1")]},
    ),
    Case(
        "session-written-once",
        "What a turn has brought is in the session before the next one begins, and once",
        ("TS-TRANS-006", "TS-TRANS-021"),
        alone(_LOOK),
        [asks("c1", "look"), told("c1", "seen")],
        done(),
        tools=_TOOLS,
        world={"session": [{"role": "user", "content": "Hello."}]},
        features=("session",),
        args={"session": True},
        more={
            "effects": [effect("look", "c1")],
            "session": [
                {"role": "user", "content": "Hello."},
                {"role": "user", "content": "Please."},
                call("c1", "look", "{}"),
                _PAID_ITEM,
                {"type": "message", "role": "assistant"},
            ],
        },
    ),
    Case(
        "session-is-seen",
        "The model sees what the session has, and then the input",
        ("TS-TRANS-007",),
        alone(),
        [{**says("Done."), "asked": {"input": [{"content": "Hello."}, {"content": "Please."}]}}],
        done(),
        world={"session": [{"role": "user", "content": "Hello."}]},
        features=("session",),
        args={"session": True},
    ),
]

CASES = [*COPIES, *RULES, *DRIVERS]
