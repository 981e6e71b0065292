"""`timestep doctor`: is this installation fit for work."""

from __future__ import annotations

import click

from timestep.cli import exit_codes, options

_EPILOG = """\b
Example:
  timestep doctor
  timestep doctor --format json
"""


@click.command("doctor", epilog=_EPILOG)
@options.output_format()
def command(form: str) -> int:
    """Check this installation: Python, packages, Node, and where files are kept.

    Ends with 1 if something that nothing works without is broken.
    """
    from timestep.cli import diagnosis, output

    checks = diagnosis.checks()
    if form == "json":
        output.write_json("doctor", {"checks": [check.fields() for check in checks]})
    else:
        for check in checks:
            mark = output.paint("ok    ", "green") if check.ok else output.paint("-     ", "yellow")
            if check.broken:
                mark = output.paint("BROKEN", "red")
            output.say(f"{mark}  {check.name:<14} {output.one_line(check.detail)}")
            if check.help is not None and not check.ok:
                output.say(f"{'':<22} = help: {check.help}")
    return exit_codes.FINDINGS if any(check.broken for check in checks) else exit_codes.OK
