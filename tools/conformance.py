#!/usr/bin/env python3
"""Holds every testee of this repository to the conformance suite, and writes the reports into one folder.

    python3 tools/dev.py conformance [--out DIR] [--jobs N] [--mutants recorded|all]

The reference, the two real SDKs and the minimal testee are asked all cases; runs are handed from each of the first
three to each other; for each rule, the mutant that breaks it is asked once more, or all mutants are. The merged report
of all of it is DIR/report.html. Ends with 1 if any of it fails.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
CONFORMANCE = ROOT / "conformance"
TESTEES = CONFORMANCE / "testees"
NODE = os.environ.get("TIMESTEP_NODE", "node")

COMMANDS = {
    "reference": (sys.executable, str(TESTEES / "reference")),
    "typescript": (NODE, str(TESTEES / "typescript" / "testee.mjs")),
    "openai-agents": (sys.executable, str(TESTEES / "openai-agents")),
    "minimal": ("perl", str(TESTEES / "minimal" / "testee.pl")),
}
#: Testees that runs are handed between.
HANDED = ("reference", "typescript", "openai-agents")


class Step(NamedTuple):
    """One command of the suite, and the name of its report; empty where it makes none."""

    title: str
    words: tuple[str, ...]
    report: str = ""


def steps(out: Path, jobs: int, mutants: str) -> list[Step]:
    """Return what is run, in order."""
    found = [
        Step(f"run {name}", ("run", *_known(name), *_reports(out, name), "--", *command), name)
        for name, command in COMMANDS.items()
    ]
    handed: list[str] = []
    for name in HANDED:
        handed += [*(["----"] if handed else []), *COMMANDS[name]]
    found.append(Step("handoff", ("handoff", *_known("handoff"), *_reports(out, "handoff"), "--", *handed), "handoff"))
    found.append(Step("coverage", ("coverage", "--strict")))
    which = ("--recorded",) if mutants == "recorded" else ("--survivors", str(TESTEES / "mutants" / "survivors.json"))
    command = (sys.executable, str(TESTEES / "mutants"))
    found.append(Step("mutants", ("mutants", *which, "--jobs", str(jobs), "--", *command)))
    merged = [str(out / f"{step.report}.jsonl") for step in found if step.report]
    found.append(Step("report", ("report", "merge", *merged, "-o", str(out))))
    return [*found, Step("table", ("report", "table", *merged, "--check", str(ROOT / "README.md")))]


def _known(name: str) -> tuple[str, ...]:
    file = CONFORMANCE / "known-failing" / f"{name}.json"
    return ("--known-failing", str(file)) if file.is_file() else ()


def _reports(out: Path, name: str) -> tuple[str, ...]:
    return ("--jsonl", str(out / f"{name}.jsonl"), "--junit", str(out / f"{name}.junit.xml"))


def main() -> int:
    """Run all steps and say which failed."""
    parser = argparse.ArgumentParser(prog="tools/dev.py conformance", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--out", type=Path, default=ROOT / ".dev" / "conformance", help="folder of the reports")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="mutants asked at once")
    parser.add_argument(
        "--mutants", choices=["recorded", "all"], default="recorded", help="one of each rule, or every one"
    )
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    # By this command the testees on the SDKs read what others have saved.
    os.environ.setdefault("TIMESTEP_COMMAND", f"'{sys.executable}' -m timestep")
    failed: list[str] = []
    for step in steps(arguments.out, arguments.jobs, arguments.mutants):
        print(f"== {step.title}", flush=True)
        begun = time.monotonic()
        if subprocess.run([sys.executable, "-m", "timestep_conformance", *step.words], check=False).returncode:
            failed.append(step.title)
        print(f"   {time.monotonic() - begun:.1f} s", flush=True)
    print(f"conformance: {'failed: ' + ', '.join(failed) if failed else 'all held'}; reports in {arguments.out}")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
