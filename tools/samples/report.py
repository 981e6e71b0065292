"""Prints what became of the samples: the changed lines with the rules that changed them, what held, what is wrong."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from samples.judging import Verdict
from samples.pages import Block


def place(block: Block, base: Path) -> str:
    """Return where a block stands, as people read it: `page.md:12`."""
    path = os.path.relpath(block.page, base)
    return f"{path}:{block.line}"


def show(verdict: Verdict, base: Path) -> str:
    """Return a sample's part of the report."""
    block = verdict.sample.block
    lines = [f"{place(block, base)}  {block.title}"]
    if verdict.follows:
        names = ", ".join(verdict.sample.awaited)
        return "\n".join([*lines, f"  follows with {' and '.join(verdict.follows)} (it needs {names})", ""])
    lines += [f"  {f'~{mend.line}' if mend.line else '+'}\t{mend.text}\t[{mend.rule}]" for mend in verdict.sample.mends]
    lines += [f"  note    {note}" for note in verdict.notes]
    lines += [f"  ok      {held}" for held in verdict.held]
    lines += [f"  FAILED  {fault}".replace("\n", "\n          ") for fault in verdict.faults]
    return "\n".join([*lines, ""])


def summary(verdicts: Sequence[Verdict], others: Sequence[Block]) -> str:
    """Return the last lines of the report."""
    failed = sum(bool(verdict.faults) for verdict in verdicts)
    waiting = [verdict for verdict in verdicts if verdict.follows]
    ran = len(verdicts) - failed - len(waiting)
    lines = [f"{len(verdicts)} Python samples: {ran} ran, {failed} failed, {len(waiting)} follow"]
    for issue, count in sorted(Counter(issue for verdict in waiting for issue in verdict.follows).items()):
        names = sorted({name for verdict in waiting if issue in verdict.follows for name in verdict.sample.awaited})
        lines.append(f"  with {issue}: {count} ({', '.join(names)})")
    if others:
        counts = Counter(block.language or "no language" for block in others)
        told = ", ".join(f"{count} {language}" for language, count in sorted(counts.items()))
        lines.append(f"left alone: {told}")
    return "\n".join(lines)
