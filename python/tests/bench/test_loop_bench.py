"""The bench of the loop measures what it says; how long anything takes is no test."""

import json
import subprocess
import sys

import pytest

TURNS = {"op": "turns", "turns": 1, "budget_s": 0, "limit_s": 60}
DEPTH = {"op": "depth", "turns": 30, "limit_s": 60}
TOGETHER = {"op": "together", "turns": 2, "runs": 3, "delay_s": 0.001, "limit_s": 60}


def ask(repo_root, script, *requests):
    """Send requests to a peer's program and return its answers."""
    path = repo_root / "tools" / "bench" / "loop" / "peers" / script
    lines = "".join(json.dumps({"id": number, **request}) + "\n" for number, request in enumerate(requests))
    command = [sys.executable, str(path)]
    done = subprocess.run(command, input=lines, capture_output=True, text=True, check=True, timeout=60)
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(autouse=True)
def _peers(repo_root, monkeypatch):
    """Have the programs of the peers found."""
    monkeypatch.setattr(sys, "path", [str(repo_root / "tools" / "bench" / "loop" / "peers"), *sys.path])


@pytest.mark.parametrize("script", ["peer_timestep.py", "peer_floor.py"])
def test_a_peer_answers_every_operation(repo_root, script):
    """Our loop, and the bare one beside it, run to their ends and give a figure for each thing that is measured."""
    answers = ask(repo_root, script, {"op": "hello"}, TURNS, DEPTH, TOGETHER)
    assert [answer.get("error") for answer in answers] == [None] * 4
    hello, turns, depth, together = answers
    assert set(hello) == {"id", "name", "version"}
    assert turns["seconds"] > 0
    assert (depth["reached"], depth["passed"]) == (30, False)
    assert depth["deep"] > 0
    assert together["seconds"] > 0
    assert together["wall"] >= 3 * TOGETHER["delay_s"]


def test_ours_is_measured_through_the_client_and_on_its_streams(repo_root):
    """The OpenAI provider and the stream of events are measured with every turn taken and every delta seen."""
    requests = [
        {"op": "client", "turns": 2, "limit_s": 60},
        {"op": "deltas", "events": 50},
        {"op": "events", "events": 50},
    ]
    client, deltas, events = ask(repo_root, "peer_timestep.py", *requests)
    assert (client.get("error"), client.get("reached")) == (None, 2)
    assert deltas.get("error") is None
    assert events.get("error") is None


def test_a_run_is_cut_off_at_its_limit(repo_root):
    """A run that takes more CPU than it may ends, and says so."""
    (answer,) = ask(repo_root, "peer_floor.py", {"op": "depth", "turns": 10_000_000, "limit_s": 0.05})
    assert answer["passed"]
    assert 0 < answer["reached"] < 10_000_000


async def test_a_run_that_skips_turns_is_no_measurement(bench):
    """A peer that answers without calling its tool is refused."""
    clock = bench("clock")

    class Lazy:
        async def run(self, _turns):
            await clock.next_call()

    with pytest.raises(RuntimeError, match="1 model calls and 0 tool runs for 2 turns"):
        await clock.follow(Lazy(), clock.Script(2))


def test_each_peer_has_a_program_and_exact_versions(bench, repo_root):
    """Every requirement is pinned, so that a table can be made again."""
    peers = bench("loop.environments").read_peers()
    assert list(peers)[:2] == ["timestep", "floor"]
    for peer in peers.values():
        assert (repo_root / "tools" / "bench" / "loop" / "peers" / peer.script).is_file()
        assert all("==" in requirement for requirement in peer.requirements)


def test_the_table_says_what_was_cut_off_and_what_is_missing(bench):
    """What was cut off bears a star and has no ratio; what could not be measured is told with the reason."""
    figures = bench("loop.figures").Figures()
    figures.titles = {"timestep": "timestep 1", "slow": "slow 2"}
    figures.absent["slow, start"] = "no such module"
    figures.add("timestep", "turns-1", {"seconds": 0.0001})
    figures.add("slow", "turns-1", {"seconds": 0.0002})
    figures.add("timestep", "depth", {"seconds": 0.05, "reached": 1000, "passed": False, "shallow": 4e-5, "deep": 5e-5})
    figures.add("slow", "depth", {"seconds": 12.0, "reached": 640, "passed": True, "shallow": 1e-3, "deep": 9e-3})
    report = bench("loop.report")
    text = "\n".join(report.tables(figures))
    assert "200 us (2.0x)" in text
    assert "9,000 us at 640*" in text
    assert "12.0 s at 640*" in text
    assert "1,000 us (25.0x)" in text
    assert "Not measured: slow, start: no such module" in text
    goals = {line[:40].strip(): line.split()[-1] for line in report.goals(figures)[1:]}
    assert goals["a run of one turn with a tool call"] == "met"
    assert goals["a turn at depth 1,000 / at depth 20"] == "met"
    assert goals["a turn in runs of 200"] == "us"


def test_a_slow_peer_is_measured_less_often_and_nothing_after_the_deadline(bench, monkeypatch):
    """Each peer has a share of time in a case, and all of them together a last moment to begin."""
    measure, cases, environments = (bench(f"loop.{name}") for name in ("measure", "cases", "environments"))
    clock = {"now": 0.0}
    monkeypatch.setattr(measure.time, "monotonic", lambda: clock["now"])
    peers = [environments.Peer("fast", "peer_floor.py"), environments.Peer("slow", "peer_floor.py")]
    taken = []

    def ask(worker, op, **_):
        taken.append((worker, op))
        clock["now"] += 10.0 if worker == "slow" else 1.0
        return {"seconds": 1.0}

    monkeypatch.setattr(measure, "_ask", ask)
    found = measure.Bench(peers, cases.Pace(rounds=3, share_s=5.0))
    found._interpreters = {"fast": ["python"], "slow": ["python"]}
    found._workers = {"fast": "fast", "slow": "slow"}
    found._rounds(cases.Case("turns-1", "turns", {}), deadline=100.0)
    assert taken == [("fast", "turns"), ("slow", "turns"), ("fast", "turns"), ("fast", "turns")]
    found._rounds(cases.Case("turns-2", "turns", {}), deadline=13.5)
    assert taken[4:] == [("fast", "turns")]
    assert found.figures.absent == {"turns-2, round 1 and later": "out of time"}


def test_a_peer_that_does_not_start_is_told_of_and_left_out(bench):
    """The others are measured all the same, and the table says what is missing."""
    peers = [bench("loop.environments").Peer("gone", "no_such_program.py")]
    with bench("loop.measure").Bench(peers, bench("loop.cases").QUICK) as found:
        figures = found.run()
    assert figures.titles == {}
    assert "No such file" in figures.absent["gone"]
    assert "Not measured: gone: the worker ended during hello" in "\n".join(bench("loop.report").tables(figures))
