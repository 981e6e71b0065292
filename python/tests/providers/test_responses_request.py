"""The body of a Responses API request."""

import json
from types import SimpleNamespace

import httpx2
import pytest
from agents import ModelSettings as TheirSettings
from agents import ModelTracing, OpenAIResponsesModel
from agents.agent_output import AgentOutputSchema
from msgspec.structs import replace
from openai import AsyncOpenAI

from timestep.errors import UserError
from timestep.providers.protocol import ModelRequest, OutputFormat
from timestep.providers.responses_request import request_body, request_headers
from timestep.types.model_settings import ModelSettings

ITEMS = [{"role": "user", "content": "hellö"}, {"type": "custom", "n": 12345678901234567890}]
TOOL = {"type": "function", "name": "add", "parameters": {"type": "object", "properties": {}}, "strict": True}


def body(*, stream=False, **members):
    """Return the body of a request, as data."""
    request = ModelRequest(**{"model": None, "input": ITEMS, **members})
    return json.loads(request_body(request, "gpt-4.1", stream=stream))


class Remembered(list):
    """Items that know their form already, and refuse to be looked at."""

    def folded(self, _make):
        """Give the forms they are to be sent in."""
        return SimpleNamespace(written=[b'{"as" : "it stands"}', b'{"n":1.0}'])

    def __iter__(self):
        raise AssertionError("the items were walked")


def test_what_is_not_set_is_not_sent():
    """The provider's defaults hold; only the tools are always there, as the Agents SDK sends them."""
    assert body() == {"model": "gpt-4.1", "input": ITEMS, "tools": []}


def test_everything_that_can_be_said_is_said():
    """Each setting has one member of the API."""
    settings = ModelSettings(
        temperature=0.5,
        top_p=0.9,
        tool_choice="add",
        parallel_tool_calls=False,
        truncation="auto",
        max_tokens=7,
        reasoning={"effort": "low"},
        verbosity="low",
        metadata={"a": "b"},
        store=False,
        response_include=["reasoning.encrypted_content"],
        top_logprobs=2,
        extra_args={"service_tier": "flex"},
        extra_body={"seed": 1, "truncation": "disabled"},
    )
    sent = body(
        stream=True,
        settings=settings,
        tools=[TOOL],
        instructions="be good",
        output=OutputFormat(name="final_output", schema={"type": "object"}),
        previous_response_id="resp_1",
        conversation_id="conv_1",
        prompt_cache_key="cache",
    )
    schema = {"type": "json_schema", "name": "final_output", "schema": {"type": "object"}, "strict": True}
    assert sent == {
        "model": "gpt-4.1",
        "input": ITEMS,
        "stream": True,
        "instructions": "be good",
        "tools": [TOOL],
        "tool_choice": {"type": "function", "name": "add"},
        "parallel_tool_calls": False,
        "text": {"format": schema, "verbosity": "low"},
        "include": ["reasoning.encrypted_content", "message.output_text.logprobs"],
        "temperature": 0.5,
        "top_p": 0.9,
        "top_logprobs": 2,
        "max_output_tokens": 7,
        "truncation": "disabled",
        "reasoning": {"effort": "low"},
        "metadata": {"a": "b"},
        "store": False,
        "previous_response_id": "resp_1",
        "conversation": "conv_1",
        "prompt_cache_key": "cache",
        "service_tier": "flex",
        "seed": 1,
    }


async def test_the_request_is_the_one_the_agents_sdk_sends():
    """A run of the SDK that goes on here asks the model the same: body against body, both as sent."""
    bodies = []

    def answer(request):
        bodies.append(json.loads(request.content))
        return httpx2.Response(200, json={"id": "r", "object": "response", "output": []})

    transport = httpx2.MockTransport(answer)
    async with AsyncOpenAI(api_key="none", http_client=httpx2.AsyncClient(transport=transport)) as client:
        common = {
            "temperature": 0.5, "top_p": 0.9, "tool_choice": "web_search", "truncation": "auto", "max_tokens": 7,
            "verbosity": "low", "metadata": {"a": "b"}, "store": False, "top_logprobs": 2, "extra_body": {"seed": 1},
            "extra_args": {"service_tier": "flex"}, "response_include": ["reasoning.encrypted_content"],
        }  # fmt: skip
        theirs = OpenAIResponsesModel("gpt-4.1", client)
        schema = AgentOutputSchema(list[int])
        await theirs.get_response(
            "be good", ITEMS[:1], TheirSettings(**common), [], schema, [], ModelTracing.DISABLED,
            previous_response_id="resp_1", conversation_id="conv_1", prompt=None,
        )  # fmt: skip
    output = OutputFormat(name="final_output", schema=schema.json_schema(), strict=schema.is_strict_json_schema())
    ours = body(
        input=ITEMS[:1], instructions="be good", settings=ModelSettings(**common), output=output,
        previous_response_id="resp_1", conversation_id="conv_1",
    )  # fmt: skip
    for sent in (ours, *bodies):
        sent["include"] = sorted(sent["include"])  # theirs is a set
    assert [ours] == bodies


def test_items_whose_form_is_known_go_out_byte_for_byte():
    """A long conversation is not encoded again each turn, and none of its items is looked at."""
    raw = request_body(ModelRequest(model=None, input=Remembered(ITEMS)), "gpt-4.1", stream=False)
    assert raw.startswith(b'{"input":[{"as" : "it stands"},{"n":1.0}],"model":"gpt-4.1"')


THOUGHT = {"type": "reasoning", "summary": [], "content": [{"type": "reasoning_text", "text": "hm"}]}


@pytest.mark.parametrize(
    ("item", "elsewhere", "at_openai"),
    [
        ({**THOUGHT, "id": "rs_0123"}, True, False),
        ({**THOUGHT, "id": "rs_0123", "encrypted_content": ""}, True, False),
        ({**THOUGHT, "id": "rs_0123", "encrypted_content": "gAAA"}, True, True),
        ({"type": "reasoning", "id": "rs_0123", "summary": [{"type": "summary_text", "text": "hm"}]}, True, True),
        ({"type": "reasoning", "id": "rs_0123", "summary": []}, True, True),
        ({**THOUGHT, "id": "__fake_id__"}, False, False),
        ({"type": "reasoning", "id": "FAKE_ID", "summary": [{"type": "summary_text", "text": "hm"}]}, False, False),
    ],
    ids=str,
)
def test_thoughts_go_only_where_they_are_known(item, elsewhere, at_openai):
    """OpenAI looks its own up by their id and refuses others; the placeholder of an SDK is known nowhere."""
    request = ModelRequest(model=None, input=[ITEMS[0], item, ITEMS[1]])
    for place, kept in ((False, elsewhere), (True, at_openai)):
        sent = json.loads(request_body(request, "gpt-4.1", stream=False, at_openai=place))["input"]
        assert sent == ([ITEMS[0], item, ITEMS[1]] if kept else ITEMS)


@pytest.mark.parametrize("fake", ["__fake_id__", "FAKE_ID"])
def test_an_id_that_is_a_placeholder_is_not_sent(fake):
    """The SDKs write one where an API gives none, the same for all items, which the host would refuse."""
    call = {"type": "function_call", "call_id": "a", "name": "add", "arguments": "{}"}
    assert body(input=[{**call, "id": fake}, {**call, "id": "fc_1"}])["input"] == [call, {**call, "id": "fc_1"}]


@pytest.mark.parametrize("at_openai", [True, False])
def test_what_another_api_added_to_an_item_is_not_sent(at_openai):
    """The SDKs keep it in a member of their own, which the host would refuse."""
    call = {"type": "function_call", "call_id": "a", "name": "add", "arguments": "{}"}
    items = [{**call, "provider_data": {"model": "m"}}, {**call, "providerData": {}}]
    request = ModelRequest(model=None, input=items)
    sent = json.loads(request_body(request, "gpt-4.1", stream=False, at_openai=at_openai))
    assert sent["input"] == [call, call]


def test_extra_body_may_replace_the_input_too():
    """It overrides whatever it names."""
    assert body(settings=ModelSettings(extra_body={"input": "other"}))["input"] == "other"


@pytest.mark.parametrize(
    ("choice", "sent"),
    [
        ("auto", "auto"),
        ("required", "required"),
        ("none", "none"),
        ("add", {"type": "function", "name": "add"}),
        ("patch", {"type": "custom", "name": "patch"}),
        ("web_search", {"type": "web_search"}),
        ("shell", {"type": "shell"}),
        ({"type": "mcp", "server_label": "a"}, {"type": "mcp", "server_label": "a"}),
    ],
)
def test_a_tool_choice_is_a_mode_a_tool_by_name_or_a_hosted_one_by_type(choice, sent):
    """A tool that is offered under the name wins over a hosted type."""
    tools = [TOOL, {"type": "custom", "name": "patch"}, {"type": "shell"}]
    assert body(settings=ModelSettings(tool_choice=choice), tools=tools)["tool_choice"] == sent


def test_parallel_tool_calls_are_said_nothing_of_where_there_are_no_tools():
    """The API refuses the member without tools."""
    settings = ModelSettings(parallel_tool_calls=True)
    assert "parallel_tool_calls" not in body(settings=settings)
    assert body(settings=settings, tools=[TOOL])["parallel_tool_calls"] is True


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"frequency_penalty": 0.0}, "frequency_penalty"),
        ({"presence_penalty": 1.0}, "presence_penalty"),
        ({"tool_choice": "subtract"}, "'subtract'"),
        ({"extra_args": {"model": "other"}}, "extra_args sets model"),
        ({"extra_args": {"input": []}}, "extra_args sets input"),
        ({"metadata": {"a": {1, 2}}}, "/metadata/a"),
        ({"temperature": float("nan")}, "/temperature"),
    ],
    ids=str,
)
def test_a_setting_that_cannot_be_sent_is_refused_by_name(settings, named):
    """TS-ROUTE-060: nothing is left out in silence."""
    with pytest.raises(UserError, match=named) as caught:
        body(settings=ModelSettings(**settings), tools=[TOOL])
    assert caught.value.code == "model-setting"


def test_a_server_that_knows_more_can_be_told_more():
    """What the Responses API has no member for goes into extra_body, for servers that have one."""
    settings = ModelSettings(frequency_penalty=0.5, extra_body={"frequency_penalty": 0.5})
    assert body(settings=settings)["frequency_penalty"] == 0.5


def test_each_attempt_of_a_question_has_the_same_idempotency_key():
    """TS-ROUTE-043: a gateway answers a repetition from what it has; another question has another key."""
    settings = ModelSettings(extra_headers={"X-A": "b"})
    request = ModelRequest(model=None, input=[], key="run/1", settings=settings)
    headers = request_headers(request, b"{}")
    assert headers.pop("X-A") == "b"
    assert list(headers) == ["Idempotency-Key"]
    assert request_headers(request, b"{}")["Idempotency-Key"] == headers["Idempotency-Key"]
    others = [request_headers(request, b"{ }"), request_headers(replace(request, key="run/2"), b"{}")]
    assert headers["Idempotency-Key"] not in [other["Idempotency-Key"] for other in others]
    assert request_headers(ModelRequest(model=None, input=[]), b"{}") == {}


@pytest.mark.parametrize("headers", [{"X-A": "secret\nB: c"}, {"X\r": "secret"}, {"X-A": "secret ü"}, {"": "secret"}])
def test_a_header_that_would_break_out_is_refused(headers):
    """A line break in a value would be another header; the value itself is not shown."""
    with pytest.raises(UserError, match="extra_headers") as caught:
        request_headers(ModelRequest(model=None, input=[], settings=ModelSettings(extra_headers=headers)), b"{}")
    assert "secret" not in caught.value.render()
