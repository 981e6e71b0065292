"""Measures one group after the other, round robin, so that whatever else the machine does falls on all alike."""

from __future__ import annotations

import subprocess
import time
import tomllib
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

from loop.environments import Peer, SetupError
from loop.figures import Figures
from progress import say

from sdk.client import Worker, WorkerError

from .cases import OURS, TITLES, Case, Pace, groups

HERE = Path(__file__).resolve().parent
#: Seconds for what was begun before the last moment.
_GRACE_S = 50.0


class Bench:
    """One bench; use it as a context manager, which ends the programs."""

    def __init__(self, pace: Pace, programs: list[str]) -> None:
        self.figures = Figures()
        self._pace, self._chosen = pace, programs
        self._workers: dict[str, Worker] = {}
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._stack.close()

    def run(self) -> Figures:
        """Make the environments, which takes what time it takes, and then measure, which is bounded."""
        peers = [peer for name, peer in read_peers().items() if name in self._chosen]
        for peer in peers:
            self._try(peer.name, self._start, peer)
        ready = [name for name in self._workers if name in self.figures.titles]
        deadline = time.monotonic() + self._pace.whole_s
        for group in groups(self._pace):
            self._measure([case for case in group if case.program in ready], deadline)
        say("")
        return self.figures

    def _start(self, peer: Peer) -> None:
        """Start a program, and ask it for its name."""
        command = [*peer.interpreter(), str(HERE / "peers" / peer.script)]
        worker = self._workers[peer.name] = self._stack.enter_context(Worker(command, timeout=_GRACE_S))
        told = _ask(worker, "hello")
        title = f"{told['name']} {told['version']}"
        self.figures.titles |= TITLES if peer.name == OURS else {}
        self.figures.titles[peer.name] = title

    def _measure(self, group: list[Case], deadline: float) -> None:
        """Measure what is compared with each other, again and again; what takes long less often."""
        for number in range(self._pace.rounds):
            for case in group:
                about = f"{case.name}: {case.who}"
                if number >= case.times or about in self.figures.absent:
                    continue
                if time.monotonic() > deadline:
                    self.figures.absent.setdefault(f"{case.name}, round {number + 1}", "out of time")
                    return
                say(f"{about}, round {number + 1} of {case.times}")
                self._workers[case.program].timeout = deadline + _GRACE_S - time.monotonic()
                self._try(about, self._take, case)

    def _take(self, case: Case) -> None:
        self.figures.add(case.who, case.name, _ask(self._workers[case.program], case.op, **case.fields))

    def _try(self, about: str, action: Any, *arguments: Any) -> None:
        """Do something; what fails is left out, and told of below the tables."""
        try:
            action(*arguments)
        except (SetupError, WorkerError, subprocess.SubprocessError, OSError) as error:
            lines = str(error).strip().splitlines() or [type(error).__name__]
            self.figures.absent[about] = ": ".join(dict.fromkeys([lines[0], lines[-1]]))
            say(f"{about}: {self.figures.absent[about]}", keep=True)


def _ask(worker: Worker, op: str, **fields: Any) -> dict[str, Any]:
    answer = worker.ask(op, **fields)
    if "error" in answer:
        raise WorkerError(answer["error"])
    return answer


def read_peers() -> dict[str, Peer]:
    """Return the programs by name, in the order of the file."""
    listed = tomllib.loads((HERE / "peers.toml").read_text(encoding="utf-8"))
    return {name: Peer(name, **fields) for name, fields in listed.items()}
