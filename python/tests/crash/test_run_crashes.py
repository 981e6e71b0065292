"""Runs whose process is killed while they are kept in a store: they are gone on with, and nothing is paid twice."""

from collections import Counter

import pytest

from .trials import Settled, faults, job_for, killed_at_each, left_alone

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def jobs(store, request, tmp_path):
    """Return a function that gives what makes the jobs of runs, by number, and what waits for the dead to be gone."""
    server = request.getfixturevalue("postgres") if store == "postgres" else None
    url = server.database() if server else None

    def jobs_of(answers, fine=0):
        def job(name):
            session = f"{answers} {fine} {name}"
            return job_for(session, tmp_path / session, answers, url, fine=fine)

        return job

    return jobs_of, Settled(server) if server else lambda: None


@pytest.mark.parametrize(
    ("store", "answers"),
    [
        ("sqlite", "every"),
        ("sqlite", "harmless"),
        ("sqlite", "nested"),
        ("postgres", "every"),
        ("postgres", "harmless"),
    ],
)
async def test_a_run_killed_at_every_boundary_is_gone_on_with(forks, store, jobs, answers, tell):
    """D1 to D4, TS-DUR-001, TS-DUR-005, TS-DUR-006, TS-TRANS-004, TS-TRANS-021: nothing is lost, doubts are told.

    TS-DUR-040, TS-DUR-041, TS-DUR-042, TS-DUR-043, TS-DUR-044, TS-DUR-045, TS-DUR-046: as the table of cuts says.
    The boundaries are before and after each write of the store, each model call, each tool's effect and each event,
    within the writes of the session, and in the store at each system call and statement and several times within it.
    """
    jobs_of, settled = jobs
    whole = await left_alone(forks, jobs_of(answers)("whole"))
    trials = await killed_at_each(forks, jobs_of(answers), settled)
    if answers == "every":
        trials += await killed_at_each(forks, jobs_of(answers, fine=30), settled)
    assert [(trial.deaths[0].at, fault) for trial in trials for fault in faults(trial, whole)] == []
    kinds = Counter(trial.deaths[0].at.partition(":")[0] for trial in trials)
    inside = [trial for trial in trials if trial.deaths[0].at in ("effect:before pay", "effect:after pay")]
    assert [trial.doubts for trial in inside] == [["pay"], ["pay"]] * (answers != "harmless")
    assert kinds["store"] == 2 * len(whole.stored)
    assert kinds["effect"] == 2 * len(whole.done)
    assert kinds["loop"] > 20
    assert (len(whole.session), kinds["session"]) == ((10, 9) if answers == "harmless" else (0, 0))
    assert (kinds["database"] > 20) == (answers == "every")
    where = ", ".join(f"{kinds[kind]} in {kind}" for kind in ("effect", "store", "session", "database", "file", "loop"))
    tell(f"{store}, {answers}: {len(trials)} kills, {where}; {told(trials, whole)}")


def told(trials, whole):
    """Count what came of the kills."""
    more = sum((Counter(line.split()[0] for line in trial.done) for trial in trials), Counter())
    alone = Counter(line.split()[0] for line in whole.done)
    again = {name: more[name] - alone[name] * len(trials) for name in alone}
    doubts = sum(len(trial.doubts) for trial in trials)
    paid = f"{doubts} payments in doubt, {again['pay']} paid twice; " if "pay" in again else ""
    return f"{paid}done again: {again['model']} model calls, {again['look']} looks, {again['reserve']} reservations"


PAYS_TWICE = {"D2: paid 2 times", "D2: it may have been paid, and nobody was asked"}
ASKS_AGAIN = {f"D3: model {turn} was asked again after its answer was acted on" for turn in (1, 2)}


@pytest.mark.parametrize(
    ("mutant", "found"),
    [("no-intent", PAYS_TWICE), ("pays-again", PAYS_TWICE), ("by-turns", PAYS_TWICE | ASKS_AGAIN)],
)
async def test_a_runtime_with_a_defect_is_found_out(forks, tmp_path, mutant, found):
    """D2, D3: one that keeps no record before a call, one that runs any again, one that keeps a turn at its end."""
    whole = await left_alone(forks, job_for("whole", tmp_path / "whole", "every"))
    trials = await killed_at_each(forks, lambda cut: job_for("a", tmp_path / str(cut), "every", mutants=[mutant]))
    assert {fault for trial in trials for fault in faults(trial, whole)} >= found
