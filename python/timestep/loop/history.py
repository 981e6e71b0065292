"""Input, sessions and their items, as a run takes them and gives them back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, cast
from weakref import WeakKeyDictionary

from timestep.agent import Agent
from timestep.codec import strict_json
from timestep.codec.pointer import join
from timestep.dialects import session_items
from timestep.dialects.account import Account
from timestep.errors import CodecError, UserError
from timestep.loop.run_input import omits_reasoning_ids, without_reasoning_id
from timestep.loop.scene import Scene
from timestep.loop.tree import RunValue
from timestep.sessions.chat_lines import chat_form
from timestep.sessions.file import FileSession
from timestep.sessions.memory import MemorySession
from timestep.sessions.postgres import PostgresSession
from timestep.sessions.sqlite import SQLiteSession
from timestep.types.base import Item
from timestep.types.items import OUTPUT_OF, call_id_of, is_call, is_output, type_of
from timestep.types.state import TERMINAL


def input_items(given: object) -> tuple[list[Item], Literal["text", "items"]]:
    """Return what a run is given as items: a text, chat messages, or items of the Responses API.

    Raises:
        UserError: it is none of these.
    """
    if isinstance(given, str):
        message: Item = {"role": "user", "content": given}
        _refuse_unkeepable(message, "the input", "")
        return [message], "text"
    if not isinstance(given, Sequence) or isinstance(given, bytes):
        raise _no_input(f"the input is a {type(given).__name__}, which is no input", None)
    items: list[Item] = []
    for index, item in enumerate(cast("Sequence[object]", given)):
        fields: Mapping[str, Any] = cast("Mapping[str, Any]", item) if isinstance(item, Mapping) else {}
        if not isinstance(fields.get("type"), str) and not isinstance(fields.get("role"), str):
            raise _no_input(f"item {index} of the input has neither a type nor a role", join([index]))
        items.append(dict(fields))
    items = expanded(items)
    for index, item in enumerate(items):
        _refuse_unkeepable(item, f"item {index} of the input", join([index]))
    return items, "items"


def _refuse_unkeepable(item: Item, what: str, pointer: str) -> None:
    """Refuse an item that no saved state could hold."""
    problem = unkeepable(item)
    if problem is not None:
        raise _no_input(f"{what} {problem}", pointer)


def unkeepable(item: object) -> str | None:
    """Say why an item can't be kept in a run: it is no item, has no JSON form, or is a call without an id."""
    fields: Item = cast("Item", item) if isinstance(item, dict) else {}
    if not isinstance(fields.get("type"), str) and not isinstance(fields.get("role"), str):
        return "has neither a type nor a role"
    try:
        strict_json.dumps(fields)
    except CodecError as error:
        return f"has no JSON form: {error.message}"
    if (is_call(fields) or is_output(fields)) and call_id_of(fields) is None:
        return f"is a {type_of(fields)} without an id"
    if is_call(fields) and "\0" in (call_id_of(fields) or ""):
        return f"is a {type_of(fields)} whose id holds a NUL"
    if is_call(fields) and not isinstance(fields.get("arguments", ""), str):
        return "has arguments that are no text"
    return None


def _no_input(message: str, pointer: str | None) -> UserError:
    return UserError(
        message,
        code="input",
        pointer=pointer,
        help="give a text, a list of messages such as {'role': 'user', 'content': 'Hello'}, or a RunState to resume, "
        "as result.to_state(), store.load() and timestep.read() give it",
        requirement="TS-ITEM-001",
    )


def expanded(items: list[Item]) -> list[Item]:
    """Return items with Chat Completions messages that hold calls or results as items of their own (TS-SESS-006)."""
    if not any("tool_calls" in item or item.get("role") == "tool" for item in items):
        return items
    account = Account()
    return session_items.read(cast("Any", items), account, container="array", family=None).items


async def conversation_of(session: Any) -> list[Item]:  # noqa: ANN401 - any session
    """Return what a session holds, as the model may be sent it: without calls that nobody has answered."""
    items = expanded([dict(item) for item in await session.get_items()])
    answered = {(type_of(item), call_id_of(item)) for item in items if is_output(item)}
    return [item for item in items if not is_call(item) or (OUTPUT_OF[type_of(item)], call_id_of(item)) in answered]


async def held(session: Any, items: list[Item]) -> int:  # noqa: ANN401 - any session
    """Return how many of the first items a session ends with, as far as it keeps them (TS-SESS-021)."""
    last = [chat_form(dict(item)) for item in await session.get_items(limit=len(items))]
    first = [chat_form(item) for item in items]
    return max(count for count in range(len(last) + 1) if last[len(last) - count :] == first[:count])


#: States of a call that ends without further ado; a rejected one gets its output when the run is resumed.
_ENDED = TERMINAL - {"rejected"}


def kept_items(run: RunValue, start: int, end: int) -> list[Item]:
    """Return the part of a log that its session gets: what was said, not what a filter made of it.

    A call that ended without an output, such as a handoff that was ignored, is left out, since a conversation that goes
    on after it would be refused. One that waits is kept: its output will follow.
    """
    outputs: dict[int, bool] = {call.item: bool(call.outputs) for call in run.settled if start <= call.item < end}
    outputs |= {call.item: bool(call.outputs) or call.state not in _ENDED for call in run.calls}
    kept = [
        entry.item
        for position, entry in enumerate(run.log[start:end], start)
        if entry.source != "filter" and outputs.get(position, True)
    ]
    return [without_reasoning_id(item) for item in kept] if omits_reasoning_ids(run) else kept


def session_for(scene: Scene, run: RunValue, agent: Agent, child: str) -> Any:  # noqa: ANN401 - any session
    """Return the session of an agent's conversation with the one that delegates to it (TS-HAND-006)."""
    own = scene.sessions.get(run.id)
    if isinstance(own, FileSession):
        return FileSession(agent.name, own.conversation_id, storage_dir=own.storage_dir)
    if isinstance(own, SQLiteSession):
        return SQLiteSession(f"{own.session_id}/{agent.name}", own.path)
    if isinstance(own, PostgresSession):
        return own.beside(f"{own.session_id}/{agent.name}")
    if own is None:
        key = f"{scene.tree.root.id}/{agent.name}"
        return scene.sessions.setdefault(key, MemorySession(key))
    beside = _BESIDE.setdefault(own, {})
    return beside.setdefault(agent.name, MemorySession(f"{getattr(own, 'session_id', child)}/{agent.name}"))


#: Sessions that live as long as their object -> name of an agent that is delegated to -> its own conversation.
_BESIDE: WeakKeyDictionary[Any, dict[str, MemorySession]] = WeakKeyDictionary()
