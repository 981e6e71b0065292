"""The bench of the loop as a command."""

from __future__ import annotations

import argparse
import json
import time

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
    if arguments.format == "json":
        print(json.dumps(figures.as_json(), indent=2))
    else:
        print("\n".join([*tables(figures), "", *goals(figures)]))
        print(f"\n{pace.rounds} rounds, {time.monotonic() - started:.0f} s in all.")
    return 0


def parse(argv: list[str]) -> argparse.Namespace:
    """Read the command line."""
    peers = read_peers()
    parser = argparse.ArgumentParser(prog="tools/dev.py bench loop", description=(__doc__ or ""))
    parser.add_argument("--quick", action="store_true", help="fewer rounds and shorter limits: under a minute")
    parser.add_argument("--rounds", type=int, help="how often each thing is measured")
    parser.add_argument("--peers", default=",".join(peers), help=f"only these: {','.join(peers)}")
    parser.add_argument("--format", choices=["text", "json"], default="text")
    arguments = parser.parse_args(argv)
    chosen = arguments.peers.split(",")
    unknown = [name for name in chosen if name not in peers]
    if unknown:
        parser.error(f"there is no peer {unknown[0]}; there are {', '.join(peers)}")
    arguments.peers = [peer for name, peer in peers.items() if name in chosen]
    return arguments
