"""The dialect `openai-agents-python`: reading and writing its current number, and what never leaves its files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, cast

from timestep.codec.pointer import join
from timestep.dialects import imported, usage
from timestep.dialects.account import Account
from timestep.dialects.credentials import strip_hosted_mcp, strip_tracing_key
from timestep.dialects.openai_py import reader, shape, writer
from timestep.dialects.openai_py.steps import STEPS
from timestep.dialects.steps import Ladder
from timestep.dialects.tree import Tree
from timestep.types import state

NAME = "openai-agents-python"
#: What of a hosted MCP server stays in a file; the agent's code supplies the rest.
_KEPT = frozenset({"type", "server_label", "require_approval"})
PACKAGE = "openai-agents"

#: Places in a file that decide what may run; nothing is ever put back there from leftovers.
AUTHORITY = re.compile(
    r"/context/(approvals|function_tool_approvals|hosted_mcp_approvals)(/|$)"
    r"|/context/tool_invocations$|/context/tool_invocations/[^/]+/"
    r"|/(current_response_generated_item_ownership|generated_session_item_indexes)(/|$)|/(generated|session)_items$"
    r"|/current_step$|/current_step/type|/interruptions(/\d+)?$"
    r"|/raw_item/(arguments|name|namespace|call_id|type|action|actions|operation|input|server_label)(/|$)"
    r"|/tool_call/(arguments|name|namespace|call_id|type|action|actions|operation|input)(/|$)"
    r"|/tool(/(name|lookupKey|namespace|qualifiedName)(/|$)|$)|/handoff(/|$)"
    r"|/functions$|/agent_run_state$|/mcp_tool/|/\$schemaVersion$"
    r"|/output/\d+/(arguments|name|namespace|call_id|type|action|actions|operation|input|server_label)(/|$)"
    r"|/tool/(name|lookupKey)(/|$)|/handoff/tool_name$|/mcp_tool_bindings(/|$)"
)


def nested(value: dict[str, Any], pointer: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the runs nested in a run, with their pointers."""
    for index, function in enumerate(_list(_member(value, "last_processed_response").get("functions"))):
        run = function.get("agent_run_state")
        if isinstance(run, dict):
            at = join(["last_processed_response", "functions", index, "agent_run_state"], base=pointer)
            yield at, cast("dict[str, Any]", run)


LADDER = Ladder("1.0", STEPS, nested)


def read(value: dict[str, Any], sha256: str, account: Account, *, number: str) -> state.Document:
    """Read a state of the current number that `strip_secrets` has gone over; it was written as `number`.

    Raises:
        StateFormatError, ApprovalError: the file is malformed, contradicts itself, or waits for calls it lacks.
    """
    tree = Tree(account)
    root = imported.root_id(sha256)
    source = reader.read(value, tree, root)
    return imported.document(
        tree,
        root_id=root,
        origin=state.Origin(dialect=NAME, schema_version=number, sha256=sha256),
        context=_context(source.context),
        usage=usage.from_python(source.context.usage),
        trace=_trace(source.trace),
    )


def write(document: state.Document, account: Account) -> dict[str, Any]:
    """Write a document as a state of this dialect, without leftovers."""
    return writer.write(document, account)


def pair(value: dict[str, Any]) -> None:
    """Make all copies of each generated item one and the same again; leftovers may have told them apart.

    The SDK drops the ties between copies that differ: it then saves the item twice, or cannot prove which items
    belong to the current response.
    """
    generated = _list(value.get("generated_items"))
    processed = _member(value, "last_processed_response")
    indexes = cast("list[int | None]", value.get("generated_session_item_indexes") or [])
    _copy(generated, value.get("session_items"), enumerate(indexes))
    owned = _member(value, "current_response_generated_item_ownership")
    new_items = processed.get("new_items")
    if owned and isinstance(new_items, list):
        count = len(cast("list[Any]", new_items))
        _copy(generated, cast("list[Any]", new_items), ((owned["start"] + n, n) for n in range(count)))
        asked = _member(_member(value, "current_step"), "data").get("interruptions")
        places = cast("list[int]", owned["interruptions"])
        _copy(generated, asked, ((place, n) for n, place in enumerate(places)))
        _copy(generated, processed.get("interruptions"), ((place, n) for n, place in enumerate(places)))
    for _, run in nested(value, ""):
        pair(run)


def _copy(source: list[dict[str, Any]], target: Any, places: Iterable[tuple[int, int | None]]) -> None:
    if isinstance(target, list):
        for place, index in places:
            if index is not None and place < len(source) and index < len(cast("list[Any]", target)):
                target[index] = source[place]


def _member(value: dict[str, Any], name: str) -> dict[str, Any]:
    found = value.get(name)
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}


def strip_secrets(value: dict[str, Any], account: Account, pointer: str = "") -> None:
    """Remove credentials that the SDK writes in plain text, in place, and report each (TS-SEC-004)."""
    strip_tracing_key(value, account, pointer)
    processed = value.get("last_processed_response")
    if not isinstance(processed, dict):
        return
    response = cast("dict[str, Any]", processed)
    for index, request in enumerate(_list(response.get("mcp_approval_requests"))):
        at = join(["last_processed_response", "mcp_approval_requests", index], base=pointer)
        strip_hosted_mcp(request, ("mcp_tool", "tool_config"), account, at, kept=_KEPT)
    for at, run in nested(value, pointer):
        strip_secrets(run, account, at)


def _list(value: Any) -> list[dict[str, Any]]:
    items = cast("list[Any]", value) if isinstance(value, list) else []
    return [cast("dict[str, Any]", item) for item in items if isinstance(item, dict)]


def _context(source: shape.Context) -> state.Context:
    if source.context is None:
        return state.Context(kind="none")
    meta = source.context_meta or {}
    if meta.get("requires_deserializer") or meta.get("omitted") or meta.get("original_type") not in (None, "mapping"):
        return state.Context(kind="typed", value=source.context, type=meta, omitted=bool(meta.get("omitted")))
    return state.Context(kind="json", value=source.context)


def _trace(source: shape.Trace | None) -> state.Trace | None:
    if source is None or source.id is None:
        return None
    return state.Trace(
        trace_id=source.id,
        workflow_name=source.workflow_name or "",
        group_id=source.group_id,
        metadata=source.metadata or None,
    )
