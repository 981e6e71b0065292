"""What a model's API has no place for is refused by its name, on each way to a model."""

import asyncio

import pytest
from msgspec.structs import fields, replace

from timestep.errors import UserError
from timestep.types.model_settings import ModelSettings

from .conftest import KEEP, asked, bare
from .wires import WIRES

TOOL = {"type": "function", "name": "add", "parameters": {"type": "object", "properties": {}}, "strict": True}
SETTINGS = {
    "temperature": 0.5,
    "top_p": 0.5,
    "frequency_penalty": 0.5,
    "presence_penalty": 0.5,
    "tool_choice": "required",
    "parallel_tool_calls": False,
    "truncation": "auto",
    "max_tokens": 7,
    "reasoning": {"effort": "low"},
    "verbosity": "low",
    "metadata": {"a": "b"},
    "store": True,
    "response_include": ["reasoning.encrypted_content"],
    "top_logprobs": 2,
    "extra_query": {"a": "b"},
    "extra_body": {"a": "b"},
    "extra_headers": {"X-Extra": "1"},
    "extra_args": {"a": "b"},
}
# Of these no API has to be told: how long somebody waits for it, and whether a stream ends with a count of tokens.
ABOUT_THE_WAY = {"timeout", "include_usage"}
NAMESPACED = {"type": "function_call", "call_id": "c1", "name": "get", "arguments": "{}", "namespace": "crm"}


@pytest.fixture(params=WIRES, ids=lambda wire: wire.title)
async def sent(request, loopback):
    """Return a function that asks a model, and gives what was sent."""
    provider = request.param.provider(loopback.url.removesuffix("/v1"))
    model = bare(provider, "m")

    async def ask(**members):
        loopback.requests, loopback.answers = [], [[request.param.answer("Hi.", stream=False), KEEP]]
        async with asyncio.timeout(5):
            await model.respond(replace(asked(), tools=[TOOL], **members))
        ((head, body),) = loopback.requests
        return [line for line in head.split(b"\r\n") if not line.lower().startswith(b"content-length")], body

    yield ask
    await provider.aclose()


async def outcome(sent, **members):
    """Return what was sent, or the error that kept it from being sent."""
    try:
        return await sent(**members), None
    except UserError as error:
        return None, error


async def test_no_setting_is_passed_over_in_silence(sent):
    """TS-ROUTE-060: each setting that there is changes what is sent, or is refused by its name."""
    assert {*SETTINGS, *ABOUT_THE_WAY} == {field.name for field in fields(ModelSettings)}
    plain = await sent()
    for name, value in SETTINGS.items():
        found, error = await outcome(sent, settings=ModelSettings(**{name: value}))
        if error is None:
            assert found != plain, name
        else:
            assert (error.code, name in error.message) == ("model-setting", True)


async def test_a_namespace_is_sent_or_refused(sent):
    """TS-ROUTE-060: without it a call would be one of another tool."""
    found, error = await outcome(sent, input=[{"role": "user", "content": "hello"}, NAMESPACED])
    if error is None:
        assert b'"namespace":"crm"' in found[1]
    else:
        assert (error.code, "the namespace of a call ('crm')" in error.message) == ("model-input", True)
