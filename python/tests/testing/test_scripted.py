"""The scripted model that users test their agents with."""

import doctest

import pytest

from timestep.errors import ModelError, UserError
from timestep.handoffs.handoff import Handoff
from timestep.providers.protocol import Delta, Model, ModelProvider, ModelRequest, ModelResponse
from timestep.testing import ScriptedModel, ScriptError, clock, handoff_to, message, scripted, tool_call

REFUSAL = {"type": "message", "role": "assistant", "content": [{"type": "refusal", "refusal": "I can't do that."}]}
REASONING = {"type": "reasoning", "summary": [{"type": "summary_text", "text": "Let me see."}]}
CUSTOM = {"type": "custom_tool_call", "name": "patch", "input": "*** Begin Patch\n"}


def asked(*items):
    """Return a request."""
    return ModelRequest(model=None, input=list(items))


async def whole(model, request):
    """Ask for the whole answer."""
    return await model.respond(request)


async def last(model, request):
    """Ask for a stream, and return its end."""
    return [each async for each in model.stream(request)][-1]


@pytest.fixture(params=[whole, last])
def ask(request):
    """Return each of the two ways to ask."""
    return request.param


@pytest.mark.parametrize("module", [scripted, clock])
def test_the_examples_of_the_docstrings_are_true(module):
    """They are what users read first."""
    result = doctest.testmod(module)
    assert result.attempted
    assert not result.failed


def test_it_stands_wherever_a_model_or_a_provider_can():
    """Both protocols, and it gives itself, whatever name is asked for."""
    model = ScriptedModel([])
    assert isinstance(model, Model)
    assert isinstance(model, ModelProvider)
    assert model.get_model("gpt-4.1") is model


async def test_each_form_of_an_answer_gives_items_with_ids(ask):
    """Texts, items, lists of both, whole responses and functions; the same ids each time."""
    ready = ModelResponse(output=[{"type": "message", "id": "mine"}], id="resp_mine", status="incomplete", reason="r")

    async def later(request):
        return f"{len(request.input)} items"

    script = ["hi", tool_call("add", {"a": 1}), ["a", tool_call("b"), REASONING], ready, lambda _: "now", later]
    model = ScriptedModel([*script, CUSTOM, {"role": "assistant", "content": []}])
    answers = [await ask(model, asked({"role": "user"})) for _ in range(8)]
    assert [answer.id for answer in answers] == [
        "resp_0", "resp_1", "resp_2", "resp_mine", "resp_4", "resp_5", "resp_6", "resp_7",
    ]  # fmt: skip
    assert answers[0].output == [{**message("hi"), "id": "msg_0"}]
    assert answers[1].output == [
        {
            "type": "function_call",
            "name": "add",
            "arguments": '{"a":1}',
            "status": "completed",
            "call_id": "call_0",
            "id": "fc_0",
        }
    ]
    assert [(item["id"], item.get("call_id")) for item in answers[2].output] == [
        ("msg_1", None), ("fc_1", "call_1"), ("rs_0", None),
    ]  # fmt: skip
    assert answers[3] == ready
    texts = [answers[number].output[0]["content"][0]["text"] for number in (4, 5)]
    assert texts == ["now", "1 items"]
    assert answers[6].output[0]["call_id"] == "call_2"
    assert answers[7].output[0]["type"] == "message"
    assert [answer.usage.requests for answer in answers[:2]] == [1, 1]
    model.check()


async def test_ids_of_the_script_are_kept_and_a_script_is_not_changed(ask):
    """A test that compares call ids states them; one script serves several models."""
    script = [tool_call("add", call_id="mine"), tool_call("add")]
    for _ in range(2):
        model = ScriptedModel(script, prefix="b_")
        found = [(await ask(model, asked())).output[0]["call_id"] for _ in script]
        assert found == ["mine", "b_call_0"]
    assert "id" not in script[0]


async def test_a_call_may_have_arguments_that_are_no_json(ask):
    """What a model gets wrong can be scripted too."""
    answer = await ask(ScriptedModel([tool_call("add", '{"a":')]), asked())
    assert answer.output[0]["arguments"] == '{"a":'


def test_a_handoff_is_the_call_of_the_tool_that_the_agent_offers():
    """Its name is made as for a real handoff (TS-HAND-001)."""

    class Target:
        name = "Billing & Refunds"
        handoff_description = None

    assert handoff_to("Billing & Refunds")["name"] == Handoff(Target()).tool_name
    assert handoff_to("A", {"message": "hi"}, "c1")["arguments"] == '{"message":"hi"}'
    assert handoff_to("A", call_id="c1")["call_id"] == "c1"


@pytest.mark.parametrize("error", [ModelError("overloaded"), ModelError, ValueError("x")], ids=str)
async def test_an_exception_in_the_script_is_raised(ask, error):
    """So a test sees what its agent does when the model fails."""
    model = ScriptedModel([error, "after that"])
    with pytest.raises(error if isinstance(error, type) else type(error)):
        await ask(model, asked())
    assert (await ask(model, asked())).output[0]["content"][0]["text"] == "after that"


async def test_what_was_asked_is_kept_as_it_was(ask):
    """A list that grows afterwards changes no earlier request."""
    items = [{"role": "user", "content": "a"}]
    model = ScriptedModel(["b", "c"])
    await ask(model, ModelRequest(model="gpt", input=items, instructions="be good"))
    items.append({"role": "user", "content": "d"})
    await ask(model, ModelRequest(model=None, input=items))
    assert [len(request.input) for request in model.requests] == [1, 2]
    assert (model.requests[0].model, model.requests[0].instructions) == ("gpt", "be good")


async def test_a_question_too_many_says_what_was_asked(ask):
    """It fails the test that scripted too little, also where the run swallows the error."""
    model = ScriptedModel(["one"])
    await ask(model, asked())
    with pytest.raises(ScriptError, match=r"asked 2 times, but 1 answers are scripted.*'surprise'") as caught:
        await ask(model, asked({"role": "user", "content": "surprise"}))
    assert isinstance(caught.value, AssertionError)
    assert isinstance(caught.value, ModelError)
    with pytest.raises(ScriptError, match="asked 2 times"):
        model.check()
    with pytest.raises(ScriptError, match="is None"):
        await ask(ScriptedModel([]), asked())


def test_an_answer_left_over_fails_the_with_block():
    """A run that ends early is a failure of the test; one that raised already says so itself."""
    told = "asked 0 times, but 2 answers are scripted; the next would be 'one'"
    with pytest.raises(ScriptError, match=told), ScriptedModel(["one", "two"]):
        pass
    with pytest.raises(KeyError), ScriptedModel(["one"]):
        raise KeyError
    with ScriptedModel([]) as model:
        assert repr(model) == "ScriptedModel(0 of 0 answers asked for)"


def test_a_long_answer_is_shown_by_its_beginning():
    """An error stays readable."""
    with pytest.raises(ScriptError) as caught:
        ScriptedModel(["x" * 10_000]).check()
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize("script", ["hello", {"type": "message"}, None, 3])
def test_a_script_that_is_no_list_is_refused(script):
    """A lone text would else be an answer for each of its letters."""
    with pytest.raises(UserError, match="list of answers"):
        ScriptedModel(script)


@pytest.mark.parametrize("answer", [3, [3], None, lambda _: 3], ids=["number", "list", "nothing", "function"])
async def test_an_answer_of_no_known_form_is_refused(ask, answer):
    """It says which one, and what there is."""
    with pytest.raises(UserError, match="answer 0 of the script"):
        await ask(ScriptedModel([answer]), asked())


@pytest.mark.parametrize("text", ["one two  three", " a\nb ", "", "   ", "\n", "x"])
async def test_a_stream_gives_text_word_by_word(text):
    """Joined, the pieces are the text again, spaces and all."""
    *pieces, response = [each async for each in ScriptedModel([text]).stream(asked())]
    assert "".join(piece.text for piece in pieces) == text
    assert len(pieces) >= len(text.split())
    assert all(piece.item_id == response.output[0]["id"] and piece.output_index == 0 for piece in pieces)


async def test_a_stream_tells_what_its_pieces_are_of():
    """Reasoning, refusals and arguments as well as text; arguments say whose they are."""
    script = [REASONING, REFUSAL, tool_call("add", {"a": 1}, "c1"), CUSTOM, "Well.", {"type": "web_search_call"}]
    *pieces, _ = [each async for each in ScriptedModel([script]).stream(asked())]
    texts = {}
    for piece in pieces:
        key = (piece.kind, piece.output_index, piece.call_id, piece.name)
        texts[key] = texts.get(key, "") + piece.text
    assert texts == {
        ("reasoning", 0, None, None): "Let me see.",
        ("refusal", 1, None, None): "I can't do that.",
        ("arguments", 2, "c1", "add"): '{"a":1}',
        ("arguments", 3, "call_0", "patch"): "*** Begin Patch\n",
        ("text", 4, None, None): "Well.",
    }
    assert all(isinstance(piece, Delta) for piece in pieces)
