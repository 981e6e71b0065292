"""`timestep convert`: what crosses, what is said about the rest, and what is left untouched when it can't."""

import json
import os
from concurrent.futures import ThreadPoolExecutor

import pytest

import timestep


@pytest.fixture
def out(tmp_path):
    """Return where to write."""
    return tmp_path / "out.json"


@pytest.mark.parametrize("target", ["openai-agents-js", "timestep"])
def test_a_state_is_converted_and_accounted_for(run, saved, out, target):
    """Exit 0 with the account on stderr, also when something that is not essential was left behind (N5)."""
    result = run("convert", saved("one_waiting"), "--to", target, "-o", out)
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr.startswith(f"openai-agents-python@1.21 -> {target}@")
    assert "carried   items (2)" in result.stderr
    assert timestep.read(out.read_bytes()).dialect == target


def test_a_round_trip_by_way_of_timestep_gives_the_same_file(run, saved, tmp_path):
    """Through the canonical form and back, an SDK's file loses nothing."""
    there, back = tmp_path / "there.json", tmp_path / "back.json"
    assert run("convert", saved("nested_in_nested"), "--to", "timestep", "-o", there).exit_code == 0
    assert run("convert", there, "--to", "openai-agents-python", "-o", back).exit_code == 0
    assert json.loads(back.read_text()) == json.loads(saved("nested_in_nested").read_text())


def test_the_base_puts_back_what_only_the_original_could_hold(run, saved, tmp_path):
    """N2c: a run that comes home from the other SDK gets its own leftovers back."""
    there, back = tmp_path / "there.json", tmp_path / "back.json"
    run("convert", saved("one_waiting"), "--to", "openai-agents-js", "-o", there)
    result = run("convert", there, "--to", "openai-agents-python", "--base", saved("one_waiting"), "-o", back)
    assert result.exit_code == 0, result.stderr
    assert "leftovers of the base file" in result.stderr


def test_the_report_is_json_by_its_schema(run, printed, saved, out, tmp_path):
    """`--format json` and `--report` tell the same, by the schema."""
    report = tmp_path / "report.json"
    words = ["--to", "openai-agents-js", "-o", out, "--report", report, "--format", "json"]
    document = printed(run("convert", saved("one_waiting"), *words), "convert")
    assert document == json.loads(report.read_text())
    assert (document["output"], document["report"]["target"]) == (str(out), "openai-agents-js@1.22")
    assert {"carried", "dropped"} <= {row["action"] for row in document["report"]["rows"]}


def test_a_refusal_ends_with_1_names_the_flag_and_writes_nothing(run, saved, out, tmp_path):
    """N2: what is not proven is refused by name, and can be asserted (TS-VERS-035)."""
    report = tmp_path / "report.json"
    words = ["convert", saved("run_again"), "--to", "openai-agents-js", "-o", out, "--report", report]
    result = run(*words)
    assert (result.exit_code, out.exists(), report.exists()) == (1, False, False)
    assert "error[assumption-needed]" in result.stderr
    assert "--assume input-guardrails-completed" in result.stderr
    assert result.stderr.endswith("Nothing was written.\n")
    asserted = run(*words, "--assume", "input-guardrails-completed")
    assert asserted.exit_code == 0
    assert "[--assume input-guardrails-completed]" in asserted.stderr


@pytest.mark.parametrize("target", ["openai-agents-ruby", "openai-agents-js@1.3", "openai-agents-js==0.10.0", "JS"])
def test_an_unknown_target_is_wrong_usage(run, saved, out, target):
    """A target that can't be written is named, and nothing is written."""
    result = run("convert", saved("one_waiting"), "--to", target, "-o", out)
    assert (result.exit_code, out.exists()) == (2, False)
    assert target in result.stderr


def test_the_current_version_may_be_named(run, saved, out):
    """`@NUMBER` and `==PACKAGE_VERSION` of the current release are fine."""
    for target in ("openai-agents-js@1.22", "openai-agents-js==0.20.0"):
        assert run("convert", saved("one_waiting"), "--to", target, "-o", out, "--force").exit_code == 0


def test_outputs_are_never_replaced_without_force(run, saved, out, tmp_path):
    """Neither the run nor the report overwrites a file; when one is taken, the other is not written."""
    words = ["convert", saved("one_waiting"), "--to", "timestep", "-o", out]
    out.write_text("old")
    assert (run(*words).exit_code, out.read_text()) == (2, "old")
    out.unlink()
    report = tmp_path / "report.json"
    report.write_text("old")
    assert run(*words, "--report", report).exit_code == 2
    assert (out.exists(), report.read_text()) == (False, "old")
    assert run(*words, "--report", report, "--force").exit_code == 0


def test_when_the_run_cannot_be_written_the_report_does_not_stay(run, saved, tmp_path):
    """A report without its run would tell of something that never was."""
    report = tmp_path / "report.json"
    words = ["--to", "timestep", "-o", tmp_path / "none" / "out.json", "--report", report]
    assert run("convert", saved("one_waiting"), *words).exit_code == 2
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "words",
    [
        ["--to", "timestep"],
        ["--to", "timestep", "-o", "same", "--report", "same"],
        ["--to", "timestep", "-o", "-", "--format", "json"],
        ["--to", "timestep", "-o", "x", "--report", "-", "--format", "json"],
        ["--to", "timestep", "-o", "x", "--handoff", "transfer"],
        ["--to", "timestep", "-o", "x", "--agent", "a=1", "--agent", "a=2"],
        ["--to", "timestep", "-o", "x", "--assume", "luck"],
    ],
)
def test_wrong_usage(run, saved, words, tmp_path, monkeypatch):
    """What can't be meant is refused before anything is written."""
    monkeypatch.chdir(tmp_path)
    assert run("convert", saved("one_waiting"), *words).exit_code == 2
    assert list(tmp_path.iterdir()) == []


def test_stdout_can_be_piped_on(program, saved):
    """`-o -` writes the run, and nothing else, to stdout."""
    done = program("convert", "-", "--to", "timestep", "-o", "-", stdin=saved("one_waiting").read_bytes())
    assert done.returncode == 0
    assert timestep.read(done.stdout).dialect == "timestep"


def test_session_items_cross_too(run, saved, out):
    """N9: a list of items in the other SDK's form."""
    result = run("convert", saved("session", "session"), "--to", "openai-agents-js", "-o", out)
    assert result.exit_code == 0, result.stderr
    assert "callId" in out.read_text()


@pytest.mark.parametrize("force", [[], ["--force"]])
def test_a_pipe_is_written_to_and_not_replaced(run, saved, tmp_path, force):
    """A named pipe, and so a device such as /dev/null, takes the output and stays what it is."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with ThreadPoolExecutor(1) as pool:
        received = pool.submit(pipe.read_bytes)
        result = run("convert", saved("one_waiting"), "--to", "timestep", "-o", pipe, *force)
        assert result.exit_code == 0, result.stderr
        assert json.loads(received.result(timeout=10))["format"] == "timestep.run-state"
    assert pipe.is_fifo()


def test_a_base_file_is_not_passed_over_where_it_has_no_use(run, saved, tmp_path):
    """Nothing of it would get into our own format, which is told and not hidden."""
    source = saved("one_waiting")
    result = run("convert", source, "--to", "timestep", "--base", source, "-o", tmp_path / "out.json")
    assert (result.exit_code, "base-dialect" in result.stderr) == (2, True)
    assert not (tmp_path / "out.json").exists()
