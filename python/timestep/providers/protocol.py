"""What a run asks of a model and gets back, whatever provider is behind it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, Literal, Protocol, TypeVar, runtime_checkable

import msgspec

from timestep.types.base import JSON, Item
from timestep.types.model_settings import ModelSettings
from timestep.types.state import AnsweredBy, Usage


class OutputFormat(msgspec.Struct, frozen=True):
    """The JSON Schema that the final output is held to."""

    name: str
    schema: dict[str, JSON]
    strict: bool = True


class ModelRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One question to a model.

    Attributes:
        model: the name as the agent gives it, a prefix for routing taken off; None is the provider's default.
        input: wire items, oldest first. A read-only view of the run's log: neither the list nor an item may be changed;
            see `folded` for what a wire API makes of them.
        instructions: the system prompt; None is none.
        tools: definitions in the form of the Responses API, those of handoffs too.
        settings: temperature and the like; what is None is left to the provider.
        output: what the final output is held to; None is text.
        previous_response_id: the response whose conversation the host goes on with; `input` is then what is new.
        conversation_id: the host's conversation; `input` is then what is new.
        prompt_cache_key: groups requests that share a beginning.
        key: the same for each attempt of this question, and for no other one.
    """

    model: str | None
    input: Sequence[Item]
    instructions: str | None = None
    tools: Sequence[dict[str, Any]] = ()
    settings: ModelSettings = ModelSettings()
    output: OutputFormat | None = None
    previous_response_id: str | None = None
    conversation_id: str | None = None
    prompt_cache_key: str | None = None
    key: str = ""


class ModelResponse(msgspec.Struct, frozen=True, kw_only=True):
    """A model's whole answer.

    Attributes:
        output: items as the provider sent them; unknown types are kept.
        usage: token counts of this one request.
        id: the provider's id of the response.
        request_id: the id under which the provider's logs have the request.
        status: "incomplete" when the answer was cut off, "failed" when the provider says it failed.
        reason: why it is incomplete or failed, in the provider's words.
        answered_by: who gave it, where it is known (routing.md).
    """

    output: list[Item]
    usage: Usage = Usage(input_tokens=0, output_tokens=0, total_tokens=0)
    id: str | None = None
    request_id: str | None = None
    status: Literal["completed", "incomplete", "failed"] = "completed"
    reason: str | None = None
    answered_by: AnsweredBy | None = None


class Delta(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of an item that is still being written.

    Attributes:
        kind: what it is a piece of.
        text: the piece.
        item_id: the provider's id of the item, where it has one.
        output_index: the item's place in the response, from 0.
        call_id: for "arguments", the call they belong to, where it is known by now.
        name: for "arguments", the tool, where it is known by now.
    """

    kind: Literal["text", "reasoning", "refusal", "arguments"]
    text: str
    item_id: str | None = None
    output_index: int | None = None
    call_id: str | None = None
    name: str | None = None


class Fold(Protocol):
    """What becomes of a conversation, item by item."""

    def add(self, item: Item) -> None:
        """Take the next item."""
        ...


Folded = TypeVar("Folded", bound=Fold)


def folded(items: Sequence[Item], make: Callable[[], Folded]) -> Folded:
    """Return a fold that has taken each item, in their order.

    A run's own view of its log remembers the fold, so that in a later turn it only takes what is new.  It may be read
    and not changed by whoever asks.

    Args:
        items: `ModelRequest.input`.
        make: makes a fold that has taken nothing; a class or function of the module, the same one each time.
    """
    remembered = getattr(items, "folded", None)
    if remembered is not None:
        return remembered(make)
    fold = make()
    for item in items:
        fold.add(item)
    return fold


@runtime_checkable
class Model(Protocol):
    """Something that answers. Errors are `ModelError`s; what the provider refuses is never taken for an answer."""

    async def respond(self, request: ModelRequest) -> ModelResponse:
        """Give the whole answer."""
        ...

    def stream(self, request: ModelRequest) -> AsyncIterator[Delta | ModelResponse]:
        """Give the answer piece by piece; the last thing is the whole of it."""
        ...


@runtime_checkable
class ModelProvider(Protocol):
    """Finds the model behind a name."""

    def get_model(self, name: str | None) -> Model:
        """Return the model of that name, or the default one.

        Raises:
            UserError: the name leads nowhere.
        """
        ...
