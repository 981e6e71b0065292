"""Disks that are full, broken or not to be written, at each write of a run (D6)."""

from collections import Counter

import pytest

from timestep.codec import document as codec

from .disk_troubles import POSTGRES, SQLITE
from .trials import Trial, faults, gone_on, job_for, left_alone

TROUBLES = [("sqlite", kind) for kind in SQLITE] + [("postgres", kind) for kind in POSTGRES]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("trouble", TROUBLES, ids=": ".join)
@pytest.mark.parametrize("stays", [False, True], ids=["another process goes on", "the same process goes on"])
async def test_a_run_whose_store_refuses_a_write_stops_and_goes_on_later(forks, request, tmp_path, trouble, stays):
    """D6, TS-STORE-007, TS-STORE-008, TS-DUR-005: at each write; what was kept can be read, nothing is done twice."""
    store, kind = trouble
    url = request.getfixturevalue("database") if store == "postgres" else None
    code = {**SQLITE, **POSTGRES}[kind]
    whole = await left_alone(forks, job_for("whole", tmp_path / "whole", "every", url))
    found = Counter()
    for write in range(1, len(whole.stored) + 1):
        job = job_for(f"{write}", tmp_path / f"{write}", "every", url)
        trial = Trial({**job, "job": "trouble", "kind": kind, "write": write, "stays": stays}, breaks=1)
        (child,) = forks.run(trial.job)
        assert [what for said, what in child["said"] if said == "failed"] == [["StorageError", code]], write
        if stays:
            await trial.take(child)
        else:
            await trial.died(child)
            (death,) = trial.deaths
            assert death.kept == death.version == write - 1
            assert death.document is None or codec.encode(death.document).decode() == whole.stored[write - 2]
            trial.job["job"] = "buy"
            await gone_on(forks, [trial])
        assert list(faults(trial, whole)) == [], write
        found["doubt"] += len(trial.doubts)
    assert (len(whole.stored) > 4, found["doubt"]) == (True, 1)  # the result of the payment could not be kept
