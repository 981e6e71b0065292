"""Mutants of the reference, one at a time: `python conformance/testees/mutants NAME`; `--list` names them all.

A mutant is the reference in which one thing is wrong: a refusal that names a rule is left out, or a text of the source
is replaced by another one. Each line of the list has its `name`, its `profile`, and the `rule` or the `row` of
transitions.md that it breaks.
"""

import json
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "reference")]

from mutation import mutants, named, put_in_place  # noqa: E402 - it stands beside this file


def main(name: str) -> None:
    """Serve as a mutant, or list them."""
    if name == "--list":
        for mutant in mutants():
            sys.stdout.write(json.dumps(mutant.told()) + "\n")
        return
    mutant = named(name)
    if mutant is None:
        raise SystemExit(f"no mutant is called {name}")
    put_in_place(mutant)
    from serving import serve

    serve()


if __name__ == "__main__":
    main(sys.argv[1])
