"""The spec as `explain` reads it: from the package when it is installed, from the repository in a clone."""

from __future__ import annotations

import re
import sys
from functools import cache
from pathlib import Path
from typing import Any, cast

from timestep.codec import strict_json
from timestep.errors import UsageError

REQUIREMENT = re.compile(r"TS-[A-Z]+-\d{3}")
AREA = re.compile(r"TS-[A-Z]+")


def folder() -> Path | None:
    """Find the spec; None when this installation has none."""
    package = Path(str(sys.modules["timestep"].__file__)).parent
    for place in (package / "_spec", package.parents[1] / "spec"):
        if (place / "errors.json").is_file():
            return place
    return None


@cache
def codes() -> dict[str, dict[str, str]]:
    """Read the registry of error codes.

    Raises:
        UsageError: this installation has no spec.
    """
    return cast("dict[str, dict[str, str]]", _read("errors.json")["codes"])


@cache
def requirements() -> dict[str, dict[str, Any]]:
    """Read the registry of requirements, by id and in its order; those that have `retired` hold no more.

    Raises:
        UsageError: this installation has no spec.
    """
    registry = _read("requirements.json")
    rows = cast("list[dict[str, Any]]", [*registry["requirements"], *registry["retired"]])
    return {row["id"]: row for row in rows}


def areas() -> list[str]:
    """Give the areas of the requirements, such as `TS-CORE`, in the order of the documents."""
    return list(dict.fromkeys(area(name) for name, row in requirements().items() if "retired" not in row))


def area(name: str) -> str:
    """Give the area of an id: `TS-CORE` of `TS-CORE-003`."""
    return name.rpartition("-")[0]


def _read(name: str) -> dict[str, Any]:
    place = folder()
    if place is None or not (place / name).is_file():
        raise UsageError("this installation of timestep came without its spec", code="io", help="install it again")
    return cast("dict[str, Any]", strict_json.loads((place / name).read_bytes()))
