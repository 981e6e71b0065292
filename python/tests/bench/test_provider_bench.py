"""The bench of the providers measures what it says; how long anything takes is no test."""

import json
import subprocess
import sys
from types import SimpleNamespace

import pytest

APIS = ("responses", "chat_completions", "ollama_chat")
ASKERS = ("timestep", "client", "raw")


@pytest.fixture(scope="module")
def measured(repo_root):
    """Run the bench at its smallest on what needs no environment of its own; give what it prints, as JSON."""
    command = [sys.executable, "tools/bench/run.py", "providers", "--smallest", "--peers", "timestep"]
    done = subprocess.run(
        [*command, "--format", "json"], capture_output=True, text=True, check=True, timeout=60, cwd=repo_root
    )
    return json.loads(done.stdout)


def answers(measured, case):
    """Return the first answer of each that was measured on a case."""
    return {row["peer"]: row["answers"][0] for row in measured["figures"] if row["case"] == case}


def test_nothing_is_left_out(measured):
    """Each thing that is measured has a figure."""
    assert measured["absent"] == {}
    assert set(measured["versions"]) == {"timestep", "routed", "client", "raw"}


@pytest.mark.parametrize("api", APIS)
def test_all_ask_the_same_through_each_api(measured, api):
    """HTTP alone sends the bytes that Timestep sends, and the provider's own client hardly other ones."""
    short, long = (answers(measured, f"request {api} {items}") for items in (1, 5))
    assert set(short) == set(long) == set(ASKERS)
    for found in (short, long):
        assert all(answer["seconds"] > 0 for answer in found.values())
        assert found["raw"]["bytes"] == found["timestep"]["bytes"]
        assert found["client"]["bytes"] == pytest.approx(found["timestep"]["bytes"], rel=0.2)
    assert long["timestep"]["bytes"] > short["timestep"]["bytes"] + 400


@pytest.mark.parametrize("api", APIS)
def test_streams_and_runs_come_to_their_ends(measured, api):
    """Each asker sees every delta of a stream, and our agent takes every turn, found by its name or not."""
    assert set(answers(measured, f"event {api}")) == set(ASKERS)
    runs = answers(measured, f"run {api} 2")
    assert {who: (run["reached"], run["passed"]) for who, run in runs.items()} == {
        "timestep": (2, False),
        "routed": (2, False),
    }


def test_each_peer_has_a_program_and_exact_versions(bench, repo_root):
    """Every requirement is pinned, so that a table can be made again, and every case has its program."""
    peers = bench("providers.measure").read_peers()
    for peer in peers.values():
        assert (repo_root / "tools" / "bench" / "providers" / "peers" / peer.script).is_file()
        assert all("==" in requirement for requirement in peer.requirements)
    cases = bench("providers.cases")
    named = {case.program for group in cases.groups(cases.Pace()) for case in group}
    assert named == set(peers)


def test_the_longest_runs_of_other_packages_come_last_and_once(bench):
    """What takes half a minute is measured once, after all else, so that ours is measured whatever becomes of it."""
    cases = bench("providers.cases")
    groups = cases.groups(cases.Pace())
    assert [group[0].name for group in groups[-2:]] == ["run responses 200", "run chat_completions 200"]
    for group in groups[-2:]:
        assert {case.who: case.times for case in group} == {"openai-agents": 1, "pydantic-ai-openai": 1}
    often = [case for group in groups[:-2] for case in group if case.name == "run responses 200"]
    assert {case.who: case.times for case in often} == {"timestep": 5, "routed": 5}


def test_the_table_says_what_was_cut_off_and_what_is_missing(bench):
    """What was cut off bears a star and has no ratio; what could not be measured is told with the reason."""
    cases, report = bench("providers.cases"), bench("providers.report")
    figures = bench("loop.figures").Figures()
    figures.titles = {"timestep": "timestep 1", "openai-agents": "openai-agents 2", **cases.TITLES}
    figures.absent["pydantic-ai-openai"] = "no network"
    for items, seconds in ((1, 1e-4), (21, 1.1e-4), (201, 2e-4), (2001, 3e-4)):
        figures.add("timestep", f"request responses {items}", {"seconds": seconds, "bytes": 200 * items})
        figures.add("client", f"request responses {items}", {"seconds": 10 * seconds, "bytes": 200 * items})
    figures.add("timestep", "event responses", {"seconds": 2e-5})
    figures.add("timestep", "run responses 200", {"seconds": 0.1, "passed": False, "reached": 200})
    figures.add("openai-agents", "run responses 200", {"seconds": 60.0, "passed": True, "reached": 150})
    text = "\n".join(report.tables(figures, cases.Pace()))
    assert "1,000 us (10.0x)" in text
    assert "27.8 us\n" in text  # 100 us for 360 kB
    assert "278 us\n" in text
    assert "60.0 s at 150*" in text
    assert "* cut off after 45 s" in text
    assert "Not measured: pydantic-ai-openai: no network" in text
    goals = {line[:66].strip(): line.split()[-1] for line in report.goals(figures, cases.Pace())[1:]}
    assert goals["a streamed event, Responses"] == "missed"
    assert goals["100 kB more to send, Responses"] == "met"
    assert goals["a run of 200 turns, Responses"] == "met"
    assert goals["a run of 200 turns, Chat Completions"] == "s"


def test_a_program_that_does_not_start_is_told_of_and_left_out(bench, monkeypatch):
    """The others are measured all the same, and the table says what is missing."""
    measure, cases = bench("providers.measure"), bench("providers.cases")
    peer = bench("loop.environments").Peer("timestep", "no_such_program.py")
    monkeypatch.setattr(measure, "read_peers", lambda: {"timestep": peer})
    with measure.Bench(cases.SMALLEST, ["timestep"]) as found:
        figures = found.run()
    assert figures.titles == {}
    assert "No such file" in figures.absent["timestep"]


def test_nothing_begins_after_the_last_moment(bench, monkeypatch):
    """What is not measured in time is told of, and what was begun has a little longer."""
    measure, cases = bench("providers.measure"), bench("providers.cases")
    clock = {"now": 0.0}
    monkeypatch.setattr(measure.time, "monotonic", lambda: clock["now"])
    taken = []

    def ask(worker, op, **_):
        taken.append((worker.name, op, worker.timeout))
        clock["now"] += 1.0
        return {"seconds": 1.0}

    monkeypatch.setattr(measure, "_ask", ask)
    found = measure.Bench(cases.Pace(rounds=3), [])
    found._workers = {name: SimpleNamespace(name=name) for name in "ab"}
    group = [cases.Case("case", "a", "a", "op", {}, 3), cases.Case("case", "b", "b", "op", {}, 1)]
    found._measure(group, deadline=2.5)
    assert taken == [("a", "op", 52.5), ("b", "op", 51.5), ("a", "op", 50.5)]
    assert found.figures.absent == {"case, round 3": "out of time"}
