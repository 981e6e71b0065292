# pyright: reportMissingImports=false
"""Drives pydantic-ai. Its own double, FunctionModel, counts the tokens of all messages anew each turn: not used."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from clock import ANSWER, ARGUMENTS, QUESTION, TOOL, get_weather, next_call, serve
from pydantic_ai import Agent
from pydantic_ai.messages import ModelResponse, TextPart, ToolCallPart
from pydantic_ai.models import Model
from pydantic_ai.usage import UsageLimits


class ScriptedModel(Model):
    """Follows a script."""

    model_name, system, base_url = "scripted", "scripted", None

    async def request(self, *_: Any, **__: Any) -> ModelResponse:
        """Give the next call, or the answer."""
        number = await next_call()
        part = TextPart(ANSWER) if number is None else ToolCallPart(TOOL, ARGUMENTS, f"call_{number}")
        return ModelResponse(parts=[part], model_name="scripted")


class PydanticAI:
    """Runs pydantic-ai's Agent."""

    def __init__(self) -> None:
        self._agent = Agent(ScriptedModel(), tools=[get_weather])

    def title(self) -> tuple[str, str]:
        """Give name and version."""
        return "pydantic-ai", version("pydantic-ai-slim")

    async def run(self, turns: int) -> None:
        """Run the agent."""
        await self._agent.run(QUESTION, usage_limits=UsageLimits(request_limit=turns + 1))


if __name__ == "__main__":
    serve(PydanticAI())
