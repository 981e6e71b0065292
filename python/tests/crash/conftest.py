"""The fork server, and documents for its jobs."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]


class ForkServer:
    """A process that has everything loaded and forks a child for each job."""

    def __init__(self):
        environment = {"PYTHONPATH": f"{ROOT / 'python'}:{HERE}", "PATH": "/usr/bin:/bin"}
        self.process = subprocess.Popen(
            [sys.executable, str(HERE / "fork_server.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )

    def run(self, *jobs, kill=None):
        """Run jobs side by side; return what each said, and whether it was killed."""
        self.process.stdin.write(json.dumps({"jobs": jobs, "kill": kill}, default=str) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def stop(self):
        """End the server."""
        self.process.stdin.close()
        self.process.wait(5)
        self.process.stdout.close()


@pytest.fixture(scope="session")
def forks():
    """Return the fork server."""
    server = ForkServer()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def example():
    """Return the text of a run state."""
    text = (ROOT / "spec" / "state.md").read_text(encoding="utf-8")
    return re.search(r"```json RunState\n(.*?)```", text, re.DOTALL)[1]
