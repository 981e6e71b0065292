"""Every saved state, read and written in its own dialect, is resumed by its own SDK as the original was (L2)."""

import pytest
from judge import compare

from timestep.errors import TimestepError
from timestep.state import write

from .harness import (
    JS,
    PYTHON,
    Case,
    assumed,
    canonical,
    cases,
    converted,
    differences,
    resumed,
    session_for,
    shown,
    state_of,
)

ERROR_FLAG = "faithful-error-state"


def own_cases(*, with_rounds=False):
    """List every state, or every decided one with later rounds, as a pytest parameter."""
    found = [case for family in (PYTHON, JS) for case in cases(family)]
    if with_rounds:
        found = [case for case in found if case.kind == "decided" and case.outcome["rounds"]]
    return [pytest.param(case, id=f"{case.family[14:]}-{case}") for case in found]


def test_the_fixtures_are_all_there():
    """The numbers guard against a folder that has moved: without them nothing would run, and all would pass."""
    assert len(cases(PYTHON)) >= 278
    assert len(cases(JS)) >= 268


@pytest.mark.parametrize("case", own_cases())
def test_resumes_as_recorded(case, workers):
    """The real SDK shows the same calls, runs, requests, results, session writes and errors."""
    data = converted(case, case.family).data
    answer = resumed(workers[case.family], case, data, **session_for(case, case.family))
    found = differences(case, answer["record"], case.family)
    assert not found, shown(found)


@pytest.mark.parametrize("case", own_cases())
def test_only_error_states_need_an_assertion(case):
    """Coming back to the same SDK asks for no assertion but that of calls that may have run."""
    flags = assumed(case, case.family)
    assert set(flags) <= {ERROR_FLAG}
    if flags:
        with pytest.raises(TimestepError) as refused:
            write(state_of(case.path), case.family)
        assert refused.value.code == "assumption-needed"
        assert ERROR_FLAG in (refused.value.help or "")


@pytest.mark.parametrize("case", own_cases(with_rounds=True))
def test_later_rounds_as_recorded(case: Case, workers):
    """A state is converted before every round of decisions, and each round goes as recorded."""
    worker = workers[case.family]
    data = converted(case, case.family).data
    answer = resumed(worker, case, data, **session_for(case, case.family))
    for number, expected in enumerate(case.outcome["rounds"], 1):
        again = write(state_of(answer["state"]), case.family, assume=[ERROR_FLAG]).data
        session = answer["record"].get("session")
        more = {"session_items": session} if session is not None else {}
        answer = resumed(worker, case, again, **more, served=answer["served"], decide=True, round=number)
        found = compare(expected, answer["record"], same_family=True)
        assert not found, f"round {number}:\n{shown(found)}"


@pytest.mark.parametrize("case", own_cases())
def test_the_state_afterwards_tells_the_same(case, workers):
    """What the SDK saves after resuming our file reads as what it saves after its own: nothing twice or lost."""
    worker = workers[case.family]
    session = session_for(case, case.family)
    own = resumed(worker, case, case.path.read_bytes(), **session)
    ours = resumed(worker, case, converted(case, case.family).data, **session)
    assert canonical(ours["state"]) == canonical(own["state"])
