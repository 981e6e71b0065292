"""`timestep settle`: say what became of a call of a saved run that may have run."""

from __future__ import annotations

import click

from timestep.cli import exit_codes, options

_EPILOG = """\b
Example:
  timestep settle state.json call_1 --retry -o settled.json
  timestep settle state.json call_1 --output "sent" -o settled.json
  timestep settle - call_outer/call_inner --fail "The bank refused." -o - < state.json > settled.json

A CALL is a call id, or PARENT/CALL in a nested run; `timestep show FILE` lists those that may have run. --output is the
call's result; where the file goes is said with -o. In a store it is `timestep runs settle`.
"""


@click.command("settle", epilog=_EPILOG)
@click.argument("file", metavar="FILE")
@click.argument("name", metavar="CALL")
@options.settling
@click.option("--by", metavar="NAME", help="Who found out, for the record.")
@click.option("-o", "place", metavar="OUT", help="Where to write; `-` is stdout.")
@click.option("--force", is_flag=True, help="Replace a file of that name.")
@options.output_format()
@click.option("--assume", metavar="FLAG", multiple=True, help="Assert what the file does not prove.")
@click.pass_context
def command(
    ctx: click.Context,
    *,
    file: str,
    name: str,
    retry: bool,
    output: str | None,
    fail: str | None,
    by: str | None,
    place: str | None,
    force: bool,
    form: str,
    assume: tuple[str, ...],
) -> int:
    """Say what became of a call that may have run, and write the run.

    A call that was under way when its process died, or that an error has left without a result, is in doubt: approving
    it could run it twice. Find out in the system that the tool acts on. The run is written in the form it was read in.
    """
    from timestep.cli import decisions, files, states
    from timestep.cli.output import file_name, say, write_json
    from timestep.cli.progress import working
    from timestep.state import write

    said = options.settlement(retry=retry, output=output, fail=fail)
    place = options.single_output(ctx, place, form)
    files.refuse_taken(place, force=force)
    source = files.read(file)
    with source.blamed(), working(source.name):
        state = states.load_run(source, assume)
        state.break_off()
        call = decisions.find(state, name)
        state.settle(call, said.how, said.text, by=by)
        data = write(state, to=state.form, assume=assume).data
    files.write(place, data, force=force)
    states.tell_lost_seal(state)
    states.tell_lost_name(state, by)
    waiting = state.get_interruptions()
    if form == "json":
        told = {"settled": states.settled_fields(call, said.how), "pending": states.pending_fields(waiting)}
        write_json("settle", {"file": source.name, "output": file_name(place), **told})
        return exit_codes.OK
    say(f"{said.how:<8}{states.call_line(call)}", err=True)
    for item in waiting:
        say(f"waits   {states.call_line(item)}", err=True)
    return exit_codes.OK
