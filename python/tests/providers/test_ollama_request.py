"""The body of a request to Ollama's chat API."""

import json

import pytest
from msgspec.structs import fields

from timestep.errors import UserError
from timestep.providers.ollama_request import Conversation, request_body
from timestep.providers.protocol import ModelRequest, OutputFormat
from timestep.types.model_settings import ModelSettings

USER = {"role": "user", "content": "hellö"}
# Each of these has been lost on the way by a client with types of its own.
SCHEMA = {
    "type": "object",
    "properties": {
        "where": {"anyOf": [{"$ref": "#/$defs/Place"}, {"type": "null"}], "default": None},
        "days": {"type": "array", "items": {"type": "integer", "minimum": 1, "maximum": 1e2}},
        "options": {
            "type": "object",
            "properties": {"unit": {"type": "string", "enum": ["C", "F"]}},
            "required": ["unit"],
            "additionalProperties": False,
        },
    },
    "required": ["where"],
    "additionalProperties": False,
    "$defs": {"Place": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}},
}
TOOL = {"type": "function", "name": "forecast", "description": "Tell it.", "parameters": SCHEMA, "strict": True}


def raw(*, stream=False, keep_alive=None, **members):
    """Return the bytes of a request."""
    request = ModelRequest(**{"model": None, "input": [USER], **members})
    return request_body(request, "llama3.2", stream=stream, keep_alive=keep_alive)


def body(**members):
    """Return the body of a request, as data."""
    return json.loads(raw(**members))


def sent(*items, **members):
    """Return the messages that items become."""
    return body(input=list(items), **members)["messages"]


def reasoning(text):
    """Return what a model thought."""
    return {
        "type": "reasoning",
        "id": "rs_1",
        "summary": [],
        "content": [{"type": "reasoning_text", "text": text}],
    }


def said(text):
    """Return what a model said."""
    part = {"type": "output_text", "text": text, "annotations": []}
    return {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": [part]}


def call(call_id, name="add", arguments="{}"):
    """Return a call."""
    return {"type": "function_call", "id": f"fc_{call_id}", "call_id": call_id, "name": name, "arguments": arguments}


def output(call_id, output):
    """Return the output of a call."""
    return {"type": "function_call_output", "call_id": call_id, "output": output}


def test_what_is_not_set_is_not_sent():
    """The defaults of the server and of the model hold."""
    assert body() == {
        "model": "llama3.2",
        "stream": False,
        "messages": [{"role": "user", "content": "hellö"}],
    }


# Each field of ModelSettings: a value, and either what becomes of it in the body or what a refusal says.
SETTINGS = {
    "temperature": [(0.0, {"options": {"temperature": 0.0}})],
    "top_p": [(0.9, {"options": {"top_p": 0.9}})],
    "frequency_penalty": [(0.5, {"options": {"frequency_penalty": 0.5}})],
    "presence_penalty": [(0.5, {"options": {"presence_penalty": 0.5}})],
    "tool_choice": [
        ("auto", {"tools": 1}),
        ("none", {}),
        ("required", "tool_choice 'required'"),
        ("forecast", "tool_choice 'forecast'"),
        ({"type": "function", "name": "forecast"}, "tool_choice {"),
    ],
    "parallel_tool_calls": [(True, {"tools": 1}), (False, "parallel_tool_calls=False")],
    "truncation": [("auto", {"truncate": True}), ("disabled", {"truncate": False}), ("else", "truncation 'else'")],
    "max_tokens": [(7, {"options": {"num_predict": 7}})],
    "reasoning": [
        ({"effort": "none"}, {"think": False}),
        ({"effort": "low"}, {"think": "low"}),
        ({"effort": "medium", "summary": None}, {"think": "medium"}),
        ({"effort": "high"}, {"think": "high"}),
        ({"effort": "max"}, {"think": "max"}),
        ({"effort": None}, {}),
        ({}, {}),
        ({"effort": "minimal"}, "reasoning.effort 'minimal'"),
        ({"effort": ["low"]}, "reasoning.effort "),
        ({"effort": "low", "summary": "auto"}, "reasoning.summary"),
    ],
    "verbosity": [("low", "verbosity")],
    "metadata": [({"a": "b"}, "metadata"), ({}, {})],
    "store": [(True, "store=True"), (False, {})],
    "include_usage": [(True, {}), (False, {})],
    "response_include": [(["reasoning.encrypted_content"], "response_include"), ([], {})],
    "top_logprobs": [(2, {"logprobs": True, "top_logprobs": 2}), (0, {"logprobs": True, "top_logprobs": 0})],
    "timeout": [(1.0, {})],  # of the way, not of the body
    "extra_query": [({"a": "b"}, {})],
    "extra_headers": [({"a": "b"}, {})],
    "extra_body": [
        ({"options": {"num_ctx": 9}, "model": "x"}, {"options": {"num_ctx": 9}, "model": "x"}),
        ({"num_ctx": 9}, "extra_body sets num_ctx outside of options"),
        ({"options": 9}, "options is a int"),
    ],
    "extra_args": [
        ({"keep_alive": "5m", "think": True}, {"keep_alive": "5m", "think": True}),
        ({"options": {"seed": 1}}, {"options": {"seed": 1}}),
        ({"seed": 1}, "extra_args sets seed outside of options"),
        ({"model": "x"}, "extra_args sets model"),
        ({"messages": []}, "extra_args sets messages"),
    ],
}
CASES = [(name, value, result) for name, values in SETTINGS.items() for value, result in values]


def test_the_table_has_every_setting():
    """One that is added later has to be mapped, or refused by name."""
    assert set(SETTINGS) == {field.name for field in fields(ModelSettings)}


@pytest.mark.parametrize(("name", "value", "result"), CASES, ids=[f"{name}={value}" for name, value, _ in CASES])
def test_a_setting_is_mapped_or_refused_by_name(name, value, result):
    """TS-ROUTE-060: none is dropped in silence."""
    settings = ModelSettings(**{name: value})
    tools = [TOOL] if name in ("tool_choice", "parallel_tool_calls") else []
    if isinstance(result, str):
        with pytest.raises(UserError, match=result) as caught:
            body(settings=settings, tools=tools)
        assert caught.value.code == "model-setting"
        return
    found = body(settings=settings, tools=tools)
    if "tools" in result:
        found["tools"] = len(found["tools"])
    assert found == {**body(), **result}


@pytest.mark.parametrize("name", ["previous_response_id", "conversation_id"])
def test_a_conversation_kept_by_the_host_is_refused(name):
    """Ollama keeps none: what came before would be missing."""
    with pytest.raises(UserError, match=name) as caught:
        body(**{name: "id_1"})
    assert caught.value.code == "model-setting"


def test_options_are_merged_and_said_once():
    """`extra_args` adds, `extra_body` overrides."""
    settings = ModelSettings(
        temperature=1.0,
        extra_args={"options": {"seed": 1, "num_ctx": 2}},
        extra_body={"options": {"num_ctx": 3, "temperature": 0.0}},
    )
    assert body(settings=settings)["options"] == {"temperature": 0.0, "seed": 1, "num_ctx": 3}
    with pytest.raises(UserError, match=r"extra_args sets options\.temperature"):
        body(settings=ModelSettings(temperature=1.0, extra_args={"options": {"temperature": 0.0}}))


def test_how_long_a_model_is_kept_is_the_providers_unless_the_agent_says_it():
    """The provider's value is only a default."""
    assert body(keep_alive=-1)["keep_alive"] == -1
    assert body(keep_alive=-1, settings=ModelSettings(extra_args={"keep_alive": "5m"}))["keep_alive"] == "5m"


def test_extra_body_may_replace_the_messages_too():
    """It overrides whatever it names."""
    assert body(settings=ModelSettings(extra_body={"messages": []}))["messages"] == []


def test_what_has_no_json_form_is_refused_with_its_place():
    """A value that can't be written is named."""
    with pytest.raises(UserError, match="/options/temperature") as caught:
        body(settings=ModelSettings(temperature=float("nan")))
    assert caught.value.code == "model-setting"


def test_a_schema_goes_out_whole():
    """Nothing nested, no union, no reference and no number is lost or changed; `strict` Ollama does not know."""
    data = raw(tools=[TOOL], output=OutputFormat(name="final_output", schema=SCHEMA))
    compact = json.dumps(SCHEMA, separators=(",", ":")).encode()
    assert data.count(compact) == 2
    assert json.loads(data)["tools"] == [
        {"type": "function", "function": {"name": "forecast", "description": "Tell it.", "parameters": SCHEMA}}
    ]
    assert json.loads(data)["format"] == SCHEMA


def test_a_tool_needs_neither_parameters_nor_a_description():
    """Ollama wants an object in any case."""
    (tool,) = body(tools=[{"type": "function", "name": "now", "parameters": None, "defer_loading": False}])["tools"]
    assert tool["function"] == {"name": "now", "parameters": {"type": "object", "properties": {}}}


@pytest.mark.parametrize(
    ("tool", "named"),
    [
        ({"type": "web_search"}, "web_search"),
        ({"type": "custom", "name": "patch"}, r"custom \(patch\)"),
        ({**TOOL, "defer_loading": True}, "defer_loading of the tool 'forecast'"),
    ],
)
def test_a_tool_that_ollama_does_not_have_is_refused_by_name(tool, named):
    """TS-ROUTE-060: it carries out none itself."""
    with pytest.raises(UserError, match=named) as caught:
        body(tools=[TOOL, tool])
    assert caught.value.code == "model-setting"


def test_one_answer_is_one_message_again():
    """What a model thought, said and called at once stays together, and each output follows with its tool's name."""
    messages = sent(
        USER,
        reasoning("Hm."),
        said('I "add".'),
        call("call_1", "add", '{"a": 1}'),
        call("call_2", "subtract", '{"b": 2}'),
        output("call_2", "-2"),
        output("call_1", "1"),
        said("Done."),
        instructions="be good",
    )
    assert messages == [
        {"role": "system", "content": "be good"},
        {"role": "user", "content": "hellö"},
        {
            "role": "assistant",
            "content": 'I "add".',
            "thinking": "Hm.",
            "tool_calls": [
                {"id": "call_1", "function": {"name": "add", "arguments": {"a": 1}}},
                {"id": "call_2", "function": {"name": "subtract", "arguments": {"b": 2}}},
            ],
        },
        {"role": "tool", "content": "-2", "tool_call_id": "call_2", "tool_name": "subtract"},
        {"role": "tool", "content": "1", "tool_call_id": "call_1", "tool_name": "add"},
        {"role": "assistant", "content": "Done."},
    ]


def test_what_is_said_twice_is_two_messages_but_none_parts_a_call_from_its_output():
    """Templates of models expect the outputs right after the message that called."""
    assert sent(said("a"), said("b"), reasoning("c"), said("d")) == [
        {"role": "assistant", "content": "a"},
        {"role": "assistant", "content": "b"},
        {"role": "assistant", "content": "d", "thinking": "c"},
    ]
    assert sent(call("1"), reasoning("a"), said("b"), call("2"), said("c"), reasoning("d"), output("1", "x")) == [
        {
            "role": "assistant",
            "content": "b\n\nc",
            "thinking": "a\n\nd",
            "tool_calls": [
                {"id": "1", "function": {"name": "add", "arguments": {}}},
                {"id": "2", "function": {"name": "add", "arguments": {}}},
            ],
        },
        {"role": "tool", "content": "x", "tool_call_id": "1", "tool_name": "add"},
    ]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (' { "a": 12345678901234567890.10e5,\n "b": 1.0 } ', b' { "a": 12345678901234567890.10e5,\n "b": 1.0 } '),
        ('{"a":"\\u003c"}', b'{"a":"\\u003c"}'),
        ("", b"{}"),
        (" \n", b"{}"),
        ('{"a": ', b'{"invalid_arguments":"{\\"a\\": "}'),
        ("[1]", b'{"invalid_arguments":"[1]"}'),
        ("NaN", b'{"invalid_arguments":"NaN"}'),
        ('{"a":1,"a":2}', b'{"a":1,"a":2}'),
        ('{"a":NaN}', b'{"invalid_arguments":"{\\"a\\":NaN}"}'),
    ],
)
def test_arguments_go_out_as_the_bytes_the_model_sent(arguments, expected):
    """Where they are an object; else the text goes into one, as Ollama takes nothing else, and no run ends by it."""
    data = raw(input=[call("1", arguments=arguments)])
    assert b'"arguments":' + expected + b"}" in data
    json.loads(data)


def test_a_role_is_one_that_ollama_has():
    """`developer` is OpenAI's name for the system's role."""
    roles = ["system", "developer", "user", "assistant"]
    messages = sent(*({"role": role, "content": role} for role in roles))
    assert [message["role"] for message in messages] == ["system", "system", "user", "assistant"]


def test_parts_become_one_text_and_images_stand_beside_it():
    """Parts of input are lines of their own; parts of one answer are not."""
    image = {"type": "input_image", "image_url": "data:image/png;base64,aGk=", "detail": "low"}
    parts = [{"type": "input_text", "text": "a"}, image, {"type": "input_text", "text": "b"}]
    (message,) = sent({"type": "message", "role": "user", "content": parts})
    assert message == {"role": "user", "content": "a\nb", "images": ["aGk="]}
    parts = [{"type": "output_text", "text": "a"}, {"type": "refusal", "refusal": "b"}]
    assert sent({"role": "assistant", "content": parts}) == [{"role": "assistant", "content": "ab"}]
    assert sent(output("1", [{"type": "input_text", "text": "a"}, image])) == [
        {"role": "tool", "content": "a", "tool_call_id": "1", "images": ["aGk="]}
    ]


def test_thoughts_that_only_their_host_can_read_are_left_out():
    """What is encrypted means nothing here; a summary is better than nothing."""
    hidden = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAA"}
    short = {**hidden, "summary": [{"type": "summary_text", "text": "a"}, {"type": "summary_text", "text": "b"}]}
    assert sent(USER, hidden) == sent(USER)
    assert sent(short)[0]["thinking"] == "a\n\nb"
    for content in (7, True, "a", {}):
        assert sent(USER, {**hidden, "content": content}) == sent(USER)


@pytest.mark.parametrize(
    ("item", "named"),
    [
        ({"type": "web_search_call", "id": "ws_1"}, "web_search_call"),
        ({"role": "user", "content": [{"type": ["input_text"], "text": "a"}]}, "content of the type"),
        ({"type": "custom_tool_call", "call_id": "1", "name": "a", "input": "b"}, "custom_tool_call"),
        ({"type": "item_reference", "id": "msg_1"}, "item_reference"),
        ({"role": "critic", "content": "a"}, "'critic'"),
        ({"role": "user", "content": [{"type": "input_file", "file_id": "f"}]}, "input_file"),
        ({"role": "user", "content": [{"type": "input_audio"}]}, "input_audio"),
        ({"role": "user", "content": ["text"]}, "type None"),
        ({"role": "user", "content": 7}, "type None"),
        ({"role": "user", "content": [{"type": "input_image", "file_id": "f"}]}, "a file id"),
        ({"role": "user", "content": [{"type": "input_image", "image_url": "HTTPS://a/b.png"}]}, "a URL"),
        ({"role": "user", "content": [{"type": "input_image", "image_url": "data:image/png,abc"}]}, "other data"),
        ({"role": "user", "content": [{"type": "input_image", "image_url": "data:image/png;base64,a b"}]}, "inline"),
        (output("1", [{"type": "input_file", "file_id": "f"}]), "input_file"),
        ({"role": "user", "content": "\ud800"}, "no JSON form"),
        (
            {"role": "assistant", "content": [{"type": "input_image", "image_url": "data:image/png;base64,aGk="}]},
            "of the assistant's",
        ),
    ],
)
def test_an_item_without_a_place_is_refused_by_name(item, named):
    """TS-ROUTE-060: none is left out in silence."""
    with pytest.raises(UserError, match=named) as caught:
        sent(USER, item)
    assert caught.value.code == "model-input"
    assert "item 1 " in caught.value.message


def test_each_item_is_converted_once_in_a_run():
    """What was made of an item before is used again, and the item is not looked at."""

    class Remembered(list):
        def folded(self, make):
            assert make is Conversation
            fold = make()
            fold.add(said("as it stood"))
            return fold

        def __iter__(self):
            raise AssertionError("the items were walked")

    assert body(input=Remembered())["messages"] == [{"role": "assistant", "content": "as it stood"}]


def test_a_conversation_goes_on_where_it_was():
    """Reading it changes nothing: a message that was growing goes on to grow."""
    conversation = Conversation()
    items = [USER, reasoning("a"), said("b"), call("1"), call("2"), output("1", "x"), output("2", "y"), said("c")]
    for index, item in enumerate(items, 1):
        conversation.add(item)
        assert [json.loads(each) for each in conversation.messages()] == sent(*items[:index])
