"""The clients of the `openai` package: made for one address and key each, asked in bytes, their failures made ours."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import suppress
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, cast
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

from timestep.errors import ModelError, TimestepError, UserError
from timestep.providers.failures import model_failure, ollama_name, refusal
from timestep.providers.responses_answer import error_text
from timestep.providers.routing import GIVEN_KEY, OPENAI_KEY, OPENAI_URL, ResolvedModel
from timestep.providers.transport import BEFORE_SENDING, LONGEST_REFUSAL, Bound, hide
from timestep.providers.url_policy import guarded

if TYPE_CHECKING:
    from openai import AsyncAPIResponse, AsyncOpenAI, OpenAIError

Key = str | Callable[[], Awaitable[str]]

_NO_KEY = "none"  # for a client that sends none, and wants one all the same
# What to do about some of its failures.
_HELP = {"ReadTimeout": "run again, or allow more time: OpenAIModelProvider(timeout=...)"}


class ClientOptions(NamedTuple):
    """What a provider was given for its clients; see `OpenAIModelProvider`."""

    api_key: Key | None = None
    timeout: float | None = None
    organization: str | None = None
    project: str | None = None
    default_headers: Mapping[str, str] | None = None


class Opened(NamedTuple):
    """A client in use.

    Attributes:
        client: the client.
        key: name of the key that it sends, or of what holds one; None is none.
        headers: what it was told to send with every request.
        lifetime: what closes it; None for one that is the caller's.
    """

    client: AsyncOpenAI
    key: str | None
    headers: Mapping[str, str] = MappingProxyType({})
    lifetime: AsyncGenerator[Opened, None] | None = None

    def hide_secrets(self, error: ModelError, more: Mapping[str, str]) -> None:
        """Take what was sent as a key, or in a header, out of an error.

        Args:
            error: the error.
            more: headers of this one request.
        """
        for value in (self.client.api_key, *self.headers.values(), *more.values()):
            hide(value.rpartition(" ")[2], error)  # what follows "Bearer"


class Clients:
    """The clients of one provider: one for each event loop, address and key.

    A client is closed when the loop's `asyncio.run` ends, or by `aclose`.

    Args:
        options: what the provider was given for them.
    """

    def __init__(self, options: ClientOptions) -> None:
        self._options = options
        self._opened: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[object, Opened]] = WeakKeyDictionary()

    async def client_for(self, resolved: ResolvedModel) -> Opened:
        """Return the running event loop's client for where a model was found.

        Raises:
            UserError: there is no key (`key-missing`), or it may not go there (`base-url`).
        """
        opened = self._opened.setdefault(asyncio.get_running_loop(), {})
        key = key_for(resolved, self._options.api_key)  # as it is now: a variable may have changed, or be gone
        place = (resolved.base_url, resolved.key, key, resolved.allow_private)
        found = opened.get(place)
        if found is None or found.client.is_closed():
            lifetime = self._lifetime(resolved, key)
            found = opened[place] = (await anext(lifetime))._replace(lifetime=lifetime)
        return found

    async def aclose(self) -> None:
        """Close those of the running loop."""
        for opened in self._opened.pop(asyncio.get_running_loop(), {}).values():
            if opened.lifetime is not None:
                await opened.lifetime.aclose()

    async def _lifetime(self, resolved: ResolvedModel, key: Key | None) -> AsyncGenerator[Opened, None]:
        """Make a client, and close it at the end: an event loop that shuts down ends its open generators."""
        headers = self._options.default_headers or {}
        named = any(name.lower() == "authorization" for name in headers)
        async with _made(resolved, key, self._options) as client:
            yield Opened(client, "default_headers" if named else None if key is None else resolved.key, headers)


@lru_cache(maxsize=64)  # asked for each request; few addresses are in use
def is_openai(url: str | None) -> bool:
    """Tell whether an address is OpenAI's own, in one of its regions or another; None is.

    Example:
        >>> is_openai("https://eu.api.openai.com/v1"), is_openai("https://api.openai.com.example.org/v1")
        (True, False)
    """
    parts = urlsplit(url or OPENAI_URL)
    host = (parts.hostname or "").lower()
    return parts.scheme == "https" and (host == "api.openai.com" or host.endswith(".api.openai.com"))


@lru_cache(maxsize=64)
def has_openais_api(url: str | None) -> bool:
    """Tell whether OpenAI's models answer at an address as at OpenAI's own, as Azure's do; no key goes by it.

    Example:
        >>> has_openais_api("https://me.openai.azure.com/openai/v1"), has_openais_api("http://localhost:8080/v1")
        (True, False)
    """
    return is_openai(url) or (urlsplit(url or "").hostname or "").lower().endswith(".openai.azure.com")


def takes_openai_key(url: str | None) -> bool:
    """Tell whether OPENAI_API_KEY may go to an address: OpenAI's own, or the one that OPENAI_BASE_URL names."""
    named = os.environ.get("OPENAI_BASE_URL")
    return is_openai(url) or bool(named and url and named.rstrip("/") == url.rstrip("/"))


def key_for(resolved: ResolvedModel, given: Key | None) -> Key | None:
    """Return the key that goes to where a model was found; None is none.

    Args:
        resolved: where it was found, and the name of its key.
        given: the key that was given in code.

    Raises:
        UserError: there is none of that name (`key-missing`), or it belongs elsewhere (`base-url`).
    """
    name = resolved.key
    if name is None:
        return None
    if name == OPENAI_KEY and not takes_openai_key(resolved.base_url):
        raise UserError(
            f"{name} is not sent to {resolved.base_url}, the address of {resolved.provider!r}",
            code="base-url",
            why="whoever answers there would have the key for OpenAI",
            help="give that server a key of its own (api_key, or another variable), or name it in OPENAI_BASE_URL",
        )
    value = os.environ.get(name, "")
    key = given if name == GIVEN_KEY else "" if value.isspace() else value
    if key:
        _check_key(key, name)
        return key
    if name == OPENAI_KEY and not is_openai(resolved.base_url):
        return None  # a server of one's own, which may need none
    raise _key_missing(resolved, name)


def _key_missing(resolved: ResolvedModel, name: str) -> UserError:
    """Return the error for a key that is not there."""
    meant = ollama_name(resolved.provider, resolved.model)
    whose = "OpenAI's API" if is_openai(resolved.base_url) else f"the provider {resolved.provider!r}"
    return UserError(
        f"there is no key for {whose}: {name} is not set",
        code="key-missing",
        help=f"{f'did you mean the model {meant!r}? else ' if meant else ''}"
        f"set {name}, or pass the key to the provider: OpenAIModelProvider(api_key=...)",
    )


def _check_key(key: Key, name: str) -> None:
    """Refuse a key that can't be in a header, and don't show it."""
    if isinstance(key, str) and not re.fullmatch("[!-~]+", key):
        raise UserError(
            f"the key in {name} holds a blank, a line break or another character that no key has",
            code="key-missing",
            help=f"write {name} again; a key that is read from a file may need strip()",
        )


def _made(resolved: ResolvedModel, key: Key | None, options: ClientOptions) -> AsyncOpenAI:
    """Return a new client."""
    import openai

    left_out = set[str]() if takes_openai_key(resolved.base_url) else _ambient(options)

    class AsyncOpenAI(openai.AsyncOpenAI):
        """What the package takes from the environment by itself goes only where OPENAI_API_KEY may go."""

        @property
        def default_headers(self) -> dict[str, str | openai.Omit]:
            headers = super().default_headers
            return {name: value for name, value in headers.items() if name.lower() not in left_out}

    more: dict[str, Any] = {} if options.timeout is None else {"timeout": options.timeout}
    return AsyncOpenAI(
        http_client=_http_client(guard=not resolved.allow_private),
        api_key=key or _NO_KEY,
        base_url=resolved.base_url,
        organization=options.organization,
        project=options.project,
        default_headers=options.default_headers,
        # Repeating a request is decided where it is known what a repetition would do, not in the client.
        max_retries=0,
        **more,
    )


def _ambient(options: ClientOptions) -> set[str]:
    """Return the names, in small letters, of headers that would come from the environment."""
    lines = os.environ.get("OPENAI_CUSTOM_HEADERS", "").split("\n")
    names = {line.partition(":")[0].strip().lower() for line in lines}
    names |= set[str]() if options.organization else {"openai-organization"}
    names |= set[str]() if options.project else {"openai-project"}
    return names - {name.lower() for name in options.default_headers or ()}


def _http_client(*, guard: bool) -> Any:  # noqa: ANN401 - the package's own default, typed there
    """Return what carries requests, and the first words of refusals; with a guard it reaches public addresses alone.

    The package reads a refusal to its end, however long that takes.
    """
    import httpx2
    from openai import DefaultAsyncHttpxClient

    class Beginning(httpx2.AsyncByteStream):
        """The first bytes of a body, which may break off."""

        def __init__(self, body: Any) -> None:  # noqa: ANN401 - a stream
            self._body = body

        async def __aiter__(self) -> AsyncGenerator[bytes, None]:
            left = LONGEST_REFUSAL
            with suppress(httpx2.TransportError):
                async for chunk in self._body:
                    yield chunk[:left]
                    left -= len(chunk)
                    if left <= 0:
                        break

        async def aclose(self) -> None:
            await self._body.aclose()

    async def shorten(response: httpx2.Response) -> None:
        if not response.is_success:
            response.stream = Beginning(response.stream)

    transport = cast("Any", guarded(httpx2.AsyncHTTPTransport())) if guard else None
    return DefaultAsyncHttpxClient(event_hooks={"response": [shorten]}, transport=transport)


async def post(
    opened: Opened, path: str, body: bytes, *, options: Mapping[str, Any], bound: Bound, resolved: ResolvedModel
) -> AsyncAPIResponse[bytes]:
    """Send a body; return the response when its status is a success, its own body unread.

    Args:
        opened: the client.
        path: of the API, after the base URL.
        body: JSON.
        options: `headers` and `params` of this one request.
        bound: when the answer has to be there.
        resolved: whom it is sent to.

    Raises:
        ModelError: it was refused, or could not be sent.
        UserError: the address may not be reached (`base-url`).
    """
    from openai import AsyncAPIResponse, Omit, OpenAIError

    # The header is how the client itself asks for a response that is still open (`with_streaming_response`).
    headers = {**options["headers"], "X-Stainless-Raw-Response": "stream"}
    if opened.key is None and not any(name.lower() == "authorization" for name in headers):
        headers["Authorization"] = Omit()
    # A conversation is not sent on to wherever a redirect says; the key that is used is not the one for administration.
    # Nor does a client of the caller's ask again by itself.
    options = {**options, "headers": headers, "follow_redirects": False, "max_retries": 0}
    options["security"] = {"bearer_auth": True}
    try:
        async with asyncio.timeout_at(bound.at):
            return await opened.client.post(
                path, cast_to=AsyncAPIResponse[bytes], content=body, options=cast("Any", options)
            )
    except TimeoutError:
        failure = bound.passed(resolved.provider)
    except OpenAIError as error:
        failure = _failure(error, opened, resolved)
    except TimestepError as error:  # of the guard
        failure = _of_the_guard(error, resolved.provider)
    except Exception as error:  # noqa: BLE001 - whatever a client of the caller's is made of fails with
        failure = model_failure(f"the client of {resolved.provider} failed: {error!r}", provider=resolved.provider)
    raise failure  # outside, because what the client raises holds the request with its key


def _failure(error: OpenAIError, opened: Opened, resolved: ResolvedModel) -> ModelError:
    """Return our error for one of the client's."""
    from openai import APIConnectionError, APIStatusError

    provider = resolved.provider
    if isinstance(error, APIStatusError):
        return refusal(
            error.status_code,
            error_text(error.body) or error.response.text.strip() or error.response.reason_phrase,
            provider=provider,
            request_id=error.request_id,
            headers=error.response.headers,
            reason=error.code,
            model=resolved.model,
            key=opened.key,
        )
    if not isinstance(error, APIConnectionError):
        return model_failure(f"the client of {provider} failed: {error}", provider=provider, sent="no")
    cause = error.__cause__
    name = type(cause).__name__
    unsent = name in BEFORE_SENDING
    host = error.request.url.host or error.request.url
    place = f"can't reach {host}" if unsent else f"{host} did not answer"
    return model_failure(
        f"{place}: {str(cause or '') or name}",
        provider=provider,
        sent="no" if unsent else "unknown",
        help=_HELP.get(name, "look at the network and the base URL (OPENAI_BASE_URL)"),
    )


def _of_the_guard(error: TimestepError, provider: str) -> TimestepError:
    """Return the error of a host that may not be reached, without the request that it was raised over."""
    error.__traceback__ = error.__cause__ = error.__context__ = None
    if isinstance(error, ModelError):
        error.provider = provider
    return error
