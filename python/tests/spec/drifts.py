"""What may drift in a schema, a type or a protobuf source, each with the fault that is reported of it."""

import json
import re

from .copies import swapped

ORIGIN, CALL, LIMITS, EVENT, STREAM, ROUTING, RUN_STATE = (
    f"spec/schema/v1/{name}.schema.json"
    for name in ("origin", "call", "run", "event", "stream-event", "routing-rules", "run-state")
)
STATE, EVENTS, RULES = (f"python/timestep/{name}.py" for name in ("types/state", "types/events", "providers/routing"))
PROTO = "proto/timestep/v1"
#: Record -> its place in the schemas, its type, its message.
PLACES = {
    "Origin": ("origin.schema.json#", "timestep.types.state.Origin", "timestep.v1.Origin"),
    "Call": ("call.schema.json#", "timestep.types.state.Call", "timestep.v1.Call"),
    "Approval": ("approval.schema.json#", "timestep.types.state.Approval", "timestep.v1.Approval"),
    "Guardrails": ("run.schema.json#/$defs/guardrails", "timestep.types.state.Guardrails", "timestep.v1.Guardrails"),
    "Limits": ("run.schema.json#/$defs/limits", "timestep.types.state.Limits", "timestep.v1.Limits"),
    "RunState": ("run-state.schema.json#", "timestep.types.state.Document", "timestep.v1.RunState"),
    "ProviderRule": (
        "routing-rules.schema.json#/$defs/provider",
        "timestep.providers.routing.ProviderRule",
        "timestep.v1.ProviderRule",
    ),
    "Event/tool.failed": (
        "event.schema.json#/$defs/tool.failed",
        "timestep.types.events.ToolFailed",
        "timestep.v1.Event.ToolFailed",
    ),
    "Event/handoff.prepared": (
        "event.schema.json#/$defs/handoff.prepared",
        "timestep.types.events.HandoffPrepared",
        "timestep.v1.Event.HandoffPrepared",
    ),
}


def schema(change):
    """Return a change of a JSON file by a function that changes its value."""

    def changed(text):
        value = json.loads(text)
        change(value)
        return json.dumps(value, indent=2)

    return changed


def at(*path, put=None, drop=None):
    """Return a change that puts members into an object of a schema, and takes one out."""

    def change(value):
        for key in path:
            value = value[key]
        value.update(put or {})
        if drop:
            del value[drop]

    return schema(change)


def listed(*path, add=None, remove=None):
    """Return a change that adds a value to a list of a schema, or removes one."""

    def change(value):
        for key in path:
            value = value[key]
        value.append(add) if add else value.remove(remove)

    return schema(change)


def says(where, aspect, *words):
    """Return the pattern of a fault: it names a record or field, and what schema, type and message say, and where."""
    record = next(name for name in PLACES if where == name or where.startswith(f"{name}."))
    field = where[len(record) + 1 :]
    suffixes = (f"/properties/{field}", f".{field}", f".{field}") if field else ("", "", "")
    sides = zip(words, ("schema", "type", "proto"), PLACES[record], suffixes, strict=True)
    told = ", ".join(f"{word} in the {side} ({place}{suffix})" for word, side, place, suffix in sides)
    return rf"spec/schema/v1/[a-z-]+\.schema\.json:[0-9]+: {re.escape(f'{where}: {aspect}: {told}')}"


THERE, MISSING, NEEDED, OPTIONAL, OR_NULL = "there", "missing", "required", "optional", "required or null"
ROLES = '"agent" "delegate" "handoff" "hosted" "tool"'
NAMES = "AGENT DELEGATE HANDOFF HOSTED TOOL"
OPTIONS = 'import "timestep/v1/options.proto";'
DIGEST = "    digest: str\n    arguments"
TURNS = "optional uint64 max_turns = 1 [(nullable) = true];"
ATTEMPT = "optional uint64 attempt = 10;"

#: Fault -> the changes of files, and the pattern of what is reported.
IN_SCHEMA = {
    "field added": (
        {CALL: at("properties", put={"retry": {}})},
        says("Call.retry", "name", THERE, MISSING, MISSING),
    ),
    "field lost": (
        {CALL: at("properties", drop="attempt")},
        says("Call.attempt", "name", MISSING, THERE, THERE),
    ),
    "field now required": (
        {CALL: listed("required", add="attempt")},
        says("Call.attempt", "presence", NEEDED, OPTIONAL, OPTIONAL),
    ),
    "field no longer required": (
        {CALL: listed("required", remove="digest")},
        says("Call.digest", "presence", OPTIONAL, NEEDED, NEEDED),
    ),
    "null allowed": (
        {ORIGIN: at("properties", "dialect", put={"type": ["string", "null"]})},
        says("Origin.dialect", "presence", OR_NULL, NEEDED, NEEDED),
    ),
    "null no longer allowed": (
        {LIMITS: at("$defs", "limits", "properties", put={"max_turns": {"type": "integer"}})},
        says("Limits.max_turns", "presence", NEEDED, OR_NULL, OR_NULL),
    ),
    "enum value added": (
        {CALL: listed("properties", "role", "enum", add="peer")},
        says("Call.role", "values", '"agent" "delegate" "handoff" "hosted" "peer" "tool"', ROLES, NAMES),
    ),
    "enum value lost": (
        {CALL: listed("properties", "role", "enum", remove="hosted")},
        says("Call.role", "values", '"agent" "delegate" "handoff" "tool"', ROLES, NAMES),
    ),
    "enum lost": (
        {CALL: at("properties", put={"role": {"type": "string"}})},
        says("Call.role", "kind", "string", "enum", "enum"),
    ),
    "another word beside a record": (
        {CALL: listed("properties", "mcp", "then", "enum", add="none")},
        says("Call.mcp", "values", '"none" "unknown"', '"unknown"', "UNKNOWN"),
    ),
    "feature added": (
        {RUN_STATE: listed("properties", "requires", "items", "enum", add="waiting")},
        r'.*: RunState\.requires: values: "delegate" .* "waiting" in the schema \(.*',
    ),
    "value added where a side is excused for another one": (
        {ROUTING: listed("$defs", "provider", "properties", "kind", "enum", add="other")},
        says("ProviderRule.kind", "values", '"ollama" "openai" "other"', '"custom" "ollama" "openai"',
            "CUSTOM OLLAMA OPENAI",
        ),
    ),
    "kind changed": (
        {ORIGIN: at("properties", put={"dialect": {"type": "integer"}})},
        says("Origin.dialect", "kind", "integer", "string", "string"),
    ),
    "unknown fields allowed": (
        {CALL: at(drop="additionalProperties")},
        says("Call", "unknown fields", "kept", "refused", "refused"),
    ),
    "unknown fields refused": (
        {ORIGIN: at(put={"additionalProperties": False})},
        says("Origin", "unknown fields", "refused", "kept", "kept"),
    ),
    "field of an event lost": (
        {EVENT: at("$defs", "tool.failed", "properties", drop="stops")},
        says("Event/tool.failed.stops", "name", MISSING, THERE, THERE),
    ),
    "event that is not listed": (
        {EVENT: listed("properties", "type", "enum", remove="tool.failed")},
        rf"{EVENT}:[0-9]+: Event: tool\.failed is missing in the schema's list",
    ),
    "event told": (
        {STREAM: listed("properties", "type", "enum", add="lost")},
        rf"{STREAM}:[0-9]+: StreamEvent: lost is missing in its branches, its definitions, the messages",
    ),
    "record that nothing is compared with": (
        {CALL: at("$defs", put={"cost": {"properties": {}}})},
        rf"{CALL}:[0-9]+: call\.schema\.json#/\$defs/cost is compared with no type",
    ),
    "record lost": (
        {CALL: at("$defs", drop="recipient")},
        rf"{CALL}:[0-9]+: McpRecipient: call\.schema\.json#/\$defs/recipient is missing, or is no record",
    ),
}  # fmt: skip
IN_TYPE = {
    "field added": (
        {STATE: swapped("    attempt: int = 0\n", "    attempt: int = 0\n    retry: int = 0\n")},
        says("Call.retry", "name", MISSING, THERE, MISSING),
    ),
    "field renamed": (
        {STATE: swapped(DIGEST, DIGEST.replace("digest", "sha"))},
        says("Call.digest", "name", THERE, MISSING, THERE),
    ),
    "field no longer required": (
        {STATE: swapped(DIGEST, DIGEST.replace("str\n", 'str = ""\n'))},
        says("Call.digest", "presence", NEEDED, OPTIONAL, NEEDED),
    ),
    "field now required": (
        {STATE: swapped("    arguments: str | None = None\n", "    arguments: str\n")},
        says("Call.arguments", "presence", OPTIONAL, NEEDED, OPTIONAL),
    ),
    "null allowed": (
        {STATE: swapped(DIGEST, DIGEST.replace("str\n", "str | None\n"))},
        says("Call.digest", "presence", NEEDED, OR_NULL, NEEDED),
    ),
    "null no longer allowed": (
        {STATE: swapped("max_turns: int | None\n", "max_turns: int\n")},
        says("Limits.max_turns", "presence", OR_NULL, NEEDED, OR_NULL),
    ),
    "part of a list no longer null": (
        {STATE: swapped("ToolKey = tuple[str, str | None, str]", "ToolKey = tuple[str, str, str]")},
        says("Approval.tool", "kind", "[string, string?, string]", "[string, string, string]",
            "[string, string?, string]",
        ),
    ),
    "enum value added": (
        {STATE: swapped('role: Literal["tool",', 'role: Literal["peer", "tool",')},
        says("Call.role", "values", ROLES, '"agent" "delegate" "handoff" "hosted" "peer" "tool"', NAMES),
    ),
    "enum value lost": (
        {STATE: swapped(', "hosted"]', "]")},
        says("Call.role", "values", ROLES, '"agent" "delegate" "handoff" "tool"', NAMES),
    ),
    "truth value lost": (
        {STATE: swapped('input_done: bool | Literal["unknown"]', 'input_done: Literal["unknown"]')},
        says("Guardrails.input_done", "values", '"unknown" false true', '"unknown"', "FALSE TRUE UNKNOWN"),
    ),
    "feature lost": (
        {STATE: swapped('"nested", "delegate", ', '"nested", ')},
        r'.*: RunState\.requires: values: "delegate" .* in the schema .*, "hosted_approval" .* in the type \(.*',
    ),
    "kind changed": (
        {STATE: swapped("    attempt: int = 0\n", "    attempt: float = 0\n")},
        says("Call.attempt", "kind", "integer", "number", "integer"),
    ),
    "unknown fields kept": (
        {STATE: swapped("class Call(Sealed", "class Call(Record")},
        says("Call", "unknown fields", "refused", "kept", "refused"),
    ),
    "unknown fields refused": (
        {STATE: swapped("class Origin(Record", "class Origin(Sealed")},
        says("Origin", "unknown fields", "kept", "refused", "kept"),
    ),
    "record that nothing is compared with": (
        {STATE: swapped("class Stop(", 'class Halt(Sealed, frozen=True):\n    """A halt."""\n\n\nclass Stop(')},
        r"python/timestep/types:1: timestep\.types\.state\.Halt is compared with no schema",
    ),
    "field of an event added": (
        {EVENTS: swapped("    stops: bool = False\n", "    stops: bool = False\n    soon: bool = False\n")},
        says("Event/tool.failed.soon", "name", MISSING, THERE, MISSING),
    ),
    "event that is not listed": (
        {EVENTS: swapped("| RunResumed | LimitReached | RunCancelled", "| RunResumed | LimitReached")},
        rf"{EVENT}:[0-9]+: Event: run\.cancelled is missing in the types",
    ),
    "routing rule's value lost": (
        {RULES: swapped('kind: Literal["openai", "ollama", "custom"]\n    base_url: str | None = None\n    wire',
                        'kind: Literal["openai", "ollama"]\n    base_url: str | None = None\n    wire')},
        r".*spec_checks/records\.py:1: Excuse\(record='ProviderRule', field='kind', .*side='type'.* excuses nothing",
    ),
}  # fmt: skip
IN_PROTO = {
    "field added": (
        {f"{PROTO}/call_ledger.proto": swapped(ATTEMPT, f"{ATTEMPT} uint64 retry = 13;")},
        says("Call.retry", "name", MISSING, MISSING, THERE),
    ),
    "field renamed": (
        {f"{PROTO}/call_ledger.proto": swapped(ATTEMPT, ATTEMPT.replace("attempt", "tries"))},
        says("Call.attempt", "name", THERE, THERE, MISSING),
    ),
    "field now required": (
        {f"{PROTO}/call_ledger.proto": swapped(ATTEMPT, ATTEMPT.replace("optional ", ""))},
        says("Call.attempt", "presence", OPTIONAL, OPTIONAL, NEEDED),
    ),
    "field no longer required": (
        {f"{PROTO}/call_ledger.proto": swapped("string digest = 8", "optional string digest = 8")},
        says("Call.digest", "presence", NEEDED, NEEDED, OPTIONAL),
    ),
    "list no longer required": (
        {f"{PROTO}/call_ledger.proto": swapped("outputs = 7 [(required) = true]", "outputs = 7")},
        says("Call.outputs", "presence", NEEDED, NEEDED, OPTIONAL),
    ),
    "null no longer allowed": (
        {f"{PROTO}/run.proto": swapped(TURNS, "uint64 max_turns = 1;")},
        says("Limits.max_turns", "presence", OR_NULL, OR_NULL, NEEDED),
    ),
    "null allowed": (
        {f"{PROTO}/call_ledger.proto": swapped(ATTEMPT, ATTEMPT.replace(";", " [(nullable) = true];"))},
        says("Call.attempt", "presence", OPTIONAL, OPTIONAL, OR_NULL),
    ),
    "part of a list no longer null": (
        {f"{PROTO}/call_ledger.proto": swapped("optional string namespace", "string namespace")},
        says("Approval.tool", "kind", "[string, string?, string]", "[string, string?, string]",
            "[string, string, string]",
        ),
    ),
    "enum value added": (
        {f"{PROTO}/call_ledger.proto": swapped("CALL_ROLE_HOSTED = 5;", "CALL_ROLE_HOSTED = 5; CALL_ROLE_PEER = 6;")},
        says("Call.role", "values", ROLES, ROLES, "AGENT DELEGATE HANDOFF HOSTED PEER TOOL"),
    ),
    "enum value added beside what another side is excused for": (
        {f"{PROTO}/routing.proto": swapped("KIND_CUSTOM = 3;", "KIND_CUSTOM = 3; PROVIDER_KIND_OTHER = 4;")},
        says(
            "ProviderRule.kind", "values", '"ollama" "openai"', '"custom" "ollama" "openai"',
            "CUSTOM OLLAMA OPENAI OTHER",
        ),
    ),
    "enum value renamed": (
        {f"{PROTO}/call_ledger.proto": swapped("CALL_ROLE_HOSTED", "CALL_ROLE_REMOTE")},
        says("Call.role", "values", ROLES, ROLES, "AGENT DELEGATE HANDOFF REMOTE TOOL"),
    ),
    "flag for a word renamed": (
        {f"{PROTO}/approval.proto": swapped("bool any_item", "bool each_item")},
        says("Approval.each_item", "name", MISSING, MISSING, THERE),
    ),
    "kind changed": (
        {f"{PROTO}/call_ledger.proto": swapped(ATTEMPT, ATTEMPT.replace("uint64", "int32"))},
        says("Call.attempt", "kind", "integer", "integer", "int32"),
    ),
    "message of another package": (
        {
            f"{PROTO}/approval.proto": lambda text: text.replace(
                OPTIONS, f'{OPTIONS} import "google/protobuf/empty.proto";'
            ).replace("optional string at = 11", "google.protobuf.Empty at = 11")
        },
        says("Approval.at", "kind", "string", "string", ".google.protobuf.Empty"),
    ),
    "items no longer verbatim": (
        {f"{PROTO}/item.proto": swapped("bytes json", "string json")},
        says("Event/tool.failed.outputs", "kind", "list of item", "list of object", "list of Item"),
    ),
    "absent no longer told from empty": (
        {f"{PROTO}/event.proto": swapped("Ranges view = 3", "repeated Range view = 3")},
        says("Event/handoff.prepared.view", "absence", "absent or empty", "absent or empty", "empty when absent"
        ),
    ),
    "unknown fields refused": (
        {f"{PROTO}/run.proto": swapped(
            "optional uint64 max_depth = 5;\n\n  // Fields of a later version, by name: JSON values.\n"
            "  map<string, bytes> unknown_fields = 900;", "optional uint64 max_depth = 5;")},
        says("Limits", "unknown fields", "kept", "kept", "refused"),
    ),
    "unknown fields kept": (
        {f"{PROTO}/call_ledger.proto": swapped(ATTEMPT, f"{ATTEMPT} map<string, bytes> unknown_fields = 900;")},
        says("Call", "unknown fields", "refused", "refused", "kept"),
    ),
    "unknown fields of another number": (
        {f"{PROTO}/call_ledger.proto": swapped(ATTEMPT, f"{ATTEMPT} map<string, bytes> unknown_fields = 901;")},
        rf"{PROTO}:1: Call\.unknown_fields: it is not a map of bytes with the number 900",
    ),
    "number of what has no place in JSON": (
        {f"{PROTO}/call_ledger.proto": swapped(ATTEMPT, ATTEMPT.replace("10", "950"))},
        rf"{PROTO}:1: Call\.attempt: numbers from 900 on are for what has no place in JSON: .*",
    ),
    "number of two bytes for what is always there": (
        {f"{PROTO}/call_ledger.proto": swapped("string digest = 8", "string digest = 16")},
        rf"{PROTO}:1: Call\.digest: what is in every document has a number up to 15",
    ),
    "end of the file lost": (
        {f"{PROTO}/run_state.proto": swapped("bool complete = 999;", "")},
        rf"{PROTO}:1: RunState\.complete: there is no such field",
    ),
    "zero that means something": (
        {f"{PROTO}/call_ledger.proto": swapped("CALL_ROLE_UNSPECIFIED", "CALL_ROLE_NONE")},
        rf"{PROTO}:1: CallRole: its zero is CALL_ROLE_NONE, not CALL_ROLE_UNSPECIFIED",
    ),
    "enum value without its prefix": (
        {f"{PROTO}/call_ledger.proto": swapped("CALL_ROLE_HOSTED", "HOSTED")},
        rf"{PROTO}:1: CallRole\.HOSTED: it does not begin with CALL_ROLE_",
    ),
    "message that nothing is compared with": (
        {f"{PROTO}/usage.proto": lambda text: text + "\nmessage Cost {}\n"},
        rf"{PROTO}:1: the message Cost is compared with no schema",
    ),
    "field of all events added": (
        {f"{PROTO}/event.proto": swapped("string at = 2;", "string at = 2; optional string note = 30;")},
        says("Event/tool.failed.note", "name", MISSING, MISSING, THERE),
    ),
    "event lost": (
        {f"{PROTO}/event.proto": swapped("ToolFailed tool_failed = 11;", "")},
        rf"{EVENT}:[0-9]+: Event: tool\.failed is missing in the messages",
    ),
    "effect lost": (
        {f"{PROTO}/effect.proto": swapped("Finish finish = 15;", "")},
        r"spec/schema/v1/effect\.schema\.json:[0-9]+: Effect: finish is missing in the messages",
    ),
    "number that only some of the stream have, now of all": (
        {f"{PROTO}/stream_event.proto": swapped("optional uint64 seq", "uint64 seq")},
        r".*: StreamEvent/content_delta\.seq: name: missing in the schema .*, there in the proto .*",
    ),
}  # fmt: skip
