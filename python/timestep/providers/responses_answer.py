"""A Responses API response, read into plain data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, cast

from timestep.codec import strict_json
from timestep.errors import CodecError
from timestep.providers.failures import no_answer, shortened
from timestep.providers.json_form import ANY_SIZE
from timestep.providers.protocol import ModelResponse
from timestep.providers.routing import ResolvedModel
from timestep.types.base import JSON, Item, is_count
from timestep.types.state import Usage

_STATUS: dict[str, Literal["completed", "incomplete", "failed"]] = {
    "completed": "completed",
    "incomplete": "incomplete",
    "failed": "failed",
    "cancelled": "failed",
}

_TELLING = ("message", "detail", "msg", "error", "errors", "code")  # members that say what is wrong, the best first
_LOOKED_AT = 8  # entries of a list of errors


def read_response(
    data: bytes,
    *,
    provider: str,
    request_id: str | None = None,
    streamed: Sequence[Item] = (),
    status: str = "completed",
    resolved: ResolvedModel | None = None,
    limit: int | None = None,
) -> ModelResponse:
    """Read a whole response.

    Args:
        data: a JSON object, of any size.
        provider: who sent it.
        request_id: the id under which the provider's logs have the request.
        streamed: items that came before it, for servers that do not repeat them at the end.
        status: what it is where it does not say so itself.
        resolved: where the question went, for the record.
        limit: how many tokens an answer has that was cut off though it is said to be complete, as llama.cpp does.

    Raises:
        ModelError: it is no response, or not finished (`model-answer`).
    """
    try:
        value: Any = strict_json.loads(data, limits=ANY_SIZE)
    except CodecError as error:
        raise no_answer(f"not JSON ({error.message})", provider=provider, request_id=request_id) from None
    problem = _problem(value, streamed)
    if problem is not None:
        raise no_answer(problem, provider=provider, request_id=request_id)
    response = cast("dict[str, Any]", value)
    found, usage = _STATUS[response.get("status") or status], usage_of(response.get("usage"))
    reason = None if found == "completed" else _reason(response, found)
    if found == "completed" and limit is not None and usage.output_tokens == limit:
        found, reason = "incomplete", "max_output_tokens"
    reported = response.get("model")
    return ModelResponse(
        output=response.get("output") or list(streamed),
        usage=usage,
        id=response["id"] if isinstance(response.get("id"), str) else None,
        request_id=request_id,
        status=found,
        reason=reason,
        answered_by=resolved.answered_by(reported if isinstance(reported, str) else None) if resolved else None,
    )


def read_item(data: bytes, *, provider: str, request_id: str | None = None) -> Item:
    """Read one item of a stream.

    Raises:
        ModelError: it is none (`model-answer`).
    """
    try:
        item: Any = strict_json.loads(data, limits=ANY_SIZE)
    except CodecError as error:
        raise no_answer(f"not JSON ({error.message})", provider=provider, request_id=request_id) from None
    problem = _item_problem(0, item)
    if problem is not None:
        raise no_answer(problem, provider=provider, request_id=request_id)
    return item


def usage_of(told: JSON) -> Usage:
    """Return token counts as the API tells them; what it does not tell is 0, and the request itself is counted."""
    counts: Mapping[str, JSON] = cast("Mapping[str, JSON]", told) if isinstance(told, dict) else {}
    read, written = _count(counts.get("input_tokens")), _count(counts.get("output_tokens"))
    return Usage(
        input_tokens=read,
        output_tokens=written,
        total_tokens=_count(counts.get("total_tokens")) or read + written,
        requests=1,
        input_tokens_details=_details(counts.get("input_tokens_details")),
        output_tokens_details=_details(counts.get("output_tokens_details")),
    )


def error_text(error: JSON, levels: int = 8) -> str:
    """Return what an error object says: OpenAI's, or another server's, which may be a list, or an object in an object.

    Example:
        >>> error_text([{"error": {"code": 400, "message": "no such tool"}}])
        'no such tool'

    Args:
        error: a JSON value.
        levels: how deep it is looked into.
    """
    if isinstance(error, str):
        return shortened(error)
    parts: list[JSON] = []
    if isinstance(error, list):
        parts = cast("list[JSON]", error)[:_LOOKED_AT]
    elif isinstance(error, dict):
        parts = [cast("Mapping[str, JSON]", error).get(name) for name in _TELLING]
    return next(filter(None, (error_text(part, levels - 1) for part in parts if levels)), "")


def _problem(value: JSON, streamed: Sequence[Item]) -> str | None:
    """Say why a value is no finished response."""
    if not isinstance(value, dict):
        return "JSON, but no object"
    response = cast("Mapping[str, JSON]", value)
    status, output = response.get("status"), response.get("output")
    if status is not None and (not isinstance(status, str) or status not in _STATUS):
        return f"a response whose status is {status!r:.100}"
    if output is None and (status == "failed" or streamed):
        return None
    if not isinstance(output, list):
        told = error_text(response.get("error"))
        return f"an error ({told})" if told else "an object without output"
    problems = (_item_problem(index, item) for index, item in enumerate(cast("list[JSON]", output)))
    return next((problem for problem in problems if problem), None)


def _item_problem(index: int, item: JSON) -> str | None:
    """Say why a value is no item."""
    if not isinstance(item, dict):
        return f"item {index} of the output is no object"
    return None if isinstance(cast("Item", item).get("type"), str) else f"item {index} of the output has no type"


def _reason(response: Mapping[str, Any], status: str) -> str:
    """Say why a response is incomplete or failed, in the provider's words."""
    told = error_text(response.get("error"))
    details: JSON = response.get("incomplete_details")
    why: JSON = cast("Mapping[str, JSON]", details).get("reason") if isinstance(details, dict) else None
    return told or (why if isinstance(why, str) else "") or status


def _count(value: JSON) -> int:
    """Return a number of tokens; what is none, or more than a state can hold, is as good as untold."""
    return cast("int", value) if is_count(value) else 0


def _details(value: JSON) -> dict[str, JSON] | None:
    """Return the details of a count, without numbers that no state can hold."""
    if not isinstance(value, dict):
        return None
    told = cast("dict[str, JSON]", value)
    return {name: count for name, count in told.items() if not isinstance(count, int) or is_count(count)}
