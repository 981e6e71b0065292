"""RunState v1: one flat file with an envelope, what a run tree shares, and its runs (state.md)."""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from timestep.types.base import JSON, Item, Record, Sealed

FORMAT = "timestep.run-state"
FORMAT_VERSION = "1.0"

#: Must-understand features of format 1.0 (versioning.md).
FEATURES = frozenset({"nested", "delegate", "indeterminate", "hosted_approval", "sticky"})

Range = tuple[int, int]
ToolKey = tuple[str, str | None, str]
CallState = Literal[
    "requested", "pending", "approved", "rejected", "started", "suspended",
    "completed", "failed", "blocked", "cancelled", "indeterminate",
]  # fmt: skip
TERMINAL: frozenset[str] = frozenset({"completed", "failed", "rejected", "blocked", "cancelled"})


class Usage(Record, frozen=True):
    """Token counts, by the Responses API's names; `entries` are requests that no response owns."""

    input_tokens: int
    output_tokens: int
    total_tokens: int
    requests: int | None = None
    input_tokens_details: dict[str, JSON] | None = None
    output_tokens_details: dict[str, JSON] | None = None
    entries: list[Usage] = []
    endpoint: str | None = None


class Origin(Record, frozen=True):
    """Where an imported document came from; absent on native ones."""

    dialect: str
    schema_version: str
    sha256: str
    package_version: str | None = None


class Provenance(Record, frozen=True):
    """One append-only note on how this document came to say what it says (TS-STATE-020)."""

    action: Literal["imported", "assumed", "derived", "dropped", "redacted", "decided"]
    subject: str
    by: str | None = None
    at: str | None = None
    note: str | None = None


class Leftover(Record, frozen=True):
    """What only one foreign dialect has a place for; void once the part it covers has changed (TS-STATE-024)."""

    at: str
    covers: str
    value: JSON


class Agent(Record, frozen=True):
    """An agent of the run tree: a key of this document and the name its code gives it."""

    key: str
    name: str


class Context(Record, frozen=True):
    """The caller's context value: none, plain JSON, or JSON that needs a deserializer of the caller's."""

    kind: Literal["none", "json", "typed"]
    value: JSON | UnsetType = UNSET
    type: dict[str, JSON] | None = None
    omitted: bool = False


class Trace(Sealed, frozen=True):
    """Trace identity without keys and spans."""

    trace_id: str
    workflow_name: str
    group_id: str | None = None
    metadata: dict[str, JSON] | None = None


class Entry(Record, frozen=True):
    """One item of the log; its position in the log is its sequence number."""

    item: Item
    source: Literal["input", "model", "tool", "filter", "staged"]
    agent: str | None = None


class AnsweredBy(Record, frozen=True):
    """Which model answered, and where; a record, from which no address or key is ever taken (routing.md).

    Attributes:
        provider: the prefix, or the name of the provider, that the question was routed to.
        model: the model's name as it was sent.
        name: the name that was routed, as the agent gives it.
        base_url: address of the API, without user, password and query; null where there is none.
        wire_api: "responses", "chat_completions" or "ollama_chat"; null where there is none.
        reported: the model's name as the provider gives it in its answer.
    """

    provider: str
    model: str
    name: str | None = None
    base_url: str | None = None
    wire_api: str | None = None
    reported: str | None = None


class Response(Record, frozen=True):
    """A model response: which log entries it brought, each stored once (TS-STATE-012)."""

    agent: str
    start: int = msgspec.field(name="from")
    end: int = msgspec.field(name="to")
    status: Literal["completed", "incomplete", "failed"]
    usage: Usage
    id: str | None = None
    request_id: str | None = None
    answered_by: AnsweredBy | None = None


class McpRecipient(Sealed, frozen=True):
    """The MCP server, raw tool name and list position that a function call was made for."""

    server: str
    tool: str
    index: int | None = None


class Call(Sealed, frozen=True):
    """One call of the ledger (TS-TOOL-001). `outputs` are log positions."""

    call_id: str
    item: int
    role: Literal["tool", "agent", "handoff", "delegate", "hosted"]
    tool: ToolKey
    state: CallState
    effect: Literal["read", "idempotent", "once"]
    outputs: list[int]
    digest: str
    arguments: str | None = None
    attempt: int = 0
    mcp: McpRecipient | Literal["unknown"] | None = None


class Approval(Sealed, frozen=True):
    """A decision of a person or policy: exact when it names a call, sticky when `item` is "*" (TS-APPR-001)."""

    run: str
    agent: str
    tool: ToolKey
    decision: Literal["approve", "reject"]
    item: int | Literal["*"] | None = None
    call_id: str | None = None
    digest: str | None = None
    message: str | None = None
    by: str | None = None
    at: str | None = None


class GuardrailResult(Sealed, frozen=True):
    """What a guardrail said; `agent`, `item` and `response` are null where the source does not tell."""

    position: Literal["input", "output", "tool_input", "tool_output"]
    name: str
    behavior: Literal["allow", "reject", "raise", "modify", "tripwire", "ask"]
    agent: str | None = None
    item: int | None = None
    response: int | None = None
    message: str | None = None
    info: JSON | UnsetType = UNSET
    output: JSON | UnsetType = UNSET


class Guardrails(Record, frozen=True):
    """Whether the initial input guardrails are known to have passed, and all results in order."""

    input_done: bool | Literal["unknown"]
    results: list[GuardrailResult]


class Step(Sealed, frozen=True):
    """Where the run stands (state.md, table of steps)."""

    type: Literal["run_again", "awaiting_model", "acting", "handoff", "interrupted", "accepted", "finished", "failed"]
    reason: Literal["approval", "indeterminate", "limit", "cancelled", "error"] | None = None
    code: str | None = None
    message: str | None = None
    output: JSON | UnsetType = UNSET
    seq: int | None = None
    item: int | None = None
    to: str | None = None
    request_digest: str | None = None
    attempt: int | None = None


class Turn(Record, frozen=True):
    """The turn counter; `open` means the current turn is counted and not yet settled."""

    count: int
    open: bool


class Limits(Record, frozen=True):
    """Bounds on the run; null and absent mean none.

    `max_tokens` holds for the whole tree, `max_seconds` for one stretch from a start or resume to the next stop,
    `max_output` for the characters of the outputs of one call, `max_depth` for runs nested in each other.
    """

    max_turns: int | None
    max_tokens: int | None = None
    max_seconds: float | None = None
    max_output: int | None = None
    max_depth: int | None = None


class Input(Record, frozen=True):
    """The run's input as a log range; `text` says that it was given as one string."""

    form: Literal["text", "items"]
    start: int = msgspec.field(name="from")
    end: int = msgspec.field(name="to")


class Parent(Record, frozen=True):
    """The call of the parent run that started a nested run."""

    run: str
    item: int


class Server(Record, frozen=True):
    """Conversation state held by the model's host; the two ids exclude each other."""

    conversation_id: str | None = None
    previous_response_id: str | None = None
    auto_previous: bool = False


class Staged(Record, frozen=True):
    """An input item that enters the log at the next model call."""

    item: Item
    id: str | None = None


class Settings(Record, frozen=True):
    """Model-input settings that must survive a resume."""

    reasoning_ids: Literal["preserve", "omit"] | None = None
    prompt_cache_key: str | None = None


class SessionMark(Record, frozen=True):
    """How far the session has this run's log: positions below `through`; `write` is one that was begun."""

    id: str | None = None
    through: int = 0
    write: dict[str, JSON] | None = None


class Waiting(Sealed, frozen=True):
    """Outputs of a call that enter the log when all calls of its turn have ended (TS-TRANS-020)."""

    item: int
    outputs: list[Item]


class Stop(Sealed, frozen=True):
    """A failure that stops the run once nothing of its turn is under way."""

    code: str
    message: str


class Run(Record, frozen=True):
    """One run of the tree; `log` is append-only and `view` is what the model sees next, as ranges of it.

    `asked` names the calls of the last response in the order in which decisions on them are asked for, where that is
    not the order of the calls, and a call that may have run only if it is asked about. `bound` names, as
    "DIALECT:PART", what only that dialect's runtime can finish, such as a session write that has not been acknowledged.
    `identities` tells how a nested run's own code calls agents whose key in this document is another one.
    """

    id: str
    agent: str
    step: Step
    turn: Turn
    limits: Limits
    input: Input
    log: list[Entry]
    view: list[Range]
    responses: list[Response]
    calls: list[Call]
    guardrails: Guardrails
    asked: list[int] = []
    bound: list[str] = []
    identities: dict[str, str] = {}
    parent: Parent | None = None
    server: Server | None = None
    pending_input: list[Staged] = []
    tool_input: JSON | UnsetType = UNSET
    tool_use: dict[str, list[str]] = {}
    settings: Settings | None = None
    session: SessionMark | None = None
    waiting: list[Waiting] = []
    stop: Stop | None = None


class Document(Record, frozen=True):
    """A RunState document (TS-STATE-001); `told` is the number of events its readers have been told (TS-EVENT-003)."""

    format: Literal["timestep.run-state"]
    format_version: str
    requires: list[str]
    id: str
    revision: int
    agents: list[Agent]
    context: Context
    usage: Usage
    approvals: list[Approval]
    runs: list[Run]
    origin: Origin | None = None
    provenance: list[Provenance] = []
    ext: dict[str, list[Leftover]] = {}
    manifest: str | None = None
    told: int = 0
    trace: Trace | None = None
