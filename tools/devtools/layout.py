"""The places `tools/dev.py` reads and writes."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DEV = ROOT / ".dev"
VENV = DEV / "venv"
LOGS = DEV / "log"
# The paths the tests need, so that plain pytest works too (python/tests/conftest.py reads it).
RECORD = DEV / "environment.json"
SDK_JS = ROOT / "tools" / "sdk" / "js"
SERVERS = ROOT / "tools" / "servers"


def venv_bin(folder: Path = VENV) -> Path:
    """Return the folder of a virtual environment's programs."""
    return folder / ("Scripts" if os.name == "nt" else "bin")


def venv_python(folder: Path = VENV) -> Path:
    """Return a virtual environment's interpreter."""
    return venv_bin(folder) / ("python.exe" if os.name == "nt" else "python")


def shown(path: Path) -> str:
    """Return a path as people read it: relative to the repository where it lies inside."""
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else str(path)
