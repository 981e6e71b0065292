"""Files and functions stay short enough to be read."""

import ast
from pathlib import Path

import pytest

LONGEST_FILE = 500  # lines; the house style
LONGEST_FUNCTION = 60  # lines, from `def` to its last; the house style
PLACES = ("python/timestep", "tools", "conformance")
LANGUAGES = {".py", ".js", ".mjs", ".cjs", ".ts"}
NOT_OURS = {"node_modules", "v1", "__pycache__"}  # v1 is generated


def sources(folder: Path) -> list[Path]:
    """Return the source files people wrote in a folder."""
    found = (path for path in folder.rglob("*") if path.suffix in LANGUAGES and path.is_file())
    return sorted(path for path in found if NOT_OURS.isdisjoint(path.relative_to(folder).parts))


def too_long(folder: Path) -> list[str]:
    """Return the files and Python functions in a folder that are over the limits."""
    found: list[str] = []
    for path in sources(folder):
        text, name = path.read_text(encoding="utf-8"), path.relative_to(folder).as_posix()
        lines = len(text.splitlines())
        found += [f"{name}: {lines} lines"] if lines > LONGEST_FILE else []
        tree = ast.parse(text) if path.suffix == ".py" else ast.Module([], [])
        functions = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
        lengths = ((node, (node.end_lineno or node.lineno) - node.lineno + 1) for node in functions)
        found += [f"{name}:{node.lineno}: {node.name}, {n} lines" for node, n in lengths if n > LONGEST_FUNCTION]
    return found


@pytest.mark.parametrize("place", PLACES)
def test_files_and_functions_are_short(repo_root, place):
    """No file has over 500 lines, no function over 60."""
    assert sources(repo_root / place)
    assert too_long(repo_root / place) == []


def test_a_planted_long_file_and_a_long_function_are_reported(tmp_path):
    """The check is able to fail, and leaves generated and installed code alone."""
    (tmp_path / "long.py").write_text("x = 1\n" * (LONGEST_FILE + 1))
    (tmp_path / "long.mjs").write_text("x = 1\n" * (LONGEST_FILE + 1))
    (tmp_path / "function.py").write_text("class C:\n    async def f(self):\n" + "        x = 1\n" * LONGEST_FUNCTION)
    (tmp_path / "fine.py").write_text("def f():\n" + "    x = 1\n" * (LONGEST_FUNCTION - 1))
    for folder in ("v1", "node_modules"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "long.py").write_text("x = 1\n" * (LONGEST_FILE + 1))
    assert too_long(tmp_path) == ["function.py:2: f, 61 lines", "long.mjs: 501 lines", "long.py: 501 lines"]
