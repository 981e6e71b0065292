"""What a run has come to."""

from __future__ import annotations

from collections.abc import AsyncIterator, Generator
from typing import Any, Self, cast

from timestep.agent import Agent
from timestep.codec.calls import arguments_of
from timestep.interruptions import Interruption
from timestep.loop.driver import Driver
from timestep.loop.stream import Told
from timestep.loop.tree import Tree
from timestep.loop.turn import text_of
from timestep.state import RunState
from timestep.types.base import JSON, Item
from timestep.types.items import type_of
from timestep.types.state import Usage

_KEYS = ("messages", "tool_calls", "errors", "final_output", "interruptions", "usage", "last_agent")


class RunResult:
    """A run at the end, at a pause, or, where it is streamed, on its way there.

    Its values are also had by key: `result["messages"]`, `["tool_calls"]`, `["errors"]`, `["final_output"]`,
    `["interruptions"]`, `["usage"]`, `["last_agent"]`. Awaiting it waits for the end of the run and gives it again.
    """

    def __init__(self, driver: Driver, whole: Any) -> None:  # noqa: ANN401 - an async function without arguments
        self._driver = driver
        self._whole = whole

    def __await__(self) -> Generator[Any, None, Self]:
        return self._finished().__await__()

    async def _finished(self) -> Self:
        await self._whole()
        return self

    def __repr__(self) -> str:
        step = self._tree.root.step
        return f"RunResult({step.type}{f': {step.reason}' if step.reason else ''}, run={self._tree.root.id!r})"

    @property
    def _tree(self) -> Tree:
        return cast("Tree", self._driver.tree)

    @property
    def run_id(self) -> str:
        """Id of the run."""
        return self._tree.root.id

    @property
    def final_output(self) -> Any:  # noqa: ANN401 - text, or a value of the output type
        """The final output: text, or a value of the agent's output type; None while there is none."""
        return self._driver.final_output()

    @property
    def interruptions(self) -> list[Interruption]:
        """The calls that wait for a decision."""
        return self.to_state().get_interruptions() if self._tree.root.step.type == "interrupted" else []

    @property
    def state(self) -> RunState:
        """The state of the run, to be saved, decided on and resumed."""
        return self.to_state()

    def to_state(self) -> RunState:
        """Return the state of the run; each call gives one of its own."""
        return self._driver.state()

    @property
    def new_items(self) -> list[Item]:
        """What came after the input: items of the model, and outputs of tools, in wire form."""
        root = self._tree.root
        return [entry.item for entry in root.log[root.input.end :] if entry.source != "filter"]

    @property
    def usage(self) -> Usage:
        """Tokens of the whole run, with those of nested runs."""
        return self._tree.usage

    @property
    def last_agent(self) -> str:
        """Name of the agent that has the run."""
        return self._tree.name(self._tree.root.agent)

    @property
    def agent(self) -> Agent:
        """The agent that has the run."""
        return self._driver.scene.agent(self._tree.root.agent)

    @property
    def is_complete(self) -> bool:
        """Whether the run has ended."""
        return self._tree.root.step.type in ("finished", "failed")

    def to_input_list(self) -> list[Item]:
        """Return the conversation as the model saw it, as input for another run."""
        return [dict(entry.item) for entry in self._tree.root.visible()]

    def stream_events(self) -> AsyncIterator[Told]:
        """Yield the events of the run in order, from the first one on whenever reading begins.

        Raises:
            AgentsException: what the run has stopped with, after its last event.
        """
        return self._driver.stream.read()

    def __getitem__(self, key: str) -> Any:  # noqa: ANN401 - as the attributes
        if key not in _KEYS:
            raise KeyError(f"{key!r}; a result has {', '.join(_KEYS)}")
        return getattr(self, f"_{key}", None) if key in ("messages", "tool_calls", "errors") else getattr(self, key)

    def __contains__(self, key: object) -> bool:
        return key in _KEYS

    def keys(self) -> tuple[str, ...]:
        """Return the names that values are had by."""
        return _KEYS

    @property
    def _messages(self) -> list[dict[str, str]]:
        return [
            {"role": "assistant", "content": text_of([item]) or ""}
            for item in self.new_items
            if type_of(item) == "message" and item.get("role", "assistant") == "assistant"
        ]

    @property
    def _tool_calls(self) -> list[dict[str, JSON]]:
        root = self._tree.root
        return [
            {
                "call_id": call.call_id,
                "tool": call.tool[2],
                "arguments": call.arguments if call.arguments is not None else arguments_of(root.log[call.item].item),
                "output": root.log[call.outputs[0]].item.get("output") if call.outputs else None,
            }
            for call in (*root.settled, *root.calls)
        ]

    @property
    def _errors(self) -> list[dict[str, JSON]]:
        names = ("tool_error", "error", "run_failed")
        found = [event for event in self._driver.stream.events if event["type"] in names]
        return [{"code": event["code"], "message": event["message"], **_about(event)} for event in found]


def _about(event: Told) -> dict[str, JSON]:
    return {name: event[name] for name in ("tool", "call_id") if name in event}
