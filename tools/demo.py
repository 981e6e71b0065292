#!/usr/bin/env python3
"""Moves a paused run from one real agent SDK to the other, decides on it on the way, and lets it finish there.

    python3 tools/dev.py demo

Both SDKs run here as they are; only the model's answers are scripted, so no key and no network is needed. Ends with 1
when anything is not as it should be.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

TOOLS = Path(__file__).resolve().parent
sys.path.insert(0, str(TOOLS))

from sdk.client import Worker, WorkerError  # noqa: E402 - found once `tools` is on the path
from sdk.judge import compare  # noqa: E402

JSON = dict[str, Any]
SCENARIO: JSON = json.loads((TOOLS / "demo_scenario.json").read_text(encoding="utf-8"))
WAITING = "call_mail_1"
ANSWER = "I told Ann that it is sunny in Oslo."


class DemoError(Exception):
    """The demo did not show what it is there to show."""


class Sdk(NamedTuple):
    """One of the two SDKs: its package, the name of its form in Timestep, and its process."""

    package: str
    dialect: str
    worker: Worker


def main() -> int:
    """Run both halves."""
    python, node = os.environ.get("TIMESTEP_SDK_PYTHON"), os.environ.get("TIMESTEP_NODE")
    if not python or not node:
        print("demo: TIMESTEP_SDK_PYTHON and TIMESTEP_NODE are not set; use: python3 tools/dev.py demo")
        return 2
    try:
        with (
            Worker([python, str(TOOLS / "sdk" / "worker.py")]) as first,
            Worker([node, str(TOOLS / "sdk" / "js" / "worker.mjs")]) as second,
            tempfile.TemporaryDirectory(prefix="timestep-demo-") as folder,
        ):
            one = Sdk("openai-agents", "openai-agents-python", first)
            other = Sdk("@openai/agents", "openai-agents-js", second)
            introduce(one, other)
            move(other, one, Path(folder), "1")
            move(one, other, Path(folder), "2")
    except (DemoError, WorkerError) as error:
        print(f"\nThe demo failed: {error}")
        return 1
    print("\nBoth runs were finished by the other SDK, with the same calls, arguments and answer.")
    return 0


def introduce(*sdks: Sdk) -> None:
    """Say who takes part, and in which numbers their files are kept."""
    print("Two real agent SDKs and one run: Triage hands over to Mailer, who looks up the weather and wants to")
    print("send an e-mail. Sending needs a person's approval, so the run pauses and is saved.\n")
    for sdk in sdks:
        about = ask(sdk, "hello")
        print(f"  {about['sdk']} {about['version']} writes run states of number {about['schema_version']}")


def move(source: Sdk, target: Sdk, folder: Path, number: str) -> None:
    """Pause in one SDK, decide and convert with Timestep, and finish in the other SDK."""
    paused, approved, converted = f"paused{number}.json", f"approved{number}.json", f"converted{number}.json"
    heading(f"{number}. From {source.package} to {target.package}")
    saved = ask(source, "save", scenario=SCENARIO)
    (folder / paused).write_text(saved["undecided"], encoding="utf-8")
    print(f"{source.package} ran until the e-mail, and saved {paused}: {len(saved['undecided']):,} characters.")
    refused = target.worker.ask("resume", scenario=SCENARIO, state=saved["undecided"], served={}, decide=False)
    if "error" not in refused:
        raise DemoError(f"{target.package} loaded a file of {source.package}; nothing would be left to show")
    print(f"{target.package} cannot load that file: {shortened(refused['error']['message'])}")
    timestep(folder, "show", paused)
    timestep(folder, "decide", paused, "--approve", WAITING, "-o", approved)
    timestep(folder, "convert", approved, "--to", target.dialect, "-o", converted)
    finish(source, target, folder, (approved, converted), saved["served"])


def finish(source: Sdk, target: Sdk, folder: Path, files: tuple[str, str], served: JSON) -> None:
    """Let both SDKs finish the run, each from the file in its own form, and compare what they did."""
    own, foreign = (
        ask(sdk, "resume", scenario=SCENARIO, state=(folder / file).read_text("utf-8"), served=served, decide=False)
        for sdk, file in zip((source, target), files, strict=True)
    )
    record = foreign["record"]
    print(f"\n{target.package} resumes {files[1]}:")
    for call in record["executed"]:
        print(f"  ran       {call['tool']} {call['arguments']}")
    print(f"  answered  {record['final_output']}")
    differences = compare(own["record"], record, same_family=False)
    if differences:
        raise DemoError(f"{target.package} did something else than {source.package}: {differences[0]}")
    if [call["tool"] for call in record["executed"]] != ["send_email"] or record["final_output"] != ANSWER:
        raise DemoError("the run did not send the one e-mail and end with the scripted answer")
    print(f"{source.package}, resuming {files[0]} itself, does the same.")


def timestep(folder: Path, *arguments: str) -> None:
    """Run `timestep` as a user would, and show the command and what it prints."""
    print(f"\n$ {shlex.join(['timestep', *arguments])}", flush=True)
    command = [sys.executable, "-m", "timestep", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, encoding="utf-8", check=False)
    for line in (done.stdout + done.stderr).splitlines():
        print(f"  {line}".rstrip())
    if done.returncode != 0:
        raise DemoError(f"timestep {arguments[0]} ended with {done.returncode}")


def ask(sdk: Sdk, op: str, **fields: Any) -> JSON:
    """Ask an SDK for an operation.

    Raises:
        DemoError: It failed.
    """
    answer = sdk.worker.ask(op, **fields)
    failure = answer.get("error") or answer.get("record", {}).get("error")
    if failure:
        raise DemoError(f"{sdk.package}: {op}: {failure}")
    return answer


def heading(text: str) -> None:
    """Print a heading."""
    print(f"\n{text}\n{'-' * len(text)}")


def shortened(text: str) -> str:
    """Give a text in one line, cut to what a line of the terminal holds."""
    line = " ".join(text.split())
    return line if len(line) <= 90 else f"{line[:87]}..."


if __name__ == "__main__":
    raise SystemExit(main())
