"""The set-up of a working copy: rebuilt when it must be, never taken for finished when it was interrupted."""

import importlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = '[project]\nname = "x"\ndependencies = ["msgspec>=0.20"]\n'


@pytest.fixture
def python_env(repo_root, monkeypatch, tmp_path):
    """Return the module that builds the environment, working on an empty checkout and without a real venv or pip."""
    monkeypatch.syspath_prepend(str(repo_root / "tools"))
    module = importlib.import_module("devtools.python_env")
    venv = tmp_path / ".dev" / "venv"
    (tmp_path / "pyproject.toml").write_text(PROJECT)
    for name, value in {"ROOT": tmp_path, "VENV": venv, "_MARKER": venv / ".complete"}.items():
        monkeypatch.setattr(module, name, value)
    monkeypatch.setattr(module, "venv_python", lambda: venv / "python")
    module.built = []

    def make(title, *_, **__):
        venv.mkdir(parents=True, exist_ok=True)
        (venv / "python").touch()
        module.built.append(title)

    monkeypatch.setattr(module, "run_step", make)
    monkeypatch.setattr(module, "pip_install", lambda *_: None)
    return module


def test_a_finished_environment_is_used_again(python_env):
    """The second run of a command installs nothing."""
    python_env.ensure_venv()
    python_env.ensure_venv()
    assert len(python_env.built) == 1


def test_changed_dependencies_build_the_environment_anew(python_env):
    """A dependency that was added or changed gets installed without being asked for."""
    python_env.ensure_venv()
    (python_env.ROOT / "pyproject.toml").write_text(PROJECT.replace("0.20", "0.21"))
    python_env.ensure_venv()
    assert len(python_env.built) == 2


def test_changed_linter_settings_leave_the_environment_alone(python_env):
    """What nothing is installed from, rebuilds nothing."""
    python_env.ensure_venv()
    (python_env.ROOT / "pyproject.toml").write_text(PROJECT + "[tool.ruff]\nline-length = 120\n")
    python_env.ensure_venv()
    assert len(python_env.built) == 1


def test_an_interrupted_install_is_done_again(python_env, monkeypatch):
    """An environment whose install was cut off is built anew, also when the dependencies are as before."""
    python_env.ensure_venv()
    (python_env.ROOT / "pyproject.toml").write_text(PROJECT.replace("0.20", "0.21"))

    def interrupt(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(python_env, "pip_install", interrupt)
        with pytest.raises(KeyboardInterrupt):
            python_env.ensure_venv()
    (python_env.ROOT / "pyproject.toml").write_text(PROJECT)
    python_env.ensure_venv()
    assert len(python_env.built) == 3


def test_a_failing_step_tells_what_the_program_said_and_what_to_do(repo_root, monkeypatch, tmp_path):
    """A set-up error carries the program's last lines, the hint and the place of the log."""
    monkeypatch.syspath_prepend(str(repo_root / "tools"))
    steps = importlib.import_module("devtools.steps")
    monkeypatch.setattr(steps, "LOGS", tmp_path)
    program = "import sys; print('no route to host'); sys.exit(3)"
    with pytest.raises(steps.SetupError, match="fetching: exit code 3") as caught:
        steps.run_step("fetching", [sys.executable, "-c", program], hint="Look at the network.")
    assert caught.value.details == "no route to host"
    assert caught.value.hint.startswith("Look at the network.\nThe full log: ")


def test_a_step_that_does_not_end_is_ended(repo_root, monkeypatch, tmp_path):
    """A program that waits for a mute network for ever is stopped at its bound, with what to do about it."""
    monkeypatch.syspath_prepend(str(repo_root / "tools"))
    steps = importlib.import_module("devtools.steps")
    monkeypatch.setattr(steps, "LOGS", tmp_path)
    program = "import os, time; print(os.getpid(), flush=True); time.sleep(60)"
    with pytest.raises(steps.SetupError, match="fetching: not done after 1 s, so it was ended") as caught:
        steps.run_step("fetching", [sys.executable, "-c", program], hint="Look at the network.", within_s=1)
    assert caught.value.hint.startswith("Look at the network.\nThe full log: ")
    with pytest.raises(ProcessLookupError):
        os.kill(int(caught.value.details), 0)


def test_npm_has_a_bound_and_names_the_variable_of_certificates(repo_root, monkeypatch, tmp_path):
    """Node trusts no certificate of a company's proxy, so that is the first thing to look at; no npm runs for ever."""
    monkeypatch.syspath_prepend(str(repo_root / "tools"))
    javascript = importlib.import_module("devtools.javascript")
    monkeypatch.setenv("NODE_EXTRA_CA_CERTS", "/etc/proxy.pem")
    told = {}
    monkeypatch.setattr(javascript, "run_step", lambda _title, _command, **options: told.update(options))
    javascript.npm_install(javascript.Node(Path("/bin/node"), [Path("/bin/npm")]), tmp_path, "packages")
    assert 60 < told["within_s"] <= 900
    assert "NODE_EXTRA_CA_CERTS" in told["hint"]
    assert "it is /etc/proxy.pem" in told["hint"]


def test_programs_keep_their_bytecode(repo_root, monkeypatch):
    """Hundreds of Pythons are started, and each would take longer to compile than to run."""
    monkeypatch.syspath_prepend(str(repo_root / "tools"))
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.setenv("PYTHONUTF8", "1")
    environment = importlib.import_module("devtools.setup")._environment(None)
    assert "PYTHONDONTWRITEBYTECODE" not in environment
    assert environment["PYTHONUTF8"] == "1"


def dev(repo_root, *arguments):
    """Run `tools/dev.py` and return the finished process."""
    command = [sys.executable, str(repo_root / "tools" / "dev.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)


@pytest.mark.parametrize(
    "command", ["demo", "test", "lint", "gen", "fixtures", "bench", "conformance", "crash", "samples"]
)
def test_every_command_has_help_with_an_example(repo_root, command):
    """Bar U2: `--help` of each command shows how it is used, and sets nothing up."""
    answer = dev(repo_root, command, "--help")
    assert answer.returncode == 0
    assert f"example: python3 tools/dev.py {command}" in answer.stdout


@pytest.mark.parametrize("fixture", ["node", "sdk_js_dir", "sdk_python", "old_sdks"])
def test_a_test_without_its_interpreter_fails_and_names_the_command(repo_root, tmp_path, fixture):
    """A test that needs a real SDK never passes, nor is skipped, where there is none."""
    folder = tmp_path / "python" / "tests"
    folder.mkdir(parents=True)
    shutil.copy(repo_root / "python" / "tests" / "conftest.py", folder)
    (folder / "test_it.py").write_text(f"def test_it({fixture}):\n    pass\n")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TIMESTEP_")}
    options = ["-p", "no:cacheprovider", "-c", os.devnull, f"--rootdir={tmp_path}"]
    command = [sys.executable, "-m", "pytest", *options, folder]
    answer = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, timeout=60)
    assert answer.returncode == 1
    assert "python3 tools/dev.py test" in answer.stdout
    assert "1 error" in answer.stdout


def test_the_real_sdks_are_there(node, sdk_js_dir, sdk_python):
    """What `tools/dev.py` sets up runs: a Node that is new enough, and both SDKs."""
    javascript = "import '@openai/agents'; console.log(process.versions.node.split('.')[0])"
    python = "import importlib.metadata as m, agents; print(m.version('openai-agents'))"
    commands = [[node, "--input-type=module", "-e", javascript], [sdk_python, "-c", python]]
    answers = [
        subprocess.run(command, capture_output=True, text=True, check=True, cwd=sdk_js_dir, timeout=60).stdout.strip()
        for command in commands
    ]
    assert int(answers[0]) >= 22
    assert answers[1] == "0.24.0"


def test_the_older_sdks_are_there(old_sdks, node):
    """The older releases that tests resume states with are installed, each in the version it is said to be."""
    python = "import importlib.metadata as m; print(m.version('openai-agents'))"
    javascript = (
        "const [here] = process.argv.slice(1); const at = require('node:module').createRequire(here + '/x.cjs');"
        "console.log(require('node:path').join(at.resolve('@openai/agents'), '..', '..', 'package.json'))"
    )
    for version, interpreter in old_sdks["openai-agents-python"].items():
        assert output([interpreter, "-c", python]) == version
    for version, folder in old_sdks["openai-agents-js"].items():
        manifest = output([node, "-e", javascript, folder])
        assert json.loads(Path(manifest).read_text(encoding="utf-8"))["version"] == version


def output(command):
    """Return what a program prints."""
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout.strip()
