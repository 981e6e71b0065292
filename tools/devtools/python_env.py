"""The virtual environment in `.dev/venv`: built anew when what it depends on changes, marked once it is complete."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tomllib

from devtools.layout import ROOT, VENV, shown, venv_python
from devtools.steps import SetupError, run_step

_MARKER = VENV / ".complete"
_VENV_HINT = (
    "Debian and Ubuntu keep this in a package of its own: apt-get install python3-venv.\n"
    "A full disk or a folder that can't be written to gives this too."
)
PIP_HINT = (
    "pip could not install the dependencies. Look at the network, the proxy and pip's own settings\n"
    "(pip config list), then run the same command again: it starts over by itself."
)


def ensure_venv() -> None:
    """Build the virtual environment unless a complete one for the same dependencies stands there.

    The marker is removed first and written last, so that an interrupted build is never taken for a finished one.

    Raises:
        SetupError: When venv or pip fails.
    """
    key = venv_key()
    if _MARKER.is_file() and _MARKER.read_text(encoding="utf-8") == key and venv_python().exists():
        return
    _MARKER.unlink(missing_ok=True)
    # Not the running interpreter: that may be the one of .dev/venv, which is about to be replaced.
    base = getattr(sys, "_base_executable", None) or sys.executable
    run_step(f"making {shown(VENV)}", [base, "-m", "venv", "--clear", VENV], hint=_VENV_HINT, env=clean_environment())
    pip_install("installing the Python packages", "--editable", f"{ROOT}[all,dev]")
    _MARKER.write_text(key, encoding="utf-8")


def venv_key() -> str:
    """Return a digest of what the environment depends on: dependencies and build settings, interpreter, place."""
    path = ROOT / "pyproject.toml"
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise SetupError(
            f"pyproject.toml can't be read: {error}", hint="Restore it (git checkout pyproject.toml)."
        ) from error
    # Settings of linters and of pytest change nothing that is installed.
    parts = [document.get("project"), document.get("build-system"), document.get("tool", {}).get("hatch")]
    parts += [sys.version, sys.base_prefix, str(ROOT)]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def pip_install(title: str, *arguments: str) -> None:
    """Install into the virtual environment.

    Raises:
        SetupError: When pip fails.
    """
    command = [venv_python(), "-m", "pip", "install", "--disable-pip-version-check", "--no-input", *arguments]
    run_step(title, command, hint=PIP_HINT, env=clean_environment())


def ask_python(code: str) -> str:
    """Return what a line of Python prints in the virtual environment, or nothing when it fails."""
    command = [venv_python(), "-c", code]
    answer = subprocess.run(command, capture_output=True, text=True, check=False, env=clean_environment())
    return answer.stdout.strip() if answer.returncode == 0 else ""


def clean_environment() -> dict[str, str]:
    """Return the environment without the variables that would lead one Python into another's packages."""
    leading = {"PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__"}
    return {name: value for name, value in os.environ.items() if name not in leading} | {"PYTHONNOUSERSITE": "1"}
