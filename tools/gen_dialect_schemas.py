#!/usr/bin/env python3
"""Makes the JSON Schemas of the SDKs' run states (spec/dialects/<family>/<number>.schema.json) of what they have saved.

    python3 tools/gen_dialect_schemas.py [--write] [--fixtures FOLDER]

Each schema comes from all fixtures of its number, along the plan of its family in tools/dialect_schemas. A member or a
value that the plan does not foresee is an error that names it. Without --write it names the schemas that would change,
and ends with 1 if any would.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path

from dialect_schemas import js_plan, python_plan
from dialect_schemas.build import Builder
from dialect_schemas.files import runs, states, versions
from dialect_schemas.observe import Observed, observe
from dialect_schemas.plan import read
from timestep.dialects.detect import JS, NUMBERS, PYTHON

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "spec" / "dialects"
PLANS = {PYTHON: read(python_plan.TEXT), JS: read(js_plan.TEXT)}


class PlanError(Exception):
    """The files of a number are not as the plan says; holds a line for each surprise."""


def schemas(family: str, fixtures: Path) -> Iterator[tuple[str, str]]:
    """Yield the numbers of a family with the text of their schemas.

    Raises:
        PlanError: the files have what the plan does not foresee, or there is no file of a number.
    """
    rows = NUMBERS[family]
    seen = {row.number: Observed(row.number) for row in rows}
    for version in versions(fixtures / family):
        for _, state in states(version):
            for run in runs(state):
                observe(seen[run["$schemaVersion"]], PLANS[family], run)
    faults = [f"{family} {number}: {fault}" for number, found in seen.items() for fault in sorted(found.surprises)]
    faults += [f"{family} {number}: there is no fixture" for number, found in seen.items() if not found.shapes]
    if faults:
        raise PlanError("\n".join(faults))
    for row in rows:
        schema = Builder(PLANS[family], seen[row.number], rows, row).schema(family)
        yield row.number, json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def main(arguments: list[str]) -> int:
    """Write the schemas, or say which would change."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0], allow_abbrev=False)
    parser.add_argument("--write", action="store_true", help="write the schemas that would change")
    parser.add_argument("--fixtures", type=Path, default=ROOT / "fixtures", help="another folder of saved states")
    options = parser.parse_args(arguments)
    changed: list[Path] = []
    for family in PLANS:
        try:
            made = {OUT / family / f"{number}.schema.json": text for number, text in schemas(family, options.fixtures)}
        except PlanError as error:
            print(error, file=sys.stderr)
            return 2
        changed += [path for path, text in made.items() if not path.is_file() or path.read_text("utf-8") != text]
        changed += sorted(set((OUT / family).glob("*.json")) - set(made))
        if options.write:
            _write(OUT / family, made)
    for path in changed:
        print(path.relative_to(ROOT), file=sys.stderr)
    print(f"gen_dialect_schemas: {len(changed)} {'written' if options.write else 'would change'}", file=sys.stderr)
    return 1 if changed and not options.write else 0


def _write(folder: Path, made: dict[Path, str]) -> None:
    folder.mkdir(exist_ok=True)
    for path in set(folder.glob("*.json")) - set(made):
        path.unlink()
    for path, text in made.items():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
