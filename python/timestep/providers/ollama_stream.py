"""An answer of Ollama's `/api/chat`: its pieces while its lines come, and the whole at the end."""

from __future__ import annotations

import msgspec

from timestep.codec import strict_json
from timestep.errors import CodecError, ModelError
from timestep.providers.chat_answer import Ids
from timestep.providers.failures import broken_off, no_answer
from timestep.providers.json_form import ANY_SIZE
from timestep.providers.ollama_answer import (
    Call,
    Line,
    ToolCall,
    arguments_of,
    call_item,
    message_item,
    read_line,
    reasoning_item,
    status_of,
    usage_of,
)
from timestep.providers.protocol import Delta, ModelRequest, ModelResponse
from timestep.providers.responses_answer import error_text
from timestep.providers.routing import ResolvedModel
from timestep.types.base import JSON, Item

_EMPTY = frozenset({"load", "unload"})  # what was done where there was nothing to answer


class LineReader:
    """Splits a byte stream, cut anywhere, into its lines (NDJSON); empty ones are left out."""

    def __init__(self) -> None:
        self._cut: list[bytes] = []

    def feed(self, chunk: bytes) -> list[bytes]:
        """Take the next bytes; return the lines that they end."""
        *ended, rest = chunk.split(b"\n")
        if ended:
            ended[0] = b"".join((*self._cut, ended[0]))
            self._cut = []
        self._cut.append(rest)
        return [line for line in ended if not line.isspace() and line]

    def end(self) -> list[bytes]:
        """Return a last line that nothing ends; whether it is whole, its reader has to judge."""
        return self.feed(b"\n")


class OllamaAnswer:
    """Puts an answer together from its lines.

    Args:
        request: the question; no call of the answer gets an id that a call in it has.
        resolved: who was asked.
        request_id: the id under which the provider's logs have the request.

    Attributes:
        done: whether the last line was there.
    """

    def __init__(self, request: ModelRequest, resolved: ResolvedModel, *, request_id: str | None = None) -> None:
        self.done = False
        self._resolved = resolved
        self._provider = resolved.provider
        self._request_id = request_id
        self._last = Line()
        self._reported: str | None = None
        self._begun = False  # whether there was a message
        self._thoughts: list[str] = []
        self._texts: list[str] = []
        self._calls: list[Call] = []
        self._logprobs: list[JSON] = []
        self._ids = Ids(request)

    def take_whole(self, data: bytes) -> None:
        """Take an answer that is there at once: one object, however it is written, or lines.

        Raises:
            ModelError: as `take`.
        """
        reader = LineReader()
        lines = [*reader.feed(data), *reader.end()]
        if len(lines) > 1 and _is_json(data):
            lines = [data]
        for line in lines:
            self.take(line)

    def take(self, data: bytes) -> list[Delta]:
        """Take the next line; return the pieces it holds.

        Raises:
            ModelError: it is no line of an answer (`model-answer`), or one that tells of a failure (`model-failed`).
        """
        if self.done:
            return []
        line = read_line(data, provider=self._provider, request_id=self._request_id)
        if line.error:
            raise self._failure(line)
        self._reported = line.model or self._reported
        pieces = self._pieces(line)
        if line.done:
            self.done, self._last = True, line
        return pieces

    def end(self) -> ModelResponse:
        """Return the whole, now that nothing more comes.

        Raises:
            ModelError: the last line is missing, so that there is no telling what else is, or it answers nothing
                (`model-answer`).
        """
        if not self.done:
            told = "the answer ended before it was done" if self._begun else "JSON, but no answer of /api/chat"
            raise self._no_answer(told)
        if self._last.done_reason in _EMPTY and not (self._texts or self._calls):
            raise self._no_answer(f"the model was {self._last.done_reason}ed, and asked nothing: there is no message")
        if not self._begun:
            raise self._no_answer("an answer without a message")
        try:
            strict_json.dumps(self._logprobs, limits=ANY_SIZE)
        except CodecError:
            raise self._no_answer("logprobs that can't be kept") from None
        status, reason = status_of(self._last.done_reason)
        return ModelResponse(
            output=self._output(),
            usage=usage_of(self._last),
            request_id=self._request_id,
            status=status,
            reason=reason,
            answered_by=self._resolved.answered_by(self._reported),
        )

    def _pieces(self, line: Line) -> list[Delta]:
        """Keep what a line holds of the message, and return it in pieces."""
        message = line.message
        if message is None:
            return []
        self._begun = True
        pieces: list[Delta] = []
        if message.thinking:
            self._thoughts.append(message.thinking)
            pieces.append(Delta(kind="reasoning", text=message.thinking, item_id=self._ids.of("rs"), output_index=0))
        if message.content:
            self._texts.append(message.content)
            place = self._before_text()
            pieces.append(Delta(kind="text", text=message.content, item_id=self._ids.of("msg"), output_index=place))
        # A token of what it thinks has a probability too; nothing but the text has a place for it.
        if line.logprobs and (message.content or not message.thinking):
            self._logprobs += line.logprobs
        return pieces + [self._called(call) for call in message.tool_calls or ()]

    def _before_text(self) -> int:
        return 1 if self._thoughts else 0

    def _called(self, told: ToolCall) -> Delta:
        """Keep a call, and return it as the one piece of its arguments."""
        arguments = arguments_of(told.function)
        if not told.function.name or arguments is None:
            raise self._no_answer("a tool call without a name" if arguments is not None else "arguments in no UTF-8")
        number = len(self._calls)
        place = self._before_text() + bool(self._texts) + number
        item_id = self._ids.of("fc", number)
        call = Call(item_id, self._ids.of_call(told.id, number), told.function.name, arguments)
        self._calls.append(call)
        return Delta(
            kind="arguments",
            text=arguments,
            item_id=item_id,
            output_index=place,
            call_id=call.call_id,
            name=call.name,
        )

    def _output(self) -> list[Item]:
        """Return the items; there is a message or a call, be it an empty message."""
        items: list[Item] = []
        if self._thoughts:
            items.append(reasoning_item(self._ids.of("rs"), "".join(self._thoughts)))
        if self._texts or not self._calls:
            items.append(message_item(self._ids.of("msg"), "".join(self._texts), self._logprobs))
        return items + [call_item(call) for call in self._calls]

    def _failure(self, line: Line) -> ModelError:
        status = line.status if type(line.status) is int else None
        told = error_text(line.error)
        return broken_off(told, line.error, provider=self._provider, request_id=self._request_id, status=status)

    def _no_answer(self, problem: str) -> ModelError:
        return no_answer(problem, provider=self._provider, request_id=self._request_id)


def _is_json(data: bytes) -> bool:
    """Say whether bytes are one JSON text."""
    try:
        msgspec.json.decode(data, type=msgspec.Raw)
    except (msgspec.DecodeError, RecursionError):
        return False
    return True
