"""The body of a Chat Completions API request."""

import json

import pytest
from agents import ModelSettings as TheirSettings
from agents import ModelTracing, OpenAIChatCompletionsModel, function_tool
from agents.agent_output import AgentOutputSchema
from httpx2 import AsyncClient, MockTransport, Response
from openai import AsyncOpenAI

from timestep.errors import UserError
from timestep.providers.chat_request import fragment_of, request_body
from timestep.providers.protocol import ModelRequest, OutputFormat
from timestep.types.model_settings import ModelSettings

USER = {"role": "user", "content": "hellö"}
TOOL = {"type": "function", "name": "add", "description": "Adds.", "parameters": {"type": "object"}, "strict": True}
CUSTOM = {"type": "custom", "name": "patch", "format": {"type": "grammar", "syntax": "lark", "definition": "a: B"}}


def body(*, stream=False, at_openai=False, **members):
    """Return the body of a request, as data."""
    request = ModelRequest(**{"model": None, "input": [USER], **members})
    return json.loads(request_body(request, "gpt-4.1", stream=stream, at_openai=at_openai))


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


def test_what_is_not_set_is_not_sent():
    """The provider's defaults hold; a stream alone is asked for what it cost."""
    assert body() == {"messages": [USER], "model": "gpt-4.1"}
    streamed = {"stream": True, "stream_options": {"include_usage": True}}
    assert body(stream=True) == {"messages": [USER], "model": "gpt-4.1", **streamed}
    assert "stream_options" not in body(stream=True, settings=ModelSettings(include_usage=False))


def test_everything_that_can_be_said_is_said():
    """Each setting has one member of the API, two of which have other names at OpenAI itself."""
    settings = ModelSettings(
        temperature=0.5,
        top_p=0.9,
        frequency_penalty=0.1,
        presence_penalty=0.2,
        tool_choice="add",
        parallel_tool_calls=False,
        max_tokens=7,
        reasoning={"effort": "low", "summary": None},
        verbosity="low",
        metadata={"a": "b"},
        store=False,
        top_logprobs=2,
        extra_args={"service_tier": "flex"},
        extra_body={"seed": 1, "top_p": 0.8},
    )
    sent = body(
        settings=settings,
        tools=[TOOL, CUSTOM],
        instructions="be good",
        output=OutputFormat(name="final_output", schema={"type": "object"}),
        prompt_cache_key="cache",
        at_openai=True,
    )
    schema = {"name": "final_output", "schema": {"type": "object"}, "strict": True}
    function = {"name": "add", "description": "Adds.", "parameters": {"type": "object"}, "strict": True}
    grammar = {"type": "grammar", "grammar": {"syntax": "lark", "definition": "a: B"}}
    assert sent == {
        "model": "gpt-4.1",
        "messages": [{"role": "system", "content": "be good"}, USER],
        "tools": [
            {"type": "function", "function": function},
            {"type": "custom", "custom": {"name": "patch", "format": grammar}},
        ],
        "tool_choice": {"type": "function", "function": {"name": "add"}},
        "parallel_tool_calls": False,
        "response_format": {"type": "json_schema", "json_schema": schema},
        "temperature": 0.5,
        "top_p": 0.8,
        "frequency_penalty": 0.1,
        "presence_penalty": 0.2,
        "max_completion_tokens": 7,
        "reasoning_effort": "low",
        "verbosity": "low",
        "logprobs": True,
        "top_logprobs": 2,
        "metadata": {"a": "b"},
        "store": False,
        "prompt_cache_key": "cache",
        "service_tier": "flex",
        "seed": 1,
    }


def test_other_servers_are_told_by_the_names_they_know():
    """The older name of the limit, no key for a cache, and the system's role for what a developer says."""
    settings = ModelSettings(max_tokens=7)
    sent = body(
        settings=settings, prompt_cache_key="cache", input=[said(text("be good", "input_text"), role="developer")]
    )
    assert sent == {"model": "gpt-4.1", "max_tokens": 7, "messages": [{"role": "system", "content": "be good"}]}


def test_a_developers_message_stays_one_at_openai():
    """Its models rank it below the system's."""
    item = {"role": "developer", "content": "be good"}
    assert messages(item, at_openai=True) == [item]
    assert messages(item) == [{"role": "system", "content": "be good"}]


async def test_the_request_is_the_one_the_agents_sdk_sends():
    """A run of the SDK that goes on here asks the model the same: body against body, both as sent."""
    bodies = []

    def answer(request):
        bodies.append(json.loads(request.content))
        message = {"role": "assistant", "content": "hi"}
        return Response(200, json={"id": "c", "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]})

    @function_tool
    def add(a: int) -> int:
        """Adds."""
        return a

    items = [
        USER, said(text("let me see")), call("a", '{"a": 1}'), call("b", '{"a":2}'), output("a", "1"), output("b", "2"),
        said(text("both")), {"role": "user", "content": [{"type": "input_text", "text": "see"}, {
            "type": "input_image", "image_url": "data:image/png;base64,AA==", "detail": "low"}]},
    ]  # fmt: skip
    common = {
        "temperature": 0.5, "top_p": 0.9, "tool_choice": "add", "max_tokens": 7, "verbosity": "low",
        "metadata": {"a": "b"}, "store": False, "top_logprobs": 2, "extra_body": {"seed": 1},
        "frequency_penalty": 0.1, "presence_penalty": 0.2, "parallel_tool_calls": True,
    }  # fmt: skip
    client = AsyncOpenAI(
        api_key="none", http_client=AsyncClient(transport=MockTransport(answer)), base_url="http://h/v1"
    )
    async with client:
        theirs = OpenAIChatCompletionsModel("gpt-4.1", client)
        schema = AgentOutputSchema(list[int])
        await theirs.get_response(
            "be good", items, TheirSettings(**common), [add], schema, [], ModelTracing.DISABLED,
            previous_response_id=None, conversation_id=None, prompt=None,
        )  # fmt: skip
    format_ = OutputFormat(name="final_output", schema=schema.json_schema(), strict=schema.is_strict_json_schema())
    tool = {
        "type": "function",
        "name": "add",
        "description": "Adds.",
        "parameters": add.params_json_schema,
        "strict": True,
    }
    settings = ModelSettings(**common)
    ours = body(input=items, instructions="be good", settings=settings, output=format_, tools=[tool])
    # A user's text is the same whether it is a text or one part.
    assert [ours] == bodies


def test_what_was_said_and_called_in_one_answer_is_one_message():
    """Calls stand together, right before their outputs; the next answer is another message."""
    items = [USER, said(text("so")), call("a"), call("b", '{ "x":1}'), output("a", "1"), output("b", "2"), call("c")]
    assert messages(*items) == [
        USER,
        {"role": "assistant", "content": "so", "tool_calls": [called("a"), called("b", '{ "x":1}')]},
        {"role": "tool", "tool_call_id": "a", "content": "1"},
        {"role": "tool", "tool_call_id": "b", "content": "2"},
        {"role": "assistant", "content": None, "tool_calls": [called("c")]},
    ]


def test_no_text_comes_between_a_call_and_its_output():
    """The API refuses that; a text that was said after the call joins what was said before it."""
    items = [said(text("one")), call("a"), said(text("two"), text("three")), output("a", "1"), said(text("x")), USER]
    parts = [{"type": "text", "text": value} for value in ("one", "two", "three")]
    assert messages(*items) == [
        {"role": "assistant", "content": parts, "tool_calls": [called("a")]},
        {"role": "tool", "tool_call_id": "a", "content": "1"},
        {"role": "assistant", "content": "x"},
        USER,
    ]
    refused = [said({"type": "refusal", "refusal": value}) for value in ("no", "not\nso")]
    assert messages(refused[0], call("a"), refused[1]) == [
        {"role": "assistant", "content": None, "refusal": "no\nnot\nso", "tool_calls": [called("a")]}
    ]
    assert messages(said(text("one")), said(text("two"))) == [
        {"role": "assistant", "content": "one"},
        {"role": "assistant", "content": "two"},
    ]


def test_what_a_model_thought_has_no_place():
    """It is left out, and parts no message from its calls."""
    thought = {"type": "reasoning", "id": "rs_1", "summary": [], "content": [{"type": "reasoning_text", "text": "hm"}]}
    assert messages(said(text("so")), thought, call("a")) == [
        {"role": "assistant", "content": "so", "tool_calls": [called("a")]}
    ]


@pytest.mark.parametrize(
    ("item", "sent"),
    [
        ({"role": "user", "content": []}, {"role": "user", "content": ""}),
        ({"role": "system", "content": [text("a", "input_text")]}, {"role": "system", "content": "a"}),
        ({"role": "assistant", "content": "a"}, {"role": "assistant", "content": "a"}),
        (said({"type": "refusal", "refusal": "no"}), {"role": "assistant", "content": None, "refusal": "no"}),
        (said(text("a"), {"type": "refusal", "refusal": "no"}), {"role": "assistant", "content": "a", "refusal": "no"}),
        (call("a", ""), {"role": "assistant", "content": None, "tool_calls": [called("a", "{}")]}),
        (output("a", [text("x", "input_text")]), {"role": "tool", "tool_call_id": "a", "content": "x"}),
        (output("a", ""), {"role": "tool", "tool_call_id": "a", "content": ""}),
        (
            output("a", [text("x", "input_text"), text("y", "input_text")]),
            {"role": "tool", "tool_call_id": "a", "content": [{"type": "text", "text": v} for v in "xy"]},
        ),
        (
            {"type": "custom_tool_call", "call_id": "a", "name": "patch", "input": "x=1"},
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [{"id": "a", "type": "custom", "custom": {"name": "patch", "input": "x=1"}}],
            },
        ),
        (
            {"type": "custom_tool_call_output", "call_id": "a", "output": "done"},
            {"role": "tool", "tool_call_id": "a", "content": "done"},
        ),
    ],
    ids=str,
)
def test_each_item_has_its_place(item, sent):
    """In the form of the API's reference."""
    assert messages(item) == [sent]


@pytest.mark.parametrize(
    ("part", "sent"),
    [
        ({"type": "input_image", "image_url": "https://a/b.png"}, {"image_url": {"url": "https://a/b.png"}}),
        (
            {"type": "input_image", "image_url": "data:image/png;base64,AA==", "detail": "high"},
            {"image_url": {"url": "data:image/png;base64,AA==", "detail": "high"}},
        ),
        (
            {"type": "input_file", "file_data": "data:application/pdf;base64,AA==", "filename": "a.pdf"},
            {"file": {"file_data": "data:application/pdf;base64,AA==", "filename": "a.pdf"}},
        ),
        ({"type": "input_file", "file_id": "file_1", "detail": "auto"}, {"file": {"file_id": "file_1"}}),
        (
            {"type": "input_audio", "input_audio": {"data": "AA==", "format": "wav"}},
            {"input_audio": {"data": "AA==", "format": "wav"}},
        ),
        (
            {"type": "input_text", "text": "a", "prompt_cache_breakpoint": {"mode": "explicit"}},
            {"text": "a", "prompt_cache_breakpoint": {"mode": "explicit"}},
        ),
    ],
    ids=str,
)
def test_what_a_user_shows_is_sent(part, sent):
    """Pictures, files and sound, where a user may send them."""
    kind = {"input_image": "image_url", "input_file": "file", "input_text": "text"}.get(part["type"], part["type"])
    assert messages(said(part, role="user")) == [{"role": "user", "content": [{"type": kind, **sent}]}]


@pytest.mark.parametrize(
    ("item", "named"),
    [
        ({"type": "web_search_call", "id": "ws_1"}, "'web_search_call'"),
        ({"type": "shell_call", "call_id": "a"}, "'shell_call'"),
        ({"type": "computer_call_output", "call_id": "a"}, "'computer_call_output'"),
        ({"type": "compaction"}, "'compaction'"),
        ({"type": "item_reference", "id": "msg_1"}, "'item_reference'"),
        ({"content": "a"}, "''"),
        ({"role": "tool", "content": "a"}, "role 'tool'"),
        ({"role": "user", "content": {"type": "input_text"}}, "dict"),
        ({"role": "user", "content": [{"type": "input_video"}]}, "'input_video'"),
        ({"role": "user", "content": ["a"]}, "None"),
        ({"role": "user", "content": [{"type": ["a"]}]}, "'a'"),
        ({"role": "user", "content": [{"type": "input_image", "file_id": "file_1"}]}, "file_id"),
        ({"role": "user", "content": [{"type": "input_file", "file_url": "https://a/b"}]}, "file_url"),
        ({"role": "user", "content": [{"type": "input_file", "file_id": "a", "detail": "low"}]}, "detail"),
        ({"role": "system", "content": [{"type": "input_image", "image_url": "https://a"}]}, "no place here"),
        (said({"type": "output_audio", "data": ""}), "'output_audio'"),
        (output("a", [{"type": "input_image", "image_url": "https://a"}]), "no place here.*'input_image'"),
        ({"type": "function_call_output", "output": "x"}, "call_id is missing"),
        ({"type": "function_call", "call_id": "a", "arguments": "{}"}, "name is missing"),
        ({**call("a"), "namespace": "crm"}, "namespace of a call"),
        ({"role": "user", "content": "\ud800"}, "no JSON form"),
    ],
    ids=repr,
)
def test_an_item_without_a_place_is_refused_by_name(item, named):
    """TS-ROUTE-060: left out in silence, the model would answer as if it had never been there."""
    with pytest.raises(UserError, match=f"item 1 of the input.*{named}") as caught:
        messages(USER, item)
    assert caught.value.code == "model-input"


def test_an_item_is_refused_only_where_it_is_sent():
    """The log of a run may hold what an agent is not shown."""
    assert fragment_of({"type": "web_search_call"}).kind == "refused"


def test_items_whose_form_is_known_are_not_looked_at_again():
    """A long conversation is converted once."""

    class Remembered(list):
        def folded(self, make):
            fold = make()
            fold.add(USER)
            fold.add(call("a"))
            return fold

    sent = body(input=Remembered())["messages"]
    assert sent == [USER, {"role": "assistant", "content": None, "tool_calls": [called("a")]}]


def test_extra_body_may_replace_the_messages_too():
    """It overrides whatever it names."""
    assert body(settings=ModelSettings(extra_body={"messages": "other"}))["messages"] == "other"


@pytest.mark.parametrize(
    ("choice", "sent"),
    [
        ("auto", "auto"),
        ("required", "required"),
        ("none", "none"),
        ("add", {"type": "function", "function": {"name": "add"}}),
        ("patch", {"type": "custom", "custom": {"name": "patch"}}),
        ({"type": "function", "name": "add"}, {"type": "function", "function": {"name": "add"}}),
        ({"type": "function", "function": {"name": "add"}}, {"type": "function", "function": {"name": "add"}}),
        (
            {"type": "allowed_tools", "mode": "required", "tools": [{"type": "function", "name": "add"}]},
            {
                "type": "allowed_tools",
                "allowed_tools": {"mode": "required", "tools": [{"type": "function", "function": {"name": "add"}}]},
            },
        ),
        ({"type": "allowed_tools", "allowed_tools": {}}, {"type": "allowed_tools", "allowed_tools": {}}),
    ],
    ids=str,
)  # fmt: skip
def test_a_tool_choice_is_a_mode_or_a_tool_by_name(choice, sent):
    """Given in either API's form."""
    assert body(settings=ModelSettings(tool_choice=choice), tools=[TOOL, CUSTOM])["tool_choice"] == sent


def test_of_tools_nothing_is_said_where_there_are_none():
    """The API refuses these members without tools."""
    assert body(settings=ModelSettings(parallel_tool_calls=True, tool_choice="auto")) == body()


@pytest.mark.parametrize(
    ("members", "named"),
    [
        ({"settings": {"truncation": "auto"}}, "truncation"),
        ({"settings": {"response_include": ["reasoning.encrypted_content"]}}, "response_include"),
        ({"settings": {"reasoning": {"effort": "low", "summary": "auto"}}}, "reasoning.summary"),
        ({"settings": {"tool_choice": "subtract"}}, "'subtract'"),
        ({"settings": {"tool_choice": "web_search"}}, "'web_search'"),
        ({"settings": {"tool_choice": {"type": "mcp", "server_label": "a"}}}, "'mcp'"),
        ({"settings": {"extra_args": {"model": "other"}}}, "extra_args sets model"),
        ({"settings": {"extra_args": {"messages": []}}}, "extra_args sets messages"),
        ({"settings": {"metadata": {"a": {1, 2}}}}, "/metadata/a"),
        ({"previous_response_id": "resp_1"}, "previous_response_id"),
        ({"conversation_id": "conv_1"}, "conversation_id"),
        ({"tools": [{"type": "web_search"}]}, "'web_search'"),
        ({"tools": [{"type": "mcp", "name": "files"}]}, "'files'"),
        ({"tools": [{**TOOL, "defer_loading": True}]}, "defer_loading of the tool 'add'"),
    ],
    ids=str,
)
def test_what_cannot_be_sent_is_refused_by_name(members, named):
    """TS-ROUTE-060: nothing is left out in silence."""
    settings = ModelSettings(**members.get("settings", {}))
    with pytest.raises(UserError, match=named) as caught:
        body(**{"tools": [TOOL], **members, "settings": settings})
    assert caught.value.code == "model-setting"


def test_a_server_that_knows_more_can_be_told_more():
    """What the API has no member for goes into extra_body, for servers that have one."""
    settings = ModelSettings(truncation="auto", extra_body={"truncation": "auto"})
    assert body(settings=settings)["truncation"] == "auto"
