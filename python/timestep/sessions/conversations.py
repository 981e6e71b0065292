"""Sessions in OpenAI's Conversations API, through the `openai` package (TS-SESS-024 ff.)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar, cast

from timestep.codec import strict_json
from timestep.errors import CodecError, SessionError
from timestep.sessions.protocol import ANY_SIZE, Session, checked_id, checked_items, checked_limit, to_text
from timestep.types.base import Item

if TYPE_CHECKING:
    from openai import AsyncOpenAI

_T = TypeVar("_T")
# What one request may add: https://platform.openai.com/docs/api-reference/conversations/create-items
_MOST_ADDED = 20
# What one page may hold: https://platform.openai.com/docs/api-reference/conversations/list-items
_PAGE = 100
# The API gives messages, calls of ours and their outputs ids of its own; the others keep the ones they have.
_RENAMED = frozenset(
    {"message", "function_call", "function_call_output", "custom_tool_call", "custom_tool_call_output", "compaction"}
)


class Unborn(SessionError, AttributeError):
    """The conversation is not made yet, so that it has no id."""


class OpenAIConversationsSession(Session):
    """Items in a conversation that OpenAI keeps; the conversation is made at first use.

    Args:
        conversation_id: a conversation that exists already.
        openai_client: the client to use; by default one made from the environment.
    """

    def __init__(self, *, conversation_id: str | None = None, openai_client: AsyncOpenAI | None = None) -> None:
        if conversation_id is not None:
            super().__init__(conversation_id)
        self._client = openai_client
        self._made_client = False
        self._lock = asyncio.Lock()

    def __getattr__(self, name: str) -> NoReturn:
        """Explain a `session_id` that nobody has given out yet."""
        if name == "session_id":
            raise Unborn(
                "the conversation has no id yet: it is made at first use",
                code="session-unborn",
                help="call `await session.get_session_id()` first",
            )
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    @property
    def has_own_client(self) -> bool:
        """Whether it was given a client, with an address and a key that nobody else knows."""
        return self._client is not None and not self._made_client

    async def get_session_id(self) -> str:
        """Give the conversation's id, making the conversation if need be."""
        async with self._lock:
            return await self._conversation()

    async def get_items(self, limit: int | None = None) -> list[Item]:
        """Give the last `limit` items, or all of them, oldest first, as the API has them."""
        limit = checked_limit(limit)
        async with self._lock:
            return await self._items(limit)

    async def add_items(self, items: Sequence[Mapping[str, Any]]) -> None:
        """Add items at the end, 20 a request; no request is sent twice, so that nothing is added twice (TS-SESS-025).

        Raises:
            SessionError: the service refused or did not answer; says how many of the items it has acknowledged.
        """
        to_text(items)  # refuses what has no JSON form, before anything is sent
        rows = [_without_stale_id(item) for item in checked_items(items)]
        async with self._lock:
            for start in range(0, len(rows), _MOST_ADDED):
                conversation = await self._conversation()
                part = cast("list[Any]", rows[start : start + _MOST_ADDED])
                client = self._opened().with_options(max_retries=0)
                saved = f"{start} of {len(rows)} items were added" if start else ""
                await _asked(client.conversations.items.create(conversation, items=part), "add items", saved)

    async def pop_item(self) -> Item | None:
        """Remove the last item and give it."""
        async with self._lock:
            found = await self._items(1)
            if not found:
                return None
            item = found[0]
            conversation = await self._conversation()
            request = self._opened().conversations.items.delete(str(item["id"]), conversation_id=conversation)
            await _asked(request, "remove an item")
            return item

    async def clear_session(self) -> None:
        """Delete the conversation; the next use makes a new one, with a new id."""
        async with self._lock:
            conversation = self.__dict__.get("session_id")
            if conversation is not None:
                await _asked(self._opened().conversations.delete(conversation), "delete the conversation")
                del self.session_id

    async def close(self) -> None:
        """Close the connections of a client that this session made; the next use makes another."""
        if self._made_client and self._client is not None:
            client, self._client, self._made_client = self._client, None, False
            await client.close()

    async def _conversation(self) -> str:
        if "session_id" not in self.__dict__:
            made = await _asked(self._opened().conversations.create(), "make a conversation")
            self.session_id = checked_id(made.id)
        return self.session_id

    async def _items(self, limit: int | None) -> list[Item]:
        """Read pages, newest first when only the last items are wanted."""
        conversation = await self._conversation()
        order = "asc" if limit is None else "desc"
        found: list[Item] = []
        after: dict[str, Any] = {}
        while limit is None or len(found) < limit:
            size = _PAGE if limit is None else min(_PAGE, limit - len(found))
            # The raw text, because the client's own records rewrite numbers.
            raw = self._opened().conversations.items.with_raw_response
            answer = await _asked(raw.list(conversation, order=order, limit=size, **after), "read items")
            page = _page(answer.content)
            found += page["data"]
            if not page.get("has_more") or not page["data"]:
                break
            after = {"after": page["data"][-1]["id"]}
        return found if limit is None else found[::-1]

    def _opened(self) -> AsyncOpenAI:
        if self._client is None:
            from openai import AsyncOpenAI

            self._client = AsyncOpenAI()
            self._made_client = True
        return self._client


def _page(content: bytes) -> dict[str, Any]:
    """Return a page of items, or refuse an answer that is none."""
    try:
        page: Any = strict_json.loads(content, limits=ANY_SIZE)
        checked_items(page["data"])
        if page["data"]:
            checked_id(page["data"][-1]["id"])
    except (CodecError, SessionError, KeyError, TypeError) as error:
        raise SessionError(
            "can't read items: the answer is no page of items",
            code="session-remote",
            help="check which service the client's address leads to",
            requirement="TS-SESS-024",
        ) from error
    return page


async def _asked(request: Awaitable[_T], doing: str, saved: str = "") -> _T:
    """Wait for an answer, and turn what the client raises into an error of ours."""
    from openai import OpenAIError

    try:
        return await request
    except OpenAIError as error:
        raise SessionError(
            f"can't {doing}: {error}" + (f"; {saved}" if saved else ""),
            code="session-remote",
            why="a request that may have arrived is not repeated, because it could add the same items twice",
            help="look at the conversation before you repeat it",
            requirement="TS-SESS-025",
        ) from error


def _without_stale_id(item: Item) -> Item:
    """Return an item without an id that the API would not take."""
    if item.get("type", "message") in _RENAMED:
        return {key: value for key, value in item.items() if key != "id"}
    return item
