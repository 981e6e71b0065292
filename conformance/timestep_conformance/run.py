"""One run over cases: controls first, then each case, then what the whole comes to."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from timestep_conformance import cases as case_files
from timestep_conformance.cases import Case
from timestep_conformance.known import KnownFailures
from timestep_conformance.play import play
from timestep_conformance.testee import Hello, NoTestee, Testee
from timestep_conformance.verdicts import Verdict, counts

OK, FAILED, USAGE, NO_VERDICT, INTERNAL = range(5)
#: After so many cases in a row that a testee did not survive, the others are not asked.
_DEAD_END = 10
_DEADLY = {"timeout", "crashed"}


@dataclass
class Result:
    """What a run came to: the verdicts, ordered by the ids of their cases."""

    hello: Hello
    verdicts: list[Verdict]
    stale: list[str] = field(default_factory=list[str])

    @property
    def status(self) -> int:
        """The exit status: nothing that passed or failed is no verdict."""
        found = counts(self.verdicts)
        if found["failed"] or self.stale:
            return FAILED
        return OK if found["passed"] else NO_VERDICT


def run(
    cases: Sequence[Case],
    testee: Testee,
    *,
    known: KnownFailures | None = None,
    whole: bool = False,
    shuffle: int | None = None,
    told: Callable[[Verdict], None] | None = None,
) -> Result:
    """Ask a testee all of some cases.

    Args:
        cases: what is asked; cases that the testee does not declare are listed and not asked.
        testee: who is asked.
        known: its known failures.
        whole: every case was selected, so that a known failure of no case is stale.
        shuffle: the seed of another order than that of the ids, which makes no difference.
        told: is called with each verdict.

    Raises:
        NoTestee: it does not start.
        SuiteError: a file of the suite is missing or has changed.
    """
    hello = testee.hello()
    known = known or KnownFailures()
    gate = Gate(testee, hello)
    order = list(cases)
    if shuffle is not None:
        random.Random(shuffle).shuffle(order)  # noqa: S311 - an order, no secret
    verdicts: list[Verdict] = []
    for case in order:
        verdicts.append(known.judged(gate.verdict(case)))
        if told:
            told(verdicts[-1])
    verdicts.sort(key=lambda verdict: verdict.case.id)
    return Result(hello, verdicts, known.stale(cases, whole=whole))


def declared(case: Case, hello: Hello) -> bool:
    """Tell whether a testee says that it does what a case needs; without features it does all of its profiles.

    Whoever knows the documents of `timestep` reads their text: it has `json`, too.
    """
    features = {*hello.features, *(("json",) if "timestep" in hello.features else ())}
    return case.profile in hello.profiles and (not hello.features or features.issuperset(case.features))


def controls_of(hello: Hello) -> list[Case]:
    """Return the controls that a testee has to pass."""
    names = [name for profile in hello.profiles for name in case_files.controls().get(profile, ())]
    return [case for case in case_files.named(names) if declared(case, hello)]


class Gate:
    """Lets a pass score only where the controls of its profile pass: one that accepts, and one that refuses."""

    def __init__(self, testee: Testee, hello: Hello) -> None:
        self._testee = testee
        self._hello = hello
        self._controls = {case.id: case for case in controls_of(hello)}
        self._played: dict[str, Verdict] = {}
        self._deaths = 0

    def verdict(self, case: Case) -> Verdict:
        """Ask a case and judge it."""
        if not declared(case, self._hello):
            return Verdict(case, "undeclared")
        found = self._play(case)
        shut = self.shut(case.profile) if found.outcome == "pass" else ""
        return found.unscored(shut) if shut else found

    def shut(self, profile: str) -> str:
        """Tell why a pass of a profile does not count: a control of it does not pass, or none is declared."""
        mine = [case for case in self._controls.values() if case.profile == profile]
        failed = next((case.id for case in mine if self._play(case).outcome != "pass"), "")
        return f"the control {failed} failed" if failed else "" if mine else "no control is declared"

    def _play(self, case: Case) -> Verdict:
        if case.id in self._played:
            return self._played[case.id]
        if self._deaths >= _DEAD_END:
            return Verdict(
                case, "crashed", f"not asked: the testee did not survive {_DEAD_END} cases in a row", "crashed"
            )
        try:
            found = play(case, self._testee)
        except NoTestee as error:
            found = Verdict(case, "crashed", f"it did not start again: {error}", "crashed")
        self._deaths = self._deaths + 1 if found.outcome in _DEADLY else 0
        if case.id in self._controls:
            self._played[case.id] = found
        return found
