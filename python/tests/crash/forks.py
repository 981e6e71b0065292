"""The client of the fork server: starts it, gives it jobs, and hears what became of them."""

import json
import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]


class ForkServer:
    """A process that has everything loaded and forks a child for each job."""

    def __init__(self):
        environment = {"PYTHONPATH": f"{TESTS.parent}:{TESTS}", "PATH": "/usr/bin:/bin"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "crash.fork_server"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )

    def run(self, *jobs, kill=None):
        """Run jobs side by side; return what each said, whether it was killed, and where.

        Args:
            jobs: each a job by name, with its options.
            kill: `{"acks": n, "spin": n}`, or one for each job, or nothing.
        """
        kills = kill if isinstance(kill, list) else [kill] + [None] * (len(jobs) - 1)
        self.process.stdin.write(json.dumps({"jobs": jobs, "kills": kills}, default=str) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def stop(self):
        """End the server."""
        self.process.stdin.close()
        self.process.wait(5)
        self.process.stdout.close()
