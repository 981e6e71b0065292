# pyright: reportMissingImports=false
"""Drives agno."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from agno.agent import Agent
from agno.models.base import Model
from agno.models.response import ModelResponse
from clock import ANSWER, ARGUMENTS, QUESTION, TOOL, get_weather, next_call, serve


class ScriptedModel(Model):
    """Follows a script."""

    async def ainvoke(self, *_: Any, **__: Any) -> ModelResponse:
        """Give the next call, or the answer."""
        number = await next_call()
        if number is None:
            return ModelResponse(role="assistant", content=ANSWER)
        function = {"name": TOOL, "arguments": ARGUMENTS}
        call = {"id": f"call_{number}", "type": "function", "function": function}
        return ModelResponse(role="assistant", tool_calls=[call])

    def _unused(self, *_: Any, **__: Any) -> Any:
        raise NotImplementedError

    invoke = invoke_stream = ainvoke_stream = _parse_provider_response = _parse_provider_response_delta = _unused


class Agno:
    """Runs agno's Agent."""

    def __init__(self) -> None:
        self._agent = Agent(model=ScriptedModel(id="scripted"), tools=[get_weather], telemetry=False)

    def title(self) -> tuple[str, str]:
        """Give name and version."""
        return "agno", version("agno")

    async def run(self, turns: int) -> None:  # noqa: ARG002 - it has no such limit
        """Run the agent."""
        await self._agent.arun(QUESTION)


if __name__ == "__main__":
    serve(Agno())
