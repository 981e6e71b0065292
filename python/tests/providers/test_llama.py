"""Whole runs against a real llama.cpp server, whose tiny model calls tools, over both of its APIs (BARS U2)."""

import asyncio
import dataclasses
import hashlib
import json
from typing import Literal

import pytest
from openai import AsyncOpenAI

import timestep
from timestep import (
    Agent,
    MemorySession,
    ModelBehaviorError,
    ModelError,
    ModelSettings,
    MultiModelProvider,
    MultiModelProviderMap,
    Retry,
    ToolError,
    function_tool,
    run_agent,
)
from timestep.providers.openai import OpenAIModelProvider

from .conftest import KEY, asked
from .llama_server import MODEL, llama_server

pytestmark = pytest.mark.timeout(20)
BOTH = ("responses", "chat_completions")
TOOL = {
    "type": "function",
    "name": "get_weather",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}


@pytest.fixture(scope="module")
def llama():
    """Return the address of a running llama.cpp."""
    with llama_server() as url:
        yield url


def provider_of(url, wire_api):
    """Return a provider for a server that wants no key."""
    # Twice, since the server may hang up on a connection that it had kept open as it is used again.
    return OpenAIModelProvider(base_url=url, wire_api=wire_api, retry=Retry(attempts=2, first_delay=0.01))


@pytest.fixture(params=BOTH)
async def provider(llama, request):
    """Return a provider for each API of the server."""
    provider = provider_of(llama, request.param)
    yield provider
    await provider.aclose()


async def whole(agent, question, **options):
    """Run without streaming."""
    async with asyncio.timeout(5):
        return await run_agent(agent, question, **options)


async def streamed(agent, question, **options):
    """Run with streaming, and read all of it."""
    result, _ = await told(agent, question, **options)
    return result


async def told(agent, question, **options):
    """Run with streaming; return the result and the events."""
    async with asyncio.timeout(5):
        handle = run_agent(agent, question, stream=True, **options)
        events = [event async for event in handle]
        return await handle.result(), events


class Desk:
    """An agent with three tools, and what they were called with."""

    def __init__(self, **options):
        self.calls = []
        weather = {"Oakland": "sunny", "Paris": "rainy and cold", "São Paulo": "hot", "東京": "windy", "Grolm": "dry"}

        @function_tool
        def get_weather(city: str) -> str:
            """Tell the weather."""
            self.calls.append(("get_weather", city))
            if city not in weather:
                raise ToolError("Error: no such city")
            return weather[city]

        @function_tool
        def add(a: int, b: int) -> int:
            """Add two numbers."""
            self.calls.append(("add", a, b))
            return a + b

        @function_tool(**options)
        def send_message(to: str, text: str) -> str:
            """Send a message."""
            self.calls.append(("send_message", to, text))
            return "sent"

        tools = [get_weather, add, send_message]
        self.agent = Agent("Desk", instructions="You are helpful.", tools=tools, model="tiny")


CASES = [
    ("What is the weather in Oakland?", [("get_weather", "Oakland")], "It is sunny in Oakland."),
    ("What is the weather in São Paulo?", [("get_weather", "São Paulo")], "It is hot in São Paulo."),
    ("What is the weather in 東京?", [("get_weather", "東京")], "It is windy in 東京."),
    ("What is the weather in Grolm?", [("get_weather", "Grolm")], "It is dry in Grolm."),
    ("What is 17 plus 25?", [("add", 17, 25)], "17 plus 25 is 42."),
    ("Tell Ann that dinner is ready.", [("send_message", "Ann", "dinner is ready")], "Message to Ann: sent."),
    (
        "What is the weather in Oakland and Paris?",
        [("get_weather", "Oakland"), ("get_weather", "Paris")],
        "It is sunny in Oakland and rainy and cold in Paris.",
    ),
    ("hello", [], "Hello! How can I help?"),
]


@pytest.mark.parametrize("way", [whole, streamed])
@pytest.mark.parametrize(("question", "calls", "answer"), CASES)
async def test_a_whole_run(provider, *, way, question, calls, answer):
    """The tools run with exactly these arguments, and the answer has their results; nothing else is called."""
    desk = Desk()
    result = await way(desk.agent, question, model_provider=provider)
    assert (desk.calls, result.final_output) == (calls, answer)
    usage = result.usage
    assert usage.requests == (2 if calls else 1)
    assert usage.input_tokens > usage.output_tokens > 0
    assert usage.total_tokens == usage.input_tokens + usage.output_tokens


async def test_the_same_items_over_both_apis_and_both_ways(llama):
    """But for their ids, the items of a run don't tell how the model was asked."""
    seen = []
    for wire_api in BOTH:
        for way in (whole, streamed):
            provider = provider_of(llama, wire_api)
            result = await way(Desk().agent, "What is the weather in Oakland and Paris?", model_provider=provider)
            await provider.aclose()
            seen.append(plain(result.new_items))
    assert seen[1:] == seen[:1] * 3
    assert [item["type"] for item in seen[0]] == [
        "function_call", "function_call", "function_call_output", "function_call_output", "message",
    ]  # fmt: skip


def plain(items):
    """Return items without what differs from run to run, calls numbered."""
    numbers = {}
    found = []
    for item in items:
        rest = {name: value for name, value in item.items() if name not in ("id", "call_id", "logprobs")}
        if "call_id" in item:
            rest["call"] = numbers.setdefault(item["call_id"], len(numbers))
        if item["type"] == "message":
            rest["content"] = [part["text"] for part in item["content"]]
        found.append(rest)
    return found


async def test_the_pieces_are_the_whole(provider):
    """Joined, the deltas are the arguments of each call and the text of the answer, though they cut letters in two."""
    question = "What is the weather in São Paulo and 東京?"
    result, events = await told(Desk().agent, question, model_provider=provider)
    arguments, content = {}, ""
    for event in events:
        if event["type"] == "arguments_delta":
            arguments[event["call_id"]] = arguments.get(event["call_id"], "") + event["content"]
        elif event["type"] == "content_delta":
            content += event["content"]
    calls = [item for item in result.new_items if item["type"] == "function_call"]
    assert arguments == {call["call_id"]: call["arguments"] for call in calls}
    assert [json.loads(each) for each in arguments.values()] == [{"city": "São Paulo"}, {"city": "東京"}]
    assert content == result.final_output == "It is hot in São Paulo and windy in 東京."
    assert sum(event["type"] == "arguments_delta" for event in events) > 20


@pytest.mark.parametrize("way", [whole, streamed])
async def test_what_the_model_thinks_is_an_item_of_its_own(provider, way):
    """Reasoning is told apart from the answer, and the conversation goes on after it."""
    session = MemorySession("s")
    agent = Agent("A", model="tiny")
    result = await way(agent, "Think: Oakland or Paris?", session=session, model_provider=provider)
    thought, message = result.new_items
    assert (thought["type"], thought["content"][0]["text"]) == ("reasoning", "Oakland or Paris? Oakland comes first.")
    assert message["content"][0]["text"] == result.final_output == "I take Oakland."
    result = await way(agent, "Thanks", session=session, model_provider=provider)
    assert result.final_output == "You are welcome."


async def test_thoughts_come_as_pieces(provider):
    """They are deltas of reasoning, and no part of the text."""
    result, events = await told(Agent("A", model="tiny"), "Think: Oakland or Paris?", model_provider=provider)
    pieces = {
        kind: "".join(e["content"] for e in events if e["type"] == kind)
        for kind in ("reasoning_delta", "content_delta")
    }
    assert pieces == {"reasoning_delta": "Oakland or Paris? Oakland comes first.", "content_delta": result.final_output}


@dataclasses.dataclass
class Person:
    """Somebody."""

    name: str
    age: int
    city: str


@dataclasses.dataclass
class Choice:
    """One of a few, so that any answer of this schema is short."""

    color: Literal["red", "green"]
    sure: bool


@pytest.mark.parametrize("way", [whole, streamed])
async def test_an_output_type_gives_its_value(provider, way):
    """A final output is read as the type asked for."""
    agent = Agent("A", model="tiny", output_type=Person)
    result = await way(agent, "Extract: Ann is 42 and lives in Oakland.", model_provider=provider)
    assert result.final_output == Person("Ann", 42, "Oakland")


@pytest.mark.parametrize("way", [whole, streamed])
async def test_an_output_type_is_held_to_its_schema_where_the_server_does_that(provider, way):
    """Over Chat the server lets the model say nothing else; over Responses it takes no notice, and that is told."""
    agent = Agent("A", model="tiny", output_type=Choice)
    asking = way(agent, "hello", model_provider=provider)
    if provider.rule().wire_api == "chat_completions":
        assert isinstance((await asking).final_output, Choice)
    else:  # https://github.com/ggml-org/llama.cpp/issues/21922
        with pytest.raises(ModelBehaviorError, match="the final output is no Choice"):
            await asking


@pytest.mark.parametrize("way", [whole, streamed])
async def test_an_answer_that_is_cut_off_is_none(provider, way):
    """A bound on tokens ends the run with that reason, over Responses too, where the server says "completed"."""
    agent = Agent("A", model="tiny", model_settings=ModelSettings(max_tokens=20))
    with pytest.raises(ModelBehaviorError, match="cut off") as caught:
        await way(agent, "Count to 30.", model_provider=provider)
    assert caught.value.code == "model-incomplete"


@pytest.mark.parametrize("way", [whole, streamed])
async def test_a_call_that_is_cut_off_is_not_made(provider, way):
    """Half of its arguments are no arguments; the model is told, and the server, which parses them, is asked again."""
    desk = Desk()
    desk.agent.model_settings = ModelSettings(max_tokens=50)
    result = await way(desk.agent, "What is the weather in Oakland?", model_provider=provider)
    assert desk.calls == []
    call, output, _ = result.new_items
    assert '{"city": "Oakland"}'.startswith(call["arguments"])
    assert "cut off" in output["output"]


@pytest.mark.parametrize("way", [whole, streamed])
async def test_a_run_pauses_for_approval_on_one_api_and_ends_on_the_other(provider, llama, way):
    """A saved run is not bound to the API that its calls came from."""
    desk = Desk(needs_approval=True)
    result = await way(desk.agent, "Tell Ann that dinner is ready.", model_provider=provider)
    assert [each.tool for each in result.interruptions] == ["send_message"]
    assert desk.calls == []
    state = timestep.read(timestep.write(result.state, "timestep").data, trusted=True)
    state.approve(state.get_interruptions()[0])
    other = provider_of(llama, BOTH[BOTH.index(provider.rule().wire_api) - 1])
    result = await way(desk.agent, state, model_provider=other)
    await other.aclose()
    assert (desk.calls, result.final_output) == ([("send_message", "Ann", "dinner is ready")], "Message to Ann: sent.")


async def test_a_refused_call_is_answered(provider):
    """The model is told that it was not approved, and says so."""
    desk = Desk(needs_approval=True)
    result = await whole(
        desk.agent, "Tell Ann that dinner is ready.", model_provider=provider, approver=lambda _asked: False
    )
    assert (desk.calls, result.final_output) == ([], "I was not allowed to do that.")


async def test_a_handoff(provider):
    """The other agent is asked next, with its own tools."""
    desk = Desk()
    front = Agent("Front", instructions="You are helpful.", handoffs=[desk.agent], model="tiny")
    result = await whole(front, "What is the weather in Oakland?", model_provider=provider)
    assert (result.last_agent, desk.calls) == ("Desk", [("get_weather", "Oakland")])
    assert result.final_output == "It is sunny in Oakland."


async def test_a_run_left_in_the_middle_frees_the_server(provider):
    """Who stops reading stops the run, and the next one is answered."""
    async with asyncio.timeout(5):
        for _ in range(4):  # more than the server answers at once
            handle = run_agent(Agent("A", model="tiny"), "Count to 40.", stream=True, model_provider=provider)
            async for event in handle:
                if event["type"] == "content_delta":
                    handle.cancel()
                    break
    result = await whole(Agent("A", model="tiny"), "Say: the door is open", model_provider=provider)
    assert result.final_output == "the door is open"


async def test_many_at_once(provider):
    """Runs that go on side by side don't mix."""
    desks = [Desk() for _ in range(6)]
    questions = [f"What is {7 + number} plus {20 + number}?" for number in range(len(desks))]
    runs = (whole(desk.agent, text, model_provider=provider) for desk, text in zip(desks, questions, strict=True))
    results = await asyncio.gather(*runs)
    for number, (desk, result) in enumerate(zip(desks, results, strict=True)):
        assert desk.calls == [("add", 7 + number, 20 + number)]
        assert result.final_output == f"{7 + number} plus {20 + number} is {27 + 2 * number}."


async def test_a_tool_that_fails_is_answered(provider):
    """The model is told that it did, and says so."""
    desk = Desk()
    result = await whole(desk.agent, "What is the weather in Berlin?", model_provider=provider)
    assert (desk.calls, result.final_output) == ([("get_weather", "Berlin")], "That did not work.")


async def test_a_tool_choice_holds_for_one_turn(provider):
    """A model that must call a tool can't just greet; in a run it need not, once a tool has run."""
    model, choice = provider.get_model("tiny"), ModelSettings(tool_choice="required", max_tokens=60)
    async with asyncio.timeout(5):
        free = await model.respond(asked("hello", tools=[TOOL]))
        bound = await model.respond(asked("hello", tools=[TOOL], settings=choice))
    assert free.output[0]["content"][0]["text"] == "Hello! How can I help?"
    assert plain(bound.output) != plain(free.output)
    desk = Desk()
    desk.agent.model_settings = ModelSettings(tool_choice="required")
    result = await whole(desk.agent, "What is 17 plus 25?", model_provider=provider)
    assert (desk.calls, result.final_output) == ([("add", 17, 25)], "17 plus 25 is 42.")


@pytest.mark.parametrize("way", [whole, streamed])
async def test_a_conversation(provider, way):
    """Earlier calls and answers stay in view, and new ones follow them."""
    desk, session = Desk(), MemorySession("s")
    asked_for = ["What is the weather in Oakland?", "What is 17 plus 25?", "Thanks"]
    results = [await way(desk.agent, each, session=session, model_provider=provider) for each in asked_for]
    assert [each.final_output for each in results] == [
        "It is sunny in Oakland.",
        "17 plus 25 is 42.",
        "You are welcome.",
    ]
    assert desk.calls == [("get_weather", "Oakland"), ("add", 17, 25)]


@pytest.mark.parametrize("way", [whole, streamed])
async def test_a_question_too_long_is_refused_in_the_servers_words(provider, way):
    """A status and what the server says; nothing is asked again."""
    with pytest.raises(ModelError, match="exceeds the available context size") as caught:
        await way(Agent("A", model="tiny"), "x" * 9000, model_provider=provider)
    assert (caught.value.status, caught.value.sent) == (400, "no")


async def test_a_key_is_sent_where_the_server_wants_one():
    """Without it the run ends with what to do, at once; with it the server answers."""
    agent = Agent("A", model="tiny")
    with llama_server(MODEL, KEY) as url:
        for wire_api in BOTH:
            for key in (KEY, None):
                provider = OpenAIModelProvider(key, url, wire_api=wire_api)
                if key:
                    assert (await whole(agent, "hello", model_provider=provider)).final_output
                else:
                    with pytest.raises(ModelError, match="Invalid API Key") as caught:
                        await whole(agent, "hello", model_provider=provider)
                    assert (caught.value.status, caught.value.sent) == (401, "no")
                await provider.aclose()


async def test_a_prefix_of_ours_leads_to_it(llama):
    """MultiModelProvider: what is behind a prefix may be any server with one of OpenAI's APIs."""
    providers = MultiModelProviderMap()
    for wire_api in BOTH:
        providers.add_provider(f"local-{wire_api}", provider_of(llama, wire_api))
    for prefix in providers.get_mapping():
        desk = Desk()
        desk.agent.model = f"{prefix}/tiny"
        result = await whole(
            desk.agent, "What is the weather in Oakland?", model_provider=MultiModelProvider(providers)
        )
        assert (desk.calls, result.final_output) == ([("get_weather", "Oakland")], "It is sunny in Oakland.")


@pytest.fixture
async def official(llama):
    """Return the official client."""
    async with AsyncOpenAI(api_key="none", base_url=llama, max_retries=0) as client:
        yield client


@pytest.mark.parametrize("question", ["hello", "What is the weather in Oakland?", "Think: Oakland or Paris?"])
async def test_the_official_client_reads_the_same_responses(llama, official, question):
    """What is read here from the bytes of a response is what OpenAI's own client makes of them."""
    async with asyncio.timeout(5):
        theirs = await official.responses.create(model="tiny", input=question, tools=[TOOL])
        ours = await provider_of(llama, "responses").get_model("tiny").respond(asked(question, tools=[TOOL]))
    expected = plain(item.model_dump(mode="json", exclude_unset=True) for item in theirs.output)
    assert plain(ours.output) == expected
    assert (ours.usage.input_tokens, ours.usage.output_tokens) == (
        theirs.usage.input_tokens,
        theirs.usage.output_tokens,
    )


@pytest.mark.parametrize("question", ["hello", "What is the weather in Oakland?"])
async def test_the_official_client_reads_the_same_completions(llama, official, question):
    """Likewise for Chat Completions, where our items are made from a message."""
    tool = {"type": "function", "function": {name: TOOL[name] for name in ("name", "parameters")}}
    async with asyncio.timeout(5):
        messages = [{"role": "user", "content": question}]
        theirs = await official.chat.completions.create(model="tiny", messages=messages, tools=[tool])
        ours = await provider_of(llama, "chat_completions").get_model("tiny").respond(asked(question, tools=[TOOL]))
    message = theirs.choices[0].message
    if message.tool_calls:
        calls = [(call.function.name, call.function.arguments) for call in message.tool_calls]
        assert [(item["name"], item["arguments"]) for item in ours.output] == calls
    else:
        assert [item["content"][0]["text"] for item in ours.output] == [message.content]
    assert (ours.usage.input_tokens, ours.usage.output_tokens) == (
        theirs.usage.prompt_tokens,
        theirs.usage.completion_tokens,
    )


def test_the_model_is_the_one_that_is_told_of(repo_root):
    """The file is small, holds the template beside its script, and is the one that the README there names."""
    made_by, data = repo_root / "tools" / "tiny_model", MODEL.read_bytes()
    assert len(data) < 4 * 1024 * 1024
    assert (made_by / "chat_template.jinja").read_bytes() in data
    assert hashlib.sha256(data).hexdigest() in (made_by / "README.md").read_text(encoding="utf-8")
