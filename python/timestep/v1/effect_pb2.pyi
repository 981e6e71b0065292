from timestep.v1 import options_pb2 as _options_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class NestedRole(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    NESTED_ROLE_UNSPECIFIED: _ClassVar[NestedRole]
    NESTED_ROLE_AGENT: _ClassVar[NestedRole]
    NESTED_ROLE_DELEGATE: _ClassVar[NestedRole]
NESTED_ROLE_UNSPECIFIED: NestedRole
NESTED_ROLE_AGENT: NestedRole
NESTED_ROLE_DELEGATE: NestedRole

class Effect(_message.Message):
    __slots__ = ("run", "check_input", "prepare_turn", "call_model", "check_call", "start_tools", "run_tool", "start_nested", "finish_nested", "prepare_handoff", "check_output", "append_session", "ask_approval", "cancel_work", "finish")
    class CheckInput(_message.Message):
        __slots__ = ("agent", "blocking", "names")
        AGENT_FIELD_NUMBER: _ClassVar[int]
        BLOCKING_FIELD_NUMBER: _ClassVar[int]
        NAMES_FIELD_NUMBER: _ClassVar[int]
        agent: str
        blocking: bool
        names: _containers.RepeatedScalarFieldContainer[str]
        def __init__(self, agent: _Optional[str] = ..., blocking: bool = ..., names: _Optional[_Iterable[str]] = ...) -> None: ...
    class PrepareTurn(_message.Message):
        __slots__ = ("agent",)
        AGENT_FIELD_NUMBER: _ClassVar[int]
        agent: str
        def __init__(self, agent: _Optional[str] = ...) -> None: ...
    class CallModel(_message.Message):
        __slots__ = ("agent", "turn", "since", "attempt")
        AGENT_FIELD_NUMBER: _ClassVar[int]
        TURN_FIELD_NUMBER: _ClassVar[int]
        SINCE_FIELD_NUMBER: _ClassVar[int]
        ATTEMPT_FIELD_NUMBER: _ClassVar[int]
        agent: str
        turn: int
        since: int
        attempt: int
        def __init__(self, agent: _Optional[str] = ..., turn: _Optional[int] = ..., since: _Optional[int] = ..., attempt: _Optional[int] = ...) -> None: ...
    class CheckCall(_message.Message):
        __slots__ = ("item", "approved")
        ITEM_FIELD_NUMBER: _ClassVar[int]
        APPROVED_FIELD_NUMBER: _ClassVar[int]
        item: int
        approved: bool
        def __init__(self, item: _Optional[int] = ..., approved: bool = ...) -> None: ...
    class StartTools(_message.Message):
        __slots__ = ("items",)
        ITEMS_FIELD_NUMBER: _ClassVar[int]
        items: _containers.RepeatedScalarFieldContainer[int]
        def __init__(self, items: _Optional[_Iterable[int]] = ...) -> None: ...
    class RunTool(_message.Message):
        __slots__ = ("item", "attempt")
        ITEM_FIELD_NUMBER: _ClassVar[int]
        ATTEMPT_FIELD_NUMBER: _ClassVar[int]
        item: int
        attempt: int
        def __init__(self, item: _Optional[int] = ..., attempt: _Optional[int] = ...) -> None: ...
    class StartNested(_message.Message):
        __slots__ = ("item", "child", "agent", "role")
        ITEM_FIELD_NUMBER: _ClassVar[int]
        CHILD_FIELD_NUMBER: _ClassVar[int]
        AGENT_FIELD_NUMBER: _ClassVar[int]
        ROLE_FIELD_NUMBER: _ClassVar[int]
        item: int
        child: str
        agent: str
        role: NestedRole
        def __init__(self, item: _Optional[int] = ..., child: _Optional[str] = ..., agent: _Optional[str] = ..., role: _Optional[_Union[NestedRole, str]] = ...) -> None: ...
    class FinishNested(_message.Message):
        __slots__ = ("item", "child")
        ITEM_FIELD_NUMBER: _ClassVar[int]
        CHILD_FIELD_NUMBER: _ClassVar[int]
        item: int
        child: str
        def __init__(self, item: _Optional[int] = ..., child: _Optional[str] = ...) -> None: ...
    class PrepareHandoff(_message.Message):
        __slots__ = ("item", "to")
        ITEM_FIELD_NUMBER: _ClassVar[int]
        TO_FIELD_NUMBER: _ClassVar[int]
        item: int
        to: str
        def __init__(self, item: _Optional[int] = ..., to: _Optional[str] = ...) -> None: ...
    class CheckOutput(_message.Message):
        __slots__ = ("agent",)
        AGENT_FIELD_NUMBER: _ClassVar[int]
        agent: str
        def __init__(self, agent: _Optional[str] = ...) -> None: ...
    class AppendSession(_message.Message):
        __slots__ = ("to",)
        FROM_FIELD_NUMBER: _ClassVar[int]
        TO_FIELD_NUMBER: _ClassVar[int]
        to: int
        def __init__(self, to: _Optional[int] = ..., **kwargs) -> None: ...
    class AskApproval(_message.Message):
        __slots__ = ()
        def __init__(self) -> None: ...
    class CancelWork(_message.Message):
        __slots__ = ()
        def __init__(self) -> None: ...
    class Finish(_message.Message):
        __slots__ = ()
        def __init__(self) -> None: ...
    RUN_FIELD_NUMBER: _ClassVar[int]
    CHECK_INPUT_FIELD_NUMBER: _ClassVar[int]
    PREPARE_TURN_FIELD_NUMBER: _ClassVar[int]
    CALL_MODEL_FIELD_NUMBER: _ClassVar[int]
    CHECK_CALL_FIELD_NUMBER: _ClassVar[int]
    START_TOOLS_FIELD_NUMBER: _ClassVar[int]
    RUN_TOOL_FIELD_NUMBER: _ClassVar[int]
    START_NESTED_FIELD_NUMBER: _ClassVar[int]
    FINISH_NESTED_FIELD_NUMBER: _ClassVar[int]
    PREPARE_HANDOFF_FIELD_NUMBER: _ClassVar[int]
    CHECK_OUTPUT_FIELD_NUMBER: _ClassVar[int]
    APPEND_SESSION_FIELD_NUMBER: _ClassVar[int]
    ASK_APPROVAL_FIELD_NUMBER: _ClassVar[int]
    CANCEL_WORK_FIELD_NUMBER: _ClassVar[int]
    FINISH_FIELD_NUMBER: _ClassVar[int]
    run: str
    check_input: Effect.CheckInput
    prepare_turn: Effect.PrepareTurn
    call_model: Effect.CallModel
    check_call: Effect.CheckCall
    start_tools: Effect.StartTools
    run_tool: Effect.RunTool
    start_nested: Effect.StartNested
    finish_nested: Effect.FinishNested
    prepare_handoff: Effect.PrepareHandoff
    check_output: Effect.CheckOutput
    append_session: Effect.AppendSession
    ask_approval: Effect.AskApproval
    cancel_work: Effect.CancelWork
    finish: Effect.Finish
    def __init__(self, run: _Optional[str] = ..., check_input: _Optional[_Union[Effect.CheckInput, _Mapping]] = ..., prepare_turn: _Optional[_Union[Effect.PrepareTurn, _Mapping]] = ..., call_model: _Optional[_Union[Effect.CallModel, _Mapping]] = ..., check_call: _Optional[_Union[Effect.CheckCall, _Mapping]] = ..., start_tools: _Optional[_Union[Effect.StartTools, _Mapping]] = ..., run_tool: _Optional[_Union[Effect.RunTool, _Mapping]] = ..., start_nested: _Optional[_Union[Effect.StartNested, _Mapping]] = ..., finish_nested: _Optional[_Union[Effect.FinishNested, _Mapping]] = ..., prepare_handoff: _Optional[_Union[Effect.PrepareHandoff, _Mapping]] = ..., check_output: _Optional[_Union[Effect.CheckOutput, _Mapping]] = ..., append_session: _Optional[_Union[Effect.AppendSession, _Mapping]] = ..., ask_approval: _Optional[_Union[Effect.AskApproval, _Mapping]] = ..., cancel_work: _Optional[_Union[Effect.CancelWork, _Mapping]] = ..., finish: _Optional[_Union[Effect.Finish, _Mapping]] = ...) -> None: ...
