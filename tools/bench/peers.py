"""The processes that are measured: one for each SDK, one for Timestep, and the command line as a whole process."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from sdk.client import Worker  # noqa: E402 - found once `tools` is on the path

JSON = dict[str, Any]
PYTHON, JAVASCRIPT = "openai-agents-python", "openai-agents-js"
#: Above this the JavaScript SDK takes about 10 s for one load, so it is asked for one only, and for no save.
MOST_JS_TURNS = 200
#: Seconds for one operation: a run of 1,000 turns takes a minute in either SDK, more on a slow machine.
_PATIENCE_S = 600.0


class BenchError(Exception):
    """Something could not be measured."""


class Peers:
    """The processes of one bench; use it as a context manager."""

    def __init__(self, python: str, node: str) -> None:
        self._python = python
        self._commands = {
            "timestep": [python, str(HERE / "peer_timestep.py")],
            PYTHON: [python, str(HERE / "peer_python.py")],
            JAVASCRIPT: [node, str(HERE / "peer_javascript.mjs")],
        }
        self._workers: dict[str, Worker] = {}
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        for name, command in self._commands.items():
            self._workers[name] = self._stack.enter_context(Worker(command, timeout=_PATIENCE_S))
        return self

    def __exit__(self, *_error: object) -> None:
        self._stack.close()

    def ask(self, peer: str, op: str, **fields: Any) -> JSON:
        """Ask a peer for an operation.

        Raises:
            BenchError: It failed.
        """
        answer = self._workers[peer].ask(op, **fields)
        if "error" in answer:
            raise BenchError(f"{peer}: {op} {fields}: {answer['error']}")
        return answer

    def title(self, peer: str) -> str:
        """Give name and version of a peer."""
        answer = self.ask(peer, "hello")
        return f"{answer['name']} {answer['version']}"

    def check(self, file: Path) -> float:
        """Give the CPU seconds of `timestep check FILE`, the start of the process included."""
        return _cpu_of([self._python, "-m", "timestep", "check", str(file)])

    def bare(self) -> float:
        """Give the CPU seconds of a Python that does nothing."""
        return _cpu_of([self._python, "-c", "pass"])


def _cpu_of(command: list[str]) -> float:
    """Run a program and give the CPU seconds it used.

    Raises:
        BenchError: It failed.
    """
    # With byte code kept, as everywhere but on some build machines: else each start would compile all modules.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise BenchError(f"{' '.join(command)} ended with {process.returncode}")
    return used.ru_utime + used.ru_stime
