"""Every kind of store, and documents to put into them."""

import json
import re
from pathlib import Path

import pytest
from msgspec.structs import replace

from timestep.codec import document as codec
from timestep.stores.memory import MemoryKeeper
from timestep.stores.run_states import DocumentStore as RunStateStore

SPEC = Path(__file__).resolve().parents[3] / "spec"
EXAMPLE = re.search(r"```json RunState\n(.*?)```", (SPEC / "state.md").read_text(encoding="utf-8"), re.DOTALL)[1]


@pytest.fixture
def run():
    """Return a function that makes a run's document: its id, revision, step and a note to tell it by."""

    def made(name="r1", revision=6, step="interrupted", note=""):
        value = json.loads(EXAMPLE)
        value["x-note"] = note
        if step != "interrupted":
            value["runs"][0]["step"] = {"type": step}
        return replace(codec.decode(json.dumps(value).encode()), id=name, revision=revision)

    return made


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def opened(request, tmp_path):
    """Return a function that opens the store of a session, each time a new object over the same records."""
    if request.param == "postgres":
        place = request.getfixturevalue("database")
    else:
        place = MemoryKeeper() if request.param == "memory" else tmp_path / "runs.sqlite3"
    return lambda session="s1": RunStateStore(session_id=session, connection=place)
