"""What a run needs from outside, all of it asked of the suite: models, tools, guardrails and user code."""

from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import groupby
from typing import Any, cast

from agents import ItemHelpers, Model, ModelResponse, Usage
from agents.memory import SessionABC
from agents.models.fake_id import FAKE_RESPONSES_ID
from openai.types.responses import Response, ResponseCompletedEvent, ResponseOutputItem, ResponseUsage
from pydantic import TypeAdapter

from serving import Unsupported, Wire

JSON = dict[str, Any]
_ITEMS = TypeAdapter(list[ResponseOutputItem])
_QUESTION = ("system_instructions", "input", "model_settings", "tools", "output_schema", "handoffs", "tracing")
_TOKENS = ("input_tokens", "output_tokens", "total_tokens")
_DETAILS = {"input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
            "output_tokens_details": {"reasoning_tokens": 0}}  # fmt: skip
#: Items that are no part of an answer of a model.
_OTHERS = {"function_call_output", "user", "system", "developer"}


class Asker:
    """Calls back about one agent of a run.

    Args:
        wire: where callbacks go.
        run: id of the root run.
        agent: the agent's name.
    """

    def __init__(self, wire: Wire, run: str, agent: str) -> None:
        self._wire = wire
        self._about = {"run": run, "agent": agent}

    async def asked(self, do: str, **more: Any) -> Any:
        """Return what the suite says."""
        return await self._wire.call(do, {**self._about, **more})

    async def answer(self, what: str, **more: Any) -> Any:
        """Return what user code says."""
        return (await self.asked("ask", what=what, **more))["answer"]


class AskedModel(Model):
    """The model of one agent."""

    def __init__(self, asker: Asker) -> None:
        self._asker = asker

    async def get_response(self, *asked: Any, **named: Any) -> ModelResponse:
        """Give the answer of the suite."""
        output, usage, response_id = await self._told(**_named(asked), **named)
        return ModelResponse(output=output, usage=Usage(requests=1, **usage), response_id=response_id)

    async def stream_response(self, *asked: Any, **named: Any) -> AsyncIterator[Any]:
        """Give the answer of the suite as a stream of one event, which has all of it."""
        output, usage, response_id = await self._told(**_named(asked), **named)
        told = ResponseUsage.model_validate({**_DETAILS, **usage})
        response = Response.model_construct(id=response_id, output=output, usage=told, status="completed")
        yield ResponseCompletedEvent.model_construct(response=response, sequence_number=0, type="response.completed")

    async def _told(self, **question: Any) -> tuple[list[Any], dict[str, int], str | None]:
        """Ask, and return the items of the answer, the tokens, and its id."""
        offered = [{"name": tool.name, "parameters": tool.params_json_schema} for tool in question["tools"]]
        offered += [{"name": each.tool_name, "parameters": each.input_json_schema} for each in question["handoffs"]]
        seen = ItemHelpers.input_to_new_input_list(question["input"])
        told = await self._asker.asked("model", turn=_turn(seen), input=seen, key=None, tools=offered)
        usage = {name: told.get("usage", {}).get(name, 0) for name in _TOKENS}
        return _ITEMS.validate_python([_whole(item) for item in told["output"]]), usage, told.get("id")


class AskedSession(SessionABC):
    """The session of a run.

    Args:
        wire: where callbacks go.
        run: id of the root run, and of the session.
    """

    def __init__(self, wire: Wire, run: str) -> None:
        self.session_id = run
        self._wire = wire

    async def get_items(self, limit: int | None = None) -> list[Any]:
        """Give the last items, or all of them."""
        items = (await self._wire.call("session", {"run": self.session_id}))["items"]
        return items if limit is None else items[max(0, len(items) - limit) :]

    async def add_items(self, items: list[Any]) -> None:
        """Add items at the end."""
        await self._wire.call("session", {"run": self.session_id, "add": items})

    async def pop_item(self) -> Any:
        """Refuse: the suite's session can't."""
        raise Unsupported("sessions that an item is taken from")

    async def clear_session(self) -> None:
        """Refuse: the suite's session can't."""
        raise Unsupported("sessions that are emptied")


def _named(asked: tuple[Any, ...]) -> JSON:
    """Return what a model is asked with, by name: the SDK's two ways of running ask it in two ways."""
    return dict(zip(_QUESTION, asked, strict=False))


def _turn(seen: list[Any]) -> int:
    """Return which turn it is, which the SDK tells no model: one more than there are answers among the items."""
    made = (item.get("type", item.get("role")) not in _OTHERS and item.get("role") not in _OTHERS for item in seen)
    return 1 + sum(answer for answer, _ in groupby(made))


def _whole(item: JSON) -> JSON:
    """Return an item of an answer with what the SDK's types need of a message, which a case may leave out."""
    if item.get("type", "message") != "message":
        return item
    content: Any = item["content"]
    parts = [{"type": "output_text", "text": content}] if isinstance(content, str) else cast("list[JSON]", content)
    parts = [{"annotations": [], **part} if part["type"] == "output_text" else part for part in parts]
    return {"id": FAKE_RESPONSES_ID, "type": "message", "status": "completed", **item, "content": parts}
