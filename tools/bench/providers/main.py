"""The bench of the providers as a command."""

from __future__ import annotations

import argparse
import time

import command

from .cases import QUICK, SMALLEST, Pace
from .measure import Bench, read_peers
from .report import goals, tables


def main(argv: list[str]) -> int:
    """Measure and print."""
    arguments = parse(argv)
    pace: Pace = SMALLEST if arguments.smallest else QUICK if arguments.quick else Pace()
    if arguments.rounds:
        pace = pace._replace(rounds=arguments.rounds)
    started = time.monotonic()
    with Bench(pace, arguments.peers) as bench:
        figures = bench.run()
    told = f"{time.monotonic() - started:.0f} s in all."
    command.show(figures, [*tables(figures, pace), "", *goals(figures, pace), "", told], arguments.format)
    return 0


def parse(argv: list[str]) -> argparse.Namespace:
    """Read the command line."""
    peers = read_peers()
    parser = command.parser("providers", __doc__, peers, "under a minute")
    parser.add_argument("--smallest", action="store_true", help="everything once and tiny: no figure means anything")
    return command.parse(parser, argv, peers)
