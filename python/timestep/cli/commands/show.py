"""`timestep show`: a saved run as a person wants to see it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from timestep.cli import exit_codes, options

if TYPE_CHECKING:
    from timestep.cli.story import Mask
    from timestep.state import SessionItems

_EPILOG = """\b
Example:
  timestep show state.json
  timestep show --full --no-mask state.json | less -R
"""


@click.command("show", epilog=_EPILOG)
@click.argument("file", metavar="FILE")
@options.output_format()
@options.reading
@options.no_mask
@click.option("--full", is_flag=True, help="Show long texts whole.")
def command(*, file: str, form: str, dialect: str | None, assume: tuple[str, ...], no_mask: bool, full: bool) -> int:
    """Show a saved run to a person: what happened, what was decided, and what waits.

    What looks like a secret is masked; the context's values and encrypted contents are never shown.
    """
    from functools import partial

    from timestep.cli import files, output, people, state_text, states, story
    from timestep.cli.progress import working
    from timestep.codec.redact import redact
    from timestep.state import SessionItems

    source = files.read(file)
    with working(source.name):
        state = states.load(source, dialect, assume)
    mask = story.no_mask if no_mask else redact
    if form == "json":
        fields = _items_fields(state, mask) if isinstance(state, SessionItems) else state_text.fields(state, mask)
        findings = story.plain_data(states.findings(state, source))
        output.write_json("show", {"file": source.name, **fields, "findings": findings})
        return exit_codes.OK
    if isinstance(state, SessionItems):
        lines = _items_text(state, source.name, mask, full=full)
    else:
        decide = partial(states.deciding, source.name, state)
        lines = state_text.lines(state, source.name, decide, mask, full=full)
    for line in people.squeezed(lines):
        output.say(line)
    for finding in states.findings(state, source):
        output.say(output.finding_text(finding, source.name))
    return exit_codes.OK


def _items_fields(state: SessionItems, mask: Mask) -> dict[str, Any]:
    """Give the JSON output of session items, which have no runs and account for no tokens."""
    from timestep.cli import story

    return {
        "dialect": state.dialect,
        "origin": None,
        "agents": [],
        "runs": [],
        "items": story.plain_data(story.tell_items(state.items, mask)),
        "pending": [],
        "usage": {"input_tokens": 0, "output_tokens": 0, "total_tokens": 0},
    }


def _items_text(state: SessionItems, file: str, mask: Mask, *, full: bool) -> Iterator[str]:
    """Write session items for people."""
    from timestep.cli import output, people, story

    yield output.one_line(f"{file}: session items, {state.dialect}, {len(state.items)} item(s)")
    yield from people.Writer(full=full).moments(story.tell_items(state.items, mask))
