"""The version of the package this command belongs to."""

from __future__ import annotations

import sys


def version() -> str:
    """Give the version; it is taken from the loaded package, which nothing inside may import (the floors)."""
    return str(vars(sys.modules["timestep"])["__version__"])
