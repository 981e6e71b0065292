#!/usr/bin/env python3
"""Measures Timestep beside its peers: saved states and their forms, the agent loop, its checkpoints, and asking models.

    python3 tools/dev.py bench [NAME] [--quick] [--rounds N] [--format json] ...

Without a name it is the bench of saved states. What is printed is CPU time, medians of several interleaved rounds, and
ratios: only those mean something on another machine. The goals are those of the project; nothing here passes or fails.
"""

from __future__ import annotations

import sys
from importlib import import_module

#: The benches, and the module that each is in.
_MODULES = {
    "state": "state",
    "older": "older",
    "forms": "forms",
    "loop": "loop.main",
    "checkpoints": "checkpoints.main",
    "providers": "providers.main",
}
_HELP = """usage: tools/dev.py bench [NAME] [--quick] [--rounds N] [--format json]

  state        reading, writing and checking saved runs, beside both SDKs (the default)
  older        reading states of older numbers beside the current ones
  forms        a saved run as JSON and in binary form: sizes, writing, reading
  loop         turns, streaming, many runs at once and the start of a process, beside other agent packages
  checkpoints  keeping a run in SQLite while it goes on: CPU, bytes, loading, beside other packages with durable runs
  providers    what asking a model costs, beside the providers' own clients, HTTP alone and other agent packages

Each has --help."""


def main(argv: list[str]) -> int:
    """Run the bench that is named."""
    if argv[:1] in (["-h"], ["--help"]):
        print(_HELP)
        return 0
    name = argv[0] if argv[:1] and argv[0] in _MODULES else ""
    # Not above: what measures the start of processes, and the other benches, need none of it.
    return import_module(_MODULES[name or "state"]).main(argv[1:] if name else argv)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
