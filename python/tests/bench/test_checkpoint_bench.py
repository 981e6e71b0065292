"""The bench of checkpoints measures what it says; how long anything takes is no test."""

import json
import subprocess
import sys

import pytest


@pytest.fixture(scope="module")
def measured(repo_root):
    """Run the bench at its smallest on what needs no environment of its own; give what it prints, as JSON."""
    command = [sys.executable, "tools/bench/run.py", "checkpoints", "--smallest", "--peers", "timestep"]
    done = subprocess.run(
        [*command, "--format", "json"], capture_output=True, text=True, check=True, timeout=60, cwd=repo_root
    )
    return json.loads(done.stdout)


def test_runs_are_measured_with_a_store_and_without(measured):
    """Each length has its figures; bytes are told of what is kept alone."""
    assert measured["absent"] == {}
    cases = {row["case"]: row["answers"][0] for row in measured["figures"]}
    assert set(cases) == {"plain 2", "kept 2", "plain 30", "kept 30", "load"}
    assert {case for case, answer in cases.items() if "bytes" in answer} == {"kept 2", "kept 30"}
    kept = cases["kept 30"]
    assert (kept["passed"], kept["reached"]) == (False, 30)
    assert 300 < kept["state"] < kept["bytes"]


def test_loading_is_compared_with_the_same_run_as_one_document(measured):
    """The median is not above the worst of the places at which the file was copied."""
    (row,) = [row for row in measured["figures"] if row["case"] == "load"]
    assert 0 < row["answers"][0]["ratio"] <= row["answers"][0]["worst"]


def test_each_package_has_a_program_and_exact_versions(bench, repo_root):
    """Every requirement is pinned, so that a table can be made again."""
    peers = bench("checkpoints.measure").read_peers()
    assert list(peers) == ["timestep", "langgraph-sqlite", "dbos"]
    for peer in peers.values():
        assert (repo_root / "tools" / "bench" / "checkpoints" / "peers" / peer.script).is_file()
        assert all("==" in requirement for requirement in peer.requirements)


def test_figures_become_tables_and_goals(bench):
    """The extra is what a kept run costs beyond a plain one; what was cut off, or left out, is told of."""
    figures = bench("loop.figures").Figures()
    report, cases = bench("checkpoints.report"), bench("checkpoints.cases")
    pace = cases.Pace(turns=(20, 1000))
    figures.titles |= {"timestep": "timestep 1", "dbos": "dbos 2"}
    figures.absent["langgraph-sqlite"] = "no network"
    for peer, times in (("timestep", 1), ("dbos", 40)):
        for turns in pace.turns:
            plain = {"seconds": 0.0001, "shallow": 0.0001, "deep": 0.0001, "passed": False}
            figures.add(peer, cases.run_name(turns, kept=False), plain)
            kept = dict.fromkeys(("seconds", "shallow", "deep"), 0.0001 + 0.0002 * times)
            kept |= {"bytes": 1000.0 * times, "written": 2000.0, "state": 500.0, "reached": 900}
            figures.add(peer, cases.run_name(turns, kept=True), {**kept, "passed": times > 1 and turns == 1000})
    figures.add("timestep", cases.LOAD, {"seconds": 0.01, "ratio": 2.0, "worst": 2.5})
    text = "\n".join(report.tables(figures, pace))
    for part in ("200 us", "8,000 us (40.0x)", "8,000 us*", "40,000 (40.0x)", "at turn 900", "no network", "2.00x"):
        assert part in text
    goals = "\n".join(report.goals(figures, pace))
    assert goals.count("missed") == 2
    assert goals.count(" met") == 4


def test_bytes_are_counted_once_the_log_is_in_the_file(bench, repo_root, tmp_path, monkeypatch):
    """What stands in the log of SQLite is no more than what is there for good."""
    import sqlite3

    monkeypatch.syspath_prepend(str(repo_root / "tools" / "bench" / "checkpoints" / "peers"))
    size_of = bench("kept").size_of
    connection = sqlite3.connect(tmp_path / "a.sqlite3", isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("CREATE TABLE t (x)")
    for _ in range(50):
        connection.execute("INSERT INTO t VALUES ('x')")
    assert (tmp_path / "a.sqlite3-wal").stat().st_size > 50_000
    assert size_of(tmp_path) < 50_000
    connection.close()
