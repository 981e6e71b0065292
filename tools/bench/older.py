"""The bench of older numbers: reading a state of each beside one of the current number, of the same scenario."""

from __future__ import annotations

import argparse
import json
import sys
import time
from importlib import import_module
from pathlib import Path
from statistics import median

from timestep.dialects.detect import PACKAGES
from timestep.state import read

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools" / "sdk"))
SCENARIOS = ("one_waiting.undecided", "parallel_one_executed.decided", "many_turns.undecided")
GOAL = 1.5


def main(argv: list[str]) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="tools/dev.py bench older", description=__doc__)
    parser.add_argument("--rounds", type=int, default=60, help="readings of each file (default: 60)")
    parser.add_argument("--format", choices=["text", "json"], default="text")
    arguments = parser.parse_args(argv)
    found = [row for family in PACKAGES for row in ratios(family, max(arguments.rounds, 1))]
    if arguments.format == "json":
        print(json.dumps({"goal": GOAL, "ratios": found}, indent=1))
        return 0
    for row in found:
        print(f"{row['family']:<22}{row['version']:<9}{row['ratio']:>5.2f}")
    worst = max(found, key=lambda row: row["ratio"])
    print(f"goal: at most {GOAL} times the current number; the most is {worst['ratio']:.2f} ({worst['version']})")
    return 0


def ratios(family: str, rounds: int) -> list[dict[str, str | float]]:
    """Return, for each older release of a family, the time to read its states over that of the current number's."""
    folder = ROOT / "fixtures" / family
    unpack = import_module("archives").unpack  # a script folder, not a package
    current = [(folder / PACKAGES[family] / f"{name}.json").read_bytes() for name in SCENARIOS]
    found: list[dict[str, str | float]] = []
    for archive in sorted(folder.glob("*.tar.xz"), key=_order):
        states = unpack(archive)
        pairs = [(states[f"{name}.json"], now) for name, now in zip(SCENARIOS, current, strict=True)
                 if f"{name}.json" in states]  # fmt: skip
        each = [_both(old, now, rounds) for old, now in pairs]
        found.append({"family": family, "version": _version(archive), "ratio": round(median(each), 3)})
    return found


def _both(old: bytes, now: bytes, rounds: int) -> float:
    """Read both files in turn, and compare the medians of the CPU time."""
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for data, taken in zip((old, now), times, strict=True):
            started = time.process_time()
            read(data)
            taken.append(time.process_time() - started)
    return median(times[0]) / median(times[1])


def _version(archive: Path) -> str:
    return archive.name.removesuffix(".tar.xz")


def _order(archive: Path) -> list[int]:
    return [int(part) for part in _version(archive).split(".")]
