#!/usr/bin/env python3
"""Measures Timestep beside its peers: saved states and their forms, the agent loop, and asking models.

    python3 tools/dev.py bench [state | older | forms | loop | providers] [--quick] [--rounds N] [--format json] ...

Without a name it is the bench of saved states. What is printed is CPU time, medians of several interleaved rounds, and
ratios: only those mean something on another machine. The goals are those of the project; nothing here passes or fails.
"""

from __future__ import annotations

import sys

_HELP = """usage: tools/dev.py bench [state | older | forms | loop | providers] [--quick] [--rounds N] [--format json]

  state      reading, writing and checking saved runs, beside both SDKs (the default)
  older      reading states of older numbers beside the current ones
  forms      a saved run as JSON and in binary form: sizes, writing, reading
  loop       turns, streaming, many runs at once and the start of a process, beside other agent packages
  providers  what asking a model costs, beside the providers' own clients, HTTP alone and other agent packages

Each has --help."""


def main(argv: list[str]) -> int:
    """Run the bench that is named."""
    if argv[:1] in (["-h"], ["--help"]):
        print(_HELP)
        return 0
    # Not above: what measures the start of processes, and the other bench, need none of it.
    if argv[:1] == ["loop"]:
        from loop.main import main as bench
    elif argv[:1] == ["providers"]:
        from providers.main import main as bench
    elif argv[:1] == ["older"]:
        from older import main as bench
    elif argv[:1] == ["forms"]:
        from forms import main as bench
    else:
        from state import main as bench
    return bench(argv[1:] if argv[:1] in (["loop"], ["providers"], ["older"], ["forms"], ["state"]) else argv)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
