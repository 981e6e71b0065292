"""The table of promises: each number stands there once, and names a test that exists, or what it waits for."""

import ast
import re

ROW = re.compile(r"^\| (\d+) \| ([^|]+) \| (?:`([^`]+)`|to come: ([^|]+)) \|$", re.MULTILINE)
TEST = re.compile(r"^(?P<file>[\w/]+\.py)::(?P<name>\w+)(?:\[(?P<case>[^\]]+)\])?$")
PROMISES = 115  # rows of the list that the project was begun with


def rows(repo_root):
    """Return the rows of the table: number, promise, test, and what it waits for."""
    return ROW.findall((repo_root / "python/docs/features.md").read_text(encoding="utf-8"))


def test_every_promise_stands_there_once(repo_root):
    """No promise is lost, and none can be read in two ways."""
    assert [int(number) for number, *_ in rows(repo_root)] == list(range(1, PROMISES + 1))


def test_every_test_that_is_named_exists(repo_root):
    """A test that was renamed or removed no longer holds a promise."""
    for number, _, test, waits in rows(repo_root):
        if waits:
            continue
        named = TEST.match(test)
        assert named, f"{number}: {test}"
        path = repo_root / "python/tests" / named["file"]
        assert path.is_file(), f"{number}: {test}"
        tree = ast.parse(path.read_text(encoding="utf-8"))
        functions = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
        assert named["name"] in functions, f"{number}: {test}"
        case = named["case"]
        assert case is None or (repo_root / "python/docs" / case).is_file(), f"{number}: {test}"
