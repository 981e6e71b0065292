"""Runs samples in processes of their own, each in an empty folder, with nothing but the toy server to talk to."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from samples import hosts, redirect
from samples.server import Exchange, Sent, ToyServer

JSON = dict[str, Any]
TOOLS = Path(__file__).resolve().parents[1]
LONGEST_S = 60.0
"""Seconds a sample may take."""
# All that a sample sees of the environment it is run from.
#: Gives the database of a home; where it is set, samples keep in PostgreSQL what they keep.
database_of: Callable[[Path], str] | None = None
_KEPT = ("PATH", "SYSTEMROOT", "LANG", "LC_ALL", "TMPDIR", "TEMP", "TMP")


class Program(NamedTuple):
    """What one process runs.

    Attributes:
        file: the page, for tracebacks.
        line: where the code stands in it.
        source: the code of the page.
        prelude: what runs before it.
        epilogue: what runs after it.
        files: files of the folder the command is run from, which it finds in its own.
        answers: what it reads when it asks on the terminal.
        environment: what is set in its environment besides; what is None is not set.
    """

    file: str
    line: int
    source: str
    prelude: str = ""
    epilogue: str = ""
    files: tuple[str, ...] = ()
    answers: str = ""
    environment: tuple[tuple[str, str | None], ...] = ()


class Evidence(NamedTuple):
    """What a sample did.

    Attributes:
        status: the exit status; None when it took too long.
        stdout: what it printed.
        stderr: what it printed as errors.
        log: what was observed: dicts with a `kind`.
        exchanges: what the model was asked, and what it answered.
        seconds: how long it took.
        lines: the lines of the JSON Lines files it has written.
        kept: the items of the conversations on the server.
        sent: all requests it made, to whomever.
        server: the origin of the toy server.
    """

    status: int | None
    stdout: str
    stderr: str
    log: list[JSON]
    exchanges: list[Exchange]
    seconds: float
    lines: tuple[str, ...] = ()
    kept: tuple[JSON, ...] = ()
    sent: tuple[Sent, ...] = ()
    server: str = ""

    def noted(self, kind: str) -> list[JSON]:
        """Return the notes of a kind."""
        return [note for note in self.log if note["kind"] == kind]

    @property
    def called(self) -> list[str]:
        """Names of the sample's own functions that were called, in their order."""
        return [note["name"] for note in self.noted("called")]

    @property
    def results(self) -> list[JSON]:
        """The results its runs gave."""
        return [note for note in self.noted("result") if not note["name"]]

    @property
    def pauses(self) -> list[JSON]:
        """The calls that waited for somebody."""
        return [call for result in self.results for call in result["interruptions"]]

    @property
    def last(self) -> str:
        """The text the model answered last."""
        messages = [item for exchange in self.exchanges for item in exchange.output if item["type"] == "message"]
        return messages[-1]["content"][0]["text"] if messages else ""


def run(programs: Sequence[Program], failing: Collection[str] = ()) -> Evidence:
    """Run programs one after the other, which share what is stored, and return what the last one did.

    Args:
        programs: what to run; the ones before the last have to end well.
        failing: models that answer with what is no answer.
    """
    with TemporaryDirectory(prefix="timestep-samples-") as folder, ToyServer(failing) as server:
        evidence, begun, first = Evidence(0, "", "", [], [], 0.0), 0, 0
        for program in programs:
            if evidence.status == 0:
                begun, first = len(server.exchanges), len(server.sent)
                evidence = _run(program, Path(folder), server.origin)
        kept = tuple(item for items in server.conversations.items.values() for item in items)
        sent = tuple(server.sent[first:])
        return evidence._replace(exchanges=server.exchanges[begun:], kept=kept, sent=sent, server=server.origin)


def _run(program: Program, folder: Path, origin: str) -> Evidence:
    work = folder / "work"
    for name in program.files:
        copy = work / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(name, copy)
    work.mkdir(exist_ok=True)
    plan, log = folder / "plan.json", folder / "log.jsonl"
    plan.write_text(json.dumps(program._asdict()), encoding="utf-8")
    log.write_text("", encoding="utf-8")
    command = [sys.executable, "-m", "samples.worker", str(plan), str(log)]
    status: int | None = None
    begun = time.monotonic()
    try:
        answer = subprocess.run(
            command,
            cwd=work,
            env=_environment(folder, origin, dict(program.environment)),
            input=program.answers,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=False,
            timeout=LONGEST_S,
        )
        status, out, err = answer.returncode, answer.stdout, answer.stderr
    except subprocess.TimeoutExpired as error:
        out, err = _text(error.stdout), f"{_text(error.stderr)}\nit took more than {LONGEST_S:.0f} s"
    notes = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    written = tuple(line for file in work.rglob("*.jsonl") for line in file.read_text(encoding="utf-8").splitlines())
    return Evidence(status, out, err, notes, [], time.monotonic() - begun, written)


def _environment(folder: Path, origin: str, changes: Mapping[str, str | None]) -> dict[str, str]:
    """Return the environment of a sample: its own home, keys that open nothing, and the toy server's address."""
    paths = [str(TOOLS), str(TOOLS.parent / "python"), *filter(None, [os.environ.get("PYTHONPATH")])]
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    found = kept | {
        "HOME": str(folder),
        "TIMESTEP_HOME": str(folder / "home"),
        "OPENAI_BASE_URL": f"{origin}/v1",
        redirect.SERVER: origin,
        **hosts.KEYS,
        "OPENAI_AGENTS_DISABLE_TRACING": "1",  # traces would go to api.openai.com
        "PYTHONPATH": os.pathsep.join(paths),
        "PYTHONUTF8": "1",
        **({"PG_CONNECTION_URI": database_of(folder)} if database_of is not None else {}),
        **changes,
    }
    return {name: value for name, value in found.items() if value is not None}


def _text(output: bytes | str | None) -> str:
    return output.decode("utf-8", "replace") if isinstance(output, bytes) else output or ""
