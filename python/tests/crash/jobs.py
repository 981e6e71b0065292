"""What the children of the fork server do: sessions and stores, step by step, each step acknowledged when done."""

import asyncio
import signal
from pathlib import Path

from msgspec.structs import replace

from timestep.codec import document as codec
from timestep.errors import StateConflictError
from timestep.sessions.file import FileSession
from timestep.sessions.sqlite import SQLiteSession
from timestep.stores.run_states import DocumentStore

from .boundaries import Points, around_calls, inside_psycopg, inside_sqlite
from .mutants import MUTANTS
from .run_jobs import RUN_JOBS
from .telling import meet, say

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


def race(job, channel):
    """Save over version after version, each time together with the others, and say who won."""
    document = codec.decode(job["document"].encode())
    for mutant in job.get("mutants", ()):
        MUTANTS[mutant]()

    async def run():
        store = store_of(job)
        for version in range(1, job["count"] + 1):
            meet(channel)
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


JOBS = {"steps": steps, "many": many, "save": save, "race": race, "tally": tally, **RUN_JOBS}
