"""`timestep runs`: the runs that a store keeps."""

from __future__ import annotations

import click

from timestep.cli.run_verbs import deciding, ending, going, looking

_EPILOG = """\b
Example:
  timestep runs list --waiting
  timestep runs approve run_1f2e call_1
  timestep runs resume run_1f2e --agent mail.py:mailer
  timestep runs list --store postgresql://ann@db/runs --every-session --format json

\b
Exit status:
  0    done
  1    refused: somebody else holds the run or has saved it meanwhile, or an error stopped it
  2    wrong usage, or there is no such run or call
  3    calls wait for a decision (resume)
  130  stopped from the keyboard
"""


@click.group("runs", epilog=_EPILOG)
def command() -> None:
    """List, show, decide on, go on with and remove the runs that a store keeps.

    They are looked for where `RunStateStore()` keeps them: in the database that PG_CONNECTION_URI names, else in the
    default SQLite file (`timestep doctor` names its folder). --store names another place; a password in it is never
    shown, but better kept out of the command line, in PGPASSWORD or a .pgpass file.
    """


for _verb in (
    looking.list_runs,
    looking.show,
    deciding.approve,
    deciding.reject,
    going.resume,
    deciding.settle,
    ending.cancel,
    looking.history,
    ending.prune,
):
    command.add_command(_verb)
