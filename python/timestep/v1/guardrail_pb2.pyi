from timestep.v1 import options_pb2 as _options_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class GuardrailPosition(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    GUARDRAIL_POSITION_UNSPECIFIED: _ClassVar[GuardrailPosition]
    GUARDRAIL_POSITION_INPUT: _ClassVar[GuardrailPosition]
    GUARDRAIL_POSITION_OUTPUT: _ClassVar[GuardrailPosition]
    GUARDRAIL_POSITION_TOOL_INPUT: _ClassVar[GuardrailPosition]
    GUARDRAIL_POSITION_TOOL_OUTPUT: _ClassVar[GuardrailPosition]

class GuardrailBehavior(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    GUARDRAIL_BEHAVIOR_UNSPECIFIED: _ClassVar[GuardrailBehavior]
    GUARDRAIL_BEHAVIOR_ALLOW: _ClassVar[GuardrailBehavior]
    GUARDRAIL_BEHAVIOR_REJECT: _ClassVar[GuardrailBehavior]
    GUARDRAIL_BEHAVIOR_RAISE: _ClassVar[GuardrailBehavior]
    GUARDRAIL_BEHAVIOR_MODIFY: _ClassVar[GuardrailBehavior]
    GUARDRAIL_BEHAVIOR_TRIPWIRE: _ClassVar[GuardrailBehavior]
    GUARDRAIL_BEHAVIOR_ASK: _ClassVar[GuardrailBehavior]

class InputDone(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    INPUT_DONE_UNSPECIFIED: _ClassVar[InputDone]
    INPUT_DONE_TRUE: _ClassVar[InputDone]
    INPUT_DONE_FALSE: _ClassVar[InputDone]
    INPUT_DONE_UNKNOWN: _ClassVar[InputDone]
GUARDRAIL_POSITION_UNSPECIFIED: GuardrailPosition
GUARDRAIL_POSITION_INPUT: GuardrailPosition
GUARDRAIL_POSITION_OUTPUT: GuardrailPosition
GUARDRAIL_POSITION_TOOL_INPUT: GuardrailPosition
GUARDRAIL_POSITION_TOOL_OUTPUT: GuardrailPosition
GUARDRAIL_BEHAVIOR_UNSPECIFIED: GuardrailBehavior
GUARDRAIL_BEHAVIOR_ALLOW: GuardrailBehavior
GUARDRAIL_BEHAVIOR_REJECT: GuardrailBehavior
GUARDRAIL_BEHAVIOR_RAISE: GuardrailBehavior
GUARDRAIL_BEHAVIOR_MODIFY: GuardrailBehavior
GUARDRAIL_BEHAVIOR_TRIPWIRE: GuardrailBehavior
GUARDRAIL_BEHAVIOR_ASK: GuardrailBehavior
INPUT_DONE_UNSPECIFIED: InputDone
INPUT_DONE_TRUE: InputDone
INPUT_DONE_FALSE: InputDone
INPUT_DONE_UNKNOWN: InputDone

class GuardrailResult(_message.Message):
    __slots__ = ("position", "name", "behavior", "agent", "item", "response", "message", "info", "output")
    POSITION_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    BEHAVIOR_FIELD_NUMBER: _ClassVar[int]
    AGENT_FIELD_NUMBER: _ClassVar[int]
    ITEM_FIELD_NUMBER: _ClassVar[int]
    RESPONSE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    INFO_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_FIELD_NUMBER: _ClassVar[int]
    position: GuardrailPosition
    name: str
    behavior: GuardrailBehavior
    agent: str
    item: int
    response: int
    message: str
    info: bytes
    output: bytes
    def __init__(self, position: _Optional[_Union[GuardrailPosition, str]] = ..., name: _Optional[str] = ..., behavior: _Optional[_Union[GuardrailBehavior, str]] = ..., agent: _Optional[str] = ..., item: _Optional[int] = ..., response: _Optional[int] = ..., message: _Optional[str] = ..., info: _Optional[bytes] = ..., output: _Optional[bytes] = ...) -> None: ...

class Guardrails(_message.Message):
    __slots__ = ("input_done", "results", "unknown_fields")
    class UnknownFieldsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: bytes
        def __init__(self, key: _Optional[str] = ..., value: _Optional[bytes] = ...) -> None: ...
    INPUT_DONE_FIELD_NUMBER: _ClassVar[int]
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    UNKNOWN_FIELDS_FIELD_NUMBER: _ClassVar[int]
    input_done: InputDone
    results: _containers.RepeatedCompositeFieldContainer[GuardrailResult]
    unknown_fields: _containers.ScalarMap[str, bytes]
    def __init__(self, input_done: _Optional[_Union[InputDone, str]] = ..., results: _Optional[_Iterable[_Union[GuardrailResult, _Mapping]]] = ..., unknown_fields: _Optional[_Mapping[str, bytes]] = ...) -> None: ...
