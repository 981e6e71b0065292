"""A question to a model, as the bytes of a Chat Completions API request.

Each item of the conversation is converted once in a run (`Conversation`), and joined with the others each time.

Its members: https://platform.openai.com/docs/api-reference/chat/create
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple, cast

from timestep.errors import CodecError, UserError
from timestep.providers.call_arguments import shown_arguments
from timestep.providers.chat_tools import tool_choice, tool_definition
from timestep.providers.json_form import encoded, member
from timestep.providers.protocol import ModelRequest, folded
from timestep.providers.responses_request import refuse_twice, written
from timestep.types.base import JSON, Item
from timestep.types.items import type_of
from timestep.types.model_settings import ModelSettings

_NO_PLACE = ("truncation", "response_include")
_KEPT_BY_THE_HOST = ("previous_response_id", "conversation_id")


def request_body(
    request: ModelRequest,
    model: str,
    *,
    stream: bool,
    at_openai: bool = False,
    conversation: type[Conversation] | None = None,
) -> bytes:
    """Return the body of a request.

    Args:
        request: the question.
        model: the model's name as it is sent.
        stream: whether the answer is to come in pieces.
        at_openai: whether it goes to OpenAI itself, whose reasoning models want other names for two things.
        conversation: what makes messages of items, where the server wants to see more than others (chat_servers.py).

    Raises:
        UserError: a setting or tool that this API has no place for, two values for one member, one with no JSON form
            (`model-setting`); an item without a place (`model-input`).
    """
    settings = request.settings
    body = settings.extra_body or {}
    _refuse(request, body)
    kind = ConversationAtOpenAI if at_openai else conversation or Conversation
    members = _members(request, model, stream=stream, at_openai=at_openai)
    if kind.counts_unasked:
        del members["stream_options"]
    members = {name: value for name, value in members.items() if value is not None}
    refuse_twice(members, settings.extra_args or {}, "messages")
    rest = written({**members, **(settings.extra_args or {}), **body})
    if "messages" in body:
        return rest
    return b"".join((b'{"messages":[', b",".join(messages(request, kind)), b"],", rest[1:]))


def _members(request: ModelRequest, model: str, *, stream: bool, at_openai: bool) -> dict[str, JSON]:
    """Return the members of the body but for the messages; None is one that is left out."""
    settings = request.settings
    usage = settings.include_usage is not False  # else no stream tells what it cost
    return {
        "model": model,
        "stream": True if stream else None,
        "stream_options": {"include_usage": True} if stream and usage else None,
        "tools": [tool_definition(tool) for tool in request.tools] or None,
        "tool_choice": tool_choice(settings.tool_choice, request.tools),
        # The API refuses it where there are no tools.
        "parallel_tool_calls": settings.parallel_tool_calls if request.tools else None,
        "response_format": _response_format(request),
        "temperature": settings.temperature,
        "top_p": settings.top_p,
        "frequency_penalty": settings.frequency_penalty,
        "presence_penalty": settings.presence_penalty,
        # OpenAI's reasoning models refuse the older name; most other servers know no other.
        "max_completion_tokens" if at_openai else "max_tokens": settings.max_tokens,
        "reasoning_effort": (settings.reasoning or {}).get("effort"),
        "verbosity": settings.verbosity,
        "logprobs": None if settings.top_logprobs is None else True,
        "top_logprobs": settings.top_logprobs,
        "metadata": settings.metadata,
        "store": settings.store,
        # It changes no answer, and a server that does not know it may refuse the request.
        "prompt_cache_key": request.prompt_cache_key if at_openai else None,
    }


def _response_format(request: ModelRequest) -> dict[str, JSON] | None:
    """Return the schema that the final output is held to."""
    output = request.output
    if output is None:
        return None
    schema = {"name": output.name, "schema": output.schema, "strict": output.strict}
    return {"type": "json_schema", "json_schema": schema}


def _refuse(request: ModelRequest, body: Mapping[str, JSON]) -> None:
    """Refuse what the Chat Completions API has no member for."""
    settings: ModelSettings = request.settings
    given = [name for name in _NO_PLACE if getattr(settings, name) is not None and name not in body]
    more = {name for name, value in (settings.reasoning or {}).items() if name != "effort" and value is not None}
    given += [f"reasoning.{name}" for name in sorted(more)]
    if given:
        raise UserError(
            f"the Chat Completions API knows no {', '.join(given)}",
            code="model-setting",
            why="left out in silence, it would look as if it had been obeyed",
            help='remove it, send it to a server that takes it (extra_body), or use wire_api="responses"',
        )
    kept = [name for name in _KEPT_BY_THE_HOST if getattr(request, name) is not None]
    if kept:
        raise UserError(
            f"the Chat Completions API keeps no conversation, so that {kept[0]} means nothing to it",
            code="model-setting",
            why="the model would answer without what was said before",
            help='send the whole conversation each time, or use wire_api="responses"',
        )


class Fragment(NamedTuple):
    """What becomes of one item.

    Attributes:
        kind: "message" is one of its own; "developer" too, whose role depends on the server; "text", "call" and
            "thought" are parts of a message of the assistant's; "nothing" is left out, and "refused" has no place.
        data: a message; the content of a developer's message or a text, as JSON; a call; what was thought, as the
            inside of a JSON string.
        refusal: of a text, what the model refused in, as the inside of a JSON string.
        problem: why it is refused.
    """

    kind: Literal["message", "developer", "text", "call", "thought", "nothing", "refused"]
    data: bytes = b""
    refusal: bytes = b""
    problem: str = ""


class _MisplacedError(Exception):
    """What the Chat Completions API has no place for, in words."""


def messages(request: ModelRequest, conversation: type[Conversation]) -> list[bytes]:
    """Return the conversation as messages, of which instructions are the first.

    Those are a system message, which OpenAI itself takes for a developer's where a model wants that.

    Raises:
        UserError: an item without a place (`model-input`).
    """
    first = [b'{"role":"system","content":%b}' % encoded(request.instructions)] if request.instructions else []
    return [*first, *folded(request.input, conversation).messages()]


class Conversation:
    """Items as messages, the last of which may still grow.

    What a model said and called in one answer becomes one message again.  A developer's message is the system's, as few
    servers know the role.  What a model thought is not sent, as few have a place for it.

    Attributes:
        developer: the role of a developer's message.
        counts_unasked: whether the server tells what a stream cost, and refuses to be asked for it.
    """

    developer = b"system"
    counts_unasked = False

    def __init__(self) -> None:
        self._taken = 0
        self._messages: list[bytes] = []
        self._texts: list[Fragment] = []  # of the message of the assistant's that is growing, and its calls
        self._calls: list[bytes] = []
        self._thoughts: list[bytes] = []

    def add(self, item: Item) -> None:
        """Take the next item.

        Raises:
            UserError: the API has no place for it (`model-input`).
        """
        fragment = self._fragment(item)
        kind = fragment.kind
        if kind == "refused":
            raise _misplaced(self._taken, fragment.problem)
        self._taken += 1
        if kind == "call":
            self._calls.append(fragment.data)
        elif kind in ("text", "thought"):
            # It begins a new message, but none may stand between a call and its output.
            if self._texts and not self._calls:
                self._end_answer()
            if kind == "text":
                self._texts.append(fragment)
            else:
                self._thoughts.append(fragment.data)
        elif kind != "nothing":
            self._end_answer()
            own = kind == "message"
            data = fragment.data
            self._messages.append(data if own else b'{"role":"%b","content":%b}' % (self.developer, data))

    def messages(self) -> list[bytes]:
        """Return all of them, the one that grows as it stands."""
        return [*self._messages, *self._growing()]

    def _fragment(self, item: Item) -> Fragment:
        return fragment_of(item)

    def _growing(self) -> list[bytes]:
        return [self._answer()] if self._texts or self._calls else []

    def _answer(self) -> bytes:
        return _answer(self._texts, self._calls)

    def _end_answer(self) -> None:
        self._messages += self._growing()
        self._texts, self._calls, self._thoughts = [], [], []


class ConversationAtOpenAI(Conversation):
    """The same for OpenAI itself, where a developer's message stays one."""

    developer = b"developer"


def _misplaced(index: int, problem: str) -> UserError:
    return UserError(
        f"item {index} of the input can't be sent to a Chat Completions API: {problem}",
        code="model-input",
        why="left out in silence, the model would answer as if it had never been there",
        help='take it out of the input, or use wire_api="responses"',
    )


def _answer(texts: Sequence[Fragment], calls: Sequence[bytes]) -> bytes:
    """Return what the assistant said and called as one message."""
    content = texts[0].data if len(texts) == 1 else _joined([text.data for text in texts if text.data])
    refused = rb"\n".join([text.refusal for text in texts if text.refusal])
    refusal = b',"refusal":"%b"' % refused if refused else b""
    called = b',"tool_calls":[%b]' % b",".join(calls) if calls else b""
    return b'{"role":"assistant","content":%b%b%b}' % (content or b"null", refusal, called)


def _joined(contents: Sequence[bytes]) -> bytes:
    """Return several contents as one: a text where there is one alone, else parts."""
    if len(contents) < 2:
        return contents[0] if contents else b"null"
    parts = [each[1:-1] if each.startswith(b"[") else b'{"type":"text","text":%b}' % each for each in contents]
    return b"[" + b",".join(parts) + b"]"


def fragment_of(item: Item) -> Fragment:
    """Return what becomes of an item; one without a place fails only where it is sent."""
    kind = type_of(item)
    try:
        convert = _CONVERTERS.get(kind)
        if convert is None:
            raise _MisplacedError(f"there is no place for the item type {kind!r}")
        return convert(item)
    except _MisplacedError as error:
        return Fragment("refused", problem=str(error))
    except CodecError as error:
        return Fragment("refused", problem=f"it has no JSON form: {error.message}")


def _from_message(item: Item) -> Fragment:
    role, content = item.get("role"), item.get("content")
    if role == "assistant":
        return _from_answer(content)
    if role == "user":
        return Fragment("message", b'{"role":"user","content":%b}' % encoded(_content(content, _USER_PARTS)))
    if role == "system":
        return Fragment("message", b'{"role":"system","content":%b}' % encoded(_content(content, _TEXT_PARTS)))
    if role == "developer":
        return Fragment("developer", encoded(_content(content, _TEXT_PARTS)))
    raise _MisplacedError(f"there is no place for a message of the role {role!r}")


def _from_answer(content: JSON) -> Fragment:
    """Give what the assistant said; what it refused in is a member of its own, as it is in the API's answers."""
    if not isinstance(content, list):
        return Fragment("text", encoded(_content(content, _TEXT_PARTS)))
    parts = cast("list[JSON]", content)
    refusals = [str(member(part, "refusal") or "") for part in parts if member(part, "type") == "refusal"]
    texts = [part for part in parts if member(part, "type") != "refusal"]
    said = encoded(_content(texts, _TEXT_PARTS)) if texts else b""
    if not (said or any(refusals)):
        return Fragment("nothing")
    return Fragment("text", said, refusal=encoded("\n".join(refusals))[1:-1])


def _from_call(item: Item) -> Fragment:
    """Give a call, its arguments as the model wrote them."""
    arguments = shown_arguments(str(item.get("arguments") or ""))
    function: dict[str, JSON] = {"name": _text(item, "name"), "arguments": arguments}
    return _call(item, "function", function)


def _from_custom_call(item: Item) -> Fragment:
    return _call(item, "custom", {"name": _text(item, "name"), "input": item.get("input") or ""})


def _call(item: Item, kind: str, called: dict[str, JSON]) -> Fragment:
    if item.get("namespace"):
        raise _MisplacedError(f"there is no place for the namespace of a call ({item['namespace']!r})")
    return Fragment("call", encoded({"id": _text(item, "call_id"), "type": kind, kind: called}))


def _from_output(item: Item) -> Fragment:
    """Give a tool's output: a tool's message holds text alone."""
    output = _content(item.get("output"), _TEXT_PARTS)
    return Fragment("message", encoded({"role": "tool", "tool_call_id": _text(item, "call_id"), "content": output}))


def _from_reasoning(_: Item) -> Fragment:
    return Fragment("nothing")


_CONVERTERS = {
    "message": _from_message,
    "function_call": _from_call,
    "custom_tool_call": _from_custom_call,
    "function_call_output": _from_output,
    "custom_tool_call_output": _from_output,
    "reasoning": _from_reasoning,
}


def _content(content: JSON, places: Mapping[str, Any]) -> JSON:
    """Return content in the API's form: a text as it is, of a list each part; one alone that is text is a text too."""
    if content is None or isinstance(content, str):
        return content or ""
    if not isinstance(content, list):
        raise _MisplacedError(f"its content is neither a text nor a list, but {type(content).__name__}")
    parts: list[JSON] = []
    for part in cast("list[JSON]", content):
        kind = member(part, "type")
        convert = places.get(kind) if isinstance(kind, str) else None
        if convert is None:
            where = "here" if str(kind) in _USER_PARTS else "at all"
            raise _MisplacedError(f"there is no place {where} for content of the type {kind!r}")
        mark = member(part, "prompt_cache_breakpoint")
        parts.append({**convert(part), **({} if mark is None else {"prompt_cache_breakpoint": mark})})
    # Many servers read a text, and no list, where a message is the assistant's, the system's or a tool's.
    alone = len(parts) == 1 and parts[0].keys() == {"type", "text"}
    return parts[0]["text"] if alone else parts or ""


def _text_part(part: Item) -> Item:
    return {"type": "text", "text": _text(part, "text")}


def _image_part(part: Item) -> Item:
    url, detail = part.get("image_url"), part.get("detail")
    if not isinstance(url, str):
        raise _MisplacedError("there is no place for an image without a URL: its file_id means nothing to this API")
    return {"type": "image_url", "image_url": {"url": url, **({} if detail is None else {"detail": detail})}}


def _file_part(part: Item) -> Item:
    if part.get("file_url") is not None or part.get("detail") not in (None, "auto"):
        name = "file_url" if part.get("file_url") is not None else "detail"
        raise _MisplacedError(f"there is no place for the {name} of a file")
    names = ("file_data", "file_id", "filename")
    return {"type": "file", "file": {name: part[name] for name in names if part.get(name) is not None}}


def _audio_part(part: Item) -> Item:
    return {"type": "input_audio", "input_audio": part.get("input_audio")}


_TEXT_PARTS: Mapping[str, Any] = {"input_text": _text_part, "output_text": _text_part, "text": _text_part}
_USER_PARTS: Mapping[str, Any] = {
    **_TEXT_PARTS,
    "input_image": _image_part,
    "input_file": _file_part,
    "input_audio": _audio_part,
}


def _text(item: Item, name: str) -> str:
    """Return a member that has to be a text."""
    value = item.get(name)
    if not isinstance(value, str):
        raise _MisplacedError(f"its {name} is missing, or no text")
    return value
