"""Two testees asked about documents that were made at random, until they disagree; each disagreement made small."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any, NamedTuple, cast

from timestep_conformance import places
from timestep_conformance.cases import Case
from timestep_conformance.differing import Difference, answers_differ, common
from timestep_conformance.generate import Generator
from timestep_conformance.mutation import mutated
from timestep_conformance.payloads import content, payload
from timestep_conformance.run import declared
from timestep_conformance.schemas import Json
from timestep_conformance.shrinking import Enough, shrunk
from timestep_conformance.testee import Answer, Testee

_OPS = ("validate", "load", "save", "convert")
#: What documents are about -> the schema that some are made of.
_SCHEMAS = {"timestep": "run-state.schema.json", "session-items": "session-items.schema.json"}
_TRIES = 4000  # questions that one disagreement is made small with
_LARGE = 200_000  # bytes; a larger document is not changed, as the limits have cases of their own


class Question(NamedTuple):
    """A document, and what is asked about it; `case` is what it was made of."""

    op: str
    args: Mapping[str, Any]
    data: bytes
    case: Case

    def asked(self, data: bytes) -> dict[str, Any]:
        """Return the arguments with a document."""
        return {**self.args, "state": payload(data)}


@dataclass
class Finding:
    """What two testees disagree about, with the smallest document that shows it."""

    question: Question
    difference: Difference
    data: bytes
    answers: tuple[Answer, Answer]
    times: int


@dataclass
class Fuzzing:
    """A search for disagreements; the same seed asks the same questions.

    Attributes:
        pair: the two testees.
        count: how many questions are asked, without those that make a document smaller.
        seconds: how long it may take; at most half of it is for asking, and the rest for making documents small.
        codes: refusals with other codes differ, too; a document with two faults may be refused for either.
    """

    pair: tuple[Testee, Testee]
    seed: int
    count: int
    seconds: float
    codes: bool = False
    pointers: bool = False
    asked: int = 0

    def run(self, cases: Sequence[Case], told: Callable[[], None] = lambda: None) -> list[Finding]:
        """Ask, and return what was found, a finding for each way to disagree.

        Raises:
            NoTestee: one does not start.
        """
        until = monotonic() + self.seconds
        reach = self._reach(cases)
        found: dict[str, _Group] = {}
        for question in self._questions(cases):
            if self.asked >= self.count or monotonic() > until - self.seconds / 2:
                break
            self.asked += 1
            told()
            differs = self._difference(question, question.data, reach)
            if differs is not None:
                group = found.setdefault(f"{question.op}: {differs.signature}", _Group(question, differs))
                group.add(question, differs)
        groups = list(found.values())
        return [
            self._smallest(group, reach, monotonic() + (until - monotonic()) / (len(groups) - number))
            for number, group in enumerate(groups)
        ]

    def _reach(self, cases: Sequence[Case]) -> _Reach | None:
        """Return what both testees know of; None where both declare all of the codec."""
        codec = [case for case in cases if case.profile == "codec"]
        if all(declared(case, testee.hello()) for case in codec for testee in self.pair):
            return None
        shared = common(codec, [testee.hello() for testee in self.pair])
        return _Reach(
            {code for case in shared for code in _codes(case)}, {name for case in shared for name in case.features}
        )

    def _questions(self, cases: Sequence[Case]) -> Iterator[Question]:
        """Yield questions without end, unless the two differ on each case already: then no change is to blame."""
        rng = random.Random(self.seed)  # noqa: S311 - it has to come out the same again
        seeds = _seeds(common(cases, [testee.hello() for testee in self.pair]))
        generator, tried = Generator(_schemas(), self.seed), set[tuple[str, str]]()
        while seeds:
            question = rng.choice(seeds)
            key = (question.case.id, question.op)
            if key not in tried and answers_differ(*self._ask(question, question.data), codes=self.codes):
                seeds.remove(question)
                continue
            tried.add(key)
            schemas = [schema for subject, schema in _SCHEMAS.items() if subject in question.case.features]
            data = question.data
            if schemas and rng.random() < 0.2:
                make = generator.document if rng.random() < 0.5 else generator.mutant
                data = json.dumps(make(rng.choice(schemas))).encode()
            yield question._replace(data=mutated(data, rng) if rng.random() < 0.95 else data)

    def _ask(self, question: Question, data: bytes) -> tuple[Answer, Answer]:
        one, other = (testee.ask(question.op, question.asked(data)) for testee in self.pair)
        return one, other

    def _difference(self, question: Question, data: bytes, reach: _Reach | None) -> Difference | None:
        answers = self._ask(question, data)
        found = answers_differ(*answers, codes=self.codes, pointers=self.pointers)
        if found and reach is not None:
            about = self._ask(question._replace(op="validate"), data) if "validate" in reach.features else ()
            return found if all(reach.knows(each) for each in (*answers, *about)) else None
        return found

    def _smallest(self, group: _Group, reach: _Reach | None, until: float) -> Finding:
        question, left = group.question, _TRIES

        def same(data: bytes) -> bool:
            nonlocal left
            left -= 1
            if left < 0 or monotonic() > until:
                raise Enough
            again = self._difference(question, data, reach)
            return again is not None and again.signature == group.difference.signature

        data = shrunk(question.data, same)
        answers = self._ask(question, data)
        smaller = answers_differ(*answers, codes=self.codes, pointers=self.pointers)
        return Finding(question, smaller or group.difference, data, answers, group.times)


@dataclass
class _Group:
    """The questions that make two testees differ in one way; the one with the smallest document stands for them."""

    question: Question
    difference: Difference
    times: int = 0

    def add(self, question: Question, difference: Difference) -> None:
        """Count a question."""
        self.times += 1
        if len(question.data) < len(self.question.data):
            self.question, self.difference = question, difference


@dataclass(frozen=True)
class _Reach:
    """What two testees both know of: error codes and features that cases for both have.

    Who reads no more than the text of a document is right to take one that others refuse for what stands in it.
    """

    codes: set[str]
    features: set[str]

    def knows(self, answer: Answer) -> bool:
        """Tell whether an answer is about something that both know of."""
        if answer.kind == "err":
            return answer.value["code"] in self.codes
        value: Any = answer.value
        said = cast("dict[str, Any]", value) if isinstance(value, dict) else {}
        if answer.kind != "ok" or "kind" not in said:
            return True
        subject = "session-items" if said["kind"] == "session-items" else said.get("dialect")
        return subject in self.features or (subject == "timestep" and "json" in self.features)


def _codes(case: Case) -> list[str]:
    """Return the codes that a case expects."""
    code: Any = case.expect.get("err", {}).get("code", {"$any": []})
    return cast("dict[str, list[str]]", code)["$any"] if isinstance(code, dict) else [str(code)]


def _seeds(cases: Sequence[Case]) -> list[Question]:
    """Return what cases ask about documents; each document for every operation on documents that a case asks."""
    found = [question for case in cases if (question := _question_of(case))]
    ops = sorted({question.op for question in found} - {"convert"})
    others = [question._replace(op=op) for question in found if question.op in ops for op in ops if op != question.op]
    return found + others


def _question_of(case: Case) -> Question | None:
    """Return what a case asks about a document; nothing where it is about something else."""
    given: Any = case.args.get("state")
    state = cast("dict[str, Any]", given) if isinstance(given, dict) else {}
    if case.profile != "codec" or case.op not in _OPS or not state.keys() & {"text", "base64", "file"}:
        return None
    data = content(state)
    if len(data) > _LARGE:
        return None
    return Question(case.op, {name: each for name, each in case.args.items() if name != "state"}, data, case)


def _schemas() -> dict[str, dict[str, Json]]:
    folder = places.SPEC / "schema" / "v1"
    return {path.name: json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.schema.json"))}
