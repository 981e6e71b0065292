"""What the children of the fork server do: sessions and stores, step by step, each step acknowledged when done."""

import asyncio
import json
import secrets
import signal
from pathlib import Path

from msgspec.structs import replace

from timestep import RunStateStore as SavedRuns
from timestep import run_agent
from timestep.codec import document as codec
from timestep.errors import StateConflictError
from timestep.sessions.file import FileSession
from timestep.sessions.sqlite import SQLiteSession
from timestep.stores.run_states import DocumentStore

from .boundaries import Points, around_calls, around_events, around_writes, inside_psycopg, inside_sqlite
from .mutants import MUTANTS
from .shop import done_in, shop

LONG = "x" * 20_000


def item(text):
    """Return a message."""
    return {"role": "user", "content": text}


#: Steps of a session, by name of the call.
STEPS = [
    ("add", [item("1")]),
    ("add", [item("2"), item(LONG), item("4")]),
    ("pop",),
    ("add", [item("5"), item("6")]),
    ("clear",),
    ("add", [item("7")]),
    ("add", [item("8"), item("9")]),
]


def session_of(job):
    """Open the session a job is about."""
    if job["kind"] == "file":
        return FileSession("Agent", "c", storage_dir=job["folder"])
    return SQLiteSession("c", Path(job["folder"]) / "a.sqlite3")


def store_of(job):
    """Open the store a job is about."""
    return DocumentStore(connection=job.get("url") or Path(job["folder"]) / "a.sqlite3")


def say(channel, value):
    """Tell the server something; once it is written, it counts as acknowledged."""
    channel.sendall(json.dumps(value).encode() + b"\n")


def steps(job, channel):
    """Take all steps, and stop at a write boundary if one is named."""
    cut_at(job, channel)

    async def run():
        session = session_of(job)
        for number, (name, *arguments) in enumerate(STEPS):
            await {"add": session.add_items, "pop": session.pop_item, "clear": session.clear_session}[name](*arguments)
            say(channel, number)

    asyncio.run(run())


def many(job, channel):
    """Add items without end, or so many; some by themselves and some in pairs."""

    async def run():
        session, number = session_of(job), 0
        while number < job.get("count", 1 << 60):
            batch = [
                f"{job['name']} {n} {LONG if n % 7 == 0 else ''}" for n in range(number, number + 1 + number % 3 % 2)
            ]
            await session.add_items([item(text) for text in batch])
            for text in batch:
                say(channel, text)
            number += len(batch)
        if job.get("stay"):  # killed here, with everything open
            channel.sendall(b"cut\n")
            signal.pause()

    asyncio.run(run())


def save(job, channel):
    """Save a run again and again, and stop at a write boundary if one is named."""
    cut_at(job, channel)
    document = codec.decode(job["document"].encode())

    async def run():
        store = store_of(job)
        for revision in range(1, job["count"] + 1):
            changed = replace(document, revision=revision, unknown={"x-note": f"{revision} {LONG}"})
            await store.save(changed)
            say(channel, revision)

    asyncio.run(run())


def buy(job, channel):
    """Run the shop with a store, or go on with the run that is there; stop at a boundary if one is named.

    Says each version that the store has acknowledged, each call in doubt, the result, and the boundaries it has passed.
    """
    folder = Path(job["folder"])
    folder.mkdir(parents=True, exist_ok=True)
    secrets.token_hex = lambda _size=None: "0"  # the run's id is the same each time
    if job.get("mutant"):
        MUTANTS[job["mutant"]]()
    points = Points(channel, job.get("cut") or 0)
    place_boundaries(points, job)
    agent = shop(folder, job["answers"], points)

    async def run():
        place = f"{job['url']}&application_name=killed" if job["url"] else folder / "a.sqlite3"
        store = Telling(channel, session_id=job["session"], connection=place)
        store.recorded = job.get("recorded")
        result = await begin_or_go_on(agent, store)
        while result.interruptions:
            state = await store.load()
            for asked in result.interruptions:
                say(channel, ["doubt", asked.tool])
                paid = asked.tool in done_in(folder)
                state.settle(asked, "output" if paid else "retry", "paid" if paid else None)
            result = await run_agent(agent, state, state_store=store)
        say(channel, ["end", result.final_output])
        say(channel, ["passed", points.passed])

    asyncio.run(run())


async def begin_or_go_on(agent, store):
    """Run the agent, or go on with its run if the store has one, even if a dead process's last save comes in meanwhile."""
    while True:
        rows = await store.list()
        given = await store.load(rows[0].run) if rows else "Buy one"
        try:
            return await run_agent(agent, given, state_store=store)
        except StateConflictError:
            if await store.list() == rows:
                raise


class Telling(SavedRuns):
    """A store that tells the server which versions it has acknowledged, and what is stored then if it is `recorded`."""

    def __init__(self, channel, **options):
        super().__init__(**options)
        self.channel, self.recorded = channel, False

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


def place_boundaries(points, job):
    """Put all boundaries of a run into place, those inside of the databases if the job says how fine."""
    around_events(points)
    around_writes(points)
    if job.get("fine"):
        around_calls(points)
        inside_sqlite(points, job["fine"])
        if job.get("url"):
            inside_psycopg(points)


def resume(job, channel):
    """Load a run, wait until the others have too, and go on with it; say how that ended."""
    folder = Path(job["folder"])
    if job.get("mutant"):
        MUTANTS[job["mutant"]]()

    async def run():
        store = SavedRuns(session_id=job["session"], connection=job["url"] or folder / "a.sqlite3")
        state = await store.load()
        channel.sendall(b"ready\n")
        channel.recv(1)
        try:
            result = await run_agent(shop(folder, job["answers"]), state, state_store=store)
            say(channel, ["end", result.final_output])
        except StateConflictError as error:
            say(channel, ["refused", error.code])

    asyncio.run(run())


def race(job, channel):
    """Save over version after version, each time together with the others, and say who won."""
    document = codec.decode(job["document"].encode())
    if job.get("mutant"):
        MUTANTS[job["mutant"]]()

    async def run():
        store = store_of(job)
        for version in range(1, job["count"] + 1):
            channel.sendall(b"ready\n")
            channel.recv(1)
            try:
                await store.save(replace(document, revision=version), expected=version)
                say(channel, version)
            except StateConflictError:
                pass

    asyncio.run(run())


def tally(job, channel):
    """Count up in a run that others count up too: load, add one, save, and again from the start after a conflict."""

    async def run():
        store = store_of(job)
        for _ in range(job["count"]):
            while True:
                document, version = await store.load_version()
                number = document.unknown["x-number"] + 1
                try:
                    await store.save(replace(document, unknown={"x-number": number}), expected=version)
                    break
                except StateConflictError:
                    pass
            say(channel, number)

    asyncio.run(run())


def cut_at(job, channel):
    """Stop at the n-th write boundary: around system calls, in the midst of a write, between a database's own steps."""
    if job.get("cut"):
        point = Points(channel, job["cut"])
        around_calls(point)
        inside_sqlite(point)
        if job.get("url"):
            inside_psycopg(point)


JOBS = {"steps": steps, "many": many, "save": save, "buy": buy, "resume": resume, "race": race, "tally": tally}
