"""What a run needs from outside, all of it asked of the suite: models, the store and the session."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from typing import Any

import msgspec

from frames import Refused, ask
from serving import content, payload
from timestep.codec import document, journal
from timestep.errors import ModelError, SessionError, StorageError
from timestep.providers.protocol import Delta, ModelRequest, ModelResponse
from timestep.stores.protocol import NOBODY, Hold, Record, SavedRun
from timestep.types.base import Item
from timestep.types.state import AnsweredBy, Document, Usage

_NO_USAGE = {"input_tokens": 0, "output_tokens": 0, "total_tokens": 0}


class AskedModel:
    """The model of one agent.

    Args:
        run: id of the root run.
        agent: the agent's name.
    """

    def __init__(self, run: str, agent: str) -> None:
        self._about = {"run": run, "agent": agent}

    async def respond(self, request: ModelRequest) -> ModelResponse:
        """Give the answer of the suite."""
        return _response(await self._asked(request))

    async def stream(self, request: ModelRequest) -> AsyncIterator[Delta | ModelResponse]:
        """Give the answer of the suite in the pieces that it names."""
        told = await self._asked(request)
        for piece in told.get("pieces", ()):
            yield msgspec.convert(piece, Delta)
        yield _response(told)

    async def _asked(self, request: ModelRequest) -> dict[str, Any]:
        tools = [{"name": tool["name"], "parameters": tool["parameters"]} for tool in request.tools]
        named = {"model": request.model, "tools": tools}
        turn = int(request.key.rpartition("-")[2])
        about = {**self._about, "turn": turn, "input": list(request.input), "key": request.key, **named}
        try:
            return await ask("model", about)
        except Refused as error:
            raise ModelError(error.message, code=error.code) from None


def _response(told: dict[str, Any]) -> ModelResponse:
    usage = told.get("usage", _NO_USAGE)
    with suppress(msgspec.ValidationError):  # it is for the runtime to refuse
        usage = msgspec.convert(usage, Usage)
    who = msgspec.convert(told["answered_by"], AnsweredBy) if "answered_by" in told else None
    return ModelResponse(output=told["output"], usage=usage, id=told.get("id"), answered_by=who)


class AskedSession:
    """The session of a run.

    Attributes:
        session_id: the id of the run that it is the session of.
    """

    def __init__(self, run: str) -> None:
        self.session_id = run

    async def get_items(self, limit: int | None = None) -> list[Item]:
        """Give the last items, or all of them."""
        items = (await self._asked({}))["items"]
        return items if limit is None else items[max(0, len(items) - limit) :]

    async def add_items(self, items: Sequence[Item]) -> None:
        """Add items at the end."""
        await self._asked({"add": list(items)})

    async def _asked(self, more: dict[str, Any]) -> dict[str, Any]:
        try:
            return await ask("session", {"run": self.session_id, **more})
        except Refused as error:
            raise SessionError(error.message, code=error.code) from None


class AskedKeeper:
    """Keeps records of runs: what was added to one is kept as the whole state that it leads to.

    A claim is not told: the suite has one process at a time go on with a run.
    """

    def __init__(self) -> None:
        self._newest: Document | None = None

    async def put(self, record: Record, expected: int, hold: Hold = NOBODY) -> bool:  # noqa: ARG002 - see above
        """Have a state kept."""
        about = {"run": record.about.run, "version": expected, "state": payload(record.data)}
        try:
            await ask("persist", about)
        except Refused as error:
            if error.code == "state-conflict":
                return False
            raise StorageError(error.message, code=error.code) from None
        self._newest = document.decode(record.data)
        return True

    async def append(self, record: Record, expected: int) -> bool:
        """Have the state kept that a change leads to."""
        if self._newest is None:
            return False
        whole = journal.applied(self._newest, [journal.decode(record.data)])
        return await self.put(Record(record.about, document.encode(whole)), expected)

    async def get(self, session: str, run: str | None = None) -> Record | None:
        """Give the record of a run."""
        try:
            told = await ask("load", {"run": run})
        except Refused as error:
            raise StorageError(error.message, code=error.code) from None
        if not told.get("state"):
            return None
        data = content(told["state"])
        self._newest = found = document.decode(data)
        root = found.runs[0]
        about = SavedRun(
            session=session,
            run=found.id,
            version=told["version"],
            revision=found.revision,
            step=root.step.type,
            agent=root.agent,
            created_at="",
            saved_at="",
        )
        return Record(about, data)

    async def renew(self, session: str, run: str, holder: str, seconds: float) -> bool:  # noqa: ARG002
        """Say that the run is still the holder's."""
        return True

    async def newest(self, session: str, runs: Sequence[str]) -> dict[str, int]:
        """Give the versions of some runs."""
        found = {run: await self.get(session, run) for run in runs}
        return {run: record.about.version for run, record in found.items() if record is not None}
