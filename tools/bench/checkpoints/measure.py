"""Measures all programs, round robin, so that whatever else the machine does falls on all of them alike."""

from __future__ import annotations

import subprocess
import tempfile
import time
import tomllib
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

from loop.environments import Peer, SetupError
from loop.figures import OURS, Figures
from progress import say

from sdk.client import Worker, WorkerError

from .cases import LOAD, Pace, run_name

HERE = Path(__file__).resolve().parent
#: Seconds for what was begun before the last moment.
_GRACE_S = 90.0


class Bench:
    """One bench; use it as a context manager, which ends the programs."""

    def __init__(self, pace: Pace, chosen: list[str]) -> None:
        self.figures = Figures()
        self._pace, self._chosen = pace, chosen
        self._workers: dict[str, Worker] = {}
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._stack.close()

    def run(self) -> Figures:
        """Make the environments, which takes what time it takes, and then measure, which is bounded."""
        for name, peer in read_peers().items():
            if name in self._chosen:
                self._try(name, self._start, peer)
        deadline = time.monotonic() + self._pace.whole_s
        for number in range(self._pace.rounds):
            self._round(number, deadline)
        if OURS in self.figures.titles:
            self._try(f"{OURS}, {LOAD}", self._load)
        for name in [name for name in self.figures.titles if name != OURS]:
            self._measure(name, max(self._pace.turns), deadline, "once")
        say("")
        return self.figures

    def _start(self, peer: Peer) -> None:
        """Start a program, and ask it for its name."""
        command = [*peer.interpreter(), str(HERE / "peers" / peer.script)]
        worker = self._workers[peer.name] = self._stack.enter_context(Worker(command, timeout=_GRACE_S))
        told = _ask(worker, "hello")
        self.figures.titles[peer.name] = f"{told['name']} {told['version']}"

    def _round(self, number: int, deadline: float) -> None:
        """Measure each length on each program; other packages take the longest runs last, and once."""
        for turns in self._pace.turns:
            for name in list(self.figures.titles):
                if name == OURS or turns < max(self._pace.turns):
                    self._measure(name, turns, deadline, f"round {number + 1} of {self._pace.rounds}")

    def _measure(self, name: str, turns: int, deadline: float, when: str) -> None:
        """Measure runs of one length, with a store and without."""
        about = f"{name}, {turns} turns"
        if about in self.figures.absent:
            return
        if time.monotonic() > deadline:
            self.figures.absent[f"{about}, {when}"] = "out of time"
            return
        say(f"{turns} turns, {when}: {name}")
        self._try(about, self._take, name, turns)

    def _take(self, name: str, turns: int) -> None:
        for kept in (False, True):
            given = {"turns": turns, "kept": kept, "batch": self._pace.batch, "limit_s": self._pace.limit_s}
            self.figures.add(name, run_name(turns, kept=kept), _ask(self._workers[name], "run", **given))

    def _load(self) -> None:
        with tempfile.TemporaryDirectory(prefix="timestep-bench-", ignore_cleanup_errors=True) as folder:
            turns = max(self._pace.turns)
            given = {"turns": turns, "parts": min(20, turns), "rounds": 3, "folder": folder}
            self.figures.add(OURS, LOAD, _ask(self._workers[OURS], "load", **given))

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
