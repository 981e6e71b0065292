"""Wire items as the package's `RunItem`s, which its handoff filters and hooks are shown, and back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from timestep.interop import agents_sdk as sdk
from timestep.types.base import Item
from timestep.types.items import type_of

_OF_MODELS: dict[str, Any] = {"message": sdk.MessageOutputItem, "reasoning": sdk.ReasoningItem}


def output_models(items: Sequence[Item]) -> list[Any]:
    """Return what a model gave as the package's classes; an item they refuse stays as it is."""
    return [_model(item) for item in items]


class RunItems:
    """Wire items under the package's names, and the way back: an item that is kept is kept as it was.

    Args:
        agent: the agent of the package that is named as the one all items come from; wire items do not say.
        targets: tool name of each handoff -> the agent of the package it leads to.
    """

    def __init__(self, agent: Any, targets: Mapping[str, Any]) -> None:  # noqa: ANN401 - agents of the package
        self._agent = agent
        self._targets = targets
        self._handoffs: dict[str, Any] = {}  # call id of a handoff -> its target
        self._wire: dict[int, tuple[Any, Item]] = {}  # holds the run items too, so that their ids stay theirs

    def wrapped(self, items: Iterable[Item]) -> tuple[Any, ...]:
        """Return wire items, oldest first, as run items."""
        made = [(self._run_item(item), item) for item in items]
        self._wire.update((id(run_item), (run_item, item)) for run_item, item in made)
        return tuple(run_item for run_item, _ in made)

    def unwrapped(self, items: Iterable[Any]) -> tuple[Item, ...]:
        """Return run items as wire items: the ones they were made of, else as they say themselves."""
        return tuple(self._wire[id(each)][1] if id(each) in self._wire else each.to_input_item() for each in items)

    def _run_item(self, item: Item) -> Any:  # noqa: ANN401 - one of the package's classes
        kind = type_of(item)
        if kind.endswith("_output"):
            return self._output(item)
        made = self._class_of(item, kind)
        return made(agent=self._agent, raw_item=item if made is sdk.InputItem else _model(item))

    def _class_of(self, item: Item, kind: str) -> Any:  # noqa: ANN401 - one of the package's classes
        if kind == "function_call" and item.get("name") in self._targets:
            self._handoffs[str(item["call_id"])] = self._targets[item["name"]]
            return sdk.HandoffCallItem
        if kind.endswith("_call"):
            return sdk.ToolCallItem
        if item.get("role", "assistant") != "assistant":
            return sdk.InputItem
        return _OF_MODELS.get(kind, sdk.InputItem)

    def _output(self, item: Item) -> Any:  # noqa: ANN401 - one of two classes
        raw, target = cast("Any", item), self._handoffs.get(str(item.get("call_id")))
        if target is None:
            return sdk.ToolCallOutputItem(agent=self._agent, raw_item=raw, output=item.get("output"))
        return sdk.HandoffOutputItem(agent=self._agent, raw_item=raw, source_agent=self._agent, target_agent=target)


def _model(item: Item) -> Any:  # noqa: ANN401 - a class of the package's choice
    try:
        return sdk.ModelResponse(output=cast("Any", [item]), usage=sdk.Usage(), response_id=None).output[0]
    except ValueError:  # which a failed validation is
        return item
