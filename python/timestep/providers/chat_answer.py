"""A Chat Completions API answer, read into the items that the Responses API would give."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple, cast

from timestep.codec import strict_json
from timestep.codec.digest import sha256_of
from timestep.errors import CodecError
from timestep.providers.failures import no_answer
from timestep.providers.json_form import ANY_SIZE
from timestep.providers.protocol import ModelRequest, ModelResponse, folded
from timestep.providers.responses_answer import error_text, usage_of
from timestep.providers.routing import ResolvedModel
from timestep.types.base import JSON, Item
from timestep.types.items import call_id_of
from timestep.types.state import Usage

# https://platform.openai.com/docs/api-reference/chat/object, choices, finish_reason; "error" is OpenRouter's and
# Mistral's, "model_length" Mistral's, "insufficient_system_resource" DeepSeek's, "abort" vLLM's and SGLang's.
_ENDED: dict[str, tuple[Literal["completed", "incomplete", "failed"], str | None]] = {
    "length": ("incomplete", "max_output_tokens"),
    "max_tokens": ("incomplete", "max_output_tokens"),
    "model_length": ("incomplete", "max_output_tokens"),
    "content_filter": ("incomplete", "content_filter"),
    "error": ("failed", "error"),
    "insufficient_system_resource": ("failed", "insufficient_system_resource"),
    "abort": ("failed", "abort"),
}


class Ids:
    """Ids for what the API gives none, and for calls whose own are no good.

    They are made of the request's key, so that they are the same for each attempt of a question; without a key they
    are random.  A call keeps the provider's id where it is the only one of the conversation, as some servers count from
    zero in each answer; one with a NUL can't be kept everywhere.

    Args:
        request: the question.
    """

    def __init__(self, request: ModelRequest) -> None:
        self._key = request.key or secrets.token_hex(16)
        self._input = request.input
        self._made: dict[tuple[str, int], str] = {}
        self._given: set[str] = set()

    def of(self, prefix: str, index: int = 0) -> str:
        """Return the id of the item of that kind and number, such as the first "msg"."""
        known = self._made.get((prefix, index))
        if known is None:
            digest = sha256_of(f"{self._key} {prefix} {index}".encode()).removeprefix("sha256:")
            known = self._made[prefix, index] = f"{prefix}_{digest[:24]}"
        return known

    def of_call(self, told: JSON, index: int) -> str:
        """Return the call id of the call of that number."""
        call_id = told if isinstance(told, str) and self._is_new(told) else self.of("call", index)
        self._given.add(call_id)
        return call_id

    def _is_new(self, told: str) -> bool:
        good = told and "\0" not in told and told not in self._given
        return bool(good) and told not in folded(self._input, CallIds).ids


class CallIds:
    """The ids of the calls in a conversation."""

    def __init__(self) -> None:
        self.ids: set[str | None] = set()

    def add(self, item: Item) -> None:
        """Take the next item."""
        self.ids.add(call_id_of(item))


class Call(NamedTuple):
    """A tool call under its id in the run.

    Attributes:
        kind: "function" or "custom".
        call_id: what binds it to its output.
        name: of the tool.
        text: its arguments, or its input.
        signature: what a Gemini model signs a call with, and wants to see again.
    """

    kind: str
    call_id: str
    name: str
    text: str
    signature: str | None = None


class Answer(NamedTuple):
    """What a model answers, whether it came in one piece or in many.

    Attributes:
        reasoning: what it thought, as far as the server tells.
        text: what it says; None is nothing, which differs from an empty text only where nothing else is there.
        refusal: what it refuses in.
        calls: the tools it calls.
        annotations: of the text, such as the pages it cites.
        logprobs: of the text's tokens.
        details: OpenRouter's own form of what the model thought, which it wants to see again beside calls.
    """

    reasoning: str = ""
    text: str | None = None
    refusal: str = ""
    calls: Sequence[Call] = ()
    annotations: Sequence[JSON] = ()
    logprobs: Sequence[JSON] = ()
    details: Sequence[JSON] = ()


class Ending(NamedTuple):
    """What is told of a whole answer, as it was sent.

    Attributes:
        finish_reason: why it ended.
        usage: token counts.
        id: the provider's id of it.
        model: the model's name as the provider gives it.
    """

    finish_reason: JSON = None
    usage: JSON = None
    id: JSON = None
    model: JSON = None


def read_completion(
    data: bytes,
    request: ModelRequest,
    *,
    provider: str,
    request_id: str | None = None,
    resolved: ResolvedModel | None = None,
) -> ModelResponse:
    """Read a whole answer.

    Args:
        data: a JSON object, of any size.
        request: the question.
        provider: who sent it.
        request_id: the id under which the provider's logs have the request.
        resolved: where the question went, for the record.

    Raises:
        ModelError: it is no answer (`model-answer`).
    """
    ids = Ids(request)
    try:
        value: Any = strict_json.loads(data, limits=ANY_SIZE)
        problem = _problem(value)
        if problem is None:
            choice = value["choices"][0]
            answer = _answer(choice["message"], choice.get("logprobs"), ids)
            ending = Ending(choice.get("finish_reason"), value.get("usage"), value.get("id"), value.get("model"))
            return completion(answer, ending, ids, request_id=request_id, resolved=resolved)
    except CodecError as error:
        problem = f"not JSON ({error.message})"
    except NoCallError as error:
        problem = str(error)
    raise no_answer(problem, provider=provider, request_id=request_id)


class NoCallError(Exception):
    """A tool call that can't be carried out or answered, in words."""


def completion(
    answer: Answer, ending: Ending, ids: Ids, *, request_id: str | None = None, resolved: ResolvedModel | None = None
) -> ModelResponse:
    """Return an answer as a response; its items are what the model thought, what it says, and its calls.

    Args:
        answer: what the model answers.
        ending: what is told of the whole.
        ids: for the items.
        request_id: the id under which the provider's logs have the request.
        resolved: where the question went, for the record.
    """
    status, reason = _ENDED.get(str(ending.finish_reason).lower(), ("completed", None))
    output = _items(answer, ids)
    if status != "completed":
        output[-1]["status"] = "incomplete"  # what comes before it was whole when the last item began
    model = ending.model if isinstance(ending.model, str) else None
    return ModelResponse(
        output=output,
        usage=chat_usage(ending.usage),
        id=ending.id if isinstance(ending.id, str) else None,
        request_id=request_id,
        status=status,
        reason=reason,
        answered_by=resolved.answered_by(model) if resolved else None,
    )


def chat_usage(told: JSON) -> Usage:
    """Return token counts as this API tells them; what it does not tell is 0, and the request itself is counted."""
    counts: Mapping[str, JSON] = cast("Mapping[str, JSON]", told) if isinstance(told, dict) else {}
    return usage_of(
        {
            "input_tokens": counts.get("prompt_tokens"),
            "output_tokens": counts.get("completion_tokens"),
            "total_tokens": counts.get("total_tokens"),
            "input_tokens_details": counts.get("prompt_tokens_details"),
            "output_tokens_details": counts.get("completion_tokens_details"),
        }
    )


def texts_of(content: JSON) -> tuple[str | None, str]:
    """Return what the model says and what it thought, of content that is a text, or a list of parts.

    Parts whose kind is not known count for the text they hold; Mistral's thoughts are lists of their own.
    """
    if not isinstance(content, list):
        return (content if isinstance(content, str) else None), ""
    said: list[str] = []
    thought: list[str] = []
    for part in cast("list[JSON]", content):
        inner = _member(part, "thinking")
        if inner is not None:
            thought.append(texts_of(inner)[0] or "")
        elif isinstance(_member(part, "text"), str):
            said.append(_member(part, "text"))
    return "".join(said), "".join(thought)


def reasoning_of(message: Mapping[str, JSON]) -> str:
    """Return what the model thought, under either of the names that servers have for it."""
    found = (message.get(name) for name in ("reasoning_content", "reasoning"))
    return next((text for text in found if isinstance(text, str) and text), "")


def _problem(value: JSON) -> str | None:
    """Say why a value is no answer."""
    if not isinstance(value, dict):
        return "JSON, but no object"
    answer = cast("Mapping[str, Any]", value)
    if answer.get("error"):
        return f"an error ({error_text(answer['error']) or 'it does not say why'})"
    choices = answer.get("choices")
    if not isinstance(choices, list) or not choices:
        told = error_text(value)
        return f"an error ({told})" if told else "an object without choices"
    return None if isinstance(_member(choices[0], "message"), dict) else "a choice without a message"


def _answer(message: Mapping[str, JSON], logprobs: JSON, ids: Ids) -> Answer:
    said, thought = texts_of(message.get("content"))
    refusal, annotations = message.get("refusal"), message.get("annotations")
    tokens, details = _member(logprobs, "content"), message.get("reasoning_details")
    return Answer(
        reasoning=reasoning_of(message) or thought,
        text=said,
        refusal=refusal if isinstance(refusal, str) else "",
        calls=_calls(message, ids),
        annotations=cast("list[JSON]", annotations) if isinstance(annotations, list) else (),
        logprobs=cast("list[JSON]", tokens) if isinstance(tokens, list) else (),
        details=cast("list[JSON]", details) if isinstance(details, list) else (),
    )


def _calls(message: Mapping[str, JSON], ids: Ids) -> list[Call]:
    """Return the tool calls; before there were many, there was one, and it had no id."""
    told: JSON = message.get("tool_calls") or []
    if not told and message.get("function_call"):
        told = [{"function": message["function_call"]}]
    calls: Sequence[JSON] = cast("list[JSON]", told) if isinstance(told, list) else [told]
    return [_call(call, ids, index) for index, call in enumerate(calls)]


def _call(told: JSON, ids: Ids, index: int) -> Call:
    kind = _member(told, "type") or "function"
    called = _member(told, kind) if isinstance(kind, str) else None
    text = _member(called, "arguments" if kind == "function" else "input")
    if text is not None and not isinstance(text, str):  # some servers send the object that the text would be
        text = strict_json.dumps(text, limits=ANY_SIZE).decode()
    signature = signature_of(_member(told, "extra_content"))
    return call_of(kind, ids.of_call(_member(told, "id"), index), _member(called, "name"), text, signature)


def signature_of(extra_content: JSON) -> str | None:
    """Return what a call is signed with (https://ai.google.dev/gemini-api/docs/thought-signatures)."""
    signature = _member(_member(extra_content, "google"), "thought_signature")
    return signature if isinstance(signature, str) else None


def call_of(kind: JSON, call_id: str, name: JSON, text: str | None, signature: str | None = None) -> Call:
    """Return a call; one of a function without arguments has none to give.

    Raises:
        NoCallError: it is of another kind, or names no tool.
    """
    if kind not in ("function", "custom"):
        raise NoCallError(f"a tool call of the type {kind!r:.100}")
    if not (isinstance(name, str) and name):
        raise NoCallError("a tool call without the name of a tool")
    return Call(kind, call_id, name, text if text is not None else "{}" if kind == "function" else "", signature)


def _items(answer: Answer, ids: Ids) -> list[Item]:
    """Return what a model answers as items; one at least, so that there is no answer without a word."""
    items: list[Item] = []
    if answer.reasoning:
        content: list[JSON] = [{"type": "reasoning_text", "text": answer.reasoning}]
        items.append({"type": "reasoning", "id": ids.of("rs"), "summary": [], "content": content})
    if answer.text or answer.refusal or not answer.calls:
        message = {"type": "message", "id": ids.of("msg"), "role": "assistant", "status": "completed"}
        items.append({**message, "content": _parts(answer)})
    calls = [_call_item(call, ids, index) for index, call in enumerate(answer.calls)]
    if calls and answer.details:
        calls[0]["provider_data"] = {**calls[0].get("provider_data", {}), "reasoning_details": joined(answer.details)}
    return [*items, *calls]


def joined(details: Sequence[JSON]) -> list[JSON]:
    """Return OpenRouter's details with the pieces of one text, as a stream has them, put together."""
    whole: list[JSON] = []
    for piece in details:
        last = whole[-1] if whole else None
        name = {"reasoning.text": "text", "reasoning.summary": "summary"}.get(str(_member(piece, "type")), "")
        same = all(_member(last, each) == _member(piece, each) for each in ("type", "index"))
        if name and same and isinstance(_member(last, name), str):
            told = {key: value for key, value in cast("Item", piece).items() if value is not None}
            text = _member(piece, name)
            whole[-1] = {
                **cast("Item", last),
                **told,
                name: _member(last, name) + (text if isinstance(text, str) else ""),
            }
        else:
            whole.append(piece)
    return whole


def _parts(answer: Answer) -> list[JSON]:
    """Return the content of the message."""
    parts: list[JSON] = []
    if answer.text or not answer.refusal:
        annotations = [_annotation(each) for each in answer.annotations]
        said: Item = {"type": "output_text", "text": answer.text or "", "annotations": annotations}
        parts.append({**said, "logprobs": list(answer.logprobs)} if answer.logprobs else said)
    if answer.refusal:
        parts.append({"type": "refusal", "refusal": answer.refusal})
    return parts


def _annotation(told: JSON) -> JSON:
    """Return an annotation; what a page is cited by is one level deeper in this API."""
    cited = _member(told, "url_citation")
    return {"type": "url_citation", **cast("Mapping[str, JSON]", cited)} if isinstance(cited, dict) else told


def _call_item(call: Call, ids: Ids, index: int) -> Item:
    custom = call.kind == "custom"
    item: Item = {
        "type": "custom_tool_call" if custom else "function_call",
        "id": ids.of("ctc" if custom else "fc", index),
        "call_id": call.call_id,
        "name": call.name,
        "input" if custom else "arguments": call.text,
    }
    if call.signature:
        item["provider_data"] = {"thought_signature": call.signature}  # where the openai-agents package has it too
    return item if custom else {**item, "status": "completed"}


def _member(value: JSON, name: str) -> Any:  # noqa: ANN401 - JSON
    return cast("Mapping[str, Any]", value).get(name) if isinstance(value, dict) else None
