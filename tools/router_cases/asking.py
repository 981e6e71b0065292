"""Cases of asking again and of asking the next model (routing.md)."""

from __future__ import annotations

from router_cases.client import (
    JSON,
    RESPONSES,
    Asked,
    answer,
    chain,
    provider,
    question,
    refused,
    response,
    said,
    streamed,
    to,
)

_DOWN = refused(503)
_FAILED = ["model-failed", "model-answer"]
_ANY = {"$any": _FAILED}
#: Failures that may pass: name -> the reply.
_PASSING = {
    "500": refused(500),
    "503": refused(503),
    "408": refused(408),
    "409": refused(409),
    "425": refused(425),
    "429": refused(429),
    "connection": {"ends": "before"},
    "half-an-answer": {**answer(), "ends": "within"},
    "no-answer": {"json": {"object": "list", "data": []}},
    "no-json": {"text": "<html>", "headers": {"content-type": "application/json"}},
}
#: Failures that do not pass, and are not the question's.
_LASTING = {"401": refused(401), "403": refused(403), "404": refused(404), "402": refused(402)}
#: Failures of the question.
_OF_THE_QUESTION = {str(status): refused(status) for status in (400, 413, 415, 422)}


def _again() -> list[Asked]:
    found = [
        Asked(
            name=f"again-after-{name}",
            title=f"A model is asked again after what may pass: {name.replace('-', ' ')}",
            rules=[40, 43],
            servers={"one": [reply, answer()]},
            requests=[to("one", key=1), to("one", key=1)],
            args=question(),
            ok=said(),
        )
        for name, reply in _PASSING.items()
    ]
    found += [
        Asked(
            name=f"not-again-after-{name}",
            title=f"A model is not asked again after status {name}",
            rules=[40],
            servers={"one": [reply, answer()]},
            requests=[to("one")],
            args=question(),
            err="model-failed",
        )
        for name, reply in {**_LASTING, **_OF_THE_QUESTION}.items()
    ]
    return found


def _attempts() -> list[Asked]:
    found: list[Asked] = []
    for attempts in (1, 2, 4):
        times = "once" if attempts == 1 else f"{attempts} times"
        found.append(
            Asked(
                name=f"attempts-{attempts}",
                title=f"A model is asked {times} in a row where the rules say so",
                rules=[40, 44],
                servers={"one": [_DOWN] * 9},
                requests=[to("one")] * attempts,
                args=question(retry={"attempts": attempts}),
                err="model-failed",
            )
        )
    said_no = refused(503, headers={"x-should-retry": "false"})
    said_yes = refused(404, headers={"x-should-retry": "true"})
    return [
        *found,
        Asked(
            name="not-again-as-it-says",
            title="A provider that says not to ask again is not asked again",
            rules=[40],
            servers={"one": [said_no, answer()]},
            requests=[to("one")],
            args=question(),
            err="model-failed",
        ),
        Asked(
            name="again-as-it-says",
            title="A provider that says to ask again is asked again",
            rules=[40],
            servers={"one": [said_yes, answer()]},
            requests=[to("one"), to("one")],
            args=question(),
            ok=said(),
        ),
        Asked(
            name="attempts-of-each-model",
            title="Each model of a chain is asked as often as the rules say",
            rules=[34, 40],
            servers={"one": [_DOWN] * 9, "two": [_DOWN] * 9},
            requests=[to("one")] * 2 + [to("two")] * 2,
            args=chain("one/m", "two/m", retry={"attempts": 2}),
            err="model-failed",
        ),
    ]


def _waits() -> list[Asked]:
    soon = refused(503, headers={"retry-after-ms": "200"})
    second = refused(429, headers={"retry-after": "1"})
    return [
        Asked(
            name="wait-as-asked-for",
            title="A wait is no shorter than the provider asks for",
            rules=[41],
            servers={"one": [soon, answer()]},
            requests=[to("one"), to("one", least=0.19)],
            args=question(retry={"max_delay": 5}),
            ok=said(),
        ),
        Asked(
            name="wait-of-seconds-as-asked-for",
            title="A wait that is asked for in seconds is kept",
            rules=[41],
            servers={"one": [second, answer()]},
            requests=[to("one"), to("one", least=0.95)],
            args=question(retry={"max_delay": 5}),
            ok=said(),
        ),
        Asked(
            name="wait-at-most",
            title="A wait is no longer than max_delay, however often the model was asked",
            rules=[41],
            servers={"one": [*[_DOWN] * 9, answer()]},
            requests=[to("one"), *[to("one", most=0.6)] * 9],
            args=question(retry={"attempts": 10, "first_delay": 0.05, "max_delay": 0.05}),
            ok=said(),
        ),
    ]


def _budgets() -> list[Asked]:
    soon = refused(503, headers={"retry-after-ms": "200"})
    late = refused(429, headers={"retry-after": "60"})
    slow = {**_DOWN, "delay": 0.3}
    return [
        Asked(
            name="wait-too-long",
            title="A model that asks for a longer wait than max_delay is not asked again",
            rules=[42],
            servers={"one": [late, answer()]},
            requests=[to("one")],
            args=question(),
            err="model-failed",
        ),
        Asked(
            name="wait-too-long-and-the-next",
            title="The next model is asked where a model asks for too long a wait",
            rules=[34, 42],
            servers={"one": [late], "two": [answer()]},
            requests=[to("one"), to("two", most=2)],
            args=chain("one/m", "two/m"),
            ok=said(),
        ),
        Asked(
            name="wait-beyond-the-budget",
            title="A model is not asked again where the wait would lead beyond max_seconds",
            rules=[42],
            servers={"one": [soon, answer()]},
            requests=[to("one")],
            args=question(retry={"max_delay": 5, "max_seconds": 0.1}),
            err="model-failed",
        ),
        Asked(
            name="budget-spent",
            title="The next model is not asked once max_seconds are over",
            rules=[42],
            servers={"one": [slow], "two": [answer()]},
            requests=[to("one")],
            args=chain("one/m", "two/m", retry={"attempts": 1, "max_seconds": 0.1}),
            err="model-failed",
        ),
    ]


def _next() -> list[Asked]:
    found = [
        Asked(
            name=f"next-after-{name}",
            title=f"The next model is asked after what did not pass: {name.replace('-', ' ')}",
            rules=[34],
            servers={"one": [reply] * 2, "two": [answer()]},
            requests=[to("one")] * times + [to("two")],
            args=chain("one/m", "two/m", retry={"attempts": 2}),
            ok=said(),
        )
        for rows, times in ((_PASSING, 2), (_LASTING, 1))
        for name, reply in rows.items()
    ]
    found += [
        Asked(
            name=f"no-next-after-{name}",
            title=f"No other model is asked what one has refused with status {name}",
            rules=[32],
            servers={"one": [reply], "two": [answer()]},
            requests=[to("one")],
            args=chain("one/m", "two/m"),
            err="model-failed",
        )
        for name, reply in _OF_THE_QUESTION.items()
    ]
    return found


def _following() -> list[Asked]:
    unknown = refused(400, "model_not_found")
    key = {"providers": {"one": {**provider("one"), "key": "ONE_KEY"}, "two": provider("two")}}
    private = {"kind": "openai", "base_url": "http://models.example:{one.port}/v1", "wire_api": "chat_completions"}
    return [
        Asked(
            name="next-after-no-such-model",
            title="The next model is asked where a provider says that it has no such model",
            rules=[32, 34],
            servers={"one": [unknown], "two": [answer()]},
            requests=[to("one"), to("two")],
            args=chain("one/m", "two/m"),
            ok=said(),
        ),
        Asked(
            name="next-after-no-key",
            title="A model whose key is missing is passed over",
            rules=[34],
            servers={"one": [answer()], "two": [answer("Here.")]},
            requests=[to("two", without=["authorization"])],
            args=chain("one/m", "two/m", rules={**key, "fallbacks": {"one/m": ["two/m"]}}),
            ok=said("Here."),
        ),
        Asked(
            name="no-next-after-a-refused-address",
            title="No other model is asked where an address was refused",
            rules=[32],
            servers={"one": [answer()], "two": [answer()]},
            requests=[],
            args=chain(
                "one/m",
                "two/m",
                rules={"providers": {"one": private, "two": provider("two")}, "fallbacks": {"one/m": ["two/m"]}},
                hosts={"models.example": ["127.0.0.1"]},
            ),
            err="base-url",
        ),
        Asked(
            name="next-in-order",
            title="The models of a chain are asked in their order",
            rules=[30, 34],
            servers={"one": [refused(404)] * 2, "two": [refused(404), answer()]},
            requests=[
                to("one", body={"model": "m"}),
                to("two", body={"model": "m"}),
                to("one", body={"model": "n"}),
                to("two", body={"model": "n"}),
            ],
            args=chain("one/m", "two/m", "one/n", "two/n"),
            ok=said(),
        ),
    ]


def _pieces() -> list[Asked]:
    half = streamed("Hel", whole=False)
    return [
        Asked(
            name="pieces",
            title="An answer in pieces is passed on, and then whole",
            rules=[31],
            servers={"one": [streamed("Hel", "lo.")]},
            requests=[to("one", body={"stream": True})],
            args=question(stream=True),
            ok={"pieces": "Hello.", **said()},
        ),
        Asked(
            name="pieces-and-no-more",
            title="Nothing is asked again once a piece of an answer has been passed on",
            rules=[31],
            servers={"one": [half, streamed("Hello.")], "two": [streamed("Hello.")]},
            requests=[to("one")],
            args=chain("one/m", "two/m", stream=True),
            ok={"pieces": "Hel", "error": _ANY},
        ),
        Asked(
            name="pieces-after-a-failure",
            title="A model is asked again, and the next one, before the first piece",
            rules=[31, 34],
            servers={"one": [_DOWN, _DOWN], "two": [streamed("Hel", "lo.")]},
            requests=[to("one"), to("one"), to("two")],
            args=chain("one/m", "two/m", stream=True, retry={"attempts": 2}),
            ok={"pieces": "Hello.", **said()},
        ),
    ]


def _kept() -> list[Asked]:
    """Return questions in conversations that their hosts keep."""
    asked = {each: provider(each, "responses") for each in ("one", "two")}
    kept: JSON = {"conversation": "conv_1"}
    followed: JSON = {"previous": "resp_0"}
    rules = {"providers": asked, "fallbacks": {"one/m": ["two/m", "one/n"]}}
    down, gone = refused(500), refused(404)
    at_one = [to("one", RESPONSES, body={"model": name}) for name in ("m", "n")]
    return [
        Asked(
            name="kept-and-perhaps-there",
            title="A question in a conversation of the host's is not asked again where it may have been worked on",
            rules=[33],
            servers={"one": [down, response()], "two": [response()]},
            requests=at_one[:1],
            args=question(rules=rules, **kept),
            err="model-failed",
        ),
        Asked(
            name="kept-and-refused",
            title="A question in a conversation of the host's that was turned down is asked of the next model there",
            rules=[33],
            servers={"one": [gone, response()], "two": [response()]},
            requests=at_one,
            args=question(rules=rules, **kept),
            ok=said(),
        ),
        Asked(
            name="kept-and-told-to-wait",
            title="A question in a conversation of the host's that was turned down for now is asked again",
            rules=[33],
            servers={"one": [refused(429), response()], "two": [response()]},
            requests=[at_one[0], at_one[0]],
            args=question(rules=rules, **kept),
            ok=said(),
        ),
        Asked(
            name="followed-and-failed",
            title="A question that goes on from a response is asked again, and of models at the same address alone",
            rules=[33],
            servers={"one": [down, down, response()], "two": [response()]},
            requests=[at_one[0], at_one[0], at_one[1]],
            args=question(rules=rules, retry={"attempts": 2}, **followed),
            ok=said(),
        ),
    ]


CASES = [*_again(), *_attempts(), *_waits(), *_budgets(), *_next(), *_following(), *_pieces(), *_kept()]
