"""Sessions as data: what a workflow keeps of one, so that any process can open it again."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

from timestep.errors import UserError
from timestep.sessions.conversations import OpenAIConversationsSession, Unborn
from timestep.sessions.file import FileSession
from timestep.sessions.postgres import PostgresSession
from timestep.sessions.sqlite import SQLiteSession
from timestep.storage.places import postgres_from_environment
from timestep.types.base import JSON

Descriptor = dict[str, JSON]

_REGISTERED: dict[str, Any] = {}


def register_session(session: Any) -> str:  # noqa: ANN401 - any session
    """Make a session known to the workflows of this process by its id, where it can't be opened from what it is.

    Every process that is to go on with workflows of the session does so.

    Args:
        session: any object with `session_id`, `get_items` and `add_items`.

    Returns:
        The id.

    Raises:
        UserError: it has no id, or another session of that id is registered.
    """
    name = _id_of(session)
    if name is None or not callable(getattr(session, "get_items", None)):
        raise UserError(f"{session!r} is no session with an id", code="session-unknown", requirement="TS-DUR-063")
    if _REGISTERED.setdefault(name, session) is not session:
        raise UserError(
            f"another session {name!r} is registered",
            code="session-unknown",
            help="register one object for each id",
            requirement="TS-DUR-063",
        )
    return name


def forget_sessions() -> None:
    """Forget all sessions that were registered."""
    _REGISTERED.clear()


def describe(session: Any) -> Descriptor | None:  # noqa: ANN401 - any session
    """Return what a workflow keeps of a session; a conversation of OpenAI's that is not made yet is made.

    Raises:
        UserError: no other process could open it.
        SessionError: OpenAI refused.
    """
    if session is None:
        return None
    name = _id_of(session)
    if name is not None and _REGISTERED.get(name) is session:
        return {"kind": "registered", "id": name}
    if type(session) is SQLiteSession:
        return {"kind": "sqlite", "id": session.session_id, "place": str(session.path.absolute())}
    if type(session) is FileSession:
        place = str(session.storage_dir)
        return {"kind": "file", "agent": session.agent_name, "id": session.conversation_id, "place": place}
    if type(session) is PostgresSession and _in_environment(session):
        return {"kind": "postgres", "id": session.session_id}
    if type(session).__name__ == "OpenAIConversationsSession" and not getattr(session, "has_own_client", False):
        return {"kind": "conversation", "id": _conversation_id(session)}
    raise UserError(
        f"a workflow can't keep {session!r}: another process could not open it",
        code="session-unknown",
        help="use Session(id), FileSession or OpenAIConversationsSession; for a session of another kind, call "
        "register_session(session) in each process",
        requirement="TS-DUR-063",
    )


def opened(descriptor: Descriptor | None) -> Any:  # noqa: ANN401 - any session
    """Return the session of a descriptor.

    Raises:
        UserError: it is not registered in this process.
    """
    if descriptor is None:
        return None
    kind, name, place = (cast("str", descriptor.get(key)) for key in ("kind", "id", "place"))
    if kind == "sqlite":
        return SQLiteSession(name, Path(place))
    if kind == "file":
        return FileSession(cast("str", descriptor["agent"]), name, storage_dir=place)
    if kind == "postgres":
        return PostgresSession(name)
    if kind == "conversation":
        return OpenAIConversationsSession(conversation_id=name)
    if name in _REGISTERED:
        return _REGISTERED[name]
    raise UserError(
        f"no session {name!r} is registered in this process",
        code="session-unknown",
        help="call register_session(session) where the program starts, in each process that launches DBOS",
        requirement="TS-DUR-063",
    )


async def closed(descriptor: Descriptor | None, session: Any) -> None:  # noqa: ANN401 - any session
    """End the connections of a session that was opened from a descriptor, and is not shared with others."""
    if descriptor is not None and descriptor["kind"] == "conversation":
        await session.close()


def _in_environment(session: PostgresSession) -> bool:
    """Tell whether a session is in the database of the environment: no other address, with its password, is kept."""
    url = postgres_from_environment()
    return url is not None and PostgresSession(session.session_id, url).place == session.place


def _id_of(session: Any) -> str | None:  # noqa: ANN401 - any session
    """Return a session's id; a conversation that is not made yet has none, which both packages have errors for."""
    with suppress(Unborn, ValueError):
        found = getattr(session, "session_id", None)
        return found if isinstance(found, str) else None
    return None


def _conversation_id(session: Any) -> str:  # noqa: ANN401 - a session of this package, or of openai-agents
    """Return the id of a conversation, which is made if need be.

    It is made in a loop and with a client of its own, because those of the session may be bound to the caller's.
    """
    known = _id_of(session)
    if known is not None:
        return known

    async def make() -> str:
        made = OpenAIConversationsSession()
        try:
            return await made.get_session_id()
        finally:
            await made.close()

    from timestep.workflows.apart import apart

    name = apart(lambda: asyncio.run(make()))
    if isinstance(session, OpenAIConversationsSession):
        session.session_id = name
    else:
        session._session_id = name  # noqa: SLF001 - as its own first use would
    return name
