"""What a workflow does: begin its run or go on with it, wait for people, and end as the run ends."""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime
from typing import Any

import msgspec
from dbos import DBOS, PortableWorkflowError

from timestep.errors import AgentsException, StateConflictError, StorageError, TimestepError
from timestep.loop.config import RunOptions
from timestep.loop.handle import RunHandle
from timestep.saved import RunStateStore
from timestep.state import RunState
from timestep.workflows.launching import current
from timestep.workflows.orders import Order
from timestep.workflows.registry import agent_named
from timestep.workflows.sessions import closed, opened
from timestep.workflows.steps import Steps
from timestep.workflows.stops import has_ended, is_waiting, loaded

_LOG = logging.getLogger(__name__)
#: Refusals of a store that no time mends.
_FATAL = ("storage-version", "storage-damaged")
#: Seconds after which a run that somebody else holds is looked at again.
_AGAIN = 2.0


async def run_workflow(order: dict[str, Any]) -> dict[str, Any]:
    """Run an agent; the workflow `timestep.run`."""
    return await _gone_through(msgspec.convert(order, Order))


async def scheduled_workflow(at: datetime, order: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG001 - DBOS gives the time
    """Run an agent because its time has come; the workflow `timestep.scheduled`."""
    return await _gone_through(msgspec.convert(order, Order))


async def _gone_through(order: Order) -> dict[str, Any]:
    """Go through a run to its end.

    Raises:
        PortableWorkflowError: the run has failed, or has stopped for another reason than a person.
    """
    workflow = str(DBOS.workflow_id)
    try:
        state = await _Going(workflow, order).to_the_end()
    except TimestepError as error:
        name = _name_of(error)
        raise PortableWorkflowError(error.message, name, error.code, {"name": name, **error.to_dict()}) from None
    return {"run": workflow, "step": state.document.runs[0].step.type, "revision": state.document.revision}


def _name_of(error: TimestepError) -> str:
    """Return the name of an error's class, as the other process knows it."""
    return next(each.__name__ for each in type(error).__mro__ if each.__module__ == TimestepError.__module__)


class _Going:
    """One workflow's run in this process."""

    def __init__(self, workflow: str, order: Order) -> None:
        self._run = workflow
        self._order = order
        self._process = current()
        self._store: RunStateStore = self._process.store()

    async def to_the_end(self) -> RunState:
        """Go on with the run until it ends, waiting where people have to decide; return how it ended."""
        steps: Steps | None = None
        while True:
            try:
                steps = steps or await Steps.of(self._run)
                ended = await self._gone_on(steps)
            except StorageError as error:
                if error.code in _FATAL:
                    raise
                _LOG.warning("the workflow %s waits for its store: %s", self._run, error.message)
                await asyncio.sleep(_AGAIN)
                continue
            if ended is not None:
                return ended

    async def _gone_on(self, steps: Steps) -> RunState | None:
        """Go on with the run up to its next stop, or wait until it can be gone on with; return how it ended."""
        state = await loaded(self._store, self._run)
        version = 0 if state is None else state.version or 0
        if state is not None and has_ended(state):
            return _ended(state)
        if state is not None and is_waiting(state):
            await self._news(version, None)
            return None
        try:
            stopped = await self._stretch(state, steps)
        except StateConflictError:
            await self._news(version, _AGAIN)  # somebody else has the run, or has gone on with it
            return None
        steps.taken()
        self._process.versions.tell(self._run, stopped)
        if stopped == version:
            await self._news(version, None)  # what was decided was not enough to go on
        return None

    async def _stretch(self, state: RunState | None, steps: Steps) -> int:
        """Begin the run or go on with it until it stops; return the version it is saved under."""
        order = self._order
        known = await agent_named(order.agent)
        session = opened(order.session)
        config = known.config()
        options = RunOptions(config=config, context=order.context, session=session, run=self._run, recorder=steps)
        given = order.input if state is None else state
        handle = RunHandle(known.agent, given, options, None, state_store=self._store, max_turns=order.max_turns)
        try:
            return (await handle.result()).state.version or 0
        finally:
            await closed(order.session, session)

    async def _news(self, version: int, seconds: float | None) -> None:
        """Wait until somebody has saved the run, at most so long."""
        try:
            async with asyncio.timeout(seconds):
                await self._process.versions.other_than(self._run, version)
        except TimeoutError:
            pass


def _ended(state: RunState) -> RunState:
    """Return a run that somebody else has brought to its end.

    Raises:
        AgentsException: it has failed.
    """
    step = state.document.runs[0].step
    if step.type == "failed":
        raise AgentsException(step.message or "the run has failed", code=step.code)
    return state
