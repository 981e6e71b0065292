"""The toy model: it answers by rules from what it was sent, and from nothing else."""

import json

import pytest

from samples.toy_model import answer


def function(name, *required, description="", **properties):
    """Return the definition of a tool, its parameters texts unless told otherwise."""
    forms = {each: {"type": "string"} for each in required} | properties
    parameters = {"type": "object", "properties": forms, "required": list(required), "additionalProperties": False}
    return {"type": "function", "name": name, "description": description, "parameters": parameters}


def user(text):
    """Return what a user says."""
    return {"role": "user", "content": [{"type": "input_text", "text": text}]}


def said(output):
    """Return the text of the only item."""
    (item,) = output
    return item["content"][0]["text"]


def call_of(output):
    """Return name and arguments of the only item."""
    (item,) = output
    return item["name"], json.loads(item["arguments"])


OPEN = {"type": "object", "properties": {}, "additionalProperties": True}
WEATHER = function("get_weather", "city")
EMAIL = function("send_email", "recipient", "subject")
INFO = function("get_user_info", "user_id", user_id={"type": "integer"})
HANDOFF = function("transfer_to_weather_assistant", description="Handoff to the Weather Assistant agent to handle it.")


@pytest.mark.parametrize(
    ("text", "called"),
    [
        ("What's the weather in Oakland?", ("get_weather", {"city": "Oakland"})),
        ("the weather in San Francisco, please", ("get_weather", {"city": "San Francisco"})),
        (
            "Send an email to a.b@x.org with subject 'Hello you'",
            ("send_email", {"recipient": "a.b@x.org", "subject": "Hello you"}),
        ),
        ("Get info for user 123", ("get_user_info", {"user_id": 123})),
    ],
)
def test_a_tool_that_fits_is_called_with_what_was_said(text, called):
    """Its name shares a word with the request, and the request holds all that the tool needs."""
    assert call_of(answer({"tools": [HANDOFF, WEATHER, EMAIL, INFO]}, [user(text)])) == called


@pytest.mark.parametrize("text", ["What's 2+2?", "Hello!", "Is the weather fine?", "Send an email to Bob"])
def test_a_tool_is_left_alone_when_it_does_not_fit_or_something_is_missing(text):
    """No word in common, or no city, no address."""
    (item,) = answer({"tools": [WEATHER, EMAIL]}, [user(text)])
    assert item["type"] == "message"


def test_a_tool_of_any_arguments_is_given_all_there_is():
    """A function of `args: dict` names no parameters, so the model guesses, under every name a fact may have."""
    tool = {"type": "function", "name": "send_email", "parameters": OPEN}
    name, arguments = call_of(answer({"tools": [tool]}, [user("Send an email to a@x.org with subject 'Hi'")]))
    assert name == "send_email"
    assert arguments.items() >= {"recipient": "a@x.org", "to": "a@x.org", "subject": "Hi"}.items()


def test_a_handoff_is_taken_when_no_tool_fits_better():
    """The words of the agent's name say what it is for."""
    said_now = [user("What's the weather in Oakland?")]
    assert call_of(answer({"tools": [HANDOFF, EMAIL]}, said_now))[0] == "transfer_to_weather_assistant"
    assert call_of(answer({"tools": [HANDOFF, WEATHER]}, said_now))[0] == "get_weather"


def test_a_delegate_is_sent_the_message():
    """R12: a handoff that takes a message gets what was said."""
    tool = function("transfer_to_weather_assistant", "message")
    assert call_of(answer({"tools": [tool]}, [user("The weather?")]))[1] == {"message": "The weather?"}


def test_what_a_tool_gave_is_told():
    """The same call is never made twice for one request."""
    call = {"type": "function_call", "call_id": "c", "name": "get_weather", "arguments": '{"city":"Oakland"}'}
    output = {"type": "function_call_output", "call_id": "c", "output": "sunny"}
    asked = user("What's the weather in Oakland?")
    assert said(answer({"tools": [WEATHER]}, [asked, call, output])) == "Here is the answer: sunny"
    wrapped = {**output, "output": '{"result": "sunny"}'}
    assert said(answer({"tools": [WEATHER]}, [asked, call, wrapped])) == "Here is the answer: sunny"
    again = [asked, call, output, user("And what's the weather in Berkeley?")]
    assert call_of(answer({"tools": [WEATHER]}, again)) == ("get_weather", {"city": "Berkeley"})


def test_after_a_handoff_the_other_agent_goes_on():
    """That somebody else has taken over is no answer yet."""
    call = {"type": "function_call", "call_id": "c", "name": HANDOFF["name"], "arguments": "{}"}
    output = {"type": "function_call_output", "call_id": "c", "output": '{"assistant": "Weather Assistant"}'}
    items = [user("What's the weather in Oakland?"), call, output]
    assert call_of(answer({"tools": [WEATHER]}, items))[0] == "get_weather"


def test_a_name_is_known_only_if_it_was_sent():
    """So a sample in which the name is remembered shows that its session works."""
    question = user("What's my name?")
    assert said(answer({}, [user("Hello, my name is Alice")])) == "Hello Alice, nice to meet you."
    assert said(answer({}, [user("Hello, my name is Alice"), question])) == "Your name is Alice."
    assert said(answer({}, [question])) == "I don't know your name."


@pytest.mark.parametrize(
    ("choice", "kind"),
    [
        ("none", "message"),
        ("required", "function_call"),
        ({"type": "function", "name": "get_weather"}, "function_call"),
    ],
)
def test_tool_choice_is_kept_to(choice, kind):
    """A tool that must be called is, a tool that must not be is not."""
    text = "What's the weather in Oakland?" if choice == "none" else "Tell me of life in Oakland"
    (item,) = answer({"tools": [WEATHER], "tool_choice": choice}, [user(text)])
    assert item["type"] == kind


def test_hosted_search_is_used_and_tools_in_namespaces_are_seen():
    """A hosted call comes with the answer; functions inside a namespace count like others."""
    kinds = [item["type"] for item in answer({"tools": [{"type": "web_search"}]}, [user("News?")])]
    assert kinds == ["web_search_call", "message"]
    space = {"type": "namespace", "name": "sky", "tools": [WEATHER]}
    assert call_of(answer({"tools": [space]}, [user("What's the weather in Oakland?")]))[0] == "get_weather"


def test_a_function_that_searches_is_called_for_any_question():
    """Unless another tool fits better; what is no question is not sought."""
    search = function("web_search", "query")
    asked = user("What's the weather in Oakland?")
    assert call_of(answer({"tools": [search]}, [asked])) == ("web_search", {"query": "What's the weather in Oakland?"})
    assert call_of(answer({"tools": [search, WEATHER]}, [asked]))[0] == "get_weather"
    assert said(answer({"tools": [search]}, [user("Hello!")])) == "You said: Hello!"
