"""What the programs share: runs with a store and without, what they cost, and what is in the files afterwards.

A program gives an object with `title()`, `run(turns, kept)`, `files(folder)`, which has it keep runs in a new folder,
and `state()`, which gives the bytes of the last run as the package would hold it whole, once it has ended.

Operations: `hello`; `run` {turns, kept, batch, limit_s}. What the model and the tool do is `clock.SCRIPT`, as in the
bench of the loop. CPU times are in seconds a turn.
"""

from __future__ import annotations

import gc
import sqlite3
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Protocol

# The script that a run follows, and its measuring, are those of the loop's bench.
sys.path.append(str(Path(__file__).resolve().parents[2] / "loop" / "peers"))
import clock  # pyright: ignore[reportMissingImports] - found now that its folder is on the path

JSON = dict[str, Any]


class Package(Protocol):
    """What is measured."""

    def title(self) -> tuple[str, str]:
        """Give name and version."""
        ...

    def files(self, folder: Path) -> None:
        """Keep runs in a folder from now on."""
        ...

    async def run(self, turns: int, *, kept: bool) -> None:
        """Run the agent with the script at hand, which has this many turns."""
        ...

    async def state(self) -> int:
        """Give the size of the last run as one value."""
        ...


class Program:
    """Serves the operations for one package."""

    def __init__(self, package: Package) -> None:
        self.package = package

    def title(self) -> tuple[str, str]:
        """Give name and version."""
        return self.package.title()

    async def run(self, request: JSON) -> JSON:
        """Run a batch of runs of one length, after one that is not measured."""
        turns, kept = request["turns"], request["kept"]
        with tempfile.TemporaryDirectory(prefix="timestep-bench-", ignore_cleanup_errors=True) as name:
            folder = Path(name)
            self.package.files(folder)
            await self._follow(clock.Script(5), kept=kept)
            scripts = [clock.Script(turns) for _ in range(max(1, request["batch"] // turns))]
            before, wrote = size_of(folder), _written()
            gc.collect()
            started = time.process_time()
            for script in scripts:
                script.stop_at(started + request["limit_s"])
                await self._follow(script, kept=kept)
            seconds = time.process_time() - started
            wrote = _written() - wrote
            taken = sum(len(script.marks) - 1 for script in scripts)
            last = scripts[-1]
            answer = {"passed": last.passed, "reached": len(last.marks) - 1, "seconds": seconds / taken}
            if turns >= 2 * clock.SHALLOW:
                half = clock.SPAN // 2
                answer["shallow"] = last.between(clock.SHALLOW - half, clock.SHALLOW + half)
                answer["deep"] = last.between(len(last.marks) - 1 - clock.SPAN, len(last.marks) - 1)
            if kept:
                answer["bytes"] = (size_of(folder) - before) / taken
                answer["written"] = wrote / taken if wrote else None
                answer["state"] = await self.package.state() / last.turns if not last.passed else None
            return answer

    async def load(self, request: JSON) -> JSON:
        """Load a run that was kept up to some turns, beside the document that it is then: for ours alone."""
        return await self.package.load(request)  # type: ignore[attr-defined]

    async def _follow(self, script: clock.Script, *, kept: bool) -> None:
        await clock.follow(_Run(self.package, kept), script)


class _Run:
    """A package as `clock.follow` runs it."""

    def __init__(self, package: Package, kept: bool) -> None:
        self._package, self._kept = package, kept

    async def run(self, turns: int) -> None:
        """Run the agent."""
        await self._package.run(turns, kept=self._kept)


def size_of(folder: Path) -> int:
    """Give the bytes of the databases of a folder, once what is in their logs has been moved to them."""
    for path in folder.glob("*.sqlite3"):
        connection = sqlite3.connect(path)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
    return sum(path.stat().st_size for path in folder.iterdir())


def _written() -> int:
    """Give the bytes that the process has written so far; 0 where the system does not tell."""
    try:
        told = Path("/proc/self/io").read_text(encoding="ascii")
    except OSError:
        return 0
    return next(int(line.split()[1]) for line in told.splitlines() if line.startswith("wchar:"))


def serve(package: Package) -> None:
    """Answer requests until the input ends."""
    clock.serve(Program(package))
