"""The fork server, and documents for its jobs."""

import re

import pytest

from .forks import ForkServer


@pytest.fixture(scope="session")
def forks():
    """Return the fork server."""
    server = ForkServer()
    yield server
    server.stop()


@pytest.fixture
def tell(capsys):
    """Return what prints a line whatever pytest captures: the counts that are asked for."""

    def told(text):
        with capsys.disabled():
            print(f"\n{text}")  # noqa: T201 - see above

    return told


@pytest.fixture(params=["sqlite", "postgres"])
def place(request, tmp_path):
    """Return a function that gives an empty place, as a job has it: a folder or a database, a new one each time."""
    if request.param == "postgres":
        postgres = request.getfixturevalue("postgres")
        return lambda _name="": {"url": postgres.database(), "folder": tmp_path}
    return lambda name="": {"folder": tmp_path / name}


@pytest.fixture(scope="session")
def example(repo_root):
    """Return the text of a run state."""
    text = (repo_root / "spec" / "state.md").read_text(encoding="utf-8")
    return re.search(r"```json RunState\n(.*?)```", text, re.DOTALL)[1]
