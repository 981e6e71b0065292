"""Models of ours inside the package's own `Runner`: `RunConfig(model_provider=...)`, `agents.Agent(model=...)`."""

from __future__ import annotations

import secrets
from collections.abc import AsyncGenerator, Callable, Generator, Mapping
from contextlib import aclosing, contextmanager
from typing import Any, NamedTuple, cast

from msgspec.structs import replace

from timestep.errors import ModelError, UserError
from timestep.interop import agents_sdk as sdk
from timestep.interop.account import unsupported
from timestep.interop.models import as_their_response
from timestep.interop.response_events import ResponseEvents, output_item
from timestep.interop.settings import as_served_settings
from timestep.providers.protocol import Delta, Model, ModelRequest, ModelResponse, OutputFormat
from timestep.providers.routing import ResolvedModel
from timestep.types.base import JSON, Item

_OWNER = "a request of the openai-agents package"
# What the package writes into items for itself, and no API knows.
_OWN = "provider_data"  # where the package, and our Chat wire, keep what the API has no member for
_SHOWN_AGAIN = ("thought_signature", "reasoning_details")  # what Gemini's models and OpenRouter want back
_NO_ID = "__fake_id__"  # how the package marks an item without an id


class _Offer(NamedTuple):
    """The tools that a model is offered."""

    definitions: list[dict[str, Any]]
    includes: list[str]


class ServedModel(sdk.Model):
    """A model of ours that the package can ask, and that is still one of ours.

    What else the model has, such as its `name`, is found here too.

    Attributes:
        source: the model.

    Args:
        source: as above.
        named: whether the agent, or the run, named the model.
    """

    def __init__(self, source: Model, *, named: bool = True) -> None:
        self.source = source
        self._named = named

    def __repr__(self) -> str:
        return repr(self.source)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the model has
        if name == "source":  # which is not there yet while a copy is made
            raise AttributeError(name)
        return getattr(self.source, name)

    async def respond(self, request: ModelRequest) -> ModelResponse:
        """Give the whole answer, as `source` does."""
        return await self.source.respond(request)

    async def stream(self, request: ModelRequest) -> AsyncGenerator[Delta | ModelResponse, None]:
        """Give the answer piece by piece, as `source` does."""
        pieces = cast("AsyncGenerator[Delta | ModelResponse]", self.source.stream(request))
        async with aclosing(pieces):
            async for piece in pieces:
                yield piece

    async def get_response(  # noqa: PLR0917 - as in the package
        self,
        system_instructions: str | None,
        input: str | list[Any],  # noqa: A002 - as in the package
        model_settings: Any,  # noqa: ANN401 - likewise, as all below
        tools: list[Any],
        output_schema: Any,  # noqa: ANN401
        handoffs: list[Any],
        tracing: Any,  # noqa: ANN401
        *,
        previous_response_id: str | None = None,
        conversation_id: str | None = None,
        prompt: Any = None,  # noqa: ANN401
    ) -> sdk.ModelResponse:
        """Give the whole answer, as the package asks for it.

        Raises:
            ModelError: the model failed, or its answer was cut off; it is a `ModelBehaviorError` of the package too.
            UserError: there is no key, or a part of the request has no counterpart (`interop-unsupported`).
        """
        offer = self._offer(tools, handoffs, model_settings)
        request = self._request(input, model_settings, offer, output_schema, prompt)
        told = {"previous_response_id": previous_response_id, "conversation_id": conversation_id}
        with _traced(tracing, self._label(), request) as note:
            response = await self.source.respond(replace(request, instructions=system_instructions, **told))
            note(response)
        if response.status != "completed":
            raise _not_completed(response)
        made = as_their_response(replace(response, output=[]))
        made.output = [output_item(item) for item in response.output]
        return made

    async def stream_response(  # noqa: PLR0917 - as in the package
        self,
        system_instructions: str | None,
        input: str | list[Any],  # noqa: A002 - as in the package
        model_settings: Any,  # noqa: ANN401 - likewise, as all below
        tools: list[Any],
        output_schema: Any,  # noqa: ANN401
        handoffs: list[Any],
        tracing: Any,  # noqa: ANN401
        *,
        previous_response_id: str | None = None,
        conversation_id: str | None = None,
        prompt: Any = None,  # noqa: ANN401
    ) -> AsyncGenerator[Any, None]:
        """Give the answer as events of the Responses API; the last one holds the whole of it.

        Raises:
            ModelError: as `get_response`; also in the middle.
            UserError: as `get_response`.
        """
        offer = self._offer(tools, handoffs, model_settings)
        request = self._request(input, model_settings, offer, output_schema, prompt)
        told = {"previous_response_id": previous_response_id, "conversation_id": conversation_id}
        events = self._events(offer)
        with _traced(tracing, self._label(), request) as note:
            async with aclosing(self.stream(replace(request, instructions=system_instructions, **told))) as pieces:
                async for piece in pieces:
                    if isinstance(piece, Delta):
                        for event in events.piece(piece):
                            yield event
                        continue
                    note(piece)
                    for event in events.end(piece):
                        yield event
                    if piece.status != "completed":
                        raise _not_completed(piece)

    def get_retry_advice(self, request: Any) -> Any:  # noqa: ANN401 - as in the package
        """Say what the package's own retries, where a run asks for them, are to know of an error of ours."""
        error = request.error
        if not isinstance(error, ModelError):
            return None
        return sdk.ModelRetryAdvice(
            suggested=error.retryable,
            retry_after=error.retry_after,
            replay_safety="safe" if error.sent == "no" else None,
            normalized=sdk.ModelRetryNormalizedError(
                status_code=error.status, message=error.message, request_id=error.request_id
            ),
        )

    def _resolved(self) -> ResolvedModel | None:
        return getattr(self.source, "resolved", None)

    def _offer(self, tools: list[Any], handoffs: list[Any], settings: Any) -> _Offer:  # noqa: ANN401
        """Return the definitions of the tools, and what they ask the answer to include, as the package writes them."""
        resolved = self._resolved()
        made = sdk.Converter.convert_tools(
            tools, handoffs, model=None if resolved is None else resolved.model, tool_choice=settings.tool_choice
        )
        return _Offer([dict(each) for each in made.tools], list(made.includes))

    def _request(
        self,
        items: str | list[Any],
        settings: Any,  # noqa: ANN401
        offer: _Offer,
        schema: Any,  # noqa: ANN401
        prompt: Any,  # noqa: ANN401
    ) -> ModelRequest:
        if prompt is not None:
            raise unsupported("prompt", _OWNER, "give the agent instructions")
        resolved = self._resolved()
        wire_api = None if resolved is None else resolved.wire_api
        return ModelRequest(
            model=None if resolved is None else resolved.model,
            input=[{"role": "user", "content": items}] if isinstance(items, str) else [_item(each) for each in items],
            tools=offer.definitions,
            settings=as_served_settings(settings, offer.includes, named=self._named, wire_api=wire_api),
            output=_format(schema),
            key=secrets.token_hex(16),
        )

    def _events(self, offer: _Offer) -> ResponseEvents:
        resolved = self._resolved()
        custom = frozenset(each["name"] for each in offer.definitions if each.get("type") == "custom")
        summarized = resolved is not None and resolved.wire_api == "responses"
        return ResponseEvents(self._label(), summarized=summarized, custom=custom)

    def _label(self) -> str:
        return getattr(self.source, "name", None) or type(self.source).__name__


@contextmanager
def _traced(tracing: Any, model: str, request: ModelRequest) -> Generator[Callable[[ModelResponse], None]]:  # noqa: ANN401
    """Tell the package's traces of a question; of what was said only where they may hold it.

    Yields:
        what takes the answer.
    """
    with sdk.generation_span(model=model, disabled=tracing.is_disabled()) as span:
        if tracing.include_data():
            span.span_data.input = list(request.input)

        def note(response: ModelResponse) -> None:
            usage = response.usage
            span.span_data.usage = {"input_tokens": usage.input_tokens, "output_tokens": usage.output_tokens}
            if tracing.include_data():
                span.span_data.output = response.output

        try:
            yield note
        except (ModelError, UserError) as error:
            told = str(error) if tracing.include_data() else type(error).__name__
            span.set_error(sdk.SpanError(message="Error getting response", data={"error": told}))
            raise


def _format(schema: Any) -> OutputFormat | None:  # noqa: ANN401 - of the package
    if schema is None or schema.is_plain_text():
        return None
    return OutputFormat(name="final_output", schema=schema.json_schema(), strict=schema.is_strict_json_schema())


def _item(given: Any) -> Item:  # noqa: ANN401 - a dict, or a class of the openai package
    """Return an item of the input as it goes over the wire."""
    item = cast("Item", given if isinstance(given, dict) else given.model_dump(mode="json", exclude_unset=True))
    own: Mapping[str, JSON] = cast("Mapping[str, JSON]", item[_OWN]) if isinstance(item.get(_OWN), dict) else {}
    kept = {name: own[name] for name in _SHOWN_AGAIN if name in own}
    plain = {name: value for name, value in item.items() if name != _OWN and not (name == "id" and value == _NO_ID)}
    return {**plain, _OWN: kept} if kept else plain


def _not_completed(response: ModelResponse) -> ModelError:
    """Return the error for an answer that can't be used."""
    cut_off = response.status == "incomplete"
    what = "the answer was cut off" if cut_off else "the model's host reports that it failed"
    error = ModelError(
        f"{what}: {response.reason or 'no reason given'}", code="model-incomplete" if cut_off else "model-failed"
    )
    error.request_id, error.sent = response.request_id, "yes"
    error.provider = response.answered_by.provider if response.answered_by is not None else None
    return error
