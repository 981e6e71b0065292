#!/usr/bin/env python3
"""The one entry for people who work on Timestep: sets up what is needed, then runs the demo, tests, checks and so on.

Everything is installed into `.dev/` and `tools/sdk/js/node_modules`; nothing else on the machine is touched.
"""

from __future__ import annotations

import argparse
import sys
from typing import NamedTuple

_OLDEST_PYTHON = (3, 11)
_PURPOSE = "Set up what is needed in .dev/, then run the demo, the tests, the checks and so on."


class Verb(NamedTuple):
    """A command: what it does, an example, and whether all further arguments go to the program it starts."""

    summary: str
    example: str
    passes_on: bool = False


VERBS = {
    "demo": Verb("move a paused run between the two real SDKs and let it finish there", "demo"),
    "test": Verb(
        "run the tests, all of them in a process a core; arguments go to pytest instead",
        "test python/tests/layers -x",
        passes_on=True,
    ),
    "lint": Verb("run ruff, pyright and every tools/check_*.py", "lint --fix"),
    "gen": Verb("write derived files anew: every tools/gen_*.py; further arguments go to each", "gen", passes_on=True),
    "fixtures": Verb(
        "let the real SDKs write the fixtures anew (tools/sdk/generate.py); with --old, older releases write theirs",
        "fixtures --old --version 0.8.4",
        passes_on=True,
    ),
    "bench": Verb("measure against the peers (tools/bench/run.py)", "bench", passes_on=True),
    "crash": Verb(
        "kill runs at random and go on with them: nothing is lost, and nothing paid twice",
        "crash --kills 1000 --store postgresql",
        passes_on=True,
    ),
    "conformance": Verb(
        "hold every testee to the conformance suite, hand runs between them, and merge the reports",
        "conformance --out reports",
        passes_on=True,
    ),
    "samples": Verb("run the Python samples of documents, or of ours", "samples python/docs", passes_on=True),
}


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(prog="tools/dev.py", description=_PURPOSE, allow_abbrev=False)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, verb in VERBS.items():
        usage = f"python3 tools/dev.py {name} [ARGUMENT ...]" if verb.passes_on else None
        command = commands.add_parser(
            name,
            help=verb.summary,
            description=verb.summary[0].upper() + verb.summary[1:] + ".",
            epilog=f"example: python3 tools/dev.py {verb.example}",
            usage=usage,
            allow_abbrev=False,
        )
        if name == "lint":
            command.add_argument("--fix", action="store_true", help="let ruff mend and format what it can first")
    return parser


def run(argv: list[str]) -> int:
    """Run a command and return its exit code."""
    verb = VERBS.get(argv[0]) if argv else None
    passed_on: list[str] = []
    # Read by hand: argparse would take pytest's options for its own.
    if verb is not None and verb.passes_on and argv[1:] not in (["-h"], ["--help"]):
        argv, passed_on = argv[:1], argv[1:]
    arguments = build_parser().parse_args(argv)
    return dispatch(arguments, passed_on)


def dispatch(arguments: argparse.Namespace, passed_on: list[str]) -> int:
    """Call what a command stands for."""
    from devtools import commands  # not above: it needs the Python version checked in `main`
    from devtools.setup import Needs

    if arguments.command == "test":
        return commands.test(passed_on)
    if arguments.command == "lint":
        return commands.lint(fix=arguments.fix)
    if arguments.command == "gen":
        return commands.gen(passed_on)
    if arguments.command == "fixtures":
        return commands.fixtures(passed_on)
    if arguments.command == "samples":
        return commands.samples(passed_on)
    if arguments.command == "crash":
        return commands.crash(passed_on)
    scripts = {
        "demo": ("tools/demo.py", Needs(node=True, sdk=True)),
        "bench": ("tools/bench/run.py", Needs(node=True, sdk=True)),
        "conformance": ("tools/conformance.py", Needs(node=True, sdk=True)),
    }
    path, needs = scripts[arguments.command]
    return commands.script(path, needs, passed_on)


def main(argv: list[str]) -> int:
    """Run a command; set-up errors are printed with what to do about them and end with exit code 2."""
    if sys.version_info < _OLDEST_PYTHON:
        print(f"dev: Python 3.11 or newer is needed; this is {sys.version.split()[0]}", file=sys.stderr)
        return 2
    from devtools.steps import SetupError

    try:
        return run(argv)
    except SetupError as error:
        details = f"{error.details}\n" if error.details else ""
        print(f"{details}dev: error: {error}\ndev: hint: {error.hint}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\ndev: interrupted", file=sys.stderr)
        return 130


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
