"""A question to a model, as the bytes of a Responses API request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast
from zlib import crc32

from timestep.codec.digest import sha256_of
from timestep.errors import CodecError, UserError
from timestep.providers.call_arguments import shown_arguments
from timestep.providers.json_form import encoded
from timestep.providers.protocol import ModelRequest, folded
from timestep.types.base import JSON, Item
from timestep.types.model_settings import ModelSettings

# What the Agents SDKs for Python and JavaScript write where an API gives no id.
_FAKE_IDS = ("__fake_id__", "FAKE_ID")
_MODES = frozenset({"auto", "required", "none"})
# https://platform.openai.com/docs/api-reference/responses/create, tool_choice, "hosted tool"
_HOSTED = frozenset(
    {
        "code_interpreter",
        "computer_use_preview",
        "file_search",
        "image_generation",
        "mcp",
        "web_search",
        "web_search_preview",
    }
)


def request_body(request: ModelRequest, model: str, *, stream: bool, at_openai: bool = False) -> bytes:
    """Return the body of a request.

    Each item is encoded once in a run (`folded`); no other one is looked at.

    Args:
        request: the question.
        model: the model's name as it is sent.
        stream: whether the answer is to come in pieces.
        at_openai: whether it goes to OpenAI itself, which refuses what it can't have thought itself.

    Raises:
        UserError: a setting that this API has no place for, two values for one member, or one with no JSON form.
    """
    settings = request.settings
    body = settings.extra_body or {}
    _refuse_unknown(settings, body)
    members = {name: value for name, value in _members(request, model).items() if value is not None}
    members |= {"stream": True} if stream else {}
    refuse_twice(members, settings.extra_args or {}, "input")
    rest = written({**members, **(settings.extra_args or {}), **body})
    if "input" in body:
        return rest
    items = folded(request.input, ItemsForOpenAI if at_openai else ItemsForOthers).written
    return b"".join((b'{"input":[', b",".join(items), b"],", rest[1:]))


class ItemsForOthers:
    """Items as JSON, each written once in a run.

    Attributes:
        written: those that are sent.
    """

    def __init__(self) -> None:
        self.written: list[bytes] = []

    def add(self, item: Item) -> None:
        """Take the next item.

        Raises:
            UserError: it has no JSON form (`model-setting`).
        """
        data = self._form(item)
        if data:
            self.written.append(data)

    def _form(self, item: Item) -> bytes:
        return item_for_others(item)


class ItemsForOpenAI(ItemsForOthers):
    """The same for OpenAI itself."""

    def _form(self, item: Item) -> bytes:
        return item_for_openai(item)


def item_for_others(item: Item) -> bytes:
    """Return an item as JSON, without an id that another SDK made up for want of one; nothing for what only has that.

    What another API added to it (`provider_data`) is left out too.  A thought under such an id is none of this API's,
    and no server knows it.  Arguments are an object, because other servers read them.
    """
    if item.get("type") == "function_call" and isinstance(item.get("arguments"), str):
        item = {**item, "arguments": shown_arguments(item["arguments"])}
    return _without_fake_id(item)


def _without_fake_id(item: Item) -> bytes:
    if "provider_data" in item or "providerData" in item:
        item = {name: value for name, value in item.items() if name not in ("provider_data", "providerData")}
    if item.get("id") not in _FAKE_IDS:
        return written(item)
    if item.get("type") == "reasoning":
        return b""
    return written({name: value for name, value in item.items() if name != "id"})


def item_for_openai(item: Item) -> bytes:
    """Return an item without a made-up id, and nothing for thoughts that OpenAI's models did not think.

    It looks thoughts up by their id where they are not encrypted, and refuses the request when it finds none.  Those
    of other models and wires stand in plain text, which its own never do.
    """
    foreign = item.get("type") == "reasoning" and item.get("content") and not item.get("encrypted_content")
    return b"" if foreign and not item.get("summary") else _without_fake_id(item)


def request_headers(request: ModelRequest, body: bytes) -> dict[str, str]:
    """Return the headers that this one request adds.

    The idempotency key is the same for each attempt of a question.  The body is part of it, because a saved run can be
    resumed twice, with other decisions, and then asks another question in the same turn.

    Raises:
        UserError: one that can't be a header; its value is not shown.
    """
    question = f"{request.key} {len(body)} {crc32(body)}"  # a checksum will do: nobody gains by a forged question
    headers = {"Idempotency-Key": sha256_of(question.encode())} if request.key else {}
    for name, value in cast("Mapping[object, object]", request.settings.extra_headers or {}).items():
        if not (isinstance(name, str) and name and _is_header(name) and _is_header(value)):
            raise UserError(
                f"extra_headers: {name!r} or its value can't be in a header",
                code="model-setting",
                help="use text of printable ASCII characters",
            )
        headers[name] = cast("str", value)
    return headers


def _members(request: ModelRequest, model: str) -> dict[str, JSON]:
    """Return the members of the body but for the input; None is one that is left out."""
    settings = request.settings
    include = list(settings.response_include or [])
    if settings.top_logprobs is not None and "message.output_text.logprobs" not in include:
        include.append("message.output_text.logprobs")
    return {
        "model": model,
        "instructions": request.instructions,
        "previous_response_id": request.previous_response_id,
        "conversation": request.conversation_id,
        "tools": list(request.tools),
        "tool_choice": choice_by_name(settings.tool_choice, request.tools),
        # The API refuses it where there are no tools.
        "parallel_tool_calls": settings.parallel_tool_calls if request.tools else None,
        "text": _text(request),
        "include": include or None,
        "temperature": settings.temperature,
        "top_p": settings.top_p,
        "top_logprobs": settings.top_logprobs,
        "max_output_tokens": settings.max_tokens,
        "truncation": settings.truncation,
        "reasoning": settings.reasoning,
        "metadata": settings.metadata,
        "store": settings.store,
        "prompt_cache_key": request.prompt_cache_key,
    }


def _text(request: ModelRequest) -> dict[str, JSON] | None:
    """Return what is asked of the text: its schema, and how wordy it is."""
    text: dict[str, JSON] = {}
    if request.output is not None:
        output = request.output
        schema = {"name": output.name, "schema": output.schema, "strict": output.strict}
        text["format"] = {"type": "json_schema", **schema}
    if request.settings.verbosity is not None:
        text["verbosity"] = request.settings.verbosity
    return text or None


def choice_by_name(choice: str | Mapping[str, JSON] | None, tools: Sequence[Mapping[str, Any]]) -> JSON:
    """Return a tool choice in the API's form: a mode, a hosted tool by its type, or another tool by its name.

    Raises:
        UserError: it is no tool that is offered (`model-setting`).
    """
    if not isinstance(choice, str) or choice in _MODES:
        return choice
    for tool in tools:
        if tool.get("name") == choice:
            return {"type": tool.get("type", "function"), "name": choice}
    if choice in _HOSTED or any(tool.get("type") == choice for tool in tools):
        return {"type": choice}
    offered = ", ".join(str(tool.get("name") or tool.get("type")) for tool in tools) or "none at all"
    raise UserError(
        f"tool_choice is {choice!r}, which is no tool that the model is offered ({offered})",
        code="model-setting",
        help="name one of the agent's tools, or use auto, required or none",
    )


def _refuse_unknown(settings: ModelSettings, body: Mapping[str, JSON]) -> None:
    """Refuse settings that the Responses API has no member for."""
    for name in ("frequency_penalty", "presence_penalty"):
        if getattr(settings, name) is not None and name not in body:
            raise UserError(
                f"the Responses API knows no {name}",
                code="model-setting",
                why="left out in silence, it would look as if it had been obeyed",
                help=f'remove it, or send it to a server that takes it: extra_body={{"{name}": ...}}',
            )


def refuse_twice(members: Mapping[str, JSON], more: Mapping[str, JSON], conversation: str) -> None:
    """Refuse an extra argument that says again what a setting says; `extra_body` is there to override.

    Args:
        members: what the settings say.
        more: the extra arguments.
        conversation: the member that holds the conversation.
    """
    twice = sorted(name for name in more if name in members or name == conversation)
    if twice:
        raise UserError(
            f"extra_args sets {', '.join(twice)}, which the request has already",
            code="model-setting",
            help="use the setting of that name, or extra_body to override what is sent",
        )


def written(value: JSON) -> bytes:
    """Return a value as JSON, or name what has no JSON form."""
    try:
        return encoded(value)
    except CodecError as error:
        raise UserError(
            f"the request can't be written as JSON: {error.message} (at {error.pointer or 'its root'})",
            code="model-setting",
        ) from error


def _is_header(value: object) -> bool:
    """Say whether something can be the name or value of a header."""
    return isinstance(value, str) and value.isascii() and value.isprintable()
