"""What two testees answer to one question, held against each other."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, cast

from timestep_conformance.cases import Case
from timestep_conformance.matching import bytes_of, difference, parsed, shown
from timestep_conformance.payloads import is_payload
from timestep_conformance.play import play
from timestep_conformance.run import declared
from timestep_conformance.testee import Answer, Hello, Testee, World

#: What a testee may say of itself; anything else is a fault of it, and never the same as what another says.
_SAID = {"ok", "err"}
_PLAYED = {"run", "resume"}  # whole runs: a state has the form of its implementation


class Difference(NamedTuple):
    """Where two answers differ.

    Attributes:
        signature: what is the same for all documents that make the two differ in this way.
        told: as people read it.
    """

    signature: str
    told: str


@dataclass(frozen=True)
class Disagreement:
    """A case that two testees answer differently."""

    case: Case
    difference: Difference


class Recorder(Testee):
    """A testee whose answers to a case are kept."""

    _answers: list[Answer] | None = None

    def ask(self, op: str, args: Mapping[str, Any], world: World | None = None) -> Answer:
        """Ask one thing, and keep how it ended."""
        answer = super().ask(op, args, world)
        if self._answers is not None:
            self._answers.append(answer)
        return answer

    def heard(self, case: Case) -> list[Answer]:
        """Ask a case, and return all that was answered."""
        found: list[Answer] = []
        self._answers = found
        verdict = play(case, self)
        self._answers = None
        if case.op in _PLAYED:
            return [Answer("ok", [verdict.outcome, verdict.answer], verdict.frames)]
        return found


def common(cases: Iterable[Case], hellos: Sequence[Hello]) -> list[Case]:
    """Return the cases that all testees declare."""
    return [case for case in cases if all(declared(case, hello) for hello in hellos)]


def answers_differ(one: Answer, other: Answer, *, codes: bool = True, pointers: bool = False) -> Difference | None:
    """Return how two answers differ; None where they say the same, or one says that it has no such thing.

    Errors are compared by their codes and pointers where asked; results exactly, with documents as JSON.
    """
    if "unsupported" in {one.kind, other.kind} or (one.kind == other.kind == "err" and not codes):
        return None
    kinds = [_kind(answer) for answer in (one, other)]
    if kinds[0] != kinds[1] or not {one.kind, other.kind} <= _SAID:
        return Difference(" / ".join(kinds), f"one says {_told(one)}, the other {_told(other)}")
    if one.kind == "err":
        places = [answer.value.get("pointer") for answer in (one, other)]
        if not pointers or None in places or places[0] == places[1]:
            return None
        return Difference(f"{kinds[0]}, pointer", f"{kinds[0]} at {places[0]!r}, and at {places[1]!r}")
    found = difference(canonical(one.value), canonical(other.value))
    if found is None:
        return None
    return Difference(f"ok, {re.sub(r'/[0-9]+', '/*', found.pointer)}", str(found))


def histories_differ(ours: Sequence[Answer], theirs: Sequence[Answer], *, pointers: bool) -> Difference | None:
    """Return the first difference of the answers to the questions of a case."""
    found = (answers_differ(one, other, pointers=pointers) for one, other in zip(ours, theirs, strict=False))
    return next((each for each in found if each), None)


def canonical(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Return a result with its documents read, so that how they are written makes no difference."""
    if is_payload(value):
        data = bytes_of(value)
        try:
            return ["document", _plain(parsed(data))]
        except (ValueError, RecursionError):
            return ["bytes", data.hex()]
    return _plain(value, canonical)


def _plain(value: Any, inner: Any = None) -> Any:  # noqa: ANN401 - any JSON
    """Return a value in which no member is taken for a question."""
    each = inner or _plain
    if isinstance(value, dict):
        members = cast("dict[str, Any]", value)
        return {f".{name}" if name.startswith(("$", ".")) else name: each(one) for name, one in members.items()}
    return [each(one) for one in cast("list[Any]", value)] if isinstance(value, list) else value


def _kind(answer: Answer) -> str:
    return f"err {answer.value['code']}" if answer.kind == "err" else answer.kind


def _told(answer: Answer) -> str:
    if answer.kind == "err":
        return f"err {json.dumps(answer.value['code'])}"
    return f"{answer.kind} {shown(answer.value)}"
