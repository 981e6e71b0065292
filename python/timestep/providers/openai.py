"""OpenAI's models, and those of servers that speak its Responses API, through the `openai` package."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any, NamedTuple, cast
from weakref import WeakKeyDictionary

from timestep.codec.redact import redact_text
from timestep.errors import ModelError, UserError
from timestep.providers.event_stream import EventReader
from timestep.providers.failures import model_failure, no_answer, refusal
from timestep.providers.protocol import Delta, ModelRequest, ModelResponse
from timestep.providers.responses_answer import error_text, read_response
from timestep.providers.responses_request import request_body, request_headers
from timestep.providers.responses_stream import StreamedResponse

if TYPE_CHECKING:
    from openai import AsyncAPIResponse, AsyncOpenAI, OpenAIError

_PROVIDER = "openai"
_MOST_BYTES = 256 * 1024 * 1024  # of one answer: a few large images; more would be an attack
_SHORTEST_SECRET = 12  # characters; what is shorter ("none", "test") may as well be an ordinary word
_LAST_WORDS = 0.25  # seconds for what follows the last event, so that the connection can be used again
# What a connection fails with before a request is on its way, by the names of httpx and httpx2.
_BEFORE_SENDING = frozenset({"ConnectError", "ConnectTimeout", "PoolTimeout", "UnsupportedProtocol"})

# What to do about some of its failures.
_HELP = {
    "UnsupportedProtocol": "begin the base URL (OPENAI_BASE_URL) with http:// or https://",
    "ReadTimeout": "run again, or allow more time: OpenAIModelProvider(timeout=...)",
}


class OpenAIModelProvider:
    """Gives models of OpenAI, or of another server with its Responses API.

    Nothing is opened or imported before the first request.  Each event loop has a client of its own, which is closed
    when the loop's `asyncio.run` ends, or by `aclose`.

    Args:
        api_key: the key, or an async function that gives it; OPENAI_API_KEY unless given.
        base_url: address of the API, up to and including `/v1`; OPENAI_BASE_URL unless given, else OpenAI's.
        client: an `openai.AsyncOpenAI` to use instead, as it is; whoever made it closes it.
        default_model: the model of agents that name none.
        timeout: seconds without any sign of life after which a request fails; the client's own default unless given.

    Example:
        >>> from timestep.providers.openai import OpenAIModelProvider
        >>> provider = OpenAIModelProvider(base_url="http://localhost:8080/v1", api_key="none")
        >>> provider.get_model("gpt-4.1").name
        'gpt-4.1'
    """

    def __init__(
        self,
        api_key: str | Callable[[], Awaitable[str]] | None = None,
        base_url: str | None = None,
        client: AsyncOpenAI | None = None,
        default_model: str = "gpt-4.1",
        timeout: float | None = None,
    ) -> None:
        self.default_model = default_model
        self._api_key = api_key
        self._base_url = base_url
        self._timeout = timeout
        self._given = client
        self._opened: WeakKeyDictionary[asyncio.AbstractEventLoop, _Opened] = WeakKeyDictionary()

    def get_model(self, name: str | None = None) -> OpenAIResponsesModel:
        """Return the model of that name, or the default one.

        Raises:
            UserError: the name is empty.
        """
        name = self.default_model if name is None else name
        if not name:
            raise UserError("the name of the model is empty", help='name one, such as "gpt-4.1"')
        return OpenAIResponsesModel(name, self)

    async def client(self) -> AsyncOpenAI:
        """Return the client of the running event loop.

        Raises:
            UserError: there is no key (`key-missing`).
        """
        if self._given is not None:
            return self._given
        loop = asyncio.get_running_loop()
        opened = self._opened.get(loop)
        if opened is None or opened.client.is_closed():
            lifetime = self._lifetime()
            opened = self._opened[loop] = _Opened(await anext(lifetime), lifetime)
        return opened.client

    async def aclose(self) -> None:
        """Close the running loop's client, if it was made here; the next request makes another."""
        opened = self._opened.pop(asyncio.get_running_loop(), None)
        if opened is not None:
            await opened.lifetime.aclose()

    async def _lifetime(self) -> AsyncGenerator[AsyncOpenAI, None]:
        """Make a client, and close it at the end: an event loop that shuts down ends its open generators."""
        async with self._make() as client:
            yield client

    def _make(self) -> AsyncOpenAI:
        key = self._api_key or os.environ.get("OPENAI_API_KEY")
        if not key:
            raise UserError(
                "there is no key for OpenAI's API: OPENAI_API_KEY is not set",
                code="key-missing",
                help="set OPENAI_API_KEY, or pass model_provider=OpenAIModelProvider(api_key=...); a server that needs "
                'no key takes any text, such as "none"',
            )
        if isinstance(key, str) and not (key.isascii() and key.isprintable()):
            raise UserError(
                "the key for OpenAI's API holds a line break or another character that no key has",
                code="key-missing",
                help="write OPENAI_API_KEY, or api_key, again; a key that is read from a file may need strip()",
            )
        from openai import AsyncOpenAI

        # Repeating a request is decided where it is known what a repetition would do, not in the client.
        options: dict[str, Any] = {} if self._timeout is None else {"timeout": self._timeout}
        return AsyncOpenAI(api_key=key, base_url=self._base_url, max_retries=0, **options)


class _Opened(NamedTuple):
    """A client, and what closes it."""

    client: AsyncOpenAI
    lifetime: AsyncGenerator[AsyncOpenAI, None]


class _Reply(NamedTuple):
    """A success whose body is still to be read."""

    chunks: AsyncGenerator[bytes, None]
    request_id: str | None
    is_json: bool


class OpenAIResponsesModel:
    """One model, asked through the Responses API.

    A request goes out through the client's own `post`, as bytes: its `responses.create` would look at every item of
    the conversation again, each time.

    Args:
        name: the model's name at the provider.
        provider: whose client is used.
    """

    def __init__(self, name: str, provider: OpenAIModelProvider) -> None:
        self.name = name
        self._provider = provider

    def __repr__(self) -> str:
        return f"OpenAIResponsesModel({self.name!r})"

    async def respond(self, request: ModelRequest) -> ModelResponse:
        """Give the whole answer.

        Raises:
            ModelError: the provider refused or could not be reached, or what it sent is no answer.
            UserError: there is no key, or a setting can't be sent.
        """
        async with self._asked(request, stream=False) as reply:
            data = b"".join([chunk async for chunk in reply.chunks])
            return read_response(data, provider=_PROVIDER, request_id=reply.request_id)

    async def stream(self, request: ModelRequest) -> AsyncGenerator[Delta | ModelResponse, None]:
        """Give the answer piece by piece; the last thing is the whole of it.

        Leaving off early (`aclose`) ends the request.

        Raises:
            ModelError: as `respond`; also in the middle.
            UserError: as `respond`.
        """
        async with self._asked(request, stream=True) as reply:
            if reply.is_json:  # from a server that does not stream
                data = b"".join([chunk async for chunk in reply.chunks])
                yield read_response(data, provider=_PROVIDER, request_id=reply.request_id)
                return
            reader, answer = EventReader(), StreamedResponse(provider=_PROVIDER, request_id=reply.request_id)
            async for chunk in reply.chunks:
                for data in reader.feed(chunk):
                    piece = answer.take(data)
                    if piece is not None:
                        yield piece
                if answer.whole is not None:
                    await _drained(reply.chunks)
                    break
            for data in reader.end():
                answer.take(data)
            yield answer.end()

    @asynccontextmanager
    async def _asked(self, request: ModelRequest, *, stream: bool) -> AsyncGenerator[_Reply, None]:
        """Send a request, and close the response at the end, read or not."""
        body = request_body(request, self.name, stream=stream)
        headers = request_headers(request, body)
        options: dict[str, Any] = {"headers": headers, "params": request.settings.extra_query or {}}
        client = await self._provider.client()
        bound = _Bound.after(request.settings.timeout)
        try:
            response = await _posted(client, body, options, bound)
            chunks = _chunks(response, bound)
            try:
                kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
                yield _Reply(chunks, response.headers.get("x-request-id"), is_json=kind == "application/json")
            finally:
                await chunks.aclose()
                await response.close()
        except ModelError as error:
            _hide(client.api_key, error)
            raise


class _Bound(NamedTuple):
    """When a request has to be answered, if ever."""

    seconds: float | None
    at: float | None

    @classmethod
    def after(cls, seconds: float | None) -> _Bound:
        """Return the bound that lies so many seconds ahead."""
        return cls(seconds, None if seconds is None else asyncio.get_running_loop().time() + seconds)

    def passed(self, request_id: str | None = None) -> ModelError:
        """Return the error for an answer that was not there in time."""
        return model_failure(
            f"{_PROVIDER} gave no whole answer within {self.seconds} s",
            provider=_PROVIDER,
            request_id=request_id,
            help="allow more time: ModelSettings(timeout=...)",
        )


async def _posted(client: AsyncOpenAI, body: bytes, options: dict[str, Any], bound: _Bound) -> AsyncAPIResponse[bytes]:
    """Send a body; return the response when its status is a success, its own body unread."""
    from openai import AsyncAPIResponse, OpenAIError

    # The header is how the client itself asks for a response that is still open (`with_streaming_response`).
    headers = {**options["headers"], "X-Stainless-Raw-Response": "stream"}
    # A conversation is not sent on to wherever a redirect says; the key that is used is not the one for administration.
    options = {**options, "headers": headers, "follow_redirects": False, "security": {"bearer_auth": True}}
    try:
        async with asyncio.timeout_at(bound.at):
            return await client.post(
                "/responses", cast_to=AsyncAPIResponse[bytes], content=body, options=cast("Any", options)
            )
    except TimeoutError:
        failure = bound.passed()
    except OpenAIError as error:
        failure = _failure(error)
    raise failure  # outside, because what the client raises holds the request with its key


async def _chunks(response: AsyncAPIResponse[bytes], bound: _Bound) -> AsyncGenerator[bytes, None]:
    """Give a response's body as it comes, within its time and a sane size."""
    size = 0
    request_id = response.headers.get("x-request-id")
    source = aiter(response.iter_bytes())
    while True:
        try:
            async with asyncio.timeout_at(bound.at):
                chunk = await anext(source, None)
        except TimeoutError:
            failure = bound.passed(request_id)
            break
        except Exception as error:  # noqa: BLE001 - the transport's own, whichever the client was given
            failure = no_answer(f"it broke off ({type(error).__name__})", provider=_PROVIDER, request_id=request_id)
            break
        if chunk is None:
            return
        size += len(chunk)
        if size > _MOST_BYTES:
            failure = no_answer(f"more than {_MOST_BYTES} bytes", provider=_PROVIDER, request_id=request_id)
            break
        yield chunk
    raise failure


async def _drained(chunks: AsyncGenerator[bytes, None]) -> None:
    """Read what follows the last event, unless it keeps one waiting, so that the connection can be used again."""
    with suppress(TimeoutError, ModelError):
        async with asyncio.timeout(_LAST_WORDS):
            async for _ in chunks:
                pass


def _failure(error: OpenAIError) -> ModelError:
    """Return our error for one of the client's."""
    from openai import APIConnectionError, APIStatusError

    if isinstance(error, APIStatusError):
        told = error_text(error.body) or ("" if error.body else error.response.reason_phrase)
        retry_after = error.response.headers.get("retry-after")
        return refusal(
            error.status_code, told, provider=_PROVIDER, request_id=error.request_id, retry_after=retry_after
        )
    if not isinstance(error, APIConnectionError):
        return model_failure(f"the client of {_PROVIDER} failed: {error}", provider=_PROVIDER, sent="no")
    cause = error.__cause__
    unsent = type(cause).__name__ in _BEFORE_SENDING
    host = error.request.url.host or error.request.url
    place = f"can't reach {host}" if unsent else f"{host} did not answer"
    return model_failure(
        f"{place}: {str(cause or '') or type(cause).__name__}",
        provider=_PROVIDER,
        sent="no" if unsent else "unknown",
        help=_HELP.get(type(cause).__name__, "look at the network and the base URL (OPENAI_BASE_URL)"),
    )


def _hide(key: str, error: ModelError) -> None:
    """Take a key out of an error; servers have been seen to repeat the one they were sent."""
    if len(key) >= _SHORTEST_SECRET:
        error.message = error.message.replace(key, "***")
    error.message = redact_text(error.message)
    error.args = (error.message,)
