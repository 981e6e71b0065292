"""The set-up as a whole, and the environment variables it hands to the programs it starts."""

from __future__ import annotations

import json
import os
from typing import NamedTuple

from devtools.javascript import Node, ensure_node, ensure_packages
from devtools.layout import RECORD, SDK_JS, SERVERS, venv_bin, venv_python
from devtools.old_releases import Release, ensure_releases, installed
from devtools.python_env import clean_environment, ensure_venv
from devtools.steps import setup_lock


class Needs(NamedTuple):
    """What a command needs besides the virtual environment."""

    node: bool = False
    sdk: bool = False
    servers: bool = False
    old: tuple[Release, ...] = ()


def prepare(needs: Needs) -> dict[str, str]:
    """Set up what a command needs and return the environment it runs in.

    Raises:
        SetupError: When something can't be installed.
    """
    node: Node | None = None
    with setup_lock():
        ensure_venv()
        if any(needs):
            node = ensure_node()
        if needs.servers and node is not None:
            ensure_packages(node, SERVERS, "servers for the tests of model providers")
        if needs.sdk and node is not None:
            ensure_packages(node, SDK_JS, "the JavaScript SDK")
        if needs.old and node is not None:
            ensure_releases(node, needs.old)
        if (needs.sdk or needs.old) and node is not None:
            record = {**_contract(node), "old": installed()}
            RECORD.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    return _environment(node)


def _contract(node: Node) -> dict[str, str]:
    """Return the variables the tests and tools may rely on."""
    return {
        "TIMESTEP_NODE": str(node.path),
        "TIMESTEP_SDK_JS": str(SDK_JS),
        "TIMESTEP_SDK_PYTHON": str(venv_python()),
    }


def _environment(node: Node | None) -> dict[str, str]:
    """Return the environment with the programs just set up first on the path."""
    environment = clean_environment()
    folders = [str(venv_bin())]
    if node is not None:
        environment |= _contract(node)
        folders.append(str(node.path.parent))
    environment["PATH"] = os.pathsep.join([*folders, environment.get("PATH", "")])
    environment["VIRTUAL_ENV"] = str(venv_bin().parent)
    # Tests and samples start hundreds of Pythons, and without kept bytecode each compiles all it imports anew.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    # pyright-python would look for newer versions of itself, on the network and on stderr.
    environment["PYRIGHT_PYTHON_IGNORE_WARNINGS"] = "1"
    return environment
