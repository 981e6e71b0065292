"""Processes that hold a run and are alive, or stand still for longer than their lease (durability.md, "Claims")."""

import pytest

from .shop import done_in
from .trials import job_for

#: Where a holder stands still, and what it does yet when it wakes: what it was at, and no more.
FREEZES = {
    "store:before append": [],
    "store:after append": [],
    "loop:call_model": ["model"],
    "effect:before model 1": ["model"],
    "effect:after model 1": [],
    "loop:start_tools": [],
    "effect:before look": ["look", "reserve"],  # two calls that have both begun
    "effect:before model 2": ["model"],
    "effect:after pay": [],
}


def overtaken(forks, job, cut):
    """Let a process stand still for longer than its lease and another take over.

    Returns:
        What the old holder said last, what the new one said, what the old one did after that, and payments.
    """
    frozen, other = forks.run({**job, "job": "freeze", "cut": cut, "lease": 1.0}, {**job, "job": "take-over"})
    said, done = dict(other["said"]), done_in(job["folder"])
    return frozen["said"][-1], said, [line.split()[0] for line in done[len(said["done"]) :]], done.count("pay")


@pytest.mark.parametrize("store", ["sqlite", "postgres"])
@pytest.mark.parametrize("cut", ["effect:before model 1", "effect:before pay", "store:after append"])
async def test_a_run_of_a_live_process_is_refused_to_another(forks, request, tmp_path, store, cut):
    """TS-DUR-030, TS-DUR-034: while its lease lasts, even if it stands still; then it goes on alone."""
    job = job_for("a", tmp_path, "every", request.getfixturevalue("database") if store == "postgres" else None)
    held, other = forks.run({**job, "job": "freeze", "cut": cut}, {**job, "job": "intrude"})
    assert other["said"] == [["refused", "run-claimed"]]
    assert held["said"][-1] == ["end", "All done."]
    assert [line.split()[0] for line in done_in(tmp_path)] == ["model", "look", "reserve", "model", "pay", "model"]


@pytest.mark.parametrize("store", ["sqlite", "postgres"])
async def test_a_run_of_a_process_that_stands_still_is_taken_over_when_its_lease_has_ended(
    forks, request, tmp_path, store
):
    """TS-DUR-031, TS-DUR-032: the old holder brings nothing in, and begins nothing more."""
    url = request.getfixturevalue("database") if store == "postgres" else None
    for number, (cut, unfinished) in enumerate(FREEZES.items()):
        old, other, late, paid = overtaken(forks, job_for(str(number), tmp_path / str(number), "every", url), cut)
        assert (other["end"], paid) == ("All done.", 1), cut
        assert (old[0], late) == ("refused", unfinished), cut


@pytest.mark.parametrize(
    ("mutants", "cut", "wrong"),
    [(["no-lease"], "store:after append", "look"), (["no-lease", "no-fence"], "effect:after model 2", "pay")],
)
async def test_a_store_that_lets_the_old_holder_go_on_is_found_out(forks, tmp_path, mutants, cut, wrong):
    """TS-DUR-031, TS-DUR-032: without a lease the old one begins what it was about to, without a fence all."""
    _, _, late, _ = overtaken(forks, job_for("a", tmp_path, "every", mutants=mutants), cut)
    assert wrong in late
