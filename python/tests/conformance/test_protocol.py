"""The protocol: what a testee may say, and what becomes of one that says something else."""

import os
import signal
from time import monotonic

import pytest

from timestep_conformance import cases
from timestep_conformance.run import FAILED, run
from timestep_conformance.testee import NoTestee, Testee

CONTROLS = cases.named(cases.controls()["codec"])
FAULTS = {
    "protocol-logs-to-stdout": ("protocol_error", "print logs to stderr"),
    "protocol-answers-twice": ("protocol_error", "answers another request"),
    "protocol-another-id": ("protocol_error", "answers another request"),
    "protocol-asks-back": ("protocol_error", "where nothing can be asked for"),
    "protocol-breaks-off": ("protocol_error", "is no JSON"),
    "protocol-says-unsupported": ("unsupported", "it declares what this needs"),
    "protocol-dies": ("crashed", "it ended without an answer"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_testee_that_breaks_the_protocol_is_caught(fault, broken, asked):
    """TS-CONF-001, TS-CONF-002, TS-CONF-011, TS-CONF-021: it fails, with the line or the reason in the verdict."""
    result = asked(CONTROLS, broken(fault))
    outcome, told = FAULTS[fault]
    assert result.status == FAILED
    found = [verdict for verdict in result.verdicts if verdict.outcome == outcome]
    assert any(told in verdict.why for verdict in found), [verdict.why for verdict in result.verdicts]


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("print('ready', flush=True)", "'ready'"),
        ("send([])", "is no frame"),
        ("send({'id': request['id'], 'ok': 1, 'err': {'code': 'x'}})", "exactly `id` and one of"),
        ("send({'id': request['id'], 'ok': 1, 'note': 1})", "exactly `id` and one of"),
        ("send({'id': request['id'], 'err': {}})", "without 'code'"),
        ("send({'id': request['id'], 'err': {'code': 'x', 'pointer': 1}})", "a pointer that is no text"),
        ("send({'id': str(request['id']), 'ok': 1})", "answers another request"),
        ("sys.stdout.buffer.write(b'\\xff\\xfe\\n'); sys.stdout.flush()", r"\\xff"),
    ],
)
def test_what_is_no_answer_is_quoted(said, told, small, asked):
    """TS-CONF-001, TS-CONF-002: whoever wrote the testee sees the very line."""
    result = asked(CONTROLS, small(f"def serve(request):\n    {said}\n    return {{'ok': 1}}\n"))
    assert result.status == FAILED
    assert told in result.verdicts[0].why


def test_a_failure_of_the_testee_itself_is_told(small, asked):
    """TS-CONF-002: `internal` is an answer, which never passes."""
    result = asked(CONTROLS, small("def serve(request):\n    return {'internal': {'message': 'out of ink'}}\n"))
    assert {verdict.outcome for verdict in result.verdicts} == {"internal"}
    assert "out of ink" in result.verdicts[0].why


@pytest.mark.parametrize(
    ("hello", "told"),
    [
        ("{}", "no text 'name'"),
        ("{**HELLO, 'version': ''}", "no text 'version'"),
        ("{**HELLO, 'profiles': 'codec'}", "no list 'profiles'"),
        ("{**HELLO, 'spec': [1]}", "no list 'spec'"),
        ("[]", "no text 'name'"),
    ],
)
def test_a_testee_says_what_it_is(hello, told, small):
    """TS-CONF-010: one that does not has no verdict, and is told what is missing."""
    with Testee(small(f"HELLO = {hello}\n"), timeout=5) as testee, pytest.raises(NoTestee, match=told):
        testee.hello()


def test_what_it_says_before_it_dies_is_told(small):
    """The last line of stderr is in the message: it mostly says why."""
    command = small("sys.stderr.write('no such module: tree\\n')\nraise SystemExit(3)\n")
    with Testee(command, timeout=5) as testee, pytest.raises(NoTestee, match=r"exit status 3.*no such module: tree"):
        testee.hello()


def test_a_program_that_is_not_there_has_no_verdict():
    """It is no failure of an implementation."""
    with Testee(["/no/such/program"]) as testee, pytest.raises(NoTestee, match="can't be started"):
        testee.hello()


def test_a_testee_that_does_not_answer_is_killed_and_started_again(small):
    """TS-CONF-004: the time is over for that case alone; the next is asked in a new process."""
    body = "def serve(request):\n    time.sleep(0 if 'mark' in request['args'] else 60)\n    return {'ok': {}}\n"
    with Testee(small(body), timeout=0.3) as testee:
        assert testee.ask("validate", {}).kind == "timeout"
        assert testee.ask("validate", {"mark": 1}).kind == "ok"
        assert testee.starts == 2


def test_after_ten_deaths_in_a_row_the_others_are_not_asked(small):
    """A testee that is gone does not take ten seconds for each of two thousand cases."""
    some = cases.select(cases.load(), ["codec/js-*-load"])[:30]
    with Testee(small("def serve(request):\n    os._exit(1)\nimport os\n"), timeout=5) as testee:
        result = run(some, testee)
    assert testee.starts <= 12
    assert sum("not asked" in verdict.why for verdict in result.verdicts) == 20
    assert result.status == FAILED


def test_a_testee_can_be_killed_at_any_moment(reference):
    """TS-CONF-004: the next question is asked in a new process, and gets its answer."""
    with Testee(reference) as testee:
        testee.hello()
        os.kill(testee._process._process.pid, signal.SIGKILL)
        assert testee.ask("route_model", {"name": None, "keys": []}).kind == "crashed"
        assert testee.ask("route_model", {"name": None, "keys": []}).kind == "ok"


def test_the_reference_ends_with_its_stdin(reference):
    """TS-CONF-004: it is not left behind."""
    testee = Testee(reference)
    testee.hello()
    process = testee._process._process
    started = monotonic()
    testee.end()
    assert process.returncode == 0
    assert monotonic() - started < 5


def test_a_testee_that_stays_is_killed(small):
    """TS-CONF-004: nothing of it is left behind either."""
    testee = Testee(small(loop="", body="send({'id': 0, 'ok': HELLO})\nwhile True:\n    time.sleep(0.1)\n"))
    testee.hello()
    process = testee._process._process
    testee.end()
    assert process.returncode == -signal.SIGKILL


CALLS_BACK = """
def serve(request):
    for number in request["args"]["numbers"]:
        send({"call": number, "do": "tool", "args": {"tool": "pay"}})
    answers = [json.loads(sys.stdin.readline()) for _ in request["args"]["numbers"]]
    return {"ok": {answer["call"]: answer["ok"] for answer in answers}}
"""


def test_callbacks_are_answered_while_a_request_is_served(small):
    """TS-CONF-021: several may be open; a number that was used before is an error."""
    asked = []

    def world(number, do, args):
        asked.append((do, args))
        return [{"call": number, "ok": len(asked)}]

    with Testee(small(CALLS_BACK)) as testee:
        answer = testee.ask("run", {"numbers": [7, 8]}, world)
        assert (answer.kind, answer.value) == ("ok", {"7": 1, "8": 2})
        assert [frame.way for frame in answer.frames].count("<-") == 3
        assert asked == [("tool", {"tool": "pay"})] * 2
        assert "no number of its own" in testee.ask("run", {"numbers": [8]}, world).value


def test_logs_on_stderr_do_no_harm(small):
    """TS-CONF-001: a testee may write as much as it likes there."""
    body = "def serve(request):\n    sys.stderr.write('x' * 100 + '\\n' * 50_000)\n    return {'ok': {}}\n"
    with Testee(small(body), timeout=5) as testee:
        assert testee.ask("validate", {}).kind == "ok"


def test_large_frames_arrive_whole(small):
    """A state of many megabytes is one line like any other."""
    body = "def serve(request):\n    return {'ok': request['args']}\n"
    with Testee(small(body), timeout=5) as testee:
        text = "é" * 3_000_000
        assert testee.ask("validate", {"text": text}).value == {"text": text}
