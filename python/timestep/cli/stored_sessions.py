"""The conversations that sessions have kept in one place: a SQLite file, a database, or a folder of JSON Lines."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from difflib import get_close_matches
from pathlib import Path
from typing import Any, cast

import msgspec

from timestep.cli.output import file_name
from timestep.codec import strict_json
from timestep.errors import CodecError, UsageError
from timestep.sessions.chat_lines import is_header
from timestep.sessions.file import FileSession
from timestep.sessions.postgres import PostgresSession
from timestep.sessions.protocol import Session
from timestep.sessions.sqlite import FILE, SQLiteSession
from timestep.storage.folders import data_folder
from timestep.storage.names import parts_of
from timestep.storage.places import postgres_from_environment
from timestep.storage.refusals import database_refused, refused

_ENDING = ".jsonl"
_NEWEST_FIRST = "SELECT session, count(*) FROM items GROUP BY session ORDER BY max(id) DESC"


class Stored(msgspec.Struct, frozen=True, omit_defaults=True):
    """A session that has been kept; in a folder it is the conversation of an agent."""

    session_id: str
    items: int
    agent: str | None = None
    conversation_id: str | None = None

    def fields(self) -> dict[str, Any]:
        """Give it as JSON output has it (cli-sessions.schema.json)."""
        return cast("dict[str, Any]", msgspec.to_builtins(self))


class Place(msgspec.Struct, frozen=True):
    """Where sessions are kept."""

    path: Path
    is_folder: bool = False
    url: str | None = None

    @property
    def name(self) -> str:
        """The name to show."""
        return file_name(str(self.path)) if self.url is None else PostgresSession(connection=self.url).place

    def listed(self) -> list[Stored]:
        """List the sessions: of a file or database the one written to last first, of a folder by name.

        Raises:
            StorageError: the system refused, or the file is no database of sessions.
        """
        if self.url is not None:
            counts = PostgresSession(connection=self.url).counts()
            return [Stored(session, count) for session, count in asyncio.run(counts)]
        if not self.path.exists():
            return []
        return list(_in_folder(self.path)) if self.is_folder else _in_file(self.path)

    def find(self, name: str) -> Stored:
        """Find a session by its id, or a conversation in a folder by its own.

        Raises:
            UsageError: there is none, or several have the id.
        """
        known = self.listed()
        found = [each for each in known if each.session_id == name.removesuffix(_ENDING if self.is_folder else "")]
        found = found or [each for each in known if each.conversation_id == name]
        if len(found) == 1:
            return found[0]
        if found:
            told = f"{len(found)} agents have a conversation {name!r}"
            raise UsageError(told, help=f"name one: {', '.join(each.session_id for each in found)}")
        near = get_close_matches(name, [each.session_id for each in known], n=3)
        help_text = f"did you mean {' or '.join(near)}?" if near else "timestep sessions list"
        raise UsageError(f"no session {name!r} is kept in {self.name}", help=help_text)

    def opened(self, stored: Stored) -> Session:
        """Return a session of this place."""
        if self.url is not None:
            return PostgresSession(stored.session_id, self.url)
        if stored.agent is None or stored.conversation_id is None:
            return SQLiteSession(stored.session_id, self.path)
        return FileSession(stored.agent, stored.conversation_id, storage_dir=self.path)


def place_of(file: str | None, folder: str | None) -> Place:
    """Return where to look: where `Session()` keeps its items unless a file or a folder is named.

    Raises:
        UsageError: both are named, or the environment names a place that can't be opened.
    """
    if file is not None and folder is not None:
        raise UsageError("--file and --dir name two places")
    if folder is not None:
        return Place(Path(folder).absolute(), is_folder=True)
    if file is not None:
        return Place(Path(file).absolute())
    return Place(data_folder() / FILE, url=postgres_from_environment())


def _in_file(path: Path) -> list[Stored]:
    """List the sessions of a SQLite file, which is opened for reading alone."""
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
            return [Stored(session, count) for session, count in connection.execute(_NEWEST_FIRST)]
    except sqlite3.Error as error:
        raise database_refused(error, path) from error


def _in_folder(folder: Path) -> Iterator[Stored]:
    """List the conversations of a folder; files whose names are no sessions' are passed over."""
    try:
        for path in sorted(folder.glob(f"*{_ENDING}")):
            lines = path.read_bytes().splitlines()
            header = lines[0] if lines and is_header(lines[0]) else None
            parts = parts_of(path.name.removesuffix(_ENDING), 2) or _told(header)
            if parts is not None:
                count = sum(bool(line.strip()) for line in lines) - (header is not None)
                yield Stored(path.name.removesuffix(_ENDING), count, *parts)
    except OSError as error:
        raise refused(error, folder, "read") from error


def _told(header: bytes | None) -> tuple[str, str] | None:
    """Return agent and conversation as a header tells them."""
    if header is None:
        return None
    try:
        told = cast("dict[str, Any]", strict_json.loads(header))
    except CodecError:
        return None
    agent, conversation = told.get("agent_name"), told.get("session_id")
    return (agent, conversation) if isinstance(agent, str) and isinstance(conversation, str) else None
