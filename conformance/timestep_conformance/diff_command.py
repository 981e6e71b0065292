"""The command `timestep-conformance diff`: two testees compared, on the cases or on documents made at random."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import click

from timestep_conformance import cases as case_files
from timestep_conformance import fuzz_cases
from timestep_conformance.cases import Case
from timestep_conformance.command_line import bar, selection, split
from timestep_conformance.differing import Disagreement, Recorder, common, histories_differ
from timestep_conformance.fuzzing import Finding, Fuzzing
from timestep_conformance.testee import NoTestee

_SHOWN = 400  # characters of a document that are shown


@click.command(
    "diff",
    epilog="\b\nExample:\n  timestep-conformance diff -- python3 mine.py ---- node other.mjs\n"
    "  timestep-conformance diff --fuzz --seed 1 -o found -- python3 mine.py ---- node other.mjs",
)
@selection
@click.option("--fuzz", is_flag=True, help="Ask about documents that are made of those of the cases, and of schemas.")
@click.option("--seed", default=1, show_default=True, help="Of --fuzz: what is made; the same seed makes the same.")
@click.option("--count", default=1000, show_default=True, help="Of --fuzz: how many documents.")
@click.option("--seconds", default=60.0, show_default=True, help="Of --fuzz: how long it may take.")
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="DIR", help="Of --fuzz: write cases there.")
@click.option("--codes", is_flag=True, help="Of --fuzz: compare the codes of refusals; two faults may give either.")
@click.option("--pointers", is_flag=True, help="Compare the places of errors, too.")
@click.option("--timeout", default=10.0, show_default=True, metavar="SECONDS", help="For each answer.")
@click.argument("command", metavar="-- A ---- B", nargs=-1, required=True, type=click.UNPROCESSED)
def diff(
    command: tuple[str, ...],
    *,
    globs: tuple[str, ...],
    profiles: tuple[str, ...],
    rules: tuple[str, ...],
    fuzz: bool,
    seed: int,
    count: int,
    seconds: float,
    output: Path | None,
    codes: bool,
    pointers: bool,
    timeout: float,
) -> int:
    """Ask two testees the same, and say where they differ: who is right is for a person to judge.

    They are asked the cases that both declare. With --fuzz they are asked about documents that are changed at random,
    bytes and members; each way to disagree is made as small as can be, and written as a tentative case with -o.
    """
    selected = case_files.select(case_files.load(), globs, profiles, rules)
    if not selected:
        raise click.UsageError("no case is selected; `timestep-conformance list` shows them all")
    commands = split(command)
    if len(commands) != 2:
        raise click.UsageError("two testees are needed, with ---- between them: -- A ---- B")
    one, other = commands
    with Recorder(one, timeout=timeout) as ours, Recorder(other, timeout=timeout) as theirs:
        shared = common(selected, [ours.hello(), theirs.hello()])
        names = f"{ours.hello().name} and {theirs.hello().name}"
        if not shared:
            raise NoTestee(f"{names} declare nothing that both have")
        if not fuzz:
            with bar("cases", len(shared)) as told:
                found = list(_disagreements(shared, ours, theirs, pointers=pointers, told=told))
            return _tell(found, names, len(shared))
        search = Fuzzing((ours, theirs), seed, count, seconds, codes, pointers)
        with bar("documents", count) as told:
            findings = search.run(selected, told)
        return _tell_findings(findings, names, search.asked, output)


def _disagreements(
    cases: Sequence[Case], ours: Recorder, theirs: Recorder, *, pointers: bool, told: Callable[[], None]
) -> Iterator[Disagreement]:
    for case in cases:
        told()
        found = histories_differ(ours.heard(case), theirs.heard(case), pointers=pointers)
        if found:
            yield Disagreement(case, found)


def _tell(found: Sequence[Disagreement], names: str, count: int) -> int:
    for each in found:
        click.echo(f"DIFFERS {each.case.id}: {each.difference.told}")
    click.echo(f"{names}: {count} cases asked of both, {len(found)} answered differently")
    return 1 if found else 0


def _tell_findings(found: Sequence[Finding], names: str, asked: int, output: Path | None) -> int:
    for each in found:
        click.echo(f"DIFFERS {each.question.op} ({each.times} times): {each.difference.told}")
        options = f" with {each.question.args}" if each.question.args else ""
        click.echo(f"  made of {each.question.case.id}, {len(each.data)} bytes{options}: {_shown(each.data)}")
        if output is not None:
            click.echo(f"  written: {fuzz_cases.write(each, output)}")
    click.echo(f"{names}: {asked} documents asked of both, {len(found)} ways to disagree")
    return 1 if found else 0


def _shown(data: bytes) -> str:
    return repr(data[:_SHOWN])[1:] + (f"... ({len(data)} bytes)" if len(data) > _SHOWN else "")
