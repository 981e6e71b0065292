"""What older `openai-agents` files leave to be concluded from their items: call ledgers, steps, recipients.

What a number's writers leave out where they have nothing to say is not put in: the reader takes it for empty.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from timestep.dialects.openai_py.filed import (
    Call,
    Json,
    calls,
    dict_of,
    dicts_of,
    interruptions,
    processed,
    raw_of,
    run_items,
)
from timestep.errors import StateFormatError
from timestep.types.items import call_id_of, is_call, is_output, type_of

if TYPE_CHECKING:
    from timestep.dialects.steps import Run


def nested_runs(run: Run) -> None:
    """1.1: runs nested in a run; those that an older file doesn't hold can't be gone on with.

    Raises:
        StateFormatError: the run waits for calls of a nested run.
    """
    waits = [call_id_of(raw_of(item)) for item in interruptions(run.value)]
    own = calls(run.value) if waits else {}
    lost = next((call_id for call_id in waits if call_id not in own), None)
    if lost is not None:
        raise StateFormatError(
            code="interruption-orphan",
            message=f"call {lost!r} waits in a nested run, and packages before 0.9.1 saved no nested runs",
            pointer=f"{run.pointer}/current_step/data/interruptions",
            why="without its state the nested run would start again, and do again what it has done",
            help="start the run again",
            requirement="TS-STATE-017",
        )


def reasoning_policy(run: Run) -> None:
    """1.2: how reasoning items are sent again; older SDKs had no choice."""
    run.value.setdefault("reasoning_item_id_policy", None)


def request_ids(run: Run) -> None:
    """1.4: the ids of requests."""
    for response in [*dicts_of(run.value.get("model_responses")), dict_of(run.value.get("last_model_response"))]:
        if response:
            response.setdefault("request_id", None)


def custom_tools(run: Run) -> None:
    """1.9: work for custom tools, and a key for the prompt cache."""
    run.value.setdefault("generated_prompt_cache_key", None)
    if processed(run.value):
        processed(run.value).setdefault("custom_tool_actions", [])


def lookup_keys(run: Run) -> None:
    """1.5: the lookup keys of functions; older SDKs had no namespaces, so each is the bare one of its call's name."""
    for function in dicts_of(processed(run.value).get("functions")):
        key = {"kind": "bare", "name": dict_of(function.get("tool_call")).get("name")}
        dict_of(function.get("tool")).setdefault("lookupKey", key)


def occurrences(run: Run) -> None:
    """1.13: which session item each generated item is. Copies of a call, or of its output, are one, even if unlike."""
    value = run.value
    value.setdefault("nested_history_owned_session_item_refs", [])
    session, generated = dicts_of(value.get("session_items")), dicts_of(value.get("generated_items"))
    found: dict[int, int] = {}
    for key_of in (_about, _named):
        _pair(key_of, generated, session, found)
    value["generated_session_item_indexes"] = [found.get(index) for index in range(len(generated))]


_Key = tuple[str, str, str | None]


def _pair(key_of: Callable[[Json], _Key], generated: list[Json], session: list[Json], found: dict[int, int]) -> None:
    """Pair items that have no pair yet, in order, by a key; those without an id in it only where they are equal."""
    used = set(found.values())
    places: dict[_Key, deque[int]] = {}
    for place, item in enumerate(session):
        if place not in used:
            places.setdefault(key_of(item), deque()).append(place)
    for index, item in enumerate(generated):
        key = key_of(item)
        queue = places.get(key) if index not in found else None
        if queue and (key[2] is not None or session[queue[0]].get("raw_item") == item.get("raw_item")):
            found[index] = queue.popleft()


def _about(item: Json) -> _Key:
    """Return what two copies of an item share: its kinds, and the id of the call that it is, or answers."""
    raw = raw_of(item)
    return (str(item.get("type")), type_of(raw), call_id_of(raw) if is_call(raw) or is_output(raw) else None)


def _named(item: Json) -> _Key:
    """Return what two copies of a call share though one has another call id: the item's own id."""
    raw = raw_of(item)
    own = raw.get("id") if is_call(raw) else None
    return (str(item.get("type")), type_of(raw), own if isinstance(own, str) else None)


def ledger(run: Run, known: Mapping[str, Call]) -> None:
    """1.15: a row for each call, as its SDK's successor concludes it from the items.

    A call without an output may have run where nothing waits any more: a tool that raised left no other trace.
    """
    rows: dict[str, Json] = {}
    ended = not run.value.get("current_step")
    for call_id, call in known.items():
        identity = call.identity()
        if identity is not None:
            rows[call_id] = {
                "type": identity.type,
                "approval_scope": identity.approval_scope,
                "fingerprint": identity.fingerprint,
                "executed": call.done or call.nested or ended,
                "completed": call.done,
            }
    dict_of(run.value.get("context"))["tool_invocations"] = rows
    done = sum(call.done for call in known.values())
    run.account.note("derived", f"{run.pointer or '/'}: completed calls", "each has its output", count=done)


def next_step(run: Run) -> None:
    """1.15: input that waits, and steps that say more.

    A run that was stopped after a turn, or by an error, looked like a finished one until then. One that ends in a
    tool's result may also have finished with that (`stop_on_first_tool`); older SDKs asked the model next in any case.
    """
    run.value.setdefault("pending_input", [])
    if run.value.get("current_step"):
        data = dict_of(dict_of(run.value["current_step"]).get("data"))
        data.setdefault("response_accepted", False)
        data.setdefault("llm_end_hooks_started", True)
        return
    items = [item for item in dicts_of(run.value.get("generated_items")) if item.get("type") != "tool_approval_item"]
    ends = bool(items) and type_of(raw_of(items[-1])) == "message"
    if run.value.get("model_responses") and not ends:
        run.value["current_step"] = {"type": "next_step_run_again"}
        note = "no step is stored and no message ends the run, so the model is asked next"
        run.account.note("derived", f"{run.pointer or '/'}: next step", note)


def recipients(run: Run) -> None:
    """1.18: the MCP server that a call is for, as told since 0.14.3 beside the call.

    The file doesn't tell the server's place among those of the agent. The first is taken; the SDK refuses to go on
    with a call whose recipient is another than the one here.
    """
    response = processed(run.value)
    work = [dict_of(function.get("tool_call")) for function in dicts_of(response.get("functions"))]
    asked = {call_id_of(item): item for item in work}
    found: dict[str, list[Any]] = {}
    for item in run_items(run.value) if asked else ():
        origin, call_id = dict_of(item.get("tool_origin")), call_id_of(raw_of(item))
        if origin.get("type") == "mcp" and origin.get("mcp_server_name") and call_id in asked:
            found[call_id or ""] = [origin["mcp_server_name"], asked[call_id].get("name"), 0]
    if response:
        response["mcp_tool_bindings"] = found
    note = "the server is told beside the call; its place among the agent's servers is taken to be the first"
    run.account.note("derived", f"{run.pointer or '/'}: MCP recipients", note, count=len(found))
