"""`timestep unseal`: the file below a seal, if the seal holds."""

from __future__ import annotations

import click

from timestep.cli import exit_codes, options

_EPILOG = f"""\b
Example:
  timestep unseal state.sealed --key-file keys.json -o state.json
  timestep unseal state.sealed --key-file keys.json --tenant acme -o - | timestep show -

What is written carries no seal: keep the sealed file as the proof. --at-least refuses an older copy of a run that is
known to have gone on.

\b
Exit status:
{exit_codes.SUMMARY}
"""


@click.command("unseal", epilog=_EPILOG)
@click.argument("file", metavar="FILE")
@click.option("--key-file", metavar="RING", required=True, help="FILE has to be sealed with a key of this file.")
@click.option("--tenant", metavar="NAME", help="Who the sealed state has to belong to.")
@options.fresh
@click.option("--assume", metavar="FLAG", multiple=True, help="Assert what the file does not prove.")
@options.output
@options.output_format()
@click.pass_context
def command(
    ctx: click.Context,
    *,
    file: str,
    key_file: str,
    tenant: str | None,
    tree: str | None,
    at_least: int | None,
    assume: tuple[str, ...],
    output: str | None,
    force: bool,
    form: str,
) -> int:
    """Write the very file that was sealed, if its seal holds.

    Ends with 4, and without a file, if it does not.
    """
    from timestep.cli import files
    from timestep.cli.output import file_name, write_json
    from timestep.cli.progress import working
    from timestep.codec.key_ring import KeyRing
    from timestep.sealing import unseal

    place = options.single_output(ctx, output, form)
    files.refuse_taken(place, force=force)
    keys = KeyRing.from_file(key_file)
    source = files.read(file)
    with source.blamed(), working(source.name):
        found = unseal(source.data, keys, tenant=tenant, tree=tree, at_least=at_least, assume=assume)
    files.write(place, found.payload, force=force)
    if form == "json":
        fields = {"file": source.name, "output": file_name(place), "seal": found.header.fields()}
        write_json("unseal", fields)
    return exit_codes.OK
