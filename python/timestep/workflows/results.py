"""What a workflow has come to, as its caller gets it: read from the store, so that it is the same in any process."""

from __future__ import annotations

import asyncio
import time
from typing import Any, cast

from timestep import errors
from timestep.errors import AgentsException, StorageError, TimestepError
from timestep.loop.config import RunOptions
from timestep.loop.driver import Driver
from timestep.loop.result import RunResult
from timestep.loop.scene import Scene
from timestep.loop.tree import tree_of
from timestep.state import RunState
from timestep.workflows.away import is_away
from timestep.workflows.process import Process
from timestep.workflows.registry import agent_named
from timestep.workflows.stops import has_ended, is_waiting, loaded

#: What is kept of an error besides its message.
_FIELDS = ("code", "why", "help", "requirement", "pointer")
#: Seconds for which a caller waits for databases that are away.
_PATIENCE = 60.0
_OVER = frozenset({"SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"})


async def next_stop(process: Process, workflow: str) -> RunResult:
    """Wait until a workflow's run ends or waits for a person.

    Raises:
        AgentsException: what the run has stopped with.
    """
    while True:
        status, state = await _looked_up(process, workflow)
        if status is None:
            raise AgentsException(
                f"there is no workflow {workflow!r}", code="workflow-unknown", requirement="TS-DUR-064"
            )
        if state is not None and (has_ended(state) or (is_waiting(state) and not _is_over(status))):
            return await _result(state, _agent_of(status))
        if _is_over(status):
            raise _failure(workflow, status, state)
        await _news(process, workflow, state, status.status)


async def _looked_up(process: Process, workflow: str) -> tuple[Any, RunState | None]:
    """Return how a workflow stands in DBOS, and its run in the store; a database that is away is waited for.

    Raises:
        StorageError: it has not come back.
    """
    from dbos import DBOS

    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            return await DBOS.get_workflow_status_async(workflow), await loaded(process.store(), workflow)
        except Exception as error:
            if not (is_away(error) or isinstance(error, StorageError)) or time.monotonic() > deadline:
                raise
        await asyncio.sleep(1.0)


def _is_over(status: Any) -> bool:  # noqa: ANN401 - DBOS's status
    return status is not None and status.status in _OVER


async def _news(process: Process, workflow: str, state: RunState | None, status: str) -> None:
    """Wait until the run has been saved again, or its workflow stands elsewhere."""
    version = state.version if state is not None else None
    waits_ = [
        asyncio.ensure_future(process.versions.other_than(workflow, version)),
        asyncio.ensure_future(process.statuses.other_than(workflow, status)),
    ]
    try:
        await asyncio.wait(waits_, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for each in waits_:
            each.cancel()


async def _result(state: RunState, agent: str) -> RunResult:
    """Return the result that a saved state stands for.

    Raises:
        AgentsException: the run has failed.
    """
    known = await agent_named(agent)
    driver = Driver(Scene(known.agent, RunOptions(config=known.config())))
    driver.tree = driver.scene.tree = tree_of(state.document)
    driver.version = state.version
    error = driver.failure()
    driver.stream.close(error)
    if error is not None:
        error.state = state
        raise error

    async def whole() -> None:
        """Do nothing: the run has stopped."""

    return RunResult(driver, whole)


def _agent_of(status: Any) -> str:  # noqa: ANN401 - DBOS's status
    """Return the name of the agent that a workflow was given."""
    order: dict[str, Any] = status.input["args"][-1]
    return str(order["agent"])


def _failure(workflow: str, status: Any, state: RunState | None) -> AgentsException:  # noqa: ANN401 - DBOS's status
    """Return the error that a workflow has ended with, as the run raised it."""
    raised = status.error
    if status.status == "CANCELLED" or raised is None:
        found: TimestepError = AgentsException(
            f"the workflow {workflow!r} is {status.status.lower()}", code="workflow-cancelled", requirement="TS-DUR-064"
        )
    else:
        found = _as_ours(workflow, raised)
    error = found if isinstance(found, AgentsException) else AgentsException(found.message, code=found.code)
    error.state = state
    return error


def _as_ours(workflow: str, raised: Any) -> TimestepError:  # noqa: ANN401 - what DBOS has kept of an error
    data: object = getattr(raised, "data", None)
    fields = cast("dict[str, Any]", data) if isinstance(data, dict) else {}
    kind = getattr(errors, str(fields.get("name", "")), None)
    if isinstance(kind, type) and issubclass(kind, TimestepError):
        return kind(str(raised), **{name: fields[name] for name in _FIELDS if name in fields})
    return AgentsException(
        f"the workflow {workflow!r} failed: {getattr(raised, 'name', type(raised).__name__)}: {raised}",
        code="workflow-failed",
        requirement="TS-DUR-064",
    )
