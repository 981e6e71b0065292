"""Older releases of both SDKs in `.dev/old`: those tests resume states with, and those that fixtures come from.

Python releases get an environment each, which uv fills from its cache in about a second. JavaScript releases are npm
workspaces of one folder, so that what they have in common is there once.
"""

from __future__ import annotations

import json
import os
import subprocess
import venv
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from devtools.javascript import Node, npm_install
from devtools.layout import DEV, ROOT, venv_python
from devtools.python_env import PIP_HINT, ask_python, clean_environment, pip_install
from devtools.steps import SetupError, run_step

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

PYTHON = "openai-agents-python"
JS = "openai-agents-js"
VERSIONS = ROOT / "tools" / "sdk" / "versions.json"
OLD = DEV / "old"
_UV = "uv>=0.9,<1"


class Release(NamedTuple):
    """A published version of an SDK, and the exact versions of packages beside it."""

    family: str
    version: str
    packages: dict[str, str]

    @property
    def folder(self) -> Path:
        """Where it is installed."""
        return OLD / self.family / self.version


def listed(only: Collection[str] = (), *, testees: bool = False) -> tuple[Release, ...]:
    """Return the releases of `tools/sdk/versions.json`: all, those of these versions, or those tests resume with."""
    document = json.loads(VERSIONS.read_text(encoding="utf-8"))
    return tuple(
        Release(family, row["version"], row.get("packages", {}))
        for family in (PYTHON, JS)
        for row in document[family]
        if (not only or row["version"] in only) and (not testees or row.get("testee"))
    )


def ensure_releases(node: Node, releases: Iterable[Release]) -> None:
    """Install the releases that are not there yet.

    Raises:
        SetupError: When uv, pip or npm fails.
    """
    wanted = list(releases)
    _ensure_python([release for release in wanted if release.family == PYTHON and not _complete(release)])
    _ensure_javascript(node, [release for release in wanted if release.family == JS])


def installed() -> dict[str, dict[str, str]]:
    """Return what is installed: family, version, and the interpreter (Python) or the package's folder (JavaScript)."""
    found: dict[str, dict[str, str]] = {PYTHON: {}, JS: {}}
    there = _workspaces()
    for release in listed():
        if release.family == PYTHON and _complete(release):
            found[PYTHON][release.version] = str(venv_python(release.folder))
        elif release.family == JS and there.get(release.version) == release.packages:
            found[JS][release.version] = str(release.folder)
    return found


def _complete(release: Release) -> bool:
    """Tell whether the environment of a Python release stands, with these very packages."""
    marker = release.folder / ".complete"
    return marker.is_file() and marker.read_text(encoding="utf-8") == json.dumps(release.packages)


def _ensure_python(releases: list[Release]) -> None:
    """Build an environment for each release; the marker is written last, so that half of one is built anew."""
    uv = _uv() if releases else None
    for release in releases:
        venv.create(release.folder, clear=True, with_pip=False)
        requirements = [f"openai-agents=={release.version}", *(f"{n}=={v}" for n, v in release.packages.items())]
        uv = _install(uv, release, requirements)
        (release.folder / ".complete").write_text(json.dumps(release.packages), encoding="utf-8")


def _install(uv: Path | None, release: Release, requirements: list[str]) -> Path | None:
    """Install with uv, else with pip, which may know an index that uv does not; return uv while it works."""
    title, python = f"installing openai-agents {release.version}", venv_python(release.folder)
    if uv is not None:
        try:
            command = [uv, "pip", "install", "--no-progress", "--python", python, *requirements]
            run_step(title, command, hint=PIP_HINT, env=clean_environment())
        except SetupError:
            uv = None
        else:
            return uv
    command = [venv_python(), "-m", "pip", "--python", python, "install", "--no-compile", *requirements]
    run_step(f"{title} with pip", command, hint=PIP_HINT, env=clean_environment())
    return uv


def _uv() -> Path | None:
    """Return uv from the virtual environment, where pip puts it; it runs on most machines, but need not."""
    find = "import uv; print(uv.find_uv_bin())"
    try:
        if not _runs(ask_python(find)):
            pip_install("installing uv", _UV)
    except SetupError:
        return None
    program = ask_python(find)
    return Path(program) if _runs(program) else None


def _runs(program: str) -> bool:
    """Tell whether there is such a program and it starts."""
    try:
        answer = subprocess.run([program, "--version"], capture_output=True, check=False)
    except OSError:
        return False
    return answer.returncode == 0


def _ensure_javascript(node: Node, releases: list[Release]) -> None:
    """Install the releases, and with them those that are there already: npm removes what is no longer listed."""
    there = _workspaces()
    if all(there.get(release.version) == release.packages for release in releases):
        return
    root = OLD / JS
    listed_now = {release.version: release.packages for release in listed() if release.family == JS}
    wanted = {version: packages for version, packages in there.items() if listed_now.get(version) == packages}
    wanted |= {release.version: release.packages for release in releases}
    (root / ".complete").unlink(missing_ok=True)
    _write_workspaces(root, wanted)
    npm_install(node, root, f"{len(wanted)} releases of @openai/agents")
    (root / ".complete").write_text(json.dumps(wanted), encoding="utf-8")


def _workspaces() -> dict[str, dict[str, str]]:
    """Return the JavaScript releases that are installed, with the packages pinned for them."""
    marker = OLD / JS / ".complete"
    return json.loads(marker.read_text(encoding="utf-8")) if marker.is_file() else {}


def _write_workspaces(root: Path, releases: dict[str, dict[str, str]]) -> None:
    """Write a manifest for npm with one workspace a release."""
    _write(root, {"private": True, "workspaces": list(releases)})
    for version, packages in releases.items():
        name = f"agents-{version}"
        dependencies = {"@openai/agents": version, **packages}
        _write(root / version, {"private": True, "name": name, "version": "0.0.0", "dependencies": dependencies})


def _write(folder: Path, manifest: dict[str, object]) -> None:
    """Write a package.json."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "package.json").write_text(json.dumps(manifest, indent=2) + os.linesep, encoding="utf-8")
