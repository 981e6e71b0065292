"""Where things are kept: what an address, a path and the environment say (RULINGS R13)."""

from pathlib import Path

import pytest

from timestep.errors import UsageError
from timestep.storage.places import is_postgres, place_of, postgres_from_environment, sqlite_path

URL = "postgresql://ann:hunter2@db/x"


@pytest.mark.parametrize("set_to", [None, "", URL])
def test_what_is_given_no_place_is_where_the_environment_says(monkeypatch, set_to):
    """TS-STORE-016: an empty variable is as good as none."""
    monkeypatch.delenv("PG_CONNECTION_URI", raising=False)
    if set_to is not None:
        monkeypatch.setenv("PG_CONNECTION_URI", set_to)
    assert place_of(None) == postgres_from_environment() == (set_to or None)


def test_what_is_given_a_place_is_there(monkeypatch):
    """TS-STORE-010: an address of PostgreSQL stays a text, everything else is a file's path."""
    monkeypatch.setenv("PG_CONNECTION_URI", "postgresql:///other")
    assert place_of(URL) == URL
    assert [is_postgres(URL), is_postgres("postgres:///x"), is_postgres("x")] == [True, True, False]
    assert (
        place_of("a.sqlite3") == place_of(Path("a.sqlite3")) == sqlite_path("sqlite:///a.sqlite3") == Path("a.sqlite3")
    )
    assert place_of("sqlite:////a%20b") == Path("/a b")


@pytest.mark.parametrize("url", ["mysql://ann:hunter2@h/d", "sqlite://host/x", "postgresql+psycopg://ann:hunter2@h/d"])
def test_a_place_of_another_kind_is_refused(monkeypatch, url):
    """TS-STORE-010, TS-STORE-015: by its kind alone, because a password may stand in it."""
    monkeypatch.setenv("PG_CONNECTION_URI", url)
    for place in (None, url):
        with pytest.raises(UsageError) as caught:
            place_of(place)
        assert caught.value.code == "store-unknown"
        assert "hunter" not in caught.value.render()
