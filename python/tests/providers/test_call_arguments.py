"""Arguments of calls on their way back to a model: an object, whatever the model wrote."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timestep.providers.call_arguments import shown_arguments
from timestep.providers.chat_request import request_body as chat_body
from timestep.providers.ollama_request import request_body as ollama_body
from timestep.providers.protocol import ModelRequest
from timestep.providers.responses_request import request_body as responses_body


@pytest.mark.parametrize("text", ['{"a": 1.0, "b": [ ]}', "{}", ' {"n": 9007199254740993}', '{"a": 1, "a": 2}'])
def test_an_object_stays_as_it_is_written(text):
    """Byte for byte: what the model wrote is what it sees."""
    assert shown_arguments(text) == text


@pytest.mark.parametrize("text", ['{"a": NaN}', "[1]", "1e999", '{"a":' * 100_000])
def test_what_others_can_not_parse_is_not_sent_bare(text):
    """Words that Python alone takes for numbers, what is no object, and depths at which parsers fail."""
    assert json.loads(shown_arguments(text)) == {"invalid_arguments": text}


@given(st.text(max_size=20))
def test_any_other_text_stands_in_an_object(text):
    """Nothing of it is lost."""
    shown = json.loads(shown_arguments(text))
    assert isinstance(shown, dict)
    if shown:
        assert text in (shown.get("invalid_arguments"), shown_arguments(text))


def test_no_server_but_openai_is_sent_half_arguments():
    """OpenAI takes any text; others parse it, and fail."""
    call = {"type": "function_call", "call_id": "c", "name": "t", "arguments": '{"city": "O'}
    output = {"type": "function_call_output", "call_id": "c", "output": "cut off"}
    request = ModelRequest(model=None, input=[call, output])
    whole = '{"invalid_arguments":"{\\"city\\": \\"O"}'
    assert json.loads(responses_body(request, "m", stream=False))["input"][0]["arguments"] == whole
    (first, _) = json.loads(chat_body(request, "m", stream=False))["messages"]
    assert first["tool_calls"][0]["function"]["arguments"] == whole
    (first, _) = json.loads(ollama_body(request, "m", stream=False))["messages"]
    assert first["tool_calls"][0]["function"]["arguments"] == json.loads(whole)
    exact = json.loads(responses_body(request, "m", stream=False, at_openai=True))["input"][0]["arguments"]
    assert exact == call["arguments"]
