"""`timestep sessions`: the conversations that sessions keep."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from timestep.cli import exit_codes, options

_Function = TypeVar("_Function", bound=Callable[..., Any])

_EPILOG = """\b
Example:
  timestep sessions list
  timestep sessions show default
  timestep sessions clear trip --yes
  timestep sessions list --dir conversations --format json
"""


@click.group("sessions", epilog=_EPILOG)
def command() -> None:
    """List, show and clear the conversations that sessions keep.

    They are looked for in the database that PG_CONNECTION_URI names, else in the default SQLite file (`timestep doctor`
    names its folder), in another file with --file, or in a folder of .jsonl files with --dir.
    """


def _kept(function: _Function) -> _Function:
    """Add `--file`, `--dir` and `--format`."""
    function = options.output_format()(function)
    function = click.option("--dir", "folder", metavar="FOLDER", help="A folder of .jsonl files.")(function)
    return click.option("--file", metavar="PATH", help="A SQLite file.")(function)


@command.command("list", epilog="\b\nExample:\n  timestep sessions list --dir conversations\n")
@_kept
def list_sessions(*, file: str | None, folder: str | None, form: str) -> int:
    """List the sessions and how many items each has."""
    from timestep.cli import output
    from timestep.cli.stored_sessions import place_of

    place = place_of(file, folder)
    found = place.listed()
    if form == "json":
        output.write_json("sessions", {"place": place.name, "sessions": [each.fields() for each in found]})
        return exit_codes.OK
    for each in found:
        output.say(f"{each.items:>6}  {output.one_line(each.session_id)}")
    if not found:
        output.say(f"no sessions in {output.one_line(place.name)}", err=True)
    return exit_codes.OK


@command.command("show", epilog="\b\nExample:\n  timestep sessions show default --full\n")
@click.argument("name", metavar="ID")
@_kept
@options.no_mask
@click.option("--full", is_flag=True, help="Show long texts whole.")
def show(*, name: str, file: str | None, folder: str | None, form: str, no_mask: bool, full: bool) -> int:
    """Show a conversation.

    What looks like a secret is masked. In a folder, ID is a file's name without its ending, or a conversation's id.
    """
    import asyncio

    from timestep.cli import output, people, story
    from timestep.cli.stored_sessions import place_of
    from timestep.codec.redact import redact

    place = place_of(file, folder)
    stored = place.find(name)
    items = asyncio.run(place.opened(stored).get_items())
    moments = story.tell_items(items, story.no_mask if no_mask else redact)
    if form == "json":
        told = {"place": place.name, "session": stored.fields(), "items": story.plain_data(moments)}
        output.write_json("sessions", told)
        return exit_codes.OK
    output.say(f"{output.one_line(stored.session_id)}: {stored.items} item(s)")
    for line in people.Writer(full=full).moments(moments):
        output.say(line)
    return exit_codes.OK


@command.command("clear", epilog="\b\nExample:\n  timestep sessions clear trip --yes\n")
@click.argument("name", metavar="ID")
@_kept
@click.option("--yes", is_flag=True, help="Don't ask.")
def clear(*, name: str, file: str | None, folder: str | None, form: str, yes: bool) -> int:
    """Remove all items of a session, which nothing brings back."""
    import asyncio

    from timestep.cli import output, terminal
    from timestep.cli.stored_sessions import place_of

    place = place_of(file, folder)
    stored = place.find(name)
    if not yes and not terminal.agreed(f"remove {stored.items} item(s) of {stored.session_id}?", "--yes removes"):
        output.say("nothing was removed", err=True)
        return exit_codes.FINDINGS
    asyncio.run(place.opened(stored).clear_session())
    if form == "json":
        output.write_json("sessions", {"place": place.name, "session": stored.fields(), "cleared": stored.items})
    else:
        output.say(f"{stored.items} item(s) of {output.one_line(stored.session_id)} removed")
    return exit_codes.OK
