"""References to agents, as both SDKs write them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from timestep.types.state import Document, Run


class AgentRefs:
    """Writes references for one run: by name, and by identity where several agents share the name."""

    def __init__(self, document: Document, run: Run) -> None:
        self.names: Mapping[str, str] = {agent.key: agent.name for agent in document.agents}
        self._identities = run.identities

    def identity(self, key: str) -> str:
        """Return what the run's own code calls an agent."""
        return self._identities.get(key, key)

    def ref(self, key: str) -> dict[str, Any]:
        """Write a reference to an agent."""
        name, identity = self.names.get(key, key), self.identity(key)
        return {"name": name} if name == identity else {"name": name, "identity": identity}
