"""`python3 tools/dev.py crash`: kills runs at random, many more of them than the tests do, and says what was wrong."""

import argparse
import asyncio
import random
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from .forks import ForkServer
from .random_kills import random_kills, summary
from .trials import Settled


def main(arguments):
    """Kill, and return the exit code: 0 where nothing was wrong, else 1."""
    parser = argparse.ArgumentParser(prog="tools/dev.py crash", description=__doc__.partition(": ")[2])
    parser.add_argument("--kills", type=int, default=1000, help="how many (default: 1000)")
    parser.add_argument("--seed", type=int, help="of the random numbers; another one each time unless given")
    parser.add_argument("--store", choices=["sqlite", "postgresql"], default="sqlite", help="(default: sqlite)")
    options = parser.parse_args(arguments)
    seed = options.seed if options.seed is not None else random.randrange(10**6)
    print(f"crash: {options.kills} kills, {options.store}, seed {seed}", file=sys.stderr)
    begun = time.monotonic()
    trials, wrong = _killed(options.kills, seed, postgres=options.store == "postgresql")
    print(f"{summary(trials)}; {time.monotonic() - begun:.0f} s")
    for answers, kills, found in wrong:
        print(f"wrong: run {answers!r}, killed {kills} times: {'; '.join(found)}")
    print(f"{len(wrong)} runs with a fault" if wrong else "0 lost, 0 paid twice, 0 asked again, 0 different")
    return 1 if wrong else 0


def _killed(kills, seed, *, postgres):
    """Kill runs in a folder of their own, which goes away, and show how far it is."""
    server, forks = None, ForkServer()
    try:
        with tempfile.TemporaryDirectory(prefix="timestep-crash-") as folder, _bar() as bar:
            if postgres:
                from postgres_server import Server

                server = Server()
            task = bar.add_task("kills", total=kills)
            return asyncio.run(
                random_kills(
                    forks,
                    (Path(folder), server.database() if server else None),
                    kills,
                    seed,
                    settled=Settled(server) if server else lambda: None,
                    told=lambda done: bar.update(task, completed=done),
                )
            )
    finally:
        forks.stop()
        if server:
            server.stop()


def _bar():
    return Progress(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty())


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
