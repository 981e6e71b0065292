"""The stream of a run: what its readers are told, in order, whenever they begin to read (events.md)."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from typing import Any

Told = dict[str, Any]

#: Pieces of text that a reader may be behind before the model waits for it (TS-EVENT-006).
MOST_WAITING = 64


class Stream:
    """Events of one stretch of a run, and its readers.

    Attributes:
        events: the durable events so far.
        drained: whether somebody waits for the end and not for pieces; nothing waits for slow readers then.
    """

    def __init__(self) -> None:
        self.events: list[Told] = []
        self.drained = False
        self._readers: list[_Reader] = []
        self._room: asyncio.Event | None = None
        self._closed = False
        self._error: BaseException | None = None

    @property
    def watched(self) -> bool:
        """Whether anybody reads."""
        return bool(self._readers)

    def tell(self, event: Told) -> None:
        """Tell everybody an event; those who come later are told too (TS-EVENT-005)."""
        self.events.append(event)
        for reader in self._readers:
            reader.give(event)

    async def piece(self, event: Told) -> None:
        """Tell those who read now a piece of an item, and wait for a reader that is far behind."""
        for reader in self._readers:
            reader.give(event)
            reader.pieces += 1
        while not self.drained and any(reader.pieces >= MOST_WAITING for reader in self._readers):
            self._room = self._room or asyncio.Event()
            self._room.clear()
            await self._room.wait()

    def drain(self) -> None:
        """Have nobody wait for readers any more."""
        self.drained = True
        self._make_room()

    def close(self, error: BaseException | None = None) -> None:
        """End the stream; with an error, reading ends by raising it."""
        self._closed, self._error = True, error
        for reader in self._readers:
            reader.wake()

    async def read(self) -> AsyncGenerator[Told]:
        """Yield each durable event once, in order, and pieces of items from now on.

        Raises:
            Exception: what the run ended with, after its last event.
        """
        reader = _Reader(self.events)
        self._readers.append(reader)
        try:
            while True:
                while reader.queue:
                    event = reader.queue.popleft()
                    if "after_seq" in event:
                        reader.pieces -= 1
                        self._make_room()
                    yield event
                if self._closed:
                    break
                await reader.wait()
        finally:
            self._readers.remove(reader)
            self._make_room()
        if self._error is not None:
            raise self._error

    def _make_room(self) -> None:
        if self._room is not None:
            self._room.set()


class _Reader:
    """What one reader has not been told yet."""

    def __init__(self, events: list[Told]) -> None:
        self.queue: deque[Told] = deque(events)
        self.pieces = 0
        self._waiter: asyncio.Future[None] | None = None

    def give(self, event: Told) -> None:
        self.queue.append(event)
        self.wake()

    def wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def wait(self) -> None:
        self._waiter = asyncio.get_running_loop().create_future()
        await self._waiter
        self._waiter = None
