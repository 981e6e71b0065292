"""`run_agent`: the call that users make, and the handle it gives."""

from __future__ import annotations

import asyncio
import dataclasses
import inspect
import secrets
from collections.abc import AsyncIterator, Callable, Generator, Sequence
from typing import TYPE_CHECKING, Any, NoReturn, cast

from msgspec.structs import replace

from timestep.agent import Agent
from timestep.errors import AgentsException, StateConflictError, UserError
from timestep.loop.checkpoints import Checkpoints
from timestep.loop.config import MAX_TURNS, Approver, RunOptions, refuse_wrong_options
from timestep.loop.driver import Driver
from timestep.loop.history import conversation_of, input_items, session_for
from timestep.loop.manifest import Compat
from timestep.loop.result import RunResult
from timestep.loop.scene import Scene
from timestep.loop.stream import Told
from timestep.loop.tree import Tree, tree_of
from timestep.providers.protocol import Model, ModelProvider
from timestep.state import RunState
from timestep.types import events
from timestep.types.base import JSON, Item
from timestep.types.state import Context, Limits, Server, SessionMark, Settings

if TYPE_CHECKING:
    from timestep.stores.run_states import StateStore

Processor = Callable[["RunHandle"], Any]
RunInput = str | Sequence[Item] | RunState


class _Unset:
    """What stands for `max_turns` where none is given."""

    def __repr__(self) -> str:
        return "10, or what the saved run has"


_UNSET: Any = _Unset()


async def default_result_processor(handle: RunHandle | RunResult) -> RunResult:
    """Wait for the end of a run and give its result."""
    return await (handle if isinstance(handle, RunResult) else handle.result())


def run_agent(
    agent: Any,  # noqa: ANN401 - an Agent, or one of the package openai-agents
    input: RunInput,  # noqa: A002 - the field's word
    session: Any = None,  # noqa: ANN401 - any session
    stream: bool = False,
    result_processor: Processor | None = default_result_processor,
    *,
    model_provider: ModelProvider | Model | None = None,
    run_config: Any = None,  # noqa: ANN401 - a RunConfig, or one of the package openai-agents
    context: Any = None,  # noqa: ANN401 - the caller's own
    max_turns: int | None = _UNSET,
    approver: Approver | None = None,
    state_store: StateStore[Any] | None = None,
    hooks: Any = None,  # noqa: ANN401 - any object with hooks
    compat: Compat | None = None,
    previous_response_id: str | None = None,
    conversation_id: str | None = None,
) -> RunHandle:
    """Run an agent, or go on with a saved run. The run starts when the handle is first awaited or iterated.

    Args:
        agent: the agent, as `timestep.Agent` or as one of the package `openai-agents`.
        input: a text, chat messages, items of the Responses API, or a `RunState` to go on with.
        session: keeps the conversation from run to run.
        stream: give pieces of answers too; awaiting then gives the result as soon as the run has started.
        result_processor: makes of the handle what awaiting it gives; None for those who iterate.
        model_provider: finds the models of the agents; OpenAI unless given.
        run_config: what holds for all agents of the run.
        context: passed to tools, guardrails and hooks, and never shown to the model.
        max_turns: turns after which the run is stopped, 10 unless given; None is no bound. A saved run keeps its own.
        approver: decides on calls in place; without one the run pauses for decisions.
        state_store: where the run is kept while it goes on, so that another process can go on with it at any moment; a
            run that others have gone on with is refused.
        hooks: an object whose methods `on_agent_start`, `on_tool_start` and so on are called.
        compat: the SDK by whose rules a resumed run goes on, such as "openai-agents-js".
        previous_response_id: a response whose conversation OpenAI goes on with.
        conversation_id: a conversation that OpenAI keeps.

    Raises:
        AgentsException: by the handle: what the run has stopped with; its `state` can be resumed.
    """
    from timestep.interop import as_agent, as_hooks, as_model_provider, as_run_config

    ours = as_agent(agent)
    config = as_run_config(run_config, ours)
    if model_provider is not None:
        config = dataclasses.replace(config, model_provider=as_model_provider(model_provider))
    given: dict[str, Any] = {"context": context, "session": session, "approver": approver, "compat": compat}
    options = RunOptions(config=config, hooks=as_hooks(hooks), stream=stream, **given)
    refuse_wrong_options(options, MAX_TURNS if max_turns is _UNSET else max_turns, state_store)
    server = Server(conversation_id=conversation_id, previous_response_id=previous_response_id)
    server = server if conversation_id is not None or previous_response_id is not None else None
    return RunHandle(
        ours, input, options, result_processor, max_turns=max_turns, state_store=state_store, server=server
    )


class RunHandle:
    """A run that starts when it is first awaited or iterated, and never twice."""

    def __init__(
        self,
        agent: Agent,
        input: RunInput,  # noqa: A002 - the field's word
        options: RunOptions,
        processor: Processor | None,
        *,
        max_turns: int | None = _UNSET,
        state_store: StateStore[Any] | None = None,
        server: Server | None = None,
    ) -> None:
        self._input = input
        self._options = options
        self._processor = processor
        self._max_turns = max_turns
        self._store = state_store
        self._server = server
        self._driver = Driver(Scene(agent, options))
        self._task: asyncio.Task[None] | None = None
        self._begun: asyncio.Future[None] | None = None
        self._processed: asyncio.Future[Any] | None = None
        self._waiting = 0
        self._acts = True
        self._loaded: Tree | None = None  # a saved run, before anything has happened to it
        self._unborn: AgentsException | None = None

    def __await__(self) -> Generator[Any, None, Any]:
        return self._answer().__await__()

    def __aiter__(self) -> AsyncIterator[Told]:
        return self._read()

    if not TYPE_CHECKING:  # a type checker is to see that these are not there

        def __getattr__(self, name: str) -> NoReturn:
            """Say what to do about a forgotten `await`."""
            hint = f"; {_AWAIT}" if hasattr(RunResult, name) else ""
            raise AttributeError(f"'RunHandle' object has no attribute {name!r}{hint}", name=name, obj=self)

        def __getitem__(self, key: object) -> NoReturn:
            """Say what to do about a forgotten `await` or `async`."""
            raise TypeError(f"a run has no {key!r} yet; {_AWAIT}")

    @property
    def state(self) -> RunState | None:
        """The state of the run as it stands; None before it has started."""
        return None if self._driver.tree is None else self._driver.state()

    def cancel(self, *, final: bool = False) -> None:
        """Stop the run where it stands; its state can be resumed, unless it is stopped for good (`final`)."""
        tree = self._driver.tree
        if tree is not None:
            self._driver.halt(events.RunCancelled(run=tree.root.id, final=final))
        elif self._task is not None:
            self._unborn = AgentsException("the run was cancelled before it had begun", code="cancelled")
            self._task.cancel()

    async def result(self) -> RunResult:
        """Wait for the end of the run and give its result.

        Raises:
            AgentsException: what the run has stopped with.
        """
        self._start()
        await self._whole()
        return RunResult(self._driver, self._whole)

    async def _answer(self) -> Any:  # noqa: ANN401 - what the processor gives
        processor = self._processor
        if processor is not None and processor is not default_result_processor:
            if self._processed is None:
                self._processed = asyncio.ensure_future(_processed(processor, self))
                await asyncio.sleep(0)  # who iterates is there before the first piece of an answer
                self._start()
            return await self._processed
        self._start()
        if not self._options.stream:
            return await self.result()
        try:
            await asyncio.shield(cast("asyncio.Future[None]", self._begun))
        except asyncio.CancelledError:
            self.cancel()
            raise
        return RunResult(self._driver, self._whole)

    async def _read(self) -> AsyncIterator[Told]:
        reader = self._driver.stream.read()
        try:
            first = asyncio.ensure_future(anext(reader, None))
            await asyncio.sleep(0)  # the reader is there before the first piece of an answer
            self._start()
            event = await first
            while event is not None:
                yield event
                event = await anext(reader, None)
        finally:
            await reader.aclose()

    def _start(self) -> None:
        if self._task is None:
            self._begun = asyncio.get_running_loop().create_future()
            self._task = asyncio.ensure_future(self._run())
            _LIVE.add(self._task)
            self._task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        """Let go of a run that has ended; one that was cancelled before its first step says so to those who wait."""
        _LIVE.discard(task)
        if not task.cancelled():
            task.exception()  # it has been told
            return
        begun = cast("asyncio.Future[None]", self._begun)
        if not begun.done() and self._unborn is not None:
            begun.set_exception(self._unborn)
            begun.exception()
            self._driver.stream.close(self._unborn)

    async def _whole(self) -> None:
        """Wait for the end; whoever is cancelled while waiting stops the run."""
        task = cast("asyncio.Task[None]", self._task)
        self._driver.stream.drain()
        self._waiting += 1
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            if not task.done() and self._waiting == 1:  # nobody else waits for it
                self.cancel()
                await asyncio.wait([task])
            waiter = asyncio.current_task()
            if self._unborn is not None and waiter is not None and not waiter.cancelling():
                raise self._unborn from None
            raise
        finally:
            self._waiting -= 1

    async def _run(self) -> None:
        """Start or resume, go on until the run stops, save, and say what it has stopped with."""
        driver = self._driver
        begun = cast("asyncio.Future[None]", self._begun)
        error: BaseException | None = None
        idle = False
        try:
            first = await self._first()
            driver.take(first)
            if isinstance(self._input, RunState):
                _refuse_spent(self._input)  # somebody else may have, while the session was asked for its id
                await self._claim(self._input)
            elif self._store is not None:
                driver.checkpoints = Checkpoints(self._store, driver.root_id, driver.abandon)
            begun.set_result(None)
            revision = self._revision
            await driver.drive()
            idle = self._revision == revision and not self._elsewhere
            error = driver.failure()
        except BaseException as raised:  # noqa: BLE001 - told to whoever awaits or reads
            error = self._unborn if isinstance(raised, asyncio.CancelledError) and self._unborn is not None else raised
        error = await self._leave(error, saves=begun.done() and not idle)
        if idle and isinstance(self._input, RunState):  # nobody has decided anything
            self._input.spent, self._input.version = False, driver.version
        if isinstance(error, AgentsException) and error.state is None:
            error.state = self.state
        driver.stream.close(error)
        if not begun.done():
            begun.set_exception(cast("BaseException", error))
            begun.exception()  # it is raised to whoever waits for the end, too
        if error is not None:
            raise error

    async def _leave(self, error: BaseException | None, *, saves: bool) -> BaseException | None:
        """Save the run as it stands, and give up the claim on it; return what it has stopped with."""
        checkpoints = self._driver.checkpoints
        if checkpoints is None:
            return error
        if error is not None and not isinstance(error, Exception | asyncio.CancelledError):
            checkpoints.let_go()  # a process that dies saves nothing
            return error
        try:
            if saves:  # what has not begun is not saved
                await checkpoints.save(cast("Tree", self._driver.tree), last=True)
                self._driver.version = checkpoints.version
        except Exception as raised:  # noqa: BLE001 - told to whoever awaits or reads
            error = error or raised
        finally:
            await checkpoints.close()
        return error

    async def _first(self) -> events.AnyEvent:
        """Return the event with which this stretch of the run begins."""
        scene, session = self._driver.scene, self._options.session
        if isinstance(self._input, RunState):
            return await self._resumed(self._input)
        items, form = input_items(self._input)
        history = await conversation_of(session) if session is not None else []
        reasoning = self._options.config.reasoning_ids
        run = self._options.run or f"run_{secrets.token_hex(12)}"
        if session is not None:
            scene.sessions[run] = session
        return events.RunStarted(
            run=run,
            agent=scene.root.name,
            items=[*history, *items],
            form=form,
            history=len(history),
            limits=self._options.config.limits(MAX_TURNS if self._max_turns is _UNSET else self._max_turns),
            session=await _id_of(session) if session is not None else None,
            server=self._server,
            settings=Settings(reasoning_ids=reasoning) if reasoning is not None else None,
        )

    async def _resumed(self, state: RunState) -> events.RunResumed:
        """Take up a saved state, and return the event that goes on with it."""
        _refuse_spent(state)
        driver, scene = self._driver, self._driver.scene
        tree = tree_of(state.resumable())
        scene.ctx.context = _context_of(tree.base.context, self._options.context)
        scene.ctx.usage = tree.usage
        await self._with_sessions(tree)
        driver.tree = scene.tree = tree
        self._loaded = tree
        driver.resumed, driver.version = True, state.version
        driver.make_up()
        return events.RunResumed(run=tree.root.id, limits=self._limits(tree.root.limits))

    def _limits(self, old: Limits) -> Limits:
        """Return the limits of a run that is gone on with: those asked for now, else those it has."""
        new = self._options.config.limits(old.max_turns if self._max_turns is _UNSET else self._max_turns)
        given = {name: value for name in _LIMITS if (value := getattr(new, name)) is not None}
        return replace(old, max_turns=new.max_turns, **given)

    async def _with_sessions(self, tree: Tree) -> None:
        """Give the run its session again, and those of delegations that are under way."""
        scene, session = self._driver.scene, self._options.session
        root = tree.root
        if session is not None:
            scene.sessions[root.id] = session
            if root.session is None:
                last = root.responses[-1].start if root.responses and root.turn.open else len(root.log)
                root.session = SessionMark(id=await _id_of(session), through=last)
        for run in tree.runs.values():
            if run.parent is not None and run.session is not None:
                scene.tree = tree
                above = tree.runs[run.parent.run]
                scene.sessions[run.id] = session_for(scene, above, scene.agent(run.agent), run.id)

    @property
    def _revision(self) -> int:
        return cast("Tree", self._driver.tree).revision

    @property
    def _elsewhere(self) -> bool:
        """Whether a saved run stands elsewhere as it is gone on with, such as in doubt about a call."""
        loaded = self._loaded
        return loaded is None or loaded.root.step != cast("Tree", self._driver.tree).root.step

    async def _claim(self, state: RunState) -> None:
        """Have a saved run for this process alone, if anything may be done: older copies are refused (TS-STORE-003)."""
        state.spent = self._acts = self._driver.moves or self._driver.asks or self._elsewhere
        if self._store is not None and self._acts:
            try:
                driver = self._driver
                checkpoints = Checkpoints(self._store, driver.root_id, driver.abandon, state.version)
                driver.checkpoints = checkpoints
                await checkpoints.save(cast("Tree", self._loaded))
                self._driver.version = checkpoints.version
            except Exception:
                state.spent = False  # nothing has run
                raise


_AWAIT = "await its result: result = await run_agent(...), or read its events with `async for`"
#: Limits besides the turns.
_LIMITS = ("max_tokens", "max_seconds", "max_output", "max_depth")
#: Runs under way: asyncio itself keeps no task alive.
_LIVE: set[asyncio.Task[None]] = set()


def _refuse_spent(state: RunState) -> None:
    """Refuse a copy of a state from which a run has gone on (TS-STATE-029)."""
    if state.spent:
        raise StateConflictError(
            f"run {state.document.id!r} has gone on from this copy of its state already",
            why="going on from it once more could run tools twice",
            help="go on from the result's `to_state()`, or load the run again",
            requirement="TS-STATE-029",
        )


async def _processed(processor: Processor, handle: RunHandle) -> Any:  # noqa: ANN401 - what the processor gives
    answer = processor(handle)
    return await answer if inspect.isawaitable(answer) else answer


async def _id_of(session: Any) -> str | None:  # noqa: ANN401 - any session
    """Return a session's id; one in a service is made first."""
    find = getattr(session, "get_session_id", None) or getattr(session, "_get_session_id", None)
    found: object = await find() if find is not None else getattr(session, "session_id", None)
    return found if isinstance(found, str) else None


def _context_of(stored: Context, given: JSON) -> JSON:
    """Return the context of a run that is gone on with: the caller's, else what the state holds.

    Raises:
        UserError: the state holds what only the caller's code can rebuild.
    """
    if given is not None or stored.kind == "none":
        return given
    if stored.kind == "typed":
        raise UserError(
            "the run has a context that only the code that made it can rebuild",
            code="context-typed",
            help="pass it again: run_agent(agent, state, context=...)",
            requirement="TS-STATE-007",
        )
    return stored.value
