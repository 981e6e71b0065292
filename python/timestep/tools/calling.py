"""Calling functions of the user's."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from typing import Any


async def carried_out(body: Callable[..., Any], *given: Any) -> Any:  # noqa: ANN401 - any function and result
    """Call a function of the user's; one that is not asynchronous runs in a thread."""
    if inspect.iscoroutinefunction(body) or inspect.iscoroutinefunction(getattr(body, "__call__", None)):  # noqa: B004
        return await body(*given)
    result = await asyncio.to_thread(_called, body, given)
    return await result if inspect.isawaitable(result) else result


def _called(body: Callable[..., Any], given: tuple[Any, ...]) -> Any:  # noqa: ANN401 - any result
    try:
        return body(*given)
    except StopIteration as error:  # which no future can hold: whoever waits for it would wait for ever
        raise RuntimeError(f"{body!r} raised StopIteration") from error
