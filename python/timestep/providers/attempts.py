"""Asking again, and asking another model: the one place where a question to a model is repeated (routing.md).

What becomes of a failure:

=============================================================  ===========  ==============
failure                                                        asked again  next model
=============================================================  ===========  ==============
no connection, a connection that broke, a time that ran out    yes          yes
status 408, 409, 425, 429, 500 and above                       yes          yes
a success that is no answer, or half of one                    yes          yes
status 401, 402, 403, 404, and others not named here           no           yes
no key (`key-missing`)                                         no           yes
status 400, 413, 415, 422; a setting, tool or item refused     no           no
anything after the first piece of an answer was passed on      no           no
=============================================================  ===========  ==============

`ModelError.retryable`, where the provider says it, stands over the middle column.  The question itself is at fault in
the last but one row: another model that took it would hide that.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from typing import NamedTuple, cast
from urllib.parse import urlsplit

from msgspec.structs import replace

from timestep.errors import ModelError, UserError
from timestep.providers.protocol import Delta, Model, ModelRequest, ModelResponse
from timestep.providers.routing import ResolvedModel, Retry
from timestep.providers.transport import hide

_PASSING = frozenset({408, 409, 425, 429})
_OF_THE_QUESTION = frozenset({400, 413, 415, 422})
_NO_SUCH_MODEL = "model_not_found"  # OpenAI's Responses API says so with status 400
_SENT = {"no": 0, "unknown": 1, "yes": 2}  # the higher one tells more of what may have been done


class Candidate(NamedTuple):
    """A model that may be asked, and where it was found."""

    resolved: ResolvedModel
    model: Model


class Timing(NamedTuple):
    """What waiting goes by; tests give their own.

    Attributes:
        clock: gives a time in seconds.
        sleep: waits so many seconds.
        chance: gives a number from 0 up to 1; a wait is that share of its full length.
    """

    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
    chance: Callable[[], float] = random.random


_REAL = Timing()


class AttemptedModel:
    """A model that is asked again when that may help, and then the next one in its place.

    Nothing is repeated once a piece of an answer was passed on.  A question in a conversation that its host keeps is
    repeated only where it never arrived, and it, or one that goes on from a response, only at that same host.  A model
    at another host is sent no `extra_headers` and no `extra_query`: they may hold a key for the one that was named.

    Args:
        candidates: the model, then those that stand in for it, in this order; at least one.
        retry: how often, with which waits; see `Retry`.
        timing: the clock and the rest.

    Attributes:
        candidates: as given.
        name: the name that was routed.
        resolved: where the first of them was found.
    """

    def __init__(self, candidates: Sequence[Candidate], retry: Retry, timing: Timing = _REAL) -> None:
        self.candidates = tuple(candidates)
        self.resolved = self.candidates[0].resolved
        self.name = self.resolved.name
        self._retry = retry
        self._timing = timing

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(repr(each.resolved.name) for each in self.candidates)})"

    async def respond(self, request: ModelRequest) -> ModelResponse:
        """Give the whole answer.

        Raises:
            ModelError: no model gave one; of several the text tells of each, the rest is that of the last one asked.
            UserError: no model was asked: there is no key, or the question can't be put to it.
        """
        attempts = self._attempts(request)
        while True:
            candidate = attempts.candidate
            try:
                return _signed(await candidate.model.respond(attempts.request), candidate)
            except (ModelError, UserError) as error:
                failure = error
            await attempts.failed(failure)

    async def stream(self, request: ModelRequest) -> AsyncGenerator[Delta | ModelResponse, None]:
        """Give the answer piece by piece; the last thing is the whole of it.

        Raises:
            ModelError: as `respond`; also in the middle.
            UserError: as `respond`.
        """
        attempts = self._attempts(request)
        while True:
            candidate, begun = attempts.candidate, False
            pieces = cast("AsyncGenerator[Delta | ModelResponse]", candidate.model.stream(attempts.request))
            try:
                async with aclosing(pieces):
                    async for piece in pieces:
                        begun = True
                        yield _signed(piece, candidate) if isinstance(piece, ModelResponse) else piece
            except (ModelError, UserError) as error:
                failure = error
            else:
                return
            await attempts.failed(failure, begun=begun)

    def _attempts(self, request: ModelRequest) -> _Attempts:
        return _Attempts(self.candidates, self._retry, request, self._timing)


def is_worth_another(error: Exception, request: ModelRequest) -> bool:
    """Tell whether the same model, asked the same again, may do better."""
    if not isinstance(error, ModelError) or (request.conversation_id is not None and error.sent != "no"):
        return False
    if error.retryable is not None:
        return error.retryable
    if error.code == "model-answer":
        return True
    if error.status is None:  # from the way there, unless it is a fault in a model of the caller's
        return error.sent == "no" or error.provider is not None
    return error.status in _PASSING or error.status >= 500


def is_of_the_question(error: Exception) -> bool:
    """Tell whether it is the question itself that a model refuses, so that no other one is to be asked."""
    if isinstance(error, ModelError):
        return error.status in _OF_THE_QUESTION and error.reason != _NO_SUCH_MODEL
    return not (isinstance(error, UserError) and error.code == "key-missing")


class _Attempts:
    """How far one question has got.

    Attributes:
        candidate: whom to ask now.
        request: what to ask it.
    """

    def __init__(self, candidates: Sequence[Candidate], retry: Retry, request: ModelRequest, timing: Timing) -> None:
        self._clock, self._sleep, self._chance = timing
        self._retry = retry
        self._asked = request
        self._left = list(candidates[1:])
        self._origin = _origin(candidates[0])
        self._first = self._clock()
        self._sent = "no"
        self._failure: ModelError | None = None
        self._failures: list[tuple[str, str]] = []
        self._turn_to(candidates[0])

    def _turn_to(self, candidate: Candidate) -> None:
        self.candidate = candidate
        self.request = replace(self._asked, model=candidate.resolved.model)
        settings = self._asked.settings
        if (settings.extra_headers or settings.extra_query) and _origin(candidate) != self._origin:
            # Written for the host that was named; they may hold a key of its.
            self.request = replace(self.request, settings=replace(settings, extra_headers=None, extra_query=None))
        self._number = 1

    async def failed(self, error: ModelError | UserError, *, begun: bool = False) -> None:
        """Wait until the question is to be asked again, of whom `candidate` then says.

        Raises:
            ModelError: the error; there is nobody to ask.
            UserError: likewise.
        """
        if self.candidate.resolved.kind != "custom":
            # The frames of a wire hold the key and what was sent; what they would tell stands in the message.
            error.__traceback__ = error.__cause__ = error.__context__ = None
        if isinstance(error, ModelError):
            self._failure = error
            self._sent = max(self._sent, error.sent, key=lambda sent: _SENT.get(sent, 1))
            _hide_headers(error, self.request)
        delay = None if begun else self._delay(error)
        if delay is not None:
            self._number += 1
            await self._sleep(delay)
            return
        self._failures.append((self.candidate.resolved.name, self._told(error)))
        following = None if begun or is_of_the_question(error) else self._following()
        if following is None:
            # A model that was asked and failed is what happened, whatever kept the next one from being asked.
            raise self._summed_up(self._failure or error)
        self._turn_to(following)

    def _delay(self, error: ModelError | UserError) -> float | None:
        """Return the seconds to wait before the same model is asked again; None is not at all."""
        if self._number >= self._retry.attempts or not is_worth_another(error, self._asked):
            return None
        longest = min(self._retry.max_delay, self._retry.first_delay * 2.0 ** min(self._number - 1, 64))
        delay = max(longest * self._chance(), cast("ModelError", error).retry_after or 0)
        return None if delay > self._retry.max_delay or self._spent() + delay > self._retry.max_seconds else delay

    def _spent(self) -> float:
        return self._clock() - self._first

    def _following(self) -> Candidate | None:
        """Return the next model that may be asked."""
        if self._asked.conversation_id is not None and self._sent != "no":
            return None
        kept = self._asked.conversation_id is not None or self._asked.previous_response_id is not None
        place = self.candidate.resolved.base_url
        while self._left and self._spent() <= self._retry.max_seconds:
            found = self._left.pop(0)
            if not kept or (place is not None and found.resolved.base_url == place):
                return found
        return None

    def _told(self, error: ModelError | UserError) -> str:
        """Say how the present candidate failed."""
        times = f" (after {self._number} attempts)" if self._number > 1 else ""
        return f"{error.message}{times}"

    def _summed_up(self, error: ModelError | UserError) -> ModelError | UserError:
        """Return an error, now one about all the attempts: of each model, and whether any may have worked on it."""
        if isinstance(error, ModelError):
            error.sent = self._sent
        told = [f"{name}: {why}" for name, why in self._failures]
        error.message = self._failures[0][1] if len(told) == 1 else f"no model answered: {'; '.join(told)}"
        error.args = (error.message,)
        return error


def _hide_headers(error: ModelError, request: ModelRequest) -> None:
    """Take the headers of one request out of an error, as a wire does with its key."""
    for value in (request.settings.extra_headers or {}).values():
        hide(value, error)


def _origin(candidate: Candidate) -> tuple[str, str]:
    """Return scheme and host of a model's address; code of the caller's is known by its prefix."""
    resolved = candidate.resolved
    parts = urlsplit(resolved.base_url or f"{resolved.kind}://{resolved.provider}")
    return parts.scheme, parts.netloc


def _signed(response: ModelResponse, candidate: Candidate) -> ModelResponse:
    """Return an answer that says who gave it."""
    if response.answered_by is not None:
        return response
    return replace(response, answered_by=candidate.resolved.answered_by())
