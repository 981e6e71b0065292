"""Writes the fixtures of older releases: one archive for each release that `versions.json` lists.

Which releases are installed where is read from the record of `tools/dev.py`, which calls this script.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from archives import pack  # noqa: E402  (a script folder, not a package)
from client import Worker  # noqa: E402
from generate import Writer, generate, merge_sources, read_scenarios, refuse_keys  # noqa: E402

JSON = dict[str, Any]
SCRIPT = "tools/sdk/generate_old.py"
VERSIONS = HERE / "versions.json"
WRITERS = {"openai-agents-python": "python", "openai-agents-js": "js"}


@dataclass
class Archive(Writer):
    """An older SDK's worker; its files are held until all are there."""

    files: dict[str, bytes] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)

    def put(self, scenario: str, kind: str, text: str, decided: bool | None) -> None:
        """Hold one file, byte for byte as given."""
        self.files[f"{scenario}.{kind}.json"] = text.encode("utf-8")

    def leave_out(self, scenario: str, reason: str) -> None:
        """Drop what there is of a scenario that this release cannot play, and note why."""
        self.files = {name: data for name, data in self.files.items() if name.split(".")[0] != scenario}
        self.left_out[scenario] = reason

    def close(self) -> JSON:
        """Write the archive and give its entry for `sources.json`."""
        place = self.folder.with_name(f"{self.hello['version']}.tar.xz")
        data = pack(self.files)
        (self.out / place).write_bytes(data)
        return {
            "file": place.as_posix(),
            "kind": "archive",
            "writer": place.parent.as_posix(),
            "version": self.hello["version"],
            "schema_version": self.hello["schema_version"],
            "packages": self.hello["packages"],
            "scenarios": sorted({name.split(".")[0] for name in self.files}),
            "left_out": self.left_out,
            "script": SCRIPT,
            "sha256": hashlib.sha256(data).hexdigest(),
        }


def start(family: str, install: str, node: str) -> Worker:
    """Start the worker of an installed release: `install` is its Python, or the folder of its npm package."""
    if family == "openai-agents-python":
        return Worker([install, str(HERE / "worker.py")])
    return Worker([node, str(HERE / "js" / "worker.mjs")], environment={"TIMESTEP_JS_SDK": install})


def generate_archive(family: str, row: JSON, worker: Worker, out: Path, scenarios: list[JSON]) -> JSON:
    """Write the archive of one release and give its entry; what the release cannot play is left out by name."""
    archive = Archive(WRITERS[family], worker, out, worker.ask("hello"))
    found = (archive.hello["version"], archive.hello["schema_version"])
    if found != (row["version"], row["number"]):
        sys.exit(f"{VERSIONS.name} lists {family} {row['version']} with number {row['number']}; installed is {found}")
    (out / family).mkdir(parents=True, exist_ok=True)
    for scenario in scenarios:
        if WRITERS[family] not in scenario.get("writers", WRITERS.values()):
            continue
        word = generate(archive, scenario)
        if not word.startswith("ok"):
            # The rest of a long message is a dump of what some schema expected.
            reason = word.splitlines()[0].removeprefix("left out: ").replace("FAILED", "fails", 1).rstrip(" [")
            archive.leave_out(scenario["name"], reason)
    return archive.close()


def chosen(versions: JSON, only: list[str]) -> list[tuple[str, JSON]]:
    """Give the family and row of each release whose archive is asked for."""
    rows = [(family, row) for family in WRITERS for row in versions[family]]
    unknown = set(only) - {row["version"] for _, row in rows}
    if unknown:
        sys.exit(f"{VERSIONS.name} does not list {', '.join(sorted(unknown))}")
    return [(family, row) for family, row in rows if not only or row["version"] in only]


def main() -> None:
    """Write the archives of all older releases, or of some."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--installed", type=Path, required=True, help="the record of tools/dev.py")
    parser.add_argument("--node", default="node")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--version", action="append", default=[], help="only this release")
    options = parser.parse_args()
    refuse_keys()
    versions = json.loads(VERSIONS.read_text(encoding="utf-8"))
    installed = json.loads(options.installed.read_text(encoding="utf-8"))["old"]
    scenarios = read_scenarios(versions["scenarios"])
    for family, row in chosen(versions, options.version):
        version = row["version"]
        with start(family, installed[family][version], options.node) as worker:
            entry = generate_archive(family, row, worker, options.out, scenarios)
        # After each one: a run that is broken off keeps what it has made.
        merge_sources(options.out, [entry], partial=True)
        made, missed = len(entry["scenarios"]), len(entry["left_out"])
        print(f"{family:20} {version:8} {entry['schema_version']:5} {made} scenarios, {missed} left out", flush=True)


if __name__ == "__main__":
    main()
