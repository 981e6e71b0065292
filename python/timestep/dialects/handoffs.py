"""Who a handoff hands over to, as far as a state tells."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, cast

from timestep.types.base import Item
from timestep.types.state import Run


def handoff_target(run: Run, seq: int, names: Mapping[str, str]) -> str:
    """Return the agent that a handoff output hands over to: who answered next, or who is current."""
    following = next((response.agent for response in run.responses if response.start > seq), run.agent)
    name = told_agent(run.log[seq].item)
    if name is None or names.get(following, following) == name:
        return following
    return next((key for key, value in names.items() if value == name), following)


def told_agent(output: Item) -> str | None:
    """Return the agent that a handoff's output names; None for a handoff that was not taken."""
    text = output.get("output")
    early = _EARLY.fullmatch(text) if isinstance(text, str) else None
    if early is not None:
        return early[1]
    try:
        told = json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):  # text that is nested too deep names nobody either
        return None
    name: Any = cast("dict[str, Any]", told).get("assistant") if isinstance(told, dict) else None
    return name if isinstance(name, str) else None


#: What `@openai/agents` 0.0.1 to 0.0.4 wrote, which is no JSON.
_EARLY = re.compile(r"\{'assistant': '([^']*)'\}")


def guessed_target(tool: str, names: Mapping[str, str]) -> str:
    """Name the agent that a handoff tool most likely belongs to: a known one of that slug, else the slug as a title.

    A wrong guess does no harm: the SDK refuses to load a handoff whose tool leads to another agent (ADR 0005).
    """
    slug = tool.removeprefix("transfer_to_")
    for key, name in names.items():
        if _slug(name) == slug.lower():
            return key
    return " ".join(word.capitalize() for word in slug.split("_") if word)


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9_]", "_", name.lower().replace(" ", "_"))
