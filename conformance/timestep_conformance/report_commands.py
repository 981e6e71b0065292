"""The commands `timestep-conformance report`: several reports as one, and as a table of a README."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import click

from timestep_conformance import forms, merging
from timestep_conformance.page import page
from timestep_conformance.report import Report

#: Name of a form -> what makes it of reports.
FORMS: Mapping[str, Callable[[Sequence[Report]], str]] = {
    "jsonl": lambda reports: reports[0].text() if len(reports) == 1 else merging.text_of(reports),
    "junit": forms.junit,
    "markdown": forms.markdown,
    "html": page,
}
#: How a file ends -> its form; a folder gets all of them.
_ENDINGS = {".html": "html", ".jsonl": "jsonl", ".junit.xml": "junit", ".xml": "junit", ".md": "markdown"}
_FILES = ("report.html", "report.jsonl", "report.junit.xml", "report.md")
_BEGIN, _END = "<!-- conformance table -->", "<!-- end of the conformance table -->"

_reports = click.argument(
    "files", metavar="REPORT...", nargs=-1, required=True, type=click.Path(path_type=Path, dir_okay=False)
)


@click.group("report", epilog="\b\nExample:\n  timestep-conformance report merge a.jsonl b.jsonl -o report.html")
def report_commands() -> None:
    """Put reports of several runs together; they are JSON lines, as `run --jsonl` writes them."""


@report_commands.command(
    "merge", epilog="\b\nExample:\n  timestep-conformance report merge a.jsonl b.jsonl handoff.jsonl -o reports/"
)
@click.option(
    "-o", "--output", required=True, type=click.Path(path_type=Path), metavar="FILE|DIR",
    help="A file that ends with .html, .jsonl, .xml or .md; or a folder, which gets one of each.",
)  # fmt: skip
@_reports
def merge(files: tuple[Path, ...], output: Path) -> int:
    """Write reports of several testees as one. They have to be whole, and of the same cases."""
    reports = merging.read(files)
    form = _form(output)
    if form is None:
        output.mkdir(parents=True, exist_ok=True)
    for file in [output] if form else [output / name for name in _FILES]:
        file.write_text(FORMS[_form(file) or ""](reports), encoding="utf-8")
        click.echo(file)
    return 0


@report_commands.command(
    "table", epilog="\b\nExample:\n  timestep-conformance report table a.jsonl b.jsonl --write README.md"
)
@click.option("--write", type=click.Path(path_type=Path, exists=True), metavar="FILE", help="Put it into this file.")
@click.option("--check", type=click.Path(path_type=Path, exists=True), metavar="FILE", help="Is it what stands there?")
@_reports
def table(files: tuple[Path, ...], write: Path | None, check: Path | None) -> int:
    """Print what testees conform to as a table in Markdown.

    In a file it stands between two lines, `<!-- conformance table -->` and `<!-- end of the conformance table -->`.
    With --check the command ends with 1 where another table stands there.
    """
    reports = merging.read(files)
    text = "\n".join(forms.tables(reports))
    for file in (write, check):
        if file is None:
            continue
        before = file.read_text(encoding="utf-8")
        after = _between(before, text, file)
        if before != after and file is check:
            click.echo(f"{file}: the table is out of date; `report table --write` writes it", err=True)
            return 1
        file.write_text(after, encoding="utf-8")
    if write is None and check is None:
        click.echo(text)
    return 0


def _form(file: Path) -> str | None:
    return next((form for ending, form in _ENDINGS.items() if file.name.endswith(ending)), None)


def _between(text: str, table: str, file: Path) -> str:
    """Return a text with a table in the place of the one that it has."""
    before, begin, rest = text.partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not begin or not end:
        raise click.UsageError(f"{file} has no place for a table: the lines {_BEGIN} and {_END}")
    return f"{before}{begin}\n\n{table}\n\n{end}{after}"
