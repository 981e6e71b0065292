"""The command group: finds a verb, runs it, and turns whatever goes wrong into one form of message."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from itertools import pairwise
from typing import Any, NoReturn

import click

from timestep.cli import exit_codes
from timestep.cli.version import version
from timestep.errors import TimestepError, UsageError

#: Verb -> what it does, in the order of the help. `timestep.cli.commands.VERB` has the command, as `command`.
VERBS = {
    "check": "Check saved runs: readable, consistent, and what waits for a decision.",
    "show": "Show a saved run to a person: what happened, what was decided, and what waits.",
    "decide": "Approve or reject the calls that wait, and write the decided run.",
    "settle": "Say what became of a call that may have run, and write the run.",
    "convert": "Convert a saved run to another SDK's form, with an account of the losses.",
    "seal": "Seal a saved run, so that whoever has the key can tell that nobody has changed it.",
    "unseal": "Write the very file that was sealed, if its seal holds.",
    "diff": "Compare two saved runs by meaning.",
    "run": "Run an agent once; where it waits for a decision, the run is saved.",
    "resume": "Go on with a saved run.",
    "chat": "Talk with an agent on the terminal.",
    "runs": "List, show, decide on, go on with and remove the runs that a store keeps.",
    "models": "Tell where the name of a model leads, and list the models that can be asked.",
    "dialects": "List the released numbers of both SDKs: who writes and who reads them.",
    "sessions": "List, show and clear the conversations that sessions keep.",
    "explain": "Explain an error code or a requirement; without one, list all codes.",
    "doctor": "Check this installation: Python, packages, keys, Node, where files are kept, and the hosts of models.",
}

#: What people need to know after a failure, by verb.
_AFTERMATH = {
    "decide": "Nothing was decided, and nothing was written.",
    "settle": "Nothing was settled, and nothing was written.",
    **dict.fromkeys(("convert", "seal", "unseal"), "Nothing was written."),
}

_EPILOG = f"""\b
Example:
  timestep check state.json
  timestep show state.json
  timestep decide state.json --approve call_123 -o decided.json

\b
Exit status:
{exit_codes.SUMMARY}

\b
Completion in your shell:
  bash   eval "$(_TIMESTEP_COMPLETE=bash_source timestep)"
  zsh    eval "$(_TIMESTEP_COMPLETE=zsh_source timestep)"
  fish   _TIMESTEP_COMPLETE=fish_source timestep | source
"""


class Application(click.Group):
    """A group whose verbs are loaded when used, and whose errors are all told in HOUSE form."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """List the verbs in the order of the help."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Load a verb."""
        if cmd_name not in VERBS:
            return None
        found: click.Command = import_module(f"timestep.cli.commands.{cmd_name}").command
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the list of verbs without loading them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(VERBS.items()))

    def invoke(self, ctx: click.Context) -> object:
        """Run a verb; an interrupt or a reader that went away ends it without a word."""
        try:
            result: object = super().invoke(ctx)
            sys.stdout.flush()
        except KeyboardInterrupt:
            ctx.exit(exit_codes.INTERRUPTED)
        except BrokenPipeError:
            _forget_stdout()
            ctx.exit(exit_codes.BROKEN_PIPE)
        return result

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,  # noqa: ANN401 - click's signature
    ) -> NoReturn:
        """Run the command line and exit; never shows a traceback unless TIMESTEP_TRACEBACK is set."""
        del standalone_mode  # always alone: the errors are told here
        words = sys.argv[1:] if args is None else list(args)
        try:
            code: object = super().main(
                args,
                prog_name or "timestep",
                complete_var,
                standalone_mode=False,
                windows_expand_args=windows_expand_args,
                **extra,
            )
        except click.exceptions.NoArgsIsHelpError as error:
            error.show()
            code = exit_codes.USAGE
        except click.Abort:
            code = exit_codes.INTERRUPTED
        except click.ClickException as error:
            code = _fail(_usage_error(error), words)
        except TimestepError as error:
            code = _fail(error, words)
        except Exception as error:  # noqa: BLE001 - the last place where a defect can still be told as one
            code = _fail(_internal_error(error), words)
        sys.exit(code if isinstance(code, int) else exit_codes.OK)


@click.group("timestep", cls=Application, epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(version(), prog_name="timestep", message="%(prog)s %(version)s")
def app() -> None:
    """Durable agent runs: check, show, decide and convert what agent SDKs saved.

    Reads the run states of openai-agents (Python) and @openai/agents (JavaScript), and Timestep's own. A FILE may be
    `-` for stdin.
    """


def main() -> NoReturn:
    """Run `timestep`."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, ValueError):
            # A terminal that lacks a character gets its escape, not an error.
            stream.reconfigure(errors="backslashreplace")  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
    app.main()


def _fail(error: TimestepError, words: Sequence[str]) -> int:
    """Tell an error, on stdout as JSON too where that was asked for; give the exit status."""
    from timestep.cli import output

    verb = next((word for word in words if word in VERBS), None)
    with suppress(BrokenPipeError):
        if verb is not None and _wants_json(words):
            output.write_json(verb, {"error": output.error_fields(error)})
        output.say(output.error_text(error), err=True)
        if verb in _AFTERMATH and error.code != "internal":
            output.say(_AFTERMATH[verb], err=True)
    return exit_codes.of(error)


def _wants_json(words: Sequence[str]) -> bool:
    """Tell whether the words ask for JSON; they may be too wrong to be parsed."""
    return "--format=json" in words or ("--format", "json") in pairwise(words)


def _usage_error(error: click.ClickException) -> TimestepError:
    """Tell a refusal of click's in our form."""
    context = error.ctx if isinstance(error, click.UsageError) else None
    path = context.command_path if context is not None else "timestep"
    message = error.format_message().rstrip(".")
    return UsageError(message[:1].lower() + message[1:], help=f"{path} --help")


def _internal_error(error: Exception) -> TimestepError:
    """Tell a defect of ours: its kind and place, not its text, which may hold what the file holds."""
    if os.environ.get("TIMESTEP_TRACEBACK"):
        raise error
    last = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    place = f"{os.path.basename(last.tb_frame.f_code.co_filename)}:{last.tb_lineno}" if last is not None else "?"  # noqa: PTH119
    return TimestepError(
        f"a defect in timestep {version()}: {type(error).__name__} at {place}",
        code="internal",
        help="please report it; TIMESTEP_TRACEBACK=1 shows where it comes from",
    )


def _forget_stdout() -> None:
    """Send what is still to be flushed nowhere, or the interpreter would complain at its end."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
