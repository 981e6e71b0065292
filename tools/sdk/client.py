"""Starts a worker process and talks to it: one JSON object a line, both ways."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from typing import IO, Any, Self

JSON = dict[str, Any]
OPERATION_SECONDS = 30.0
STDERR_LINES = 200


class WorkerError(Exception):
    """The worker died, stayed silent or wrote something that is no answer."""


class Worker:
    """A long-lived worker process; use it as a context manager.

    Args:
        command: The program and its arguments.
        timeout: Seconds that one operation may take.
        environment: Variables that are set for the worker beside those of this process.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        timeout: float = OPERATION_SECONDS,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.timeout = timeout
        self.stderr: deque[str] = deque(maxlen=STDERR_LINES)
        self._answers: queue.Queue[str | None] = queue.Queue()
        self._number = 0
        self._readers: list[tuple[threading.Thread, IO[str]]] = []
        self._process = subprocess.Popen(
            list(command),
            env={**os.environ, **(environment or {})},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        self._read_in_background()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Let the process end by closing its input; kill it if it stays."""
        pipe = self._process.stdin
        if pipe is not None and not pipe.closed:
            pipe.close()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for reader, output in self._readers:
            reader.join(timeout=5)
            output.close()

    def ask(self, op: str, **fields: Any) -> JSON:
        """Send one operation and give its answer, which may hold an `error`."""
        self._number += 1
        request = {"id": self._number, "op": op, **fields}
        try:
            assert self._process.stdin is not None
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
        except (OSError, ValueError) as error:
            raise self._failure(f"cannot send {op}: {error}") from error
        return self._answer(op)

    def _answer(self, op: str) -> JSON:
        """Wait for the answer to the request sent last."""
        try:
            line = self._answers.get(timeout=self.timeout)
        except queue.Empty:
            # A late answer would be taken for the next operation's, so the worker must go.
            self._process.kill()
            raise self._failure(f"no answer to {op} within {self.timeout} s") from None
        if line is None:
            raise self._failure(f"the worker ended during {op}")
        try:
            reply = json.loads(line)
        except ValueError as error:
            raise self._failure(f"not JSON on stdout: {line[:200]!r} (log to stderr)") from error
        if reply.get("id") != self._number:
            raise self._failure(f"answer to request {reply.get('id')}, not {self._number}")
        return reply

    def _failure(self, message: str) -> WorkerError:
        """Make an error that shows what the worker wrote to stderr."""
        log = "".join(self.stderr)
        return WorkerError(f"{message}\n--- stderr of the worker ---\n{log}")

    def _read_in_background(self) -> None:
        """Read both pipes in threads, so that neither can fill up and block the worker."""
        for target, pipe in (
            (self._keep_answers, self._process.stdout),
            (self._keep_stderr, self._process.stderr),
        ):
            assert pipe is not None
            reader = threading.Thread(target=target, args=(pipe,), daemon=True)
            self._readers.append((reader, pipe))
            reader.start()

    def _keep_answers(self, pipe: IO[str]) -> None:
        for line in pipe:
            self._answers.put(line)
        self._answers.put(None)

    def _keep_stderr(self, pipe: IO[str]) -> None:
        self.stderr.extend(pipe)
