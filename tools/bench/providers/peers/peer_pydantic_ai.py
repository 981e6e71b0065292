# pyright: reportMissingImports=false
"""Runs an agent of pydantic-ai, through its own model classes."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from answers import CHAT
from pydantic_ai import Agent
from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
from pydantic_ai.providers.openai import OpenAIProvider
from pydantic_ai.usage import UsageLimits
from runs import JSON, QUESTION, Runs, get_weather, serve


class PydanticAI(Runs):
    """Its Agent."""

    def title(self) -> tuple[str, str]:
        """Give name and version."""
        return "pydantic-ai", version("pydantic-ai-slim")

    def agent(self, request: JSON, client: Any) -> Any:
        """Make an agent."""
        kind = OpenAIChatModel if request["api"] == CHAT else OpenAIResponsesModel
        return Agent(kind("gpt-4.1", provider=OpenAIProvider(openai_client=client)), tools=[get_weather])

    async def follow(self, agent: Any, turns: int) -> None:
        """Run it."""
        await agent.run(QUESTION, usage_limits=UsageLimits(request_limit=turns + 1))


if __name__ == "__main__":
    serve(PydanticAI())
