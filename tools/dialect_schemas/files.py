"""Finds the saved states of a family: in folders, and in archives, of one package version each."""

from __future__ import annotations

import json
import re
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_ARCHIVE = ".tar.xz"
_STATE = re.compile(r"[a-z0-9_]+\.(un)?decided\.json")


def versions(folder: Path) -> list[Path]:
    """Return the folders and archives of a family's package versions, in a fixed order."""
    return [path for path in sorted(folder.iterdir()) if path.is_dir() or path.name.endswith(_ARCHIVE)]


def states(version: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the states of one package version with their names, `one_waiting.decided`, in a fixed order."""
    for name, text in _plain(version) if version.is_dir() else _archived(version):
        yield name.removesuffix(".json"), json.loads(text)


def _plain(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(folder.iterdir()):
        if _STATE.fullmatch(path.name):
            yield path.name, path.read_bytes()


def _archived(path: Path) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(path) as archive:
        for member in sorted(archive.getmembers(), key=lambda member: member.name):
            content = archive.extractfile(member)
            if content is not None and _STATE.fullmatch(Path(member.name).name):
                yield Path(member.name).name, content.read()


def runs(state: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield a run and all runs nested in it."""
    yield state
    processed = state.get("last_processed_response") or {}
    for function in processed.get("functions", []):
        if function.get("agent_run_state"):
            yield from runs(function["agent_run_state"])
    for text in (state.get("pendingAgentToolRuns") or {}).values():
        yield from runs(json.loads(text))
