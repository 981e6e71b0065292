"""Runs the Python samples of documents: `python3 tools/dev.py samples PLACE...`.

Each Python block of the Markdown and text files runs in a process of its own, against a model made of rules on
loopback. Lines that had to be mended are marked `~` with their line number and the rule, lines put in front `+`. The
exit code is 1 when a sample fails, and 2 when there is none.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Generator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from samples import pages, process, report
from samples.judging import Verdict, judge
from samples.mending import mend
from samples.pages import Block


def main(argv: list[str]) -> int:
    """Run all samples of some places, and print sample by sample what ran."""
    parser = argparse.ArgumentParser(prog="samples", description=(__doc__ or "").partition("\n\n")[2])
    parser.add_argument("places", nargs="+", type=Path, metavar="PLACE", help="a file, or a folder of them")
    parser.add_argument("--postgres", action="store_true", help="have them keep in PostgreSQL what they keep")
    options = parser.parse_args(argv)
    places: list[Path] = options.places
    missing = [place for place in places if not place.exists()]
    if missing:
        print(f"samples: {missing[0]} is not there", file=sys.stderr)
        return 2
    verdicts: list[Verdict] = []
    others: list[Block] = []
    with _in_postgres() if options.postgres else nullcontext():
        for page in pages.pages(places):
            found = pages.blocks(page)
            verdicts += _judged([block for block in found if block.is_python])
            others += [block for block in found if not block.is_python]
    if not verdicts:
        print("samples: there is no Python block in these places", file=sys.stderr)
        return 2
    print(report.summary(verdicts, others))
    return 1 if any(verdict.faults for verdict in verdicts) else 0


@contextmanager
def _in_postgres() -> Generator[None]:
    """Give each home a database of its own, in the server that the tests have."""
    from postgres_server import Server  # pyright: ignore[reportMissingImports] - it stands with the tests

    server = Server()
    process.database_of = defaultdict[Path, str](server.database).__getitem__
    try:
        yield
    finally:
        process.database_of = None
        server.stop()


def _judged(blocks: list[Block]) -> list[Verdict]:
    """Judge the Python blocks of a page, and print each as soon as it is known."""
    samples = [mend(block) for block in blocks]
    found: list[Verdict] = []
    for index, sample in enumerate(samples):
        found.append(judge(sample, samples[:index]))
        print(report.show(found[-1], Path.cwd()), flush=True)
    return found


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
