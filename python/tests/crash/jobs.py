"""What the children of the fork server do: sessions and stores, step by step, each step acknowledged when done."""

import asyncio
import fcntl
import json
import os
import signal
from pathlib import Path

from msgspec.structs import replace
from psycopg import AsyncConnection  # loaded before the children are forked

from timestep import Agent, ToolContext, function_tool, run_agent
from timestep import RunStateStore as SavedRuns
from timestep.codec import document as codec
from timestep.errors import StateConflictError
from timestep.sessions.file import FileSession
from timestep.sessions.sqlite import SQLiteSession
from timestep.storage import database
from timestep.stores.run_states import DocumentStore as RunStateStore
from timestep.testing import ScriptedModel, tool_call

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
    return RunStateStore(connection=job.get("url") or Path(job["folder"]) / "a.sqlite3")


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


def shop(folder):
    """Return an agent with a tool of each effect; every effect is a line in the folder's file `done`."""

    def act(what):
        with (Path(folder) / "done").open("a") as file:
            file.write(what + "\n")

    @function_tool(effect="read")
    def look() -> str:
        """Look."""
        act("look")
        return "3 left"

    @function_tool(effect="idempotent")
    def reserve(ctx: ToolContext) -> str:
        """Reserve."""
        act(f"reserve {ctx.idempotency_key}")
        return "reserved"

    @function_tool(effect="once")
    def pay() -> str:
        """Pay."""
        act("pay")
        return "paid"

    class Model:
        """Answers by the turn alone, and writes down that it was asked."""

        async def respond(self, request):
            turn = int(request.key.rpartition("-")[2])
            act(f"model {turn}")
            answer = [
                [tool_call("look", {}, "c1"), tool_call("reserve", {}, "c2")],
                tool_call("pay", {}, "c3"),
                "All done.",
            ][turn - 1]
            return await ScriptedModel([answer], prefix=f"{turn}_").respond(request)

    return Agent("Shop", Model(), tools=[look, reserve, pay])


def buy(job, channel):
    """Run the shop with a store, and stop at a write boundary if one is named."""
    folder = Path(job["folder"])
    folder.mkdir(parents=True, exist_ok=True)
    cut_at(job, channel)

    async def run():
        store = SavedRuns(connection=folder / "a.sqlite3")
        result = await run_agent(shop(folder), "Buy one", state_store=store)
        say(channel, result.final_output)

    asyncio.run(run())


def race(job, channel):
    """Save over version after version, each time together with the others, and say who won."""
    document = codec.decode(job["document"].encode())

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
    left = [job.get("cut") or 0]

    def point(*_arguments):
        left[0] -= 1
        if not left[0]:
            channel.sendall(b"cut\n")
            signal.pause()
        return 0

    if left[0]:
        around_calls(point)
        inside_sqlite(point)
        if job.get("url"):
            inside_psycopg(point)


def around_calls(point):
    """Put a boundary before and after each call that changes a file or its lock, and one inside each write."""

    def bounded(real):
        def call(*arguments, **options):
            point()
            result = real(*arguments, **options)
            point()
            return result

        return call

    for module, name in ((os, "open"), (os, "ftruncate"), (os, "close"), (os, "mkdir"), (fcntl, "flock")):
        setattr(module, name, bounded(getattr(module, name)))
    write = os.write

    def in_two(descriptor, data):
        point()
        half = write(descriptor, data[: len(data) // 2])
        point()
        rest = write(descriptor, data[half:])
        point()
        return half + rest

    os.write = in_two


def inside_sqlite(point):
    """Put a boundary at each statement, and at every few steps of SQLite's machine."""
    connect = database.sqlite3.connect

    def opened(*arguments, **options):
        connection = connect(*arguments, **options)
        connection.set_progress_handler(point, 5)
        connection.set_trace_callback(point)
        return connection

    database.sqlite3.connect = opened


def inside_psycopg(point):
    """Put a boundary around each connecting, and wherever the driver waits to send or for an answer."""
    connect, wait = AsyncConnection.connect, AsyncConnection.wait

    async def connected(*arguments, **options):
        point()
        connection = await connect(*arguments, **options)
        point()
        return connection

    def bounded(steps):
        wanted = next(steps)
        while True:
            point()
            ready = yield wanted
            point()
            try:
                wanted = steps.send(ready)
            except StopIteration as end:
                point()
                return end.value

    AsyncConnection.connect = connected
    AsyncConnection.wait = lambda self, steps, **options: wait(self, bounded(steps), **options)


JOBS = {"steps": steps, "many": many, "save": save, "buy": buy, "race": race, "tally": tally}
