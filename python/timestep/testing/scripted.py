"""A model that follows a script, for tests of agents: no network, no key, the same each time."""

from __future__ import annotations

import inspect
import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, cast

from msgspec.structs import replace

from timestep.codec import strict_json
from timestep.errors import ModelError, UserError
from timestep.handoffs.handoff import tool_name_for
from timestep.providers.protocol import Delta, ModelRequest, ModelResponse
from timestep.types.base import JSON, Item
from timestep.types.state import Usage

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

Answer = str | Mapping[str, JSON] | Sequence[str | Mapping[str, JSON]] | ModelResponse | Exception
Entry = Answer | Callable[[ModelRequest], Answer | Awaitable[Answer]]
Kind = Literal["text", "reasoning", "refusal", "arguments"]

_WORDS = re.compile(r"\s*\S+|\s+\Z")
_PREFIXES = {"message": "msg", "function_call": "fc", "reasoning": "rs"}


class ScriptError(ModelError, AssertionError):
    """A test's script and what was asked of it do not match."""

    default_code = "script"


def message(text: str) -> Item:
    """Return a message of the model, as an item.

    Example:
        >>> message("It is sunny.")["content"][0]["text"]
        'It is sunny.'
    """
    content: list[JSON] = [{"type": "output_text", "text": text, "annotations": []}]
    return {"type": "message", "role": "assistant", "status": "completed", "content": content}


def tool_call(name: str, arguments: Mapping[str, JSON] | str = "{}", call_id: str | None = None) -> Item:
    """Return a call of a tool, as an item.

    Args:
        name: the tool.
        arguments: as an object, or as the exact string the model sends, which may be no JSON at all.
        call_id: the call's id; the script numbers those without one: `call_0`, `call_1` ...

    Example:
        >>> tool_call("get_weather", {"city": "Oakland"})["arguments"]
        '{"city":"Oakland"}'
    """
    text = arguments if isinstance(arguments, str) else strict_json.dumps(dict(arguments)).decode()
    call: Item = {"type": "function_call", "name": name, "arguments": text, "status": "completed"}
    return call if call_id is None else {**call, "call_id": call_id}


def handoff_to(agent_name: str, arguments: Mapping[str, JSON] | str = "{}", call_id: str | None = None) -> Item:
    """Return the call that hands over to an agent, as an item.

    Example:
        >>> handoff_to("Billing Agent")["name"]
        'transfer_to_billing_agent'
    """
    return tool_call(tool_name_for(agent_name), arguments, call_id)


class ScriptedModel:
    """A model whose answers are given beforehand, one for each time it is asked.

    It can stand wherever a model or a provider can: `Agent(model=...)`, `run_agent(..., model_provider=...)`.  Used
    as a context manager, it fails at the end when an answer was never asked for.

    Args:
        responses: the answers, in order.  Each is a message's text, an item (see `tool_call`, `handoff_to`,
            `message`), a list of these, a whole `ModelResponse`, an exception to raise, or a function of the request
            that gives any of these.
        prefix: put before the ids it gives; needed where two scripted models answer in one run.

    Attributes:
        requests: what it was asked, oldest first, each as it was at the time.

    Raises:
        UserError: `responses` is no list.

    Example:
        >>> import asyncio
        >>> from timestep.providers.protocol import ModelRequest
        >>> with ScriptedModel([tool_call("add", {"a": 1, "b": 2}), "The sum is 3."]) as model:
        ...     first = asyncio.run(model.respond(ModelRequest(model=None, input=[])))
        ...     second = asyncio.run(model.respond(ModelRequest(model=None, input=first.output)))
        >>> first.output[0]["call_id"], second.output[0]["content"][0]["text"]
        ('call_0', 'The sum is 3.')
    """

    def __init__(self, responses: Sequence[Entry], *, prefix: str = "") -> None:
        if isinstance(responses, str | Mapping) or not isinstance(cast("object", responses), Sequence):
            raise UserError(f"a script is a list of answers; got {responses!r}", help="put it into [ ]")
        self.requests: list[ModelRequest] = []
        self._entries = list(responses)
        self._prefix = prefix
        self._numbers: dict[str, int] = {}

    def __repr__(self) -> str:
        return f"ScriptedModel({len(self.requests)} of {len(self._entries)} answers asked for)"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.check()

    def get_model(self, name: str | None = None) -> Self:  # noqa: ARG002 - whatever is asked for, this answers
        """Return itself, so that it can stand for a provider."""
        return self

    def check(self) -> None:
        """Fail when the model was asked less often than the script says, or more often and nobody minded.

        Raises:
            ScriptError: says how often it was, and what is left.
        """
        asked, scripted = len(self.requests), len(self._entries)
        if asked != scripted:
            rest = f"; the next would be {_shown(self._entries[asked])}" if asked < scripted else ""
            raise ScriptError(
                f"the model was asked {asked} times, but {scripted} answers are scripted{rest}",
                help="find out why the run ended early or went on, or change the script",
            )

    async def respond(self, request: ModelRequest) -> ModelResponse:
        """Give the next answer.

        Raises:
            ScriptError: there is none.
        """
        number = len(self.requests)
        self.requests.append(replace(request, input=list(request.input)))
        if number >= len(self._entries):
            last = request.input[-1] if request.input else None
            raise ScriptError(
                f"the model was asked {number + 1} times, but {len(self._entries)} answers are scripted; the last item "
                f"of the question is {_shown(last)}",
                help="the run goes on for longer than the script: add an answer, or find out what started another turn",
            )
        answer: object = self._entries[number]
        if callable(answer) and not isinstance(answer, type):
            answer = answer(self.requests[number])
            answer = await answer if inspect.isawaitable(answer) else answer
        return self._response(answer, number)

    async def stream(self, request: ModelRequest) -> AsyncGenerator[Delta | ModelResponse, None]:
        """Give the next answer word by word; the last thing is the whole of it.

        Raises:
            ScriptError: there is none.
        """
        response = await self.respond(request)
        for index, item in enumerate(response.output):
            for kind, text in _texts(item):
                for word in _WORDS.findall(text):
                    yield Delta(
                        kind=kind,
                        text=word,
                        item_id=item.get("id"),
                        output_index=index,
                        call_id=item.get("call_id"),
                        name=item.get("name") if kind == "arguments" else None,
                    )
        yield response

    def _response(self, answer: object, number: int) -> ModelResponse:
        """Return what a script says as a response, or raise it."""
        if isinstance(answer, ModelResponse):
            return answer
        if isinstance(answer, BaseException) or (isinstance(answer, type) and issubclass(answer, BaseException)):
            raise answer
        parts = list(cast("Sequence[object]", answer)) if isinstance(answer, list | tuple) else [cast("object", answer)]
        usage = Usage(input_tokens=0, output_tokens=0, total_tokens=0, requests=1)
        return ModelResponse(
            output=[self._item(part, number) for part in parts], usage=usage, id=f"{self._prefix}resp_{number}"
        )

    def _item(self, part: object, number: int) -> Item:
        """Return a part of an answer as an item with ids."""
        if isinstance(part, str):
            part = message(part)
        if not isinstance(part, Mapping):
            raise UserError(
                f"answer {number} of the script is {part!r}",
                help="use text, an item, a list of these, a ModelResponse, an exception, or a function",
            )
        item = dict(cast("Mapping[str, Any]", part))
        kind = str(item.setdefault("type", "message"))
        if kind in {"function_call", "custom_tool_call"} and "call_id" not in item:
            item["call_id"] = self._next("call")
        if "id" not in item:
            item["id"] = self._next(_PREFIXES.get(kind, "item"))
        return item

    def _next(self, kind: str) -> str:
        """Return the next id of a kind."""
        number = self._numbers.get(kind, 0)
        self._numbers[kind] = number + 1
        return f"{self._prefix}{kind}_{number}"


def _texts(item: Item) -> list[tuple[Kind, str]]:
    """Return the texts of an item that a provider would send in pieces."""
    kind = item.get("type")
    if kind == "function_call":
        return [("arguments", item["arguments"])]
    if kind == "custom_tool_call":
        return [("arguments", item["input"])]
    found: list[tuple[Kind, str]] = []
    for part in cast("list[Item]", item.get("summary" if kind == "reasoning" else "content") or []):
        if kind == "reasoning":
            found.append(("reasoning", part.get("text", "")))
        elif part.get("type") == "refusal":
            found.append(("refusal", part["refusal"]))
        elif part.get("type") == "output_text":
            found.append(("text", part["text"]))
    return found


def _shown(value: object) -> str:
    """Return the beginning of a value's text."""
    text = repr(value)
    return text if len(text) <= 200 else f"{text[:200]}..."
