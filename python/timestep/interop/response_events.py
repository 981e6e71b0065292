"""The pieces of a streamed answer as events of the Responses API, which the package's runner and its users read."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple, get_args

from timestep.interop import agents_sdk as sdk
from timestep.providers.protocol import Delta, ModelResponse
from timestep.types.base import JSON, Item
from timestep.types.items import type_of
from timestep.types.state import Usage


class _Kind(NamedTuple):
    """How pieces of one kind are told of.

    Attributes:
        item: type of the item they are pieces of.
        events: what the names of their events begin with.
        whole: name of the member that holds the whole at the end.
        part: type of the part of the item that they stand in, and the name of its place; None is no part.
    """

    item: str
    events: str
    whole: str
    part: tuple[str, str] | None


_KINDS = {
    "text": _Kind("message", "output_text", "text", ("output_text", "content")),
    "refusal": _Kind("message", "refusal", "refusal", ("refusal", "content")),
    "reasoning": _Kind("reasoning", "reasoning_text", "text", ("reasoning_text", "content")),
    "summary": _Kind("reasoning", "reasoning_summary_text", "text", ("summary_text", "summary")),
    "arguments": _Kind("function_call", "function_call_arguments", "arguments", None),
    "input": _Kind("custom_tool_call", "custom_tool_call_input", "input", None),
}
_PART_EVENTS = {"content": "content_part", "summary": "reasoning_summary_part"}


class ResponseEvents:
    """Writes the events of one response: an item is begun before its first piece, and ended with its whole.

    Args:
        model: the model's name.
        summarized: whether what the model thinks comes as a summary, as from OpenAI, and not word for word.
        custom: names of the tools whose input is any text.
    """

    def __init__(self, model: str, *, summarized: bool, custom: frozenset[str] = frozenset()) -> None:
        self._model = model
        self._summarized = summarized
        self._custom = custom
        self._id = f"resp_{secrets.token_hex(12)}"
        self._at = time.time()
        self._number = 0
        self._items: dict[tuple[str, object], _Begun] = {}

    def piece(self, delta: Delta) -> Iterator[Any]:
        """Yield the events that tell of a piece."""
        name = self._kind(delta)
        kind = _KINDS[name]
        named = (delta.item_id, delta.output_index, delta.call_id)
        key = (kind.item, next((each for each in named if each is not None), None))
        begun = self._items.get(key)
        if begun is None:
            yield from self._begin()
            begun = self._items[key] = _Begun(kind.item, delta, len(self._items))
            yield self._item_event("added", begun, begun.empty())
        if name not in begun.pieces:
            begun.pieces[name] = []
            if kind.part is not None:
                yield self._part_event("added", begun, name, "")
        begun.pieces[name].append(delta.text)
        yield self._text_event("delta", begun, name, delta=delta.text)

    def end(self, response: ModelResponse) -> Iterator[Any]:
        """Yield the events that end the items, and the response."""
        yield from self._begin()
        left = list(self._items.values())
        for index, item in enumerate(response.output):
            begun = next((each for each in left if each.is_of(item)), None)
            if begun is None:
                before = len(self._items)
                for delta in _unsaid(item, index):
                    yield from self.piece(delta)
                begun = list(self._items.values())[-1] if len(self._items) > before else None
            else:
                left.remove(begun)
            model = output_item(item)
            if begun is None:
                begun = _Begun(type_of(item), Delta(kind="text", text="", item_id=_text(item, "id")), index)
                yield self._item_event("added", begun, model)
            for name in begun.pieces:
                yield from self._ended(begun, name)
            yield self._item_event("done", begun, model)
        yield self._event(f"response.{response.status}", response=self._whole(response))

    def _kind(self, delta: Delta) -> str:
        if delta.kind == "reasoning" and self._summarized:
            return "summary"
        return "input" if delta.kind == "arguments" and delta.name in self._custom else delta.kind

    def _begin(self) -> Iterator[Any]:
        if self._number == 0:
            for each in ("created", "in_progress"):
                yield self._event(f"response.{each}", response=self._response(status="in_progress"))

    def _ended(self, begun: _Begun, name: str) -> Iterator[Any]:
        whole = "".join(begun.pieces[name])
        yield self._text_event("done", begun, name, **{_KINDS[name].whole: whole})
        if _KINDS[name].part is not None:
            yield self._part_event("done", begun, name, whole)

    def _text_event(self, stage: str, begun: _Begun, name: str, **members: JSON) -> Any:  # noqa: ANN401
        kind = _KINDS[name]
        more: dict[str, JSON] = {"logprobs": []} if name == "text" else {}
        if stage == "done" and name == "arguments":
            more["name"] = begun.name
        if kind.part is not None:
            more[f"{kind.part[1]}_index"] = begun.place(name)
        return self._event(
            f"response.{kind.events}.{stage}", item_id=begun.id, output_index=begun.index, **members, **more
        )

    def _part_event(self, stage: str, begun: _Begun, name: str, text: str) -> Any:  # noqa: ANN401
        type_, place = _KINDS[name].part or ("", "")
        part: dict[str, JSON] = {"type": type_, _KINDS[name].whole: text}
        part |= {"annotations": []} if name == "text" else {}
        where = {f"{place}_index": begun.place(name)}
        return self._event(
            f"response.{_PART_EVENTS[place]}.{stage}", item_id=begun.id, output_index=begun.index, part=part, **where
        )

    def _item_event(self, stage: str, begun: _Begun, item: Any) -> Any:  # noqa: ANN401 - of the openai package
        return self._event(f"response.output_item.{stage}", output_index=begun.index, item=item)

    def _event(self, type_: str, **members: Any) -> Any:  # noqa: ANN401 - a class of the openai package
        made = _classes()[type_].construct(type=type_, sequence_number=self._number, **members)
        self._number += 1
        return made

    def _whole(self, response: ModelResponse) -> Any:  # noqa: ANN401 - the openai package's Response
        made = self._response(
            id=response.id or self._id,
            status=response.status,
            usage=_counts(response.usage),
            error={"code": "server_error", "message": response.reason} if response.status == "failed" else None,
            incomplete_details={"reason": response.reason} if response.status == "incomplete" else None,
        )
        made.output = [output_item(item) for item in response.output]
        made._request_id = response.request_id  # noqa: SLF001 - where the openai package keeps it
        return made

    def _response(self, **members: Any) -> Any:  # noqa: ANN401 - the openai package's Response
        values = dict[str, Any](id=self._id, created_at=self._at, model=self._model, object="response", output=[])
        values.update(parallel_tool_calls=True, tool_choice="auto", tools=[], **members)
        return _classes()["response.created"].model_fields["response"].annotation.construct(**values)


class _Begun:
    """An item that was begun.

    Attributes:
        id: its id in the events.
        index: its place in the response.
        name: the tool's, of a call.
        pieces: kind -> the pieces of it so far.
    """

    def __init__(self, type_: str, delta: Delta, index: int) -> None:
        self.type = type_
        self.id = delta.item_id or f"item_{secrets.token_hex(12)}"
        self.index = delta.output_index if delta.output_index is not None else index
        self.name = delta.name or ""
        self.pieces: dict[str, list[str]] = {}
        self._call_id = delta.call_id
        self._known = delta.item_id or delta.call_id

    def place(self, name: str) -> int:
        """Return where a part stands in the item."""
        return list(self.pieces).index(name)

    def is_of(self, item: Item) -> bool:
        """Tell whether a whole item is what was begun."""
        return type_of(item) == self.type and self._known in (None, item.get("id"), item.get("call_id"))

    def empty(self) -> Any:  # noqa: ANN401 - a class of the openai package
        """Return the item as it is at first."""
        item: Item = {"type": self.type, "id": self.id}
        if self.type == "message":
            item |= {"role": "assistant", "status": "in_progress", "content": []}
        elif self.type == "reasoning":
            item |= {"summary": []}
        else:
            whole = "input" if self.type == "custom_tool_call" else "arguments"
            item |= {"call_id": self._call_id or self.id, "name": self.name, whole: ""}
        return output_item(item)


def _unsaid(item: Item, index: int) -> Iterator[Delta]:
    """Yield what an item holds that was never streamed, as pieces."""
    at: dict[str, Any] = {"item_id": _text(item, "id"), "output_index": index}
    type_ = type_of(item)
    if type_ == "message" and isinstance(item.get("content"), list):
        for part in item["content"]:
            for kind, member in (("output_text", "text"), ("refusal", "refusal")):
                if part.get("type") == kind and part.get(member):
                    yield Delta(kind="text" if kind == "output_text" else "refusal", text=part[member], **at)
    elif type_ in ("function_call", "custom_tool_call"):
        text = item.get("arguments" if type_ == "function_call" else "input")
        yield Delta(kind="arguments", text=str(text or ""), call_id=item.get("call_id"), name=item.get("name"), **at)


def _text(item: Item, member: str) -> str | None:
    found = item.get(member)
    return found if isinstance(found, str) else None


def _counts(usage: Usage) -> dict[str, JSON]:
    """Return token counts as the API tells them; these details are never missing there."""
    return {
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "total_tokens": usage.total_tokens,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0, **(usage.input_tokens_details or {})},
        "output_tokens_details": {"reasoning_tokens": 0, **(usage.output_tokens_details or {})},
    }


def output_item(item: Item) -> Any:  # noqa: ANN401 - a class of the openai package
    """Return an item of an answer as that package reads it from a server: what is missing there is missing here."""
    made = _item_classes().get(type_of(item))
    return item if made is None else made.construct(**item)


@cache
def _classes() -> dict[str, Any]:
    """Return the classes of the events by their types."""
    return _by_type(sdk.TResponseStreamEvent)


@cache
def _item_classes() -> dict[str, Any]:
    """Return the classes of the items by their types."""
    return _by_type(sdk.TResponseOutputItem)


def _by_type(union: Any) -> dict[str, Any]:  # noqa: ANN401 - an annotated union
    return {get_args(each.model_fields["type"].annotation)[0]: each for each in get_args(get_args(union)[0])}
