"""What the benches of several programs have in common as commands."""

from __future__ import annotations

import argparse
import json
from collections.abc import Collection
from typing import Any


def parser(bench: str, about: str | None, peers: Collection[str], quick: str) -> argparse.ArgumentParser:
    """Return the command line of a bench; `quick` is how long it takes then."""
    found = argparse.ArgumentParser(prog=f"tools/dev.py bench {bench}", description=about)
    found.add_argument("--quick", action="store_true", help=f"fewer rounds and shorter limits: {quick}")
    found.add_argument("--rounds", type=int, help="how often each thing is measured")
    found.add_argument("--peers", default=",".join(peers), help=f"only these: {','.join(peers)}")
    found.add_argument("--format", choices=["text", "json"], default="text")
    return found


def parse(found: argparse.ArgumentParser, argv: list[str], peers: Collection[str]) -> argparse.Namespace:
    """Read a command line; `peers` is a list of names then."""
    arguments = found.parse_args(argv)
    arguments.peers = arguments.peers.split(",")
    unknown = [name for name in arguments.peers if name not in peers]
    if unknown:
        found.error(f"there is no peer {unknown[0]}; there are {', '.join(peers)}")
    return arguments


def show(figures: Any, lines: list[str], form: str) -> None:
    """Print what was measured."""
    print(json.dumps(figures.as_json(), indent=2) if form == "json" else "\n".join(lines))
