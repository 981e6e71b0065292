"""What the installed `openai-agents` has: older releases lack tools, options and methods that scenarios ask for."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import version
from typing import Any


class MissingFeatureError(Exception):
    """The installed SDK lacks what a scenario asks for, so that this SDK cannot play it."""

    def __init__(self, feature: str) -> None:
        super().__init__(f"openai-agents {version('openai-agents')} has no {feature}")


def named(name: str, module: str = "agents") -> Any:
    """Give what a module of the SDK calls by this name, or say that it has no such thing."""
    try:
        return getattr(import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise MissingFeatureError(name) from error


def options(call: Callable[..., Any], **wanted: Any) -> dict[str, Any]:
    """Give the options that are set, for a call that did not always have them; one it lacks is a missing feature."""
    known = inspect.signature(call).parameters
    given = {name: value for name, value in wanted.items() if value is not None}
    for name in given:
        if name not in known:
            raise MissingFeatureError(f"{call.__qualname__}({name}=...)")
    return given


def http_library() -> Any:
    """Give the HTTP library of the installed `openai`: httpx2 from its major version 3 on."""
    return import_module("httpx" if version("openai").startswith(("1.", "2.")) else "httpx2")
