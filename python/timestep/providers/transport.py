"""Bytes of an answer over HTTP: within their time, of a sane size, and no key in what goes wrong."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import suppress
from typing import NamedTuple

from timestep.codec.redact import redact_text
from timestep.errors import ModelError
from timestep.providers.failures import model_failure, no_answer

MOST_BYTES = 256 * 1024 * 1024
"""Of one answer: a few large images; more would be an attack."""

LONGEST_REFUSAL = 65_536
"""Bytes that are read of what is no success; a compressed one grows by a thousand times."""

#: What a connection fails with before a request is on its way, by the names of httpx and httpx2.
BEFORE_SENDING = frozenset({"ConnectError", "ConnectTimeout", "PoolTimeout", "UnsupportedProtocol"})

_SHORTEST_SECRET = 12  # characters; what is shorter ("none", "test") may as well be an ordinary word
_LAST_WORDS = 0.25  # seconds for what follows the last event, so that the connection can be used again


class Bound(NamedTuple):
    """When a request has to be answered, if ever.

    Attributes:
        seconds: how long it may take.
        at: when that is over, by the clock of the event loop.
    """

    seconds: float | None
    at: float | None

    @classmethod
    def after(cls, seconds: float | None) -> Bound:
        """Return the bound that lies so many seconds ahead; None is no bound."""
        return cls(seconds, None if seconds is None else asyncio.get_running_loop().time() + seconds)

    def passed(self, provider: str, request_id: str | None = None) -> ModelError:
        """Return the error for an answer that was not there in time."""
        return model_failure(
            f"{provider} gave no whole answer within {self.seconds} s",
            provider=provider,
            request_id=request_id,
            help="allow more time: ModelSettings(timeout=...)",
        )


async def bounded(
    source: AsyncIterator[bytes], bound: Bound, *, provider: str, request_id: str | None = None
) -> AsyncGenerator[bytes, None]:
    """Give a response's body as it comes, within its time and a sane size.

    Args:
        source: the body, as the transport gives it; whatever it fails with becomes an error of ours.
        bound: when the whole has to be there.
        provider: who sends it.
        request_id: the id under which the provider's logs have the request.

    Raises:
        ModelError: it takes too long (`model-failed`), breaks off, or is too large (`model-answer`).
    """
    size = 0
    while True:
        try:
            async with asyncio.timeout_at(bound.at):
                chunk = await anext(source, None)
        except TimeoutError:
            failure = bound.passed(provider, request_id)
            break
        except Exception as error:  # noqa: BLE001 - the transport's own, whichever the client was given
            failure = no_answer(f"it broke off ({type(error).__name__})", provider=provider, request_id=request_id)
            break
        if chunk is None:
            return
        size += len(chunk)
        if size > MOST_BYTES:
            failure = no_answer(f"more than {MOST_BYTES} bytes", provider=provider, request_id=request_id)
            break
        yield chunk
    raise failure  # outside, because what the transport raises holds the request with its key


async def drained(chunks: AsyncIterator[bytes]) -> None:
    """Read what follows the last event, unless it keeps one waiting, so that the connection can be used again."""
    with suppress(TimeoutError, ModelError):
        async with asyncio.timeout(_LAST_WORDS):
            async for _ in chunks:
                pass


def hide(secret: str | None, error: ModelError) -> None:
    """Take a key out of an error; servers have been seen to repeat the one they were sent."""
    if secret is not None and len(secret) >= _SHORTEST_SECRET:
        error.message = _without(secret, error.message)
        error.reason = error.reason and _without(secret, error.reason)
    error.message = redact_text(error.message)
    error.args = (error.message,)


def _without(secret: str, text: str) -> str:
    """Return a text without a secret, also where the text was cut off in the middle of it."""
    text = text.replace(secret, "***")
    for length in range(len(secret) - 1, 3, -1) if "..." in text else ():
        text = text.replace(f"{secret[:length]}...", "***...")
    return text
