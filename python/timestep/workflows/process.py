"""This process's part in DBOS: configured, launched and cleaned up by plain calls, and looked after meanwhile."""

from __future__ import annotations

import asyncio
import logging
import secrets
import threading
from collections.abc import Callable, Coroutine
from contextvars import Context
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from timestep.errors import UserError
from timestep.saved import RunStateStore
from timestep.stores.run_states import keeper_of
from timestep.workflows.apart import Done, apart
from timestep.workflows.place import Place, find_place
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
#: What DBOS logs from: it warns of each step that is broken off, which is no news.
_LEVEL = "ERROR"

_CURRENT: Process | None = None
_CHANGING = threading.RLock()


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
        self._looking: asyncio.Task[None] | None = None

    @property
    def settings(self) -> tuple[Any, ...]:
        """What another configuration has to agree with."""
        return self.place, self.session, self.name, self.version

    def store(self) -> RunStateStore:
        """Return a store object of its own for each who goes on with a run: it remembers versions."""
        return RunStateStore(session_id=self.session, connection=self.keeper)

    def launch(self) -> None:
        """Launch DBOS; called in a thread without an event loop, so that workflows get DBOS's own."""
        from dbos import DBOS, DBOSPortableJSONSerializer

        from timestep.workflows import going

        engine = self.place.engine()
        self.alive.hold()
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
            self.alive.release()
            raise UserError(
                "DBOS is configured already, by other code of this program",
                code="dbos-configured",
                why="it takes one configuration for a process",
                help="let configure_dbos() configure it, before other code does; DBOS can be used besides",
                requirement="TS-DUR-060",
            )
        # For ever: a workflow that waits for a person is recovered at each restart.
        self.workflow = DBOS.workflow(name="timestep.run", max_recovery_attempts=None)(going.run_workflow)
        self.scheduled = DBOS.workflow(name="timestep.scheduled", max_recovery_attempts=None)(going.scheduled_workflow)
        DBOS.launch()
        DBOS.register_queue(QUEUE, limiter={"limit": LIMIT, "period": LIMIT_PERIOD})
        self._loop = DBOS.run_step(None, _running_loop)
        self._loop.call_soon_threadsafe(self._start_looking, context=Context())
        self.launched = True

    def submit(self, work: Callable[[], Coroutine[Any, Any, _T]]) -> asyncio.Future[_T]:
        """Do work on DBOS's event loop, outside any workflow, and return what can be awaited here."""
        loop = self._loop
        if loop is None:
            raise RuntimeError("DBOS is not launched")
        future = Context().run(asyncio.run_coroutine_threadsafe, work(), loop)
        return asyncio.wrap_future(future)

    def destroy(self, seconds: int) -> None:
        """End this process's part; what goes on is gone on with after the next launch, here or elsewhere."""
        from dbos import DBOS

        if self.launched:
            DBOS.destroy(workflow_completion_timeout_sec=seconds)
        self.alive.release()

    async def _versions(self, names: list[str]) -> dict[str, int]:
        wanted = set(names)
        return {row.run: row.version for row in await self.store().list() if row.run in wanted}

    async def _statuses(self, names: list[str]) -> dict[str, str]:
        from dbos import DBOS

        found = await DBOS.list_workflows_async(workflow_ids=names, load_input=False, load_output=False)
        return {each.workflow_id: each.status for each in found}

    def _start_looking(self) -> None:
        self._looking = asyncio.get_running_loop().create_task(self._look())

    async def _look(self) -> None:
        """Take over from processes that have died: whoever sees it first (BARS D7)."""
        from dbos import DBOS

        while True:
            try:
                await asyncio.to_thread(self.alive.hold)
                pending = await DBOS.list_workflows_async(status="PENDING", load_input=False, load_output=False)
                others = {each.executor_id or "" for each in pending} - {self.executor}
                dead = [name for name in others if await asyncio.to_thread(self.alive.is_dead, name)]
                if dead:
                    await asyncio.to_thread(DBOS._recover_pending_workflows, dead)  # noqa: SLF001 # pyright: ignore
            except Exception:  # noqa: BLE001 - a database that is away comes back
                _LOG.warning("can't look for workflows of processes that have died; looking again", exc_info=True)
            await asyncio.sleep(_LOOK)


def configure_dbos(
    connection: str | Path | None = None,
    *,
    state_store: RunStateStore | None = None,
    name: str = "timestep",
    application_version: str = APPLICATION_VERSION,
) -> Done:
    """Configure DBOS for this process; a plain call, which may be awaited too.

    Args:
        connection: where DBOS keeps its tables: `postgresql://...`, or the path of a SQLite file. By default the
            database that `PG_CONNECTION_URI` names, else `workflows.sqlite3` under `TIMESTEP_HOME`, else in the
            platform's data folder.
        state_store: where the runs are kept; by default the same database of PostgreSQL, else the default place of
            `RunStateStore`.
        name: the application's name in DBOS; programs that share a database and not their workflows have their own.
        application_version: DBOS recovers the workflows of its own version alone; this one stays as your code changes.

    Raises:
        UsageError: the package dbos or the driver of the database is missing, or there is no such place.
        UserError: DBOS is launched with other settings already.
    """
    global _CURRENT  # noqa: PLW0603 - DBOS is one for a process
    with _CHANGING:
        made = Process(find_place(connection), state_store, name, application_version)
        if _CURRENT is None or not _CURRENT.launched:
            made.schedules = {} if _CURRENT is None else _CURRENT.schedules
            _CURRENT = made
        elif _CURRENT.settings != made.settings:
            raise UserError(
                "DBOS is launched already, with other settings",
                code="dbos-configured",
                help="call cleanup_dbos() before you configure it anew",
                requirement="TS-DUR-060",
            )
    return Done()


def ensure_dbos_launched() -> Done:
    """Launch DBOS, if it is not yet; workflows that a process left behind when it died are gone on with from here on.

    A plain call, which may be awaited too.

    Raises:
        StorageError: SQLite is too old ("sqlite-old"), or the system refused.
        UserError: other code has configured DBOS.
    """
    launched()
    return Done()


def cleanup_dbos(wait: int = 0) -> Done:
    """End DBOS in this process; its workflows stay, and are gone on with after the next launch, here or elsewhere.

    A plain call, which may be awaited too.

    Args:
        wait: seconds to wait for workflows that are under way.
    """
    global _CURRENT  # noqa: PLW0603 - likewise
    with _CHANGING:
        process, _CURRENT = _CURRENT, None
        if process is not None:
            apart(lambda: process.destroy(wait))
    return Done()


def configured() -> Process:
    """Return DBOS as configured, by default where nobody has."""
    with _CHANGING:
        if _CURRENT is None:
            configure_dbos()
        return current()


def launched() -> Process:
    """Return DBOS, launched."""
    with _CHANGING:
        process = configured()
        if not process.launched:
            apart(process.launch)
            from timestep.workflows.schedules import apply

            apply(process)
        return process


def current() -> Process:
    """Return DBOS as it is configured.

    Raises:
        UserError: it is not.
    """
    if _CURRENT is None:
        raise UserError("DBOS is not configured", help="call configure_dbos()", requirement="TS-DUR-060")
    return _CURRENT


def _beside(place: Place) -> str | None:
    """Return where runs are kept unless a store is given: in the same database of PostgreSQL, else by default."""
    return place.at if isinstance(place.at, str) else None


async def _running_loop() -> asyncio.AbstractEventLoop:
    return asyncio.get_running_loop()
