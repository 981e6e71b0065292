"""Builds a run's log and view from what the SDK files hold: input, model responses, and run items.

Both files repeat items: in the responses, in the item list the model sees, in a full history. The log holds each once.
Response items come from the responses, in order; what the runtime added comes from the item lists; the view points into
the log, in the order the model will see (state.md, "Log and view").
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from timestep.codec.digest import canonical_json
from timestep.types.base import Item
from timestep.types.items import call_id_of, is_call, is_output, type_of
from timestep.types.state import Entry, Range, Response, Usage

Form = Literal["text", "items"]


@dataclass(slots=True)
class Piece:
    """One run item of a source file: its wire item, its agent, and what the wrapper says of it."""

    item: Item
    agent: str | None
    staged: bool = False
    target: str | None = None


@dataclass(slots=True)
class History:
    """The log under construction, and where each source item went."""

    log: list[Entry] = field(default_factory=list[Entry])
    responses: list[Range] = field(default_factory=list[Range])
    response_agents: list[str | None] = field(default_factory=list["str | None"])
    seqs: list[int] = field(default_factory=list[int])


class _Outputs:
    """The responses' output items in order, each to be claimed by at most one run item."""

    def __init__(self, responses: Sequence[Sequence[Item]]) -> None:
        self.flat = [(number, item) for number, items in enumerate(responses) for item in items]
        self.types = {type_of(item) for _, item in self.flat}
        self.claimed = [False] * len(self.flat)
        self.cursor = 0
        self._by_key: dict[bytes | tuple[str, str], deque[int]] | None = None

    def claim(self, item: Item) -> int | None:
        """Return the position of the response output that this run item repeats, or None."""
        if type_of(item) not in self.types:
            return None
        cursor = self.cursor
        while cursor < len(self.flat) and self.claimed[cursor]:
            cursor += 1
        self.cursor = cursor
        if cursor < len(self.flat) and self.flat[cursor][1] == item:
            return self._take(cursor)
        for key in _keys(item):
            queue = self._index().get(key)
            while queue:
                position = queue.popleft()
                if not self.claimed[position]:
                    return self._take(position)
        return None

    def _take(self, position: int) -> int:
        self.claimed[position] = True
        return position

    def _index(self) -> dict[bytes | tuple[str, str], deque[int]]:
        if self._by_key is None:
            self._by_key = {}
            for position, (_, item) in enumerate(self.flat):
                for key in _keys(item):
                    self._by_key.setdefault(key, deque()).append(position)
        return self._by_key


def _keys(item: Item) -> list[bytes | tuple[str, str]]:
    """Return the item's keys, strictest first: its whole content, then its provider or call id.

    Chat Completions models give all their items one placeholder id, which identifies nothing.
    """
    keys: list[bytes | tuple[str, str]] = [canonical_json(item)]
    own = item.get("id")
    if isinstance(own, str) and own and own not in {"__fake_id__", "FAKE_ID"}:
        keys.append((type_of(item), own))
    call_id = call_id_of(item)
    if call_id is not None and (is_call(item) or is_output(item)):
        keys.append((type_of(item) + "#", call_id))
    return keys


def assemble(inputs: Sequence[Item], responses: Sequence[Sequence[Item]], pieces: Sequence[Piece]) -> History:
    """Put input, responses and run items into one log; `seqs[i]` is where `pieces[i]` went.

    A run item that repeats a response output is that entry; its own bytes win, because the model sees those.
    Response outputs that no run item repeats stay in the log: a run forgets nothing it was sent (TS-STATE-013).
    """
    history = History(log=[Entry(item=item, source="input") for item in inputs])
    outputs = _Outputs(responses)
    start_of: list[int] = []
    first: dict[int, int] = {}
    position = 0
    for number, items in enumerate(responses):
        first[number] = position
        position += len(items)

    def flush(upto: int) -> None:
        while len(start_of) <= upto:
            number = len(start_of)
            start = len(history.log)
            start_of.append(start)
            history.log.extend(Entry(item=item, source="model") for item in responses[number])
            history.responses.append((start, len(history.log)))
            history.response_agents.append(None)

    for piece in pieces:
        claimed = outputs.claim(piece.item)
        if claimed is None:
            history.seqs.append(len(history.log))
            history.log.append(Entry(item=piece.item, source=_source(piece), agent=piece.agent))
            continue
        number, _ = outputs.flat[claimed]
        flush(number)
        seq = start_of[number] + claimed - first[number]
        history.log[seq] = Entry(item=piece.item, source="model", agent=piece.agent)
        history.response_agents[number] = history.response_agents[number] or piece.agent
        history.seqs.append(seq)
    flush(len(responses) - 1)
    return history


def _source(piece: Piece) -> Literal["tool", "filter", "staged"]:
    if piece.staged:
        return "staged"
    return "tool" if is_output(piece.item) else "filter"


def fill_agents(history: History, current: str) -> None:
    """Give response entries that no run item names the agent of their response, else of its neighbours."""
    known = current
    for number in range(len(history.responses) - 1, -1, -1):
        known = history.response_agents[number] or known
        history.response_agents[number] = known
        start, end = history.responses[number]
        for seq in range(start, end):
            entry = history.log[seq]
            if entry.agent is None:
                history.log[seq] = Entry(item=entry.item, source=entry.source, agent=known)


def ranges(seqs: Sequence[int]) -> list[Range]:
    """Write a list of positions as half-open ranges, keeping its order."""
    found: list[Range] = []
    for seq in seqs:
        if found and found[-1][1] == seq:
            found[-1] = (found[-1][0], seq + 1)
        else:
            found.append((seq, seq + 1))
    return found


def positions(view: Sequence[Range]) -> list[int]:
    """Write ranges out as positions."""
    return [seq for start, end in view for seq in range(start, end)]


def responses(history: History, agent: str, told: Iterable[tuple[Usage, str | None, str | None]]) -> list[Response]:
    """Record the model responses of a log; `told` holds usage, response id and request id of each."""
    return [
        Response(
            agent=owner or agent, start=start, end=end, status="completed", usage=usage, id=number, request_id=request
        )
        for (usage, number, request), (start, end), owner in zip(
            told, history.responses, history.response_agents, strict=True
        )
    ]
