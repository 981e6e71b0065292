"""What every session offers, and the rules all of them share for ids, items and limits (sessions.md)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, Self, cast, runtime_checkable

from timestep.codec import strict_json
from timestep.codec.pointer import join
from timestep.errors import CodecError, SessionError, UsageError
from timestep.storage.places import place_of
from timestep.types.base import Item

# What is stored was written by us, so it is read at any size; a text that is too large for a reader of foreign files
# must not be lost here.
ANY_SIZE = strict_json.Limits(max_bytes=1 << 62, max_items=1 << 62, max_string=1 << 62)


@runtime_checkable
class SessionProtocol(Protocol):
    """What a run needs of a session; sessions of other packages fit as well."""

    async def get_items(self, limit: int | None = None) -> list[Item]:
        """Give the last `limit` items, or all of them, oldest first."""
        ...

    async def add_items(self, items: list[Item]) -> None:
        """Add items at the end."""
        ...

    async def pop_item(self) -> Item | None:
        """Remove the last item and give it."""
        ...

    async def clear_session(self) -> None:
        """Remove all items."""
        ...


class Session:
    """A list of items that outlives a run. `Session()` is the default one, with the id "default" (TS-SESS-023).

    It is kept in the PostgreSQL database that `PG_CONNECTION_URI` names, else in SQLite. Items are wire items of the
    Responses API, or chat messages with a role and content. The objects that are given out are the caller's own;
    changing them changes nothing in the session.

    Args:
        session_id: what tells it from others of its kind.
        connection: where it is kept: `postgresql://...`, `sqlite:///PATH`, or the path of a SQLite file.

    Attributes:
        session_id: what tells it from others of its kind.
    """

    session_id: str
    #: Asked for by the Agents SDK, which then takes its own defaults.
    session_settings: None = None

    def __new__(cls, *arguments: Any, **options: Any) -> Self:  # noqa: ANN401 - they are `__init__`'s
        """Make the default session where it is kept, or a session of the kind that was called."""
        if cls is not Session:
            return super().__new__(cls)
        connection = options.get("connection", arguments[1] if len(arguments) > 1 else None)
        return super().__new__(cast("type[Self]", _kind_at(connection)))

    def __init__(self, session_id: str = "default", connection: str | Path | None = None) -> None:  # noqa: ARG002
        self.session_id = checked_id(session_id)

    async def get_items(self, limit: int | None = None) -> list[Item]:
        """Give the last `limit` items, or all of them, oldest first (TS-SESS-011, TS-SESS-012).

        Raises:
            SessionError: what is stored can't be read.
            StorageError: the system refused.
        """
        raise NotImplementedError

    async def add_items(self, items: Sequence[Mapping[str, Any]]) -> None:
        """Add items at the end, all or none; when this returns, they are kept (TS-SESS-014).

        Raises:
            SessionError: one of them is no item; nothing was added.
            CodecError: one of them has no JSON form; nothing was added.
            StorageError: the system refused; what was there is untouched.
        """
        raise NotImplementedError

    async def pop_item(self) -> Item | None:
        """Remove the last item and give it; None when there is none."""
        raise NotImplementedError

    async def clear_session(self) -> None:
        """Remove all items."""
        raise NotImplementedError

    async def get_session_id(self) -> str:
        """Give the session's id, making the session first where that takes a service."""
        return self.session_id

    async def _get_session_id(self) -> str:
        """Give the session's id, under the name that the Agents SDK has for it."""
        return await self.get_session_id()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.__dict__.get('session_id')!r})"


def _kind_at(connection: str | Path | None) -> type[Session]:
    """Return the kind of session that is kept at a place."""
    if isinstance(place_of(connection), str):
        from timestep.sessions.postgres import PostgresSession

        return PostgresSession
    from timestep.sessions.sqlite import SQLiteSession

    return SQLiteSession


def checked_id(session_id: str, name: str = "session_id") -> str:
    """Return an id that can be one: a text, not empty, without NUL and halves of characters (TS-CORE-008)."""
    given = cast("object", session_id)
    fine = isinstance(given, str) and bool(given) and "\0" not in given
    if not fine or any("\ud800" <= letter <= "\udfff" for letter in session_id):
        raise SessionError(
            f"{name} is a text, not empty, without NUL and without halves of surrogate pairs; got {session_id!r}",
            code="session-id",
            requirement="TS-CORE-008",
        )
    return session_id


def checked_limit(limit: int | None) -> int | None:
    """Return a limit that can be one."""
    if limit is not None and limit < 0:
        raise UsageError(f"a limit is 0 or more, or None for all items; got {limit}", requirement="TS-SESS-012")
    return limit


def checked_items(items: Sequence[Mapping[str, Any]]) -> list[Item]:
    """Return items as plain objects, or refuse the first that is none (TS-SESS-002)."""
    for index, item in enumerate(cast("Sequence[object]", items)):
        known: Mapping[str, Any] = cast("Mapping[str, Any]", item) if isinstance(item, Mapping) else {}
        if not (isinstance(known.get("type"), str) or isinstance(known.get("role"), str)):
            raise SessionError(
                f"item {index} has neither a type nor a role",
                code="session-item",
                pointer=join([index]),
                help="give wire items, or chat messages such as {'role': 'user', 'content': 'Hello'}",
                requirement="TS-SESS-002",
            )
    return [dict(item) for item in items]


def to_text(items: Sequence[Mapping[str, Any]]) -> list[bytes]:
    """Return each item as one line of JSON.

    Raises:
        SessionError: an item that is none.
        CodecError: an item without a JSON form; the pointer's first token is its index.
    """
    lines: list[bytes] = []
    for index, item in enumerate(checked_items(items)):
        try:
            lines.append(strict_json.dumps(item))
        except CodecError as error:
            error.pointer = join([index]) + (error.pointer or "")
            raise
    return lines


def from_text(data: bytes) -> Item:
    """Return the item of a line.

    Raises:
        CodecError: the line is no JSON.
        SessionError: the line is no item.
    """
    value: Any = strict_json.loads(data, limits=ANY_SIZE)
    return checked_items([value])[0]


def from_texts(lines: Sequence[bytes]) -> list[Item]:
    """Return the items of lines that we wrote ourselves; reading them as one text is several times as fast."""
    try:
        values: Any = strict_json.loads(b"[" + b",".join(lines) + b"]", limits=ANY_SIZE)
    except CodecError:  # an item may be as deep as the limit by itself
        values = []
    return values if len(values) == len(lines) else [from_text(line) for line in lines]
