"""Asking again, and asking another model: by a table of failures, with a clock that only tests can move."""

import asyncio
import contextlib

import pytest
from msgspec.structs import replace

from timestep.errors import ModelError, UserError
from timestep.providers.attempts import AttemptedModel, Candidate, Timing
from timestep.providers.failures import model_failure, no_answer, refusal
from timestep.providers.protocol import Delta, ModelRequest, ModelResponse
from timestep.providers.routing import ResolvedModel, Retry
from timestep.types.model_settings import ModelSettings
from timestep.types.state import AnsweredBy

ANSWER = ModelResponse(output=[{"type": "message", "role": "assistant", "content": []}])
ASKED = ModelRequest(model="prefix/of-the-agent", input=[], key="run_1-1")


class World:
    """A clock that moves when somebody sleeps, and chance that always has its way."""

    def __init__(self, share=1.0):
        self.now, self.slept = 100.0, []
        self.timing = Timing(lambda: self.now, self.sleep, lambda: share)

    async def sleep(self, seconds):
        """Be awake at once, so much later."""
        self.slept.append(seconds)
        self.now += seconds


class Table:
    """A model that does what a table says, time after time, and counts."""

    def __init__(self, *rows, world=None, takes=0.0):
        self.rows, self.requests, self.closed = list(rows), [], 0
        self.world, self.takes = world, takes

    def row(self, request):
        """Return what is to happen next."""
        self.requests.append(request)
        if self.world is not None:
            self.world.now += self.takes
        return self.rows.pop(0) if len(self.rows) > 1 else self.rows[0]

    async def respond(self, request):
        """Give an answer, or fail."""
        row = self.row(request)
        if isinstance(row, BaseException):
            raise row
        return row

    async def stream(self, request):
        """Give the pieces of a row, the last of which may be a failure."""
        row = self.row(request)
        try:
            for piece in row if isinstance(row, list) else [row]:
                if isinstance(piece, BaseException):
                    raise piece
                yield piece
        finally:
            self.closed += 1


def resolved(name="gpt-4.1", base_url="https://api.openai.com/v1"):
    """Return where a name leads."""
    prefix, _, model = name.rpartition("/")
    return ResolvedModel(
        name=name, provider=prefix or "openai", kind="openai", base_url=base_url, model=model, wire_api="responses",
        key=None, rule="prefix",
    )  # fmt: skip


def over(*models, retry=None, world=None):
    """Return a model over tables: gpt-4.1, then a/one, a/two ..., at hosts of their own."""
    names = ["gpt-4.1", "a/one", "a/two", "a/three"]
    candidates = [
        Candidate(resolved(name, f"https://{i}.example/v1"), model)
        for i, (name, model) in enumerate(zip(names, models, strict=False))
    ]
    return AttemptedModel(candidates, retry or Retry(), (world or World()).timing)


async def respond(model, request):
    """Ask for the whole answer."""
    return await model.respond(request)


async def streamed(model, request):
    """Ask for a stream, and return the last of it."""
    async with contextlib.aclosing(model.stream(request)) as pieces:
        return [piece async for piece in pieces][-1]


both = pytest.mark.parametrize("way", [respond, streamed])


def unreachable():
    """Return the failure of a connection that never came about."""
    return model_failure("can't reach it", provider="openai", sent="no")


def status(number, **headers):
    """Return the failure for an HTTP status."""
    return refusal(number, "told why", provider="openai", request_id="req_9", headers=headers)


def missing_key():
    """Return the failure for a key that is not there."""
    return UserError("there is no key", code="key-missing")


@both
@pytest.mark.parametrize(
    "failure",
    [
        unreachable,
        lambda: model_failure("no sign of life", provider="openai"),
        lambda: status(408),
        lambda: status(409),
        lambda: status(425),
        lambda: status(429),
        lambda: status(500),
        lambda: status(503),
        lambda: status(529),
        lambda: no_answer("not JSON", provider="openai"),
        lambda: model_failure("broke off", provider="openai", sent="yes"),
        lambda: status(400, **{"x-should-retry": "true"}),
    ],
)
async def test_what_may_pass_is_asked_again_with_the_same_key(way, failure):
    """TS-ROUTE-040, TS-ROUTE-043: connections, time, overload, answers that are none; each attempt has the one key."""
    table = Table(failure(), failure(), ANSWER)
    answer = await way(over(table), ASKED)
    assert answer.output == ANSWER.output
    assert [(request.key, request.model) for request in table.requests] == [("run_1-1", "gpt-4.1")] * 3


@both
@pytest.mark.parametrize(
    "failure",
    [
        *(lambda number=number: status(number) for number in (301, 400, 401, 402, 403, 404, 405, 413, 415, 422)),
        lambda: status(503, **{"x-should-retry": "false"}),
        lambda: refusal(429, "no credit", provider="openai", reason="insufficient_quota"),
        missing_key,
        lambda: UserError("the API knows no such setting", code="model-setting"),
        lambda: ModelError("a fault in a model of the caller's"),
    ],
)
async def test_what_will_not_pass_is_not_asked_again(way, failure):
    """TS-ROUTE-040: the error comes out as it is; nothing is said of attempts."""
    table, world, error = Table(failure()), World(), failure()
    with pytest.raises(type(error)) as caught:
        await way(over(table, world=world), ASKED)
    assert (len(table.requests), world.slept, caught.value.message) == (1, [], error.message)


async def test_waits_double_up_to_the_longest_one_and_chance_shortens_them():
    """TS-ROUTE-041: full jitter: anything from none to the whole wait."""
    for share, slept in ((1.0, [0.5, 1.0, 2.0, 3.0, 3.0]), (0.5, [0.25, 0.5, 1.0, 1.5, 1.5]), (0.0, [0.0] * 5)):
        world = World(share)
        with pytest.raises(ModelError):
            await over(Table(status(503)), retry=Retry(attempts=6, max_delay=3.0), world=world).respond(ASKED)
        assert world.slept == slept


async def test_the_wait_that_a_provider_asks_for_is_kept():
    """TS-ROUTE-041: it is no shorter, whatever chance says; one asked for in vain is not cut short."""
    world = World(0.0)
    table = Table(status(429, **{"retry-after": "7"}), status(429, **{"retry-after-ms": "30000"}), ANSWER)
    await over(table, world=world).respond(ASKED)
    assert world.slept == [7.0, 30.0]


async def test_a_wait_that_is_too_long_is_none():
    """TS-ROUTE-042: more than the longest wait is asked for: the model fails at once, and another one may answer."""
    world = World()
    busy, other = Table(status(429, **{"retry-after": "31"})), Table(ANSWER)
    answer = await over(busy, other, world=world).respond(ASKED)
    assert (len(busy.requests), world.slept, answer.answered_by.name) == (1, [], "a/one")


async def test_no_attempt_begins_after_the_budget():
    """TS-ROUTE-042: neither of the same model, nor of another; the time a model took counts."""
    world = World()
    slow, other = Table(status(503), world=world, takes=50.0), Table(ANSWER)
    with pytest.raises(ModelError, match=r"after 3 attempts"):
        await over(slow, other, retry=Retry(attempts=9), world=world).respond(ASKED)
    assert (len(slow.requests), len(other.requests)) == (3, 0)


@both
async def test_the_last_error_is_raised_with_what_is_known_of_it(way):
    """TS-ROUTE-040: provider, status, request id and hint are kept, and the number of attempts is told."""
    with pytest.raises(ModelError) as caught:
        await way(over(Table(status(503))), ASKED)
    error = caught.value
    assert (error.provider, error.status, error.request_id) == ("openai", 503, "req_9")
    assert str(error) == error.message == "openai answered 503: told why (after 3 attempts)"
    assert "run again later" in error.help


@pytest.mark.parametrize(
    ("rows", "sent"),
    [
        ([unreachable(), unreachable()], "no"),
        ([status(500), unreachable()], "unknown"),
        ([no_answer("?", provider="x"), status(500)], "yes"),
        ([status(500), no_answer("?", provider="x")], "yes"),
    ],
)
async def test_nothing_is_called_unsent_that_an_earlier_attempt_may_have_brought_there(rows, sent):
    """What `sent` says is about all the attempts: a run that goes on relies on it."""
    with pytest.raises(ModelError) as caught:
        await over(Table(*rows), retry=Retry(attempts=2)).respond(ASKED)
    assert caught.value.sent == sent
    with pytest.raises(ModelError) as caught:
        await over(Table(rows[0]), Table(rows[1]), retry=Retry(attempts=1)).respond(ASKED)
    assert caught.value.sent == sent


@both
@pytest.mark.parametrize(
    ("failure", "requests"),
    [
        (lambda: status(503), 3),
        (unreachable, 3),
        (lambda: no_answer("not JSON", provider="openai"), 3),
        (lambda: refusal(429, "no credit", provider="openai", reason="insufficient_quota"), 1),
        *((lambda number=number: status(number), 1) for number in (301, 401, 402, 403, 404, 405)),
        (lambda: refusal(400, "no such model", provider="openai", reason="model_not_found"), 1),
        (missing_key, 1),
        (lambda: ModelError("a fault in a model of the caller's"), 1),
    ],
)
async def test_another_model_answers_where_one_cannot_be_asked(way, failure, requests):
    """TS-ROUTE-032, TS-ROUTE-034: overload that lasts, no key, no credit, a retired model; who answered is told."""
    first, second = Table(failure()), Table(status(503), ANSWER)
    answer = await way(over(first, second), ASKED)
    assert (len(first.requests), len(second.requests)) == (requests, 2)
    assert (answer.answered_by.name, answer.answered_by.model) == ("a/one", "one")
    assert [request.model for request in second.requests] == ["one", "one"]


@both
@pytest.mark.parametrize(
    "failure",
    [
        *(lambda number=number: status(number) for number in (400, 413, 415, 422)),
        lambda: UserError("the API knows no such setting", code="model-setting"),
        lambda: UserError("that address is private", code="base-url"),
    ],
)
async def test_a_fault_of_the_question_is_put_to_nobody_else(way, failure):
    """TS-ROUTE-032: a model that took it would hide a fault that is there each time."""
    other = Table(ANSWER)
    with pytest.raises((ModelError, UserError)):
        await way(over(Table(failure()), other), ASKED)
    assert other.requests == []


@both
async def test_when_all_fail_the_text_names_each_and_why(way):
    """The rest of the error is the last one's."""
    tables = [Table(missing_key()), Table(status(503)), Table(unreachable()), Table(status(404))]
    with pytest.raises(ModelError) as caught:
        await way(over(*tables, retry=Retry(attempts=2)), ASKED)
    assert str(caught.value) == caught.value.message
    assert caught.value.message == (
        "no model answered: gpt-4.1: there is no key; a/one: openai answered 503: told why (after 2 attempts); "
        "a/two: can't reach it (after 2 attempts); a/three: openai answered 404: told why"
    )
    assert (caught.value.status, caught.value.request_id, caught.value.sent) == (404, "req_9", "unknown")


@both
@pytest.mark.parametrize("last", [missing_key, lambda: UserError("it knows no such setting", code="model-setting")])
async def test_an_outage_stays_one_where_the_next_model_was_never_asked(way, last):
    """Who catches the failure of the model that was named is not given a missing key in its place."""
    with pytest.raises(ModelError) as caught:
        await way(over(Table(unreachable()), Table(status(503)), Table(last()), retry=Retry(attempts=1)), ASKED)
    assert (caught.value.status, caught.value.sent) == (503, "unknown")
    assert caught.value.message.endswith(f"a/one: openai answered 503: told why; a/two: {last().message}")


@pytest.mark.parametrize("failure", [status(503), unreachable(), no_answer("cut off", provider="openai")])
async def test_nothing_is_repeated_once_a_piece_was_passed_on(failure):
    """TS-ROUTE-031: whoever reads would see the beginning twice."""
    table, other, pieces = Table([Delta(kind="text", text="It is"), failure]), Table(ANSWER), []

    async def read():
        async for piece in over(table, other).stream(ASKED):
            pieces.append(piece.text)  # noqa: PERF401 - they are there although the loop fails

    with pytest.raises(ModelError) as caught:
        await read()
    assert (pieces, len(table.requests), other.requests) == (["It is"], 1, [])
    assert caught.value is failure


async def test_a_stream_passes_on_each_piece_as_it_comes_and_ends_with_the_whole():
    """The first attempt failed before anything was there; its stream was closed."""
    table = Table(status(503), [Delta(kind="text", text="It is"), Delta(kind="text", text=" warm"), ANSWER])
    got = [piece async for piece in over(table).stream(ASKED)]
    assert [piece.text for piece in got[:2]] == ["It is", " warm"]
    assert got[2].output == ANSWER.output
    assert got[2].answered_by == resolved(base_url="https://0.example/v1").answered_by()
    assert table.closed == 2


async def test_a_stream_that_is_left_early_is_closed():
    """Else its request would go on."""
    table = Table([Delta(kind="text", text="It is"), ANSWER])
    async with contextlib.aclosing(over(table).stream(ASKED)) as pieces:
        await anext(pieces)
        assert table.closed == 0
    assert table.closed == 1


@both
async def test_who_answered_is_left_as_a_model_tells_it(way):
    """A wire knows the name that the provider reported."""
    told = AnsweredBy(provider="openai", model="gpt-4.1", reported="gpt-4.1-2025-04-14")
    answer = await way(over(Table(replace(ANSWER, answered_by=told))), ASKED)
    assert answer.answered_by is told


@both
@pytest.mark.parametrize(
    ("failure", "requests"), [(unreachable, 3), (lambda: status(429), 3), (lambda: status(503), 1)]
)
async def test_a_question_in_a_conversation_of_the_hosts_is_repeated_only_where_it_never_arrived(
    way, failure, requests
):
    """TS-ROUTE-033: the host may have added it, and would have it twice; what the header says changes nothing."""
    error = failure()
    error.retryable = True
    table, other = Table(error), Table(ANSWER)
    with pytest.raises(ModelError):
        await way(over(table, other), replace(ASKED, conversation_id="conv_1"))
    assert (len(table.requests), other.requests) == (requests, [])


@pytest.mark.parametrize("kept", [{"conversation_id": "conv_1"}, {"previous_response_id": "resp_1"}])
async def test_what_a_host_keeps_is_asked_of_no_other_host(kept):
    """TS-ROUTE-033: another model at the same one may answer."""
    first, elsewhere, same = Table(status(404)), Table(ANSWER), Table(ANSWER)
    here = resolved(base_url="https://0.example/v1")
    candidates = [Candidate(here, first), Candidate(resolved("a/b"), elsewhere), Candidate(here, same)]
    model = AttemptedModel(candidates, Retry(), World().timing)
    await model.respond(replace(ASKED, **kept))
    assert (len(elsewhere.requests), len(same.requests)) == (0, 1)
    await model.respond(ASKED)
    assert len(elsewhere.requests) == 1


async def test_what_may_have_reached_a_conversation_is_put_to_no_other_model_of_its_host():
    """TS-ROUTE-033: the first attempt may have been added to it."""
    here = resolved()
    other = Table(ANSWER)
    model = AttemptedModel([Candidate(here, Table(status(500))), Candidate(here, other)], Retry(), World().timing)
    with pytest.raises(ModelError):
        await model.respond(replace(ASKED, conversation_id="conv_1"))
    assert other.requests == []


async def test_headers_are_for_the_host_that_was_named():
    """TS-ROUTE-035: they may hold a key; another model at that host gets them, one elsewhere does not (BARS S1)."""
    settings = ModelSettings(extra_headers={"X-Key": "secret"}, extra_query={"key": "secret"}, temperature=0.5)
    first, elsewhere, mine, same = Table(status(404)), Table(status(404)), Table(status(404)), Table(ANSWER)
    here = resolved(base_url="https://0.example/v1")
    candidates = [
        Candidate(here, first),
        Candidate(resolved("a/b", "https://1.example/v1"), elsewhere),
        Candidate(resolved("mine/b", None), mine),
        Candidate(resolved("openai/b", "https://0.example/v2"), same),
    ]
    await AttemptedModel(candidates, Retry(), World().timing).respond(replace(ASKED, settings=settings))
    assert (first.requests[0].settings, same.requests[0].settings) == (settings, settings)
    for table in (elsewhere, mine):
        assert table.requests[0].settings == ModelSettings(temperature=0.5)


@pytest.mark.parametrize("error", [asyncio.CancelledError(), KeyboardInterrupt(), ValueError("a bug")])
@both
async def test_anything_else_passes_straight_through(way, error):
    """A cancelled run is over; a bug in a model is shown as it is."""
    table, other = Table(error), Table(ANSWER)
    with pytest.raises(type(error)):
        await way(over(table, other), ASKED)
    assert (len(table.requests), other.requests) == (1, [])


async def test_a_run_that_is_cancelled_while_it_waits_is_over():
    """The wait between two attempts is no shelter."""
    waiting = asyncio.Event()

    async def sleep(_seconds):
        waiting.set()
        await asyncio.Event().wait()

    table = Table(status(503))
    task = asyncio.ensure_future(
        AttemptedModel([Candidate(resolved(), table)], Retry(), World().timing._replace(sleep=sleep)).respond(ASKED)
    )
    async with asyncio.timeout(5):
        await waiting.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert len(table.requests) == 1


async def test_each_question_counts_for_itself():
    """A model object holds nothing of an earlier question."""
    table = Table(status(503), status(503), ANSWER, status(503), status(503), ANSWER)
    model = over(table)
    assert (await model.respond(ASKED)).output == (await model.respond(ASKED)).output
    assert len(table.requests) == 6


def test_a_model_says_who_it_is():
    """By the name that was routed, and those that stand in for it."""
    model = over(Table(ANSWER), Table(ANSWER))
    assert (model.name, model.resolved.model) == ("gpt-4.1", "gpt-4.1")
    assert repr(model) == "AttemptedModel('gpt-4.1', 'a/one')"
