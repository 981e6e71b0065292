from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class StepType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    STEP_TYPE_UNSPECIFIED: _ClassVar[StepType]
    STEP_TYPE_RUN_AGAIN: _ClassVar[StepType]
    STEP_TYPE_AWAITING_MODEL: _ClassVar[StepType]
    STEP_TYPE_ACTING: _ClassVar[StepType]
    STEP_TYPE_HANDOFF: _ClassVar[StepType]
    STEP_TYPE_INTERRUPTED: _ClassVar[StepType]
    STEP_TYPE_ACCEPTED: _ClassVar[StepType]
    STEP_TYPE_FINISHED: _ClassVar[StepType]
    STEP_TYPE_FAILED: _ClassVar[StepType]

class StepReason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    STEP_REASON_UNSPECIFIED: _ClassVar[StepReason]
    STEP_REASON_APPROVAL: _ClassVar[StepReason]
    STEP_REASON_INDETERMINATE: _ClassVar[StepReason]
    STEP_REASON_LIMIT: _ClassVar[StepReason]
    STEP_REASON_CANCELLED: _ClassVar[StepReason]
    STEP_REASON_ERROR: _ClassVar[StepReason]
STEP_TYPE_UNSPECIFIED: StepType
STEP_TYPE_RUN_AGAIN: StepType
STEP_TYPE_AWAITING_MODEL: StepType
STEP_TYPE_ACTING: StepType
STEP_TYPE_HANDOFF: StepType
STEP_TYPE_INTERRUPTED: StepType
STEP_TYPE_ACCEPTED: StepType
STEP_TYPE_FINISHED: StepType
STEP_TYPE_FAILED: StepType
STEP_REASON_UNSPECIFIED: StepReason
STEP_REASON_APPROVAL: StepReason
STEP_REASON_INDETERMINATE: StepReason
STEP_REASON_LIMIT: StepReason
STEP_REASON_CANCELLED: StepReason
STEP_REASON_ERROR: StepReason

class Step(_message.Message):
    __slots__ = ("type", "reason", "code", "message", "output", "seq", "item", "to", "request_digest", "attempt")
    TYPE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_FIELD_NUMBER: _ClassVar[int]
    SEQ_FIELD_NUMBER: _ClassVar[int]
    ITEM_FIELD_NUMBER: _ClassVar[int]
    TO_FIELD_NUMBER: _ClassVar[int]
    REQUEST_DIGEST_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    type: StepType
    reason: StepReason
    code: str
    message: str
    output: bytes
    seq: int
    item: int
    to: str
    request_digest: str
    attempt: int
    def __init__(self, type: _Optional[_Union[StepType, str]] = ..., reason: _Optional[_Union[StepReason, str]] = ..., code: _Optional[str] = ..., message: _Optional[str] = ..., output: _Optional[bytes] = ..., seq: _Optional[int] = ..., item: _Optional[int] = ..., to: _Optional[str] = ..., request_digest: _Optional[str] = ..., attempt: _Optional[int] = ...) -> None: ...
