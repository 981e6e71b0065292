"""What a check of the specification reports."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple


class Fault(NamedTuple):
    """One thing that is wrong, and where; lines count from 1."""

    file: Path
    line: int
    message: str
