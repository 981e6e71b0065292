"""Tools that the model's host carries out, and the runtime never sees a body of."""

from __future__ import annotations

from typing import Any

from timestep.types.base import JSON


class HostedTool:
    """A tool of the model's host, such as `HostedTool("web_search")`.

    Args:
        name: what it is called in a manifest.
        **settings: members of its definition besides `type`.
    """

    role = "hosted"

    def __init__(self, name: str, *, type: str | None = None, **settings: JSON) -> None:  # noqa: A002 - the wire's word
        self.name = name
        self._definition: dict[str, JSON] = {"type": type or name, **settings}

    def __repr__(self) -> str:
        return f"HostedTool({self.name!r})"

    def definition(self) -> dict[str, Any]:
        """Return the tool as the Responses API is told of it."""
        return dict(self._definition)
