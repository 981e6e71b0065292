# pyright: reportMissingImports=false
"""Drives langgraph: its prebuilt agent, on a chat model of langchain-core."""

from __future__ import annotations

import json
from importlib.metadata import version
from typing import Any

from clock import ANSWER, ARGUMENTS, QUESTION, TOOL, get_weather, next_call, serve
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langgraph.prebuilt import create_react_agent


class ScriptedModel(BaseChatModel):
    """Follows a script."""

    async def _agenerate(self, *_: Any, **__: Any) -> ChatResult:
        number = await next_call()
        message = AIMessage(ANSWER) if number is None else AIMessage("", tool_calls=[_call(number)])
        return ChatResult(generations=[ChatGeneration(message=message)])

    def _generate(self, *_: Any, **__: Any) -> ChatResult:
        raise NotImplementedError

    def bind_tools(self, *_: Any, **__: Any) -> Any:
        """Offer tools; the script knows them."""
        return self

    @property
    def _llm_type(self) -> str:
        return "scripted"


def _call(number: int) -> dict[str, Any]:
    return {"name": TOOL, "args": json.loads(ARGUMENTS), "id": f"call_{number}"}


class LangGraph:
    """Runs the prebuilt agent."""

    def __init__(self) -> None:
        self._graph = create_react_agent(ScriptedModel(), [get_weather])

    def title(self) -> tuple[str, str]:
        """Give name and version."""
        return "langgraph", version("langgraph")

    async def run(self, turns: int) -> None:
        """Run the graph: two steps a turn, for the model and the tool."""
        await self._graph.ainvoke({"messages": [("user", QUESTION)]}, {"recursion_limit": 2 * turns + 10})


if __name__ == "__main__":
    serve(LangGraph())
