"""What comes over the wire: in time, of a sane size, and without a key in what goes wrong."""

import asyncio

import pytest

from timestep.errors import ModelError
from timestep.providers import transport
from timestep.providers.failures import model_failure
from timestep.providers.transport import Bound, bounded, drained, hide


async def chunks(*given):
    """Give chunks, wait for events, and raise errors."""
    for each in given:
        if isinstance(each, asyncio.Event):
            await each.wait()
        elif isinstance(each, Exception):
            raise each
        else:
            yield each


def through(*given, seconds=None):
    """Return what the bound lets through."""
    return bounded(chunks(*given), Bound.after(seconds), provider="local", request_id="req_1")


async def read(*given, seconds=None):
    """Return all of it."""
    async with asyncio.timeout(5):
        return [chunk async for chunk in through(*given, seconds=seconds)]


async def test_what_comes_is_passed_on_as_it_is():
    """Chunk by chunk, to the end."""
    assert await read(b"a", b"", b"bc") == [b"a", b"", b"bc"]


async def test_an_answer_has_the_time_it_was_given():
    """The error says how long that was, whom it was asked of, and under which id."""
    with pytest.raises(ModelError, match=r"local gave no whole answer within 0\.01 s") as caught:
        await read(b"a", asyncio.Event(), seconds=0.01)
    error = caught.value
    assert (error.code, error.provider, error.request_id, error.sent) == ("model-failed", "local", "req_1", "unknown")


async def test_whatever_a_transport_fails_with_is_an_error_of_ours():
    """Its own error is not kept: it holds the request, and that the key."""
    with pytest.raises(ModelError, match="RuntimeError") as caught:
        await read(b"a", RuntimeError("Bearer sk-0123456789abcdef"))
    error = caught.value
    assert (error.code, error.provider, error.request_id, error.sent) == ("model-answer", "local", "req_1", "yes")
    assert error.__cause__ is None
    assert error.__context__ is None


async def test_more_than_a_sane_size_is_refused(monkeypatch):
    """Counted over all chunks."""
    monkeypatch.setattr(transport, "MOST_BYTES", 4)
    assert await read(b"ab", b"cd") == [b"ab", b"cd"]
    with pytest.raises(ModelError, match="more than 4 bytes"):
        await read(b"ab", b"cde")


async def test_the_rest_is_read_but_not_waited_for():
    """So that the connection can be used again, unless the server holds it open."""
    source = through(b"a", b"b")
    await drained(source)
    assert await anext(source, None) is None
    async with asyncio.timeout(5):
        await drained(through(asyncio.Event()))
        await drained(through(RuntimeError("reset")))


@pytest.mark.parametrize(
    ("secret", "message", "shown"),
    [
        ("key-0123456789", "Incorrect key: key-0123456789", "Incorrect key: ***"),
        ("key-0123456789", f"...: key-012345{'...'}", "...: ***..."),
        ("none", "none at all", "none at all"),
        (None, "as it is", "as it is"),
        (None, "Authorization: Bearer abcdefghijkl", "Authorization: Bearer [redacted]"),
    ],
)
def test_a_key_is_taken_out_of_an_error(secret, message, shown):
    """The one that was sent, and whatever looks like one; a word that is short enough to be a word stays."""
    error = model_failure(message, provider="local")
    hide(secret, error)
    assert (error.message, error.args, str(error)) == (shown, (shown,), shown)
