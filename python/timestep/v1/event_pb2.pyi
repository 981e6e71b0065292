from timestep.v1 import approval_pb2 as _approval_pb2
from timestep.v1 import guardrail_pb2 as _guardrail_pb2
from timestep.v1 import item_pb2 as _item_pb2
from timestep.v1 import options_pb2 as _options_pb2
from timestep.v1 import run_pb2 as _run_pb2
from timestep.v1 import run_state_pb2 as _run_state_pb2
from timestep.v1 import usage_pb2 as _usage_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Sent(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SENT_UNSPECIFIED: _ClassVar[Sent]
    SENT_YES: _ClassVar[Sent]
    SENT_NO: _ClassVar[Sent]
    SENT_UNKNOWN: _ClassVar[Sent]

class SettledHow(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SETTLED_HOW_UNSPECIFIED: _ClassVar[SettledHow]
    SETTLED_HOW_RETRY: _ClassVar[SettledHow]
    SETTLED_HOW_OUTPUT: _ClassVar[SettledHow]
    SETTLED_HOW_FAIL: _ClassVar[SettledHow]
SENT_UNSPECIFIED: Sent
SENT_YES: Sent
SENT_NO: Sent
SENT_UNKNOWN: Sent
SETTLED_HOW_UNSPECIFIED: SettledHow
SETTLED_HOW_RETRY: SettledHow
SETTLED_HOW_OUTPUT: SettledHow
SETTLED_HOW_FAIL: SettledHow

class Event(_message.Message):
    __slots__ = ("run", "at", "run_started", "input_checked", "turn_prepared", "model_responded", "model_failed", "call_checked", "tool_starting", "tool_finished", "tool_failed", "handoff_prepared", "output_checked", "approval_decided", "call_settled", "input_added", "session_written", "run_resumed", "limit_reached", "run_cancelled")
    class RunStarted(_message.Message):
        __slots__ = ("agent", "items", "form", "history", "limits", "context", "session", "server", "settings", "parent", "tool_input")
        AGENT_FIELD_NUMBER: _ClassVar[int]
        ITEMS_FIELD_NUMBER: _ClassVar[int]
        FORM_FIELD_NUMBER: _ClassVar[int]
        HISTORY_FIELD_NUMBER: _ClassVar[int]
        LIMITS_FIELD_NUMBER: _ClassVar[int]
        CONTEXT_FIELD_NUMBER: _ClassVar[int]
        SESSION_FIELD_NUMBER: _ClassVar[int]
        SERVER_FIELD_NUMBER: _ClassVar[int]
        SETTINGS_FIELD_NUMBER: _ClassVar[int]
        PARENT_FIELD_NUMBER: _ClassVar[int]
        TOOL_INPUT_FIELD_NUMBER: _ClassVar[int]
        agent: str
        items: _containers.RepeatedCompositeFieldContainer[_item_pb2.Item]
        form: _run_pb2.InputForm
        history: int
        limits: _run_pb2.Limits
        context: _run_state_pb2.Context
        session: str
        server: _run_pb2.Server
        settings: _run_pb2.Settings
        parent: _run_pb2.Parent
        tool_input: bytes
        def __init__(self, agent: _Optional[str] = ..., items: _Optional[_Iterable[_Union[_item_pb2.Item, _Mapping]]] = ..., form: _Optional[_Union[_run_pb2.InputForm, str]] = ..., history: _Optional[int] = ..., limits: _Optional[_Union[_run_pb2.Limits, _Mapping]] = ..., context: _Optional[_Union[_run_state_pb2.Context, _Mapping]] = ..., session: _Optional[str] = ..., server: _Optional[_Union[_run_pb2.Server, _Mapping]] = ..., settings: _Optional[_Union[_run_pb2.Settings, _Mapping]] = ..., parent: _Optional[_Union[_run_pb2.Parent, _Mapping]] = ..., tool_input: _Optional[bytes] = ...) -> None: ...
    class InputChecked(_message.Message):
        __slots__ = ("blocking", "results")
        BLOCKING_FIELD_NUMBER: _ClassVar[int]
        RESULTS_FIELD_NUMBER: _ClassVar[int]
        blocking: bool
        results: _containers.RepeatedCompositeFieldContainer[_guardrail_pb2.GuardrailResult]
        def __init__(self, blocking: bool = ..., results: _Optional[_Iterable[_Union[_guardrail_pb2.GuardrailResult, _Mapping]]] = ...) -> None: ...
    class TurnPrepared(_message.Message):
        __slots__ = ("withheld",)
        WITHHELD_FIELD_NUMBER: _ClassVar[int]
        withheld: _containers.RepeatedScalarFieldContainer[str]
        def __init__(self, withheld: _Optional[_Iterable[str]] = ...) -> None: ...
    class ModelResponded(_message.Message):
        __slots__ = ("output", "usage", "status", "id", "request_id", "reason", "answered_by")
        OUTPUT_FIELD_NUMBER: _ClassVar[int]
        USAGE_FIELD_NUMBER: _ClassVar[int]
        STATUS_FIELD_NUMBER: _ClassVar[int]
        ID_FIELD_NUMBER: _ClassVar[int]
        REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
        REASON_FIELD_NUMBER: _ClassVar[int]
        ANSWERED_BY_FIELD_NUMBER: _ClassVar[int]
        output: _containers.RepeatedCompositeFieldContainer[_item_pb2.Item]
        usage: _usage_pb2.Usage
        status: _run_pb2.ResponseStatus
        id: str
        request_id: str
        reason: str
        answered_by: _run_pb2.AnsweredBy
        def __init__(self, output: _Optional[_Iterable[_Union[_item_pb2.Item, _Mapping]]] = ..., usage: _Optional[_Union[_usage_pb2.Usage, _Mapping]] = ..., status: _Optional[_Union[_run_pb2.ResponseStatus, str]] = ..., id: _Optional[str] = ..., request_id: _Optional[str] = ..., reason: _Optional[str] = ..., answered_by: _Optional[_Union[_run_pb2.AnsweredBy, _Mapping]] = ...) -> None: ...
    class ModelFailed(_message.Message):
        __slots__ = ("code", "message", "sent")
        CODE_FIELD_NUMBER: _ClassVar[int]
        MESSAGE_FIELD_NUMBER: _ClassVar[int]
        SENT_FIELD_NUMBER: _ClassVar[int]
        code: str
        message: str
        sent: Sent
        def __init__(self, code: _Optional[str] = ..., message: _Optional[str] = ..., sent: _Optional[_Union[Sent, str]] = ...) -> None: ...
    class CallChecked(_message.Message):
        __slots__ = ("item", "ask", "blocked", "arguments", "results")
        ITEM_FIELD_NUMBER: _ClassVar[int]
        ASK_FIELD_NUMBER: _ClassVar[int]
        BLOCKED_FIELD_NUMBER: _ClassVar[int]
        ARGUMENTS_FIELD_NUMBER: _ClassVar[int]
        RESULTS_FIELD_NUMBER: _ClassVar[int]
        item: int
        ask: bool
        blocked: _item_pb2.Item
        arguments: str
        results: _containers.RepeatedCompositeFieldContainer[_guardrail_pb2.GuardrailResult]
        def __init__(self, item: _Optional[int] = ..., ask: bool = ..., blocked: _Optional[_Union[_item_pb2.Item, _Mapping]] = ..., arguments: _Optional[str] = ..., results: _Optional[_Iterable[_Union[_guardrail_pb2.GuardrailResult, _Mapping]]] = ...) -> None: ...
    class ToolStarting(_message.Message):
        __slots__ = ("items",)
        ITEMS_FIELD_NUMBER: _ClassVar[int]
        items: _containers.RepeatedScalarFieldContainer[int]
        def __init__(self, items: _Optional[_Iterable[int]] = ...) -> None: ...
    class ToolFinished(_message.Message):
        __slots__ = ("item", "outputs", "results")
        ITEM_FIELD_NUMBER: _ClassVar[int]
        OUTPUTS_FIELD_NUMBER: _ClassVar[int]
        RESULTS_FIELD_NUMBER: _ClassVar[int]
        item: int
        outputs: _containers.RepeatedCompositeFieldContainer[_item_pb2.Item]
        results: _containers.RepeatedCompositeFieldContainer[_guardrail_pb2.GuardrailResult]
        def __init__(self, item: _Optional[int] = ..., outputs: _Optional[_Iterable[_Union[_item_pb2.Item, _Mapping]]] = ..., results: _Optional[_Iterable[_Union[_guardrail_pb2.GuardrailResult, _Mapping]]] = ...) -> None: ...
    class ToolFailed(_message.Message):
        __slots__ = ("item", "code", "message", "outputs", "stops", "results")
        ITEM_FIELD_NUMBER: _ClassVar[int]
        CODE_FIELD_NUMBER: _ClassVar[int]
        MESSAGE_FIELD_NUMBER: _ClassVar[int]
        OUTPUTS_FIELD_NUMBER: _ClassVar[int]
        STOPS_FIELD_NUMBER: _ClassVar[int]
        RESULTS_FIELD_NUMBER: _ClassVar[int]
        item: int
        code: str
        message: str
        outputs: _containers.RepeatedCompositeFieldContainer[_item_pb2.Item]
        stops: bool
        results: _containers.RepeatedCompositeFieldContainer[_guardrail_pb2.GuardrailResult]
        def __init__(self, item: _Optional[int] = ..., code: _Optional[str] = ..., message: _Optional[str] = ..., outputs: _Optional[_Iterable[_Union[_item_pb2.Item, _Mapping]]] = ..., stops: bool = ..., results: _Optional[_Iterable[_Union[_guardrail_pb2.GuardrailResult, _Mapping]]] = ...) -> None: ...
    class HandoffPrepared(_message.Message):
        __slots__ = ("item", "entries", "view")
        ITEM_FIELD_NUMBER: _ClassVar[int]
        ENTRIES_FIELD_NUMBER: _ClassVar[int]
        VIEW_FIELD_NUMBER: _ClassVar[int]
        item: int
        entries: _containers.RepeatedCompositeFieldContainer[_item_pb2.Item]
        view: _item_pb2.Ranges
        def __init__(self, item: _Optional[int] = ..., entries: _Optional[_Iterable[_Union[_item_pb2.Item, _Mapping]]] = ..., view: _Optional[_Union[_item_pb2.Ranges, _Mapping]] = ...) -> None: ...
    class OutputChecked(_message.Message):
        __slots__ = ("results", "output", "code", "message")
        RESULTS_FIELD_NUMBER: _ClassVar[int]
        OUTPUT_FIELD_NUMBER: _ClassVar[int]
        CODE_FIELD_NUMBER: _ClassVar[int]
        MESSAGE_FIELD_NUMBER: _ClassVar[int]
        results: _containers.RepeatedCompositeFieldContainer[_guardrail_pb2.GuardrailResult]
        output: bytes
        code: str
        message: str
        def __init__(self, results: _Optional[_Iterable[_Union[_guardrail_pb2.GuardrailResult, _Mapping]]] = ..., output: _Optional[bytes] = ..., code: _Optional[str] = ..., message: _Optional[str] = ...) -> None: ...
    class ApprovalDecided(_message.Message):
        __slots__ = ("approval",)
        APPROVAL_FIELD_NUMBER: _ClassVar[int]
        approval: _approval_pb2.Approval
        def __init__(self, approval: _Optional[_Union[_approval_pb2.Approval, _Mapping]] = ...) -> None: ...
    class CallSettled(_message.Message):
        __slots__ = ("item", "how", "outputs", "results", "by")
        ITEM_FIELD_NUMBER: _ClassVar[int]
        HOW_FIELD_NUMBER: _ClassVar[int]
        OUTPUTS_FIELD_NUMBER: _ClassVar[int]
        RESULTS_FIELD_NUMBER: _ClassVar[int]
        BY_FIELD_NUMBER: _ClassVar[int]
        item: int
        how: SettledHow
        outputs: _containers.RepeatedCompositeFieldContainer[_item_pb2.Item]
        results: _containers.RepeatedCompositeFieldContainer[_guardrail_pb2.GuardrailResult]
        by: str
        def __init__(self, item: _Optional[int] = ..., how: _Optional[_Union[SettledHow, str]] = ..., outputs: _Optional[_Iterable[_Union[_item_pb2.Item, _Mapping]]] = ..., results: _Optional[_Iterable[_Union[_guardrail_pb2.GuardrailResult, _Mapping]]] = ..., by: _Optional[str] = ...) -> None: ...
    class InputAdded(_message.Message):
        __slots__ = ("item", "id")
        ITEM_FIELD_NUMBER: _ClassVar[int]
        ID_FIELD_NUMBER: _ClassVar[int]
        item: _item_pb2.Item
        id: str
        def __init__(self, item: _Optional[_Union[_item_pb2.Item, _Mapping]] = ..., id: _Optional[str] = ...) -> None: ...
    class SessionWritten(_message.Message):
        __slots__ = ("through",)
        THROUGH_FIELD_NUMBER: _ClassVar[int]
        through: int
        def __init__(self, through: _Optional[int] = ...) -> None: ...
    class RunResumed(_message.Message):
        __slots__ = ("limits",)
        LIMITS_FIELD_NUMBER: _ClassVar[int]
        limits: _run_pb2.Limits
        def __init__(self, limits: _Optional[_Union[_run_pb2.Limits, _Mapping]] = ...) -> None: ...
    class LimitReached(_message.Message):
        __slots__ = ("name", "message")
        NAME_FIELD_NUMBER: _ClassVar[int]
        MESSAGE_FIELD_NUMBER: _ClassVar[int]
        name: str
        message: str
        def __init__(self, name: _Optional[str] = ..., message: _Optional[str] = ...) -> None: ...
    class RunCancelled(_message.Message):
        __slots__ = ("final",)
        FINAL_FIELD_NUMBER: _ClassVar[int]
        final: bool
        def __init__(self, final: bool = ...) -> None: ...
    RUN_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    RUN_STARTED_FIELD_NUMBER: _ClassVar[int]
    INPUT_CHECKED_FIELD_NUMBER: _ClassVar[int]
    TURN_PREPARED_FIELD_NUMBER: _ClassVar[int]
    MODEL_RESPONDED_FIELD_NUMBER: _ClassVar[int]
    MODEL_FAILED_FIELD_NUMBER: _ClassVar[int]
    CALL_CHECKED_FIELD_NUMBER: _ClassVar[int]
    TOOL_STARTING_FIELD_NUMBER: _ClassVar[int]
    TOOL_FINISHED_FIELD_NUMBER: _ClassVar[int]
    TOOL_FAILED_FIELD_NUMBER: _ClassVar[int]
    HANDOFF_PREPARED_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_CHECKED_FIELD_NUMBER: _ClassVar[int]
    APPROVAL_DECIDED_FIELD_NUMBER: _ClassVar[int]
    CALL_SETTLED_FIELD_NUMBER: _ClassVar[int]
    INPUT_ADDED_FIELD_NUMBER: _ClassVar[int]
    SESSION_WRITTEN_FIELD_NUMBER: _ClassVar[int]
    RUN_RESUMED_FIELD_NUMBER: _ClassVar[int]
    LIMIT_REACHED_FIELD_NUMBER: _ClassVar[int]
    RUN_CANCELLED_FIELD_NUMBER: _ClassVar[int]
    run: str
    at: str
    run_started: Event.RunStarted
    input_checked: Event.InputChecked
    turn_prepared: Event.TurnPrepared
    model_responded: Event.ModelResponded
    model_failed: Event.ModelFailed
    call_checked: Event.CallChecked
    tool_starting: Event.ToolStarting
    tool_finished: Event.ToolFinished
    tool_failed: Event.ToolFailed
    handoff_prepared: Event.HandoffPrepared
    output_checked: Event.OutputChecked
    approval_decided: Event.ApprovalDecided
    call_settled: Event.CallSettled
    input_added: Event.InputAdded
    session_written: Event.SessionWritten
    run_resumed: Event.RunResumed
    limit_reached: Event.LimitReached
    run_cancelled: Event.RunCancelled
    def __init__(self, run: _Optional[str] = ..., at: _Optional[str] = ..., run_started: _Optional[_Union[Event.RunStarted, _Mapping]] = ..., input_checked: _Optional[_Union[Event.InputChecked, _Mapping]] = ..., turn_prepared: _Optional[_Union[Event.TurnPrepared, _Mapping]] = ..., model_responded: _Optional[_Union[Event.ModelResponded, _Mapping]] = ..., model_failed: _Optional[_Union[Event.ModelFailed, _Mapping]] = ..., call_checked: _Optional[_Union[Event.CallChecked, _Mapping]] = ..., tool_starting: _Optional[_Union[Event.ToolStarting, _Mapping]] = ..., tool_finished: _Optional[_Union[Event.ToolFinished, _Mapping]] = ..., tool_failed: _Optional[_Union[Event.ToolFailed, _Mapping]] = ..., handoff_prepared: _Optional[_Union[Event.HandoffPrepared, _Mapping]] = ..., output_checked: _Optional[_Union[Event.OutputChecked, _Mapping]] = ..., approval_decided: _Optional[_Union[Event.ApprovalDecided, _Mapping]] = ..., call_settled: _Optional[_Union[Event.CallSettled, _Mapping]] = ..., input_added: _Optional[_Union[Event.InputAdded, _Mapping]] = ..., session_written: _Optional[_Union[Event.SessionWritten, _Mapping]] = ..., run_resumed: _Optional[_Union[Event.RunResumed, _Mapping]] = ..., limit_reached: _Optional[_Union[Event.LimitReached, _Mapping]] = ..., run_cancelled: _Optional[_Union[Event.RunCancelled, _Mapping]] = ...) -> None: ...
