from timestep.v1 import options_pb2 as _options_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class CallRole(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CALL_ROLE_UNSPECIFIED: _ClassVar[CallRole]
    CALL_ROLE_TOOL: _ClassVar[CallRole]
    CALL_ROLE_AGENT: _ClassVar[CallRole]
    CALL_ROLE_HANDOFF: _ClassVar[CallRole]
    CALL_ROLE_DELEGATE: _ClassVar[CallRole]
    CALL_ROLE_HOSTED: _ClassVar[CallRole]

class CallState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CALL_STATE_UNSPECIFIED: _ClassVar[CallState]
    CALL_STATE_REQUESTED: _ClassVar[CallState]
    CALL_STATE_PENDING: _ClassVar[CallState]
    CALL_STATE_APPROVED: _ClassVar[CallState]
    CALL_STATE_REJECTED: _ClassVar[CallState]
    CALL_STATE_STARTED: _ClassVar[CallState]
    CALL_STATE_SUSPENDED: _ClassVar[CallState]
    CALL_STATE_COMPLETED: _ClassVar[CallState]
    CALL_STATE_FAILED: _ClassVar[CallState]
    CALL_STATE_BLOCKED: _ClassVar[CallState]
    CALL_STATE_CANCELLED: _ClassVar[CallState]
    CALL_STATE_INDETERMINATE: _ClassVar[CallState]

class EffectClass(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    EFFECT_CLASS_UNSPECIFIED: _ClassVar[EffectClass]
    EFFECT_CLASS_READ: _ClassVar[EffectClass]
    EFFECT_CLASS_IDEMPOTENT: _ClassVar[EffectClass]
    EFFECT_CLASS_ONCE: _ClassVar[EffectClass]
CALL_ROLE_UNSPECIFIED: CallRole
CALL_ROLE_TOOL: CallRole
CALL_ROLE_AGENT: CallRole
CALL_ROLE_HANDOFF: CallRole
CALL_ROLE_DELEGATE: CallRole
CALL_ROLE_HOSTED: CallRole
CALL_STATE_UNSPECIFIED: CallState
CALL_STATE_REQUESTED: CallState
CALL_STATE_PENDING: CallState
CALL_STATE_APPROVED: CallState
CALL_STATE_REJECTED: CallState
CALL_STATE_STARTED: CallState
CALL_STATE_SUSPENDED: CallState
CALL_STATE_COMPLETED: CallState
CALL_STATE_FAILED: CallState
CALL_STATE_BLOCKED: CallState
CALL_STATE_CANCELLED: CallState
CALL_STATE_INDETERMINATE: CallState
EFFECT_CLASS_UNSPECIFIED: EffectClass
EFFECT_CLASS_READ: EffectClass
EFFECT_CLASS_IDEMPOTENT: EffectClass
EFFECT_CLASS_ONCE: EffectClass

class ToolKey(_message.Message):
    __slots__ = ("kind", "namespace", "name")
    KIND_FIELD_NUMBER: _ClassVar[int]
    NAMESPACE_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    kind: str
    namespace: str
    name: str
    def __init__(self, kind: _Optional[str] = ..., namespace: _Optional[str] = ..., name: _Optional[str] = ...) -> None: ...

class McpRecipient(_message.Message):
    __slots__ = ("server", "tool", "index")
    SERVER_FIELD_NUMBER: _ClassVar[int]
    TOOL_FIELD_NUMBER: _ClassVar[int]
    INDEX_FIELD_NUMBER: _ClassVar[int]
    server: str
    tool: str
    index: int
    def __init__(self, server: _Optional[str] = ..., tool: _Optional[str] = ..., index: _Optional[int] = ...) -> None: ...

class Call(_message.Message):
    __slots__ = ("call_id", "item", "role", "tool", "state", "effect", "outputs", "digest", "arguments", "attempt", "mcp", "mcp_unknown")
    CALL_ID_FIELD_NUMBER: _ClassVar[int]
    ITEM_FIELD_NUMBER: _ClassVar[int]
    ROLE_FIELD_NUMBER: _ClassVar[int]
    TOOL_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    EFFECT_FIELD_NUMBER: _ClassVar[int]
    OUTPUTS_FIELD_NUMBER: _ClassVar[int]
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    ARGUMENTS_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    MCP_FIELD_NUMBER: _ClassVar[int]
    MCP_UNKNOWN_FIELD_NUMBER: _ClassVar[int]
    call_id: str
    item: int
    role: CallRole
    tool: ToolKey
    state: CallState
    effect: EffectClass
    outputs: _containers.RepeatedScalarFieldContainer[int]
    digest: str
    arguments: str
    attempt: int
    mcp: McpRecipient
    mcp_unknown: bool
    def __init__(self, call_id: _Optional[str] = ..., item: _Optional[int] = ..., role: _Optional[_Union[CallRole, str]] = ..., tool: _Optional[_Union[ToolKey, _Mapping]] = ..., state: _Optional[_Union[CallState, str]] = ..., effect: _Optional[_Union[EffectClass, str]] = ..., outputs: _Optional[_Iterable[int]] = ..., digest: _Optional[str] = ..., arguments: _Optional[str] = ..., attempt: _Optional[int] = ..., mcp: _Optional[_Union[McpRecipient, _Mapping]] = ..., mcp_unknown: bool = ...) -> None: ...
