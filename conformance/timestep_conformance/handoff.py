"""Hand-off: what one testee has saved another one goes on with, in the same world, and the end is the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from itertools import pairwise, permutations
from typing import NamedTuple

from timestep_conformance.cases import Case
from timestep_conformance.explorer import SPARES, carried_through, points, scheduled
from timestep_conformance.known import KnownFailures
from timestep_conformance.run import Gate, Result, declared
from timestep_conformance.testee import Hello, NoTestee, Testee
from timestep_conformance.verdicts import Verdict
from timestep_conformance.whole_runs import Playing, play, requests
from timestep_conformance.world import Point, World


def handed_over(
    cases: Sequence[Case],
    commands: Sequence[Sequence[str]],
    *,
    timeout: float = 10.0,
    known: KnownFailures | None = None,
    whole: bool = False,
) -> Result:
    """Have each testee begin what each other one goes on with.

    Args:
        cases: what is played, by each two testees that declare it.
        commands: the commands of the testees.
        timeout: seconds that each has for an answer.
        known: what is known to fail, by the id of the case with `@A>B` behind it.
        whole: every case was selected, so that a known failure of no case is stale.

    Raises:
        NoTestee: one does not start.
        SuiteError: a file of the suite is missing or has changed.
    """
    known = known or KnownFailures()
    with ExitStack() as stack:
        testees = [stack.enter_context(Testee(command, timeout=timeout)) for command in commands]
        hellos = _named(testees)
        sides = [_Side(testee, hello, Gate(testee, hello)) for testee, hello in zip(testees, hellos, strict=True)]
        found = [known.judged(_verdict(case, *pair)) for pair in permutations(sides, 2) for case in cases]
    found.sort(key=lambda verdict: verdict.case.id)
    return Result(_all_of(hellos), found, known.stale([verdict.case for verdict in found], whole=whole))


class _Side(NamedTuple):
    """A testee, what it says of itself, and what lets its passes score."""

    testee: Testee
    hello: Hello
    gate: Gate


def _named(testees: Sequence[Testee]) -> list[Hello]:
    """Return what testees say of themselves, each under a name of its own."""
    found: list[Hello] = []
    for testee in testees:
        hello = testee.hello()
        alike = sum(other.name.partition("#")[0] == hello.name for other in found)
        found.append(replace(hello, name=f"{hello.name}#{alike + 1}") if alike else hello)
    return found


def _verdict(case: Case, first: _Side, second: _Side) -> Verdict:
    """Return the verdict on a case that one begins and the other one ends."""
    case = replace(case, id=f"{case.id}@{first.hello.name}>{second.hello.name}")
    if not all(declared(case, side.hello) for side in (first, second)):
        return Verdict(case, "undeclared")
    try:
        found = _handed(case, first.testee, second.testee)
        shut = first.gate.shut(case.profile) or second.gate.shut(case.profile)
    except NoTestee as error:
        return Verdict(case, "crashed", f"it did not start again: {error}", "crashed")
    return found.unscored(shut) if found.outcome == "pass" and shut else found


def _handed(case: Case, first: Testee, second: Testee) -> Verdict:
    """Hand a case over where the run is interrupted, and where the one that begins is killed, if it keeps its runs."""
    found = [_at_interruption(case, first, second, number) for number in _interruptions(case)]
    found += [_at_kill(case, first, second, point) for point in _kills(case, first)]
    failed = next((verdict for verdict in found if verdict.outcome != "pass"), None)
    return failed or Verdict(case, "pass", schedules=len(found))


def _interruptions(case: Case) -> Iterator[int]:
    """Yield the numbers of the requests whose state another one may go on with."""
    asked = requests(case)
    for request, following in pairwise(asked):
        if following.op == "resume" and "ok" in request.expect:
            yield request.number


def _at_interruption(case: Case, first: Testee, second: Testee, number: int) -> Verdict:
    playing = Playing(case, World(case), [first])
    for request in requests(case):
        if request.number == number + 1:
            playing.testees = [second]
            playing.world.reborn()
            playing.where = f"handed over after {'the run' if number == 0 else f'then {number}'}: "
        found = carried_through(playing, request)
        if found:
            return found
    return playing.ended(counts=True)


def _kills(case: Case, first: Testee) -> list[Point]:
    """Return where a testee that keeps its runs is killed: wherever the world stands otherwise than before."""
    if not case.args.get("store"):
        return []
    world = World(case)
    play(case, first, world)
    return list(points(world.trace))


def _at_kill(case: Case, first: Testee, second: Testee, point: Point) -> Verdict:
    first.spares = SPARES
    try:
        return scheduled(case, [first, second], [point])[0]
    finally:
        first.spares = 0


def _all_of(hellos: Sequence[Hello]) -> Hello:
    """Return what testees say of themselves, together."""
    return Hello(
        name=", ".join(hello.name for hello in hellos),
        language=", ".join(dict.fromkeys(hello.language for hello in hellos)),
        version=", ".join(dict.fromkeys(hello.version for hello in hellos)),
        spec=tuple(dict.fromkeys(version for hello in hellos for version in hello.spec)),
        profiles=tuple(dict.fromkeys(profile for hello in hellos for profile in hello.profiles)),
        features=(),
    )
