"""What is sent to servers and models that want more of a Chat Completions API, or less, than OpenAI."""

import doctest
import json

import httpx2
import pytest
from openai import AsyncOpenAI

from timestep.providers import chat_servers
from timestep.providers.chat_request import request_body
from timestep.providers.chat_servers import conversation_at
from timestep.providers.openai import OpenAIModelProvider
from timestep.providers.protocol import ModelRequest
from timestep.types.model_settings import ModelSettings

USER = {"role": "user", "content": "hellö"}


def body(*, stream=False, at_openai=False, sent_as="gpt-4.1", base_url=None, **members):
    """Return the body of a request to a model at an address, as data."""
    request = ModelRequest(**{"model": None, "input": [USER], **members})
    kind = conversation_at(base_url, sent_as)
    return json.loads(request_body(request, sent_as, stream=stream, at_openai=at_openai, conversation=kind))


def messages(*items, **members):
    """Return the messages that items become."""
    return body(input=list(items), **members)["messages"]


def said(*parts, role="assistant"):
    """Return a message of the Responses API."""
    return {"type": "message", "id": "msg_1", "status": "completed", "role": role, "content": list(parts)}


def text(value, kind="output_text"):
    """Return a part that is text."""
    return {"type": kind, "text": value, "annotations": []}


def call(call_id, arguments="{}", name="add"):
    """Return a call."""
    return {"type": "function_call", "id": f"fc_{call_id}", "call_id": call_id, "name": name, "arguments": arguments}


def output(call_id, value):
    """Return what a tool gave."""
    return {"type": "function_call_output", "call_id": call_id, "output": value}


def called(call_id, arguments="{}", name="add"):
    """Return a call as this API has it."""
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}


def thought(value):
    """Return what a model thought."""
    return {"type": "reasoning", "id": "rs_1", "summary": [], "content": [{"type": "reasoning_text", "text": value}]}


@pytest.mark.parametrize(
    "where",
    [
        {"sent_as": "deepseek-v4-pro"},
        {"sent_as": "moonshotai/Kimi-K2-Thinking"},
        {"base_url": "https://api.deepseek.com/v1"},
        {"base_url": "https://api.moonshot.ai/v1"},
    ],
    ids=str,
)
def test_models_that_ask_for_it_see_what_they_thought_before_they_called(where):
    """They refuse a call without it; beside a text alone it would be a waste."""
    items = [thought("hm"), said(text("so")), USER, thought("a"), said(text("x")), thought("l"), thought("b\n")]
    items += [call("1"), call("2"), output("1", "3"), output("2", "4"), call("3"), output("3", "5"), thought("end")]
    first, _, x, calling, *_, last, _ = messages(*items, **where)
    assert [set(message) for message in (first, x)] == [{"role", "content"}] * 2
    assert calling == {
        "role": "assistant",
        "content": None,
        "tool_calls": [called("1"), called("2")],
        "reasoning_content": "l\n\nb\n",
    }
    assert last.get("reasoning_content") == ("" if "base_url" in where else None)
    kept = {"type": "reasoning", "id": "__fake_id__", "summary": [{"type": "summary_text", "text": "hm"}]}
    for item, shown in ((kept, "hm"), ({**kept, "encrypted_content": "gAAA"}, ""), ({**kept, "summary": 3}, "")):
        found = messages(item, call("1"), output("1", "3"), **where)[0]
        assert found.get("reasoning_content", "") == shown
    groq = {**where, "base_url": "https://api.groq.com/openai/v1"}
    for other in ({}, {"at_openai": True, **where}, {"sent_as": "llama", "base_url": "http://localhost:1/v1"}, groq):
        assert not any("reasoning_content" in message for message in messages(*items, **other))


def test_gemini_sees_its_signatures_again():
    """It refuses its own calls without them; other servers may refuse what they do not know."""
    signed = {**call("1"), "provider_data": {"thought_signature": "abc+/=="}}
    extra = {"extra_content": {"google": {"thought_signature": "abc+/=="}}}
    items = [signed, call("2"), {**call("3"), "provider_data": {"model": "m"}}, output("1", "3")]
    for where in ({"sent_as": "gemini-3-pro"}, {"base_url": "https://generativelanguage.googleapis.com/v1beta/openai"}):
        (message, _) = messages(*items, **where)
        assert message["tool_calls"] == [{**called("1"), **extra}, called("2"), called("3")]
    assert messages(*items)[0]["tool_calls"] == [called("1"), called("2"), called("3")]


def test_mistral_sees_ids_that_it_takes():
    """Nine letters or digits; one that is so already stays, another becomes the same one each time."""
    items = [call("call_0123"), call("aB3456789"), output("call_0123", "3"), output("aB3456789", "4")]
    for where in ({"sent_as": "devstral-small"}, {"base_url": "https://api.mistral.ai/v1"}):
        message, *outputs = messages(*items, **where)
        ids = [each["id"] for each in message["tool_calls"]]
        assert ids == [each["tool_call_id"] for each in outputs]
        assert ids[1] == "aB3456789"
        assert len(ids[0]) == 9
        assert ids[0].isalnum()
    assert messages(*items)[0]["tool_calls"][0]["id"] == "call_0123"


def test_openrouter_sees_again_what_was_thought_before_a_call():
    """As it was sent, beside the calls; nobody else does."""
    details = [{"type": "reasoning.encrypted", "data": "gAAA", "index": 0}]
    first = {**call("1"), "provider_data": {"reasoning_details": details}}
    items = [said(text("so")), first, call("2"), output("1", "3"), output("2", "4"), said(text("x"))]
    sent = messages(*items, base_url="https://openrouter.ai/api/v1", sent_as="google/gemini-3-pro")
    assert [message.get("reasoning_details") for message in sent] == [details, None, None, None]
    assert not any("reasoning_details" in message for message in messages(*items))


def test_mistral_is_not_asked_what_a_stream_costs():
    """It tells unasked, and refuses members that it does not know."""
    for url, asked_for in (("https://api.mistral.ai/v1", False), ("https://mistral.example.com/v1", True)):
        assert ("stream_options" in body(stream=True, base_url=url)) is asked_for


@pytest.mark.parametrize(
    ("url", "model", "limit", "conversation_of_its_own"),
    [
        ("https://api.openai.com/v1", "gpt-5", "max_completion_tokens", False),
        ("https://me.openai.azure.com/openai/v1", "deepseek-at-azure", "max_completion_tokens", False),
        ("https://api.deepseek.com", "deepseek-chat", "max_tokens", True),
        ("http://localhost:8080/v1", "deepseek-r1", "max_tokens", True),
        ("https://openai.azure.com.example.org/v1", "gpt-5", "max_tokens", False),
    ],
)
async def test_who_is_asked_decides_what_is_sent(url, model, limit, conversation_of_its_own):
    """By the address that the request goes to, or the name it is sent with; Azure is asked as OpenAI is."""
    bodies = []

    def answer(request):
        bodies.append(json.loads(request.content))
        return httpx2.Response(200, json={"choices": [{"message": {"content": "hi"}, "finish_reason": "stop"}]})

    async with httpx2.AsyncClient(transport=httpx2.MockTransport(answer)) as http:
        client = AsyncOpenAI(api_key="none", base_url=url, http_client=http)
        provider = OpenAIModelProvider(client=client, wire_api="chat_completions")
        items = [USER, thought("hm"), call("1"), output("1", "3")]
        request = ModelRequest(model=None, input=items, settings=ModelSettings(max_tokens=7))
        await provider.get_model(model).respond(request)
    assert bodies[0][limit] == 7
    assert ("reasoning_content" in bodies[0]["messages"][1]) is conversation_of_its_own


def test_the_examples_of_the_docstrings_are_true():
    """They are what maintainers read first."""
    result = doctest.testmod(chat_servers)
    assert (result.attempted > 0, result.failed) == (True, 0)
