"""The crash explorer: a testee that is right comes through every kill, and each that is wrong is caught by one."""

import dataclasses
import shlex

import pytest

from timestep_conformance import report
from timestep_conformance.cli import status
from timestep_conformance.explorer import SPARES
from timestep_conformance.play import play
from timestep_conformance.run import FAILED, OK, USAGE, run
from timestep_conformance.testee import Testee

from .whole_cases import approved, calls, pays, says, small_testee

CRASH = {"crash": "every-callback"}
#: A world in which somebody else goes on with the run before its second state is stored.
TAKEN = {"model": [calls("c1"), says("Done.")], "tools": {"pay": {"output": 1}}, "store": [{"at": 2, "conflict": True}]}
ENDED = pays("c1", asked={"model": 2}, then=({"op": "resume", "args": {}, "expect": {"ok": {}, "match": "subset"}},))
#: Fault of the small testee -> a case, where it is caught, and what is told.
CAUGHT = {
    "no-intent": (pays("c1", **CRASH), "after", "TS-DUR-043: tool pay c1 again"),
    "pays-again": (pays("c1", **CRASH), "after", "TS-DUR-043: tool pay c1 again"),
    "new-keys": (pays("c1", effect="idempotent", **CRASH), "after", "again under the key"),
    "keeps-nothing": (pays("c1", **CRASH), "", "TS-DUR-005"),
    "begins-again": (pays("c1", **CRASH), "after", "run-unknown"),
    "asks-again": (pays("c1", **CRASH), "after", "TS-DUR-041: model A turn 1 again"),
    "over-conflict": (pays("c1", world=TAKEN), "", "TS-DUR-004"),
    "asks-at-the-end": (ENDED, "", "model is asked once more than the case has answers"),
}


def verdict(case, *fault):
    """Return the verdict on the small testee."""
    with Testee(small_testee(*fault), timeout=5) as testee:
        return play(case, testee)


@pytest.mark.parametrize(
    "case",
    [pays(**CRASH, world={"model": [says("Done.")]}), pays("c1", **CRASH), pays("c1", effect="read", **CRASH),
     pays("c1", "c2", crash="pairs"), approved(**CRASH)],
    ids=["answer", "once", "read", "pairs", "approved"],
)  # fmt: skip
def test_what_is_right_comes_through_every_kill(case):
    """TS-CONF-004: the run ends as without one, each tool has had its effect once, and no law was broken."""
    found = verdict(case)
    assert (found.outcome, found.why) == ("pass", "")
    assert found.schedules >= 4


@pytest.mark.parametrize("fault", CAUGHT)
def test_what_is_wrong_is_caught(fault):
    """TS-DUR-043, TS-DUR-005: the verdict names the rule, and where the testee was killed."""
    case, when, told = CAUGHT[fault]
    found = verdict(case, fault)
    assert found.outcome == "fail"
    assert told in found.why
    assert bool(when) == bool(found.crash)
    if when:
        assert f"killed {when} callback {found.crash.partition(':')[0]}, " in found.why


def test_one_schedule_is_played_again_by_its_place():
    """A failure is told with the place of the kill, and `repro --crash` has it there again."""
    case = pays("c1", **CRASH)
    first = verdict(case, "pays-again")
    again = verdict(dataclasses.replace(case, crash=first.crash), "pays-again")
    assert (again.why, again.crash) == (first.why, first.crash)
    assert f"--crash {first.crash} -- " in report.reproduce(first.to_json(), ["testee"])
    assert verdict(dataclasses.replace(case, crash=first.crash)).outcome == "pass"


def test_the_command_has_a_failure_there_again(capsys):
    """The line at the end of a failure works, and shows the frames of the schedule."""
    words = ["repro", "durable/crash-tool-of-one-effect", "--timeout", "5"]
    command = ["--", *small_testee("pays-again")]
    assert status([*words, *command]) == FAILED
    told = next(line for line in capsys.readouterr().out.splitlines() if "Reproduce: " in line)
    assert status(shlex.split(told.partition("Reproduce: ")[2])[1:]) == FAILED
    assert "TS-DUR-043: tool pay c1 again" in capsys.readouterr().out
    assert status([*words, "--crash", "2:before", *command]) == OK
    assert status([*words, "--crash", "before", *command]) == USAGE
    assert "is no place to be killed at" in capsys.readouterr().err


def test_two_kills_are_two_places():
    """The second one is counted from the start of the process that goes on."""
    found = verdict(pays("c1", crash="5:before,2:after"))
    assert (found.outcome, found.crash) == ("pass", "5:before,2:after")


def test_a_run_that_comes_to_no_end_is_asked_for_so_often_and_no_more():
    """A testee that says each time that its call waits, whatever was decided, is no endless loop."""
    found = verdict(approved(crash="8:before"), "never-decides")
    assert found.outcome == "fail"
    assert "does not come to its end in 8 attempts" in found.why


def test_processes_are_started_ahead_and_none_is_left_behind():
    """Each kill has the next process at hand, and one that has gone on is asked the next schedule."""
    with Testee(small_testee(), timeout=5) as testee:
        found = play(pays("c1", **CRASH), testee)
        assert testee.starts == found.schedules + 1
        processes = [process._process for process in (testee._process, *testee._ahead)]
        assert len(processes) == 1 + SPARES
    assert all(process.returncode is not None for process in processes)


def test_two_runs_give_one_report():
    """TS-CONF-005: the same schedules, whatever was asked before, and in which order."""
    cases = [
        dataclasses.replace(case, id=f"durable/{name}")
        for name, case in {"one": pays("c1", **CRASH), "two": pays("c1", "c2", crash="pairs")}.items()
    ]
    texts = []
    for shuffle in (None, 3):
        with Testee(small_testee(), timeout=5) as testee:
            texts.append(report.json_lines(run(cases, testee, shuffle=shuffle), ["testee"]))
    assert texts[0] == texts[1]
    assert '"schedules"' in texts[0]


def test_a_case_can_kill_its_testee_itself():
    """A tool that dies is one whose machine goes out as it runs; the testee has to see that nothing is known."""
    doubt = {"ok": {"step": "interrupted", "reason": "indeterminate"}, "match": "subset"}
    settled = {"decisions": [{"path": "c1", "how": "output", "output": "paid"}]}
    done = {"ok": {"step": "finished"}, "match": "subset"}
    then = ({"op": "resume", "args": {}, "expect": doubt}, {"op": "resume", "args": settled, "expect": done})
    world = {"model": [calls("c1"), says("Done.")], "tools": {"pay": {"output": "paid", "dies": "after"}}}
    case = pays("c1", expect={"killed": True}, then=then, world=world, asked={"tool": 1})
    assert verdict(case).outcome == "pass"
    assert "TS-DUR-043" in verdict(case, "pays-again").why


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"effects": []}, "has run for c1, which it was not to"),
        ({"effects": [{"tool": "pay", "call_id": "c1", "times": 2}]}, "differs for c1"),
        ({"asked": {"model": 3}}, "it has asked for model 2 times; expected 3"),
        ({"session": [{"role": "user"}]}, "the session differs"),
        ({"world": {"model": [calls("c1")]}}, "the case has no tool pay"),
    ],
)
def test_what_has_happened_is_compared(change, told):
    """Effects, counts and the session are as the case says, and the world has an answer to everything."""
    found = verdict(pays("c1", **change))
    assert found.outcome == "fail"
    assert told in found.why


def test_a_run_over_cases_counts_them(monkeypatch):
    """TS-CONF-030: a case of a whole run scores as any other, once the controls of its profile pass."""
    from timestep_conformance import cases

    monkeypatch.setattr(cases, "controls", lambda: {"durable": ["durable/plain-answer"]})
    with Testee(small_testee(), timeout=5) as testee:
        assert run([pays("c1")], testee).status == OK
