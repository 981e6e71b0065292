"""When the next model is asked and when not, by the same table as in test_attempts, and by real wires."""

import asyncio
import json

import pytest
from msgspec.structs import replace

from timestep import Agent, run_agent
from timestep.errors import ModelError, UserError
from timestep.providers.attempts import AttemptedModel, Candidate, Timing
from timestep.providers.multi import MultiModelProvider
from timestep.providers.routing import ProviderRule, Retry, RoutingRules
from timestep.types.model_settings import ModelSettings

from .conftest import KEEP, asked, http
from .test_attempts import ANSWER, ASKED, Table, World, both, over, resolved, status
from .wires import Responses

SECRETS = ModelSettings(extra_headers={"X-Key": "secret"}, extra_query={"key": "secret"})
IMAGE = {"role": "user", "content": [{"type": "input_image", "file_id": "file_1"}]}


async def test_a_wait_is_a_random_share():
    """TS-ROUTE-041: programs that failed together do not come back together."""
    world, waits = World(), []
    for _ in range(8):
        timing = Timing(clock=lambda: world.now, sleep=world.sleep)
        await AttemptedModel([Candidate(resolved(), Table(status(503), ANSWER))], Retry(), timing).respond(ASKED)
        waits.append(world.slept.pop())
    assert len(set(waits)) > 1
    assert all(0 <= wait < 0.5 for wait in waits)


async def test_no_wait_leads_out_of_the_budget():
    """TS-ROUTE-042: an attempt that would begin too late is not waited for; another model may begin before that."""
    world = World()
    slow, other = Table(status(429, **{"retry-after": "25"}), world=world, takes=100.0), Table(ANSWER)
    answer = await over(slow, other, world=world).respond(ASKED)
    assert (len(slow.requests), world.slept, answer.answered_by.name) == (1, [], "a/one")


@both
async def test_the_budget_ends_on_its_last_second(way):
    """TS-ROUTE-042: `max_seconds` after the first attempt is not too late for the same model nor for the next."""
    for rows, takes, answers in (((503, 404), 59.75, "a/one"), ((503,), 119.5, "gpt-4.1")):
        world = World()
        first = Table(*map(status, rows), ANSWER, world=world, takes=takes)
        answer = await way(over(first, Table(ANSWER), world=world), ASKED)
        assert answer.answered_by.name == answers


@both
async def test_what_a_host_keeps_is_asked_of_no_model_without_an_address(way):
    """TS-ROUTE-033: of two models in code of the caller's nobody knows that they are at the same place."""
    mine = [resolved(name, None) for name in ("mine/a", "mine/b")]
    for kept in ({"conversation_id": "conv_1"}, {"previous_response_id": "resp_1"}):
        first, other = Table(status(404)), Table(ANSWER)
        candidates = [Candidate(where, table) for where, table in zip(mine, (first, other), strict=True)]
        with pytest.raises(ModelError):
            await way(AttemptedModel(candidates, Retry(), World().timing), replace(ASKED, **kept))
        assert (len(first.requests), other.requests) == (1, [])


@both
@pytest.mark.parametrize(
    "address", ["http://0.example/v1", "https://0.example:8443/v1", "https://0.example.com/v1", "https://a.0.example"]
)
async def test_headers_are_for_one_origin(way, address):
    """TS-ROUTE-035: another scheme, port or host is another origin, and stays one where the first is asked again."""
    home = "https://0.example/v1"
    tables = [Table(status(503)), Table(status(404)), Table(ANSWER)]
    candidates = [Candidate(resolved(f"p{i}/m", url), tables[i]) for i, url in enumerate((home, address, home))]
    await way(AttemptedModel(candidates, Retry(), World().timing), replace(ASKED, settings=SECRETS))
    assert [request.settings for request in tables[0].requests] == [SECRETS] * 3
    assert tables[1].requests[0].settings == ModelSettings()
    assert tables[2].requests[0].settings == SECRETS


def rules(loopback, **more):
    """Return rules for two models of the loopback server, one after the other, by three APIs."""
    server = {"base_url": loopback.url.removesuffix("/v1"), "allow_private": True}
    return RoutingRules(
        providers={
            "one": ProviderRule(kind="openai", **server),
            "chat": ProviderRule(kind="openai", wire_api="chat_completions", **server),
            "lab": ProviderRule(kind="ollama", **server),
        },
        retry=Retry(attempts=3, first_delay=0.001),
        **more,
    )


@both
@pytest.mark.parametrize(
    ("name", "question", "code"),
    [
        ("one/m", {"settings": ModelSettings(presence_penalty=1.0)}, "model-setting"),
        ("chat/m", {"settings": ModelSettings(truncation="auto")}, "model-setting"),
        ("chat/m", {"tools": [{"type": "web_search"}]}, "model-setting"),
        ("lab/m", {"tools": [{"type": "web_search"}]}, "model-setting"),
        ("chat/m", {"input": [IMAGE]}, "model-input"),
        ("lab/m", {"input": [IMAGE]}, "model-input"),
    ],
)
async def test_what_an_api_has_no_place_for_is_put_to_no_other(loopback, way, name, question, code):
    """TS-ROUTE-032: setting, tool and item; the next model would have taken them, or left them out."""
    provider = MultiModelProvider(rules=rules(loopback, fallbacks={name: ["one/other", "lab/other"]}))
    loopback.answers = [[http({}, "500 Oops")]]
    async with asyncio.timeout(5):
        with pytest.raises(UserError) as caught:
            await way(provider.get_model(name), replace(asked(), **question))
        await provider.aclose()
    assert (caught.value.code, loopback.requests) == (code, [])


def keys(loopback):
    """Return the idempotency keys that were sent."""
    heads = [head.decode().lower() for head, _ in loopback.requests]
    return [head.partition("\r\nidempotency-key: ")[2].partition("\r\n")[0] for head in heads]


@pytest.mark.parametrize("name", ["one/m", "chat/m", "lab/m"])
async def test_attempts_share_a_key_and_questions_do_not(loopback, name):
    """TS-ROUTE-043: three attempts have one key; the next model and run have others, though they ask the same."""
    provider = MultiModelProvider(rules=rules(loopback, fallbacks={name: ["one/spare"]}))
    fault = [http({}, "500 Oops"), KEEP]
    whole = [Responses().answer("Hi.", stream=False), KEEP]
    agent = Agent("Clerk", name)
    async with asyncio.timeout(5):
        for _ in range(2):
            loopback.answers += [fault, fault, fault, whole]
            await run_agent(agent, "Hello", model_provider=provider)
        await provider.aclose()
    sent = keys(loopback)
    assert [json.loads(body)["model"] for _, body in loopback.requests] == ["m", "m", "m", "spare"] * 2
    assert [sent.index(key) for key in sent] == [0, 0, 0, 3, 4, 4, 4, 7]
    assert all(sent)


@pytest.mark.parametrize("attempts", [1, 2, 4])
async def test_each_model_of_a_chain_is_asked_as_often_as_the_rules_say(loopback, attempts):
    """TS-ROUTE-040: `attempts` of the document counts the first one, and begins anew with the next model."""
    told = rules(loopback, fallbacks={"one/m": ["one/spare"]})
    provider = MultiModelProvider(rules=replace(told, retry=Retry(attempts=attempts, first_delay=0.001)))
    loopback.answers = [[http({}, "503 Oops"), KEEP]] * 9
    async with asyncio.timeout(5):
        with pytest.raises(ModelError):
            await provider.get_model("one/m").respond(asked())
        await provider.aclose()
    assert [json.loads(body)["model"] for _, body in loopback.requests] == ["m"] * attempts + ["spare"] * attempts
