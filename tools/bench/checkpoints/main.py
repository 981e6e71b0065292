"""The bench of checkpoints as a command."""

from __future__ import annotations

import argparse
import json
import time

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
    if arguments.format == "json":
        print(json.dumps(figures.as_json(), indent=2))
    else:
        print("\n".join([*tables(figures, pace), "", *goals(figures, pace)]))
        print(f"\n{pace.rounds} rounds, {time.monotonic() - started:.0f} s in all.")
    return 0


def parse(argv: list[str]) -> argparse.Namespace:
    """Read the command line."""
    peers = list(read_peers())
    parser = argparse.ArgumentParser(prog="tools/dev.py bench checkpoints", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds and shorter limits: about a minute")
    parser.add_argument("--smallest", action="store_true", help="everything once and tiny: no figure means anything")
    parser.add_argument("--rounds", type=int, help="how often each thing is measured")
    parser.add_argument("--peers", default=",".join(peers), help=f"only these: {','.join(peers)}")
    parser.add_argument("--format", choices=["text", "json"], default="text")
    arguments = parser.parse_args(argv)
    arguments.peers = arguments.peers.split(",")
    unknown = [name for name in arguments.peers if name not in peers]
    if unknown:
        parser.error(f"there is no peer {unknown[0]}; there are {', '.join(peers)}")
    return arguments
