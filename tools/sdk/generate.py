"""Writes the state fixtures: what each SDK saves for each scenario, and what it does on resume."""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from client import Worker  # noqa: E402  (a script folder, not a package)

JSON = dict[str, Any]
SCRIPT = "tools/sdk/generate.py"
FOLDERS = {"python": "openai-agents-python", "js": "openai-agents-js"}
KEYS = ("OPENAI_API_KEY", "OPENAI_ADMIN_KEY", "ANTHROPIC_API_KEY", "OLLAMA_API_KEY")


@dataclass
class Writer:
    """One SDK's worker and the place its files go to."""

    name: str
    worker: Worker
    out: Path
    hello: JSON
    sources: list[JSON] = field(default_factory=list)

    @property
    def folder(self) -> Path:
        """The folder of this writer and version, relative to the output."""
        return Path(FOLDERS[self.name]) / self.hello["version"]

    def put(self, scenario: str, kind: str, text: str, decided: bool | None) -> None:
        """Write one file, byte for byte as given, and note where it came from."""
        place = self.folder / f"{scenario}.{kind}.json"
        data = text.encode("utf-8")
        (self.out / place).write_bytes(data)
        self.sources.append(
            {
                "file": place.as_posix(),
                "kind": "state" if kind in ("undecided", "decided") else kind,
                "writer": FOLDERS[self.name],
                "version": self.hello["version"],
                "schema_version": self.hello["schema_version"],
                "scenario": scenario,
                "decided": decided,
                "script": SCRIPT,
                "sha256": hashlib.sha256(data).hexdigest(),
            }
        )


def refuse_keys() -> None:
    """End the program when an API key is set: nothing here may reach a network."""
    found = [name for name in KEYS if os.environ.get(name)]
    if found:
        sys.exit(f"refusing to run: {', '.join(found)} is set")


def read_scenarios(only: list[str]) -> list[JSON]:
    """Read the scenarios, in order of their names."""
    paths = sorted((HERE / "scenarios").glob("*.json"))
    scenarios = [json.loads(path.read_text(encoding="utf-8")) for path in paths]
    for path, scenario in zip(paths, scenarios, strict=True):
        if scenario["name"] != path.stem:
            sys.exit(f"{path.name}: holds a scenario named {scenario['name']!r}")
    return [s for s in scenarios if (s["name"] in only if only else not s.get("only_old"))]


def resume_all(writer: Writer, scenario: JSON, saved: JSON) -> JSON:
    """Let the SDK that wrote the states resume them, with all later rounds."""
    start = {"scenario": scenario, "served": saved["served"]}
    if "session" in saved["record"]:
        start["session_items"] = saved["record"]["session"]
    outcome: JSON = {"served": saved["served"], "first": saved["record"]}
    reply = writer.worker.ask("resume", **start, state=saved["undecided"], decide=False)
    outcome["undecided"] = record_of(reply)
    if saved["decided"] is None:
        return outcome
    reply = writer.worker.ask("resume", **start, state=saved["decided"], decide=False)
    outcome["decided"] = record_of(reply)
    outcome["rounds"] = []
    for number in range(1, len(scenario.get("rounds", [])) + 1):
        again = {"scenario": scenario, "served": reply["served"], "state": reply["state"]}
        if "session" in reply["record"]:
            again["session_items"] = reply["record"]["session"]
        reply = writer.worker.ask("resume", **again, decide=True, round=number)
        outcome["rounds"].append(record_of(reply))
    return outcome


def record_of(reply: JSON) -> JSON:
    """Give a reply's record, with an error of loading or deciding put into it."""
    record = reply.get("record") or {}
    return {**record, "error": reply["error"]} if "error" in reply else record


def pretty(value: Any) -> str:
    """Encode our own documents; everything is escaped, as records may hold lone surrogates."""
    return json.dumps(value, indent=1) + "\n"


def generate(writer: Writer, scenario: JSON) -> str:
    """Write all files of one scenario and tell in a word how it went."""
    name = scenario["name"]
    saved = writer.worker.ask("save", scenario=scenario)
    if "error" in saved:
        return failure_of(saved)
    writer.put(name, "undecided", saved["undecided"], False)
    if saved["decided"] is not None:
        writer.put(name, "decided", saved["decided"], True)
    outcome = resume_all(writer, scenario, saved)
    writer.put(name, "outcome", pretty(outcome), None)
    if "session" in saved["record"]:
        writer.put(name, "session", pretty(saved["record"]["session"]), None)
    error = outcome.get("decided", outcome["undecided"])["error"]
    return f"ok, resume ends with {error['type']}" if error else "ok"


def failure_of(saved: JSON) -> str:
    """Tell in a word why a scenario has no files: an SDK that lacks what it asks for has not failed."""
    error = saved["error"]
    if error["stage"] == "request":
        return f"left out: {error['message']}"
    before = (saved.get("record") or {}).get("error")
    cause = f" ({before['type']}: {before['message']})" if before else ""
    return f"FAILED at {error['stage']}: {error['message']}{cause}"


def generate_writer(name: str, command: list[str], out: Path, scenarios: list[JSON]) -> tuple[list[JSON], int]:
    """Write all files of one SDK; give their sources and how many scenarios failed."""
    failed = 0
    with Worker(command) as worker:
        writer = Writer(name, worker, out, worker.ask("hello"))
        (out / writer.folder).mkdir(parents=True, exist_ok=True)
        for scenario in scenarios:
            if name not in scenario.get("writers", list(FOLDERS)):
                continue
            word = generate(writer, scenario)
            print(f"{name:6} {scenario['name']:50} {word}", flush=True)
            failed += word.startswith("FAILED")
    return writer.sources, failed


def remove_stale(out: Path, folder: Path, made: set[str]) -> None:
    """Remove files of scenarios that are no more."""
    for path in (out / folder).glob("*.json"):
        if (folder / path.name).as_posix() not in made:
            path.unlink()


def merge_sources(out: Path, fresh: list[JSON], *, partial: bool) -> None:
    """Write sources.json; what other writers, versions or (if partial) scenarios have stays."""
    path = out / "sources.json"
    old = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    made = {entry["file"] for entry in fresh}
    kept = [entry for entry in old if entry["file"] not in made]
    if not partial:
        folders = {Path(entry["file"]).parent for entry in fresh}
        kept = [entry for entry in kept if Path(entry["file"]).parent not in folders]
        for folder in folders:
            remove_stale(out, folder, made)
    entries = sorted(kept + fresh, key=lambda entry: entry["file"])
    path.write_text(json.dumps(entries, indent=1) + "\n", encoding="utf-8")


def main() -> None:
    """Generate the fixtures of both writers, or of one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python", default=sys.executable, help="Python with openai-agents")
    parser.add_argument("--node", default="node")
    parser.add_argument("--worker-js", type=Path, default=HERE / "js" / "worker.mjs")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--only", choices=list(FOLDERS), help="one writer only")
    parser.add_argument("--scenario", action="append", default=[], help="only this scenario")
    options = parser.parse_args()
    refuse_keys()
    commands = {
        "python": [options.python, str(HERE / "worker.py")],
        "js": [options.node, str(options.worker_js)],
    }
    scenarios = read_scenarios(options.scenario)
    fresh: list[JSON] = []
    failures = 0
    for name in [options.only] if options.only else list(FOLDERS):
        sources, failed = generate_writer(name, commands[name], options.out, scenarios)
        fresh += sources
        failures += failed
    merge_sources(options.out, fresh, partial=bool(options.scenario))
    if failures:
        sys.exit(f"{failures} scenarios failed")


if __name__ == "__main__":
    main()
