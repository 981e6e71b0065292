"""Places for workflows, and processes that have them."""

import json
import os
import select
import subprocess
import sys
from pathlib import Path

import pytest

from timestep.workflows import registry, sessions
from timestep.workflows.launching import cleanup_dbos

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
#: Seconds after which a process that says nothing is taken to hang.
PATIENCE = 60.0


@pytest.fixture(params=["sqlite", "postgres"])
def place(_home, request, tmp_path, monkeypatch):
    """Have workflows and runs in a SQLite file, and in PostgreSQL; return the variables that say so."""
    return chosen(request, tmp_path, monkeypatch, request.param)


@pytest.fixture(autouse=True)
def _home(request, tmp_path, monkeypatch):
    """Have workflows and runs in SQLite files of the test's own."""
    chosen(request, tmp_path, monkeypatch, "sqlite")


def chosen(request, tmp_path, monkeypatch, kind):
    """Set the variables that say where things are kept."""
    variables = {"TIMESTEP_HOME": str(tmp_path / "home"), "EFFECTS_LOG": str(tmp_path / "effects")}
    monkeypatch.delenv("PG_CONNECTION_URI", raising=False)
    if kind == "postgres":
        variables["PG_CONNECTION_URI"] = request.getfixturevalue("database")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return variables


@pytest.fixture(autouse=True)
def _own_process():
    """Leave nothing behind: no DBOS, and nothing registered."""
    yield
    cleanup_dbos()
    registry.forget_agents()
    sessions.forget_sessions()


class Worker:
    """A process with workflows (worker.py)."""

    def __init__(self, variables):
        environment = {**os.environ, **variables, "PYTHONPATH": str(ROOT / "python")}
        self.process = subprocess.Popen(
            [sys.executable, str(HERE / "worker.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        self.killed = False

    def say(self, do, **more):
        """Have it do something."""
        self.process.stdin.write(json.dumps({"do": do, **more}) + "\n")
        self.process.stdin.flush()

    def hear(self, name):
        """Wait for what it says next."""
        ready, _, _ = select.select([self.process.stdout], [], [], PATIENCE)
        assert ready, "the process says nothing"
        line = self.process.stdout.readline()
        assert line, "the process has ended"
        return json.loads(line)[name]

    def kill(self):
        """Kill it, as the system would."""
        self.process.kill()
        self.end()

    def end(self):
        """Let it end."""
        self.process.stdin.close()
        self.process.wait(PATIENCE)
        self.process.stdout.close()


@pytest.fixture
def worker():
    """Return a function that starts a process which has launched DBOS."""
    workers = []

    def started(variables):
        made = Worker(variables)
        workers.append(made)
        assert made.hear("launched")
        return made

    yield started
    for each in workers:
        if each.process.poll() is None:
            each.kill()


@pytest.fixture
def effects(tmp_path):
    """Return a function that gives the effects so far, each as often as it was had."""

    def had():
        path = tmp_path / "effects"
        return path.read_text().splitlines() if path.exists() else []

    return had
