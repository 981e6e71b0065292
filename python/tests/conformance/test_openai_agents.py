"""The Python SDK as a testee: what it does differently is known, with reasons, and nothing else is."""

import sys

import pytest

from timestep_conformance import cases, cli
from timestep_conformance.known import read
from timestep_conformance.run import FAILED, OK
from timestep_conformance.testee import Testee

FOLDER = "conformance/testees/openai-agents"
RUN = {"run": "r1", "agents": [{"name": "Clerk"}]}
#: A testee that says of every call that waits that somebody has approved it.
LYING = """
import sys
sys.path.insert(0, {folder!r})
import codec_ops
import serving
honest = codec_ops.waits_of
codec_ops.waits_of = lambda state: [{{**wait, "state": "approved"}} for wait in honest(state)]
serving.main()
"""


@pytest.fixture(autouse=True)
def _crossing(monkeypatch):
    """States cross over by the command of this very Python, and no key is at hand."""
    monkeypatch.setenv("TIMESTEP_COMMAND", f"'{sys.executable}' -m timestep")
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)


@pytest.fixture
def command(repo_root):
    """Return the command of the testee."""
    return [sys.executable, str(repo_root / FOLDER)]


@pytest.fixture
def known(repo_root):
    """Return what the SDK is known to do differently."""
    return read(repo_root / "conformance/known-failing/openai-agents.json")


def test_it_is_fit_to_be_run(command, capsys):
    """TS-CONF-030: the SDK takes a control of each of its profiles, and refuses one."""
    assert cli.status(["smoke", "--", *command]) == OK, capsys.readouterr().out


def test_what_fails_is_known_and_nothing_else(command, known, asked):
    """TS-CONF-010, TS-CONF-011, TS-CONF-032: it has what it declares, and no entry of the list is stale."""
    result = asked(cases.load(), command, known=known, whole=True, timeout=10)
    assert [verdict.case.id for verdict in result.verdicts if verdict.score == "failed"] == []
    assert result.stale == []
    assert result.status == OK
    outcomes = [verdict.score for verdict in result.verdicts]
    assert outcomes.count("passed") > 550
    assert outcomes.count("known") < 300


def test_a_lie_is_caught(repo_root, tmp_path, known, asked):
    """TS-CONF-032: what has passed fails, and the list does not hide it."""
    lying = tmp_path / "lying.py"
    lying.write_text(LYING.format(folder=str(repo_root / FOLDER)), encoding="utf-8")
    globs = ["codec/python-run-again-undecided-load", "codec/hostile-py-not-json", "codec/python-nested-agent-tool-*"]
    result = asked(cases.select(cases.load(), globs), [sys.executable, str(lying)], known=known, timeout=10)
    caught = [verdict.case.id for verdict in result.verdicts if verdict.score == "failed"]
    assert caught == ["codec/python-nested-agent-tool-undecided-load"]
    assert result.status == FAILED


def test_what_it_saves_others_go_on_with(command, reference, capsys):
    """TS-DUR-043: and the other way round, by the command that converts; tools run exactly once."""
    globs = [word for name in ("nothing-decided", "stops-twice") for word in ("-k", f"durable/{name}")]
    assert cli.status(["handoff", *globs, "--", *reference, "----", *command]) == OK, capsys.readouterr().out
    assert "4 passed" in capsys.readouterr().out


def test_an_answer_that_lacks_what_the_sdk_wants_crosses(command, reference):
    """TS-ITEM-002: a message without a type and annotations, which a model may give, is one for the SDK to read."""
    said = {"id": "msg_1", "role": "assistant", "content": [{"type": "output_text", "text": "One moment."}]}
    call = {"type": "function_call", "call_id": "c1", "name": "pay", "arguments": "{}"}
    asked = {"run": "r1", "agents": [{"name": "Clerk", "tools": [{"name": "pay", "approval": "always"}]}]}

    def world(number, do, _):
        return [{"call": number, "ok": {"output": [said, call] if do == "model" else "paid"}}]

    with Testee(reference, timeout=10) as first, Testee(command, timeout=10) as second:
        paused = first.ask("run", {**asked, "input": "Please."}, world)
        again = second.ask("resume", {**asked, "state": paused.value["state"]}, world)
    assert again.kind == "ok", again.value
    assert again.value["waits"] == paused.value["waits"] != []


def test_it_asks_for_models_and_for_nothing_else(command):
    """TS-CONF-020: without a key and a network, what a model says is what the suite says."""
    told = []

    def world(number, do, _):
        told.append(do)
        return [{"call": number, "err": {"code": "model-failed", "message": "not today"}}]

    with Testee(command, timeout=10) as testee:
        answer = testee.ask("run", {**RUN, "input": "Please."}, world)
    assert told == ["model"]
    stop = (answer.value["step"], answer.value["reason"], answer.value["code"])
    assert stop == ("interrupted", "error", "model-failed")


def test_without_the_command_it_says_what_to_set(command, monkeypatch):
    """A state of another implementation can't be read, and the reason names the variable."""
    monkeypatch.setenv("TIMESTEP_COMMAND", "/no/such/command")
    with Testee(command, timeout=10) as testee:
        answer = testee.ask("resume", {**RUN, "state": {"text": "{}"}})
    assert answer.kind == "internal"
    assert "set TIMESTEP_COMMAND" in answer.value["message"]
