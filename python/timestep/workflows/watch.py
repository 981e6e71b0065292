"""Waiting for what changes in a database: all who wait ask together, once a second."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextvars import Context
from typing import Generic, TypeVar

_T = TypeVar("_T")
_LOG = logging.getLogger(__name__)
#: Seconds between two questions.
PERIOD = 1.0


class Watch(Generic[_T]):
    """What is known of things by their names; a wait costs a future, however long it takes.

    Args:
        ask: gives what is now known of these names; a name that is not in the answer is unknown.
    """

    def __init__(self, ask: Callable[[list[str]], Awaitable[Mapping[str, _T]]]) -> None:
        self._ask = ask
        self._waiting: dict[str, dict[asyncio.Future[None], _T | None]] = {}
        self._task: asyncio.Task[None] | None = None

    async def other_than(self, name: str, seen: _T | None) -> None:
        """Wait until something else is known of a name."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        waiting = self._waiting.setdefault(name, {})
        waiting[future] = seen
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._go(), context=Context())
        try:
            await future
        finally:
            waiting.pop(future, None)
            if not waiting and self._waiting.get(name) is waiting:
                del self._waiting[name]

    def tell(self, name: str, known: _T) -> None:
        """Say what is known of a name, without waiting for the next question."""
        for future, seen in list(self._waiting.get(name, {}).items()):
            if known != seen and not future.done():
                future.set_result(None)

    async def _go(self) -> None:
        while self._waiting:
            await asyncio.sleep(PERIOD)
            try:
                found = await self._ask(list(self._waiting))
            except Exception as error:  # noqa: BLE001 - a database that is away comes back
                if isinstance(error, RuntimeError) and "shutdown" in str(error):
                    return  # the program is at its end, and takes no more threads
                _LOG.warning("can't ask the database what has changed; asking again", exc_info=True)
                continue
            for name, known in found.items():
                self.tell(name, known)
