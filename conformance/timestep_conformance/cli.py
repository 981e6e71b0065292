"""The command `timestep-conformance`."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from datetime import date, timedelta
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click

from timestep_conformance import __version__, forms, report, sets
from timestep_conformance import cases as case_files
from timestep_conformance.cases import PROFILES, Case
from timestep_conformance.claims import claims
from timestep_conformance.command_line import bar, selection, split
from timestep_conformance.diff_command import diff
from timestep_conformance.known import KnownError, KnownFailures
from timestep_conformance.known import read as read_known
from timestep_conformance.known import text_of as known_text
from timestep_conformance.places import SuiteError
from timestep_conformance.report_commands import FORMS, report_commands
from timestep_conformance.run import FAILED, INTERNAL, NO_VERDICT, USAGE, Result, controls_of
from timestep_conformance.run import run as run_cases
from timestep_conformance.templates import TEMPLATES
from timestep_conformance.testee import NoTestee, Testee

_EXITS = """\b
Exit status:
  0  every case that is a MUST passed
  1  a case failed, or the list of known failures is stale
  2  wrong usage, or a selection that matches nothing
  3  no verdict: the testee did not start, or nothing was asked
  4  the suite's own fault
"""
_EPILOG = f"""\b
Example:
  timestep-conformance init --lang node testee.mjs
  timestep-conformance smoke -- node testee.mjs
  timestep-conformance run --profile codec -- node testee.mjs
  timestep-conformance explain codec/timestep-cut-short

{_EXITS}"""
_SHOWN = 10  # failures that are told in full
_REMEMBERED = timedelta(days=90)  # how long a failure that was just written down may stay known

_Command = TypeVar("_Command", bound="Callable[..., Any]")
_testee = click.argument("command", metavar="-- TESTEE", nargs=-1, required=True, type=click.UNPROCESSED)
_timeout = click.option(
    "--timeout", default=10.0, show_default=True, metavar="SECONDS", help="How long the testee has for an answer."
)


def _reports(command: _Command) -> _Command:
    """Add the options of what is known to fail, and of where reports are written."""
    file = click.Path(path_type=Path)
    options = (
        click.option("--known-failing", "known", metavar="FILE", type=file, help="Known failures."),
        click.option("--jsonl", type=file, metavar="FILE", help="Write a report as JSON lines."),
        click.option("--junit", type=file, metavar="FILE", help="Write a report as JUnit XML."),
        click.option("--markdown", type=file, metavar="FILE", help="Write a report as Markdown."),
        click.option("--html", type=file, metavar="FILE", help="Write a report as one page of HTML."),
        click.option(
            "--github/--no-github",
            default=lambda: os.environ.get("GITHUB_ACTIONS") == "true",
            help="Annotate the change that is checked; the default where GITHUB_ACTIONS is set.",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


@click.group("timestep-conformance", epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="timestep-conformance", message="%(prog)s %(version)s")
def app() -> None:
    """Hold an implementation of the Timestep protocol to its specification.

    A TESTEE is the command of a program that answers requests: a JSON line each on stdin and stdout. What it has to
    answer is told in spec/conformance.md.
    """


app.add_command(report_commands)
app.add_command(diff)


@app.command("smoke", epilog="\b\nExample:\n  timestep-conformance smoke -- python3 testee.py\n\n" + _EXITS)
@_timeout
@_testee
def smoke(command: tuple[str, ...], timeout: float) -> int:
    """Start a testee and ask it the controls of each profile that it declares: is it fit to be run at all?"""
    with Testee(command, timeout=timeout) as testee:
        hello = testee.hello()
        selected = controls_of(hello)
        if not selected:
            raise NoTestee(f"{hello.name} declares no profile, or no feature, that a control asks for")
        result = run_cases(selected, testee)
    _tell(result, command)
    return result.status


@app.command(
    "run", epilog="\b\nExample:\n  timestep-conformance run --junit junit.xml -- python3 testee.py\n\n" + _EXITS
)
@selection
@_timeout
@click.option("--set", "set_name", metavar="NAME", help="Cases of a frozen set, such as 1.0; or of `next`.")
@click.option("--shuffle", type=int, metavar="SEED", help="Ask in another order, which makes no difference.")
@_reports
@_testee
def run(
    command: tuple[str, ...],
    *,
    globs: tuple[str, ...],
    profiles: tuple[str, ...],
    rules: tuple[str, ...],
    timeout: float,
    known: Path | None,
    set_name: str | None,
    shuffle: int | None,
    github: bool,
    **files: Path | None,
) -> int:
    """Ask a testee the cases of the profiles that it declares, and say what passed.

    A claim, such as "Timestep 1.0: codec", ends a run that asked all of a frozen set.
    """
    selected = _selected(globs, profiles, rules, set_name)
    whole = not (globs or profiles or rules or set_name)
    failures = read_known(known) if known is not None else KnownFailures()
    with Testee(command, timeout=timeout) as testee:
        result = _watched(selected, testee, failures, whole=whole, shuffle=shuffle)
    needed = {feature for case in selected for feature in case.features}
    for feature in sorted({*result.hello.features} - needed) if whole else ():
        click.echo(f"warning: it declares {feature!r}, which no case needs", err=True)
    return _reported(result, command, files, github=github)


@app.command("list", epilog="\b\nExample:\n  timestep-conformance list --requirement TS-CORE-003")
@selection
def list_cases(globs: tuple[str, ...], profiles: tuple[str, ...], rules: tuple[str, ...]) -> int:
    """List the cases: the id, the level, and the behaviour."""
    for case in _selected(globs, profiles, rules):
        click.echo(f"{case.id}  {case.level}  {case.title}")
    return 0


@app.command("explain", epilog="\b\nExample:\n  timestep-conformance explain codec/timestep-cut-short")
@click.argument("name", metavar="CASE")
def explain(name: str) -> int:
    """Tell what a case is about: its rules, what is asked, and what is expected."""
    from timestep_conformance.explaining import explained

    click.echo("\n".join(explained(_one(name))))
    return 0


@app.command("repro", epilog="\b\nExample:\n  timestep-conformance repro codec/timestep-cut-short -- python3 testee.py")
@_timeout
@click.option("--crash", metavar="N:WHEN", help="Kill it at callback N, `before` or `after`; several with commas.")
@click.argument("name", metavar="CASE")
@_testee
def repro(name: str, command: tuple[str, ...], timeout: float, crash: str | None) -> int:
    """Ask one case and show all frames of both sides."""
    case = _one(name)
    with Testee(command, timeout=timeout) as testee:
        result = run_cases([case if crash is None else replace(case, crash=_places(crash))], testee)
    for verdict in result.verdicts:
        for frame in verdict.frames:
            click.echo(f"{frame.way} {frame.line}")
    _tell(result, command)
    return result.status


@app.command(
    "handoff",
    epilog="\b\nExample:\n  timestep-conformance handoff -- python3 testee.py ---- node testee.mjs\n\n" + _EXITS,
)
@selection
@_timeout
@_reports
@_testee
def handoff(
    command: tuple[str, ...],
    *,
    globs: tuple[str, ...],
    profiles: tuple[str, ...],
    rules: tuple[str, ...],
    timeout: float,
    known: Path | None,
    github: bool,
    **files: Path | None,
) -> int:
    """Have each of several testees, with ---- between them, go on with what each other one has saved."""
    from timestep_conformance.handoff import handed_over

    selected = [case for case in _selected(globs, profiles, rules) if case.handoff]
    commands = split(command)
    if not selected or len(commands) < 2:
        raise click.UsageError("it takes two testees with ---- between them, and a case that is handed over")
    failures = read_known(known) if known is not None else KnownFailures()
    result = handed_over(selected, commands, timeout=timeout, known=failures, whole=not (globs or profiles or rules))
    return _reported(result, command, files, github=github)


@app.command("baseline", epilog="\b\nExample:\n  timestep-conformance baseline -o known.json -- node testee.mjs")
@_timeout
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), metavar="FILE", help="Where to.")
@_testee
def baseline(command: tuple[str, ...], timeout: float, output: Path) -> int:
    """Write all that fails now into a list of known failures; the reasons are a person's to write."""
    with Testee(command, timeout=timeout) as testee:
        result = _watched(case_files.load(), testee, KnownFailures(), whole=True, shuffle=None)
    until = date.today() + _REMEMBERED  # noqa: DTZ011 - a day of the calendar that people here go by
    output.write_text(known_text(result.verdicts, until), encoding="utf-8")
    _sum_up(result)
    return 0


@app.command("coverage", epilog="\b\nExample:\n  timestep-conformance coverage --missing")
@click.option("--missing", is_flag=True, help="List the rules that no case is known to hold, and without an excuse.")
@click.option("--strict", is_flag=True, help="End with 1 where there is one.")
def coverage(missing: bool, strict: bool) -> int:
    """Tell which rules of the level MUST have cases, and which of these caught a mutant that breaks it, by area."""
    from timestep_conformance.coverage import rows as rows_of
    from timestep_conformance.coverage import table

    rows = rows_of(case_files.load())
    for line in table(rows):
        click.echo(line)
    without = [row.id for row in rows if row.missing]
    for name in without if missing else ():
        click.echo(f"{name}: {case_files.requirements()[name]['sentence']}")
    return FAILED if strict and without else 0


@app.command(
    "mutants",
    epilog="\b\nExample:\n  timestep-conformance mutants --profile router -- python3 conformance/testees/mutants",
)
@click.option("--profile", "profiles", multiple=True, type=click.Choice(PROFILES), help="Mutants of a profile.")
@click.option("-m", "--mutant", "globs", multiple=True, metavar="GLOB", help="Mutants with such a name.")
@click.option("--jobs", default=1, show_default=True, help="How many are asked at once.")
@click.option("--survivors", type=click.Path(path_type=Path), metavar="FILE", help="Reasons of those that live on.")
@click.option("--recorded", is_flag=True, help="Only the one of each rule that was recorded as caught.")
@click.option("--write", type=click.Path(path_type=Path), metavar="FILE", help="Record which case caught which.")
@_testee
def mutants(
    command: tuple[str, ...],
    profiles: tuple[str, ...],
    globs: tuple[str, ...],
    *,
    jobs: int,
    survivors: Path | None,
    recorded: bool,
    write: Path | None,
) -> int:
    """Ask testees that are broken in one place each, until a case fails: a rule is tested if its mutants die.

    The testee lists its mutants when it is given --list, a JSON line each; given a name, it is that one.
    """
    from timestep_conformance import killing
    from timestep_conformance.coverage import killers

    first = {kill["mutant"]: kill["case"] for kill in killers().values()}
    try:
        excused = killing.excuses(survivors) if survivors is not None else dict[str, str]()
    except (OSError, ValueError) as error:
        raise click.UsageError(str(error)) from None
    selected = [
        mutant
        for mutant in killing.listed(command)
        if (not profiles or mutant.profile in profiles)
        and (not globs or any(fnmatchcase(mutant.name, glob) for glob in globs))
        and (not recorded or mutant.name in first)
    ]
    if not selected:
        raise click.UsageError("no mutant is selected")
    with bar("mutants", len(selected)) as told:
        found = killing.fates(selected, command, case_files.load(), jobs=jobs, first=first, told=told)
    wrong = killing.wrong(found, excused, whole=not (profiles or globs or recorded))
    if write is not None:
        write.write_text(killing.record(found, killers()), encoding="utf-8")
    for line in [*wrong, *killing.table(found)]:
        click.echo(line)
    return FAILED if wrong else 0


@app.command("init", epilog="\b\nExample:\n  timestep-conformance init --lang python testee.py")
@click.option("--lang", "language", type=click.Choice(sorted(TEMPLATES)), required=True, help="The language.")
@click.option("--force", is_flag=True, help="Overwrite the file.")
@click.argument("output", metavar="FILE", type=click.Path(path_type=Path))
def init(language: str, force: bool, output: Path) -> int:
    """Write the beginning of a testee, which passes `smoke`."""
    if output.exists() and not force:
        raise click.UsageError(f"{output} exists; --force overwrites it")
    template = TEMPLATES[language]
    output.write_text(template.text(), encoding="utf-8")
    words = [*template.command, str(output)]
    click.echo(f"Next: timestep-conformance smoke -- {shlex.join(words)}")
    return 0


def main() -> NoReturn:
    """Run `timestep-conformance`."""
    sys.exit(status(sys.argv[1:]))


def status(words: Sequence[str]) -> int:
    """Run the command of these words, tell what goes wrong, and return the exit status."""
    try:
        found: object = app.main(list(words), prog_name="timestep-conformance", standalone_mode=False)
        return found if isinstance(found, int) else 0
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return USAGE
    except click.ClickException as error:
        return _error(error.format_message(), USAGE)
    except (KnownError, report.ReportError) as error:
        return _error(str(error), USAGE)
    except click.Abort:
        return 130  # 128 + SIGINT
    except NoTestee as error:
        return _error(f"no verdict: {error}", NO_VERDICT)
    except SuiteError as error:
        return _error(f"the suite is damaged: {error}", INTERNAL)
    except Exception as error:
        if os.environ.get("TIMESTEP_TRACEBACK"):
            raise
        return _error(
            f"a defect in the suite: {type(error).__name__}: {error}; TIMESTEP_TRACEBACK=1 shows where", INTERNAL
        )


def _error(message: str, code: int) -> int:
    click.echo(f"error: {message}", err=True)
    return code


def _selected(
    globs: Sequence[str], profiles: Sequence[str], rules: Sequence[str], set_name: str | None = None
) -> list[Case]:
    cases = case_files.load()
    for each in sets.frozen():
        each.of(cases)
    among = sets.named(set_name, cases) if set_name else cases
    if among is None:
        raise click.UsageError(f"no set is called {set_name}; a set is frozen for each version that is released")
    found = case_files.select(among, globs, profiles, rules)
    if not found:
        raise click.UsageError("no case is selected; `timestep-conformance list` shows them all")
    return found


def _one(name: str) -> Case:
    try:
        return case_files.named([name])[0]
    except SuiteError:
        raise click.UsageError(f"no case is called {name}; `timestep-conformance list` shows them all") from None


def _places(text: str) -> str:
    """Return where a testee is to be killed, as it was given."""
    for place in text.split(","):
        number, _, when = place.partition(":")
        if not number.isdecimal() or when not in {"before", "after"}:
            raise click.UsageError(f"{place!r} is no place to be killed at; it is written as 7:before or 7:after")
    return text


def _reported(result: Result, command: Sequence[str], files: Mapping[str, Path | None], *, github: bool) -> int:
    """Write the reports that were asked for, tell what failed and what may be claimed, and return the status."""
    found = report.of(result, command)
    for form, file in files.items():
        if file is not None:
            file.write_text(FORMS[form]([found]), encoding="utf-8")
    with forms.quoted() if github else nullcontext():
        _tell(result, command)
    for line in [*claims(found), *(forms.annotated(found) if github else ())]:
        click.echo(line)
    return result.status


def _watched(
    selected: Sequence[Case], testee: Testee, known: KnownFailures, *, whole: bool, shuffle: int | None
) -> Result:
    """Run with a bar on a terminal."""
    with bar("cases", len(selected)) as told:
        return run_cases(selected, testee, known=known, whole=whole, shuffle=shuffle, told=told)


def _tell(result: Result, command: Sequence[str]) -> None:
    bad = [verdict for verdict in result.verdicts if verdict.score in {"failed", "warned", "noted"}]
    bad.sort(key=lambda verdict: verdict.outcome == "unscored")  # these only follow from others
    for verdict in bad[:_SHOWN]:
        click.echo(report.failure(verdict, command) + "\n")
    if len(bad) > _SHOWN:
        click.echo(f"... and {len(bad) - _SHOWN} more; --jsonl and --junit tell them all\n")
    _sum_up(result)


def _sum_up(result: Result) -> None:
    for line in report.summary(result):
        click.echo(line)
    if result.status == FAILED:
        click.echo("Not conforming.")
    elif result.status == NO_VERDICT:
        click.echo("No verdict: nothing that was asked scores.")
