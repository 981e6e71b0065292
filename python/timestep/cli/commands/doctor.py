"""`timestep doctor`: is this installation fit for work."""

from __future__ import annotations

import click

from timestep.cli import exit_codes, options

_EPILOG = """\b
Example:
  timestep doctor
  timestep doctor --offline
  timestep doctor --format json
"""


@click.command("doctor", epilog=_EPILOG)
@click.option("--offline", is_flag=True, help="Don't ask whether the hosts of models can be reached.")
@options.output_format()
def command(*, offline: bool, form: str) -> int:
    """Check this installation: Python, packages, keys, Node, where files are kept, and the hosts of models.

    Keys are looked for and never shown. Ends with 1 if something that nothing works without is broken; keys and hosts
    are not among that.
    """
    from timestep.cli import diagnosis, output
    from timestep.cli.progress import working

    checks = diagnosis.checks()
    if not offline:
        with working("asking the hosts of models"):
            checks += diagnosis.host_checks()
    if form == "json":
        output.write_json("doctor", {"checks": [check.fields() for check in checks]})
    else:
        for check in checks:
            mark = output.paint("ok    ", "green") if check.ok else output.paint("-     ", "yellow")
            if check.broken:
                mark = output.paint("BROKEN", "red")
            output.say(f"{mark}  {check.name:<17} {output.one_line(check.detail)}")
            if check.help is not None and not check.ok:
                output.say(f"{'':<25} = help: {check.help}")
    return exit_codes.FINDINGS if any(check.broken for check in checks) else exit_codes.OK
