"""A process with workflows, for tests that kill it: told what to do by a line of JSON, it says what has happened.

The agent looks and books at once, pays, and tells; a line of the log is written for each effect. A workflow whose id
names a cut ends there as in a process that dies: nothing of it happens any more, until the process is really killed.
"""

import asyncio
import json
import os
import sys
from collections import defaultdict

from dbos import DBOS

from timestep import (
    Agent,
    ToolContext,
    cleanup_dbos,
    ensure_dbos_launched,
    function_tool,
    register_agent,
    run_agent_workflow,
)
from timestep.loop.driver import Driver
from timestep.providers.protocol import ModelResponse
from timestep.testing import message, tool_call
from timestep.types.state import Usage
from timestep.workflows.launching import launched
from timestep.workflows.results import next_stop
from timestep.workflows.steps import Steps

LOG = os.environ["EFFECTS_LOG"]


class Cut(BaseException):
    """The workflow's process has died."""


class Cuts:
    """Counts the boundaries of each workflow, and ends it at the one it is to end at."""

    def __init__(self):
        self.names = defaultdict(list)
        self.cut = {}

    def at(self, workflow, name):
        """Come to a boundary."""
        if workflow in self.cut:
            raise Cut
        self.names[workflow].append(name)
        kind, _, number = workflow.partition("-cut-")
        if kind and number and len(self.names[workflow]) - 1 == int(number):
            self.cut[workflow] = name
            raise Cut


CUTS = Cuts()


def effect(kind, key):
    """Have an effect on the world."""
    line = os.open(LOG, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(line, f"{kind} {key}\n".encode())
    os.close(line)


@function_tool(effect="read")
async def look(ctx: ToolContext) -> str:
    """Look."""
    effect("look", ctx.idempotency_key)
    await asyncio.sleep(0)
    return "a room"


@function_tool(effect="idempotent")
async def book(ctx: ToolContext) -> str:
    """Book."""
    effect("book", ctx.idempotency_key)
    await asyncio.sleep(0)
    return "booked"


@function_tool(effect="once")
async def pay(ctx: ToolContext) -> str:
    """Pay."""
    effect("pay", ctx.idempotency_key)
    await asyncio.sleep(0)
    return "paid"


@function_tool(effect="once", needs_approval=True)
async def mail(ctx: ToolContext) -> str:
    """Mail."""
    effect("mail", ctx.idempotency_key)
    return "mailed"


class Clerk:
    """A model that goes by what has been answered, so that it is the same in every process."""

    def __init__(self, turns):
        self.turns = turns

    async def respond(self, request):
        """Answer."""
        turn = int(request.key.rpartition("-")[2]) - 1
        effect("model", request.key)
        await asyncio.sleep(0)
        calls = self.turns[turn] if turn < len(self.turns) else ()
        items = [tool_call(name, _arguments(name), f"c{turn}{name}") for name in calls] or [message("Done.")]
        return ModelResponse(output=items, usage=Usage(requests=1, input_tokens=1, output_tokens=1, total_tokens=2))


def _arguments(name):
    return {"input": "Book"} if name == "clerk" else {}


CLERK = Agent("Clerk", Clerk([("look", "book"), ("pay",)]), tools=[look, book, pay])
MAILER = Agent("Mailer", Clerk([("pay",), ("mail",)]), tools=[pay, mail])
CHIEF = Agent("Chief", Clerk([("clerk", "book")]), tools=[CLERK.as_tool("clerk", "Have a clerk book."), book])
AGENTS = {agent.name: agent for agent in (CLERK, MAILER, CHIEF)}


def cut_everywhere():
    """Put a boundary before and after each thing that is kept, done or told."""
    mark = Driver._mark

    def marked(driver, where):
        CUTS.at(driver.tree.root.id if driver.tree else driver.scene.options.run, where)
        mark(driver, where)

    Driver._mark = marked
    keeper = type(launched().keeper)
    for name in ("put", "append"):
        bounded(keeper, name)
    record = Steps.record

    async def recorded(steps, tree, effect, work):
        async def within():
            CUTS.at(tree.root.id, "step begun")
            event = await work()
            CUTS.at(tree.root.id, "done, and not recorded")
            return event

        event = await record(steps, tree, effect, within)
        CUTS.at(tree.root.id, "recorded")
        return event

    Steps.record = recorded


def bounded(keeper, name):
    """Put a boundary before and after a write of the store."""
    write = getattr(keeper, name)

    async def written(self, record, *given, **named):
        CUTS.at(record.about.run, f"before {name}")
        done = await write(self, record, *given, **named)
        CUTS.at(record.about.run, f"after {name}")
        return done

    setattr(keeper, name, written)


def say(**what):
    """Tell the test."""
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


async def cuts(agent):
    """Run one workflow through, and then one for each of its boundaries, which ends there."""
    cut_everywhere()
    await run_agent_workflow(AGENTS[agent], "Book", workflow_id="whole")
    number = len(CUTS.names["whole"])
    names = [f"w-cut-{each}" for each in range(number)]
    tasks = [asyncio.ensure_future(run_agent_workflow(AGENTS[agent], "Book", workflow_id=name)) for name in names]
    # One whose tools have ended in another order may have had fewer boundaries, and be through.
    while len(CUTS.cut) + sum(task.done() for task in tasks) < number:  # noqa: ASYNC110 - in another thread's loop
        await asyncio.sleep(0.05)
    say(cut=CUTS.cut)
    await asyncio.wait(tasks)


async def start(agent, names):
    """Start workflows, and wait until DBOS has them."""
    for name in names:
        TASKS.add(asyncio.ensure_future(run_agent_workflow(AGENTS[agent], "Book", workflow_id=name)))
    while len(await DBOS.list_workflows_async(workflow_ids=names, load_input=False)) < len(names):  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    say(started=names)


async def stops(names):
    """Wait for the next stop of each workflow."""
    process = launched()
    found = await asyncio.gather(*(process.submit(lambda name=name: next_stop(process, name)) for name in names))
    say(stops={name: told(result) for name, result in zip(names, found, strict=True)})


def told(result):
    """Return what a result says."""
    waits = [f"{each.tool} {each.state}" for each in result.interruptions]
    return {"output": result.final_output, "waits": waits, "items": result.new_items}


TASKS = set()
DO = {"cuts": cuts, "start": start, "stops": stops}


async def main():
    """Launch DBOS, and do what each line says."""
    for agent in AGENTS.values():
        register_agent(agent)
    ensure_dbos_launched()
    say(launched=True)
    while line := await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline):
        given = json.loads(line)
        await DO[given.pop("do")](**given)
    cleanup_dbos()


if __name__ == "__main__":
    asyncio.run(main())
