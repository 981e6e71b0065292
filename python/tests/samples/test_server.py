"""The loopback server, asked by the official client and by the Agents SDK."""

import pytest
from agents import Agent, OpenAIConversationsSession, RunConfig, Runner, function_tool
from agents.models.openai_responses import OpenAIResponsesModel
from openai import AsyncOpenAI, NotFoundError

from samples.server import ToyServer
from timestep.errors import SessionError
from timestep.sessions.conversations import OpenAIConversationsSession as OurSession


@pytest.fixture
def server():
    """Return a running server."""
    with ToyServer() as running:
        yield running


@pytest.fixture
async def client(server):
    """Return the official client, turned to the server."""
    async with AsyncOpenAI(base_url=server.url, api_key="dummy", max_retries=0) as opened:
        yield opened


async def test_the_official_client_reads_an_answer(client, server):
    """The whole object is one the client takes, and the request is noted."""
    response = await client.responses.create(model="gpt-4.1", input="What's 2+2?")
    assert (response.output_text, response.status, response.model) == ("2+2 is 4.", "completed", "gpt-4.1")
    assert server.exchanges[0].request["input"] == "What's 2+2?"
    assert server.exchanges[0].output[0]["content"][0]["text"] == "2+2 is 4."


async def test_the_official_client_reads_a_stream(client):
    """Text comes word by word, and the pieces make the whole."""
    async with client.responses.stream(model="gpt-4.1", input="Tell me a story") as stream:
        events = [event async for event in stream]
        final = await stream.get_final_response()
    pieces = [event.delta for event in events if event.type == "response.output_text.delta"]
    assert len(pieces) > 5
    assert "".join(pieces) == final.output_text
    assert [event.sequence_number for event in events if hasattr(event, "sequence_number")] == list(range(len(events)))


async def test_a_conversation_is_remembered(client, server):
    """`conversation` and `previous_response_id` put what was said before in front of the input."""
    conversation = await client.conversations.create()
    first = await client.responses.create(model="m", input="My name is Alice", conversation=conversation.id)
    kept = await client.responses.create(model="m", input="What's my name?", conversation=conversation.id)
    chained = await client.responses.create(model="m", input="What's my name?", previous_response_id=first.id)
    alone = await client.responses.create(model="m", input="What's my name?")
    assert [each.output_text for each in (kept, chained, alone)] == ["Your name is Alice."] * 2 + [
        "I don't know your name."
    ]
    assert len(server.conversations.items[conversation.id]) == 4


async def test_what_is_not_there_is_refused(client):
    """An unknown conversation, response or address is a 404, as with the service."""
    for options in ({"conversation": "conv_none"}, {"previous_response_id": "resp_none"}):
        with pytest.raises(NotFoundError):
            await client.responses.create(model="m", input="x", **options)
    with pytest.raises(NotFoundError):
        await client.models.list()


async def test_a_model_that_fails_does_so_however_often_it_is_asked():
    """What it answers is no answer; another one is not touched by that."""
    with ToyServer(failing={"m"}) as server:
        async with AsyncOpenAI(base_url=server.url, api_key="dummy", max_retries=0) as client:
            for _ in range(2):
                assert (await client.responses.create(model="m", input="x")).object == "nonsense"
            assert (await client.responses.create(model="n", input="What's 1+1?")).output_text == "1+1 is 2."
    assert [bool(exchange.output) for exchange in server.exchanges] == [False, False, True]


async def test_the_agents_sdk_runs_against_it(client, server):
    """Tool, handoff and a session in the Conversations API, driven by a loop that is not ours."""
    model = OpenAIResponsesModel("gpt-4.1", client)

    @function_tool
    def get_weather(city: str) -> str:
        """Get the weather."""
        return f"It is sunny in {city}."

    weather = Agent(name="Weather Assistant", instructions="weather", tools=[get_weather], model=model)
    agent = Agent(name="Assistant", instructions="main", handoffs=[weather], model=model)
    session = OpenAIConversationsSession(openai_client=client)
    config = RunConfig(tracing_disabled=True)
    result = await Runner.run(agent, "What's the weather in Oakland?", session=session, run_config=config)
    assert result.final_output == "Here is the answer: It is sunny in Oakland."
    assert [exchange.called for exchange in server.exchanges] == [
        ["transfer_to_weather_assistant"],
        ["get_weather"],
        [],
    ]
    await Runner.run(agent, "Hello, my name is Alice", session=session, run_config=config)
    result = await Runner.run(agent, "What's my name?", session=session, run_config=config)
    assert result.final_output == "Your name is Alice."


async def test_our_session_keeps_items_in_it(client, server):
    """Pages, order, deletion and the limits of the service, asked for by our own session."""
    session = OurSession(openai_client=client)
    items = [{"role": "user", "content": f"message {number}"} for number in range(130)]
    await session.add_items(items)
    texts = [item["content"][0]["text"] for item in await session.get_items()]
    assert texts == [item["content"] for item in items]
    assert [item["content"][0]["text"] for item in await session.get_items(2)] == ["message 128", "message 129"]
    assert (await session.pop_item())["content"][0]["text"] == "message 129"
    assert len(server.conversations.items[session.session_id]) == 129
    lost = OurSession(conversation_id=session.session_id, openai_client=client)
    await session.clear_session()
    assert server.conversations.items == {}
    with pytest.raises(SessionError):
        await lost.get_items()


async def test_it_is_strict_where_the_service_is(client, server):
    """More than 20 items at once, or a page of more than 100, is refused."""
    made = server.conversations.handle("POST", [], {}, {}).body["id"]
    item = {"role": "user", "content": "x"}
    assert server.conversations.handle("POST", [made, "items"], {}, {"items": [item] * 21}).status == 400
    assert server.conversations.handle("GET", [made, "items"], {"limit": "101"}, {}).status == 400
    assert server.conversations.handle("GET", [made, "items"], {"after": "none"}, {}).status == 404
    assert (await client.conversations.retrieve(made)).id == made
