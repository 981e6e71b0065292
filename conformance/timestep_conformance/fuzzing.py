"""Two testees asked about documents that were made at random, until they disagree; each disagreement made small."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
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
from timestep_conformance.shrinking import shrunk
from timestep_conformance.testee import Answer, Testee

_OPS = ("validate", "load", "save", "convert")
_SCHEMAS = ("run-state.schema.json", "session-items.schema.json")
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
    times: int = 1


@dataclass
class Fuzzing:
    """A search for disagreements; the same seed asks the same questions.

    Attributes:
        pair: the two testees.
        count: how many questions are asked, without those that make a document smaller.
        seconds: how long it may take.
        codes: refusals with other codes differ, too; a document with two faults may be refused for either.
    """

    pair: tuple[Testee, Testee]
    seed: int
    count: int
    seconds: float
    codes: bool = False
    pointers: bool = False
    asked: int = 0
    found: dict[str, Finding] = field(default_factory=dict[str, Finding])

    def run(self, cases: Sequence[Case], told: Callable[[], None] = lambda: None) -> list[Finding]:
        """Ask, and return what was found, a finding for each way to disagree.

        Raises:
            NoTestee: one does not start.
        """
        until = monotonic() + self.seconds
        reach = self._reach(cases)
        for question in self._questions(cases):
            if self.asked >= self.count or monotonic() > until:
                break
            self.asked += 1
            told()
            found = self._difference(question, question.data, reach)
            if found is None:
                continue
            key = f"{question.op}: {found.signature}"
            if key in self.found:
                self.found[key].times += 1
            else:
                self.found[key] = self._smallest(question, found, reach, until)
        return list(self.found.values())

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
        rng = random.Random(self.seed)  # noqa: S311 - it has to come out the same again
        shared = common(cases, [testee.hello() for testee in self.pair])
        seeds = [question for case in shared if (question := _question_of(case))]
        ops = sorted({question.op for question in seeds})
        made = list(_made(self.seed, seeds))
        while seeds:
            question = rng.choice(seeds)
            if made and rng.random() < 0.2:
                question = rng.choice(made)(rng)
            if question.op != "convert" and rng.random() < 0.3:
                op = rng.choice([name for name in ops if name != "convert"])
                question = question._replace(op=op)
            data = mutated(question.data, rng) if rng.random() < 0.95 else question.data
            yield question._replace(data=data)

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

    def _smallest(self, question: Question, found: Difference, reach: _Reach | None, until: float) -> Finding:
        left = _TRIES

        def same(data: bytes) -> bool:
            nonlocal left
            left -= 1
            if left < 0 or monotonic() > until:
                return False
            again = self._difference(question, data, reach)
            return again is not None and again.signature == found.signature

        data = shrunk(question.data, same)
        answers = self._ask(question, data)
        smaller = answers_differ(*answers, codes=self.codes, pointers=self.pointers)
        return Finding(question, smaller or found, data, answers)


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


def _question_of(case: Case) -> Question | None:
    """Return what a case asks about a document; nothing where it is about something else."""
    state = case.args.get("state")
    if case.profile != "codec" or case.op not in _OPS or not isinstance(state, dict) or "$from" in state:
        return None
    data = content(state)  # pyright: ignore[reportUnknownArgumentType] - as the schema of cases has it
    if len(data) > _LARGE:
        return None
    return Question(case.op, {name: each for name, each in case.args.items() if name != "state"}, data, case)


def _made(seed: int, seeds: Sequence[Question]) -> Iterator[Callable[[random.Random], Question]]:
    """Yield what makes documents of the schemas of the specification, for testees that know these documents."""
    known = {"timestep": _SCHEMAS[0], "session-items": _SCHEMAS[1]}
    for subject, schema in known.items():
        patterns = [question for question in seeds if subject in question.case.features and question.op != "convert"]
        if not patterns:
            continue
        generator = Generator(_schemas(), seed)

        def make(
            rng: random.Random, schema: str = schema, patterns: list[Question] = patterns, by: Generator = generator
        ) -> Question:
            value: Json = by.document(schema) if rng.random() < 0.5 else by.mutant(schema)
            return rng.choice(patterns)._replace(data=json.dumps(value).encode())

        yield make


def _schemas() -> dict[str, dict[str, Json]]:
    folder = places.SPEC / "schema" / "v1"
    return {path.name: json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.schema.json"))}
