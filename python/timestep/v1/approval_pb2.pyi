from timestep.v1 import call_ledger_pb2 as _call_ledger_pb2
from timestep.v1 import options_pb2 as _options_pb2
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Decision(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DECISION_UNSPECIFIED: _ClassVar[Decision]
    DECISION_APPROVE: _ClassVar[Decision]
    DECISION_REJECT: _ClassVar[Decision]
DECISION_UNSPECIFIED: Decision
DECISION_APPROVE: Decision
DECISION_REJECT: Decision

class Approval(_message.Message):
    __slots__ = ("run", "agent", "tool", "decision", "item", "any_item", "call_id", "digest", "message", "by", "at")
    RUN_FIELD_NUMBER: _ClassVar[int]
    AGENT_FIELD_NUMBER: _ClassVar[int]
    TOOL_FIELD_NUMBER: _ClassVar[int]
    DECISION_FIELD_NUMBER: _ClassVar[int]
    ITEM_FIELD_NUMBER: _ClassVar[int]
    ANY_ITEM_FIELD_NUMBER: _ClassVar[int]
    CALL_ID_FIELD_NUMBER: _ClassVar[int]
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    BY_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    run: str
    agent: str
    tool: _call_ledger_pb2.ToolKey
    decision: Decision
    item: int
    any_item: bool
    call_id: str
    digest: str
    message: str
    by: str
    at: str
    def __init__(self, run: _Optional[str] = ..., agent: _Optional[str] = ..., tool: _Optional[_Union[_call_ledger_pb2.ToolKey, _Mapping]] = ..., decision: _Optional[_Union[Decision, str]] = ..., item: _Optional[int] = ..., any_item: bool = ..., call_id: _Optional[str] = ..., digest: _Optional[str] = ..., message: _Optional[str] = ..., by: _Optional[str] = ..., at: _Optional[str] = ...) -> None: ...
