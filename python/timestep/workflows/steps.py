"""The steps of a workflow: each call of a model and of a tool, as DBOS keeps and shows it.

A run goes on from its journal, and not by going through its steps again. So a step is found by its name, which says
where in the run it stands, and new ones are numbered behind those that DBOS has.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextvars import Context
from typing import Any

import msgspec
from dbos import DBOS

from timestep.loop.tree import RunValue, Tree
from timestep.types import effects
from timestep.types.events import AnyEvent, ModelResponded, ToolFailed, ToolFinished, event_from_json
from timestep.types.state import Call
from timestep.workflows.away import away, is_away

_LOG = logging.getLogger(__name__)


class Steps:
    """The steps of the workflow that this is called in."""

    def __init__(self, recorded: dict[str, Any]) -> None:
        self._recorded = recorded

    @classmethod
    async def of(cls, workflow: str) -> Steps:
        """Return the steps of a workflow; its next one is numbered behind them.

        Raises:
            StorageError: DBOS's database is away.
        """
        # In an empty context, because asking within a workflow is a step itself.
        try:
            steps = await asyncio.create_task(DBOS.list_workflow_steps_async(workflow), context=Context())
        except Exception as error:
            if is_away(error):
                raise away(error) from None
            raise
        for _ in range(max((step["function_id"] for step in steps), default=0)):
            DBOS.reserve_step()
        return cls({step["function_name"]: step["output"] for step in steps if step["error"] is None})

    async def record(
        self, tree: Tree, effect: effects.CallModel | effects.RunTool, work: Callable[[], Awaitable[AnyEvent]]
    ) -> AnyEvent:
        """Do the work as a step, and give the event it comes to."""
        name = _name_of(tree, effect)
        done: list[AnyEvent] = []

        async def step() -> Any:  # noqa: ANN401 - JSON
            done.append(await work())
            self._recorded[name] = msgspec.to_builtins(done[0])
            return self._recorded[name]

        try:
            kept = await DBOS.run_step_async({"name": name}, step)
        except Exception as error:
            if not done and is_away(error):
                done.append(await work())
            elif not done:
                raise
            # What has been done is told to the run all the same: the run is what counts, and steps are its shadow.
            _LOG.warning("DBOS has not kept the step %r", name, exc_info=True)
        else:
            if not done:
                return event_from_json(kept)
        return done[0]

    def missed(self, tree: Tree) -> list[AnyEvent]:
        """Return what has been done of that which a saved run waits for (TS-DUR-066)."""
        found = [self._recorded.get(name) for name in _open_steps(tree)]
        return [event for value in found if value is not None and (event := _event(value)) is not None]

    def taken(self) -> None:
        """Forget what the run has now got into its journal."""
        self._recorded.clear()


def _event(value: Any) -> AnyEvent | None:  # noqa: ANN401 - what was recorded, perhaps by another version
    """Return an event that answers; a model that failed is asked again."""
    try:
        event = event_from_json(value)
    except (msgspec.ValidationError, TypeError, AttributeError):
        return None
    return event if isinstance(event, ModelResponded | ToolFinished | ToolFailed) else None


def _open_steps(tree: Tree) -> list[str]:
    """Return the names of the steps that a saved run waits for: its process died before it had their answers."""
    names: list[str] = []
    for run in tree.runs.values():
        if run.step.type == "awaiting_model":
            names.append(_model(tree, run, run.turn.count, run.step.attempt or 0))
        names += [_tool(tree, run, call, call.attempt) for call in run.calls if call.state == "started"]
    return names


def _name_of(tree: Tree, effect: effects.CallModel | effects.RunTool) -> str:
    run = tree.runs[effect.run]
    if isinstance(effect, effects.CallModel):
        return _model(tree, run, effect.turn, effect.attempt)
    call = run.call(effect.item)
    return _tool(tree, run, call, effect.attempt) if call is not None else f"tool {effect.item}"


def _model(tree: Tree, run: RunValue, turn: int, attempt: int) -> str:
    return f"{_within(tree, run)}model {turn}{_again(attempt)}"


def _tool(tree: Tree, run: RunValue, call: Call, attempt: int) -> str:
    kind, _, name = call.tool
    return f"{_within(tree, run)}tool {name or kind} {call.item}{_again(attempt)}"


def _within(tree: Tree, run: RunValue) -> str:
    """Return where a nested run stands, such as `0.1: `."""
    return f"{run.id.removeprefix(f'{tree.root.id}.')}: " if run.parent is not None else ""


def _again(attempt: int) -> str:
    return f", attempt {attempt + 1}" if attempt else ""
