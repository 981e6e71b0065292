"""The command line: what it asks, prints, writes, and ends with."""

import re
import shlex
import subprocess
import sys

import pytest

from timestep_conformance import cases, cli, places, report
from timestep_conformance.templates import TEMPLATES

FEW = ["-k", "codec/timestep-*"]


def test_a_run_that_passes_ends_with_0_and_writes_its_reports(tmp_path, reference, capsys):
    """The summary has a line for each profile; each report is whole."""
    files = {name: tmp_path / name for name in ("jsonl", "junit", "markdown", "html")}
    options = [word for name, file in files.items() for word in (f"--{name}", str(file))]
    assert cli.status(["run", *FEW, *options, "--", *reference]) == 0
    assert capsys.readouterr().out.splitlines()[0].split() == ["codec", "2", "passed"]
    assert report.read_json_lines(files["jsonl"].read_text("utf-8")).footer["status"] == 0
    assert files["junit"].read_text("utf-8").startswith("<?xml")
    assert files["markdown"].read_text("utf-8").startswith("## Timestep conformance")
    assert files["html"].read_text("utf-8").startswith("<!doctype html>")


def test_a_run_that_fails_ends_with_1_and_says_how_to_see_it_again(null, capsys):
    """The `Reproduce:` line works as it stands."""
    assert cli.status(["run", *FEW, "--", *null("always-valid")]) == 1
    out = capsys.readouterr().out
    assert out.endswith("Not conforming.\n")
    words = shlex.split(re.search(r"Reproduce: timestep-conformance (.*)", out)[1])
    assert cli.status(words) == 1
    again = capsys.readouterr().out
    assert again.startswith("-> {")
    assert "codec/timestep-cut-short" in again


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["run", "-k", "nothing/*", "--", "true"], 2, "no case is selected"),
        (["run", "--profile", "all", "--", "true"], 2, "Invalid value"),
        (["run"], 2, "Missing argument"),
        (["explain", "codec/no-such-case"], 2, "no case is called codec/no-such-case"),
        (["explain", "../sets/controls"], 2, "no case is called"),
        (["run", "--known-failing", "/no/such/file", "--", "true"], 2, "No such file"),
        (["init", "--lang", "cobol", "x"], 2, "Invalid value"),
        (["smoke", "--", "true"], 3, "no verdict: it gave no answer to hello: crashed"),
        (["smoke", "--", "cat"], 3, "no verdict: it gave no answer to hello: protocol_error"),
        (["run", "--", "/no/such/program"], 3, "can't be started"),
    ],
)
def test_what_is_no_result_has_its_own_status(words, code, told, capsys):
    """2 is the caller's fault, 3 is no verdict; neither is success, nor a failure of the testee."""
    assert cli.status(words) == code
    assert told in capsys.readouterr().err


def test_a_damaged_suite_is_its_own_fault(tmp_path, monkeypatch, reference, capsys):
    """TS-CONF-031: with a fixture that has changed there is no verdict on anybody: status 4."""
    monkeypatch.setitem(places.FOLDERS, "spec", tmp_path)
    file = tmp_path / "schema/v1/examples/RunState/valid/parallel-one-executed.json"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"{}")
    assert cli.status(["run", *FEW, "--", *reference]) == 4
    assert "the suite is damaged" in capsys.readouterr().err


def test_a_defect_of_the_suite_is_its_own_fault(monkeypatch, reference, capsys):
    """It is told in one line, with where to look."""
    monkeypatch.setattr(cli, "run_cases", lambda *_, **__: 1 / 0)
    assert cli.status(["run", *FEW, "--", *reference]) == 4
    assert "a defect in the suite: ZeroDivisionError" in capsys.readouterr().err


def test_smoke_asks_the_controls_alone(reference, capsys):
    """Each declared profile is asked what has to be right before anything of it counts."""
    assert cli.status(["smoke", "--", *reference]) == 0
    names = [name for names in cases.controls().values() for name in names]
    assert capsys.readouterr().out.splitlines()[-1].endswith(f": {len(names)} passed")


def test_smoke_of_a_testee_that_declares_nothing_is_no_verdict(small, capsys):
    """Nothing was asked."""
    assert cli.status(["smoke", "--", *small("HELLO['profiles'] = []\n")]) == 3
    assert "declares no profile" in capsys.readouterr().err


def test_list_tells_the_selected_cases(capsys):
    """An id, a level and the behaviour a line."""
    assert cli.status(["list", "--requirement", "TS-CORE-003", "--profile", "codec"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines
    assert all(re.match(r"codec/[a-z0-9-]+  MUST  \S", line) for line in lines)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("codec/timestep-cut-short", "TS-CORE-002: A reader MUST refuse text that does not match the grammar"),
        ("loop/answer-text", "2 model.responded: finish"),
        ("loop/start-agent-missing", "0 run.started: refused with agent-missing"),
    ],
)
def test_explain_tells_the_rules_and_what_is_expected(name, told, capsys):
    """Whoever fails a case can read what it is about."""
    assert cli.status(["explain", name]) == 0
    assert told in capsys.readouterr().out


def test_a_list_of_known_failures_can_be_written_and_used(tmp_path, broken, reference, monkeypatch, capsys):
    """TS-CONF-032: `baseline` writes it, `run --known-failing` takes it, and what passes by now makes it stale."""
    few = [*cases.named(cases.controls()["codec"]), *cases.select(cases.load(), ["codec/example-unknown-fields-*"])]
    monkeypatch.setattr(cli.case_files, "load", lambda: few)
    monkeypatch.setattr(cli.sets, "frozen", list)
    file, testee = str(tmp_path / "known.json"), broken("codec-drops-unknown")
    assert cli.status(["run", "--", *testee]) == 1
    assert cli.status(["baseline", "-o", file, "--", *testee]) == 0
    assert cli.status(["run", "--known-failing", file, "--", *testee]) == 0
    assert cli.status(["run", "--known-failing", file, "--", *reference]) == 1
    assert "take it off the list" in capsys.readouterr().out


@pytest.mark.parametrize("language", TEMPLATES)
def test_the_beginning_of_a_testee_passes_smoke(language, tmp_path, node, perl, capsys):
    """`init` writes it, and says what to do next."""
    file = tmp_path / "testee"
    file = file.with_suffix({"python": ".py", "node": ".mjs", "perl": ".pl"}[language])
    assert cli.status(["init", "--lang", language, str(file)]) == 0
    assert f"timestep-conformance smoke -- {TEMPLATES[language].command[0]} " in capsys.readouterr().out
    program = {"python": sys.executable, "node": str(node), "perl": perl}[language]
    assert cli.status(["smoke", "--", program, str(file)]) == 0, capsys.readouterr().out
    assert cli.status(["init", "--lang", language, str(file)]) == 2
    assert cli.status(["init", "--force", "--lang", language, str(file)]) == 0


def test_each_command_has_an_example(capsys):
    """`--help` shows how it is used."""
    for name in cli.app.commands:
        assert cli.status([name, "--help"]) == 0
        assert f"timestep-conformance {name}" in capsys.readouterr().out.partition("Example:")[2]
    assert cli.status(["--help"]) == 0
    assert "3  no verdict" in capsys.readouterr().out


def test_it_runs_as_a_module():
    """`python -m timestep_conformance` is the same command."""
    command = [sys.executable, "-m", "timestep_conformance", "list", "-k", "codec/timestep-taken"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("codec/timestep-taken  MUST")


def test_a_feature_that_no_case_needs_is_told(small, capsys):
    """TS-CONF-011: a name that is misspelt would leave its cases unasked, and nobody would see why."""
    hello = {"name": "small", "language": "python", "version": "1", "spec": ["1.0"], "profiles": ["codec"]}
    body = f"HELLO = {({**hello, 'features': ['vaildate', 'json']})!r}\n"
    assert cli.status(["run", "--", *small(body)]) == 3
    assert capsys.readouterr().err == "warning: it declares 'vaildate', which no case needs\n"
