"""Guardrails: on the input and output of a run, and before and after the calls of tools."""

from __future__ import annotations

from typing import Any

from durable_cases.case import JSON, decide, done, effect, resume, says, stops, waits
from run_cases.case import Case, alone, asks, fails, refused, state, told, tool

_FIRST = {"name": "first", "parallel": False}
_SECOND = {"name": "second", "parallel": False}
_BESIDE = {"name": "beside", "parallel": True}


def answers(**said: Any) -> JSON:
    """Return what guardrails say, by their names."""
    return {"guardrails": {name: each if isinstance(each, dict) else {"answer": each} for name, each in said.items()}}


def sees(name: str, value: Any, answer: str = "pass", /, **more: Any) -> JSON:
    """Return what a guardrail says of this value, and no other."""
    return {"answer": answer, "asked": {"name": name, "value": value}, **more}


def around(name: str, title: str, rules: tuple[str, ...], agents: list[JSON], told_: Any, **more: Any) -> Case:
    """Return a case of one call of the tool `pay`, and of what the model is told of it."""
    ran = more.pop("ran", True)
    kept = more.pop("kept", {})
    effects = [effect("pay", "c1", **({"arguments": ran} if isinstance(ran, str) else {}))] if ran else []
    return Case(
        name,
        title,
        rules,
        agents,
        [asks("c1", "pay", '{"amount": 5}'), told("c1", told_)],
        state(done(), **kept) if kept else done(),
        tools={"pay": {"output": more.pop("output", "paid")}},
        world=more.pop("world"),
        features=("guardrails",),
        more={"effects": effects, **more},
    )


BEFORE_A_RUN = [
    Case(
        "input-before-the-model",
        "The model is asked once the input guardrails that it waits for have passed",
        ("TS-GUARD-005",),
        alone(input_guardrails=[_FIRST]),
        [says("Done.")],
        fails("input-tripwire"),
        world=answers(first="trip"),
        features=("guardrails",),
        more={"asked": {"model": 0, "guardrail": 1}},
    ),
    Case(
        "input-passes",
        "An input guardrail looks at the input of the run, and what it said is kept",
        ("TS-GUARD-002", "TS-GUARD-005"),
        alone(input_guardrails=[_FIRST, _SECOND]),
        [says("Done.")],
        state(
            done(),
            runs__0__guardrails__results__0__name="first",
            runs__0__guardrails__results__0__behavior="allow",
            runs__0__guardrails__results__1__name="second",
        ),
        world={"guardrails": {"first": sees("first", "Please."), "second": sees("second", "Please.")}},
        features=("guardrails",),
        more={"asked": {"model": 1, "guardrail": 2}},
    ),
    Case(
        "input-trips-beside-the-model",
        "A guardrail that trips while the model is asked stops the run, and nobody waits for the model",
        ("TS-GUARD-003", "TS-TRANS-041", "TS-TRANS-006"),
        alone(tool("pay"), input_guardrails=[_BESIDE]),
        [{"silent": True}],
        fails("input-tripwire"),
        world=answers(beside="trip"),
        features=("guardrails",),
        more={"effects": [], "asked": {"tool": 0}},
    ),
    Case(
        "output-trips",
        "An output guardrail that trips stops the run, and its output is not given",
        ("TS-GUARD-003",),
        alone(output_guardrails=["last"]),
        [says("Secret.")],
        fails("output-tripwire"),
        world={"guardrails": {"last": sees("last", "Secret.", "trip")}},
        features=("guardrails",),
        more={"asked": {"model": 1}},
    ),
    *(
        Case(
            f"{where}-answer-that-can-not-be-read",
            f"An {where} guardrail whose answer can't be read has not passed",
            ("TS-GUARD-001",),
            alone(**{f"{where}_guardrails": [_FIRST if where == "input" else "first"]}),
            [says("Done.")],
            refused("guardrail-answer"),
            world=answers(first={"answer": "perhaps"}),
            features=("guardrails",),
            more={"asked": {"model": 0 if where == "input" else 1}},
        )
        for where in ("input", "output")
    ),
]

_BOTH = alone(tool("pay", input_guardrails=["own"]), tool_input_guardrails=["shared"])
#: One change and one question before the approval, and one answer after it.
_ASKED_ONCE = state(
    done(),
    runs__0__guardrails__results__1__behavior="ask",
    runs__0__guardrails__results__2__behavior={"$any": ["modify", "allow"]},
    runs__0__guardrails__results__3={"$absent": True},
)
BEFORE_A_CALL = [
    around(
        "call-guardrails-in-their-order",
        "The agent's guardrails look at a call before the tool's own, which sees what they left",
        ("TS-GUARD-010", "TS-GUARD-011", "TS-GUARD-013"),
        _BOTH,
        "paid",
        world={
            "guardrails": {
                "shared": sees("shared", {"amount": 5}, "change", value={"amount": 3}),
                "own": sees("own", {"amount": 3}),
            }
        },
        ran='{"amount":3}',
        kept={"runs__0__calls__0__arguments": '{"amount":3}'},
    ),
    around(
        "call-passed-as-it-is",
        "While no guardrail changes the arguments, the model's text is kept byte for byte",
        ("TS-GUARD-011",),
        _BOTH,
        "paid",
        world=answers(shared="pass", own={"answer": "change", "value": {"amount": 5}}),
        ran='{"amount": 5}',
    ),
    around(
        "call-blocked",
        "A call that a guardrail blocks does not run, and the model is told why",
        ("TS-GUARD-012",),
        _BOTH,
        "Tool call blocked: too much",
        world=answers(shared={"answer": "block", "message": "too much"}, own="pass"),
        ran=False,
        kept={"runs__0__calls__0__state": "blocked"},
        asked={"guardrail": 1},
    ),
    around(
        "call-blocked-without-a-reason",
        "A call that is blocked without a reason has an output that says so",
        ("TS-GUARD-012",),
        alone(tool("pay", input_guardrails=["own"])),
        "Tool call blocked.",
        world=answers(own="block"),
        ran=False,
    ),
    around(
        "call-blocked-after-somebody-was-to-be-asked",
        "A block after an interrupt means that nobody is asked",
        ("TS-GUARD-014",),
        _BOTH,
        "Tool call blocked: too much",
        world=answers(shared={"answer": "ask", "message": "Sure?"}, own={"answer": "block", "message": "too much"}),
        ran=False,
        kept={"runs__0__calls__0__state": "blocked"},
        asked={"guardrail": 2},
    ),
    Case(
        "call-asked-about-after-all-guardrails",
        "A person is asked about the arguments after all guardrails, and the call runs with those",
        ("TS-GUARD-014", "TS-GUARD-015", "TS-GUARD-016"),
        _BOTH,
        [asks("c1", "pay", '{"amount": 5}'), told("c1", "paid")],
        stops("approval", waits("c1", "pay", arguments='{"amount":3}')),
        (resume(_ASKED_ONCE, decide("c1", "approve"), carried=True),),
        tools={"pay": {"output": "paid"}},
        world=answers(shared={"answer": "ask", "message": "Sure?"}, own={"answer": "change", "value": {"amount": 3}}),
        features=("guardrails",),
        more={"effects": [effect("pay", "c1", arguments='{"amount":3}')]},
    ),
    Case(
        "guardrails-change-what-was-approved",
        "Guardrails that leave other arguments after an approval have the person asked again, and the decision is gone",
        ("TS-GUARD-015", "TS-APPR-006"),
        alone(tool("pay", approval="always", input_guardrails=["own"])),
        [asks("c1", "pay", '{"amount": 5}')],
        stops("approval", waits("c1", "pay", arguments='{"amount":4}')),
        (
            resume(
                state(
                    stops("approval", waits("c1", "pay", arguments='{"amount":3}')),
                    approvals=[],
                    provenance__0__subject="c1: approve",
                ),
                decide("c1", "approve"),
                carried=True,
            ),
        ),
        tools={"pay": {"output": "paid"}},
        world={
            "guardrails": {
                "own": [
                    {"answer": "change", "value": {"amount": 4}, "asked": {"value": {"amount": 5}}},
                    {"answer": "change", "value": {"amount": 3}, "asked": {"value": {"amount": 4}}},
                ]
            }
        },
        features=("guardrails",),
        more={"effects": []},
    ),
    *(
        around(
            f"call-answer-that-can-not-be-read-{position}",
            f"A guardrail {position} a call whose answer can't be read has not let it pass",
            ("TS-GUARD-001",),
            alone({**tool("pay"), f"{kind}_guardrails": ["own"]}),
            {"$any": ["unused"]},
            world=answers(own={"answer": "perhaps"}),
            ran=position == "after",
        )
        for position, kind in (("before", "input"), ("after", "output"))
    ),
]
for _case in BEFORE_A_CALL[-2:]:
    _case.model = _case.model[:1]
    _case.expect = stops("error", code="guardrail-answer")

_AFTER = alone(tool("pay", output_guardrails=["own"]), tool_output_guardrails=["shared"])
AFTER_A_CALL = [
    around(
        "result-guardrails-in-their-order",
        "The tool's own guardrails look at a result before the agent's, which see what they left",
        ("TS-GUARD-020", "TS-GUARD-002"),
        _AFTER,
        "hidden",
        world={
            "guardrails": {
                "own": sees("own", {"result": "4711"}, "change", value={"result": "masked"}),
                "shared": sees("shared", {"result": "masked"}, "change", value={"result": "hidden"}),
            }
        },
        output="4711",
        kept={
            "runs__0__guardrails__results__0__name": "own",
            "runs__0__guardrails__results__0__position": "tool_output",
            "runs__0__guardrails__results__1__name": "shared",
        },
    ),
    around(
        "result-that-is-an-object",
        "A result that is an object is shown as it is",
        ("TS-GUARD-020",),
        _AFTER,
        '{"paid":true}',
        world={
            "guardrails": {
                "own": sees("own", {"paid": True, "number": "4711"}, "change", value={"paid": True}),
                "shared": sees("shared", {"paid": True}),
            }
        },
        output={"paid": True, "number": "4711"},
    ),
    around(
        "result-withheld",
        "A result that a guardrail withholds does not reach the model; the call has run",
        ("TS-GUARD-021",),
        _AFTER,
        "Tool result withheld: a secret",
        world=answers(own={"answer": "block", "message": "a secret"}, shared="pass"),
        output="4711",
        kept={"runs__0__calls__0__state": "completed"},
        asked={"guardrail": 1, "tool": 1},
    ),
    around(
        "result-withheld-without-a-reason",
        "A result that is withheld without a reason has an output that says so",
        ("TS-GUARD-021",),
        alone(tool("pay", output_guardrails=["own"])),
        "Tool result withheld.",
        world=answers(own="block"),
        output="4711",
    ),
    Case(
        "result-somebody-is-to-be-asked-about",
        "An output guardrail that wants a person asked is refused, and the result does not reach the model",
        ("TS-GUARD-022",),
        alone(tool("pay", output_guardrails=["own"])),
        [asks("c1", "pay")],
        state(stops("error", code="guardrail-answer"), runs__0__calls__0__state="failed"),
        tools={"pay": {"output": "4711"}},
        world=answers(own={"answer": "ask", "message": "Sure?"}),
        features=("guardrails",),
        more={"effects": [effect("pay", "c1")], "asked": {"model": 1}},
    ),
    Case(
        "results-in-the-order-of-the-guardrails",
        "What guardrails said is kept in their order",
        ("TS-GUARD-002",),
        _BOTH,
        [asks("c1", "pay"), told("c1", "paid")],
        state(
            done(),
            runs__0__guardrails__results__0__name="shared",
            runs__0__guardrails__results__0__position="tool_input",
            runs__0__guardrails__results__0__item=1,
            runs__0__guardrails__results__1__name="own",
        ),
        tools={"pay": {"output": "paid"}},
        world=answers(shared="pass", own="pass"),
        features=("guardrails",),
        more={"effects": [effect("pay", "c1")]},
    ),
]

MISPLACED = [
    Case(
        f"misplaced-{kind.replace('_', '-')}",
        f"A guardrail of another kind among the {kind} guardrails is refused before anything is asked",
        ("TS-GUARD-004",),
        alone(tool("pay"), **{f"{kind}_guardrails": [{"name": "lost", "of": other}]}),
        [],
        refused("guardrail-answer"),
        features=("guardrails", "guardrail-kinds"),
        more={"effects": [], "asked": {"model": 0, "guardrail": 0}},
    )
    for kind, other in (("input", "tool_input"), ("output", "input"))
]

CASES = [*BEFORE_A_RUN, *BEFORE_A_CALL, *AFTER_A_CALL, *MISPLACED]
