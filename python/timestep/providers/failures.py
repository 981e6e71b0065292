"""Errors of a model call, made alike for every provider that speaks HTTP."""

from __future__ import annotations

from timestep.errors import ModelError

_LONGEST = 500  # characters of what a provider says that are passed on
# A request answered with one of these was turned down before any work was done on it.
_TURNED_DOWN = frozenset({400, 401, 403, 404, 405, 413, 415, 422, 429})


def model_failure(
    message: str,
    *,
    provider: str,
    code: str = "model-failed",
    status: int | None = None,
    request_id: str | None = None,
    sent: str = "unknown",
    help: str | None = None,  # noqa: A002 - the word the registry and the text form use
) -> ModelError:
    """Return an error of a model call, with what is known of the call."""
    error = ModelError(message, code=code, help=help)
    error.provider = provider
    error.status = status
    error.request_id = request_id
    error.sent = sent
    return error


def no_answer(message: str, *, provider: str, request_id: str | None = None) -> ModelError:
    """Return the error for a success that holds no answer; the model may well have worked on it."""
    return model_failure(
        f"{provider} sent what is no answer: {message}",
        provider=provider,
        code="model-answer",
        status=200,
        request_id=request_id,
        sent="yes",
        help="check that the base URL leads to a server of the API you mean, and that no proxy stands between",
    )


def refusal(
    status: int, told: str, *, provider: str, request_id: str | None = None, retry_after: str | None = None
) -> ModelError:
    """Return the error for an HTTP status that is no success.

    Args:
        status: the HTTP status.
        told: what the provider says, free of secrets.
        provider: who says it.
        request_id: the provider's id of the request.
        retry_after: its header of that name.
    """
    shown = told if len(told) <= _LONGEST else f"{told[:_LONGEST]}..."
    return model_failure(
        f"{provider} answered {status}: {shown}" if shown else f"{provider} answered {status}",
        provider=provider,
        status=status,
        request_id=request_id,
        sent="no" if status in _TURNED_DOWN or 300 <= status < 400 else "unknown",
        help=_hint(status, retry_after),
    )


def _hint(status: int, retry_after: str | None) -> str | None:
    """Say what to do about a status."""
    if status == 429:
        wait = f"wait {retry_after} s and run again" if (retry_after or "").isdigit() else "wait, and run again"
        return f"{wait}; if the account has used up its credit, waiting does not help"
    if status >= 500:
        return "the fault is the provider's: run again later"
    if 300 <= status < 400:
        return "the address leads elsewhere, and a key is not carried along: give the final address as base_url"
    return {
        401: "check the key: OPENAI_API_KEY, or the api_key given to the provider",
        403: "this key may not use this model or address",
        404: "the model may be retired, or unknown at this address: name another one, or check the base URL",
        408: "run again, or allow more time: ModelSettings(timeout=...)",
        413: "the conversation is too long for the model: shorten it, or start a new one",
    }.get(status)
