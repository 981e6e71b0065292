"""Result templates and text conditions, with one meaning in both workers."""

from __future__ import annotations

import json
from typing import Any


def compact(value: Any) -> str:
    """Give a value as text: strings as they are, all else as compact JSON."""
    if isinstance(value, str):
        return value
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, default=lambda model: model.model_dump())


def parse_arguments(text: str) -> dict[str, Any]:
    """Parse tool arguments; what is no JSON object counts as no arguments."""
    try:
        value = json.loads(text) if text else {}
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def fill(returns: Any, arguments: dict[str, Any]) -> Any:
    """Fill the `{arg}` places of a string result; other results stay as they are."""
    if not isinstance(returns, str):
        return returns
    for name, value in arguments.items():
        returns = returns.replace("{" + name + "}", compact(value))
    return returns


def holds(text: str | None, value: Any) -> bool:
    """Tell whether a value's compact text contains a scenario's trigger text."""
    return text is not None and text in compact(value)
