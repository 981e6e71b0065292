"""The bench of saved states: Timestep against both SDKs on paused runs of 20, 200 and 1,000 turns, all in one go.

The SDKs themselves make the files, with a scripted model, and keep them in `.dev/bench` for the next time. What is
printed is CPU time, the median of several interleaved rounds, and ratios: only those mean something on another
machine. The goals are those of the project; nothing here passes or fails.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

from figures import Figures
from peers import HERE, JAVASCRIPT, MOST_JS_TURNS, PYTHON, BenchError, Peers
from progress import say
from table import goals, tables

ROOT = HERE.parents[1]
TURNS, QUICK_TURNS = (20, 200, 1000), (20, 200)
ROUNDS, QUICK_ROUNDS = 7, 3
_TICK_S = 0.5
_PEER_FILES = {PYTHON: "peer_python.py", JAVASCRIPT: "peer_javascript.mjs"}


def main(argv: list[str]) -> int:
    """Make the files, measure, and print."""
    arguments = parse(argv)
    python, node = os.environ.get("TIMESTEP_SDK_PYTHON"), os.environ.get("TIMESTEP_NODE")
    if not python or not node:
        print("bench: TIMESTEP_SDK_PYTHON and TIMESTEP_NODE are not set; use: python3 tools/dev.py bench")
        return 2
    started = time.monotonic()
    try:
        with Peers(python, node) as peers:
            figures = bench(peers, arguments)
    except BenchError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    if arguments.format == "json":
        print(json.dumps(figures.as_json(), indent=2))
        return 0
    print("\n".join([*tables(figures), "", *goals(figures)]))
    print(f"\n{arguments.rounds} rounds, {time.monotonic() - started:.0f} s in all.")
    return 0


def parse(argv: list[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="tools/dev.py bench state", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="only 20 and 200 turns, three rounds: about 20 s")
    parser.add_argument("--turns", help="sizes of the runs instead, such as 5,50")
    parser.add_argument("--rounds", type=int, help="how often each thing is measured")
    parser.add_argument("--files", type=Path, default=ROOT / ".dev" / "bench", help="where the files are kept")
    parser.add_argument("--format", choices=["text", "json"], default="text")
    arguments = parser.parse_args(argv)
    chosen = QUICK_TURNS if arguments.quick else TURNS
    arguments.turns = [int(turns) for turns in arguments.turns.split(",")] if arguments.turns else list(chosen)
    arguments.rounds = arguments.rounds or (QUICK_ROUNDS if arguments.quick else ROUNDS)
    return arguments


def bench(peers: Peers, arguments: argparse.Namespace) -> Figures:
    """Make the files where they are not there yet, then measure all of it, round by round."""
    titles = {name: peers.title(name) for name in (PYTHON, JAVASCRIPT, "timestep")}
    files = make_all(peers, titles, arguments)
    figures = Figures(titles, arguments.turns)
    peers.check(files[PYTHON][arguments.turns[0]])  # the first start compiles the modules
    for number in range(arguments.rounds):
        for family in (PYTHON, JAVASCRIPT):
            for turns in arguments.turns:
                say(f"round {number + 1} of {arguments.rounds}: {family}, {turns} turns")
                one_round(peers, figures, family, turns, files[family][turns], first=number == 0)
        figures.add("bare", "", 0, peers.bare())
    say("")
    return figures


def make_all(peers: Peers, titles: dict[str, str], arguments: argparse.Namespace) -> dict[str, dict[int, Path]]:
    """Let both SDKs make their files side by side."""
    started = time.monotonic()
    with ThreadPoolExecutor(max_workers=2) as pool:
        jobs = {family: pool.submit(make, peers, family, titles[family], arguments) for family in (PYTHON, JAVASCRIPT)}
        while wait(jobs.values(), timeout=_TICK_S).not_done:
            say(f"the SDKs make runs of up to {max(arguments.turns):,} turns: {time.monotonic() - started:.0f} s")
        return {family: job.result() for family, job in jobs.items()}


def make(peers: Peers, family: str, title: str, arguments: argparse.Namespace) -> dict[int, Path]:
    """Let an SDK make the files that are not there yet."""
    source = (HERE / _PEER_FILES[family]).read_bytes()
    key = hashlib.sha256(title.encode() + source).hexdigest()[:12]
    folder = arguments.files / f"{family}-{key}"
    folder.mkdir(parents=True, exist_ok=True)
    files = {turns: folder / f"{turns}.json" for turns in arguments.turns}
    for turns, file in files.items():
        if not file.exists():
            say(f"{title} makes a run of {turns:,} turns", keep=True)
            part = file.with_suffix(".part")
            peers.ask(family, "make", turns=turns, file=str(part))
            part.replace(file)
    return files


def one_round(peers: Peers, figures: Figures, family: str, turns: int, file: Path, *, first: bool) -> None:
    """Measure everything on one file once."""
    ours = peers.ask("timestep", "measure", file=str(file))
    for name, seconds in ours["seconds"].items():
        figures.add(name, family, turns, seconds)
    figures.sizes[family, turns] = (ours["bytes"], ours["canonical_bytes"])
    figures.add("check", family, turns, peers.check(file))
    slow = family == JAVASCRIPT and turns > MOST_JS_TURNS
    if slow and not first:
        return
    theirs = peers.ask(family, "measure", turns=turns, file=str(file), save=not slow)
    for name, seconds in theirs["seconds"].items():
        figures.add(f"sdk {name}", family, turns, seconds)
