"""OpenAI's models, and those of servers that speak one of its APIs, through the `openai` package."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol

from timestep.errors import ModelError, UserError
from timestep.providers import chat_request, responses_request
from timestep.providers.attempts import AttemptedModel, Candidate
from timestep.providers.chat_answer import read_completion
from timestep.providers.chat_servers import conversation_at
from timestep.providers.chat_stream import StreamedCompletion
from timestep.providers.event_stream import EventReader
from timestep.providers.openai_client import (
    ClientOptions,
    Clients,
    Opened,
    has_openais_api,
    post,
    takes_openai_key,
)
from timestep.providers.protocol import Delta, ModelRequest, ModelResponse
from timestep.providers.responses_answer import read_response
from timestep.providers.responses_stream import StreamedResponse
from timestep.providers.routing import GIVEN_KEY, OPENAI_KEY, ProviderRule, ResolvedModel, Retry, route_at
from timestep.providers.transport import Bound, bounded, drained
from timestep.providers.url_policy import check_base_url

if TYPE_CHECKING:
    from openai import AsyncOpenAI


class OpenAIModelProvider:
    """Gives models of OpenAI, or of another server with its Responses API or its Chat Completions API.

    Nothing is opened or imported before the first request.  Each event loop has a client of its own, which is closed
    when the loop's `asyncio.run` ends, or by `aclose`.

    OPENAI_API_KEY goes to OpenAI itself and to OPENAI_BASE_URL, and nowhere else: with another `base_url` and no
    `api_key`, no key is sent.

    Args:
        api_key: the key, or an async function that gives it; OPENAI_API_KEY unless given.
        base_url: address of the API, up to and including `/v1`; OPENAI_BASE_URL unless given, else OpenAI's.
        client: an `openai.AsyncOpenAI` to use instead, as it is but for its retries, see `retry`; whoever made it
            closes it.
        default_model: the model of agents that name none.
        timeout: seconds without any sign of life after which a request fails; the client's own default unless given.
        wire_api: "chat_completions" for servers that have no Responses API.
        retry: how often a model is asked again.
        organization: OpenAI's id of the organization that pays; OPENAI_ORG_ID unless given.
        project: OpenAI's id of the project that pays; OPENAI_PROJECT_ID unless given.
        default_headers: headers of every request.

    Raises:
        UserError: the base URL is malformed (`base-url`).

    Example:
        >>> from timestep.providers.openai import OpenAIModelProvider
        >>> provider = OpenAIModelProvider(base_url="http://localhost:8080/v1", wire_api="chat_completions")
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
        *,
        wire_api: Literal["responses", "chat_completions"] = "responses",
        retry: Retry | None = None,
        organization: str | None = None,
        project: str | None = None,
        default_headers: Mapping[str, str] | None = None,
    ) -> None:
        if base_url is not None:
            check_base_url(base_url, allow_private=True, what="OpenAIModelProvider")
        self.default_model = default_model
        self._wire_api: Literal["responses", "chat_completions"] = wire_api
        ProviderRule(kind="openai", wire_api=wire_api)  # which refuses another one
        self._retry = retry or Retry()
        self._api_key = api_key or None
        self._base_url = base_url
        self._given = client
        options = ClientOptions(self._api_key, timeout, organization, project, default_headers)
        self._clients = Clients(options)

    def get_model(self, name: str | None = None) -> AttemptedModel:
        """Return the model of that name, or the default one; no prefix is taken off.

        Raises:
            UserError: the name is empty (`model-name`), or OPENAI_BASE_URL is malformed (`base-url`).
        """
        name = self.default_model if name is None else name
        if not name:
            raise UserError("the name of the model is empty", code="model-name", help='name one, such as "gpt-4.1"')
        resolved = route_at(self.rule(), "openai", name, (), name=name, why="bare-name")
        return AttemptedModel([Candidate(resolved, self.model_at(resolved))], self._retry)

    def rule(self) -> ProviderRule:
        """Return what stands behind a prefix that this provider is put at."""
        url, key = self._place()
        return ProviderRule(kind="openai", base_url=url, wire_api=self._wire_api, key=key, allow_private=True)

    def model_at(self, resolved: ResolvedModel) -> OpenAIModel:
        """Return the model that a name was found to lead to; it is asked once, and never again by itself.

        Raises:
            UserError: the base URL is malformed, or may not be reached (`base-url`).
        """
        if self._given is None:
            what = f"the provider {resolved.provider!r}"
            check_base_url(resolved.base_url or "", allow_private=resolved.allow_private, what=what)
        wire = OpenAIChatCompletionsModel if resolved.wire_api == "chat_completions" else OpenAIResponsesModel
        return wire(resolved, self)

    async def client_for(self, resolved: ResolvedModel) -> Opened:
        """Return the client of the running event loop for where a model was found.

        Raises:
            UserError: there is no key (`key-missing`), or it may not go there (`base-url`).
        """
        if self._given is not None:
            return Opened(self._given, GIVEN_KEY)
        return await self._clients.client_for(resolved)

    async def aclose(self) -> None:
        """Close the running loop's clients, if they were made here; the next request makes another."""
        await self._clients.aclose()

    def _place(self) -> tuple[str | None, str | None]:
        """Return base URL, None for OpenAI's own, and the name of the key."""
        if self._given is not None:
            url = self._given.base_url.copy_with(username=None, password=None, query=None, fragment=None)
            return str(url).rstrip("/"), GIVEN_KEY
        url = os.environ.get("OPENAI_BASE_URL") or None if self._base_url is None else self._base_url
        if self._api_key is not None:
            return url, GIVEN_KEY
        return url, OPENAI_KEY if takes_openai_key(url) else None


class _Reply(NamedTuple):
    """A success whose body is still to be read."""

    chunks: AsyncGenerator[bytes, None]
    request_id: str | None
    is_json: bool


class _Streamed(Protocol):
    """What puts an answer together from its events."""

    whole: ModelResponse | None

    def take(self, data: bytes) -> list[Delta]:
        """Take the data of the next event; return the pieces it holds."""
        ...

    def end(self) -> ModelResponse:
        """Return the whole."""
        ...


class OpenAIModel(ABC):
    """One model, asked through one of OpenAI's APIs.

    A request goes out through the client's own `post`, as bytes: its `create` would look at every item of the
    conversation again, each time.

    Args:
        resolved: the model, and where it was found.
        provider: whose client is used.

    Attributes:
        name: the model's name at the provider.
        path: of the API, after the base URL.
    """

    path = ""

    def __init__(self, resolved: ResolvedModel, provider: OpenAIModelProvider) -> None:
        self.name = resolved.model
        self._resolved = resolved
        self._provider = provider

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r})"

    async def respond(self, request: ModelRequest) -> ModelResponse:
        """Give the whole answer.

        Raises:
            ModelError: the provider refused or could not be reached, or what it sent is no answer.
            UserError: there is no key, or a setting or an item can't be sent.
        """
        async with self._asked(request, stream=False) as reply:
            return self._read(b"".join([chunk async for chunk in reply.chunks]), request, reply.request_id)

    async def stream(self, request: ModelRequest) -> AsyncGenerator[Delta | ModelResponse, None]:
        """Give the answer piece by piece; the last thing is the whole of it.

        Leaving off early (`aclose`) ends the request.

        Raises:
            ModelError: as `respond`; also in the middle.
            UserError: as `respond`.
        """
        async with self._asked(request, stream=True) as reply:
            if reply.is_json:  # from a server that does not stream
                yield self._read(b"".join([chunk async for chunk in reply.chunks]), request, reply.request_id)
                return
            reader, answer = EventReader(), self._streamed(request, reply.request_id)
            async for chunk in reply.chunks:
                for data in reader.feed(chunk):
                    for piece in answer.take(data):
                        yield piece
                if answer.whole is not None:
                    await drained(reply.chunks)
                    break
            for data in reader.end():
                for piece in answer.take(data):
                    yield piece
            yield answer.end()

    @asynccontextmanager
    async def _asked(self, request: ModelRequest, *, stream: bool) -> AsyncGenerator[_Reply, None]:
        """Send a request, and close the response at the end, read or not."""
        settings = request.settings
        body = self._body(request, stream=stream, at_openai=has_openais_api(self._resolved.base_url))
        headers = responses_request.request_headers(request, body)
        opened = await self._provider.client_for(self._resolved)
        bound = Bound.after(settings.timeout)
        try:
            options = {"headers": headers, "params": settings.extra_query or {}}
            response = await post(opened, self.path, body, options=options, bound=bound, resolved=self._resolved)
            request_id = response.headers.get("x-request-id")
            source = aiter(response.iter_bytes())
            chunks = bounded(source, bound, provider=self._resolved.provider, request_id=request_id)
            try:
                kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
                yield _Reply(chunks, request_id, is_json=kind == "application/json")
            finally:
                await chunks.aclose()
                await response.close()
        except ModelError as error:
            opened.hide_secrets(error, settings.extra_headers or {})
            raise

    @abstractmethod
    def _body(self, request: ModelRequest, *, stream: bool, at_openai: bool) -> bytes:
        """Return what is sent."""

    @abstractmethod
    def _read(self, data: bytes, request: ModelRequest, request_id: str | None) -> ModelResponse:
        """Return a whole answer."""

    @abstractmethod
    def _streamed(self, request: ModelRequest, request_id: str | None) -> _Streamed:
        """Return what reads an answer that comes in pieces."""

    def _source(self, request_id: str | None) -> dict[str, Any]:
        """Return whom an answer is from."""
        return {"provider": self._resolved.provider, "request_id": request_id, "resolved": self._resolved}


class OpenAIResponsesModel(OpenAIModel):
    """One model, asked through the Responses API; see `OpenAIModel`."""

    path = "/responses"

    def _body(self, request: ModelRequest, *, stream: bool, at_openai: bool) -> bytes:
        return responses_request.request_body(request, self.name, stream=stream, at_openai=at_openai)

    def _read(self, data: bytes, request: ModelRequest, request_id: str | None) -> ModelResponse:
        return read_response(data, limit=self._limit(request), **self._source(request_id))

    def _streamed(self, request: ModelRequest, request_id: str | None) -> _Streamed:
        return StreamedResponse(limit=self._limit(request), **self._source(request_id))

    def _limit(self, request: ModelRequest) -> int | None:
        """Return how many tokens an answer has that was cut off, for servers that do not say so; OpenAI does."""
        return None if has_openais_api(self._resolved.base_url) else request.settings.max_tokens


class OpenAIChatCompletionsModel(OpenAIModel):
    """One model, asked through the Chat Completions API; see `OpenAIModel`."""

    path = "/chat/completions"

    def _body(self, request: ModelRequest, *, stream: bool, at_openai: bool) -> bytes:
        kind = conversation_at(self._resolved.base_url, self.name)
        return chat_request.request_body(request, self.name, stream=stream, at_openai=at_openai, conversation=kind)

    def _read(self, data: bytes, request: ModelRequest, request_id: str | None) -> ModelResponse:
        return read_completion(data, request, **self._source(request_id))

    def _streamed(self, request: ModelRequest, request_id: str | None) -> _Streamed:
        return StreamedCompletion(request, **self._source(request_id))
