"""Drives the `openai-agents` package: with a model double, and with its own model class over a mock transport."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

import wire
from agents import Agent, Model, ModelResponse, OpenAIResponsesModel, RunConfig, Runner, Usage, function_tool
from clock import ANSWER, ARGUMENTS, JSON, QUESTION, TOOL, get_weather, next_call, serve
from openai.types.responses import ResponseFunctionToolCall, ResponseOutputMessage, ResponseOutputText

_CONFIG = RunConfig(tracing_disabled=True)


class ScriptedModel(Model):
    """Follows a script."""

    async def get_response(self, *_: Any, **__: Any) -> ModelResponse:
        """Give the next call, or the answer."""
        number = await next_call()
        item = _answer() if number is None else _call(number)
        return ModelResponse(output=[item], usage=Usage(), response_id=f"resp_{number}")

    def stream_response(self, *_: Any, **__: Any) -> Any:
        """Nothing here streams."""
        raise NotImplementedError


def _call(number: int) -> ResponseFunctionToolCall:
    return ResponseFunctionToolCall(
        type="function_call", id=f"fc_{number}", call_id=f"call_{number}", name=TOOL, arguments=ARGUMENTS
    )


def _answer() -> ResponseOutputMessage:
    text = ResponseOutputText(type="output_text", text=ANSWER, annotations=[])
    return ResponseOutputMessage(type="message", id="msg", role="assistant", status="completed", content=[text])


class OpenAIAgents:
    """Runs an agent on a model of its kind."""

    def __init__(self, model: Model) -> None:
        self._agent = Agent(name="Weather", model=model, tools=[function_tool(get_weather)])

    def title(self) -> tuple[str, str]:
        """Give name and version."""
        return "openai-agents", version("openai-agents")

    async def run(self, turns: int) -> None:
        """Run the agent."""
        await Runner.run(self._agent, QUESTION, max_turns=turns + 1, run_config=_CONFIG)

    async def client(self, request: JSON) -> JSON:
        """Run through the `openai` client."""
        return await wire.turns(_through(wire.client()), request)

    async def deltas(self, request: JSON) -> JSON:
        """Stream an answer through the `openai` client."""
        return await wire.deltas(lambda count: _through(wire.client(count)).stream(), request)

    async def stream(self) -> int:
        """Run the agent, and count the pieces of its answer."""
        result = Runner.run_streamed(self._agent, QUESTION, run_config=_CONFIG)
        kinds = [event.data.type async for event in result.stream_events() if event.type == "raw_response_event"]
        return kinds.count("response.output_text.delta")


def _through(client: Any) -> OpenAIAgents:
    return OpenAIAgents(OpenAIResponsesModel("gpt-4.1", client))


if __name__ == "__main__":
    serve(OpenAIAgents(ScriptedModel()))
