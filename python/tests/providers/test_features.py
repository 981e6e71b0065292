"""What each way to a model can do: every cell of the table in python/docs/wires.md is tried here.

With TIMESTEP_WRITE_TABLE=1 in the environment the table is written anew.
"""

import json
import os
from datetime import date
from typing import Literal

import pytest
from pydantic import BaseModel

from timestep import Agent, ModelSettings, UserError, function_tool, run_agent

from .conftest import KEEP
from .wires import USAGE, WIRES

PAGE = "python/docs/wires.md"
BEGIN, END = "<!-- table -->\n", "<!-- end of the table -->"
PICTURE = "data:image/png;base64,iVBORw0KGgo="
ADDRESS = "https://pictures.example/cat.png"


class Stop(BaseModel):
    """A stop of a journey."""

    city: Literal["Oslo", "Bergen"]
    then: list["Stop"] = []


class Place(BaseModel):
    """An output type."""

    city: str


class Trial:
    """A wire with a server behind it."""

    def __init__(self, wire, model, server, *, stream):
        self.wire, self.model, self.server, self.stream = wire, model, server, stream

    async def run(self, answers, *, input="Hello", tools=(), **agent):  # noqa: A002 - the field's word
        """Run an agent that gets these answers; return its result, and the events it told."""
        made = [self.wire.answer(**answer, stream=self.stream) for answer in answers]
        self.server.answers = [[each, KEEP] for each in made]
        self.server.requests.clear()
        asking = Agent(model=self.model, tools=list(tools), **agent)
        result = await run_agent(asking, input, stream=self.stream)
        events = [event async for event in result.stream_events()] if self.stream else []
        return await result, events

    @property
    def bodies(self):
        """What was sent."""
        return [json.loads(body) for _, body in self.server.requests]


def weather_tool(seen):
    """Return a tool that notes the cities it is asked about."""

    @function_tool
    def get_weather(city: str) -> str:
        """Get the weather of a city."""
        seen.append(city)
        return f"sunny in {city}"

    return get_weather


def call(number, city):
    """Return a call of that tool."""
    return (f"call_{number}", "get_weather", json.dumps({"city": city}))


def image(url):
    """Return a question about a picture."""
    parts = [
        {"type": "input_text", "text": "What is this?"},
        {"type": "input_image", "image_url": url, "detail": "auto"},
    ]
    return [{"type": "message", "role": "user", "content": parts}]


async def tools(trial):
    """A tool runs with the arguments the model gave, and the model gets what it returned."""
    seen = []
    answers = [{"calls": [call(1, "Oslo")]}, {"text": "Sunny."}]
    result, _ = await trial.run(answers, tools=[weather_tool(seen)])
    return seen == ["Oslo"] and result.final_output == "Sunny." and "sunny in Oslo" in json.dumps(trial.bodies[1])


async def parallel_calls(trial):
    """Two calls of one answer both run, and both results are sent back."""
    seen = []
    answers = [{"calls": [call(1, "Oslo"), call(2, "Bergen")]}, {"text": "Sunny."}]
    await trial.run(answers, tools=[weather_tool(seen)])
    sent = json.dumps(trial.bodies[1])
    return sorted(seen) == ["Bergen", "Oslo"] and "sunny in Oslo" in sent and "sunny in Bergen" in sent


async def parallel_calls_off(trial):
    """Several calls at once can be ruled out."""
    settings = ModelSettings(parallel_tool_calls=False)
    await trial.run([{"text": "Hi."}], tools=[weather_tool([])], model_settings=settings)
    return trial.bodies[0]["parallel_tool_calls"] is False


async def tool_choice(trial):
    """A call of a tool can be demanded."""
    settings = ModelSettings(tool_choice="required")
    await trial.run([{"text": "Hi."}], tools=[weather_tool([])], model_settings=settings)
    return trial.bodies[0]["tool_choice"] == "required"


async def nested_schemas(trial):
    """References, alternatives and nested requirements arrive as they are."""

    @function_tool(strict=False)
    def plan(stops: list[Stop], when: date | None) -> str:
        """Plan a journey."""
        return f"{stops} {when}"

    schema = plan.definition()["parameters"]
    assert "$ref" in json.dumps(schema)
    assert "anyOf" in json.dumps(schema)
    await trial.run([{"text": "Hi."}], tools=[plan])
    return trial.wire.schemas(trial.bodies[0]) == [schema]


async def inline_images(trial):
    """A picture in a data URL is sent whole."""
    await trial.run([{"text": "A cat."}], input=image(PICTURE))
    return [each.removeprefix("data:image/png;base64,") for each in trial.wire.images(trial.bodies[0])] == [
        "iVBORw0KGgo="
    ]


async def images_by_address(trial):
    """A picture can be named by its address."""
    await trial.run([{"text": "A cat."}], input=image(ADDRESS))
    return trial.wire.images(trial.bodies[0]) == [ADDRESS]


async def reasoning(trial):
    """What the model thinks is told while it comes, and kept as an item."""
    result, events = await trial.run([{"reasoning": "Hm.", "text": "Hi."}])
    kept = [item for item in result.new_items if "Hm." in json.dumps(_plain(item))]
    told = [event["content"] for event in events if event["type"] == "reasoning_delta"]
    return len(kept) == 1 and told == (["Hm."] if trial.stream else [])


async def reasoning_sent_back(trial):
    """The model sees in the next turn what it thought in this one."""
    answers = [{"reasoning": "Hm.", "calls": [call(1, "Oslo")]}, {"text": "Sunny."}]
    await trial.run(answers, tools=[weather_tool([])])
    return trial.wire.thought(trial.bodies[1])


async def reasoning_effort(trial):
    """How much the model thinks can be set."""
    await trial.run([{"text": "Hi."}], model_settings=ModelSettings(reasoning={"effort": "low"}))
    return trial.wire.effort(trial.bodies[0]) == "low"


async def structured_output(trial):
    """The schema of the output type is sent, and the answer read by it."""
    result, _ = await trial.run([{"text": '{"city": "Oslo"}'}], output_type=Place)
    return (
        result.final_output == Place(city="Oslo") and "city" in trial.wire.output_schema(trial.bodies[0])["properties"]
    )


async def streaming(trial):
    """Text and arguments come in pieces."""
    answers = [{"calls": [call(1, "Oslo")]}, {"text": "Sunny."}]
    _, events = await trial.run(answers, tools=[weather_tool([])])
    told = {event["type"]: event["content"] for event in events if "after_seq" in event}
    pieces = {"arguments_delta", "content_delta"} if trial.stream else set()
    return set(told) == pieces


async def usage(trial):
    """Tokens are counted."""
    result, _ = await trial.run([{"text": "Hi."}])
    return (result.usage.input_tokens, result.usage.output_tokens) == USAGE


FEATURES = (
    tools, parallel_calls, parallel_calls_off, tool_choice, nested_schemas, inline_images, images_by_address, reasoning,
    reasoning_sent_back, reasoning_effort, structured_output, streaming, usage,
)  # fmt: skip


def _plain(item):
    return item if isinstance(item, dict) else getattr(item, "item", getattr(item, "raw_item", {}))


async def column(wire, server):
    """Try all features on a wire."""
    provider = wire.provider(server.url.removesuffix("/v1"))
    model = provider.get_model("m")
    cells = [await cell(feature, wire, model, server) for feature in FEATURES]
    await provider.aclose()
    return cells


async def cell(feature, wire, model, server):
    """Try a feature on a wire, streamed and not."""
    found = set()
    for stream in (False, True):
        try:
            found.add("yes" if await feature(Trial(wire, model, server, stream=stream)) else "no")
        except UserError as error:
            found.add({"model-setting": "refused", "model-input": "refused"}[error.code])
    assert len(found) == 1, f"{feature.__name__} on {wire.title} differs when it is streamed: {found}"
    return f"{found.pop()}{wire.notes.get(feature.__name__, '')}"


def rows(columns):
    """Return the table as Markdown."""
    titles = [wire.title for wire in WIRES]
    lines = [["", *titles], ["---"] * (len(titles) + 1)]
    names = [feature.__name__.replace("_", " ") for feature in FEATURES]
    lines += [[name, *cells] for name, *cells in zip(names, *columns, strict=True)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


@pytest.mark.timeout(60)
async def test_the_table_is_what_the_wires_do(loopback, repo_root):
    """Each cell is tried; one that changes has to change in the page."""
    columns = [await column(wire, loopback) for wire in WIRES]
    page = repo_root / PAGE
    text = page.read_text(encoding="utf-8")
    head, _, rest = text.partition(BEGIN)
    _, end, tail = rest.partition(END)
    assert end
    expected = f"{head}{BEGIN}\n{rows(columns)}\n{END}{tail}"
    if os.environ.get("TIMESTEP_WRITE_TABLE"):
        page.write_text(expected, encoding="utf-8")
    assert text == expected
