"""Measures all peers, round robin, so that whatever else the machine does falls on all of them alike."""

from __future__ import annotations

import json
import os
import subprocess
import time
from contextlib import ExitStack
from typing import Any, Self

from progress import say

from sdk.client import Worker, WorkerError

from .cases import FEW, MANY, Case, Pace, cases
from .environments import SCRIPTS, Peer, SetupError
from .figures import OURS, Figures

#: Seconds for any one answer, above all limits of CPU time.
_PATIENCE_S = 120.0
_COMMON = {"turns", "depth", "together", "start"}


class PeerError(Exception):
    """A peer could not do what it was asked for."""


class Bench:
    """One bench; use it as a context manager, which ends the peers' processes."""

    def __init__(self, peers: list[Peer], pace: Pace) -> None:
        self.figures = Figures()
        self._peers, self._pace = peers, pace
        self._interpreters: dict[str, list[str]] = {}
        self._workers: dict[str, Worker] = {}
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._stack.close()

    def run(self) -> Figures:
        """Make the environments, which takes what time it takes, and then measure, which is bounded."""
        for peer in self._peers:
            try:
                self._interpreters[peer.name] = peer.interpreter()
            except SetupError as error:
                self._leave_out(peer.name, str(error))
        deadline = time.monotonic() + self._pace.whole_s
        for peer in self._present():
            self._try(peer, self._greet)
        for case in cases(self._pace):
            self._rounds(case, deadline)
        say("")
        return self.figures

    def _rounds(self, case: Case, deadline: float) -> None:
        """Measure one case on all peers, again and again; a slow peer less often."""
        spent: dict[str, float] = {}
        for number in range(self._pace.rounds):
            for peer in self._present():
                if not self._wanted(peer, case) or spent.get(peer.name, 0.0) > self._pace.share_s:
                    continue
                started = time.monotonic()
                if started > deadline:
                    self.figures.absent.setdefault(f"{case.name}, round {number + 1} and later", "out of time")
                    return
                say(f"{case.name}, round {number + 1} of {self._pace.rounds}: {peer.name}")
                self._try(peer, self._measure, case)
                spent[peer.name] = spent.get(peer.name, 0.0) + time.monotonic() - started

    def _present(self) -> list[Peer]:
        there = (peer for peer in self._peers if peer.name in self._interpreters)
        return [peer for peer in there if peer.name not in self.figures.absent]

    def _wanted(self, peer: Peer, case: Case) -> bool:
        """Whether a peer is measured on a case: it can be, and it would not take too long."""
        if f"{peer.name}, {case.name}" in self.figures.absent or case.op not in {*_COMMON, *peer.measured}:
            return False
        if not case.unless or peer.name == OURS:
            return True
        before = self.figures.median(peer.name, case.unless)
        # Twice, since a turn costs some peers twice as much when ten times as many runs are under way.
        return before is not None and 2 * before * MANY / FEW < self._pace.limit_s

    def _try(self, peer: Peer, action: Any, *arguments: Any) -> None:
        """Do something with a peer; one that fails is left out of that, and told of in the table."""
        try:
            action(peer, *arguments)
        except (PeerError, WorkerError, subprocess.SubprocessError, OSError) as error:
            # What failed, and the last word of the program, which is Python's error where it did not even start.
            lines = str(error).strip().splitlines() or [type(error).__name__]
            about = ", ".join([peer.name, *(case.name for case in arguments)])
            self._leave_out(about, ": ".join(dict.fromkeys([lines[0], lines[-1]])))

    def _leave_out(self, about: str, why: str) -> None:
        self.figures.absent[about] = why
        say(f"{about}: {why}", keep=True)

    def _greet(self, peer: Peer) -> None:
        self._workers[peer.name] = self._stack.enter_context(self._worker(peer))
        answer = _ask(self._workers[peer.name], "hello")
        self.figures.titles[peer.name] = f"{answer['name']} {answer['version']}"

    def _measure(self, peer: Peer, case: Case) -> None:
        if case.op == "start":
            for name, code in peer.imports.items():
                self.figures.add(name, case.name, self._start(peer, code))
        elif case.fresh:
            with self._worker(peer) as worker:
                self.figures.add(peer.name, case.name, _ask(worker, case.op, **case.fields))
        else:
            self.figures.add(peer.name, case.name, _ask(self._workers[peer.name], case.op, **case.fields))

    def _worker(self, peer: Peer) -> Worker:
        return Worker([*self._interpreters[peer.name], str(SCRIPTS / peer.script)], timeout=_PATIENCE_S)

    def _start(self, peer: Peer, code: str) -> dict[str, Any]:
        """Run a line in a process of its own."""
        command = [*self._interpreters[peer.name], str(SCRIPTS / "start.py"), code]
        # With byte code kept, as everywhere but on some build machines: else each start would compile all modules.
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        answer = subprocess.run(
            command, env=environment, capture_output=True, text=True, check=False, timeout=_PATIENCE_S
        )
        if answer.returncode != 0:
            raise PeerError((answer.stderr.strip().splitlines() or ["it ended without a word"])[-1])
        return json.loads(answer.stdout)


def _ask(worker: Worker, op: str, **fields: Any) -> dict[str, Any]:
    answer = worker.ask(op, **fields)
    if "error" in answer:
        raise PeerError(answer["error"])
    return answer
