"""Operations of sessions: items that are kept at a place."""

from __future__ import annotations

import asyncio
from typing import Any

from serving import operation
from timestep.sessions.conversations import OpenAIConversationsSession
from timestep.sessions.file import FileSession
from timestep.sessions.protocol import Session


@operation
def session_add(args: dict[str, Any]) -> dict[str, Any]:
    """Add items at the end."""
    asyncio.run(_session(args).add_items(args["items"]))
    return {}


@operation
def session_items(args: dict[str, Any]) -> dict[str, Any]:
    """Give the last items, or all of them."""
    return {"items": asyncio.run(_session(args).get_items(args.get("limit")))}


@operation
def session_pop(args: dict[str, Any]) -> dict[str, Any]:
    """Remove the last item."""
    return {"item": asyncio.run(_session(args).pop_item())}


@operation
def session_clear(args: dict[str, Any]) -> dict[str, Any]:
    """Remove all items."""
    asyncio.run(_session(args).clear_session())
    return {}


def _session(args: dict[str, Any]) -> Session:
    """Return the session that is asked for; it holds nothing that is not at its place."""
    if args.get("kind") == "openai":
        return OpenAIConversationsSession(conversation_id=args.get("session"))
    if args.get("kind") == "file":
        return FileSession(args["agent"], args["session"], args.get("instructions"), args["place"])
    place = f"{args['place']}/sessions.sqlite3" if "place" in args else args.get("connection")
    return Session(args.get("session", "default"), place)
