"""The folder of a case: files that are put there, locks that are held, and what a testee has left behind."""

from __future__ import annotations

import sqlite3
import stat
import sys
import threading
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from typing import Any, cast

from timestep_conformance.matching import difference, rows, shown
from timestep_conformance.payloads import content
from timestep_conformance.places import SuiteError

_HELD = 0.25  # seconds that others are kept waiting
_PATIENCE = 5.0  # seconds until rows are there that come in time
_PAUSE = 0.02


@dataclass
class Held:
    """What a testee was kept waiting for.

    Attributes:
        early: it was done before it had been let.
        wrong: why it could not be kept waiting.
    """

    early: bool = False
    wrong: str = ""


class Folder:
    """A folder that the suite shares with the processes of a testee.

    Args:
        path: where it is; it is empty.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def at(self, name: str) -> Path:
        """Return a place in it.

        Raises:
            SuiteError: the name leads out of it.
        """
        if name.startswith("/") or ".." in name.split("/"):
            raise SuiteError(f"{name!r} is no place in the folder of a case")
        return self.path / name

    def done(self, step: Mapping[str, Any]) -> str:
        """Do one step, and return what is not as expected; what is in the way was left there by a testee."""
        try:
            if "put" in step:
                self._put(step)
                return ""
            return self._queried(step) if "sql" in step else self._looked(step)
        except OSError as error:
            return f"a step can't be done: {error.strerror}"

    @contextmanager
    def meanwhile(self, step: Mapping[str, Any] | None) -> Generator[Held]:
        """Keep a testee waiting for a moment: for the lock of a file, or for a transaction of a database."""
        held = Held()
        if step is None:
            yield held
            return
        try:
            release = self._locked(step["lock"]) if "lock" in step else self._begun(step)
        except (OSError, sqlite3.Error) as error:
            held.wrong = f"{step.get('lock', step.get('sql'))}: {error}"
            yield held
            return
        let = threading.Event()

        def end() -> None:
            let.set()
            release()

        timer = threading.Timer(_HELD, end)
        timer.start()
        try:
            yield held
            held.early = not let.is_set()
        finally:
            timer.join()

    def _put(self, step: Mapping[str, Any]) -> None:
        path = self.at(step["put"])
        path.parent.mkdir(parents=True, exist_ok=True)
        if "link" in step:
            path.symlink_to(step["link"])
            return
        with path.open("ab" if step.get("append") else "wb") as file:
            file.write(content(step["content"]))

    def _queried(self, step: Mapping[str, Any]) -> str:
        """Have a SQLite file answer; what it answers to the last statement is compared."""
        deadline = monotonic() + (_PATIENCE if step.get("eventually") else 0)
        while True:
            found: list[Any] = []
            try:
                with closing(sqlite3.connect(self.at(step["sql"]), timeout=2, isolation_level=None)) as database:
                    for statement in step["do"]:
                        found = [list(row) for row in _executed(database, statement)]
            except sqlite3.Error as error:
                return f"{step['sql']}: {error}"
            differs = difference(step["rows"], found) if "rows" in step else None
            if not differs or monotonic() >= deadline:
                return f"{step['sql']}, {step['do'][-1][0]}: {differs}" if differs else ""
            sleep(_PAUSE)

    def _looked(self, step: Mapping[str, Any]) -> str:
        """Compare the files of the folder with those that have to be there."""
        there = {
            f"{path.relative_to(self.path).as_posix()}{'/' if path.is_dir() and not path.is_symlink() else ''}"
            for path in self.path.rglob("*")
        }
        wanted: Mapping[str, Mapping[str, Any]] = step["files"]
        if not step.get("others") and set(wanted) != there:
            return f"in the place are {shown(sorted(there))}, expected {shown(sorted(wanted))}"
        for name, look in wanted.items():
            if name not in there:
                return f"{name} is not there; there are {shown(sorted(there))}"
            found = _differs(self.at(name.rstrip("/")), look)
            if found:
                return f"{name}: {found}"
        return ""

    def _locked(self, name: str) -> Callable[[], None]:
        """Take the lock of a file; what is returned gives it up."""
        if sys.platform == "win32":
            raise SuiteError("the lock of a file can't be held on this system")
        import fcntl

        file = self.at(name).open("rb")
        fcntl.flock(file, fcntl.LOCK_EX)
        return file.close

    def _begun(self, step: Mapping[str, Any]) -> Callable[[], None]:
        """Begin to write to a database; what is returned ends it."""
        database = sqlite3.connect(self.at(step["sql"]), timeout=2, isolation_level=None, check_same_thread=False)
        try:
            database.execute("BEGIN IMMEDIATE")
            for statement in step["do"]:
                _executed(database, statement)
        except sqlite3.Error:
            database.close()
            raise

        def end() -> None:
            with closing(database), suppress(sqlite3.Error):  # what did not come of it is seen later
                database.execute("COMMIT")

        return end


def _executed(database: sqlite3.Connection, statement: Sequence[Any]) -> list[Any]:
    text, *values = statement
    given = [content(cast("dict[str, Any]", value)) if isinstance(value, dict) else value for value in values]
    return database.execute(text, given).fetchall()


def _differs(path: Path, look: Mapping[str, Any]) -> str:
    """Return how a file or folder differs from what it has to be."""
    if "mode" in look:
        mode = f"{stat.S_IMODE(path.lstat().st_mode):o}"
        if mode != look["mode"]:
            return f"its permissions are {mode}, expected {look['mode']}"
    if "link" in look and not (path.is_symlink() and path.readlink().as_posix() == look["link"]):
        return f"is no link to {look['link']} any more"
    if "content" in look and path.read_bytes() != content(look["content"]):
        return f"holds {shown(path.read_bytes().decode('utf-8', 'backslashreplace'))}"
    found = None
    if "lines" in look:
        text = path.read_bytes()
        try:
            found = difference(look["lines"], rows(text))
        except ValueError as error:
            return f"is no JSON Lines: {error}: {shown(text.decode('utf-8', 'backslashreplace'))}"
    return str(found) if found else ""
