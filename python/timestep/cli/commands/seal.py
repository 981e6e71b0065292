"""`timestep seal`: a saved run that proves who wrote it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from timestep.cli import exit_codes, options

if TYPE_CHECKING:
    from datetime import datetime

    from timestep.codec.key_ring import KeyRing
    from timestep.codec.seal import Header

_EPILOG = """\b
Example:
  timestep seal state.json --key-file keys.json --new-key -o state.sealed
  timestep seal state.json --key-file keys.json --tenant acme --expires 7d -o state.sealed
  timestep resume state.sealed --key-file keys.json --tenant acme --agent mail.py:mailer

Who seals a file vouches for every byte of it, and so for the decisions in it. RING is a JSON file of keys
(spec/schema/v1/key-ring.schema.json) that only its owner may read; --new-key makes one.
"""


@click.command("seal", epilog=_EPILOG)
@click.argument("file", metavar="FILE")
@click.option("--key-file", metavar="RING", required=True, help="The file of keys.")
@click.option("--new-key", is_flag=True, help="Make RING first, with one new key.")
@click.option("--key", "key_id", metavar="ID", help="Seal with this key of RING, not with the one that signs.")
@click.option("--tenant", metavar="NAME", help="Who the state belongs to; whoever reads it has to say the same.")
@click.option("--expires", metavar="WHEN", help="When the seal ends: 30m, 12h, 7d, or a time with its zone.")
@click.option("--assume", metavar="FLAG", multiple=True, help="Assert what the file does not prove.")
@options.output
@options.output_format()
@click.pass_context
def command(
    ctx: click.Context,
    *,
    file: str,
    key_file: str,
    new_key: bool,
    key_id: str | None,
    tenant: str | None,
    expires: str | None,
    assume: tuple[str, ...],
    output: str | None,
    force: bool,
    form: str,
) -> int:
    """Seal a saved run, so that whoever has the key can tell that nobody has changed it.

    The sealed file has the very bytes of FILE, which may be of any SDK; `timestep unseal` gives them back.
    """
    from timestep.cli import files
    from timestep.cli.progress import working
    from timestep.codec.key_ring import KeyRing
    from timestep.codec.seal import peek
    from timestep.sealing import seal

    place = options.single_output(ctx, output, form)
    files.refuse_taken(place, force=force)
    ends = _moment(expires) if expires is not None else None
    source = files.read(file)
    keys = _new_ring(key_file, key_id) if new_key else KeyRing.from_file(key_file)
    with source.blamed(), working(source.name):
        data = seal(source.data, keys, tenant=tenant, expires=ends, key_id=key_id, assume=assume)
    made = [(key_file, keys.to_json())] if new_key else []
    files.write_all(made, force=False)
    files.write_all([(place, data)], force=force)
    _tell(source.name, place, peek(data).header, form)
    return exit_codes.OK


def _new_ring(key_file: str, key_id: str | None) -> KeyRing:
    """Make a ring of one new key, whose id is a date unless one is given; a file that is there is never replaced."""
    from datetime import UTC, datetime

    from timestep.cli import files
    from timestep.codec.key_ring import KeyRing

    files.refuse_taken(key_file, force=False)
    return KeyRing.generate(key_id or datetime.now(UTC).date().isoformat())


def _moment(text: str) -> datetime:
    """Read when a seal ends."""
    from datetime import UTC, datetime

    age = options.age(text)
    if age is not None:
        return datetime.now(UTC) + age
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise click.UsageError(f"--expires takes 30m, 12h, 7d or a time such as 2026-12-01T00:00:00Z; got {text!r}")
    return moment


def _tell(file: str, output: str, header: Header, form: str) -> None:
    """Say what was sealed, as JSON on stdout or for people on stderr."""
    from timestep.cli.output import file_name, one_line, say, write_json

    fields: dict[str, Any] = {"file": file, "output": file_name(output), "seal": header.fields()}
    if form == "json":
        write_json("seal", fields)
        return
    for name, value in header.fields().items():
        say(f"{name:<10}{one_line(str(value))}", err=True)
