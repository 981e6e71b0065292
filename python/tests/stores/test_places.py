"""Places that can't be opened: they are refused by name, and nothing is kept elsewhere (stores.md)."""

import pytest

from timestep.errors import StorageError
from timestep.stores.run_states import DocumentStore as RunStateStore

pytestmark = pytest.mark.timeout(5)


def folder(place):
    """Make a folder."""
    place.mkdir()


def other_file(place):
    """Make a file of somebody else."""
    place.write_bytes(b"no database, but long enough to be taken for one" * 100)


def below_a_file(place):
    """Make a file where its folder should be."""
    place.parent.rmdir()
    place.parent.write_bytes(b"")


@pytest.mark.parametrize("kind", [folder, other_file, below_a_file])
async def test_a_path_that_can_not_be_opened_is_refused_by_name(tmp_path, monkeypatch, run, kind):
    """TS-STORE-010: by saving and by loading; the default place stays empty, and what is there stays as it is."""
    home, place = tmp_path / "home", tmp_path / "here" / "runs.sqlite3"
    monkeypatch.setenv("TIMESTEP_HOME", str(home))
    monkeypatch.chdir(tmp_path)
    place.parent.mkdir()
    kind(place)
    before = {path: path.read_bytes() if path.is_file() else None for path in tmp_path.rglob("*")}
    for use in (lambda store: store.save(run()), lambda store: store.load(), lambda store: store.list()):
        with pytest.raises(StorageError) as caught:
            await use(RunStateStore(connection=place))
        assert str(place) in caught.value.render()
    assert {path: path.read_bytes() if path.is_file() else None for path in tmp_path.rglob("*")} == before
