"""Errors of a model call, made alike for every provider that speaks HTTP."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import cast

from timestep.errors import ModelError
from timestep.types.base import JSON

_LONGEST = 500  # characters of what a provider says that are passed on
# A request answered with one of these was turned down before any work was done on it.
_TURNED_DOWN = frozenset({400, 401, 403, 404, 405, 413, 415, 422, 429})
# What OpenAI and its kin say when an account has no credit left; no waiting helps.
_SPENT = frozenset({"insufficient_quota", "billing_hard_limit_reached"})
# What OpenAI says in a stream that it refuses, as the status is a success by then; the next time it does so again.
_OF_THE_QUESTION = frozenset({"context_length_exceeded", "invalid_prompt", "invalid_request_error", "model_not_found"})
_SPENT_HINT = "the account has used up its credit: add to it, or use another key; waiting does not help"
_SHOULD_RETRY = {"true": True, "false": False}


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


def broken_off(
    told: str, error: JSON, *, provider: str, request_id: str | None = None, status: int | None = None
) -> ModelError:
    """Return the error for a stream in which the provider says that it failed.

    Args:
        told: what it says, free of secrets.
        error: the error object it sent, whose code may be a status (OpenRouter) or a name (OpenAI).
        provider: who sent it.
        request_id: the provider's id of the request.
        status: the HTTP status it stands for, where that is known otherwise.
    """
    code = cast("Mapping[str, JSON]", error).get("code") if isinstance(error, dict) else None
    failure = model_failure(
        f"{provider} broke off its answer: {told or 'it does not say why'}",
        provider=provider,
        request_id=request_id,
        status=code if status is None and type(code) is int and 400 <= code < 600 else status,
        sent="yes",
        help="run again; the turn is asked from its start",
    )
    failure.reason = shortened(code) if isinstance(code, str) else None
    failure.retryable = False if failure.reason in _SPENT | _OF_THE_QUESTION else None
    return failure


def refusal(
    status: int,
    told: str,
    *,
    provider: str,
    request_id: str | None = None,
    headers: Mapping[str, str] | None = None,
    reason: str | None = None,
    model: str | None = None,
    key: str | None = None,
) -> ModelError:
    """Return the error for an HTTP status that is no success.

    Args:
        status: the HTTP status.
        told: what the provider says, free of secrets.
        provider: who says it.
        request_id: the provider's id of the request.
        headers: those of the answer, found by their names in small letters; they tell when another attempt may help.
        reason: the provider's own code, such as "insufficient_quota".
        model: the model's name as it was sent.
        key: name of the key that was sent: that of a variable, or "api_key" for one given in code; None was none.
    """
    headers = headers or {}
    shown = shortened(told)
    spent = status == 429 and reason in _SPENT
    retry_after = _retry_after(headers)
    unknown = _unknown_model(status, reason, provider, model)
    error = model_failure(
        f"{provider} answered {status}: {shown}" if shown else f"{provider} answered {status}",
        provider=provider,
        status=status,
        request_id=request_id,
        sent="no" if status in _TURNED_DOWN or 300 <= status < 400 else "unknown",
        help=_SPENT_HINT if spent else unknown or _hint(status, key, retry_after),
    )
    error.reason = reason
    error.retry_after = retry_after
    error.retryable = False if spent else _SHOULD_RETRY.get(headers.get("x-should-retry", "").strip().lower())
    return error


def shortened(told: str) -> str:
    """Return what a provider says, or its beginning."""
    return told if len(told) <= _LONGEST else f"{told[:_LONGEST]}..."


def ollama_name(provider: str, model: str | None) -> str | None:
    """Return the name a model may have been meant by: one with a tag is Ollama's, and none of OpenAI's.

    Example:
        >>> ollama_name("openai", "gpt-oss:20b"), ollama_name("openai", "ft:gpt-4.1:me::1")
        ('ollama/gpt-oss:20b', None)
    """
    # "ft:" begins the names of OpenAI's own fine-tuned models; one with a slash has a prefix already.
    tagged = model is not None and ":" in model and "/" not in model and not model.startswith("ft:")
    return f"ollama/{model}" if tagged and provider == "openai" else None


def _unknown_model(status: int, reason: str | None, provider: str, model: str | None) -> str | None:
    """Say what to do about a model that is not there; OpenAI answers 404 or 400, depending on the API."""
    if status != 404 and reason != "model_not_found":
        return None
    which = "the model" if model is None else f"the model {model!r}"
    meant = ollama_name(provider, model)
    other = f"did you mean {meant!r}? else " if meant else ""
    return f"{which} may be retired, or unknown at this address: {other}name another one, or check the base URL"


def _hint(status: int, key: str | None, retry_after: float | None) -> str | None:
    """Say what to do about a status."""
    if status == 429:
        wait = "wait, and run again" if retry_after is None else f"wait {retry_after:g} s and run again"
        return f"{wait}; if the account has used up its credit, waiting does not help"
    if status >= 500:
        return "the fault is the provider's: run again later"
    if 300 <= status < 400:
        return "the address leads elsewhere, and a key is not carried along: give the final address as base_url"
    if status == 401 and key is None:
        return "no key was sent: pass one to the provider (api_key=...), or name its variable in the routing rules"
    return {
        401: "check the key: the api_key given to the provider" if key == "api_key" else f"check the key: {key}",
        403: f"{'this key' if key else 'who sends no key'} may not use this model or address",
        408: "run again, or allow more time: ModelSettings(timeout=...)",
        413: "the conversation is too long for the model: shorten it, or start a new one",
    }.get(status)


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Return how many seconds a provider asks to wait, from `retry-after-ms`, or `retry-after`: seconds or a date."""
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    told = headers.get("retry-after")
    seconds, at = _number(told), _instant(told)
    if seconds is None and at is not None:
        # By the server's own clock where it tells the time: ours may be wrong.
        now = _instant(headers.get("date"))
        return max(0.0, at - (time.time() if now is None else now))
    return seconds


def _number(text: str | None) -> float | None:
    """Return a number that is neither negative nor endless."""
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if 0 <= number < math.inf else None


def _instant(text: str | None) -> float | None:
    """Return the seconds since 1970 that an HTTP date means."""
    try:
        return parsedate_to_datetime(text or "").timestamp()
    except (ValueError, OverflowError):
        return None
