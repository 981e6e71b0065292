"""Scenarios nobody wrote: random ones, saved by each SDK, converted, and resumed by both (BARS: states never seen).

`TIMESTEP_RANDOM=1000` runs that many, `TIMESTEP_RANDOM_FROM=5000` starts elsewhere.
"""

import os

import pytest

from .trial import dumped, trial

SEEDS = int(os.environ.get("TIMESTEP_RANDOM", "60"))
FIRST = int(os.environ.get("TIMESTEP_RANDOM_FROM", "0"))


@pytest.mark.timeout(120)
@pytest.mark.parametrize("seed", range(FIRST, FIRST + SEEDS))
def test_resumes_as_by_itself(seed, workers, tmp_path):
    """Within a family nothing differs; across, only what the two SDKs do differently by themselves."""
    found = trial(seed, workers)
    if found.problems:
        place = tmp_path / f"random_{seed}.json"
        place.write_text(dumped(found), encoding="utf-8")
        pytest.fail(f"seed {seed}, scenario in {place}:\n" + "\n".join(found.problems), pytrace=False)


def test_the_trials_compare_something(workers):
    """A worker that answers nothing would let every trial pass."""
    counts = sum((trial(seed, workers).counts for seed in (3, 24)), start=trial(2, workers).counts)
    assert sum(number for name, number in counts.items() if name.endswith("compared")) > 10


def test_a_seed_gives_one_scenario():
    """The same seed makes the same scenario, so that a failure can be had again."""
    from random_scenarios import scenario

    assert scenario(7) == scenario(7)
    assert scenario(7) != scenario(8)
