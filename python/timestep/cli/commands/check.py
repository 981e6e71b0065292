"""`timestep check`: is a saved run readable and consistent, and what waits in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from timestep.cli import exit_codes, options

if TYPE_CHECKING:
    from timestep.cli.reports import Checked

_EPILOG = """\b
Example:
  timestep check state.json
  timestep check --key-file keys.json sealed.txt
  timestep check --strict --format github states/*.json
  curl -s https://host/state | timestep check --exit-code -
"""


@click.command("check", epilog=_EPILOG)
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@options.output_format("github", "junit")
@options.reading
@click.option("--strict", is_flag=True, help="Warnings count as errors.")
@options.key_file
@click.option("--exit-code", is_flag=True, help="End with 3 when all is well and calls wait for a decision.")
def command(
    *,
    files: tuple[str, ...],
    form: str,
    dialect: str | None,
    assume: tuple[str, ...],
    strict: bool,
    exit_code: bool,
    key_file: str | None,
    tenant: str | None,
) -> int:
    """Check saved runs: readable, consistent, and what waits for a decision.

    Ends with 1 if a file is refused, and with 2 if one can't be read. With --key-file every file has to be sealed: it
    ends with 4 if a seal does not hold, or is missing.
    """
    from timestep.cli import checking, output, reports, states
    from timestep.cli import files as inputs
    from timestep.cli.progress import Progress

    inputs.refuse_stdin_twice(*files)
    seal = states.seal(key_file, tenant)
    results: list[Checked] = []
    with Progress(len(files)) as progress:
        for file in files:
            progress.step(output.file_name(file))
            results.append(checking.checked(file, dialect, assume, strict=strict, seal=seal))
    if form == "json":
        output.write_json("check", reports.as_json(results))
    else:
        writer = {"text": reports.text, "github": reports.github, "junit": reports.junit}[form]
        for line in writer(results):
            output.say(line)
    return _status(results, waiting_counts=exit_code)


def _status(results: list[Checked], *, waiting_counts: bool) -> int:
    """Give the exit status: an unreadable file outweighs a refused one, and that a waiting one."""
    failing = [finding.code for result in results for finding in result.failing]
    if "io" in failing:
        return exit_codes.USAGE
    if failing:
        seal = any(code.startswith("seal") for code in failing)
        return exit_codes.SEAL if seal else exit_codes.FINDINGS
    waiting = waiting_counts and any(result.waiting for result in results)
    return exit_codes.WAITING if waiting else exit_codes.OK
