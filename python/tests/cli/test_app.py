"""The command as a whole: help, exit statuses, and one form for all that goes wrong."""

import json
import os
import signal
import subprocess
import sys

import pytest

from timestep.cli import app as application
from timestep.cli import exit_codes
from timestep.cli.app import VERBS
from timestep.errors import ConversionError, StateError, TimestepError, UsageError


def test_help_lists_every_verb_with_examples_and_completion(run):
    """U2: the help names the verbs, an example, the exit statuses and how to complete words in a shell."""
    result = run("--help")
    assert result.exit_code == 0
    assert all(verb in result.stdout for verb in VERBS)
    assert "Example:" in result.stdout
    assert "_TIMESTEP_COMPLETE=bash_source" in result.stdout
    assert "2  wrong usage" in result.stdout


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help_with_an_example(run, verb):
    """U2: each verb explains itself, with `-h` too, and shows an example."""
    result = run(verb, "--help")
    assert (result.exit_code, result.stderr) == (0, "")
    assert f"Example:\n    timestep {verb}" in result.stdout
    assert run(verb, "-h").stdout == result.stdout


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_is_described_alike_in_both_helps(verb):
    """The list of verbs is written without loading them, so it is held against their own first paragraph."""
    told = application.app.get_command(None, verb).help.split("\n\n")[0]
    assert told.replace("\n", " ") == VERBS[verb]


def test_the_version_is_printed(run):
    """`timestep --version` prints the version of the package."""
    assert run("--version").stdout == "timestep 0.1.0\n"


def test_python_dash_m_is_the_same_command(program):
    """`python -m timestep` works without an installed script."""
    assert program("--version").stdout == b"timestep 0.1.0\n"


def test_no_verb_is_wrong_usage_and_shows_the_help(run):
    """Exit 2 with the help, on stderr."""
    result = run()
    assert (result.exit_code, result.stdout) == (2, "")
    assert "Commands:" in result.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["chek"], "error[usage]: no such command 'chek'"),
        (["check"], "error[usage]: missing argument 'FILE...'"),
        (["check", "--bogus", "x"], "error[usage]: no such option '--bogus'"),
        (["diff", "a"], "error[usage]: missing argument 'B'"),
    ],
)
def test_wrong_usage_ends_with_2_in_the_form_of_all_errors(run, words, message):
    """What click refuses looks like every other refusal, and points to the help."""
    result = run(*words)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(message)
    assert "   = help: timestep" in result.stderr


def test_wrong_usage_is_json_on_stdout_where_json_was_asked_for(run, printed):
    """Programs get an object with `error`, whatever went wrong."""
    result = run("diff", "--format=json", "a")
    assert result.exit_code == 2
    assert printed(result, "diff")["error"]["code"] == "usage"


def test_a_missing_file_is_an_io_error(run, printed, tmp_path):
    """Exit 2, with the file's name and the system's reason."""
    result = run("show", tmp_path / "none.json", "--format", "json")
    assert result.exit_code == 2
    error = printed(result, "show")["error"]
    assert (error["code"], error["file"]) == ("io", str(tmp_path / "none.json"))
    assert "No such file" in result.stderr


def test_a_folder_and_a_name_with_a_nul_are_io_errors(run, tmp_path):
    """Nothing a name can be ends in a traceback."""
    assert run("show", tmp_path).exit_code == 2
    assert "error[io]" in run("show", "a\0b").stderr


@pytest.mark.skipif(os.name != "posix", reason="names that are no text are a matter of POSIX")
def test_bytes_that_are_no_text_are_told_as_escapes(run, program, printed, saved, tmp_path):
    """A name or id of the command line need not be UTF-8; the answer always is."""
    odd = os.fsdecode(b"a\xff")
    error = printed(run("show", odd, "--format", "json"), "show")["error"]
    assert error["message"].startswith(r"can't read a\xff: ")
    words = ["decide", saved("one_waiting"), "--approve", odd, "-o", tmp_path / "x", "--format", "json"]
    assert r"a\udcff" in printed(run(*words), "decide")["error"]["message"]
    assert program("show", odd).stderr.startswith(rb"error[io]: can't read a\xff: ")
    (tmp_path / odd).write_bytes(saved("one_waiting").read_bytes())
    assert printed(run("show", tmp_path / odd, "--format", "json"), "show")["file"].endswith(r"a\xff")


@pytest.mark.skipif(os.name != "posix", reason="a closed stdin is a matter of POSIX")
def test_a_program_without_stdin_is_an_io_error(repo_root):
    """`timestep check - <&-` is refused like any file that can't be read."""
    command = f"exec {sys.executable} -m timestep show - <&-"
    env = {**os.environ, "PYTHONPATH": str(repo_root / "python")}
    done = subprocess.run(["/bin/sh", "-c", command], capture_output=True, check=False, timeout=30, env=env)
    assert done.returncode == 2
    assert done.stderr.startswith(b"error[io]: can't read <stdin>: there is no stdin")


def test_errors_name_file_line_column_and_pointer(run, broken):
    """HOUSE form: what is wrong, where in the file, why, and which rule."""
    path = broken('"max_turns": 10', '"max_turns": "ten"')
    result = run("show", path)
    assert result.exit_code == 1
    assert result.stdout == ""
    lines = result.stderr.splitlines()
    assert lines[0].startswith("error[state-shape]: ")
    assert lines[1].startswith(f"  --> {path}:")
    assert lines[1].endswith("   /max_turns")
    place = lines[1].split(":")
    text = path.read_text().splitlines()[int(place[-2]) - 1]
    assert text[int(place[-1].split()[0]) - 1 :].startswith('"ten"')


def test_a_too_large_file_is_refused_without_being_read_whole(run, tmp_path):
    """H6: what is over the limit is not taken into memory."""
    path = tmp_path / "large.json"
    with path.open("wb") as file:
        file.truncate(1 << 40)
    result = run("show", path)
    assert result.exit_code == 1
    assert result.stderr.startswith("error[json-size]: more than the 16777216 bytes")


def test_a_defect_is_told_without_a_traceback_and_without_the_data(run, saved, monkeypatch):
    """Whatever breaks inside, the user gets one sentence and an exit status of its own."""

    def defective(*_, **__):
        raise RuntimeError("SENTINEL-value")

    monkeypatch.setattr("timestep.cli.states.read", defective)
    result = run("show", saved("one_waiting"))
    assert result.exit_code == exit_codes.INTERNAL
    assert result.stderr.startswith("error[internal]: a defect in timestep 0.1.0: RuntimeError at test_app.py:")
    assert "SENTINEL" not in result.stderr + result.stdout
    assert "Traceback" not in result.stderr


def test_a_defect_shows_its_traceback_when_asked(run, saved, monkeypatch):
    """TIMESTEP_TRACEBACK=1 is for those who mend it."""
    monkeypatch.setenv("TIMESTEP_TRACEBACK", "1")
    monkeypatch.setattr("timestep.cli.states.read", lambda *_, **__: 1 / 0)
    assert isinstance(run("show", saved("one_waiting")).exception, ZeroDivisionError)


def test_an_interrupt_from_the_keyboard_ends_with_130(run, saved, monkeypatch):
    """128 + SIGINT, and no traceback."""

    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("timestep.cli.states.read", interrupted)
    result = run("show", saved("one_waiting"))
    assert result.exit_code == exit_codes.INTERRUPTED
    assert "Traceback" not in result.stderr


@pytest.mark.skipif(os.name != "posix", reason="pipes that break are a matter of POSIX")
def test_a_reader_that_goes_away_is_no_error(saved, repo_root):
    """`timestep show FILE | head -1` ends quietly with 128 + SIGPIPE."""
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-m", "timestep", "show", str(saved("many_turns"))],
        stdout=writer,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(repo_root / "python")},
        check=False,
        timeout=30,
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (128 + signal.SIGPIPE, b"")


def test_exit_statuses_of_errors():
    """1 refused, 2 usage or I/O, 4 a failed seal, 70 a defect; the name of a wrong flag or target is usage."""
    statuses = {
        StateError("x"): 1,
        ConversionError("x", code="cannot-cross"): 1,
        ConversionError("x", code="assumption-needed"): 1,
        ConversionError("x", code="package-unknown"): 2,
        ConversionError("x", code="target-unknown"): 2,
        ConversionError("x", code="flag-unknown"): 2,
        StateError("x", code="version-mislabelled"): 1,
        UsageError("x"): 2,
        TimestepError("x", code="seal-mac"): 4,
        TimestepError("x", code="internal"): 70,
    }
    assert {error: exit_codes.of(error) for error in statuses} == statuses


def test_help_and_version_load_neither_the_codec_nor_a_verb(repo_root):
    """U1: what only prints text starts fast."""
    program = "import sys\nfrom timestep.cli.app import app\ntry: app.main(['--help'])\nexcept SystemExit: pass\n"
    program += "slow = ('msgspec', 'timestep.cli.commands.', 'timestep.codec')\n"
    program += "print(*(name for name in sys.modules if name.startswith(slow)))"
    assert loaded(program, repo_root) == []


def test_check_loads_nothing_it_does_not_need(repo_root, saved):
    """U1: checking a file loads none of the packages that cost tens of milliseconds."""
    heavy = (
        "rich",
        "openai",
        "ollama",
        "grpc",
        "dbos",
        "pydantic",
        "jsonschema",
        "agents",
        "asyncio",
        "ssl",
        "urllib.request",
    )
    program = "import sys\nfrom timestep.cli.app import app\n"
    program += f"try: app.main(['check', {str(saved('one_waiting'))!r}])\nexcept SystemExit: pass\n"
    program += f"print(*(name for name in {heavy!r} if name in sys.modules))"
    assert loaded(program, repo_root) == []


def loaded(program, repo_root):
    """Return the words of the last line a fresh interpreter prints."""
    env = {**os.environ, "PYTHONPATH": str(repo_root / "python")}
    answer = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=30, env=env
    )
    return answer.stdout.split("\n")[-2].split()


def test_completion_offers_the_verbs(program):
    """U2: the shell completes verbs."""
    env = {"_TIMESTEP_COMPLETE": "bash_complete", "COMP_WORDS": "timestep de", "COMP_CWORD": "1"}
    assert program(env=env).stdout.split() == [b"plain,decide"]


def test_the_list_of_verbs_and_the_modules_agree(repo_root):
    """No verb without a module, no module without a verb."""
    folder = repo_root / "python" / "timestep" / "cli" / "commands"
    assert {path.stem for path in folder.glob("*.py")} - {"__init__"} == set(VERBS)
    assert all(application.app.get_command(None, verb).name == verb for verb in VERBS)


def test_a_terminal_that_lacks_a_character_gets_its_escape(program, broken):
    """Output in a poor encoding is no reason to fail."""
    path = broken("Mail Ann.", "Mail Ann \u2603.")
    done = program("show", path, env={"PYTHONIOENCODING": "latin-1", "PYTHONUTF8": "0"})
    assert done.returncode == 0
    assert rb"Mail Ann \u2603." in done.stdout


def test_json_output_is_utf_8_in_any_locale(program, broken):
    """Programs read UTF-8, whatever the terminal can show."""
    path = broken("Mail Ann.", "Mail Ann \u2603.")
    done = program("show", "--format", "json", path, env={"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"})
    assert json.loads(done.stdout.decode())["runs"][0]["moments"][0]["text"] == "Mail Ann \u2603."
