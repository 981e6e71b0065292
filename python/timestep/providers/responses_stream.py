"""A streamed Responses API response: its pieces while they come, and the whole at the end."""

from __future__ import annotations

from typing import Any, Literal, cast

import msgspec

from timestep.errors import ModelError
from timestep.providers.failures import broken_off, no_answer
from timestep.providers.protocol import Delta, ModelResponse
from timestep.providers.responses_answer import error_text, read_item, read_response
from timestep.providers.routing import ResolvedModel
from timestep.types.base import Item

Kind = Literal["text", "reasoning", "refusal", "arguments"]
# https://platform.openai.com/docs/api-reference/responses-streaming
_KINDS: dict[str, Kind] = {
    "response.output_text.delta": "text",
    "response.refusal.delta": "refusal",
    "response.reasoning_summary_text.delta": "reasoning",
    "response.reasoning_text.delta": "reasoning",
    "response.function_call_arguments.delta": "arguments",
    "response.custom_tool_call_input.delta": "arguments",
}
_FINAL = frozenset({"response.completed", "response.incomplete", "response.failed"})
_NOTHING = msgspec.Raw(b"")


class _Event(msgspec.Struct, gc=False):
    """The members of an event that are looked at; most events are a piece of text, and have nothing else."""

    type: str = ""
    delta: Any = None
    item_id: Any = None
    output_index: Any = None
    item: msgspec.Raw = _NOTHING
    response: msgspec.Raw = _NOTHING
    error: Any = None
    message: Any = None
    code: Any = None


_EVENT = msgspec.json.Decoder(_Event)


class StreamedResponse:
    """Puts a response together from its events.

    Args:
        provider: who sends it.
        request_id: the id under which the provider's logs have the request.
        resolved: where the question went, for the record.
        limit: see `read_response`.

    Attributes:
        whole: the response, once its last event was there.
    """

    def __init__(
        self,
        *,
        provider: str,
        request_id: str | None = None,
        resolved: ResolvedModel | None = None,
        limit: int | None = None,
    ) -> None:
        self.whole: ModelResponse | None = None
        self._provider = provider
        self._request_id = request_id
        self._resolved = resolved
        self._limit = limit
        self._begun: dict[object, tuple[str | None, str | None]] = {}  # item's id or index -> call id, name
        self._done: dict[object, Item] = {}  # by index, or in the order they came
        self._unfinished = False  # whether there were pieces since the last whole item

    def take(self, data: bytes) -> list[Delta]:
        """Take the data of the next event; return the piece it holds, if any.

        Raises:
            ModelError: it is no event (`model-answer`), or one that tells of a failure (`model-failed`).
        """
        if self.whole is not None:
            return []
        event = self._event(data)
        kind = _KINDS.get(event.type)
        if kind is not None:
            return self._delta(kind, event)
        if event.type in _FINAL:
            self.whole = self._finished(event)
        elif event.type == "response.output_item.added":
            self._begin(event)
        elif event.type == "response.output_item.done":
            self._finish_item(event)
        elif event.type == "error" or (not event.type and event.error):
            raise self._failure(event)
        return []

    def end(self) -> ModelResponse:
        """Return the whole, now that the stream is at its end.

        Raises:
            ModelError: the last event is missing, so that there is no telling what else is (`model-answer`).
        """
        if self.whole is None:
            raise self._no_answer("the stream ended before the response did")
        return self.whole

    def _event(self, data: bytes) -> _Event:
        try:
            return _EVENT.decode(data)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            problem = "an event of the stream is cut off, or no JSON object with a type"
        raise self._no_answer(problem)

    def _delta(self, kind: Kind, event: _Event) -> list[Delta]:
        if not isinstance(event.delta, str) or not event.delta:
            return []
        # Some servers show what a model thinks, and keep no item of it.
        self._unfinished = self._unfinished or kind != "reasoning"
        item_id = event.item_id if isinstance(event.item_id, str) else None
        index = event.output_index if type(event.output_index) is int else None
        call_id = name = None
        if kind == "arguments":
            known = self._begun.get(item_id) or self._begun.get(index)
            call_id, name = known or (None, None)
        return [Delta(kind=kind, text=event.delta, item_id=item_id, output_index=index, call_id=call_id, name=name)]

    def _begin(self, event: _Event) -> None:
        """Remember whose arguments are to come."""
        item = self._item(event)
        call = (_text(item.get("call_id")), _text(item.get("name")))
        for key in (_text(item.get("id")), event.output_index):
            if isinstance(key, str | int):
                self._begun[key] = call

    def _finish_item(self, event: _Event) -> None:
        """Keep a whole item, in case the last event does not repeat it."""
        index = event.output_index if type(event.output_index) is int else len(self._done)
        self._done[index] = self._item(event)
        self._unfinished = False

    def _item(self, event: _Event) -> Item:
        return read_item(bytes(event.item), provider=self._provider, request_id=self._request_id)

    def _finished(self, event: _Event) -> ModelResponse:
        streamed = [self._done[index] for index in sorted(self._done, key=cast("Any", int))]
        whole = read_response(
            bytes(event.response),
            provider=self._provider,
            request_id=self._request_id,
            streamed=streamed,
            status=event.type.removeprefix("response."),
            resolved=self._resolved,
            limit=self._limit,
        )
        if self._unfinished and whole.output == streamed and whole.status == "completed":
            raise self._no_answer("the response ended without the item that was being streamed")
        return whole

    def _failure(self, event: _Event) -> ModelError:
        told = error_text(event.error) or error_text({"message": event.message, "code": event.code})
        error = event.error or {"code": event.code}
        return broken_off(told, error, provider=self._provider, request_id=self._request_id)

    def _no_answer(self, problem: str) -> ModelError:
        return no_answer(problem, provider=self._provider, request_id=self._request_id)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
