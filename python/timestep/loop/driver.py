"""The driver: carries out the effects of the loop with asyncio, and feeds it what came of them."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
from collections import deque
from collections.abc import Callable, Coroutine, Iterable
from contextvars import ContextVar
from functools import partial
from typing import Any, NamedTuple, cast

from timestep.errors import (
    AgentsException,
    InputGuardrailTripwireTriggered,
    MaxTurnsExceeded,
    ModelBehaviorError,
    OutputGuardrailTripwireTriggered,
    RunLimitExceeded,
    UserError,
)
from timestep.interruptions import Interruption
from timestep.loop import history, in_doubt, perform, perform_calls
from timestep.loop.advance import advance
from timestep.loop.checkpoints import Checkpoints
from timestep.loop.draft import IllegalEvent
from timestep.loop.scene import Scene
from timestep.loop.stream import Stream
from timestep.loop.telling import told
from timestep.loop.tree import Tree, document_of
from timestep.state import RunState, native
from timestep.types import effects, events
from timestep.types.effects import AnyEffect
from timestep.types.events import AnyEvent
from timestep.types.state import Approval

#: Called with "event" before an event is taken and with the effect's type before an effect is carried out, and with the
#: state as it is then. `timestep.testing.crash_points` sets it.
BOUNDARY: ContextVar[Callable[[str, Tree | None], None] | None] = ContextVar("BOUNDARY", default=None)

_Perform = Callable[[Scene, Any], Coroutine[Any, Any, AnyEvent]]
_WORK: dict[type[Any], _Perform] = {
    effects.CheckInput: perform.check_input,
    effects.CheckOutput: perform.check_output,
    effects.PrepareTurn: perform.prepare_turn,
    effects.PrepareHandoff: perform.prepare_handoff,
    effects.CheckCall: perform_calls.check_call,
    effects.RunTool: perform_calls.run_tool,
    effects.StartNested: perform_calls.start_nested,
    effects.FinishNested: perform_calls.finish_nested,
}


class _Handed(NamedTuple):
    """A handoff that hooks are to be told of."""

    source: str
    to: str


class Driver:
    """One stretch of a run: from its start or resume to the next stop.

    Attributes:
        scene: what user code is asked with.
        stream: what readers are told.
        tree: the state after the newest event; None before the first.
        resumed: whether the run was saved before, so that its session may have more than its state knows.
        version: under which the run's store has its newest saved state; None where it has none.
        checkpoints: what keeps the run in its store while it goes on; None where there is no store.
    """

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.stream = Stream()
        self.tree: Tree | None = None
        self.raised: BaseException | None = None
        self.version: int | None = None
        self.checkpoints: Checkpoints | None = None
        self._ready: deque[AnyEffect | _Handed] = deque()
        self._inbox: deque[AnyEvent] = deque()
        self._tasks: dict[asyncio.Task[AnyEvent], str] = {}
        self._wake: asyncio.Event = asyncio.Event()
        self._halt: AnyEvent | None = None
        self._task: asyncio.Task[Any] | None = None
        self._boundary = BOUNDARY.get()
        self._moved = False
        self.resumed = False
        self._appended: set[str] = set()
        self._doubted: set[tuple[str, int]] = set()

    @property
    def moves(self) -> bool:
        """Whether there is anything to do before the next stop."""
        return any(not isinstance(effect, effects.AskApproval | effects.Finish | _Handed) for effect in self._ready)

    async def drive(self) -> None:
        """Go on until the run stops; what made it stop is in `failure()` then.

        Raises:
            Exception: what user code raised where no rule says what it means; the state is as before it was asked.
        """
        self._task = asyncio.current_task()
        self._moved = self.moves
        limit = self._watch_time()
        try:
            while True:
                try:
                    await self._go()
                    break
                except asyncio.CancelledError:
                    if self._halt is None:
                        raise
                    cast("asyncio.Task[Any]", self._task).uncancel()
        finally:
            if limit is not None:
                limit.cancel()
            await self._cancel(self._tasks)
            self._task = None

    async def _go(self) -> None:
        """Do one thing after the other until the run has stopped."""
        while True:
            if self._halt is not None:
                await self._stopped()
                return
            if self._inbox:
                self._take_next()
                if self.scene.raised is not None:
                    raise self.scene.raised
            elif self._ready:
                effect = self._ready.popleft()
                if type(effect) is effects.Finish:
                    self._mark("finish")
                    if not await self._decided():
                        return
                elif type(effect) is effects.StartTools:
                    self._mark("start_tools")
                    self._inbox.append(events.ToolStarting(run=effect.run, items=effect.items))
                else:
                    await self._carry_out(effect)
            else:
                self._wake.clear()
                await self.keep()  # what has come of some is not lost with the others that are under way
                if not self._inbox and self._halt is None:
                    await self._wake.wait()

    def _take_next(self) -> None:
        """Take the next event, unless it is the answer to what was called off in the same moment (TS-TRANS-041)."""
        event = self._inbox.popleft()
        try:
            self.take(event)
        except IllegalEvent:
            called_off = [effect.run for effect in self._ready if isinstance(effect, effects.CancelWork)]
            if not any(event.run == run or event.run.startswith(f"{run}.") for run in called_off):
                raise

    def take(self, event: AnyEvent) -> None:
        """Let an event happen."""
        self._mark("event")
        before = self.tree
        self.tree, following = advance(self.scene.manifest, before, event)
        for told_ in told(before, event, self.tree):
            self.tree.told += 1
            told_["seq"] = self.tree.told
            self.stream.tell(told_)
            if told_["type"] == "handoff":
                self._ready.append(_Handed(told_["from"], told_["to"]))
        self.scene.tree = self.tree
        self.scene.ctx.usage = self.tree.usage
        self._ready.extend(following)

    def make_up(self) -> None:
        """Take what a saved run has missed; what follows from it is found again when the run is gone on with."""
        recorder = self.scene.options.recorder
        for event in recorder.missed(cast("Tree", self.tree)) if recorder is not None else ():
            with contextlib.suppress(IllegalEvent):
                self.take(event)
        self._ready.clear()

    async def _carry_out(self, effect: AnyEffect | _Handed) -> None:
        """Carry out an effect."""
        if isinstance(effect, _Handed):
            await self.scene.tell_handoff(effect.source, effect.to)
            return
        if not self._stays_inside(effect):
            await self.keep()
        self._mark(cast("str", type(effect).__struct_config__.tag))
        if isinstance(effect, effects.CallModel) or type(effect) in _WORK:
            await self._work(effect)
        elif isinstance(effect, effects.AppendSession):
            await self._append_session(effect)
        elif isinstance(effect, effects.CancelWork):
            below = f"{effect.run}."
            mine = [task for task, run in self._tasks.items() if run == effect.run or run.startswith(below)]
            await self._cancel(mine)

    def _stays_inside(self, effect: AnyEffect) -> bool:
        """Tell whether an effect asks nobody and changes nothing outside; what it leads to is kept before the next."""
        if isinstance(effect, effects.PrepareTurn):
            return perform.prepares_alone(self.scene, effect)
        return isinstance(effect, effects.AskApproval | effects.CancelWork)

    async def keep(self) -> None:
        """Have the state as it is now kept in the run's store (TS-TRANS-004)."""
        if self.checkpoints is not None:
            await self.checkpoints.keep(cast("Tree", self.tree))
            self.version = self.checkpoints.version

    async def _work(self, effect: AnyEffect) -> None:
        """Carry out an effect that takes time: right here if it is the only one, beside others in a task."""
        if isinstance(effect, effects.CallModel):
            work = partial(perform.call_model, self.scene, effect, self.stream)
        else:
            work = partial(_WORK[type(effect)], self.scene, effect)
        recorder = self.scene.options.recorder
        if recorder is not None and isinstance(effect, effects.CallModel | effects.RunTool):
            coroutine = recorder.record(cast("Tree", self.tree), effect, work)
        else:
            coroutine = work()
        if not self._tasks and not self._ready:
            self._inbox.append(await coroutine)
            return
        task: asyncio.Task[AnyEvent] = asyncio.ensure_future(coroutine)
        self._tasks[task] = effect.run
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[AnyEvent]) -> None:
        """Take what a task has brought."""
        if self._tasks.pop(task, None) is None:
            return
        error = asyncio.CancelledError() if task.cancelled() else task.exception()
        if error is None:
            self._inbox.append(task.result())
            self._wake.set()
        else:
            self.abandon(error)

    def abandon(self, error: BaseException) -> None:
        """Stop at once, without a further event: an error that no rule says the meaning of."""
        if self.raised is None:
            self.raised = error
            if self._task is not None:
                self._halt = _RAISED
                self._task.cancel()

    async def _append_session(self, effect: effects.AppendSession) -> None:
        """Add to the session; a process that died between adding and noting it is not to add the same again."""
        session = self.scene.sessions.get(effect.run)
        if session is None:
            return
        items = history.kept_items(self.scene.tree.runs[effect.run], effect.start, effect.end)
        first = self.resumed and effect.run not in self._appended
        have = await history.held(session, items) if items and first else 0
        if items[have:]:
            await session.add_items(items[have:])
        self._appended.add(effect.run)
        self._inbox.appendleft(events.SessionWritten(run=effect.run, through=effect.end))

    @property
    def asks(self) -> bool:
        """Whether somebody is asked where the run has stopped: the approver, or a tool about a call in doubt."""
        step = cast("Tree", self.tree).root.step
        waits = step.type == "interrupted" and step.reason in ("approval", "indeterminate")
        return waits and (self.scene.options.approver is not None or any(in_doubt.settleable(self.scene)))

    async def _decided(self) -> bool:
        """At a stop: ask about the calls that wait; return whether the run goes on."""
        tree = cast("Tree", self.tree)
        step = tree.root.step
        if step.type == "finished" and self._moved:
            agent = self.scene.agent(tree.root.agent)
            await self.scene.call_hooks("on_agent_end", agent, self.final_output(), agent=agent)
        if not self.asks:
            return False
        settled = await self._settled()
        decided = await self._approved()
        if settled or decided:
            self._inbox.append(events.RunResumed(run=tree.root.id))
        return settled or decided

    async def _settled(self) -> bool:
        """Ask the tools about their calls in doubt, about each once; return whether one is settled (TS-DUR-020)."""
        settled = False
        for asked in in_doubt.settleable(self.scene):
            if (asked.run, asked.item) not in self._doubted:
                self._doubted.add((asked.run, asked.item))
                event = await in_doubt.settlement(self.scene, asked)
                if event is not None:
                    settled = True
                    self.take(event)
        return settled

    async def _approved(self) -> bool:
        """Ask the approver, if there is one, about calls that wait for a decision; return whether it has decided."""
        approver, tree = self.scene.options.approver, cast("Tree", self.tree)
        if approver is None or tree.root.step.reason != "approval":
            return False
        decided = False
        waiting = [asked for asked in native(document_of(tree)).get_interruptions() if asked.state == "pending"]
        for asked in waiting:
            answer = approver(asked)
            verdict = await answer if inspect.isawaitable(answer) else answer
            if verdict is not None:
                decided = True
                self.take(_decision(cast("Tree", self.tree), asked, verdict))
        return decided

    def final_output(self) -> Any:  # noqa: ANN401 - text, or a value of the agent's output type
        """Return the final output, as a value of the agent's output type where it has one; None before the end."""
        step = cast("Tree", self.tree).root.step
        if step.type != "finished":
            return None
        return self.scene.final if self.scene.final is not None else self.scene.revived(step.output)

    def halt(self, event: AnyEvent) -> None:
        """Stop the run where it stands."""
        if self._halt is None:
            self._halt = event
            if self._task is not None:
                self._task.cancel()

    async def _stopped(self) -> None:
        """Stop: whatever is under way is cancelled, and the state says where the run stands."""
        self._inbox.extend(await self._cancel(self._tasks))
        self._ready.clear()
        halt, self._halt = self._halt, None
        if halt is _RAISED:
            raise cast("BaseException", self.raised)
        await self._take_rest()  # what is known already is kept
        if halt is not None and cast("Tree", self.tree).root.step.type not in ("finished", "failed"):
            self._inbox.append(halt)
            await self._take_rest()

    async def _take_rest(self) -> None:
        """Take the events at hand, and of what follows write the session alone."""
        while self._inbox:
            with contextlib.suppress(IllegalEvent):
                self.take(self._inbox.popleft())
            for effect in self._ready:
                if isinstance(effect, effects.AppendSession):
                    await self._append_session(effect)
            self._ready.clear()

    async def _cancel(self, tasks: Iterable[asyncio.Task[AnyEvent]]) -> list[AnyEvent]:
        """Cancel tasks, and return what those have brought that came to their end all the same."""
        chosen = list(tasks)
        for task in chosen:
            self._tasks.pop(task, None)
            task.cancel()
        ended = await asyncio.gather(*chosen, return_exceptions=True) if chosen else []
        return [event for event in ended if not isinstance(event, BaseException)]

    def _watch_time(self) -> asyncio.TimerHandle | None:
        seconds = self.scene.options.config.max_seconds
        if seconds is None:
            return None
        message = f"the run has taken its {seconds:g} seconds"
        return asyncio.get_running_loop().call_later(
            seconds, lambda: self.halt(events.LimitReached(run=self.root_id, name="max-seconds", message=message))
        )

    @property
    def root_id(self) -> str:
        """Id of the root run."""
        return cast("Tree", self.tree).root.id

    def state(self) -> RunState:
        """Return the state of the run as it stands."""
        state = native(document_of(cast("Tree", self.tree)))
        state.version = self.version
        return state

    def failure(self) -> AgentsException | None:
        """Return the error that the run has stopped with; None where it has ended, or waits for a person."""
        step = cast("Tree", self.tree).root.step
        said, code = step.message or "", step.code
        if step.type == "failed":
            kinds = {
                "input-tripwire": InputGuardrailTripwireTriggered,
                "output-tripwire": OutputGuardrailTripwireTriggered,
            }
            return self.scene.tripped or kinds.get(code or "", AgentsException)(said, code=code)
        if step.type != "interrupted" or step.reason in ("approval", "indeterminate", "cancelled"):
            return None
        if step.reason == "limit":
            kind = MaxTurnsExceeded if code == "max-turns" else RunLimitExceeded
            return kind(said, code=code, help=_GO_ON, requirement="TS-TRANS-042")
        error = self.scene.error
        if isinstance(error, AgentsException):
            return error
        return ModelBehaviorError(said, code=code)

    def _mark(self, where: str) -> None:
        if self._boundary is not None:
            self._boundary(where, self.tree)


_GO_ON = "resume the run from the error's `state` with a higher limit"
#: Stands for an exception of user code among the events that stop a run.
_RAISED: Any = object()


def _decision(tree: Tree, asked: Interruption, verdict: object) -> events.ApprovalDecided:
    """Return the event for an approver's verdict."""
    answer: object = verdict
    message: str | None = None
    if isinstance(verdict, tuple):
        parts = cast("tuple[object, ...]", verdict)
        if len(parts) == 2 and (parts[1] is None or isinstance(parts[1], str)):
            answer, message = parts[0], parts[1]
    known = {True: "approve", False: "reject", "approve": "approve", "reject": "reject"}
    if not isinstance(answer, bool | str) or answer not in known:
        raise UserError(
            f"the approver answered {verdict!r}",
            why="an answer that can't be read must not count as a yes",
            help='answer True, False, ("reject", reason), or None to leave the call waiting',
            requirement="TS-APPR-033",
        )
    run = tree.runs[asked.run]
    call = next(call for call in run.calls if call.item == asked.item)
    approval = Approval(
        run=run.id,
        agent=run.log[call.item].agent or run.agent,
        tool=call.tool,
        item=call.item,
        call_id=call.call_id,
        digest=call.digest,
        decision="approve" if known[answer] == "approve" else "reject",
        message=message,
        by="approver",
    )
    return events.ApprovalDecided(run=tree.root.id, approval=approval)
