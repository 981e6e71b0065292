"""The dialect `openai-agents-js`, number 1.22: reading, writing, nested text, and what never leaves its files."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, cast

from msgspec.structs import replace

from timestep.codec import strict_json
from timestep.codec.pointer import join
from timestep.dialects import imported, ledger, usage
from timestep.dialects.account import Account
from timestep.dialects.openai_js import reader, writer
from timestep.dialects.openai_js.decisions import Decisions
from timestep.dialects.tree import Tree
from timestep.errors import CodecError, StateFormatError
from timestep.types import state

NAME = "openai-agents-js"
NUMBERS = ("1.22",)
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
    nested = value.get(_NESTED)
    if not isinstance(nested, dict):
        return
    runs = cast("dict[str, Any]", nested)
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
    nested = value.get(_NESTED)
    runs = cast("dict[str, Any]", nested) if isinstance(nested, dict) else {}
    for key, run in runs.items():
        if isinstance(run, dict):
            collapse(cast("dict[str, Any]", run))
            runs[key] = strict_json.dumps(cast("Any", run)).decode("utf-8")


def read(value: dict[str, Any], sha256: str, account: Account, *, package_version: str | None = None) -> state.Document:
    """Read an expanded state that `strip_secrets` has gone over.

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
        origin=state.Origin(
            dialect=NAME, schema_version=str(value["$schemaVersion"]), sha256=sha256, package_version=package_version
        ),
        context=state.Context(kind="json", value=main.context) if main.context else state.Context(kind="none"),
        usage=usage.from_js(main.usage),
        trace=_trace(value),
    )


def write(document: state.Document, account: Account, *, handoffs: Mapping[str, str] = {}) -> dict[str, Any]:
    """Write a document as an expanded state of this dialect, without leftovers."""
    return writer.write(document, account, handoffs=handoffs)


def strip_secrets(value: dict[str, Any], account: Account, pointer: str = "") -> None:
    """Remove credentials from an expanded state, in place, and report each (TS-SEC-004)."""
    trace = value.get("trace")
    if isinstance(trace, dict) and cast("dict[str, Any]", trace).pop("tracing_api_key", None) is not None:
        account.note("redacted", join(["trace", "tracing_api_key"], base=pointer))
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
    nested = value.get(_NESTED)
    for key, run in (cast("dict[str, Any]", nested) if isinstance(nested, dict) else {}).items():
        if isinstance(run, dict):
            strip_secrets(cast("dict[str, Any]", run), account, join([_NESTED, key], base=pointer))


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
