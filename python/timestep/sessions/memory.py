"""A session that lives as long as its object: for tests, and for runs nobody resumes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from timestep.sessions.protocol import Session, checked_limit, from_text, from_texts, to_text
from timestep.types.base import Item


class MemorySession(Session):
    """Items in memory.

    Args:
        session_id: the id; another object of the same id holds other items.
    """

    def __init__(self, session_id: str = "default") -> None:
        super().__init__(session_id)
        self._lines: list[bytes] = []

    async def get_items(self, limit: int | None = None) -> list[Item]:
        """Give the last `limit` items, or all of them, oldest first."""
        limit = checked_limit(limit)
        lines = self._lines if limit is None else self._lines[len(self._lines) - min(limit, len(self._lines)) :]
        return from_texts(lines)

    async def add_items(self, items: Sequence[Mapping[str, Any]]) -> None:
        """Add items at the end, all or none."""
        self._lines += to_text(items)

    async def pop_item(self) -> Item | None:
        """Remove the last item and give it."""
        return from_text(self._lines.pop()) if self._lines else None

    async def clear_session(self) -> None:
        """Remove all items."""
        self._lines.clear()
