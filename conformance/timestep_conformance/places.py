"""Where the suite's data stands: in the package when it is installed, in the repository in a clone."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_ROOT = _PACKAGE.parents[1]


def _first(installed: Path, cloned: Path) -> Path:
    return installed if installed.is_dir() else cloned


CASES = _first(_PACKAGE / "_cases", _ROOT / "conformance" / "cases")
SETS = _first(_PACKAGE / "_sets", _ROOT / "conformance" / "sets")
FIXTURES = _first(_PACKAGE / "_fixtures", _ROOT / "fixtures")
SPEC = _first(_PACKAGE.parent / "timestep" / "_spec", _ROOT / "spec")

#: First part of a file's name in a case -> the folder.
FOLDERS = {"fixtures": FIXTURES, "spec": SPEC, "cases": CASES}


class SuiteError(Exception):
    """The suite itself is damaged or incomplete; the message says where and what to do."""


def file_at(name: str) -> Path:
    """Return the file that a case names, such as `fixtures/openai-agents-js/0.20.0/refusal.undecided.json`.

    Raises:
        SuiteError: no such folder, or a name that leads out of it.
    """
    first, _, rest = name.partition("/")
    folder = FOLDERS.get(first)
    if folder is None or ".." in rest.split("/"):
        raise SuiteError(f"{name}: files of cases lie in {', '.join(f'{known}/' for known in FOLDERS)}")
    return folder / rest
