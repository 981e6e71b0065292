"""Runs an agent of the `openai-agents` package, through its own model classes."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from agents import Agent, OpenAIChatCompletionsModel, OpenAIResponsesModel, RunConfig, Runner, function_tool
from answers import CHAT
from runs import JSON, QUESTION, Runs, get_weather, serve

_CONFIG = RunConfig(tracing_disabled=True)


class OpenAIAgents(Runs):
    """Its Agent and Runner."""

    def title(self) -> tuple[str, str]:
        """Give name and version."""
        return "openai-agents", version("openai-agents")

    def agent(self, request: JSON, client: Any) -> Agent:
        """Make an agent."""
        kind = OpenAIChatCompletionsModel if request["api"] == CHAT else OpenAIResponsesModel
        return Agent(name="Weather", model=kind("gpt-4.1", client), tools=[function_tool(get_weather)])

    async def follow(self, agent: Agent, turns: int) -> None:
        """Run it."""
        await Runner.run(agent, QUESTION, max_turns=turns + 1, run_config=_CONFIG)


if __name__ == "__main__":
    serve(OpenAIAgents())
