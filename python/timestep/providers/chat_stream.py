"""A streamed Chat Completions API answer: its pieces while they come, and the whole at the end."""

from __future__ import annotations

from typing import Any, cast

import msgspec

from timestep.codec import strict_json
from timestep.errors import CodecError, ModelError
from timestep.providers.chat_answer import (
    Answer,
    Call,
    Ending,
    Ids,
    NoCallError,
    call_of,
    completion,
    reasoning_of,
    signature_of,
    texts_of,
)
from timestep.providers.failures import broken_off, no_answer
from timestep.providers.json_form import ANY_SIZE, member
from timestep.providers.protocol import Delta, ModelRequest, ModelResponse
from timestep.providers.responses_answer import error_text
from timestep.providers.routing import ResolvedModel
from timestep.types.base import JSON

_NOTHING = msgspec.Raw(b"")
_DONE = b"[DONE]"


class _Function(msgspec.Struct, gc=False):
    """What is called, or a piece of it; the arguments of some servers are an object, whose numbers stay exact."""

    name: Any = None
    arguments: msgspec.Raw = _NOTHING
    input: msgspec.Raw = _NOTHING


class _ToolCall(msgspec.Struct, gc=False):
    """A piece of a call."""

    index: Any = None
    id: Any = None
    type: Any = None
    function: _Function | None = None
    custom: _Function | None = None
    extra_content: Any = None


class _Delta(msgspec.Struct, gc=False):
    """What a chunk adds to the message."""

    content: Any = None
    reasoning_content: Any = None
    reasoning: Any = None
    refusal: Any = None
    tool_calls: list[_ToolCall] | None = None
    function_call: _Function | None = None
    annotations: Any = None
    reasoning_details: Any = None


class _Choice(msgspec.Struct, gc=False):
    """One of the answers; only the first of several is read."""

    index: Any = None
    delta: _Delta | None = None
    finish_reason: Any = None
    logprobs: Any = None


class _Chunk(msgspec.Struct, gc=False):
    """The members of a chunk that are looked at."""

    choices: list[_Choice] | None = None
    usage: Any = None
    id: Any = None
    model: Any = None
    error: Any = None
    object: Any = None
    message: Any = None
    detail: Any = None


_CHUNK = msgspec.json.Decoder(_Chunk)


class _OpenCall:
    """A call that is still being written.

    Attributes:
        number: its place among the calls, from 0.
        told_id: the id that the server gives it.
        call_id: the id it has in the run, once that is known.
        kind: "function" or "custom", as the server says.
        name: of the tool, as far as it is written.
        pieces: of its arguments or its input.
        signature: what it is signed with.
    """

    def __init__(self, number: int) -> None:
        self.number = number
        self.told_id: str | None = None
        self.call_id: str | None = None
        self.kind: JSON = "function"
        self.name = ""
        self.pieces: list[str] = []
        self.signature: str | None = None


class StreamedCompletion:
    """Puts an answer together from its chunks.

    Args:
        request: the question.
        provider: who sends it.
        request_id: the id under which the provider's logs have the request.
        resolved: where the question went, for the record.

    Attributes:
        whole: the response, once it was said to be at its end.
    """

    def __init__(
        self,
        request: ModelRequest,
        *,
        provider: str,
        request_id: str | None = None,
        resolved: ResolvedModel | None = None,
    ) -> None:
        self.whole: ModelResponse | None = None
        self._provider = provider
        self._request_id = request_id
        self._resolved = resolved
        self._ids = Ids(request)
        self._texts: list[str] = []
        self._thoughts: list[str] = []
        self._refusals: list[str] = []
        self._calls: list[_OpenCall] = []
        self._at: dict[int, _OpenCall] = {}  # by the index that the server gives
        self._annotations: list[JSON] = []
        self._logprobs: list[JSON] = []
        self._details: list[JSON] = []
        self._finish_reason: JSON = None
        self._usage: JSON = None
        self._id: JSON = None
        self._model: JSON = None

    def take(self, data: bytes) -> list[Delta]:
        """Take the data of the next event; return the pieces it holds.

        Raises:
            ModelError: it is no event (`model-answer`), or one that tells of a failure (`model-failed`).
        """
        if self.whole is not None or not data.strip():
            return []
        if data.strip() == _DONE:
            self.whole = self._finished()
            return []
        chunk = self._chunk(data)
        if chunk.error or chunk.object == "error" or (chunk.detail and not chunk.choices):
            raise self._failure(chunk)
        return self._pieces(chunk)

    def end(self) -> ModelResponse:
        """Return the whole, now that the stream is at its end.

        Raises:
            ModelError: nothing said that it was at its end, so that there is no telling what is missing
                (`model-answer`).
        """
        if self.whole is None:
            self.whole = self._finished()
        return self.whole

    def _chunk(self, data: bytes) -> _Chunk:
        try:
            return _CHUNK.decode(data)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            problem = "an event of the stream is cut off, or no chunk of an answer"
        raise self._no_answer(problem)

    def _pieces(self, chunk: _Chunk) -> list[Delta]:
        """Take what a chunk tells of the whole, and what it adds to the first choice."""
        if self._id is None:
            self._id, self._model = chunk.id, chunk.model
        found: list[Delta] = []
        for choice in chunk.choices or ():
            if choice.index in (None, 0):
                found += self._added(choice)
                self._finish_reason = choice.finish_reason or self._finish_reason
        if chunk.usage:
            self._usage = chunk.usage
            # Nothing follows the token counts, and some servers do not hang up; but others send counts and a reason
            # with every piece.
            says_more = found or _calls(chunk) or (chunk.choices and not (self._texts or self._calls))
            if self._finish_reason and not says_more:
                self.whole = self._finished()
        return found

    def _added(self, choice: _Choice) -> list[Delta]:
        """Take what a choice adds; most add a piece of text, and nothing else."""
        if choice.logprobs is not None:
            self._logprobs += _listed(member(choice.logprobs, "content"))
        delta = choice.delta
        if delta is None:
            return []
        found: list[Delta] = []
        said, thought = (delta.content, "") if isinstance(delta.content, str) else texts_of(delta.content)
        if delta.reasoning_content or delta.reasoning:
            told = {"reasoning_content": delta.reasoning_content, "reasoning": delta.reasoning}
            thought = reasoning_of(told) or thought
        if thought:
            self._thoughts.append(thought)
            found.append(Delta(kind="reasoning", text=thought, item_id=self._ids.of("rs")))
        if said:
            self._texts.append(said)
            found.append(Delta(kind="text", text=said, item_id=self._ids.of("msg")))
        if delta.refusal and isinstance(delta.refusal, str):
            self._refusals.append(delta.refusal)
            found.append(Delta(kind="refusal", text=delta.refusal, item_id=self._ids.of("msg")))
        self._annotations += _listed(delta.annotations)
        self._details += _listed(delta.reasoning_details)
        if delta.tool_calls:
            found += filter(None, map(self._call_piece, delta.tool_calls))
        elif delta.function_call:
            found += filter(None, [self._call_piece(_ToolCall(index=0, function=delta.function_call))])
        return found

    def _call_piece(self, told: _ToolCall) -> Delta | None:
        """Take a piece of a call."""
        called = told.custom or told.function or _Function()
        call = self._open_call(told, called)
        if told.type or told.custom:
            call.kind = told.type or "custom"
        if call.told_id is None and isinstance(told.id, str) and told.id:
            call.told_id = told.id
            call.call_id = self._ids.of_call(told.id, call.number)
        if told.extra_content is not None:
            call.signature = signature_of(told.extra_content) or call.signature
        if isinstance(called.name, str) and called.name != call.name:
            call.name += called.name  # some servers send it whole each time, some in pieces
        text = self._text(called.input if told.custom else called.arguments)
        if text is None:
            return None
        call.pieces.append(text)
        item_id = self._ids.of("ctc" if call.kind == "custom" else "fc", call.number)
        piece = Delta(kind="arguments", text=text, item_id=item_id, call_id=call.call_id, name=call.name or None)
        return piece if text else None

    def _open_call(self, told: _ToolCall, called: _Function) -> _OpenCall:
        """Return the call that a piece belongs to, by its index; servers without one send a call in one go.

        Another id together with a name begins another call, whatever its index: some servers count none.  So does
        the name of another tool once there are arguments; without an index, any name.
        """
        index = told.index if type(told.index) is int else None
        known = self._at.get(index) if index is not None else self._named(told.id)
        if known is not None:
            other = told.id and known.told_id and told.id != known.told_id and called.name
            again = not told.id and called.name and known.name and any(known.pieces)
            if not (other or (again and (index is None or called.name != known.name))):
                return known
        call = _OpenCall(len(self._calls))
        self._calls.append(call)
        if index is not None:
            self._at[index] = call
        return call

    def _named(self, told_id: JSON) -> _OpenCall | None:
        """Return the call of that id; without an id, the last one."""
        if told_id:
            return next((call for call in self._calls if call.told_id == told_id), None)
        return self._calls[-1] if self._calls else None

    def _text(self, raw: msgspec.Raw) -> str | None:
        """Return a piece of arguments as text; None is none.  An object, which some servers send, comes whole."""
        data = bytes(raw)
        if data in (b"", b"null"):
            return None
        try:
            if data.startswith(b'"'):
                return msgspec.json.decode(data, type=str)
            return strict_json.dumps(strict_json.loads(data, limits=ANY_SIZE), limits=ANY_SIZE).decode()
        except (msgspec.MsgspecError, CodecError, UnicodeDecodeError):
            problem = "the arguments of a call are no text"
        raise self._no_answer(problem)

    def _finished(self) -> ModelResponse:
        if not self._finish_reason:
            raise self._no_answer("the stream ended before the answer did")
        try:
            calls = [self._whole_call(call) for call in self._calls]
            strict_json.dumps([self._annotations, self._logprobs, self._details], limits=ANY_SIZE)
        except NoCallError as error:
            problem = str(error)
        except CodecError as error:
            problem = f"not JSON that can be kept ({error.message})"
        else:
            answer = Answer(
                reasoning="".join(self._thoughts),
                text="".join(self._texts),
                refusal="".join(self._refusals),
                calls=calls,
                annotations=self._annotations,
                logprobs=self._logprobs,
                details=self._details,
            )
            ending = Ending(self._finish_reason, self._usage, self._id, self._model)
            return completion(answer, ending, self._ids, request_id=self._request_id, resolved=self._resolved)
        raise self._no_answer(problem)

    def _whole_call(self, call: _OpenCall) -> Call:
        call_id = call.call_id or self._ids.of_call(None, call.number)
        return call_of(call.kind, call_id, call.name, "".join(call.pieces) if call.pieces else None, call.signature)

    def _failure(self, chunk: _Chunk) -> ModelError:
        told = error_text(chunk.error) or error_text([chunk.message, chunk.detail])
        return broken_off(told, chunk.error, provider=self._provider, request_id=self._request_id)

    def _no_answer(self, problem: str) -> ModelError:
        return no_answer(problem, provider=self._provider, request_id=self._request_id)


def _calls(chunk: _Chunk) -> bool:
    """Say whether a chunk holds a piece of a call, be it an empty one."""
    deltas = [choice.delta for choice in chunk.choices or () if choice.delta is not None]
    return any(delta.tool_calls or delta.function_call for delta in deltas)


def _listed(value: JSON) -> list[JSON]:
    return cast("list[JSON]", value) if isinstance(value, list) else []
