"""Workflows of several processes: killed, launched anew, and beside each other."""

import asyncio
import subprocess
import sys

from timestep import RunStateStore


async def test_an_approval_reaches_a_run_whose_process_was_killed(place, worker, effects):
    """TS-DUR-067, TS-DUR-068: what waits for a decision outlives its process, and one made meanwhile counts."""
    first = worker(place)
    first.say("start", agent="Mailer", names=["w"])
    first.say("stops", names=["w"])
    assert first.hear("started") == ["w"]
    assert first.hear("stops")["w"]["waits"] == ["mail pending"]
    first.kill()
    store = RunStateStore()
    state = await store.load("w")
    state.approve(state.get_interruptions()[0])
    await store.save(state)
    second = worker(place)
    second.say("stops", names=["w"])
    assert second.hear("stops")["w"]["output"] == "Done."
    assert [line.split()[0] for line in effects()] == ["model", "pay", "model", "mail", "model"]


async def test_an_approval_from_the_command_line_is_enough(place, worker):
    """TS-DUR-068: `timestep runs approve ID` decides on the run of a workflow, which goes on by itself."""
    first = worker(place)
    first.say("start", agent="Mailer", names=["mail-17"])
    first.say("stops", names=["mail-17"])
    assert first.hear("started") == ["mail-17"]
    assert first.hear("stops")["mail-17"]["waits"] == ["mail pending"]
    command = [sys.executable, "-m", "timestep", "runs", "approve", "mail-17", "c1mail", "--by", "ann"]
    answer = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr
    first.say("stops", names=["mail-17"])
    assert first.hear("stops")["mail-17"]["output"] == "Done."


async def test_a_living_process_takes_over_from_one_that_is_killed(place, worker, effects):
    """TS-DUR-067: workflows of a process that dies are gone on with in another, which need not be launched anew."""
    first, second = worker(place), worker(place)
    names = [f"w{number}" for number in range(10)]
    first.say("start", agent="Mailer", names=names)
    first.say("stops", names=names)
    assert first.hear("started") == names
    first.hear("stops")
    first.kill()
    store = RunStateStore()
    for name in names:
        state = await store.load(name)
        state.approve(state.get_interruptions()[0])
        await store.save(state)
    second.say("stops", names=names)
    stops = second.hear("stops")
    assert {stops[name]["output"] for name in names} == {"Done."}
    assert sum(line.startswith("mail ") for line in effects()) == len(names)
    assert sum(line.startswith("pay ") for line in effects()) == len(names)


async def test_one_id_in_two_processes_is_one_run(place, worker, effects):
    """TS-DUR-064: the same workflow_id in two processes at once is one run, whose result both get."""
    both = worker(place), worker(place)
    for each in both:
        each.say("start", agent="Clerk", names=["w"])
    for each in both:
        assert each.hear("started") == ["w"]
        each.say("stops", names=["w"])
    one, other = (each.hear("stops")["w"] for each in both)
    assert one == other
    assert one["output"] == "Done."
    assert sum(line.startswith("pay ") for line in effects()) == 1


async def test_killed_again_and_again_no_run_is_stuck(place, worker, effects):
    """TS-DUR-067: however often the processes are killed, all runs end, and nothing is paid twice or lost unsaid."""
    names = [f"w{number}" for number in range(20)]
    first = worker(place)
    first.say("start", agent="Clerk", names=names)
    assert first.hear("started") == names
    for _ in range(3):
        first.kill()
        first = worker(place)
    first.say("stops", names=names)
    stops = first.hear("stops")
    paid = [line.split("-")[-1] for line in effects() if line.startswith("pay ")]
    assert len(paid) == len(set(paid))
    for name in names:
        assert stops[name]["output"] == "Done." or stops[name]["waits"] == ["pay indeterminate"]
        assert name in paid or stops[name]["waits"]


async def test_a_server_that_is_killed_under_load_leaves_no_run_stuck(postgres, database, worker, effects, monkeypatch):
    """TS-DUR-067: PostgreSQL killed and started again while workflows go on: they all end, or tell of their doubts."""
    monkeypatch.setenv("PG_CONNECTION_URI", database)
    names = [f"w{number}" for number in range(20)]
    first = worker({"PG_CONNECTION_URI": database})
    first.say("start", agent="Clerk", names=names)
    assert first.hear("started") == names
    postgres.kill()
    postgres.start()
    first.say("stops", names=names)
    stops = first.hear("stops")
    paid = [line.split("-")[-1] for line in effects() if line.startswith("pay ")]
    assert len(paid) == len(set(paid))
    for name in names:
        assert stops[name]["output"] == "Done." or stops[name]["waits"] == ["pay indeterminate"]
