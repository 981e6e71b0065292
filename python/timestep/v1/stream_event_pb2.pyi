from timestep.v1 import approval_pb2 as _approval_pb2
from timestep.v1 import guardrail_pb2 as _guardrail_pb2
from timestep.v1 import options_pb2 as _options_pb2
from timestep.v1 import step_pb2 as _step_pb2
from timestep.v1 import usage_pb2 as _usage_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class StreamEvent(_message.Message):
    __slots__ = ("run", "seq", "run_started", "run_resumed", "turn_started", "message", "tool_call", "item", "usage", "guardrail", "approval", "approval_decided", "tool_result", "tool_error", "handoff", "turn_finished", "error", "run_finished", "run_failed", "run_interrupted", "content_delta", "reasoning_delta", "refusal_delta", "arguments_delta")
    class RunStarted(_message.Message):
        __slots__ = ("agent", "parent")
        AGENT_FIELD_NUMBER: _ClassVar[int]
        PARENT_FIELD_NUMBER: _ClassVar[int]
        agent: str
        parent: str
        def __init__(self, agent: _Optional[str] = ..., parent: _Optional[str] = ...) -> None: ...
    class RunResumed(_message.Message):
        __slots__ = ("agent",)
        AGENT_FIELD_NUMBER: _ClassVar[int]
        agent: str
        def __init__(self, agent: _Optional[str] = ...) -> None: ...
    class TurnStarted(_message.Message):
        __slots__ = ("agent", "turn")
        AGENT_FIELD_NUMBER: _ClassVar[int]
        TURN_FIELD_NUMBER: _ClassVar[int]
        agent: str
        turn: int
        def __init__(self, agent: _Optional[str] = ..., turn: _Optional[int] = ...) -> None: ...
    class Message(_message.Message):
        __slots__ = ("role", "content", "agent", "item", "item_id")
        ROLE_FIELD_NUMBER: _ClassVar[int]
        CONTENT_FIELD_NUMBER: _ClassVar[int]
        AGENT_FIELD_NUMBER: _ClassVar[int]
        ITEM_FIELD_NUMBER: _ClassVar[int]
        ITEM_ID_FIELD_NUMBER: _ClassVar[int]
        role: str
        content: str
        agent: str
        item: int
        item_id: str
        def __init__(self, role: _Optional[str] = ..., content: _Optional[str] = ..., agent: _Optional[str] = ..., item: _Optional[int] = ..., item_id: _Optional[str] = ...) -> None: ...
    class ToolCall(_message.Message):
        __slots__ = ("call_id", "tool", "arguments", "agent", "item", "item_id")
        CALL_ID_FIELD_NUMBER: _ClassVar[int]
        TOOL_FIELD_NUMBER: _ClassVar[int]
        ARGUMENTS_FIELD_NUMBER: _ClassVar[int]
        AGENT_FIELD_NUMBER: _ClassVar[int]
        ITEM_FIELD_NUMBER: _ClassVar[int]
        ITEM_ID_FIELD_NUMBER: _ClassVar[int]
        call_id: str
        tool: str
        arguments: str
        agent: str
        item: int
        item_id: str
        def __init__(self, call_id: _Optional[str] = ..., tool: _Optional[str] = ..., arguments: _Optional[str] = ..., agent: _Optional[str] = ..., item: _Optional[int] = ..., item_id: _Optional[str] = ...) -> None: ...
    class OtherItem(_message.Message):
        __slots__ = ("kind", "agent", "item", "item_id")
        KIND_FIELD_NUMBER: _ClassVar[int]
        AGENT_FIELD_NUMBER: _ClassVar[int]
        ITEM_FIELD_NUMBER: _ClassVar[int]
        ITEM_ID_FIELD_NUMBER: _ClassVar[int]
        kind: str
        agent: str
        item: int
        item_id: str
        def __init__(self, kind: _Optional[str] = ..., agent: _Optional[str] = ..., item: _Optional[int] = ..., item_id: _Optional[str] = ...) -> None: ...
    class AnswerUsage(_message.Message):
        __slots__ = ("agent", "usage")
        AGENT_FIELD_NUMBER: _ClassVar[int]
        USAGE_FIELD_NUMBER: _ClassVar[int]
        agent: str
        usage: _usage_pb2.Usage
        def __init__(self, agent: _Optional[str] = ..., usage: _Optional[_Union[_usage_pb2.Usage, _Mapping]] = ...) -> None: ...
    class Guardrail(_message.Message):
        __slots__ = ("name", "position", "behavior", "agent", "message")
        NAME_FIELD_NUMBER: _ClassVar[int]
        POSITION_FIELD_NUMBER: _ClassVar[int]
        BEHAVIOR_FIELD_NUMBER: _ClassVar[int]
        AGENT_FIELD_NUMBER: _ClassVar[int]
        MESSAGE_FIELD_NUMBER: _ClassVar[int]
        name: str
        position: _guardrail_pb2.GuardrailPosition
        behavior: _guardrail_pb2.GuardrailBehavior
        agent: str
        message: str
        def __init__(self, name: _Optional[str] = ..., position: _Optional[_Union[_guardrail_pb2.GuardrailPosition, str]] = ..., behavior: _Optional[_Union[_guardrail_pb2.GuardrailBehavior, str]] = ..., agent: _Optional[str] = ..., message: _Optional[str] = ...) -> None: ...
    class Approval(_message.Message):
        __slots__ = ("call_id", "tool", "arguments", "agent", "item", "prompts")
        CALL_ID_FIELD_NUMBER: _ClassVar[int]
        TOOL_FIELD_NUMBER: _ClassVar[int]
        ARGUMENTS_FIELD_NUMBER: _ClassVar[int]
        AGENT_FIELD_NUMBER: _ClassVar[int]
        ITEM_FIELD_NUMBER: _ClassVar[int]
        PROMPTS_FIELD_NUMBER: _ClassVar[int]
        call_id: str
        tool: str
        arguments: str
        agent: str
        item: int
        prompts: _containers.RepeatedScalarFieldContainer[str]
        def __init__(self, call_id: _Optional[str] = ..., tool: _Optional[str] = ..., arguments: _Optional[str] = ..., agent: _Optional[str] = ..., item: _Optional[int] = ..., prompts: _Optional[_Iterable[str]] = ...) -> None: ...
    class ApprovalDecided(_message.Message):
        __slots__ = ("decision", "agent", "tool", "always", "call_id")
        DECISION_FIELD_NUMBER: _ClassVar[int]
        AGENT_FIELD_NUMBER: _ClassVar[int]
        TOOL_FIELD_NUMBER: _ClassVar[int]
        ALWAYS_FIELD_NUMBER: _ClassVar[int]
        CALL_ID_FIELD_NUMBER: _ClassVar[int]
        decision: _approval_pb2.Decision
        agent: str
        tool: str
        always: bool
        call_id: str
        def __init__(self, decision: _Optional[_Union[_approval_pb2.Decision, str]] = ..., agent: _Optional[str] = ..., tool: _Optional[str] = ..., always: bool = ..., call_id: _Optional[str] = ...) -> None: ...
    class ToolResult(_message.Message):
        __slots__ = ("call_id", "tool", "item", "output")
        CALL_ID_FIELD_NUMBER: _ClassVar[int]
        TOOL_FIELD_NUMBER: _ClassVar[int]
        ITEM_FIELD_NUMBER: _ClassVar[int]
        OUTPUT_FIELD_NUMBER: _ClassVar[int]
        call_id: str
        tool: str
        item: int
        output: bytes
        def __init__(self, call_id: _Optional[str] = ..., tool: _Optional[str] = ..., item: _Optional[int] = ..., output: _Optional[bytes] = ...) -> None: ...
    class ToolError(_message.Message):
        __slots__ = ("call_id", "tool", "item", "code", "message", "output")
        CALL_ID_FIELD_NUMBER: _ClassVar[int]
        TOOL_FIELD_NUMBER: _ClassVar[int]
        ITEM_FIELD_NUMBER: _ClassVar[int]
        CODE_FIELD_NUMBER: _ClassVar[int]
        MESSAGE_FIELD_NUMBER: _ClassVar[int]
        OUTPUT_FIELD_NUMBER: _ClassVar[int]
        call_id: str
        tool: str
        item: int
        code: str
        message: str
        output: bytes
        def __init__(self, call_id: _Optional[str] = ..., tool: _Optional[str] = ..., item: _Optional[int] = ..., code: _Optional[str] = ..., message: _Optional[str] = ..., output: _Optional[bytes] = ...) -> None: ...
    class Handoff(_message.Message):
        __slots__ = ("call_id", "to")
        CALL_ID_FIELD_NUMBER: _ClassVar[int]
        FROM_FIELD_NUMBER: _ClassVar[int]
        TO_FIELD_NUMBER: _ClassVar[int]
        call_id: str
        to: str
        def __init__(self, call_id: _Optional[str] = ..., to: _Optional[str] = ..., **kwargs) -> None: ...
    class TurnFinished(_message.Message):
        __slots__ = ("agent", "turn")
        AGENT_FIELD_NUMBER: _ClassVar[int]
        TURN_FIELD_NUMBER: _ClassVar[int]
        agent: str
        turn: int
        def __init__(self, agent: _Optional[str] = ..., turn: _Optional[int] = ...) -> None: ...
    class Error(_message.Message):
        __slots__ = ("code", "message")
        CODE_FIELD_NUMBER: _ClassVar[int]
        MESSAGE_FIELD_NUMBER: _ClassVar[int]
        code: str
        message: str
        def __init__(self, code: _Optional[str] = ..., message: _Optional[str] = ...) -> None: ...
    class RunFinished(_message.Message):
        __slots__ = ("agent", "final_output")
        AGENT_FIELD_NUMBER: _ClassVar[int]
        FINAL_OUTPUT_FIELD_NUMBER: _ClassVar[int]
        agent: str
        final_output: bytes
        def __init__(self, agent: _Optional[str] = ..., final_output: _Optional[bytes] = ...) -> None: ...
    class RunFailed(_message.Message):
        __slots__ = ("code", "message")
        CODE_FIELD_NUMBER: _ClassVar[int]
        MESSAGE_FIELD_NUMBER: _ClassVar[int]
        code: str
        message: str
        def __init__(self, code: _Optional[str] = ..., message: _Optional[str] = ...) -> None: ...
    class RunInterrupted(_message.Message):
        __slots__ = ("reason", "code", "message")
        REASON_FIELD_NUMBER: _ClassVar[int]
        CODE_FIELD_NUMBER: _ClassVar[int]
        MESSAGE_FIELD_NUMBER: _ClassVar[int]
        reason: _step_pb2.StepReason
        code: str
        message: str
        def __init__(self, reason: _Optional[_Union[_step_pb2.StepReason, str]] = ..., code: _Optional[str] = ..., message: _Optional[str] = ...) -> None: ...
    class Piece(_message.Message):
        __slots__ = ("content", "index", "after_seq", "item_id", "output_index", "call_id", "tool")
        CONTENT_FIELD_NUMBER: _ClassVar[int]
        INDEX_FIELD_NUMBER: _ClassVar[int]
        AFTER_SEQ_FIELD_NUMBER: _ClassVar[int]
        ITEM_ID_FIELD_NUMBER: _ClassVar[int]
        OUTPUT_INDEX_FIELD_NUMBER: _ClassVar[int]
        CALL_ID_FIELD_NUMBER: _ClassVar[int]
        TOOL_FIELD_NUMBER: _ClassVar[int]
        content: str
        index: int
        after_seq: int
        item_id: str
        output_index: int
        call_id: str
        tool: str
        def __init__(self, content: _Optional[str] = ..., index: _Optional[int] = ..., after_seq: _Optional[int] = ..., item_id: _Optional[str] = ..., output_index: _Optional[int] = ..., call_id: _Optional[str] = ..., tool: _Optional[str] = ...) -> None: ...
    RUN_FIELD_NUMBER: _ClassVar[int]
    SEQ_FIELD_NUMBER: _ClassVar[int]
    RUN_STARTED_FIELD_NUMBER: _ClassVar[int]
    RUN_RESUMED_FIELD_NUMBER: _ClassVar[int]
    TURN_STARTED_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    TOOL_CALL_FIELD_NUMBER: _ClassVar[int]
    ITEM_FIELD_NUMBER: _ClassVar[int]
    USAGE_FIELD_NUMBER: _ClassVar[int]
    GUARDRAIL_FIELD_NUMBER: _ClassVar[int]
    APPROVAL_FIELD_NUMBER: _ClassVar[int]
    APPROVAL_DECIDED_FIELD_NUMBER: _ClassVar[int]
    TOOL_RESULT_FIELD_NUMBER: _ClassVar[int]
    TOOL_ERROR_FIELD_NUMBER: _ClassVar[int]
    HANDOFF_FIELD_NUMBER: _ClassVar[int]
    TURN_FINISHED_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    RUN_FINISHED_FIELD_NUMBER: _ClassVar[int]
    RUN_FAILED_FIELD_NUMBER: _ClassVar[int]
    RUN_INTERRUPTED_FIELD_NUMBER: _ClassVar[int]
    CONTENT_DELTA_FIELD_NUMBER: _ClassVar[int]
    REASONING_DELTA_FIELD_NUMBER: _ClassVar[int]
    REFUSAL_DELTA_FIELD_NUMBER: _ClassVar[int]
    ARGUMENTS_DELTA_FIELD_NUMBER: _ClassVar[int]
    run: str
    seq: int
    run_started: StreamEvent.RunStarted
    run_resumed: StreamEvent.RunResumed
    turn_started: StreamEvent.TurnStarted
    message: StreamEvent.Message
    tool_call: StreamEvent.ToolCall
    item: StreamEvent.OtherItem
    usage: StreamEvent.AnswerUsage
    guardrail: StreamEvent.Guardrail
    approval: StreamEvent.Approval
    approval_decided: StreamEvent.ApprovalDecided
    tool_result: StreamEvent.ToolResult
    tool_error: StreamEvent.ToolError
    handoff: StreamEvent.Handoff
    turn_finished: StreamEvent.TurnFinished
    error: StreamEvent.Error
    run_finished: StreamEvent.RunFinished
    run_failed: StreamEvent.RunFailed
    run_interrupted: StreamEvent.RunInterrupted
    content_delta: StreamEvent.Piece
    reasoning_delta: StreamEvent.Piece
    refusal_delta: StreamEvent.Piece
    arguments_delta: StreamEvent.Piece
    def __init__(self, run: _Optional[str] = ..., seq: _Optional[int] = ..., run_started: _Optional[_Union[StreamEvent.RunStarted, _Mapping]] = ..., run_resumed: _Optional[_Union[StreamEvent.RunResumed, _Mapping]] = ..., turn_started: _Optional[_Union[StreamEvent.TurnStarted, _Mapping]] = ..., message: _Optional[_Union[StreamEvent.Message, _Mapping]] = ..., tool_call: _Optional[_Union[StreamEvent.ToolCall, _Mapping]] = ..., item: _Optional[_Union[StreamEvent.OtherItem, _Mapping]] = ..., usage: _Optional[_Union[StreamEvent.AnswerUsage, _Mapping]] = ..., guardrail: _Optional[_Union[StreamEvent.Guardrail, _Mapping]] = ..., approval: _Optional[_Union[StreamEvent.Approval, _Mapping]] = ..., approval_decided: _Optional[_Union[StreamEvent.ApprovalDecided, _Mapping]] = ..., tool_result: _Optional[_Union[StreamEvent.ToolResult, _Mapping]] = ..., tool_error: _Optional[_Union[StreamEvent.ToolError, _Mapping]] = ..., handoff: _Optional[_Union[StreamEvent.Handoff, _Mapping]] = ..., turn_finished: _Optional[_Union[StreamEvent.TurnFinished, _Mapping]] = ..., error: _Optional[_Union[StreamEvent.Error, _Mapping]] = ..., run_finished: _Optional[_Union[StreamEvent.RunFinished, _Mapping]] = ..., run_failed: _Optional[_Union[StreamEvent.RunFailed, _Mapping]] = ..., run_interrupted: _Optional[_Union[StreamEvent.RunInterrupted, _Mapping]] = ..., content_delta: _Optional[_Union[StreamEvent.Piece, _Mapping]] = ..., reasoning_delta: _Optional[_Union[StreamEvent.Piece, _Mapping]] = ..., refusal_delta: _Optional[_Union[StreamEvent.Piece, _Mapping]] = ..., arguments_delta: _Optional[_Union[StreamEvent.Piece, _Mapping]] = ...) -> None: ...
