"""Whole runs: the reference passes all, what knows nothing passes nothing, and each fault is caught."""

import dataclasses

import pytest

from timestep_conformance import cases, forms, report
from timestep_conformance.run import FAILED, NO_VERDICT, OK, declared
from timestep_conformance.testee import Hello, NoTestee
from timestep_conformance.verdicts import Verdict, counts

#: All cases, but those that are killed at every callback are played without: each of them takes seconds.
ALL = [dataclasses.replace(case, crash="") for case in cases.load()]
#: Some of those, with the kills.
KILLED = ["durable/crash-tool-of-one-effect", "durable/crash-session"]
#: Fault -> cases that it has to be caught by, and none of them passes with it.
CAUGHT = {
    "codec-last-name-wins": ["codec/hostile-js-duplicate-key", "codec/hostile-py-duplicate-*key"],
    "codec-all-approved": ["codec/js-parallel-both-waiting-undecided-load"],
    "codec-nothing-waits": ["codec/python-nested-agent-tool-undecided-load"],
    "codec-drops-unknown": ["codec/example-unknown-fields-*-save"],
    "codec-nothing-crosses": ["codec/*-one-waiting-undecided-to-*"],
    "codec-any-mac": ["codec/seal-mac-payload-changed", "codec/seal-mac-mac-*"],
    "codec-cut-off": ["codec/proto-end-missing", "codec/proto-only-the-beginning"],
    "router-case-blind": ["router/prefix-of-other-case"],
    "router-key-for-anybody": ["router/ollama-daemon-tag", "router/chain"],
    "router-asks-once-more": ["router/attempts-1", "router/attempts-of-each-model"],
    "loop-unasked": ["loop/approve", "loop/nothing-decided"],
    "loop-not-counted": ["loop/answer-*"],
    "loop-effects-backwards": ["loop/delegate"],
    "durable-once-again": ["durable/in-doubt", "durable/policy-ask"],
    "durable-asked-again": ["durable/read-runs-again"],
    "durable-kept-too-late": ["durable/in-doubt", "durable/crash-plain-answer"],
    "durable-another-key": ["durable/idempotent-runs-again"],
    "durable-over-others": ["durable/taken-by-somebody-else-*"],
    "durable-begun-again": ["durable/run-of-a-kept-id", "durable/run-of-an-ended-id"],
    "durable-result-again": ["durable/result-beside-a-call-that-waits"],
    "durable-session-unwritten": ["durable/session-waits-for-the-output"],
    "durable-ended-again": ["durable/ended-run-resumed"],
    "durable-policies-unasked": ["durable/policy-retry", "durable/policy-finds-the-output"],
    "loop-run-unasked": ["loop/run-call-of-a-tool-that-waits", "loop/run-nothing-decided"],
    "loop-run-untold": ["loop/run-events-of-a-call", "loop/run-events-over-a-resume", "loop/run-events-of-a-handoff"],
    "session-without-limit": ["session/limit", "session/*limit-of-none"],
    "session-of-this-process": ["session/kept-when-killed", "session/file-torn-*-read"],
    "durable-last-writer-wins": ["durable/store-two-writers", "durable/store-*version-passed"],
    "durable-claims-nothing": ["durable/store-claimed-not-*", "durable/store-listed-held"],
}
#: A fault that only shows where the process dies.
TWICE = "durable-session-twice"


@pytest.fixture(scope="module")
def whole(reference):
    """Return a run of the reference over everything."""
    from timestep_conformance.run import run
    from timestep_conformance.testee import Testee

    with Testee(reference) as testee:
        return run(ALL, testee, whole=True)


def test_the_reference_passes_everything(whole):
    """TS-CONF-031: each case of each profile that it declares; nothing is left out."""
    assert [(verdict.case.id, verdict.why) for verdict in whole.verdicts if verdict.score != "passed"] == []
    assert len(whole.verdicts) == len(ALL)
    assert whole.status == OK


@pytest.mark.parametrize("name", KILLED)
@pytest.mark.timeout(60)  # it starts ten processes and more
def test_the_reference_comes_through_every_kill(name, reference, asked):
    """TS-DUR-043, TS-DUR-045: wherever its process dies, the run ends as without, and nothing happens twice."""
    result = asked(cases.named([name]), reference, timeout=20.0)
    assert [(verdict.outcome, verdict.why) for verdict in result.verdicts] == [("pass", "")]
    assert result.verdicts[0].schedules >= 7


def test_neither_the_order_nor_the_hour_changes_a_report(whole, reference, asked):
    """TS-CONF-005: a second run, in another order, gives the same report, byte for byte."""
    again = asked(ALL, reference, whole=True, shuffle=20261121)
    assert report.json_lines(again, reference) == report.json_lines(whole, reference)
    assert forms.junit([report.of(again, reference)]) == forms.junit([report.of(whole, reference)])


@pytest.mark.parametrize("kind", ["always-ok", "always-error", "always-valid", "echo"])
def test_what_says_the_same_to_everything_passes_nothing(kind, null, asked):
    """TS-CONF-030: not one case scores, also not those whose answer it happens to give."""
    result = asked(ALL, null(kind))
    assert counts(result.verdicts)["passed"] == 0
    assert result.status == FAILED
    assert len(result.verdicts) == len(ALL)


def test_a_pass_without_the_controls_is_told_as_one(null, asked):
    """TS-CONF-030: the verdict says that it passed, and why that does not count."""
    result = asked(cases.named(["codec/timestep-cut-short"]), null("always-error"))
    (verdict,) = result.verdicts
    assert (verdict.outcome, verdict.score) == ("unscored", "failed")
    assert "the control codec/" in verdict.why


@pytest.mark.parametrize("command", [["true"], ["false"], ["cat"], ["yes"]])
def test_a_program_that_is_no_testee_has_no_verdict(command, asked):
    """Nothing was asked, so nothing passed."""
    with pytest.raises(NoTestee):
        asked(ALL, command)


@pytest.mark.parametrize("fault", CAUGHT)
def test_a_broken_implementation_is_caught(fault, broken, asked):
    """TS-CONF-031: the cases that are about what it breaks fail, and the controls do not: it is no mere crash."""
    profile = fault.partition("-")[0]
    about = cases.select(ALL, CAUGHT[fault])
    controls = [case for case in cases.named(cases.controls()[profile]) if fault != "loop-not-counted"]
    result = asked([*about, *controls], broken(fault))
    outcomes = {verdict.case.id: verdict.outcome for verdict in result.verdicts}
    assert about
    assert {outcomes[case.id] for case in about} == {"fail"}
    assert {outcomes[case.id] for case in controls} <= {"pass"}
    assert result.status == FAILED


def test_what_shows_where_the_process_dies_is_caught_there(broken, asked):
    """TS-DUR-045: without a kill the session has each item once."""
    (case,) = cases.named(["durable/crash-session"])
    result = asked([case, dataclasses.replace(case, id="durable/session-alive", crash="")], broken(TWICE))
    killed, alive = result.verdicts
    assert (killed.outcome, alive.outcome) == ("fail", "pass")
    assert "the session differs" in killed.why
    assert killed.crash


def test_what_is_not_declared_is_not_asked(small, asked):
    """TS-CONF-011: a testee that has a part of a profile says so, and is held to that part."""
    some = cases.select(ALL, ["codec/example-finished-*", "codec/timestep-*", "router/bare-name"])
    result = asked(some, small("HELLO['features'] = ['validate', 'timestep']\n"))
    outcomes = {verdict.case.id: verdict.outcome for verdict in result.verdicts}
    assert outcomes["router/bare-name"] == outcomes["codec/example-finished-load"] == "undeclared"
    assert outcomes["codec/timestep-taken"] == "fail"


def test_whoever_declares_states_is_asked_about_their_text():
    """TS-CONF-011: `timestep` has `json` with it, and not the other way round."""
    text, state = cases.named(["codec/core-name-twice", "codec/example-approved-without-a-decision-refused"])
    hello = Hello("x", "x", "1", ("1.0",), ("codec",), ("validate", "timestep"))
    assert declared(text, hello)
    assert declared(state, hello)
    alone = dataclasses.replace(hello, features=("validate", "json"))
    assert declared(text, alone)
    assert not declared(state, alone)


def test_nothing_declared_is_no_verdict(small, asked):
    """Zero checks are no success."""
    assert asked(ALL[:50], small("HELLO['profiles'] = []\n")).status == NO_VERDICT


def test_no_features_are_all_of_them():
    """TS-CONF-010: an empty list leaves nothing out."""
    hello = Hello("x", "x", "1", ("1.0",), ("codec",), ())
    case = cases.named(["codec/timestep-taken"])[0]
    assert declared(case, hello)
    assert not declared(case, dataclasses.replace(hello, features=("validate",)))
    assert not declared(case, dataclasses.replace(hello, profiles=("router",)))


@pytest.mark.parametrize(
    ("rule", "score"), [("TS-CORE-002", "failed"), ("TS-VERS-047", "warned"), ("TS-CORE", "failed")]
)
def test_a_failure_counts_by_the_level_of_its_rule(rule, score):
    """TS-CONF-031: a MUST fails, a SHOULD warns; a case of which nothing is known fails."""
    case = dataclasses.replace(cases.named(["codec/timestep-taken"])[0], requirements=(rule,))
    assert Verdict(case, "fail").score == score
    assert Verdict(dataclasses.replace(case, tentative=True), "fail").score == "tentative"
    assert Verdict(dataclasses.replace(case, tentative=True), "pass").score == "tentative"
