"""Approval records of `openai-agents` files, as plain JSON: decisions on one tool, for some calls or for all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, cast

from timestep.codec.pointer import join
from timestep.dialects.openai_py import shape
from timestep.dialects.openai_py.filed import Call, Json, dict_of, dicts_of, raw_of, tool_of
from timestep.dialects.openai_py.keys import approval_keys
from timestep.dialects.records import Record
from timestep.dialects.tree import convert_shape
from timestep.types.items import is_call
from timestep.types.state import ToolKey

if TYPE_CHECKING:
    from timestep.dialects.steps import Run

FUNCTIONS = frozenset({"function", "function_deferred"})
VERDICTS = ("approved", "rejected")
_HOSTED = "hosted_mcp_approvals"
_NATIVE = frozenset({"shell", "local_shell", "apply_patch", "computer"})


def check(run: Run) -> None:
    """Refuse decisions that have not the shape of decisions, or contradict themselves (TS-APPR-021, TS-APPR-013).

    Raises:
        ApprovalError: with the pointer of the wrong value.
    """

    def at(*tokens: str | int) -> str:
        return join(["context", *tokens], base=run.pointer)

    filed = convert_shape(run.value.get("context"), dict[str, Any], at())
    for name, decision in convert_shape(filed.get("approvals", {}), dict[str, shape.Decision], at("approvals")).items():
        _once(decision, at("approvals", name))
    hosted = convert_shape(filed.get(_HOSTED, []), list[shape.HostedApproval], at(_HOSTED))
    for index, entry in enumerate(hosted):
        _once(entry.decision, at(_HOSTED, index, "decision"))


def _once(decision: shape.Decision, pointer: str) -> None:
    Record(decision.approved, decision.rejected).check(pointer)


def context(value: Json) -> Json:
    """Return a run's context."""
    return cast("Json", value.setdefault("context", {}))


def records(value: Json) -> dict[str, Json]:
    """Return the records that are filed by a tool's name."""
    return cast("dict[str, Json]", context(value).setdefault("approvals", {}))


def all_records(value: Json) -> list[Json]:
    """Return those, and the ones that go by agent or by server."""
    parts = (context(value).get("function_tool_approvals"), context(value).get(_HOSTED))
    return [*records(value).values(), *(dict_of(entry.get("decision")) for part in parts for entry in dicts_of(part))]


def new() -> Json:
    """Return a record that says nothing."""
    return {"approved": [], "rejected": []}


def standing(record: Mapping[str, Any]) -> str | None:
    """Return the member that holds a decision for all calls; of two, the SDKs take the approval."""
    return next((verdict for verdict in VERDICTS if record.get(verdict) is True), None)


def ids(record: Mapping[str, Any], verdict: str) -> list[str]:
    """List the calls that are decided one by one."""
    found = record.get(verdict)
    return cast("list[str]", found) if isinstance(found, list) else []


def messages(record: Mapping[str, Any]) -> dict[str, str]:
    """Return the texts of rejections by call id."""
    return cast("dict[str, str]", dict_of(record.get("rejection_messages")))


def named(record: Mapping[str, Any]) -> set[str]:
    """Return the ids of all calls that a record says something of."""
    return {*ids(record, "approved"), *ids(record, "rejected"), *messages(record)}


def says(record: Mapping[str, Any]) -> bool:
    """Tell whether a record decides anything."""
    return bool(standing(record) or ids(record, "approved") or ids(record, "rejected"))


def verdict_on(filed: Mapping[str, Json], item: Json, call_id: str) -> tuple[str, bool] | None:
    """Look a decision on a waiting call up as the SDKs before 1.16 did: (member, whether it is for all calls)."""
    for name in names(item):
        record = filed.get(name, {})
        if found := standing(record):
            return found, True
        for verdict in VERDICTS:
            if call_id in ids(record, verdict):
                return verdict, False
    return None


def decide(filed: dict[str, Json], name: str, call_id: str, verdict: str, *, always: bool) -> None:
    """Add a decision."""
    record = filed.setdefault(name, new())
    if always:
        other = "rejected" if verdict == "approved" else "approved"
        record[verdict], record[other] = True, ([] if verdict == "approved" else False)
    elif isinstance(record.get(verdict), list) and call_id not in record[verdict]:
        record[verdict].append(call_id)


def names(item: Json) -> tuple[str, ...]:
    """Return the names under which a decision on a waiting call may be filed, the one it is filed under first."""
    raw, told = raw_of(item), item.get("tool_name")
    if not is_call(raw):
        return (str(told),)
    tool = tool_of(raw, dict_of(item.get("tool_lookup_key")), told)
    return tuple(dict.fromkeys([*approval_keys(tool), *([str(told)] if told else [])]))


def tool_named(name: str, known: Mapping[str, Call]) -> ToolKey:
    """Return the tool that a name stands for: one that was called, else a built-in one, else a function."""
    for call in known.values():
        if call.tool[0] != "hosted_mcp" and name in approval_keys(call.tool):
            return call.tool
    if name.startswith("deferred_top_level:"):
        return ("function_deferred", None, name.removeprefix("deferred_top_level:"))
    if name in _NATIVE:
        return (name, None, name)
    namespace, dot, own = name.rpartition(".")
    return ("function", namespace, own) if dot and namespace and own else ("function", None, name)


def without(record: Mapping[str, Any], gone: Iterable[str]) -> Json:
    """Copy a record without what it says of some calls."""
    copy: Json = dict(record)
    forget(copy, gone)
    return copy


def forget(record: Json, gone: Iterable[str]) -> None:
    """Take out of a record what it says of some calls."""
    lost = set(gone)
    for verdict in VERDICTS:
        if isinstance(record.get(verdict), list):
            record[verdict] = [call_id for call_id in ids(record, verdict) if call_id not in lost]
    if messages(record):
        record["rejection_messages"] = {key: text for key, text in messages(record).items() if key not in lost}
