"""Asks the package of a checkout, in a process of its own: the one that checks may have another one loaded."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

_HERE = Path(__file__).parent
_PATIENCE_S = 60


class SubjectError(Exception):
    """The package can't be asked; the text says why."""


def ask(root: Path, script: str, question: Any = None) -> Any:
    """Run a script of this folder, with the checkout's own package on its path; return its answer.

    Args:
        root: The checkout's root.
        script: Name of the script's file, which reads JSON from stdin and writes JSON to stdout.
        question: What it reads.

    Raises:
        SubjectError: It ends with an error, such as a package that can't be imported.
    """
    command = [sys.executable, "-P", "-B", "-W", "ignore", str(_HERE / script), str(root / "python")]
    text = json.dumps(question)
    try:
        done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=_PATIENCE_S, check=False)
    except subprocess.TimeoutExpired as error:
        raise SubjectError(f"{script} does not end") from error
    if done.returncode:
        raise SubjectError((done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1])
    return json.loads(done.stdout)
