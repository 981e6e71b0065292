"""This process's part in DBOS: launched, looked after, and ended."""

from __future__ import annotations

import asyncio
import logging
import re
import secrets
import threading
import time
from collections.abc import Callable, Coroutine
from contextvars import Context
from typing import TYPE_CHECKING, Any, TypeVar

from timestep.errors import AgentsException, StorageError, TimestepError, UserError
from timestep.saved import RunStateStore
from timestep.stores.run_states import keeper_of
from timestep.workflows.away import away, is_away
from timestep.workflows.place import Place
from timestep.workflows.watch import Watch

if TYPE_CHECKING:
    from timestep.stores.protocol import RecordKeeper

_T = TypeVar("_T")
_LOG = logging.getLogger(__name__)
#: Session under which a store keeps the runs of workflows, as `timestep runs` looks there; a run has its workflow's id.
SESSION = "default"
#: The queue of `queue_agent_workflow`, and how many runs it starts in how many seconds.
QUEUE = "timestep"
LIMIT, LIMIT_PERIOD = 50, 60.0
#: Changes only where a workflow of an older version could not be gone on with.
APPLICATION_VERSION = "timestep-1"
#: Seconds between two looks for processes that have died.
_LOOK = 5.0
#: What this process and others like it are called in DBOS; who is called otherwise is not looked after.
_EXECUTOR = re.compile(r"timestep-[0-9a-f]{16}")
#: What a service that watches over processes has DBOS do; DBOS shows it to no others.
_RECOVER = "_recover_pending_workflows"
#: What DBOS logs from: it warns of each step that is broken off, which is no news.
_LEVEL = "ERROR"


class Process:
    """DBOS as this process has configured it.

    Attributes:
        versions: by the id of a workflow, the version of its run.
        statuses: by the id of a workflow, what DBOS says of it.
        schedules: what is to be scheduled once DBOS is launched.
        launched: whether DBOS is.
    """

    def __init__(self, place: Place, store: RunStateStore | None, name: str, version: str) -> None:
        self.place, self.name, self.version = place, name, version
        self.keeper: RecordKeeper = store.keeper if store is not None else keeper_of(_beside(place))
        self.session = store.session_id if store is not None else SESSION
        self.executor = f"timestep-{secrets.token_hex(8)}"
        self.alive = place.alive(self.executor)
        self.versions: Watch[int] = Watch(self._versions)
        self.statuses: Watch[str] = Watch(self._statuses)
        self.schedules: dict[str, Any] = {}
        self.launched = False
        self.workflow: Any = None
        self.scheduled: Any = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ended = threading.Event()

    @property
    def settings(self) -> tuple[Any, ...]:
        """What another configuration has to agree with."""
        return self.place, self.session, self.name, self.version

    def store(self) -> RunStateStore:
        """Return a store object of its own for each who goes on with a run: it remembers versions."""
        return RunStateStore(session_id=self.session, connection=self.keeper)

    def launch(self) -> None:
        """Launch DBOS; called in a thread without an event loop, so that workflows get DBOS's own.

        Raises:
            StorageError: the database can't be used.
            UserError: other code has configured DBOS.
        """
        from dbos import DBOS

        engine = self.place.engine()
        self.alive.hold()
        try:
            self._configure(engine)
            DBOS.launch()
            DBOS.register_queue(QUEUE, limiter={"limit": LIMIT, "period": LIMIT_PERIOD})
            self._loop = DBOS.run_step(None, _running_loop)
        except BaseException as error:
            self.alive.release()
            if isinstance(error, TimestepError) or not isinstance(error, Exception):
                raise
            DBOS.destroy()
            raise _not_launched(error) from error
        threading.Thread(target=self._look, name="timestep-workflows", daemon=True).start()
        self.launched = True

    def _configure(self, engine: dict[str, Any]) -> None:
        from dbos import DBOS, DBOSPortableJSONSerializer

        from timestep.workflows import going

        DBOS(
            config={
                "name": self.name,
                "system_database_url": self.place.url,
                "application_version": self.version,
                "executor_id": self.executor,
                "serializer": DBOSPortableJSONSerializer(),
                "db_engine_kwargs": engine,
                "log_level": _LEVEL,
                "scheduler_polling_interval_sec": 5.0,
            }
        )
        if DBOS.executor_id != self.executor:
            raise UserError(
                "DBOS is configured already, by other code of this program",
                code="dbos-configured",
                why="it takes one configuration for a process",
                help="let configure_dbos() configure it, before other code does; DBOS can be used besides",
                requirement="TS-DUR-061",
            )
        # For ever: a workflow that waits for a person is recovered at each restart.
        self.workflow = DBOS.workflow(name="timestep.run", max_recovery_attempts=None)(going.run_workflow)
        self.scheduled = DBOS.workflow(name="timestep.scheduled", max_recovery_attempts=None)(going.scheduled_workflow)
        logging.getLogger("dbos").addFilter(_is_news)

    async def submit(self, work: Callable[[], Coroutine[Any, Any, _T]]) -> _T:
        """Do work on DBOS's event loop, outside any workflow.

        Raises:
            AgentsException: DBOS was ended meanwhile.
            StorageError: DBOS's database is away.
        """
        if self._loop is None or self._ended.is_set():
            raise _was_ended()
        future = Context().run(asyncio.run_coroutine_threadsafe, work(), self._loop)
        try:
            return await asyncio.wrap_future(future)
        except asyncio.CancelledError:
            waiter = asyncio.current_task()
            if waiter is not None and waiter.cancelling():
                raise
            raise _was_ended() from None
        except Exception as error:
            if is_away(error):
                raise away(error) from None
            raise

    def destroy(self, seconds: int) -> None:
        """End this process's part; what goes on is gone on with after the next launch, here or elsewhere."""
        from dbos import DBOS

        self._ended.set()
        if self.launched:
            DBOS.destroy(workflow_completion_timeout_sec=seconds)
        self.alive.release()

    async def _versions(self, names: list[str]) -> dict[str, int]:
        return await self.store().newest(names)

    async def _statuses(self, names: list[str]) -> dict[str, str]:
        from dbos import DBOS

        found = await DBOS.list_workflows_async(workflow_ids=names, load_input=False, load_output=False)
        return {each.workflow_id: each.status for each in found}

    def _look(self) -> None:
        """Take over from processes that have died: whoever sees it first (BARS D7)."""
        from dbos import DBOS

        recover: Callable[[list[str]], object] = getattr(DBOS, _RECOVER)
        while True:
            begun = time.monotonic()
            try:
                self.alive.hold()
                pending = DBOS.list_workflows(status="PENDING", load_input=False, load_output=False)
                others = {name for each in pending if _EXECUTOR.fullmatch(name := each.executor_id or "")}
                dead = [name for name in others - {self.executor} if self.alive.is_dead(name)]
                if dead:
                    recover(dead)
            except Exception:  # noqa: BLE001 - a database that is away comes back
                if not self._ended.is_set():
                    _LOG.warning("can't look for workflows of processes that have died", exc_info=True)
            took = time.monotonic() - begun
            if self._ended.wait(max(_LOOK, 20 * took)):  # so that it is a small part of what the database does
                return


def _beside(place: Place) -> str | None:
    """Return where runs are kept unless a store is given: in the same database of PostgreSQL, else by default."""
    return place.at if isinstance(place.at, str) else None


def _was_ended() -> AgentsException:
    return AgentsException(
        "DBOS was ended in this process, and the workflow is left to the next launch",
        code="dbos-ended",
        help="launch DBOS, and ask again under the same workflow_id",
        requirement="TS-DUR-067",
    )


def _not_launched(error: Exception) -> StorageError:
    """Return the error for what DBOS raised when it was launched."""
    said = str(error).strip().partition("\n")[0]
    return StorageError(
        f"DBOS can't be launched: {said or type(error).__name__}",
        code="dbos-launch",
        help="see what stands above in the traceback; the database has to be there, and may be changed by its user",
        requirement="TS-DUR-061",
    )


def _is_news(record: logging.LogRecord) -> bool:
    """Tell whether a line of DBOS's is to be shown: how a run has stopped is told to its caller."""
    from dbos import PortableWorkflowError

    return record.exc_info is None or not isinstance(record.exc_info[1], PortableWorkflowError)


async def _running_loop() -> asyncio.AbstractEventLoop:
    return asyncio.get_running_loop()
