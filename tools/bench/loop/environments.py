"""The peers as `peers.toml` lists them, and the programs that drive them, each with an interpreter of its own."""

from __future__ import annotations

import hashlib
import os
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from devtools.layout import DEV, shown
from devtools.python_env import clean_environment
from devtools.steps import SetupError, run_step

HERE = Path(__file__).resolve().parent
SCRIPTS = HERE / "peers"
_HINT = "The peers come from PyPI. Look at the network, the proxy and pip's own settings (pip config list)."


class Peer(NamedTuple):
    """One that is measured; the fields are told in `peers.toml`."""

    name: str
    script: str
    requirements: tuple[str, ...] = ()
    measured: tuple[str, ...] = ()
    imports: Mapping[str, str] = MappingProxyType({})

    def interpreter(self) -> list[str]:
        """Return how its interpreter is started; an environment of its own is made when it is not there yet.

        Raises:
            SetupError: It can't be had.
        """
        if self.script.endswith(".mjs"):
            return [_node()]
        if not self.requirements:
            return [sys.executable]
        # -E and -s: nothing of this project's environment, or of the user's, is seen in there.
        return [str(_ensure(self)), "-E", "-s"]


def read_peers() -> dict[str, Peer]:
    """Return the peers by name, in the order of the file."""
    listed = tomllib.loads((HERE / "peers.toml").read_text(encoding="utf-8"))
    return {name: Peer(name, **fields) for name, fields in listed.items()}


def _node() -> str:
    node = os.environ.get("TIMESTEP_NODE")
    if not node:
        raise SetupError("TIMESTEP_NODE is not set", hint="Use: python3 tools/dev.py bench loop")
    return node


def _ensure(peer: Peer) -> Path:
    """Make an environment unless one for the same requirements was finished; return its interpreter."""
    folder = DEV / "bench" / peer.name
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    marker = folder / ".complete"
    key = hashlib.sha256("\n".join([sys.version, *peer.requirements]).encode()).hexdigest()
    if python.exists() and marker.is_file() and marker.read_text(encoding="utf-8") == key:
        return python
    marker.unlink(missing_ok=True)
    base = getattr(sys, "_base_executable", None) or sys.executable
    environment = clean_environment()
    run_step(f"making {shown(folder)}", [base, "-m", "venv", "--clear", folder], hint=_HINT, env=environment)
    pip = [python, "-m", "pip", "install", "--disable-pip-version-check", "--no-input", *peer.requirements]
    run_step(f"installing {peer.requirements[0]}", pip, hint=_HINT, env=environment)
    marker.write_text(key, encoding="utf-8")
    return python
