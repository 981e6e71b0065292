"""Runs in workflows, as users start them and wait for them."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Generator
from typing import Any, Self, cast

from timestep.errors import StateConflictError, UserError
from timestep.interop import as_agent
from timestep.loop.config import MAX_TURNS
from timestep.loop.result import RunResult
from timestep.state import RunState
from timestep.types.base import JSON
from timestep.workflows.apart import apart
from timestep.workflows.launching import launched
from timestep.workflows.orders import order_of
from timestep.workflows.process import QUEUE, Process
from timestep.workflows.registry import register_agent
from timestep.workflows.results import next_stop

#: The priorities that DBOS knows.
_LOWEST = 2**31 - 1


class WorkflowHandle:
    """A run in a workflow. Awaiting it gives it again; `get_result()` waits for what it comes to.

    Attributes:
        workflow_id: id of the workflow, and of its run.
    """

    def __init__(self, process: Process, workflow_id: str) -> None:
        self.workflow_id = workflow_id
        self._process = process

    def __repr__(self) -> str:
        return f"WorkflowHandle({self.workflow_id!r})"

    def __await__(self) -> Generator[Any, None, Self]:
        yield from asyncio.sleep(0).__await__()
        return self

    async def get_result(self) -> RunResult:
        """Wait until the run ends or waits for a person, and give its result; after a decision, ask again.

        Raises:
            AgentsException: what the run has stopped with; its `state` can be resumed.
        """
        return await self._process.submit(lambda: next_stop(self._process, self.workflow_id))


async def run_agent_workflow(
    agent: Any,  # noqa: ANN401 - an Agent, or one of the package openai-agents
    input_items: Any,  # noqa: ANN401 - a text, or items
    session: Any = None,  # noqa: ANN401 - any session
    stream: bool = False,
    workflow_id: str | None = None,
    *,
    model_provider: Any = None,  # noqa: ANN401 - a provider or a model, of either package
    run_config: Any = None,  # noqa: ANN401 - a RunConfig, of either package
    context: JSON = None,
    max_turns: int | None = MAX_TURNS,
) -> RunResult:
    """Run an agent in a durable workflow, and wait until it ends or waits for a person.

    The run survives this process: whoever launches DBOS on the same database goes on with it. Where it waits for a
    person, it waits on when this returns; once somebody has decided, with `timestep runs approve` or by saving the
    decided state, it goes on by itself, and the same call with the same `workflow_id` gives the next stop.

    Args:
        agent: as `register_agent` takes it.
        input_items: a text, chat messages, items of the Responses API, or the decided state of a workflow that waits.
        session: keeps the conversation from run to run.
        stream: False; a workflow has no stream.
        workflow_id: the idempotency key: runs of one id are one run, in whatever process. One by chance unless given.
        model_provider: as `register_agent` takes it.
        run_config: likewise.
        context: passed to tools, guardrails and hooks; plain JSON data.
        max_turns: turns after which the run is stopped; None is no bound.

    Returns:
        The result; `interruptions` says which calls wait.

    Raises:
        AgentsException: what the run has stopped with; its `state` can be resumed.
        UserError: the agent, input, session or context can't be kept in a workflow.
    """
    if stream:
        raise UserError(
            "a workflow has no stream",
            code="workflow-stream",
            why="its run may go on in another process",
            help="leave out stream, or use run_agent(..., stream=True, state_store=...)",
            requirement="TS-DUR-064",
        )
    if isinstance(input_items, RunState):
        register_agent(agent, model_provider=model_provider, run_config=run_config)
        return await _decided(input_items, workflow_id)
    chosen = _checked_id(workflow_id)
    order = order_of(as_agent(agent).name, input_items, session, context, max_turns)
    register_agent(agent, model_provider=model_provider, run_config=run_config)
    process = launched()

    async def start() -> RunResult:
        from dbos import DBOS, SetWorkflowID

        with SetWorkflowID(chosen):
            await DBOS.start_workflow_async(process.workflow, order)
        return await next_stop(process, chosen)

    return await process.submit(start)


async def _decided(state: RunState, workflow_id: str | None) -> RunResult:
    """Save a person's decisions on a run that waits, and wait for its next stop."""
    run = state.document.id
    if workflow_id not in (None, run):
        raise UserError(f"the state is of the workflow {run!r}, not of {workflow_id!r}", requirement="TS-DUR-064")
    process = launched()

    async def go_on() -> RunResult:
        version = await process.store().save(state, expected=state.version)
        process.versions.tell(run, version)
        return await next_stop(process, run)

    return await process.submit(go_on)


def queue_agent_workflow(
    agent: Any,  # noqa: ANN401 - an Agent, or one of the package openai-agents
    input_items: Any,  # noqa: ANN401 - a text, or items
    session: Any = None,  # noqa: ANN401 - any session
    *,
    priority: int | None = None,
    deduplication_id: str | None = None,
    workflow_id: str | None = None,
    model_provider: Any = None,  # noqa: ANN401 - a provider or a model, of either package
    run_config: Any = None,  # noqa: ANN401 - a RunConfig, of either package
    context: JSON = None,
    max_turns: int | None = MAX_TURNS,
) -> WorkflowHandle:
    """Put a run into the queue, which starts at most 50 in 60 seconds; a plain call, which may be awaited too.

    Args:
        agent: as `register_agent` takes it.
        input_items: a text, chat messages, or items of the Responses API.
        session: keeps the conversation from run to run.
        priority: from 1; a lower number is started earlier, and one without a priority before all of them.
        deduplication_id: refused while a run of the same one is queued or goes on.
        workflow_id: the idempotency key: runs of one id are one run.
        model_provider: as `register_agent` takes it.
        run_config: likewise.
        context: passed to tools, guardrails and hooks; plain JSON data.
        max_turns: turns after which the run is stopped; None is no bound.

    Returns:
        A handle; `await handle.get_result()` waits for the run.

    Raises:
        StateConflictError: a run of that `deduplication_id` is queued or goes on ("workflow-duplicate").
        UserError: the agent, input, session, context or priority can't be kept in a workflow.
    """
    chosen = _checked_id(workflow_id)
    _refuse_wrong_priority(priority)
    order = order_of(as_agent(agent).name, input_items, session, context, max_turns)
    register_agent(agent, model_provider=model_provider, run_config=run_config)
    process = launched()

    def enqueue() -> None:
        from dbos import DBOS, SetEnqueueOptions, SetWorkflowID, error

        try:
            with (
                SetWorkflowID(chosen),
                SetEnqueueOptions(deduplication_id=deduplication_id, priority=priority),
            ):
                DBOS.enqueue_workflow(QUEUE, process.workflow, order)
        except error.DBOSQueueDeduplicatedError as duplicate:
            raise StateConflictError(
                f"a run with the deduplication_id {deduplication_id!r} is queued or goes on",
                code="workflow-duplicate",
                help="wait for that one, or give another deduplication_id",
                requirement="TS-DUR-069",
            ) from duplicate

    apart(enqueue)
    return WorkflowHandle(process, chosen)


def _checked_id(workflow_id: str | None) -> str:
    """Return the id of a workflow, which is that of its run too."""
    if workflow_id is None:
        return f"run_{secrets.token_hex(12)}"
    given = cast("object", workflow_id)
    if isinstance(given, str) and given.strip() and "\0" not in given and given.isprintable():
        return workflow_id
    raise UserError(
        f"workflow_id is a text that can be printed, not empty; got {workflow_id!r}",
        code="run-option",
        requirement="TS-DUR-064",
    )


def _refuse_wrong_priority(priority: object) -> None:
    if priority is None or (type(priority) is int and 1 <= priority <= _LOWEST):
        return
    raise UserError(
        f"priority is {priority!r}", code="run-option", help="give a whole number from 1", requirement="TS-DUR-069"
    )
