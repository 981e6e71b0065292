"""What each number of `openai-agents` files brought, taken out for the number before.

Each function changes one run of a file in place. What the older number says in another form is written so; what it
has no place for is dropped and reported, or refused by name where the run would go on in another way without it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from timestep.dialects.openai_py.filed import (
    Json,
    calls,
    dict_of,
    dicts_of,
    interruptions,
    processed,
    raw_of,
    run_items,
)
from timestep.types.base import Item
from timestep.types.items import call_id_of, type_of

if TYPE_CHECKING:
    from timestep.dialects.steps import Run

_WRITE = frozenset({"session_id", "items", "before", "persisted_count"})
_LOOKUP = ("tool_lookup_key", "tool_namespace", "allow_bare_name_alias", "title")
_SEARCH = frozenset({"tool_search_call", "tool_search_output"})
_PROGRAM = frozenset({"program", "program_output"})


def refuse(run: Run, what: str, brought: str, hint: str | None = None) -> None:
    """Refuse a part that files before the number which `brought` it have no place for."""
    message = f"openai-agents files before number {brought} have no place for it"
    run.account.refuse(what, message, pointer=run.pointer or None, hint=hint)


def refuse_unless_there(run: Run, what: str, fixed: str) -> None:
    """Refuse what SDKs before the number that `fixed` it go wrong with, unless the run comes from one of them."""
    origin = run.account.origin
    if origin is None or origin.dialect != "openai-agents-python" or _minor(origin.schema_version) >= _minor(fixed):
        refuse(run, what, fixed)


def _minor(number: str) -> int:
    return int(number.partition(".")[2])


def drop(run: Run, value: Json, name: str, note: str) -> None:
    """Take a member out, and report it if it held something."""
    if value.pop(name, None):
        run.account.note("dropped", f"{run.pointer or '/'}: {name}", note)


def guardrail_boundary(run: Run) -> None:
    """1.21: where the tool output guardrail results of the current response begin, and session writes on hold."""
    processed(run.value).pop("tool_output_guardrail_result_start", None)
    write = dict_of(run.value.get("pending_session_write"))
    if write.get("held"):
        refuse(run, "a session write on hold", "1.21")
    for name in ("held", "reasoning_item_id_policy", "current_response"):
        write.pop(name, None)


def recipients(run: Run) -> None:
    """1.18: which MCP server each call is for, and what a session write knows of compaction."""
    drop(run, processed(run.value), "mcp_tool_bindings", "older SDKs take the tool of that name")
    named_twice = any(dict_of(item.get("agent")).get("identity") for item in interruptions(run.value))
    if named_twice and run.children():
        refuse_unless_there(run, "nested runs of agents of one name", "1.18")
    write = dict_of(run.value.get("pending_session_write"))
    if write.get("append_acknowledged") or write.get("compaction_model_exchange"):
        refuse(run, "a session write that compaction takes part in", "1.18")
    for name in write.keys() - _WRITE:
        del write[name]


def ownership(run: Run) -> None:
    """1.17: which items the current response owns (older SDKs look for them), and writes that a session lacks."""
    run.value.pop("current_response_generated_item_ownership", None)
    if run.value.pop("pending_session_write", None):
        refuse(run, "a pending session write", "1.17")
    if run.value.pop("terminal_unrecoverable", None):
        refuse(run, "a run that can't be recovered", "1.17")


def resumable_step(run: Run) -> None:
    """1.15: input that waits, the call ledger, and steps that say more."""
    value = run.value
    if value.pop("pending_input", None):
        refuse(run, "pending input", "1.15")
    if any(item.get("type") == "input_item" for item in run_items(value)):
        refuse(run, "input that was added to the run", "1.15")
    if any(type_of(raw_of(item)) == "local_shell_call_output" for item in run_items(value)):
        refuse_unless_there(run, "results of local shell calls (older SDKs forget them)", "1.15")
    step = dict_of(value.get("current_step"))
    data = dict_of(step.get("data"))
    if data.pop("response_accepted", False):
        refuse(run, "a response that was accepted and not yet split into work", "1.15")
    data.pop("llm_end_hooks_started", None)
    _ledger(run, waits=bool(interruptions(value)))
    if step.get("type") == "next_step_run_again":
        value["current_step"] = None  # older SDKs go on with the model then


def _ledger(run: Run, *, waits: bool) -> None:
    """Leave out the ledger; older SDKs see from its output that a call has been made."""
    context = dict_of(run.value.get("context"))
    rows = dict_of(context.pop("tool_invocations", None))
    known = calls(run.value)
    work = {
        call_id_of(dict_of(function.get("tool_call"))) for function in dicts_of(processed(run.value).get("functions"))
    }
    for call_id, row in rows.items():
        call = known.get(call_id)
        if waits and row.get("executed") and call is not None and not (call.done or call.nested) and call_id in work:
            refuse(run, f"call {call_id!r}, which may have run", "1.15")


def occurrences(run: Run) -> None:
    """1.13: which session items generated items are; calls that programs make; handoffs beside calls that wait."""
    value = run.value
    last = {call_id_of(item) for item in dicts_of(dict_of(value.get("last_model_response")).get("output"))}
    open_handoffs = (call_id in last and call.handoff and not call.done for call_id, call in calls(value).items())
    if interruptions(value) and any(open_handoffs):
        refuse_unless_there(run, "a handoff beside a call that waits", "1.13")
    value.pop("generated_session_item_indexes", None)
    drop(run, value, "nested_history_owned_session_item_refs", "a later handoff may repeat these items")
    for item in _wire(value):
        if type_of(item) in _PROGRAM or dict_of(item.get("caller")).get("type") == "program":
            refuse(run, "programmatic tool calling", "1.13")


def cache_writes(run: Run) -> None:
    """1.12: tokens written to the cache."""
    count = 0
    for usage in _usages(run.value):
        details = usage.get("input_tokens_details")
        for part in [dict_of(details)] if isinstance(details, dict) else dicts_of(details):
            count += bool(part.pop("cache_write_tokens", None))
            part.pop("cache_write_tokens_details", None)
    run.account.note("dropped", f"{run.pointer or '/'}: cache-write tokens", "they are not counted", count=count)


def custom_data(run: Run) -> None:
    """1.11: data of the caller's own on tool outputs; no model sees it."""
    for item in run_items(run.value):
        drop(run, item, "custom_data", "for the caller's code alone")


def unlimited_turns(run: Run) -> None:
    """1.10: a run without a limit of turns, and results that are still to be sent (mended within 1.9, by 0.14.5)."""
    if run.value.get("max_turns") is None:
        refuse(run, "a run without a limit of turns", "1.10", "start it with a limit, or convert to 1.10 or later")
    if _unsent(run.value):
        note = "the server's conversation lacks it, and packages before 0.14.5 never send it"
        run.account.note("dropped", f"{run.pointer or '/'}: result of a call beside those that wait", note)


def custom_tools(run: Run) -> None:
    """1.9: agents of one name, custom tools, sandboxes, the key of the prompt cache, and where tools came from."""
    value = run.value
    if _unsent(value):
        refuse_unless_there(run, "a result that the server's conversation lacks (older SDKs never send it)", "1.9")
    for reference in _references(value):
        if reference.pop("identity", None) is not None:
            refuse(run, f"one of several agents named {reference.get('name')!r}", "1.9")
    if any(type_of(item) == "custom_tool_call" for item in _wire(value)):
        refuse(run, "custom tool calls", "1.9")
    if value.pop("sandbox", None):
        refuse(run, "a sandbox", "1.9")
    drop(run, value, "generated_prompt_cache_key", "prompts are cached anew")
    processed(value).pop("custom_tool_actions", None)
    origins = 0
    for item in _items(value):
        origins += bool(item.pop("tool_origin", None))
        if item.get("type") == "tool_call_item":
            item.pop("tool_name", None)
    run.account.note("dropped", f"{run.pointer or '/'}: where tools came from", "no model sees it", count=origins)


def lookup_keys(run: Run) -> None:
    """1.5: tools by namespace, tools that are loaded when searched for, and batches of computer actions."""
    value = run.value
    for item in _wire(value):
        if type_of(item) in _SEARCH:
            refuse(run, "tool searches", "1.5")
        if type_of(item) == "function_call" and item.get("namespace"):
            refuse(run, f"a call of {item.get('name')!r} in a namespace", "1.5")
        if type_of(item) == "computer_call" and not item.get("action"):
            refuse(run, "a batch of computer actions", "1.5")
    for item in _items(value):
        for name in _LOOKUP:
            item.pop(name, None)
    for function in dicts_of(processed(value).get("functions")):
        for name in ("lookupKey", "namespace", "qualifiedName"):
            dict_of(function.get("tool")).pop(name, None)


def request_ids(run: Run) -> None:
    """1.4: the ids of requests."""
    lost = sum(bool(response.pop("request_id", None)) for response in dicts_of(run.value.get("model_responses")))
    dict_of(run.value.get("last_model_response")).pop("request_id", None)
    run.account.note("dropped", f"{run.pointer or '/'}: ids of requests", "older SDKs keep none", count=lost)


def reasoning_policy(run: Run) -> None:
    """1.2: whether reasoning items go back with their ids; before, they did."""
    if run.value.pop("reasoning_item_id_policy", None) == "omit":
        refuse(run, "reasoning items that go back without their ids", "1.2")


def nested_runs(run: Run) -> None:
    """1.1: runs nested in a run."""
    if run.children():
        refuse(run, "a nested run", "1.1", "decide its calls and let it finish, or convert to 1.1 or later")


def _unsent(value: Json) -> bool:
    """Tell whether a result of a paused run's last response is still to be sent to the server's conversation."""
    if not value.get("conversation_id") or not interruptions(value):
        return False
    last, known = dict_of(value.get("last_model_response")), calls(value)
    asked = [call_id_of(item) for item in dicts_of(last.get("output"))]
    return any(call_id in asked and call.done for call_id, call in known.items())


def _items(value: Json) -> Iterator[Json]:
    yield from run_items(value)
    yield from dicts_of(processed(value).get("interruptions"))


def _responses(value: Json) -> list[Json]:
    last = dict_of(value.get("last_model_response"))
    return [*dicts_of(value.get("model_responses")), *([last] if last else [])]


def _wire(value: Json) -> Iterator[Item]:
    """Yield all wire items that the run has sent, got, or has to do."""
    yield from dicts_of(value.get("original_input"))
    for response in _responses(value):
        yield from dicts_of(response.get("output"))
    yield from (raw_of(item) for item in _items(value))


def _usages(value: Json) -> Iterator[Json]:
    usage = dict_of(dict_of(value.get("context")).get("usage"))
    yield usage
    yield from dicts_of(usage.get("request_usage_entries"))
    for response in _responses(value):
        yield dict_of(response.get("usage"))


def _references(value: Json) -> Iterator[Json]:
    yield dict_of(value.get("current_agent"))
    for item in _items(value):
        yield from (dict_of(item.get(name)) for name in ("agent", "source_agent", "target_agent"))
    for entry in dicts_of(value.get("output_guardrail_results")):
        yield dict_of(entry.get("agent"))
