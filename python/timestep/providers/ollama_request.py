"""A question to a model, as the bytes of a request to Ollama's `/api/chat`.

Each item of the conversation is converted once in a run (`Conversation`), and joined with the others each time.

What its members mean is told by `api/types.go` of the server (https://github.com/ollama/ollama).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, cast

from timestep.errors import CodecError, UserError
from timestep.providers.call_arguments import shown_arguments
from timestep.providers.json_form import encoded, member
from timestep.providers.protocol import ModelRequest, folded
from timestep.providers.responses_request import written
from timestep.types.base import JSON, Item
from timestep.types.items import type_of
from timestep.types.model_settings import ModelSettings

# What a model does is set in `options`; at the top of the body the server ignores these without a word.
_OPTIONS = frozenset(
    {"num_ctx", "num_batch", "num_gpu", "main_gpu", "use_mmap", "num_thread", "draft_num_predict", "num_keep", "seed"}
    | {"num_predict", "top_k", "top_p", "min_p", "typical_p", "repeat_last_n", "temperature", "repeat_penalty"}
    | {"presence_penalty", "frequency_penalty", "stop"}
)
# `max` is Ollama's own word; https://docs.ollama.com/capabilities/thinking
_EFFORTS: dict[JSON, JSON] = {"none": False, **{level: level for level in ("low", "medium", "high", "max")}}
_TRUNCATION = {"auto": True, "disabled": False}
_TOOL = frozenset({"type", "name", "description", "parameters", "strict"})
_NO_PLACE = ("verbosity", "metadata", "response_include")

_ROLES = {"user": "user", "system": "system", "developer": "system", "assistant": "assistant"}
_TEXTS = {"input_text": "text", "output_text": "text", "text": "text", "refusal": "refusal"}
_INLINE = re.compile(r"data:[^,;]*(?:;[^,;]*)*;base64,([A-Za-z0-9+/]+={0,2})", re.IGNORECASE)
_BREAK = rb"\n\n"  # between texts that become one, as JSON writes it


def request_body(request: ModelRequest, model: str, *, stream: bool, keep_alive: float | str | None = None) -> bytes:
    """Return the body of a request.

    Schemas of tools go out whole, but for `strict`, which Ollama does not know.  Where both tools and a schema for the
    final output are sent, a local server holds every answer to that schema, and the model may never call a tool.

    Args:
        request: the question.
        model: the model's name as it is sent.
        stream: whether the answer is to come in lines.
        keep_alive: how long the model stays loaded: seconds, or a text such as "5m".

    Raises:
        UserError: a setting, tool (`model-setting`) or item (`model-input`) that this API has no place for.
    """
    settings = request.settings
    _refuse(request)
    members: dict[str, JSON] = {
        "model": model,
        "stream": stream,
        "keep_alive": keep_alive,
        "tools": _tools(request.tools, settings),
        "format": None if request.output is None else request.output.schema,
        "think": _think(settings.reasoning),
        "truncate": _truncate(settings.truncation),
        "logprobs": None if settings.top_logprobs is None else True,
        "top_logprobs": settings.top_logprobs,
        "options": _options(settings),
    }
    body = _extended({name: value for name, value in members.items() if value is not None}, settings)
    if "messages" in body:
        return written(body)
    first = [encoded({"role": "system", "content": request.instructions})] if request.instructions else []
    messages = b",".join((*first, *folded(request.input, Conversation).messages()))
    return b"".join((b'{"messages":[', messages, b"],", written(body)[1:]))


def _options(settings: ModelSettings) -> dict[str, JSON] | None:
    """Return what steers the model itself."""
    options: dict[str, JSON] = {
        "temperature": settings.temperature,
        "top_p": settings.top_p,
        "frequency_penalty": settings.frequency_penalty,
        "presence_penalty": settings.presence_penalty,
        "num_predict": settings.max_tokens,
    }
    return {name: value for name, value in options.items() if value is not None} or None


def _tools(tools: Sequence[dict[str, Any]], settings: ModelSettings) -> list[JSON] | None:
    """Return the tools in Ollama's form; to have none called, none is offered."""
    if settings.tool_choice == "none":
        return None
    return [_tool(tool) for tool in tools] or None


def _tool(tool: Mapping[str, Any]) -> JSON:
    """Return one tool; Ollama carries out none itself, so that there are functions only."""
    kind = tool.get("type")
    if kind != "function":
        named = f"{kind} ({tool['name']})" if "name" in tool else f"{kind}"
        raise UserError(
            f"Ollama's chat API knows no tool of the type {named}",
            code="model-setting",
            help="offer a function tool in its place, or ask a model of a provider that has this one",
        )
    more = [name for name, value in tool.items() if name not in _TOOL and value not in (None, False)]
    if more:
        raise _refused(f"{more[0]} of the tool {tool['name']!r}", None)
    function: dict[str, JSON] = {"name": tool["name"]}
    if tool.get("description"):
        function["description"] = tool["description"]
    function["parameters"] = tool.get("parameters") or {"type": "object", "properties": {}}
    return {"type": "function", "function": function}


def _think(reasoning: Mapping[str, JSON] | None) -> JSON:
    """Return whether, or how much, the model thinks first; None leaves it to the model."""
    told = {name: value for name, value in (reasoning or {}).items() if value is not None}
    effort = told.pop("effort", None)
    if told:
        raise _refused(f"reasoning.{min(told)}", f'of reasoning, only {{"effort": {" | ".join(map(str, _EFFORTS))}}}')
    if effort is None:
        return None
    if not isinstance(effort, str) or effort not in _EFFORTS:
        raise _refused(f"reasoning.effort {effort!r}", f"one of {', '.join(map(str, _EFFORTS))}")
    return _EFFORTS[effort]


def _truncate(truncation: str | None) -> bool | None:
    """Return whether the oldest messages are left out of a conversation that is too long."""
    if truncation is None or truncation in _TRUNCATION:
        return _TRUNCATION.get(truncation or "")
    raise _refused(f"truncation {truncation!r}", "auto or disabled")


def _refuse(request: ModelRequest) -> None:
    """Refuse what the API has no place for."""
    settings = request.settings
    if settings.tool_choice not in (None, "auto", "none"):
        raise _refused(f"tool_choice {settings.tool_choice!r}", "auto or none: whether a tool is called is the model's")
    if settings.parallel_tool_calls is False:
        raise _refused("parallel_tool_calls=False", "nothing: the model may call several tools at once")
    if settings.store:
        raise _refused("store=True", "store=False: it keeps no conversations")
    for name in _NO_PLACE:
        if getattr(settings, name):
            raise _refused(name, None)
    for name in ("previous_response_id", "conversation_id"):
        if getattr(request, name) is not None:
            raise _refused(name, "the whole conversation each time: it keeps none")


def _refused(what: str, instead: str | None) -> UserError:
    """Return the error for a setting that can't be sent."""
    return UserError(
        f"Ollama's chat API knows no {what}",
        code="model-setting",
        why="left out in silence, it would look as if it had been obeyed",
        help="remove it" if instead is None else f"remove it; what can be sent is {instead}",
    )


def _extended(members: dict[str, JSON], settings: ModelSettings) -> dict[str, JSON]:
    """Return the members with those that the caller adds; in `options`, each one is a member of its own."""
    args, body = settings.extra_args or {}, settings.extra_body or {}
    for name, given in (("extra_args", args), ("extra_body", body)):
        misplaced = sorted(_OPTIONS.intersection(given))
        if misplaced:
            raise UserError(
                f"{name} sets {', '.join(misplaced)} outside of options, where Ollama ignores it",
                code="model-setting",
                help=f'write {name}={{"options": {{"{misplaced[0]}": ...}}}}',
            )
    options, more, over = (_object(given, "options") for given in (members, args, body))
    keep_alive = () if "keep_alive" not in args else ("keep_alive",)  # that of the provider is only a default
    twice = [name for name in args if name in {*members, "messages"}.difference(("options", *keep_alive))]
    twice += [f"options.{name}" for name in more if name in options]
    if twice:
        raise UserError(
            f"extra_args sets {', '.join(sorted(twice))}, which the request has already",
            code="model-setting",
            help="use the setting of that name, or extra_body to override what is sent",
        )
    merged = {**options, **more, **over}
    return {**members, **args, **body, **({"options": merged} if merged else {})}


def _object(members: Mapping[str, JSON], name: str) -> dict[str, JSON]:
    """Return a member that has to be an object, if it is there."""
    value = members.get(name)
    if value is None or isinstance(value, dict):
        return cast("dict[str, JSON]", value or {})
    raise UserError(f"{name} is a {type(value).__name__}, and no object", code="model-setting")


class Conversation:
    """Items as messages, the last of which may still grow.

    What a model said, thought and called in one answer becomes one message again.  Roles are user, assistant, tool and
    system; "developer" is "system" here.
    """

    def __init__(self) -> None:
        self._taken = 0
        self._messages: list[bytes] = []
        self._names: dict[str, bytes] = {}  # call id -> tool, as JSON
        self._texts: list[bytes] = []  # of the message that grows: the insides of JSON strings
        self._thoughts: list[bytes] = []
        self._calls: list[bytes] = []

    def add(self, item: Item) -> None:
        """Take the next item.

        Raises:
            UserError: the chat API has no place for it (`model-input`).
        """
        try:
            self._take(item)
        except _MisplacedError as error:
            problem = str(error)
        except CodecError as error:
            problem = f"it has no JSON form: {error.message}"
        else:
            self._taken += 1
            return
        raise UserError(
            f"item {self._taken} of the input can't be sent to Ollama: {problem}",
            code="model-input",
            why="left out in silence, the model would answer as if it had never been there",
            help="take it out of the input, or ask a model of a provider that has a place for it",
        )

    def messages(self) -> list[bytes]:
        """Return all of them, the one that grows as it stands."""
        return [*self._messages, *self._growing()]

    def _take(self, item: Item) -> None:
        kind = type_of(item)
        if kind == "message":
            self._take_message(item)
        elif kind == "reasoning":
            self._grow(self._thoughts, _thought(item))
        elif kind == "function_call":
            self._take_call(item)
        elif kind == "function_call_output":
            self._take_output(item)
        else:
            raise _MisplacedError(f"the chat API has no place for the item type {kind!r}")

    def _take_message(self, item: Item) -> None:
        role = _ROLES.get(str(item.get("role")))
        if role is None:
            raise _MisplacedError(f"a message of the role {item.get('role')!r}")
        text, images = _content(item.get("content"), "" if role == "assistant" else "\n")
        if role != "assistant":
            self._end_message(encoded({"role": role, "content": text, **images}))
        elif images:
            raise _MisplacedError("an image in a message of the assistant's")
        else:
            self._grow(self._texts, text)

    def _take_call(self, item: Item) -> None:
        """Add a call whose arguments are the very bytes the model sent, where they are an object."""
        if item.get("namespace"):
            raise _MisplacedError(f"the chat API has no place for the namespace of a call ({item['namespace']!r})")
        call_id, name = str(item.get("call_id") or ""), encoded(str(item.get("name") or ""))
        arguments = shown_arguments(str(item.get("arguments") or "")).encode()
        self._names[call_id] = name
        self._calls.append(b'{"id":%b,"function":{"name":%b,"arguments":%b}}' % (encoded(call_id), name, arguments))

    def _take_output(self, item: Item) -> None:
        """Add an output, with the name of the tool where its call is there too."""
        call_id = str(item.get("call_id") or "")
        text, images = _content(item.get("output"), "\n")
        data = encoded({"role": "tool", "content": text, "tool_call_id": call_id, **images})
        name = self._names.get(call_id)
        self._end_message(data if name is None else b'%b,"tool_name":%b}' % (data[:-1], name))

    def _grow(self, parts: list[bytes], text: str) -> None:
        """Add what the assistant said or thought: it begins a new message, unless calls wait for their outputs."""
        if text:
            if self._texts and not self._calls:
                self._end_message()
            parts.append(encoded(text)[1:-1])

    def _end_message(self, *following: bytes) -> None:
        """End the message of the assistant's that was growing."""
        self._messages += (*self._growing(), *following)
        for parts in (self._texts, self._thoughts, self._calls):
            parts.clear()

    def _growing(self) -> list[bytes]:
        """Return the message of the assistant's that grows, if there is one."""
        if not (self._texts or self._thoughts or self._calls):
            return []
        thinking = b',"thinking":"%b"' % _BREAK.join(self._thoughts) if self._thoughts else b""
        calls = b',"tool_calls":[%b]' % b",".join(self._calls) if self._calls else b""
        return [b'{"role":"assistant","content":"%b"%b%b}' % (_BREAK.join(self._texts), thinking, calls)]


class _MisplacedError(Exception):
    """What the chat API has no place for, in words."""


def _thought(item: Item) -> str:
    """Return what the model thought, or its summary; what is encrypted, only its own host can read."""
    for name in ("content", "summary"):
        parts = item.get(name)
        texts = [
            str(member(part, "text") or "") for part in cast("list[Any]", parts if isinstance(parts, list) else [])
        ]
        if any(texts):
            return "\n\n".join(filter(None, texts))
    return ""


def _content(content: JSON, between: str) -> tuple[str, dict[str, JSON]]:
    """Return the text of what is a text or a list of parts, and the member for its images, if it has any."""
    if content is None or isinstance(content, str):
        return content or "", {}
    texts: list[str] = []
    images: list[JSON] = []
    for part in cast("list[Any]", content if isinstance(content, list) else [content]):
        kind = member(part, "type")
        if kind == "input_image":
            images.append(_image(member(part, "image_url")))
        elif isinstance(kind, str) and kind in _TEXTS:
            texts.append(str(member(part, _TEXTS[kind]) or ""))
        else:
            raise _MisplacedError(f"the chat API has no place for content of the type {kind!r}")
    return between.join(texts), {"images": images} if images else {}


def _image(url: JSON) -> str:
    """Return an image's base64; `detail` has no meaning here."""
    found = _INLINE.fullmatch(url) if isinstance(url, str) else None
    if found is None:
        given = (
            "a file id" if url is None else "a URL" if re.match(r"https?:", str(url), re.IGNORECASE) else "other data"
        )
        raise _MisplacedError(f"Ollama takes images inline (data:image/png;base64,...), and this one is {given}")
    return found[1]
