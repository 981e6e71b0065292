"""What the children of the fork server do with the run of the shop: begin it, go on with it, take it over."""

import asyncio
import time
from pathlib import Path
from types import SimpleNamespace

from timestep import RunStateStore, run_agent
from timestep.codec import document as codec
from timestep.errors import StateConflictError, TimestepError
from timestep.loop import handle
from timestep.stores.run_states import DocumentStore

from .boundaries import (
    Points,
    around_calls,
    around_events,
    around_session,
    around_writes,
    inside_psycopg,
    inside_sqlite,
)
from .disk_troubles import Trouble
from .mutants import MUTANTS
from .shop import done_in, session_in, shop
from .telling import meet, say

#: Seconds in which something has to come about.
PATIENCE = 20


class TellingStore(RunStateStore):
    """A store that tells the server which versions it has acknowledged, and what is stored then if it is `recorded`."""

    def __init__(self, channel, *, recorded=False, **options):
        super().__init__(**options)
        self.channel, self.recorded = channel, recorded

    async def save(self, *arguments, **options):
        """Save, and say so."""
        return await self.said(await super().save(*arguments, **options))

    async def append(self, *arguments, **options):
        """Add a change, and say so."""
        return await self.said(await super().append(*arguments, **options))

    async def said(self, version):
        """Say what is stored."""
        if self.recorded:
            document, _ = await DocumentStore(session_id=self.session_id, connection=self.keeper).load_version("run_0")
            say(self.channel, ["stored", codec.encode(document).decode()])
        say(self.channel, ["kept", version])
        return version


class Runner:
    """What a child goes on with a run by: the shop, its store, and where the run has one the session."""

    def __init__(self, job, channel, point=lambda _kind: None):
        folder = Path(job["folder"])
        folder.mkdir(parents=True, exist_ok=True)
        handle.secrets = SimpleNamespace(token_hex=lambda _size: "0")  # the run's id is the same each time
        for mutant in job.get("mutants", ()):
            MUTANTS[mutant]()
        place = f"{job['url']}&application_name=killed" if job["url"] else folder / "a.sqlite3"
        options = {name: job[name] for name in ("lease", "recorded") if name in job}
        self.folder, self.channel = folder, channel
        self.store = TellingStore(channel, session_id=job["session"], connection=place, **options)
        self.session = session_in(folder) if job["answers"] == "harmless" else None
        self.agent = shop(folder, job["answers"], point)

    def run(self, given):
        """Run the agent with an input or a state."""
        return run_agent(self.agent, given, self.session, state_store=self.store)

    async def begin_or_go_on(self):
        """Begin, or go on with the run of the store, even if a dead process's last save comes in meanwhile."""
        while True:
            rows = await self.store.list()
            given = await self.store.load(rows[0].run) if rows else "Buy one"
            try:
                return await self.run(given)
            except StateConflictError:
                if await self.store.list() == rows:
                    raise

    async def to_the_end(self):
        """Begin or go on, settle what is in doubt by what was done, and say how the run has ended."""
        result = await self.begin_or_go_on()
        while result.interruptions:
            state = await self.store.load(result.run_id)
            for asked in state.get_interruptions():  # somebody else may have settled it meanwhile
                say(self.channel, ["doubt", asked.tool])
                paid = asked.tool in done_in(self.folder)
                state.settle(asked, "output" if paid else "retry", "paid" if paid else None)
            result = await self.run(state)
        say(self.channel, ["end", result.final_output])


def buy(job, channel):
    """Run the shop with a store, or go on with the run that is there; stop at a boundary if one is named.

    Says each version that the store has acknowledged, each call in doubt, the result, and the boundaries it has passed.
    """
    points = Points(channel, job.get("cut") or 0)
    place_boundaries(points, job)
    runner = Runner(job, channel) if job.get("fine") else Runner(job, channel, points)
    asyncio.run(runner.to_the_end())
    say(channel, ["passed", points.passed])


def place_boundaries(points, job):
    """Put the boundaries of a run into place: its own, or those inside of the database, as fine as the job says.

    How often a client waits for a server is another number each time, so those that are always alike are by themselves.
    """
    if not job.get("fine"):
        around_events(points)
        around_writes(points)
        around_session(points)
    else:
        around_calls(points)
        inside_sqlite(points, job["fine"])
        if job["url"]:
            inside_psycopg(points)


def resume(job, channel):
    """Load a run, wait until the others have too, and go on with it; say how that ended."""
    runner = Runner(job, channel)

    async def run():
        state = await runner.store.load()
        meet(channel)
        try:
            say(channel, ["end", (await runner.run(state)).final_output])
        except StateConflictError as error:
            say(channel, ["refused", error.code])

    asyncio.run(run())


def freeze(job, channel):
    """Run the shop, and stand still at a boundary until the other process has ended; say how the run has."""
    points = Points(channel, job["cut"], frozen=True)
    place_boundaries(points, job)
    runner = Runner(job, channel, points)

    async def run():
        try:
            say(channel, ["end", (await runner.run("Buy one")).final_output])
        except StateConflictError as error:
            say(channel, ["refused", error.code])

    asyncio.run(run())


def intrude(job, channel):
    """Try to go on with a run that another process holds, which stands still."""
    runner = Runner(job, channel)
    meet(channel)

    async def run():
        try:
            await runner.to_the_end()
        except StateConflictError as error:
            say(channel, ["refused", error.code])

    asyncio.run(run())


def take_over(job, channel):
    """Wait until the lease of a process that stands still has ended, and bring the run to its end."""
    runner = Runner(job, channel)
    meet(channel)

    async def run():
        deadline = time.monotonic() + PATIENCE
        while (await runner.store.list())[0].claim is not None:
            assert time.monotonic() < deadline
        await runner.to_the_end()
        say(channel, ["done", done_in(job["folder"])])

    asyncio.run(run())


def trouble(job, channel):
    """Run the shop on a disk that refuses from a write on; if the job stays, go on when it is well again."""
    disk = Trouble(job["kind"], job["write"], job["url"] or job["folder"])
    around_writes(disk)
    runner = Runner(job, channel)

    async def run():
        try:
            await runner.run("Buy one")
        except TimestepError as error:
            say(channel, ["failed", [type(error).__name__, error.code]])
        disk.end()
        if job["stays"]:
            await runner.to_the_end()

    asyncio.run(run())


def serve(job, channel):
    """Bring one run after the other to its end, but for those that another process is at."""

    async def run():
        for name in job["names"]:
            say(channel, ["at", name])
            mine = {**job, "session": name, "folder": f"{job['folder']}/{name}"}
            try:
                await Runner(mine, channel).to_the_end()
            except StateConflictError as error:
                say(channel, ["refused", error.code])

    asyncio.run(run())


RUN_JOBS = {
    "serve": serve,
    "trouble": trouble,
    "buy": buy,
    "resume": resume,
    "freeze": freeze,
    "intrude": intrude,
    "take-over": take_over,
}
