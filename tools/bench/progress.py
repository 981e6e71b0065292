"""Tells on stderr what the bench is doing."""

from __future__ import annotations

import sys


def say(text: str, *, keep: bool = False) -> None:
    """Write one line that is written over on a terminal; elsewhere only what is worth keeping."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)
    elif keep:
        print(f"bench: {text}", file=sys.stderr, flush=True)
