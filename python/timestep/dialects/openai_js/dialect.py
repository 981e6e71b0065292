"""The dialect `openai-agents-js`: its current number, nested text, and what never leaves its files."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, cast

from msgspec.structs import replace

from timestep.codec import strict_json
from timestep.codec.pointer import join
from timestep.dialects import imported, ledger, usage
from timestep.dialects.account import Account
from timestep.dialects.credentials import strip_hosted_mcp, strip_tracing_key
from timestep.dialects.openai_js import reader, writer
from timestep.dialects.openai_js.decisions import Decisions
from timestep.dialects.openai_js.steps import STEPS
from timestep.dialects.steps import Ladder
from timestep.dialects.tree import Tree
from timestep.errors import CodecError, StateFormatError
from timestep.types import state

NAME = "openai-agents-js"
#: What of a hosted MCP server stays in a file; the agent's code supplies the rest.
_KEPT = frozenset({"type", "server_label"})
PACKAGE = "@openai/agents"
_NESTED = "pendingAgentToolRuns"

#: Places in a file that decide what may run; nothing is ever put back there from leftovers.
AUTHORITY = re.compile(
    r"/context/(approvals|functionApprovals|hostedMcpApprovals|legacyFunctionApprovals|approvalInvocations)(/|$)"
    r"|/(completedToolInvocations|completedToolInvocationEvidence|ambiguousToolInvocationCallIds)(/|$)"
    r"|/functions$|/pendingAgentToolRuns(/[^/]+)?$|/pendingAgentToolRunAliases/"
    r"|/currentResponseGeneratedItemOwnership(/|$)|/generatedItems$|/currentTurnPersistedItemCount$"
    r"|/initialInputGuardrailsCompleted$|/mcpToolBinding(/|$)"
    r"|/currentStep$|/currentStep/(type|newAgent)|/interruptions(/\d+)?$"
    r"|/rawItem/(arguments|name|namespace|callId|type|action|actions|operation)(/|$)"
    r"|/toolCall/(arguments|name|namespace|callId|type|action|actions|operation)(/|$)"
    r"|/rawItem/providerData/(arguments|name|server_label|id|type)(/|$)|/\$schemaVersion$"
    r"|(?<!/providerData)/output/\d+/(arguments|name|namespace|callId|type|action|actions|operation)(/|$)"
    r"|/tool$|/tool/(name|deferLoading)$|/handoff/(toolName|agentName)$|/targetAgent(/|$)"
)


def expand(value: dict[str, Any], pointer: str = "") -> None:
    """Parse the nested runs, which the file holds as JSON text, in place.

    Raises:
        StateFormatError: a nested run is no JSON text; CodecError where the text is not strict JSON.
    """
    found = value.get(_NESTED)
    if not isinstance(found, dict):
        return
    runs = cast("dict[str, Any]", found)
    for key, text in runs.items():
        at = join([_NESTED, key], base=pointer)
        if not isinstance(text, str):
            raise StateFormatError(
                code="nested-shape", message="a nested run is JSON text", pointer=at, requirement="TS-STATE-016"
            )
        try:
            parsed = strict_json.loads(text)
        except CodecError as error:
            raise StateFormatError(
                code=error.code, message=f"in the nested run: {error.message}", pointer=at, why=error.why
            ) from None
        runs[key] = parsed
        if isinstance(parsed, dict):
            expand(cast("dict[str, Any]", parsed), at)


def collapse(value: dict[str, Any]) -> None:
    """Write the nested runs as JSON text again, in place."""
    runs = value.get(_NESTED)
    known = cast("dict[str, Any]", runs) if isinstance(runs, dict) else {}
    for key, run in known.items():
        if isinstance(run, dict):
            collapse(cast("dict[str, Any]", run))
            known[key] = strict_json.dumps(cast("Any", run)).decode("utf-8")


def nested(value: dict[str, Any], pointer: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the runs nested in a run of an expanded state, with their pointers."""
    runs = value.get(_NESTED)
    for key, run in (cast("dict[str, Any]", runs) if isinstance(runs, dict) else {}).items():
        if isinstance(run, dict):
            yield join([_NESTED, key], base=pointer), cast("dict[str, Any]", run)


LADDER = Ladder("1.0", STEPS, nested)


def read(value: dict[str, Any], sha256: str, account: Account, *, number: str) -> state.Document:
    """Read an expanded state of the current number that `strip_secrets` has gone over; it was written as `number`.

    Raises:
        StateFormatError, ApprovalError: the file is malformed, contradicts itself, or waits for calls it lacks.
    """
    tree = Tree(account)
    root = imported.root_id(sha256)
    _, contexts = reader.read(value, tree, root)
    for pointer, context in contexts:
        Decisions(tree, context, pointer).read()
    decisions = ledger.InForce(tree.approvals)
    for slot, run in enumerate(tree.runs):
        owners = {call.item: run.log[call.item].agent or run.agent for call in run.calls}
        tree.runs[slot] = replace(run, calls=ledger.decide(run.calls, decisions, run.id, owners))
    main = contexts[0][1]
    return imported.document(
        tree,
        root_id=root,
        origin=state.Origin(dialect=NAME, schema_version=number, sha256=sha256),
        context=state.Context(kind="json", value=main.context) if main.context else state.Context(kind="none"),
        usage=usage.from_js(main.usage),
        trace=_trace(value),
    )


def write(document: state.Document, account: Account, *, handoffs: Mapping[str, str], number: str) -> dict[str, Any]:
    """Write a document as an expanded state of the current number, without leftovers, on its way to `number`."""
    return writer.write(document, account, handoffs=handoffs, number=number)


def strip_secrets(value: dict[str, Any], account: Account, pointer: str = "") -> None:
    """Remove credentials from an expanded state, in place, and report each (TS-SEC-004)."""
    strip_tracing_key(value, account, pointer)
    responses = [("modelResponses", index, item) for index, item in enumerate(_list(value.get("modelResponses")))]
    last = value.get("lastModelResponse")
    if isinstance(last, dict):
        responses.append(("lastModelResponse", -1, cast("dict[str, Any]", last)))
    for name, index, response in responses:
        data = response.get("providerData")
        for tool in _list(cast("dict[str, Any]", data).get("tools")) if isinstance(data, dict) else []:
            for key in ("authorization", "headers"):
                if tool.pop(key, None) is not None:
                    at = [name] if index < 0 else [name, index]
                    account.note("redacted", join([*at, "providerData", "tools", key], base=pointer))
    processed = value.get("lastProcessedResponse")
    requests = cast("dict[str, Any]", processed).get("mcpApprovalRequests") if isinstance(processed, dict) else None
    for index, request in enumerate(_list(requests)):
        at = join(["lastProcessedResponse", "mcpApprovalRequests", index], base=pointer)
        strip_hosted_mcp(request, ("mcpTool", "providerData"), account, at, kept=_KEPT)
    for at, run in nested(value, pointer):
        strip_secrets(run, account, at)


def _trace(value: dict[str, Any]) -> state.Trace | None:
    source = value.get("trace")
    if not isinstance(source, dict):
        return None
    found = cast("dict[str, Any]", source)
    return state.Trace(
        trace_id=str(found.get("id")),
        workflow_name=str(found.get("workflow_name")),
        group_id=found.get("group_id"),
        metadata=found.get("metadata") or None,
    )


def _list(value: Any) -> list[dict[str, Any]]:
    items = cast("list[Any]", value) if isinstance(value, list) else []
    return [cast("dict[str, Any]", item) for item in items if isinstance(item, dict)]
