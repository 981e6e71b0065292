"""An in-memory session with a fixed id that can be told to fail."""

from __future__ import annotations

import copy
from typing import Any

from agents.memory import SessionABC

Items = list[Any]


class MemorySession(SessionABC):
    """Holds session items in a list; the n-th `add_items` may raise before it writes."""

    def __init__(self, session_id: str, items: Items, fails_on_add: list[int]) -> None:
        self.session_id = session_id
        self.items: Items = copy.deepcopy(items)
        self.fails_on_add = fails_on_add
        self.adds = 0

    async def get_items(self, limit: int | None = None) -> Items:
        """Give the latest items, or all."""
        items = self.items if limit is None else self.items[-limit:] if limit else []
        return copy.deepcopy(items)

    async def add_items(self, items: Items) -> None:
        """Append items, or fail as scripted."""
        self.adds += 1
        if self.adds in self.fails_on_add:
            raise ConnectionError("scripted failure of the session store")
        self.items.extend(copy.deepcopy(items))

    async def pop_item(self) -> Any | None:
        """Take the newest item away."""
        return self.items.pop() if self.items else None

    async def clear_session(self) -> None:
        """Forget all items."""
        self.items.clear()


def scenario_session(scenario: dict[str, Any], items: Items | None, *, may_fail: bool) -> MemorySession | None:
    """Build the session of a scenario, holding the given or the scenario's first items."""
    spec = scenario.get("session")
    if spec is None:
        return None
    held = spec.get("items", []) if items is None else items
    fails = spec.get("fails_on_add", []) if may_fail else []
    return MemorySession(f"session_{scenario['name']}", held, fails)
