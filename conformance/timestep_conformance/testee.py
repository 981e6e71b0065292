"""The process under test: started, asked, waited for, killed and started again. Frames are JSON lines on its stdio."""

from __future__ import annotations

import contextlib
import json
import queue
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import IO, Any, NamedTuple, Self, cast

PROTOCOL = "1.0"
SPEC_VERSIONS = ("1.0",)
ANSWERS = ("ok", "err", "unsupported", "internal")
_PATIENCE = 2.0  # seconds that a testee has to end once its stdin has
_QUOTED = 200  # characters of a stray line that are quoted
_KEPT = 20  # lines of stderr that are kept for a report
_LAST = 6  # of these that are told: some languages say after the error where it was, or who they are

#: What answers callbacks, by their number, name and arguments: with the frames that it has to be sent now.
World = Callable[[int, str, Any], Iterable[Mapping[str, Any]]]


class Killed(Exception):
    """Raised by a world that has the testee killed as it asks for something; the message says where."""


class NoTestee(Exception):
    """The testee did not start, or did not say what it is; the message says why."""


class Frame(NamedTuple):
    """A line on the wire: `->` to the testee or `<-` from it."""

    way: str
    line: str


class Answer(NamedTuple):
    """How a request ended: one of ANSWERS, or with the reason `protocol_error`, `timeout`, `crashed` or `killed`."""

    kind: str
    value: Any
    frames: tuple[Frame, ...]


@dataclass(frozen=True)
class Hello:
    """What a testee says of itself."""

    name: str
    language: str
    version: str
    spec: tuple[str, ...]
    profiles: tuple[str, ...]
    features: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return it as reports have it."""
        return {**vars(self), "spec": list(self.spec), "profiles": list(self.profiles), "features": list(self.features)}


class Testee:
    """A testee; it is started by the first question, and again by the first one after it was killed.

    Args:
        command: the words of its command.
        timeout: seconds that it has for each answer.

    Attributes:
        spares: how many processes are started ahead, since this one will be killed; they are told that a run is next.
        starts: how many processes have been asked something.
    """

    __test__ = False  # pytest takes a class of this name for tests

    def __init__(self, command: Sequence[str], *, timeout: float = 10.0) -> None:
        self.command = list(command)
        self.timeout = timeout
        self.spares = 0
        self.starts = 0
        self._process: _Process | None = None
        self._ahead: deque[_Process] = deque()
        self._hello: Hello | None = None
        self._beside: Testee | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def hello(self) -> Hello:
        """Start it unless it runs, and return what it says of itself.

        Raises:
            NoTestee: it does not start, or does not say it.
        """
        if self._process is None or self._hello is None:
            self._hello = self._start()
        return self._hello

    def ask(self, op: str, args: Mapping[str, Any], world: World | None = None) -> Answer:
        """Ask one thing, and return how it ended. After anything but an answer, the process is killed.

        Args:
            op: what is asked.
            args: with what.
            world: what answers its callbacks; without one it may make none.

        Raises:
            NoTestee: it has to be started, and does not start.
        """
        self.hello()
        process = cast("_Process", self._process)
        answer = process.ask(op, args, self.timeout, world)
        if answer.kind not in ANSWERS:
            self.kill()
        return answer

    def beside(self) -> Testee:
        """Return a second process of the same command, which is ended with this one."""
        if self._beside is None:
            self._beside = Testee(self.command, timeout=self.timeout)
        return self._beside

    def kill(self) -> None:
        """End it at once, as `kill -9` does."""
        if self._process is not None:
            self._process.kill()
            self._process = None

    def end(self) -> None:
        """Close its stdin and wait; kill it where it does not end."""
        beside = (self._beside, self._process)
        for process in (*self._ahead, *(each for each in beside if each is not None)):
            process.end()
        self._ahead.clear()
        self._process = None

    def _start(self) -> Hello:
        self._process = self._ahead.popleft() if self._ahead else self._launched()
        self.starts += 1
        try:
            while len(self._ahead) < self.spares:
                self._ahead.append(self._launched(following="resume"))
            hello = _hello_of(self._process.greeting(self.timeout))
        except NoTestee:
            self.kill()
            raise
        return hello

    def _launched(self, following: str = "") -> _Process:
        """Return a process that has been asked who it is, and may still be starting."""
        try:
            return _Process(self.command, following)
        except OSError as error:
            raise NoTestee(f"{self.command[0]} can't be started: {error.strerror or error}") from error


class _Process:
    """One process, with a thread for each stream that it writes to."""

    def __init__(self, command: Sequence[str], following: str) -> None:
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(list(command), stdin=pipe, stdout=pipe, stderr=pipe)  # noqa: S603 - asked for
        self._lines: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._told: deque[str] = deque(maxlen=_KEPT)
        self._number = 0
        self._calls: set[int] = set()
        self._threads = [
            threading.Thread(target=self._read, args=(self._process.stdout,), daemon=True),
            threading.Thread(target=self._listen, args=(self._process.stderr,), daemon=True),
        ]
        for thread in self._threads:
            thread.start()
        asked = {"protocol": PROTOCOL, "spec": list(SPEC_VERSIONS), **({"next": following} if following else {})}
        self._greeting = _Exchange(0, "hello", asked)
        self._greeted = self._begin(self._greeting)

    def greeting(self, timeout: float) -> Answer:
        """Return what it says of itself, which it was asked as it was started."""
        return self._ended(self._greeting, timeout, None) if self._greeted else self._gone(self._greeting)

    def ask(self, op: str, args: Mapping[str, Any], timeout: float, world: World | None) -> Answer:
        """Send a request, serve what the testee asks for meanwhile, and return how it ended."""
        exchange = _Exchange(self._number, op, args)
        return self._ended(exchange, timeout, world) if self._begin(exchange) else self._gone(exchange)

    def _begin(self, exchange: _Exchange) -> bool:
        self._number += 1
        return self._send(exchange.request(), exchange.frames)

    def _gone(self, exchange: _Exchange) -> Answer:
        return exchange.ended("crashed", f"it has ended{self._status()}{self.stderr()}")

    def _ended(self, exchange: _Exchange, timeout: float, world: World | None) -> Answer:
        """Wait for an answer, and serve what the testee asks for meanwhile."""
        deadline = monotonic() + timeout
        while True:
            try:
                line = self._lines.get(timeout=max(deadline - monotonic(), 0))
            except queue.Empty:
                return exchange.ended("timeout", f"no answer within {timeout:g} s")
            if line is None:
                return exchange.ended("crashed", f"it ended without an answer{self._status()}{self.stderr()}")
            exchange.frames.append(Frame("<-", line.decode("utf-8", "backslashreplace").rstrip("\r\n")))
            found = exchange.take(line)
            if not isinstance(found, Answer):
                found = self._served(exchange, found, world)
            if found is not None:
                return found
            deadline = monotonic() + timeout

    def _served(self, exchange: _Exchange, asked: Mapping[str, Any], world: World | None) -> Answer | None:
        """Answer a callback; return how the exchange ended, where it did."""
        number = asked["call"]
        if not isinstance(number, int) or number in self._calls:
            return exchange.ended("protocol_error", f"the callback {number!r} has no number of its own")
        self._calls.add(number)
        if world is None:
            return exchange.ended("protocol_error", f"it asks for {asked['do']!r} where nothing can be asked for")
        try:
            frames = world(number, asked["do"], asked.get("args"))
        except Killed as killed:
            return exchange.ended("killed", str(killed))
        return None if all(self._send(frame, exchange.frames) for frame in frames) else self._gone(exchange)

    def kill(self) -> None:
        """Kill it and wait."""
        self._process.kill()
        self._wait()

    def end(self) -> None:
        """Close its stdin, and kill it where it goes on."""
        with contextlib.suppress(OSError):
            cast("IO[bytes]", self._process.stdin).close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_PATIENCE)
        self.kill()

    def stderr(self) -> str:
        """Return what it said last, as the end of a message."""
        self._threads[1].join(0.2 if self._process.poll() is not None else 0)
        return f"; its stderr ends with: {' / '.join([*self._told][-_LAST:])}" if self._told else ""

    def _status(self) -> str:
        try:
            return f" (exit status {self._process.wait(_PATIENCE)})"
        except subprocess.TimeoutExpired:
            return " (its stdout is closed)"

    def _send(self, frame: Mapping[str, Any], frames: list[Frame]) -> bool:
        line = json.dumps(frame, separators=(",", ":"))
        frames.append(Frame("->", line))
        stdin = cast("IO[bytes]", self._process.stdin)
        try:
            stdin.write(line.encode() + b"\n")
            stdin.flush()
        except (OSError, ValueError):
            return False
        return True

    def _read(self, stream: IO[bytes]) -> None:
        for line in stream:
            self._lines.put(line)
        self._lines.put(None)

    def _listen(self, stream: IO[bytes]) -> None:
        for line in stream:
            text = line.decode("utf-8", "backslashreplace").strip()
            if text:
                self._told.append(text[:_QUOTED])

    def _wait(self) -> None:
        self._process.wait()
        for thread in self._threads:
            thread.join(_PATIENCE)
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            with contextlib.suppress(OSError):
                cast("IO[bytes]", stream).close()


@dataclass
class _Exchange:
    """One request, and the frames that have gone to and fro for it."""

    id: int
    op: str
    args: Mapping[str, Any]
    frames: list[Frame] = field(default_factory=list[Frame])

    def request(self) -> dict[str, Any]:
        """Return the frame that asks."""
        return {"id": self.id, "op": self.op, "args": self.args}

    def ended(self, kind: str, value: Any) -> Answer:  # noqa: ANN401 - any JSON
        """Return how it ended."""
        return Answer(kind, value, tuple(self.frames))

    def take(self, line: bytes) -> Answer | dict[str, Any]:
        """Return the answer that a line is, or the callback; anything else is an error of the protocol."""
        try:
            frame = json.loads(line)
        except (ValueError, RecursionError):
            return self._stray(line, "is no JSON")
        if not isinstance(frame, dict):
            return self._stray(line, "is no frame")
        members = cast("dict[str, Any]", frame)
        if "call" in members and isinstance(members.get("do"), str):
            return members
        answers = [name for name in ANSWERS if name in members]
        if members.get("id") != self.id or isinstance(members.get("id"), bool):
            return self._stray(line, f"answers another request than {self.id}")
        if len(answers) != 1 or len(members) != 2:
            return self._stray(line, f"has not exactly `id` and one of {', '.join(ANSWERS)}")
        wrong = _malformed(answers[0], members[answers[0]])
        return self._stray(line, wrong) if wrong else self.ended(answers[0], members[answers[0]])

    def _stray(self, line: bytes, why: str) -> Answer:
        text = line.decode("utf-8", "backslashreplace").rstrip("\r\n")
        quoted = text if len(text) <= _QUOTED else f"{text[:_QUOTED]}..."
        return self.ended("protocol_error", f"a line on stdout {why}: {quoted!r}; print logs to stderr")


def _malformed(kind: str, value: Any) -> str:  # noqa: ANN401 - any JSON
    """Return what is wrong with the value of an answer; nothing where it is as the protocol has it."""
    wanted = {"err": "code", "unsupported": "feature", "internal": "message"}.get(kind)
    if wanted is None:
        return ""
    if not isinstance(value, dict) or not isinstance(cast("dict[str, Any]", value).get(wanted), str):
        return f"has an {kind!r} without {wanted!r}"
    pointer = cast("dict[str, Any]", value).get("pointer", "")
    return "" if isinstance(pointer, str) else "has a pointer that is no text"


def _hello_of(answer: Answer) -> Hello:
    """Return what an answer to `hello` says.

    Raises:
        NoTestee: it says nothing that can be used.
    """
    if answer.kind != "ok":
        raise NoTestee(f"it gave no answer to hello: {answer.kind}: {_reason(answer.value)}")
    said: Any = answer.value
    value = cast("dict[str, Any]", said) if isinstance(said, dict) else {}
    texts = {name: value.get(name) for name in ("name", "language", "version")}
    lists = {name: value.get(name) for name in ("spec", "profiles", "features")}
    for name, given in texts.items():
        if not isinstance(given, str) or not given:
            raise NoTestee(f"its answer to hello has no text {name!r}: {_shown(value)}")
    for name, given in lists.items():
        if not isinstance(given, list) or not all(isinstance(each, str) for each in cast("list[Any]", given)):
            raise NoTestee(f"its answer to hello has no list {name!r}: {_shown(value)}")
    return Hello(**texts, **{name: tuple(cast("list[str]", given)) for name, given in lists.items()})  # pyright: ignore[reportArgumentType]


def _shown(value: Any) -> str:  # noqa: ANN401 - any JSON
    return json.dumps(value)[:_QUOTED]


def _reason(value: Any) -> str:  # noqa: ANN401 - any JSON
    return value if isinstance(value, str) else json.dumps(value)
