"""Which records the format has, and what each one is called in the schemas, in Python and in protobuf."""

from __future__ import annotations

from typing import NamedTuple

from spec_checks.schema_files import Place


class Sides(NamedTuple):
    """Where a record is defined: a schema, the class of a type, a message; None where it has none."""

    schema: Place
    type: str | None
    proto: str | None


class Excuse(NamedTuple):
    """What a side says otherwise than the schema: of a field, or of the record where that is ""."""

    record: str
    field: str
    aspect: str
    schema: str
    side: str
    says: str


def _record(schema: str, type_: str, proto: str | None) -> Sides:
    file, _, part = schema.partition("#")
    return Sides(Place(f"{file}.schema.json", ("$defs", part) if part else ()), type_, proto)


#: Name of a record -> its sides.
RECORDS = {
    "RunState": _record("run-state", "Document", "RunState"),
    "Agent": _record("run-state#agent", "Agent", "Agent"),
    "Context": _record("run-state#context", "Context", "Context"),
    "Provenance": _record("run-state#provenance", "Provenance", "Provenance"),
    "Leftover": _record("run-state#leftover", "Leftover", "Leftover"),
    "Trace": _record("run-state#trace", "Trace", "Trace"),
    "Run": _record("run", "Run", "Run"),
    "Entry": _record("run#entry", "Entry", "Entry"),
    "Response": _record("run#response", "Response", "Response"),
    "AnsweredBy": _record("run#answered_by", "AnsweredBy", "AnsweredBy"),
    "Turn": _record("run#turn", "Turn", "Turn"),
    "Limits": _record("run#limits", "Limits", "Limits"),
    "Input": _record("run#input", "Input", "Input"),
    "Parent": _record("run#parent", "Parent", "Parent"),
    "Server": _record("run#server", "Server", "Server"),
    "Staged": _record("run#staged", "Staged", "Staged"),
    "Settings": _record("run#settings", "Settings", "Settings"),
    "Session": _record("run#session", "SessionMark", "Session"),
    "Guardrails": _record("run#guardrails", "Guardrails", "Guardrails"),
    "Waiting": _record("run#waiting", "Waiting", "Waiting"),
    "Stop": _record("run#stop", "Stop", "Stop"),
    "Usage": _record("usage", "Usage", "Usage"),
    "Origin": _record("origin", "Origin", "Origin"),
    "Call": _record("call", "Call", "Call"),
    "McpRecipient": _record("call#recipient", "McpRecipient", "McpRecipient"),
    "Approval": _record("approval", "Approval", "Approval"),
    "GuardrailResult": _record("guardrail-result", "GuardrailResult", "GuardrailResult"),
    "Step": _record("step", "Step", "Step"),
    "Change": _record("change", "Change", None),
    "RunChange": _record("change#run", "RunChange", None),
    "LedgerTail": _record("change#ledger", "LedgerTail", None),
    "Finding": _record("finding", "Finding", None),
    "LossReport": _record("loss-report", "LossReport", None),
    "LossRow": _record("loss-report#row", "LossRow", None),
    "RoutingRules": _record("routing-rules", "RoutingRules", "RoutingRules"),
    "ProviderRule": _record("routing-rules#provider", "ProviderRule", "ProviderRule"),
    "Retry": _record("routing-rules#retry", "Retry", "Retry"),
    "ResolvedModel": _record("resolved-model", "ResolvedModel", "ResolvedModel"),
}
#: Name of a tagged union, and of its message -> its schema, which has a definition for each tag.
UNIONS = {"Event": "event.schema.json", "Effect": "effect.schema.json", "StreamEvent": "stream-event.schema.json"}
#: Schemas of what is neither kept nor sent between languages as a message -> what it is.
NOT_COMPARED = {
    "common.schema.json": "parts of the others",
    "item.schema.json": "a wire item, kept verbatim",
    "session-items.schema.json": "a session that is handed on, items in an envelope",
    "web-search.schema.json": "what one tool is asked for",
    "case.schema.json": "a case of the conformance suite",
    "route-case.schema.json": "a case of its profile router",
    "errors.schema.json": "spec/errors.json",
    "seal-header.schema.json": "a part of a sealed file, which has one byte form",
    "key-ring.schema.json": "secrets, which never leave their file",
    "requirements.schema.json": "spec/requirements.json",
}
#: Unions that readers are told and nobody reads back: Python makes them as plain objects.
TOLD = ("StreamEvent",)
#: Types that are no record of the format: the bases of others, and what code gives to code.
NO_RECORDS = ("Record", "Sealed", "Event", "Effect", "ModelSettings")

#: What a side may say otherwise than the schema -> why; both what the schema says and what the side says are fixed.
EXCUSES = {
    Excuse("RunState", "requires", "kind", "list of enum", "proto", "list of string"): (
        "a reader refuses a feature that it does not know with a code of its own"
    ),
    Excuse("RoutingRules", "format", "presence", "required", "type", "optional"): (
        "rules made in code need not say what they are"
    ),
    Excuse("RoutingRules", "format_version", "presence", "required", "type", "optional"): "as above",
    Excuse("ProviderRule", "kind", "values", '"ollama" "openai"', "type", '"custom" "ollama" "openai"'): (
        "code of the caller's can't stand in a file"
    ),
    Excuse("ProviderRule", "kind", "values", '"ollama" "openai"', "proto", "CUSTOM OLLAMA OPENAI"): (
        "one enum for rules and for where they lead"
    ),
    Excuse(
        "ProviderRule", "wire_api", "values", '"chat_completions" "responses"',
        "proto", "CHAT_COMPLETIONS OLLAMA_CHAT RESPONSES",
    ): "as above",
    Excuse("ResolvedModel", "rule", "kind", "enum", "type", "string"): "it is made, never read",
    Excuse("ResolvedModel", "allow_private", "presence", "required", "type", "optional"): "it is always written",
    Excuse("ResolvedModel", "", "unknown fields", "refused", "type", "ignored"): "it is made, never read",
    Excuse("Finding", "", "unknown fields", "kept", "type", "ignored"): "it is written, never read",
    Excuse("LossReport", "", "unknown fields", "kept", "type", "ignored"): "it is written, never read",
    Excuse("LossRow", "", "unknown fields", "kept", "type", "ignored"): "it is written, never read",
}  # fmt: skip
