"""Where DBOS keeps its tables, and what is refused."""

import sqlite3
import sys
from types import SimpleNamespace

import pytest

from timestep import StorageError, UsageError, configure_dbos, ensure_dbos_launched
from timestep.workflows import place


def test_a_sqlite_that_is_too_old_is_named_with_what_to_do(monkeypatch):
    """TS-DUR-061: where no SQLite is new enough, the error says which it has, which it needs, and what to do."""
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 40, 1))
    monkeypatch.setattr(sqlite3, "sqlite_version", "3.40.1")
    monkeypatch.setitem(sys.modules, "pysqlite3", None)
    monkeypatch.setitem(sys.modules, "pysqlite3.dbapi2", None)
    with pytest.raises(StorageError) as caught:
        ensure_dbos_launched()
    assert caught.value.code == "sqlite-old"
    told = caught.value.render()
    assert all(part in told for part in ("3.42", "3.40.1", "pysqlite3-binary", "PG_CONNECTION_URI"))


@pytest.mark.parametrize("new", [True, False])
def test_the_first_sqlite_that_is_new_enough_is_taken(monkeypatch, new):
    """TS-DUR-061: Python's own SQLite is taken where it is new enough, else pysqlite3, which nothing else sees."""
    other = SimpleNamespace(sqlite_version_info=(3, 50, 0))
    monkeypatch.setitem(sys.modules, "pysqlite3", SimpleNamespace(dbapi2=other))
    monkeypatch.setitem(sys.modules, "pysqlite3.dbapi2", other)
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 42, 0) if new else (3, 41, 9))
    assert place.sqlite_module() is (sqlite3 if new else other)
    assert sys.modules["sqlite3"] is sqlite3


def test_files_are_readable_by_their_owner_alone(tmp_path):
    """TS-STORE-011: the files of workflows, and their folder, are for their owner alone."""
    ensure_dbos_launched()
    folder = tmp_path / "home"
    assert folder.stat().st_mode & 0o777 == 0o700
    modes = {path.name: path.stat().st_mode & 0o077 for path in folder.rglob("*") if path.is_file()}
    assert "workflows.sqlite3" in modes
    assert set(modes.values()) == {0}


def test_a_package_that_is_missing_is_named(monkeypatch):
    """TS-DUR-061: without the package dbos, the error says what to install."""
    monkeypatch.setattr(place.importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(UsageError, match="dbos") as caught:
        configure_dbos()
    assert caught.value.code == "dbos-missing"


def test_a_server_that_is_not_there_is_told_and_may_come(monkeypatch, tmp_path):
    """TS-DUR-061: a database that can not be reached is a typed error without its password, and may come later."""
    monkeypatch.setenv("PG_CONNECTION_URI", f"postgresql://ann:hush@/db?host={tmp_path}")
    with pytest.raises(StorageError) as caught:
        ensure_dbos_launched()
    assert "hush" not in caught.value.render()
    monkeypatch.delenv("PG_CONNECTION_URI")
    configure_dbos()
    ensure_dbos_launched()


def test_a_file_that_is_no_database_is_told(tmp_path):
    """TS-DUR-061: a file that SQLite can't read is a typed error, and DBOS can be launched elsewhere."""
    (tmp_path / "text").write_text("no database " * 100)
    configure_dbos(tmp_path / "text")
    with pytest.raises(StorageError) as caught:
        ensure_dbos_launched()
    assert caught.value.code == "dbos-launch"
    configure_dbos()
    ensure_dbos_launched()


def test_a_place_that_nothing_opens_is_refused():
    """TS-STORE-010: an address of another kind is refused by name."""
    with pytest.raises(UsageError) as caught:
        configure_dbos("mysql://localhost/db")
    assert caught.value.code == "store-unknown"


def test_both_schemes_of_postgresql_are_taken():
    """TS-STORE-010: SQLAlchemy takes one of the two, and is given that."""
    for scheme in ("postgres", "postgresql"):
        assert place.find_place(f"{scheme}://ann@h/db").url == "postgresql://ann@h/db"
