from timestep.v1 import call_ledger_pb2 as _call_ledger_pb2
from timestep.v1 import guardrail_pb2 as _guardrail_pb2
from timestep.v1 import item_pb2 as _item_pb2
from timestep.v1 import options_pb2 as _options_pb2
from timestep.v1 import step_pb2 as _step_pb2
from timestep.v1 import usage_pb2 as _usage_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class EntrySource(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ENTRY_SOURCE_UNSPECIFIED: _ClassVar[EntrySource]
    ENTRY_SOURCE_INPUT: _ClassVar[EntrySource]
    ENTRY_SOURCE_MODEL: _ClassVar[EntrySource]
    ENTRY_SOURCE_TOOL: _ClassVar[EntrySource]
    ENTRY_SOURCE_FILTER: _ClassVar[EntrySource]
    ENTRY_SOURCE_STAGED: _ClassVar[EntrySource]

class ResponseStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    RESPONSE_STATUS_UNSPECIFIED: _ClassVar[ResponseStatus]
    RESPONSE_STATUS_COMPLETED: _ClassVar[ResponseStatus]
    RESPONSE_STATUS_INCOMPLETE: _ClassVar[ResponseStatus]
    RESPONSE_STATUS_FAILED: _ClassVar[ResponseStatus]

class InputForm(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    INPUT_FORM_UNSPECIFIED: _ClassVar[InputForm]
    INPUT_FORM_TEXT: _ClassVar[InputForm]
    INPUT_FORM_ITEMS: _ClassVar[InputForm]

class ReasoningIds(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    REASONING_IDS_UNSPECIFIED: _ClassVar[ReasoningIds]
    REASONING_IDS_PRESERVE: _ClassVar[ReasoningIds]
    REASONING_IDS_OMIT: _ClassVar[ReasoningIds]
ENTRY_SOURCE_UNSPECIFIED: EntrySource
ENTRY_SOURCE_INPUT: EntrySource
ENTRY_SOURCE_MODEL: EntrySource
ENTRY_SOURCE_TOOL: EntrySource
ENTRY_SOURCE_FILTER: EntrySource
ENTRY_SOURCE_STAGED: EntrySource
RESPONSE_STATUS_UNSPECIFIED: ResponseStatus
RESPONSE_STATUS_COMPLETED: ResponseStatus
RESPONSE_STATUS_INCOMPLETE: ResponseStatus
RESPONSE_STATUS_FAILED: ResponseStatus
INPUT_FORM_UNSPECIFIED: InputForm
INPUT_FORM_TEXT: InputForm
INPUT_FORM_ITEMS: InputForm
REASONING_IDS_UNSPECIFIED: ReasoningIds
REASONING_IDS_PRESERVE: ReasoningIds
REASONING_IDS_OMIT: ReasoningIds

class Entry(_message.Message):
    __slots__ = ("item", "source", "agent", "unknown_fields")
    class UnknownFieldsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: bytes
        def __init__(self, key: _Optional[str] = ..., value: _Optional[bytes] = ...) -> None: ...
    ITEM_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    AGENT_FIELD_NUMBER: _ClassVar[int]
    UNKNOWN_FIELDS_FIELD_NUMBER: _ClassVar[int]
    item: _item_pb2.Item
    source: EntrySource
    agent: str
    unknown_fields: _containers.ScalarMap[str, bytes]
    def __init__(self, item: _Optional[_Union[_item_pb2.Item, _Mapping]] = ..., source: _Optional[_Union[EntrySource, str]] = ..., agent: _Optional[str] = ..., unknown_fields: _Optional[_Mapping[str, bytes]] = ...) -> None: ...

class AnsweredBy(_message.Message):
    __slots__ = ("provider", "model", "name", "base_url", "wire_api", "reported", "unknown_fields")
    class UnknownFieldsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: bytes
        def __init__(self, key: _Optional[str] = ..., value: _Optional[bytes] = ...) -> None: ...
    PROVIDER_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    BASE_URL_FIELD_NUMBER: _ClassVar[int]
    WIRE_API_FIELD_NUMBER: _ClassVar[int]
    REPORTED_FIELD_NUMBER: _ClassVar[int]
    UNKNOWN_FIELDS_FIELD_NUMBER: _ClassVar[int]
    provider: str
    model: str
    name: str
    base_url: str
    wire_api: str
    reported: str
    unknown_fields: _containers.ScalarMap[str, bytes]
    def __init__(self, provider: _Optional[str] = ..., model: _Optional[str] = ..., name: _Optional[str] = ..., base_url: _Optional[str] = ..., wire_api: _Optional[str] = ..., reported: _Optional[str] = ..., unknown_fields: _Optional[_Mapping[str, bytes]] = ...) -> None: ...

class Response(_message.Message):
    __slots__ = ("agent", "to", "status", "usage", "id", "request_id", "answered_by", "unknown_fields")
    class UnknownFieldsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: bytes
        def __init__(self, key: _Optional[str] = ..., value: _Optional[bytes] = ...) -> None: ...
    AGENT_FIELD_NUMBER: _ClassVar[int]
    FROM_FIELD_NUMBER: _ClassVar[int]
    TO_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    USAGE_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    ANSWERED_BY_FIELD_NUMBER: _ClassVar[int]
    UNKNOWN_FIELDS_FIELD_NUMBER: _ClassVar[int]
    agent: str
    to: int
    status: ResponseStatus
    usage: _usage_pb2.Usage
    id: str
    request_id: str
    answered_by: AnsweredBy
    unknown_fields: _containers.ScalarMap[str, bytes]
    def __init__(self, agent: _Optional[str] = ..., to: _Optional[int] = ..., status: _Optional[_Union[ResponseStatus, str]] = ..., usage: _Optional[_Union[_usage_pb2.Usage, _Mapping]] = ..., id: _Optional[str] = ..., request_id: _Optional[str] = ..., answered_by: _Optional[_Union[AnsweredBy, _Mapping]] = ..., unknown_fields: _Optional[_Mapping[str, bytes]] = ..., **kwargs) -> None: ...

class Turn(_message.Message):
    __slots__ = ("count", "open", "unknown_fields")
    class UnknownFieldsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: bytes
        def __init__(self, key: _Optional[str] = ..., value: _Optional[bytes] = ...) -> None: ...
    COUNT_FIELD_NUMBER: _ClassVar[int]
    OPEN_FIELD_NUMBER: _ClassVar[int]
    UNKNOWN_FIELDS_FIELD_NUMBER: _ClassVar[int]
    count: int
    open: bool
    unknown_fields: _containers.ScalarMap[str, bytes]
    def __init__(self, count: _Optional[int] = ..., open: bool = ..., unknown_fields: _Optional[_Mapping[str, bytes]] = ...) -> None: ...

class Limits(_message.Message):
    __slots__ = ("max_turns", "max_tokens", "max_seconds", "max_output", "max_depth", "unknown_fields")
    class UnknownFieldsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: bytes
        def __init__(self, key: _Optional[str] = ..., value: _Optional[bytes] = ...) -> None: ...
    MAX_TURNS_FIELD_NUMBER: _ClassVar[int]
    MAX_TOKENS_FIELD_NUMBER: _ClassVar[int]
    MAX_SECONDS_FIELD_NUMBER: _ClassVar[int]
    MAX_OUTPUT_FIELD_NUMBER: _ClassVar[int]
    MAX_DEPTH_FIELD_NUMBER: _ClassVar[int]
    UNKNOWN_FIELDS_FIELD_NUMBER: _ClassVar[int]
    max_turns: int
    max_tokens: int
    max_seconds: float
    max_output: int
    max_depth: int
    unknown_fields: _containers.ScalarMap[str, bytes]
    def __init__(self, max_turns: _Optional[int] = ..., max_tokens: _Optional[int] = ..., max_seconds: _Optional[float] = ..., max_output: _Optional[int] = ..., max_depth: _Optional[int] = ..., unknown_fields: _Optional[_Mapping[str, bytes]] = ...) -> None: ...

class Input(_message.Message):
    __slots__ = ("form", "to", "unknown_fields")
    class UnknownFieldsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: bytes
        def __init__(self, key: _Optional[str] = ..., value: _Optional[bytes] = ...) -> None: ...
    FORM_FIELD_NUMBER: _ClassVar[int]
    FROM_FIELD_NUMBER: _ClassVar[int]
    TO_FIELD_NUMBER: _ClassVar[int]
    UNKNOWN_FIELDS_FIELD_NUMBER: _ClassVar[int]
    form: InputForm
    to: int
    unknown_fields: _containers.ScalarMap[str, bytes]
    def __init__(self, form: _Optional[_Union[InputForm, str]] = ..., to: _Optional[int] = ..., unknown_fields: _Optional[_Mapping[str, bytes]] = ..., **kwargs) -> None: ...

class Parent(_message.Message):
    __slots__ = ("run", "item", "unknown_fields")
    class UnknownFieldsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: bytes
        def __init__(self, key: _Optional[str] = ..., value: _Optional[bytes] = ...) -> None: ...
    RUN_FIELD_NUMBER: _ClassVar[int]
    ITEM_FIELD_NUMBER: _ClassVar[int]
    UNKNOWN_FIELDS_FIELD_NUMBER: _ClassVar[int]
    run: str
    item: int
    unknown_fields: _containers.ScalarMap[str, bytes]
    def __init__(self, run: _Optional[str] = ..., item: _Optional[int] = ..., unknown_fields: _Optional[_Mapping[str, bytes]] = ...) -> None: ...

class Server(_message.Message):
    __slots__ = ("conversation_id", "previous_response_id", "auto_previous", "unknown_fields")
    class UnknownFieldsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: bytes
        def __init__(self, key: _Optional[str] = ..., value: _Optional[bytes] = ...) -> None: ...
    CONVERSATION_ID_FIELD_NUMBER: _ClassVar[int]
    PREVIOUS_RESPONSE_ID_FIELD_NUMBER: _ClassVar[int]
    AUTO_PREVIOUS_FIELD_NUMBER: _ClassVar[int]
    UNKNOWN_FIELDS_FIELD_NUMBER: _ClassVar[int]
    conversation_id: str
    previous_response_id: str
    auto_previous: bool
    unknown_fields: _containers.ScalarMap[str, bytes]
    def __init__(self, conversation_id: _Optional[str] = ..., previous_response_id: _Optional[str] = ..., auto_previous: bool = ..., unknown_fields: _Optional[_Mapping[str, bytes]] = ...) -> None: ...

class Staged(_message.Message):
    __slots__ = ("item", "id", "unknown_fields")
    class UnknownFieldsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: bytes
        def __init__(self, key: _Optional[str] = ..., value: _Optional[bytes] = ...) -> None: ...
    ITEM_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    UNKNOWN_FIELDS_FIELD_NUMBER: _ClassVar[int]
    item: _item_pb2.Item
    id: str
    unknown_fields: _containers.ScalarMap[str, bytes]
    def __init__(self, item: _Optional[_Union[_item_pb2.Item, _Mapping]] = ..., id: _Optional[str] = ..., unknown_fields: _Optional[_Mapping[str, bytes]] = ...) -> None: ...

class Settings(_message.Message):
    __slots__ = ("reasoning_ids", "prompt_cache_key", "unknown_fields")
    class UnknownFieldsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: bytes
        def __init__(self, key: _Optional[str] = ..., value: _Optional[bytes] = ...) -> None: ...
    REASONING_IDS_FIELD_NUMBER: _ClassVar[int]
    PROMPT_CACHE_KEY_FIELD_NUMBER: _ClassVar[int]
    UNKNOWN_FIELDS_FIELD_NUMBER: _ClassVar[int]
    reasoning_ids: ReasoningIds
    prompt_cache_key: str
    unknown_fields: _containers.ScalarMap[str, bytes]
    def __init__(self, reasoning_ids: _Optional[_Union[ReasoningIds, str]] = ..., prompt_cache_key: _Optional[str] = ..., unknown_fields: _Optional[_Mapping[str, bytes]] = ...) -> None: ...

class Session(_message.Message):
    __slots__ = ("id", "through", "write", "unknown_fields")
    class UnknownFieldsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: bytes
        def __init__(self, key: _Optional[str] = ..., value: _Optional[bytes] = ...) -> None: ...
    ID_FIELD_NUMBER: _ClassVar[int]
    THROUGH_FIELD_NUMBER: _ClassVar[int]
    WRITE_FIELD_NUMBER: _ClassVar[int]
    UNKNOWN_FIELDS_FIELD_NUMBER: _ClassVar[int]
    id: str
    through: int
    write: bytes
    unknown_fields: _containers.ScalarMap[str, bytes]
    def __init__(self, id: _Optional[str] = ..., through: _Optional[int] = ..., write: _Optional[bytes] = ..., unknown_fields: _Optional[_Mapping[str, bytes]] = ...) -> None: ...

class Waiting(_message.Message):
    __slots__ = ("item", "outputs")
    ITEM_FIELD_NUMBER: _ClassVar[int]
    OUTPUTS_FIELD_NUMBER: _ClassVar[int]
    item: int
    outputs: _containers.RepeatedCompositeFieldContainer[_item_pb2.Item]
    def __init__(self, item: _Optional[int] = ..., outputs: _Optional[_Iterable[_Union[_item_pb2.Item, _Mapping]]] = ...) -> None: ...

class Stop(_message.Message):
    __slots__ = ("code", "message")
    CODE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    code: str
    message: str
    def __init__(self, code: _Optional[str] = ..., message: _Optional[str] = ...) -> None: ...

class ToolNames(_message.Message):
    __slots__ = ("values",)
    VALUES_FIELD_NUMBER: _ClassVar[int]
    values: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, values: _Optional[_Iterable[str]] = ...) -> None: ...

class Run(_message.Message):
    __slots__ = ("id", "agent", "step", "turn", "limits", "input", "log", "view", "responses", "calls", "guardrails", "parent", "asked", "bound", "identities", "server", "pending_input", "tool_input", "tool_use", "settings", "session", "waiting", "stop", "unknown_fields")
    class IdentitiesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    class ToolUseEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: ToolNames
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[ToolNames, _Mapping]] = ...) -> None: ...
    class UnknownFieldsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: bytes
        def __init__(self, key: _Optional[str] = ..., value: _Optional[bytes] = ...) -> None: ...
    ID_FIELD_NUMBER: _ClassVar[int]
    AGENT_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    TURN_FIELD_NUMBER: _ClassVar[int]
    LIMITS_FIELD_NUMBER: _ClassVar[int]
    INPUT_FIELD_NUMBER: _ClassVar[int]
    LOG_FIELD_NUMBER: _ClassVar[int]
    VIEW_FIELD_NUMBER: _ClassVar[int]
    RESPONSES_FIELD_NUMBER: _ClassVar[int]
    CALLS_FIELD_NUMBER: _ClassVar[int]
    GUARDRAILS_FIELD_NUMBER: _ClassVar[int]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    ASKED_FIELD_NUMBER: _ClassVar[int]
    BOUND_FIELD_NUMBER: _ClassVar[int]
    IDENTITIES_FIELD_NUMBER: _ClassVar[int]
    SERVER_FIELD_NUMBER: _ClassVar[int]
    PENDING_INPUT_FIELD_NUMBER: _ClassVar[int]
    TOOL_INPUT_FIELD_NUMBER: _ClassVar[int]
    TOOL_USE_FIELD_NUMBER: _ClassVar[int]
    SETTINGS_FIELD_NUMBER: _ClassVar[int]
    SESSION_FIELD_NUMBER: _ClassVar[int]
    WAITING_FIELD_NUMBER: _ClassVar[int]
    STOP_FIELD_NUMBER: _ClassVar[int]
    UNKNOWN_FIELDS_FIELD_NUMBER: _ClassVar[int]
    id: str
    agent: str
    step: _step_pb2.Step
    turn: Turn
    limits: Limits
    input: Input
    log: _containers.RepeatedCompositeFieldContainer[Entry]
    view: _containers.RepeatedCompositeFieldContainer[_item_pb2.Range]
    responses: _containers.RepeatedCompositeFieldContainer[Response]
    calls: _containers.RepeatedCompositeFieldContainer[_call_ledger_pb2.Call]
    guardrails: _guardrail_pb2.Guardrails
    parent: Parent
    asked: _containers.RepeatedScalarFieldContainer[int]
    bound: _containers.RepeatedScalarFieldContainer[str]
    identities: _containers.ScalarMap[str, str]
    server: Server
    pending_input: _containers.RepeatedCompositeFieldContainer[Staged]
    tool_input: bytes
    tool_use: _containers.MessageMap[str, ToolNames]
    settings: Settings
    session: Session
    waiting: _containers.RepeatedCompositeFieldContainer[Waiting]
    stop: Stop
    unknown_fields: _containers.ScalarMap[str, bytes]
    def __init__(self, id: _Optional[str] = ..., agent: _Optional[str] = ..., step: _Optional[_Union[_step_pb2.Step, _Mapping]] = ..., turn: _Optional[_Union[Turn, _Mapping]] = ..., limits: _Optional[_Union[Limits, _Mapping]] = ..., input: _Optional[_Union[Input, _Mapping]] = ..., log: _Optional[_Iterable[_Union[Entry, _Mapping]]] = ..., view: _Optional[_Iterable[_Union[_item_pb2.Range, _Mapping]]] = ..., responses: _Optional[_Iterable[_Union[Response, _Mapping]]] = ..., calls: _Optional[_Iterable[_Union[_call_ledger_pb2.Call, _Mapping]]] = ..., guardrails: _Optional[_Union[_guardrail_pb2.Guardrails, _Mapping]] = ..., parent: _Optional[_Union[Parent, _Mapping]] = ..., asked: _Optional[_Iterable[int]] = ..., bound: _Optional[_Iterable[str]] = ..., identities: _Optional[_Mapping[str, str]] = ..., server: _Optional[_Union[Server, _Mapping]] = ..., pending_input: _Optional[_Iterable[_Union[Staged, _Mapping]]] = ..., tool_input: _Optional[bytes] = ..., tool_use: _Optional[_Mapping[str, ToolNames]] = ..., settings: _Optional[_Union[Settings, _Mapping]] = ..., session: _Optional[_Union[Session, _Mapping]] = ..., waiting: _Optional[_Iterable[_Union[Waiting, _Mapping]]] = ..., stop: _Optional[_Union[Stop, _Mapping]] = ..., unknown_fields: _Optional[_Mapping[str, bytes]] = ...) -> None: ...
