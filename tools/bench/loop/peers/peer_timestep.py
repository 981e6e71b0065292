"""Drives Timestep's own loop: with a model double, and with its OpenAI provider over a mock transport."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import wire
from clock import ANSWER, ARGUMENTS, JSON, QUESTION, TOOL, get_weather, next_call, serve

import timestep
from timestep import Agent
from timestep.providers.protocol import Delta, Model, ModelRequest, ModelResponse


class ScriptedModel:
    """Follows a script. The package's own double keeps what it was asked, which is no part of a loop."""

    def __init__(self, deltas: int = 0) -> None:
        self._deltas = [Delta(kind="text", text="word ", item_id="msg_0", output_index=0)] * deltas

    async def respond(self, request: ModelRequest) -> ModelResponse:  # noqa: ARG002 - the script knows
        """Give the next call, or the answer."""
        number = await next_call()
        return ModelResponse(output=[_answer(ANSWER) if number is None else _call(number)], id=f"resp_{number}")

    async def stream(self, request: ModelRequest) -> AsyncIterator[Delta | ModelResponse]:  # noqa: ARG002
        """Give an answer in pieces."""
        for delta in self._deltas:
            yield delta
        yield ModelResponse(output=[_answer("word " * len(self._deltas))], id="resp_0")


def _call(number: int) -> JSON:
    call_id = f"call_{number}"
    return {"type": "function_call", "id": f"fc_{number}", "call_id": call_id, "name": TOOL, "arguments": ARGUMENTS}


def _answer(text: str) -> JSON:
    part = {"type": "output_text", "text": text, "annotations": []}
    return {"type": "message", "id": "msg_0", "role": "assistant", "status": "completed", "content": [part]}


class Timestep:
    """Runs an agent on a model of its kind."""

    def __init__(self, model: Model) -> None:
        self._agent = Agent("Weather", model, tools=[get_weather])

    def title(self) -> tuple[str, str]:
        """Give name and version."""
        return "timestep", timestep.__version__

    async def run(self, turns: int) -> None:
        """Run the agent."""
        await timestep.run_agent(self._agent, QUESTION, max_turns=turns + 1)

    async def client(self, request: JSON) -> JSON:
        """Run through the `openai` client."""
        return await wire.turns(_through(wire.client()), request)

    async def deltas(self, request: JSON) -> JSON:
        """Stream an answer through the `openai` client."""
        return await wire.deltas(lambda count: _through(wire.client(count)).stream(), request)

    async def events(self, request: JSON) -> JSON:
        """Stream an answer of a double, so that what is left is what the loop takes for each event."""
        return await wire.deltas(lambda count: Timestep(ScriptedModel(count)).stream(), request)

    async def stream(self) -> int:
        """Run the agent, and count the pieces of its answer."""
        run = timestep.run_agent(self._agent, QUESTION, stream=True, result_processor=None)
        kinds = [event["type"] async for event in run]
        return kinds.count("content_delta")


def _through(client: Any) -> Timestep:
    from timestep.providers.openai import OpenAIModelProvider

    return Timestep(OpenAIModelProvider(client=client).get_model("gpt-4.1"))


if __name__ == "__main__":
    serve(Timestep(ScriptedModel()))
