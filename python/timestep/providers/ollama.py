"""Ollama's models, on this machine, another server or Ollama Cloud, through the `ollama` package and `/api/chat`."""

from __future__ import annotations

import asyncio
import inspect
import os
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, cast
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

import msgspec
from msgspec import UNSET, UnsetType

from timestep.errors import ModelError, TimestepError, UserError
from timestep.providers.attempts import AttemptedModel, Candidate
from timestep.providers.failures import model_failure, refusal
from timestep.providers.ollama_request import request_body
from timestep.providers.ollama_stream import LineReader, OllamaAnswer
from timestep.providers.protocol import Delta, ModelRequest, ModelResponse
from timestep.providers.responses_answer import error_text
from timestep.providers.responses_request import request_headers
from timestep.providers.routing import (
    GIVEN_KEY,
    OLLAMA_KEY,
    OLLAMA_URL,
    ProviderRule,
    ResolvedModel,
    Retry,
    RoutingRules,
    route_at,
)
from timestep.providers.routing_rules import OLLAMA_HOST, available_keys, ollama_url
from timestep.providers.transport import BEFORE_SENDING, LONGEST_REFUSAL, Bound, bounded, drained, hide
from timestep.providers.url_policy import check_base_url, guarded

if TYPE_CHECKING:
    import httpx
    from ollama import AsyncClient

_PREFIX = "ollama"
_CONNECT = 10.0  # seconds until there is a connection
_READ = 600.0  # seconds without any sign of life; a large model is loaded before its first word


class OllamaModelProvider:
    """Gives models of a local Ollama, of another server with its API, and of Ollama Cloud.

    Under the prefix `ollama` a cloud name (`gpt-oss:20b-cloud`) is asked of Ollama Cloud itself where there is a key,
    and through the local server where there is none; each other name is asked of the local server, and gets no key.
    Under another prefix, a provider with an `api_key` and no `base_url` is one of Ollama Cloud alone (TS-ROUTE-006 to
    009).  The local server is at OLLAMA_HOST, else at `http://localhost:11434`.

    Nothing is opened or imported before the first request.  Each event loop has clients of its own, one for each
    address, which are closed when the loop's `asyncio.run` ends, or by `aclose`.

    Args:
        api_key: the key of Ollama Cloud, or of the server at `base_url`; OLLAMA_API_KEY unless given, for Ollama Cloud
            only.  None says that there should be one: it is missed when Ollama Cloud is asked.
        base_url: address of the one server to ask.
        client: an `ollama.AsyncClient` to use instead, with its own address and headers; whoever made it closes it.
        target: where models are asked: "auto" by their names, "local" or "cloud" whatever their names.
        default_model: the model of agents that name none.
        timeout: seconds without any sign of life after which a request fails; 600 unless given.
        keep_alive: how long a model stays loaded: seconds, or a text such as "5m"; -1 is for ever.
        retry: how often a question is asked again, of models from `get_model`.
        cloud_base_url: address of Ollama Cloud, where it is reached by another one.

    Raises:
        UserError: a base URL is malformed (`base-url`), or a client is given and a key or address beside it.

    Example:
        >>> from timestep.providers.ollama import OllamaModelProvider
        >>> OllamaModelProvider(base_url="http://ollama.lan:11434").get_model("llama3.2").resolved.base_url
        'http://ollama.lan:11434'
    """

    def __init__(
        self,
        api_key: str | UnsetType | None = UNSET,
        base_url: str | None = None,
        client: AsyncClient | None = None,
        *,
        target: Literal["auto", "local", "cloud"] = "auto",
        default_model: str | None = None,
        timeout: float | None = None,
        keep_alive: float | str | None = None,
        retry: Retry | None = None,
        cloud_base_url: str | None = None,
    ) -> None:
        if client is not None and (api_key is not UNSET or base_url is not None or timeout is not None):
            raise UserError(
                "OllamaModelProvider is given a client, and a key, address or timeout beside it",
                help="give these to the client: ollama.AsyncClient(host=..., headers=..., timeout=...)",
            )
        for url in (base_url, cloud_base_url):
            if url is not None:
                check_base_url(url, allow_private=True, what="OllamaModelProvider")
        self.default_model = default_model
        self.keep_alive = keep_alive
        self._api_key = api_key
        self._base_url = base_url
        self._cloud_base_url = cloud_base_url
        self._target: Literal["auto", "local", "cloud"] = target
        ProviderRule(kind="ollama", target=target)  # which refuses another one
        self._timeout = _READ if timeout is None else timeout
        self._retry = retry or Retry()
        self._given = client
        self._opened: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[_Place, _Opened]] = WeakKeyDictionary()

    def rule(self) -> ProviderRule:
        """Return the rule that this provider stands for; a key that was given is named "api_key" in it."""
        base_url = self._base_url if self._given is None else _address_of(_http_of(self._given))
        key = OLLAMA_KEY if self._api_key is None or self._api_key == "" else GIVEN_KEY
        if self._api_key is UNSET or (base_url is not None and key == OLLAMA_KEY):
            key = None  # that of the environment is Ollama Cloud's
        return ProviderRule(
            kind="ollama",
            base_url=base_url,
            key=key,
            target=self._target,
            local_base_url=None if base_url is not None else _local_base_url(),
            cloud_base_url=self._cloud_base_url,
            allow_private=True,
        )

    def get_model(self, name: str | None = None) -> AttemptedModel:
        """Return the model of that name, or the default one; it is asked again where that may help.

        Args:
            name: the model's name at Ollama, routed as under the prefix `ollama`.

        Raises:
            UserError: there is no name (`model-name`).
        """
        name = self.default_model if name is None else name
        if not name:
            raise UserError(
                "no model of Ollama is named",
                code="model-name",
                help='name one, such as Agent(model="ollama/llama3.2"), or give OllamaModelProvider a default_model',
            )
        keys = available_keys(RoutingRules(), os.environ)
        resolved = route_at(self.rule(), _PREFIX, name, keys | {GIVEN_KEY})
        return AttemptedModel([Candidate(resolved, self.model_at(resolved))], self._retry)

    def model_at(self, resolved: ResolvedModel) -> OllamaChatModel:
        """Return the model that a name was routed to; it is asked once."""
        return OllamaChatModel(resolved, self)

    def key_for(self, resolved: ResolvedModel) -> str | None:
        """Return the key that a model is sent, if any.

        Raises:
            UserError: there is none, or it can be in no header (`key-missing`).
        """
        if resolved.key is None:
            return None
        given = self._api_key if resolved.key == GIVEN_KEY else os.environ.get(resolved.key)
        variable = OLLAMA_KEY if resolved.key == GIVEN_KEY else resolved.key
        if given is UNSET or not given or given.isspace():
            raise UserError(
                f"there is no key for the provider {resolved.provider!r}, which is Ollama's: {variable} is not set",
                code="key-missing",
                help=f"set {variable} (https://ollama.com/settings/keys has those of Ollama Cloud), or pass "
                "OllamaModelProvider(api_key=...); models of this machine have the prefix ollama/ and need none",
            )
        if not re.fullmatch("[!-~]+", given):
            raise UserError(
                "the key for Ollama holds a blank, a line break or another character that no key has",
                code="key-missing",
                help=f"write {variable}, or api_key, again; a key that is read from a file may need strip()",
            )
        return given

    async def http(self, resolved: ResolvedModel) -> httpx.AsyncClient:
        """Return what reaches a model's address: the connections of an `ollama.AsyncClient` of the running event loop.

        The package's own methods lose parts of what is sent and answered, see `OllamaChatModel`.

        Raises:
            UserError: the base URL is refused (`base-url`).
        """
        if self._given is not None:
            return _http_of(self._given)
        place = _Place(resolved.base_url or OLLAMA_URL, resolved.allow_private)
        clients = self._opened.setdefault(asyncio.get_running_loop(), {})
        opened = clients.get(place)
        if opened is None or opened.http.is_closed:
            check_base_url(place.url, allow_private=place.allow_private, what=f"the model {resolved.name!r}")
            lifetime = self._lifetime(place)
            opened = clients[place] = _Opened(await anext(lifetime), lifetime)
        return opened.http

    async def aclose(self) -> None:
        """Close the running loop's clients that were made here; the next request makes others."""
        for opened in self._opened.pop(asyncio.get_running_loop(), {}).values():
            await opened.lifetime.aclose()

    async def _lifetime(self, place: _Place) -> AsyncGenerator[httpx.AsyncClient, None]:
        """Make a client, and close it at the end: an event loop that shuts down ends its open generators."""
        import httpx
        from ollama import AsyncClient

        options: dict[str, Any] = {} if place.allow_private else {"transport": guarded(httpx.AsyncHTTPTransport())}
        timeout = httpx.Timeout(self._timeout, connect=_CONNECT)
        made: Any = AsyncClient(place.url, follow_redirects=False, timeout=timeout, **options)
        async with made as client:
            http = _http_of(client)
            http.headers.pop("authorization", None)  # it takes OLLAMA_API_KEY by itself, wherever it leads
            yield http


class _Place(NamedTuple):
    """What a client is made for."""

    url: str
    allow_private: bool


class _Opened(NamedTuple):
    """The connections of a client, and what closes them."""

    http: httpx.AsyncClient
    lifetime: AsyncGenerator[httpx.AsyncClient, None]


class OllamaChatModel:
    """One model, asked through `/api/chat`, once for each question.

    A request goes out as bytes, and its answer is read here, because the types of the `ollama` package drop what they
    don't know: `anyOf`, `$ref` and what is nested in tool schemas, the ids of calls and of their outputs.  It also
    takes an answer that broke off for a whole one.

    Args:
        resolved: where the model is.
        provider: whose connections and key are used.
    """

    def __init__(self, resolved: ResolvedModel, provider: OllamaModelProvider) -> None:
        self.name = resolved.model
        self.resolved = resolved
        self._provider = provider

    def __repr__(self) -> str:
        return f"OllamaChatModel({self.resolved.name!r})"

    async def respond(self, request: ModelRequest) -> ModelResponse:
        """Give the whole answer.

        Raises:
            ModelError: Ollama refused or could not be reached, or what it sent is no answer.
            UserError: there is no key, or a setting, tool or item can't be sent.
        """
        async with self._asked(request, stream=False) as reply:
            answer = self._answer(request, reply)
            answer.take_whole(b"".join([chunk async for chunk in reply.chunks]))
            return answer.end()

    async def stream(self, request: ModelRequest) -> AsyncGenerator[Delta | ModelResponse, None]:
        """Give the answer piece by piece; the last thing is the whole of it.

        Leaving off early (`aclose`) ends the request.

        Raises:
            ModelError: as `respond`; also in the middle.
            UserError: as `respond`.
        """
        async with self._asked(request, stream=True) as reply:
            answer, reader = self._answer(request, reply), LineReader()
            async for chunk in reply.chunks:
                for line in reader.feed(chunk):
                    for piece in answer.take(line):
                        yield piece
                if answer.done:
                    await drained(reply.chunks)
                    break
            for line in reader.end():
                for piece in answer.take(line):
                    yield piece
            yield answer.end()

    def _answer(self, request: ModelRequest, reply: _Reply) -> OllamaAnswer:
        return OllamaAnswer(request, self.resolved, request_id=reply.request_id)

    @asynccontextmanager
    async def _asked(self, request: ModelRequest, *, stream: bool) -> AsyncGenerator[_Reply, None]:
        """Send a request, and close the response at the end, read or not."""
        body = request_body(request, self.name, stream=stream, keep_alive=self._provider.keep_alive)
        key = self._provider.key_for(self.resolved)
        headers = request_headers(request, body)
        if key is not None and not any(name.lower() == "authorization" for name in headers):
            headers["Authorization"] = f"Bearer {key}"
        http = await self._provider.http(self.resolved)
        bound = Bound.after(request.settings.timeout)
        try:
            response = await self._posted(http, body, headers, request.settings.extra_query, bound)
            chunks = bounded(
                response.aiter_bytes(), bound, provider=self.resolved.provider, request_id=_request_id(response)
            )
            try:
                if not response.is_success:
                    raise await self._refusal(response, chunks)
                yield _Reply(chunks, _request_id(response))
            finally:
                await chunks.aclose()
                await response.aclose()
        except ModelError as error:
            hide(key or http.headers.get("authorization", "").removeprefix("Bearer "), error)
            raise

    async def _posted(
        self, http: httpx.AsyncClient, body: bytes, headers: dict[str, str], query: dict[str, Any] | None, bound: Bound
    ) -> httpx.Response:
        """Send a body; return the response, its own body unread."""
        try:
            asked = http.build_request("POST", "/api/chat", content=body, headers=headers, params=query)
            async with asyncio.timeout_at(bound.at):
                # A conversation is not sent on to wherever a redirect says.
                return await http.send(asked, stream=True, follow_redirects=False)
        except TimeoutError:
            failure = bound.passed(self.resolved.provider)
        except TimestepError as error:  # of the URL policy
            failure = error
            failure.__cause__ = failure.__context__ = None
        except Exception as error:  # noqa: BLE001 - the transport's own, whichever the client was given
            failure = self._unreached(error)
        raise failure.with_traceback(None)  # outside, because what the client raises holds the request with its key

    def _unreached(self, error: Exception) -> ModelError:
        """Return our error for one of the transport's."""
        place, kind = self.resolved.base_url, type(error).__name__
        unsent = kind in BEFORE_SENDING
        told = f"can't reach Ollama at {place}" if unsent else f"Ollama at {place} did not answer"
        hint = "look at the network and the base URL"
        if kind == "ReadTimeout":
            hint = "run again, or allow more time: OllamaModelProvider(timeout=...)"
        elif unsent and not self._is_cloud:
            hint = "is Ollama running? start it with `ollama serve`, or say where it is: OLLAMA_HOST, or base_url=..."
            if self.resolved.rule == "ollama-cloud-by-daemon":
                hint = f"set {OLLAMA_KEY} to ask Ollama Cloud itself; without it the local Ollama is asked: {hint}"
        return model_failure(
            f"{told}: {str(error) or kind}",
            provider=self.resolved.provider,
            sent="no" if unsent else "unknown",
            help=hint,
        )

    async def _refusal(self, response: httpx.Response, chunks: AsyncGenerator[bytes, None]) -> ModelError:
        """Return the error for a status that is no success."""
        said = await _begin_of(chunks)
        told = said.told or response.reason_phrase
        error = refusal(
            response.status_code,
            told,
            provider=self.resolved.provider,
            request_id=_request_id(response),
            headers=response.headers,
            model=self.name,
            key=self.resolved.key,
        )
        error.help = self._hint(response.status_code, told, said) or error.help
        return error

    def _hint(self, status: int, told: str, said: _Said) -> str | None:
        """Say what to do about what Ollama alone answers."""
        if status == 401 and said.signin_url:
            return f"sign the local server in with `ollama signin`, or set {OLLAMA_KEY} to ask Ollama Cloud itself"
        if status == 404 and urlsplit(self.resolved.base_url or "").path.rstrip("/").endswith(("/v1", "/api")):
            return "give the base URL without /v1 or /api: what follows it is /api/chat"
        if status == 404 and "not found" in told and not self._is_cloud and "page not found" not in told:
            return f"fetch it first: `ollama pull {self.name}`; `ollama list` shows what is there"
        if status == 400 and "does not support" in told:
            return f"name a model that does; `ollama show {self.name}` tells what this one can do"
        return None

    @property
    def _is_cloud(self) -> bool:
        return self.resolved.rule == "ollama-cloud"


class _Reply(NamedTuple):
    """A success whose body is still to be read."""

    chunks: AsyncGenerator[bytes, None]
    request_id: str | None


class _Said(NamedTuple):
    """What a refusal says."""

    told: str = ""
    signin_url: Any = None


async def _begin_of(chunks: AsyncGenerator[bytes, None]) -> _Said:
    """Return what a refusal says, from its first bytes; a refusal that breaks off says nothing."""
    data = b""
    try:
        async for chunk in chunks:
            data += chunk
            if len(data) > LONGEST_REFUSAL:
                break
    except ModelError:
        pass
    text = data.decode(errors="replace").strip()
    try:
        value = msgspec.json.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return _Said(text)
    members = cast("dict[str, Any]", value) if isinstance(value, dict) else {}
    return _Said(error_text(value) or text, members.get("signin_url"))


def _request_id(response: httpx.Response) -> str | None:
    return response.headers.get("x-request-id")


def _http_of(client: object) -> httpx.AsyncClient:
    """Return the connections of a client of the `ollama` package, which has no public name for them.

    Raises:
        UserError: it is no `ollama.AsyncClient`.
    """
    http: Any = getattr(client, "_client", None)
    if not inspect.iscoroutinefunction(getattr(http, "send", None)):
        raise UserError(
            f"the client given to OllamaModelProvider is a {type(client).__name__}, and no ollama.AsyncClient",
            help="give an ollama.AsyncClient(host=...), or none",
        )
    return cast("httpx.AsyncClient", http)


def _address_of(http: httpx.AsyncClient) -> str:
    """Return the address of a client, without the user and password that it may hold."""
    url = http.base_url
    return f"{url.scheme}://{url.netloc.decode()}{url.path}".rstrip("/")


def _local_base_url() -> str | None:
    """Return the address of the local server, where the environment tells it."""
    host = os.environ.get(OLLAMA_HOST, "").strip(" \t\r\n\"'")
    return ollama_url(host) if host else None
