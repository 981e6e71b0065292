"""The bench of the loop as a command."""

from __future__ import annotations

import argparse
import time

import command

from .cases import QUICK, Pace
from .environments import read_peers
from .measure import Bench
from .report import goals, tables


def main(argv: list[str]) -> int:
    """Measure and print."""
    arguments = parse(argv)
    pace = QUICK if arguments.quick else Pace()
    if arguments.rounds:
        pace = pace._replace(rounds=arguments.rounds)
    started = time.monotonic()
    with Bench(arguments.peers, pace) as bench:
        figures = bench.run()
    told = f"{pace.rounds} rounds, {time.monotonic() - started:.0f} s in all."
    command.show(figures, [*tables(figures), "", *goals(figures), "", told], arguments.format)
    return 0


def parse(argv: list[str]) -> argparse.Namespace:
    """Read the command line."""
    peers = read_peers()
    arguments = command.parse(command.parser("loop", __doc__, peers, "under a minute"), argv, peers)
    arguments.peers = [peer for name, peer in peers.items() if name in arguments.peers]
    return arguments
