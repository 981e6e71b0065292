"""Plays a case that is a sequence: requests to processes of one testee, and what is done and looked at between them."""

from __future__ import annotations

import json
import shlex
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, cast

from timestep_conformance.cases import Case
from timestep_conformance.folder import Folder
from timestep_conformance.judging import failed
from timestep_conformance.matching import difference
from timestep_conformance.payloads import filled
from timestep_conformance.service import Service
from timestep_conformance.testee import Frame, Testee, World
from timestep_conformance.verdicts import Verdict

#: What frames have in place of the folder of a case, which is another one each time.
_SHOWN = "PLACE"
_BLOCK = 512  # bytes that `ulimit -f` counts in


def play_sequence(case: Case, testee: Testee) -> Verdict:
    """Return the verdict on a case that is a sequence, in a folder of its own that is gone afterwards.

    Raises:
        NoTestee: a process of the testee does not start.
        SuiteError: a step can't be done on this system, or a file of the case is missing.
    """
    with tempfile.TemporaryDirectory(prefix="timestep-conformance-") as name, ExitStack() as stack:
        folder = Folder(Path(name).resolve())
        playing = _Playing(case, testee, folder, stack)
        for number, step in enumerate(case.sequence):
            found = playing.step(number, step)
            if found:
                return found
        return Verdict(case, "pass", frames=tuple(playing.frames))


class _Playing:
    """One sequence: its processes, and what has gone to and fro."""

    def __init__(self, case: Case, testee: Testee, folder: Folder, stack: ExitStack) -> None:
        self.frames: list[Frame] = []
        self._case = case
        self._folder = folder
        self._stack = stack
        self._processes = {"a": testee}
        self._service: Service | None = None
        self._answer: Any = None
        self._found: Verdict | None = None

    def step(self, number: int, step: Mapping[str, Any]) -> Verdict | None:
        """Do one step; return the verdict where it is not as expected."""
        if "op" in step:
            return self._asked(number, step)
        self.frames.append(Frame("--", json.dumps(step)))
        if "kill" in step:
            self._process(step["kill"]).kill()
        elif "start" in step:
            self._start(step)
        elif "serves" in step:
            self._service = self._stack.enter_context(Service(step["serves"]))
        else:
            found = self._unasked(step["asked"]) if "asked" in step else self._folder.done(step)
            if found:
                return Verdict(self._case, "fail", f"step {number}: {found}", "", tuple(self.frames))
        return None

    def _asked(self, number: int, step: Mapping[str, Any]) -> Verdict | None:
        name, process = step.get("process", "a"), self._process(step.get("process", "a"))
        args = filled(self._placed(step["args"]), self._answer)
        with self._folder.meanwhile(step.get("meanwhile")) as held:
            if held.wrong:
                return Verdict(self._case, "fail", f"step {number}: {held.wrong}", "", tuple(self.frames))
            answer = process.ask(step["op"], args, self._called(number, step) if "answers" in step else None)
        self.frames += [Frame(frame.way, frame.line.replace(str(self._folder.path), _SHOWN)) for frame in answer.frames]
        where = f"step {number} ({step['op']}{f' of {name}' if name != 'a' else ''}): "
        if self._found:
            return self._found
        if held.early and answer.kind == "ok":
            why = f"{where}it did not wait for another process that was writing"
            return Verdict(self._case, "fail", why, "ok", tuple(self.frames))
        for text in step.get("untold", ()):
            if any(text in frame.line for frame in answer.frames if frame.way == "<-"):
                return Verdict(self._case, "fail", f"{where}it tells {text!r}", "", tuple(self.frames))
        self._answer = answer.value
        return failed(self._case, step["expect"], answer, self.frames, where)

    def _unasked(self, requests: Sequence[Any]) -> str:
        """Return how what the service was asked differs from what it had to be asked."""
        differs = difference(requests, self._service.asked if self._service else [])
        return f"what the service was asked differs {differs}" if differs else ""

    def _called(self, number: int, step: Mapping[str, Any]) -> World:
        """Return what answers the callbacks of a request in their order, and first does what is to be done there."""
        answers: list[Mapping[str, Any]] = [*step["answers"]]

        def answered(call: int, do: str, _: Any) -> list[Mapping[str, Any]]:  # noqa: ANN401 - any JSON
            told: Mapping[str, Any] = answers.pop(0) if answers else {"do": "nothing"}
            if told["do"] == do:
                for each in told.get("first", ()):
                    self._found = self._found or self.step(number, each)
                return [{"call": call, **{name: told[name] for name in ("ok", "err") if name in told}}]
            why = f"step {number} ({step['op']}): it asks for {do!r}, expected {told['do']!r}"
            self._found = self._found or Verdict(self._case, "fail", why, "callback", tuple(self.frames))
            return [{"call": call, "err": {"code": "world", "message": why}}]

        return answered

    def _process(self, name: str) -> Testee:
        if name not in self._processes:
            self._processes[name] = self._processes["a"].beside()
        return self._processes[name]

    def _start(self, step: Mapping[str, Any]) -> None:
        """Start a process under conditions of its own, which a shell sets."""
        environ = cast("dict[str, str]", self._placed(step.get("environ", {})))
        words = [f"export {name}={shlex.quote(value)}" for name, value in environ.items()]
        words += [f"unset {name}" for name in step.get("unset", ())]
        words += [f"umask {step['umask']}"] if "umask" in step else []
        words += ["trap '' XFSZ", f"ulimit -f {step['file_size'] // _BLOCK}"] if "file_size" in step else []
        first = self._processes["a"]
        command = ["sh", "-c", "; ".join([*words, 'exec "$@"']), "sh", *first.command]
        self._processes[step["start"]] = self._stack.enter_context(Testee(command, timeout=first.timeout))

    def _placed(self, value: Any) -> Any:  # noqa: ANN401 - any JSON
        """Return a value with the paths of places in it, and long texts written out."""
        if isinstance(value, list):
            return [self._placed(each) for each in cast("list[Any]", value)]
        if not isinstance(value, dict):
            return value
        members = cast("dict[str, Any]", value)
        if members.keys() == {"$place"}:
            return str(self._folder.at(members["$place"]))
        if members.keys() == {"$service"} and self._service:
            return self._service.url + members["$service"]
        if members.keys() == {"$repeat"}:
            text, times = members["$repeat"]
            return text * times
        return {name: self._placed(each) for name, each in members.items()}
