"""Run states in binary form: a kind of file that the verbs know (protobuf.md)."""

import json

import pytest

import timestep
from timestep.errors import UsageError


@pytest.fixture
def binary(run, saved, tmp_path):
    """Return a state of the Python SDK in binary form."""
    path = tmp_path / "state.binpb"
    assert run("convert", saved("one_waiting"), "--to", "timestep+proto", "-o", path).exit_code == 0
    return path


def test_a_state_goes_through_the_binary_form_and_loses_nothing(run, saved, binary, tmp_path):
    """TS-PROTO-008: by way of a binary file and back, an SDK's file is the same."""
    back = tmp_path / "back.json"
    result = run("convert", binary, "--to", "openai-agents-python", "-o", back)
    assert result.stderr.startswith("timestep+proto@1.0 -> openai-agents-python@")
    assert json.loads(back.read_text()) == json.loads(saved("one_waiting").read_text())


def test_check_and_show_know_the_binary_form(run, saved, binary, tmp_path):
    """They tell of a binary file what they tell of the same state as JSON."""
    text = tmp_path / "state.json"
    run("convert", saved("one_waiting"), "--to", "timestep", "-o", text)
    for verb in ("check", "show"):
        one, other = (run(verb, path, "--format", "json").stdout for path in (text, binary))
        assert json.loads(one.replace(str(text), "FILE")) == json.loads(other.replace(str(binary), "FILE"))
    assert "in binary form" in run("show", binary).stdout
    assert "-o decided.binpb" in run("show", binary).stdout


def test_the_binary_form_goes_through_pipes(run, binary):
    """A binary state is read from stdin, and written to stdout, byte for byte."""
    result = run("convert", "-", "--to", "timestep+proto", "-o", "-", stdin=binary.read_bytes())
    assert result.stdout_bytes == binary.read_bytes()


def test_a_decision_is_written_in_the_form_the_state_came_in(run, binary, tmp_path):
    """What was binary stays binary, with the decision in it."""
    decided = tmp_path / "decided.binpb"
    assert run("decide", binary, "--approve-all", "-o", decided).exit_code == 0
    assert decided.read_bytes().startswith(b"\x0a\x12timestep.run-state")
    assert [each.decision for each in timestep.read(decided).document.approvals] == ["approve"]


def test_a_torn_binary_file_is_refused_without_a_traceback(run, binary):
    """TS-PROTO-010: with code, file and what to do; the other files are checked still."""
    torn = binary.with_name("torn.binpb")
    torn.write_bytes(binary.read_bytes()[:-1])
    result = run("check", torn, binary)
    assert result.exit_code == 1
    assert "error[proto-syntax]" in result.stdout + result.stderr
    assert f"{binary}: timestep 1.0: ok" in result.stdout


def test_a_refusal_inside_a_binary_file_names_the_place_and_no_line(run, binary):
    """TS-PROTO-007: the code and pointer are those of the JSON document, whose lines nobody has."""
    binary.write_bytes(binary.read_bytes().replace(b'"type":"function_call"', b'"type":"function_calL"'))
    [found] = json.loads(run("check", binary, "--format", "json").stdout)["files"][0]["findings"]
    assert found["pointer"].startswith("/runs/0/")
    assert "line" not in found


def test_session_items_have_no_binary_form():
    """Only a run state has one; the refusal says what to write instead."""
    items = timestep.read(b'[{"role": "user", "content": "Hi"}]')
    with pytest.raises(UsageError, match="no binary form"):
        timestep.write(items, "timestep+proto")
