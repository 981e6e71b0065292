"""Records of decisions as `@openai/agents` files of all numbers hold them: a tool's, by key or by name."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any, cast

from timestep.dialects.openai_js.filed_calls import Json, dict_of, dicts_of


def records(context: Json) -> Iterator[Json]:
    """List all records of decisions in a context."""
    for name in ("approvals", "hostedMcpApprovals", "legacyFunctionApprovals"):
        yield from dicts_of(list(dict_of(context.get(name)).values()))
    for name in ("functionApprovals", "approvalInvocations"):
        for row in dicts_of(context.get(name)):
            yield from dicts_of(list(dict_of(row.get("approvals")).values()))


def settle(record: Json) -> Json:
    """Leave in a record what the older SDKs would have followed: a standing decision before one on a call."""
    if record.get("approved") is True:
        record["rejected"] = []
        for name in ("messages", "stickyRejectMessage"):
            record.pop(name, None)
    elif record.get("rejected") is True:
        record["approved"] = False
    return record


def is_sticky(record: Json) -> bool:
    """Tell whether a record has a standing decision."""
    return record.get("approved") is True or record.get("rejected") is True


def listed(record: Json, verdict: str) -> list[str]:
    """List the calls that a record approves, or rejects, one by one."""
    ids = record.get(verdict)
    return [str(call_id) for call_id in cast("list[Any]", ids)] if isinstance(ids, list) else []


def decided(record: Any) -> list[str]:
    """List the calls that a record decides one by one."""
    return [*listed(dict_of(record), "approved"), *listed(dict_of(record), "rejected")]


def copy(record: Json, call_id: str, target: Json, key: str) -> None:
    """Copy the decision on one call into another list of records."""
    kept = target.setdefault(key, {"approved": [], "rejected": []})
    for name in ("approved", "rejected"):
        ids = record.get(name)
        if isinstance(ids, list) and call_id in ids and call_id not in kept[name]:
            kept[name].append(call_id)
    message = dict_of(record.get("messages")).get(call_id)
    if message is not None:
        kept.setdefault("messages", {})[call_id] = message


def discard(record: Json, call_ids: Collection[str]) -> None:
    """Take the decisions on some calls out of a record."""
    for name in ("approved", "rejected"):
        ids = record.get(name)
        if isinstance(ids, list):
            record[name] = [call_id for call_id in cast("list[Any]", ids) if call_id not in call_ids]
    messages = dict_of(record.get("messages"))
    for call_id in call_ids:
        messages.pop(call_id, None)
    if not messages:
        record.pop("messages", None)
