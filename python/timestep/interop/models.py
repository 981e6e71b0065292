"""Models and model providers of the package as ours."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from typing import Any, cast

from timestep.errors import ModelError, TimestepError, UserError
from timestep.interop import agents_sdk as sdk
from timestep.interop.account import unsupported
from timestep.interop.contexts import as_usage
from timestep.interop.items import output_models
from timestep.interop.settings import as_their_settings
from timestep.providers.protocol import Delta, ModelRequest, ModelResponse, OutputFormat
from timestep.types.base import Item
from timestep.types.state import Usage

#: Type of a stream event of the Responses API -> kind of the delta.
_DELTAS = {
    "response.output_text.delta": "text",
    "response.refusal.delta": "refusal",
    "response.reasoning_text.delta": "reasoning",
    "response.reasoning_summary_text.delta": "reasoning",
    "response.function_call_arguments.delta": "arguments",
}
_LAST = ("response.completed", "response.incomplete", "response.failed")


def as_model(value: Any) -> Any:  # noqa: ANN401 - a name, or a model of either package
    """Return a model of the package as ours; a name, or what is a model of ours too, as it is."""
    return SdkModel(value) if isinstance(value, sdk.Model) and not hasattr(value, "respond") else value


def as_provider(value: Any) -> Any:  # noqa: ANN401 - a provider of either package
    """Return a provider of the package as ours; one that is ours too as it is."""
    ours = any(each.__module__.startswith("timestep.providers.") for each in type(value).__mro__)
    return SdkProvider(value) if isinstance(value, sdk.ModelProvider) and not ours else value


def is_default(provider: Any) -> bool:  # noqa: ANN401 - a provider of the package
    """Tell whether a provider is the one every `RunConfig` of the package has that was told nothing."""
    if type(provider) is not sdk.MultiProvider or provider.provider_map is not None:
        return False
    fresh = vars(sdk.MultiProvider().openai_provider)
    told = vars(provider.openai_provider)
    return all(told.get(name) == fresh[name] for name in fresh if not isinstance(fresh[name], Mapping))


class SdkProvider:
    """A model provider of the package.

    Attributes:
        source: the package's provider.
    """

    def __init__(self, source: sdk.ModelProvider) -> None:
        self.source = source

    def get_model(self, name: str | None) -> SdkModel:
        """Return the model of that name.

        Raises:
            UserError: the package's provider knows no such model.
        """
        try:
            return SdkModel(self.source.get_model(name))
        except sdk.AgentsException as error:
            raise UserError(str(error)) from error


class SdkModel:
    """A model of the package, asked as ours are.

    Attributes:
        source: the package's model.
    """

    def __init__(self, source: sdk.Model) -> None:
        self.source = source

    async def respond(self, request: ModelRequest) -> ModelResponse:
        """Give the whole answer.

        Raises:
            ModelError: the model failed.
            UserError: the request has a hosted tool, of which such a model can't be told.
        """
        question = _question(request)
        try:
            answer = await self.source.get_response(**question)
        except TimestepError:  # a model of ours within
            raise
        except Exception as error:
            raise _failed(error) from error
        return ModelResponse(
            output=[_item(each) for each in answer.output],
            usage=_usage(answer.usage),
            id=answer.response_id,
            request_id=getattr(answer, "request_id", None),
        )

    async def stream(self, request: ModelRequest) -> AsyncIterator[Delta | ModelResponse]:
        """Give the answer piece by piece; the last thing is the whole of it.

        Raises:
            ModelError: the model failed, or its stream ended without the whole answer.
            UserError: as for `respond`.
        """
        events = cast("AsyncGenerator[Any]", self.source.stream_response(**_question(request)))
        whole: ModelResponse | None = None
        try:
            async for event in events:
                if event.type in _DELTAS:
                    yield _delta(event)
                elif event.type in _LAST:
                    whole = _whole(event.response)
        except TimestepError:
            raise
        except Exception as error:
            raise _failed(error) from error
        finally:
            if hasattr(events, "aclose"):
                await events.aclose()
        if whole is None:
            raise ModelError("the model's stream ended before its answer was whole")
        yield whole


def as_their_response(response: ModelResponse) -> sdk.ModelResponse:
    """Return a model's answer as the package's `ModelResponse`."""
    made = sdk.ModelResponse(
        output=[], usage=as_usage(response.usage), response_id=response.id, request_id=response.request_id
    )
    made.usage.requests = made.usage.requests or 1
    made.output = output_models(response.output)
    return made


class _Schema(sdk.AgentOutputSchemaBase):
    """An output format as the package asks for it; answers are read by whoever asked."""

    def __init__(self, wanted: OutputFormat) -> None:
        self._wanted = wanted

    def is_plain_text(self) -> bool:
        return False

    def name(self) -> str:
        return self._wanted.name

    def json_schema(self) -> dict[str, Any]:
        return self._wanted.schema

    def is_strict_json_schema(self) -> bool:
        return self._wanted.strict

    def validate_json(self, json_str: str) -> Any:  # noqa: ANN401 - as in the package
        return json_str


def _question(request: ModelRequest) -> dict[str, Any]:
    """Return a request as the options of the package's `get_response` and `stream_response`."""
    return {
        "system_instructions": request.instructions,
        "input": [dict(item) for item in request.input],
        "model_settings": as_their_settings(request.settings),
        "tools": _tools(request.tools),
        "output_schema": None if request.output is None else _Schema(request.output),
        "handoffs": [],  # their tools stand among the others
        "tracing": sdk.ModelTracing.DISABLED,
        "previous_response_id": request.previous_response_id,
        "conversation_id": request.conversation_id,
        "prompt": None,
    }


def _tools(definitions: Sequence[Mapping[str, Any]]) -> list[sdk.FunctionTool]:
    return [_tool(each) for each in definitions]


def _tool(definition: Mapping[str, Any]) -> sdk.FunctionTool:
    if definition.get("type") != "function":
        help_ = "name the model instead, or leave the tool out"
        raise unsupported(f"the hosted tool {definition.get('type')}", "an agent with a Model object", help_)
    tool = sdk.FunctionTool(
        name=definition["name"],
        description=definition.get("description") or "",
        params_json_schema=dict(definition["parameters"]),
        on_invoke_tool=_never,
        strict_json_schema=False,  # so that the schema is left as it is
    )
    tool.strict_json_schema = bool(definition.get("strict"))
    return tool


async def _never(_ctx: object, _arguments: str) -> None:
    raise AssertionError("a model only describes tools")


def _item(model: Any) -> Item:  # noqa: ANN401 - a pydantic model, or an item already
    return cast("Item", model if isinstance(model, dict) else model.model_dump(mode="json", exclude_unset=True))


def _whole(response: Any) -> ModelResponse:  # noqa: ANN401 - the Response of the openai package
    status = response.status if response.status in {"incomplete", "failed"} else "completed"
    details, failure = response.incomplete_details, response.error
    reason = failure.message if failure is not None else details.reason if details is not None else None
    return ModelResponse(
        output=[_item(each) for each in response.output],
        usage=_usage(response.usage),
        id=response.id,
        status=status,
        reason=reason,
    )


def _usage(usage: Any) -> Usage:  # noqa: ANN401 - of the package, or of the openai package
    if usage is None:
        return Usage(input_tokens=0, output_tokens=0, total_tokens=0)
    details = {
        name: found.model_dump(mode="json")
        for name in ("input_tokens_details", "output_tokens_details")
        if (found := getattr(usage, name, None)) is not None
    }
    return Usage(
        input_tokens=usage.input_tokens, output_tokens=usage.output_tokens, total_tokens=usage.total_tokens, **details
    )


def _delta(event: Any) -> Delta:  # noqa: ANN401 - an event of the openai package
    return Delta(
        kind=cast("Any", _DELTAS[event.type]),
        text=event.delta,
        item_id=getattr(event, "item_id", None),
        output_index=getattr(event, "output_index", None),
    )


def _failed(error: Exception) -> ModelError:
    """Return an exception of a model as ours."""
    failed = ModelError(f"the model failed: {type(error).__name__}: {error}")
    failed.status, failed.request_id = getattr(error, "status_code", None), getattr(error, "request_id", None)
    failed.retryable = False  # the package's clients have asked again themselves
    return failed
