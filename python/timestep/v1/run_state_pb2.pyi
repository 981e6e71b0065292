from timestep.v1 import approval_pb2 as _approval_pb2
from timestep.v1 import options_pb2 as _options_pb2
from timestep.v1 import run_pb2 as _run_pb2
from timestep.v1 import usage_pb2 as _usage_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ContextKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CONTEXT_KIND_UNSPECIFIED: _ClassVar[ContextKind]
    CONTEXT_KIND_NONE: _ClassVar[ContextKind]
    CONTEXT_KIND_JSON: _ClassVar[ContextKind]
    CONTEXT_KIND_TYPED: _ClassVar[ContextKind]

class ProvenanceAction(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PROVENANCE_ACTION_UNSPECIFIED: _ClassVar[ProvenanceAction]
    PROVENANCE_ACTION_IMPORTED: _ClassVar[ProvenanceAction]
    PROVENANCE_ACTION_ASSUMED: _ClassVar[ProvenanceAction]
    PROVENANCE_ACTION_DERIVED: _ClassVar[ProvenanceAction]
    PROVENANCE_ACTION_DROPPED: _ClassVar[ProvenanceAction]
    PROVENANCE_ACTION_REDACTED: _ClassVar[ProvenanceAction]
    PROVENANCE_ACTION_DECIDED: _ClassVar[ProvenanceAction]
CONTEXT_KIND_UNSPECIFIED: ContextKind
CONTEXT_KIND_NONE: ContextKind
CONTEXT_KIND_JSON: ContextKind
CONTEXT_KIND_TYPED: ContextKind
PROVENANCE_ACTION_UNSPECIFIED: ProvenanceAction
PROVENANCE_ACTION_IMPORTED: ProvenanceAction
PROVENANCE_ACTION_ASSUMED: ProvenanceAction
PROVENANCE_ACTION_DERIVED: ProvenanceAction
PROVENANCE_ACTION_DROPPED: ProvenanceAction
PROVENANCE_ACTION_REDACTED: ProvenanceAction
PROVENANCE_ACTION_DECIDED: ProvenanceAction

class Agent(_message.Message):
    __slots__ = ("key", "name", "unknown_fields")
    class UnknownFieldsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: bytes
        def __init__(self, key: _Optional[str] = ..., value: _Optional[bytes] = ...) -> None: ...
    KEY_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    UNKNOWN_FIELDS_FIELD_NUMBER: _ClassVar[int]
    key: str
    name: str
    unknown_fields: _containers.ScalarMap[str, bytes]
    def __init__(self, key: _Optional[str] = ..., name: _Optional[str] = ..., unknown_fields: _Optional[_Mapping[str, bytes]] = ...) -> None: ...

class Context(_message.Message):
    __slots__ = ("kind", "value", "type", "omitted", "unknown_fields")
    class UnknownFieldsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: bytes
        def __init__(self, key: _Optional[str] = ..., value: _Optional[bytes] = ...) -> None: ...
    KIND_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    OMITTED_FIELD_NUMBER: _ClassVar[int]
    UNKNOWN_FIELDS_FIELD_NUMBER: _ClassVar[int]
    kind: ContextKind
    value: bytes
    type: bytes
    omitted: bool
    unknown_fields: _containers.ScalarMap[str, bytes]
    def __init__(self, kind: _Optional[_Union[ContextKind, str]] = ..., value: _Optional[bytes] = ..., type: _Optional[bytes] = ..., omitted: bool = ..., unknown_fields: _Optional[_Mapping[str, bytes]] = ...) -> None: ...

class Origin(_message.Message):
    __slots__ = ("dialect", "schema_version", "sha256", "package_version", "unknown_fields")
    class UnknownFieldsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: bytes
        def __init__(self, key: _Optional[str] = ..., value: _Optional[bytes] = ...) -> None: ...
    DIALECT_FIELD_NUMBER: _ClassVar[int]
    SCHEMA_VERSION_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    PACKAGE_VERSION_FIELD_NUMBER: _ClassVar[int]
    UNKNOWN_FIELDS_FIELD_NUMBER: _ClassVar[int]
    dialect: str
    schema_version: str
    sha256: str
    package_version: str
    unknown_fields: _containers.ScalarMap[str, bytes]
    def __init__(self, dialect: _Optional[str] = ..., schema_version: _Optional[str] = ..., sha256: _Optional[str] = ..., package_version: _Optional[str] = ..., unknown_fields: _Optional[_Mapping[str, bytes]] = ...) -> None: ...

class Provenance(_message.Message):
    __slots__ = ("action", "subject", "by", "at", "note", "unknown_fields")
    class UnknownFieldsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: bytes
        def __init__(self, key: _Optional[str] = ..., value: _Optional[bytes] = ...) -> None: ...
    ACTION_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    BY_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    UNKNOWN_FIELDS_FIELD_NUMBER: _ClassVar[int]
    action: ProvenanceAction
    subject: str
    by: str
    at: str
    note: str
    unknown_fields: _containers.ScalarMap[str, bytes]
    def __init__(self, action: _Optional[_Union[ProvenanceAction, str]] = ..., subject: _Optional[str] = ..., by: _Optional[str] = ..., at: _Optional[str] = ..., note: _Optional[str] = ..., unknown_fields: _Optional[_Mapping[str, bytes]] = ...) -> None: ...

class Leftover(_message.Message):
    __slots__ = ("at", "covers", "value", "unknown_fields")
    class UnknownFieldsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: bytes
        def __init__(self, key: _Optional[str] = ..., value: _Optional[bytes] = ...) -> None: ...
    AT_FIELD_NUMBER: _ClassVar[int]
    COVERS_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    UNKNOWN_FIELDS_FIELD_NUMBER: _ClassVar[int]
    at: str
    covers: str
    value: bytes
    unknown_fields: _containers.ScalarMap[str, bytes]
    def __init__(self, at: _Optional[str] = ..., covers: _Optional[str] = ..., value: _Optional[bytes] = ..., unknown_fields: _Optional[_Mapping[str, bytes]] = ...) -> None: ...

class Leftovers(_message.Message):
    __slots__ = ("values",)
    VALUES_FIELD_NUMBER: _ClassVar[int]
    values: _containers.RepeatedCompositeFieldContainer[Leftover]
    def __init__(self, values: _Optional[_Iterable[_Union[Leftover, _Mapping]]] = ...) -> None: ...

class Trace(_message.Message):
    __slots__ = ("trace_id", "workflow_name", "group_id", "metadata")
    TRACE_ID_FIELD_NUMBER: _ClassVar[int]
    WORKFLOW_NAME_FIELD_NUMBER: _ClassVar[int]
    GROUP_ID_FIELD_NUMBER: _ClassVar[int]
    METADATA_FIELD_NUMBER: _ClassVar[int]
    trace_id: str
    workflow_name: str
    group_id: str
    metadata: bytes
    def __init__(self, trace_id: _Optional[str] = ..., workflow_name: _Optional[str] = ..., group_id: _Optional[str] = ..., metadata: _Optional[bytes] = ...) -> None: ...

class RunState(_message.Message):
    __slots__ = ("format", "format_version", "requires", "id", "revision", "agents", "context", "usage", "approvals", "runs", "origin", "provenance", "ext", "manifest", "told", "trace", "unknown_fields", "complete")
    class ExtEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: Leftovers
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[Leftovers, _Mapping]] = ...) -> None: ...
    class UnknownFieldsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: bytes
        def __init__(self, key: _Optional[str] = ..., value: _Optional[bytes] = ...) -> None: ...
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    FORMAT_VERSION_FIELD_NUMBER: _ClassVar[int]
    REQUIRES_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    AGENTS_FIELD_NUMBER: _ClassVar[int]
    CONTEXT_FIELD_NUMBER: _ClassVar[int]
    USAGE_FIELD_NUMBER: _ClassVar[int]
    APPROVALS_FIELD_NUMBER: _ClassVar[int]
    RUNS_FIELD_NUMBER: _ClassVar[int]
    ORIGIN_FIELD_NUMBER: _ClassVar[int]
    PROVENANCE_FIELD_NUMBER: _ClassVar[int]
    EXT_FIELD_NUMBER: _ClassVar[int]
    MANIFEST_FIELD_NUMBER: _ClassVar[int]
    TOLD_FIELD_NUMBER: _ClassVar[int]
    TRACE_FIELD_NUMBER: _ClassVar[int]
    UNKNOWN_FIELDS_FIELD_NUMBER: _ClassVar[int]
    COMPLETE_FIELD_NUMBER: _ClassVar[int]
    format: str
    format_version: str
    requires: _containers.RepeatedScalarFieldContainer[str]
    id: str
    revision: int
    agents: _containers.RepeatedCompositeFieldContainer[Agent]
    context: Context
    usage: _usage_pb2.Usage
    approvals: _containers.RepeatedCompositeFieldContainer[_approval_pb2.Approval]
    runs: _containers.RepeatedCompositeFieldContainer[_run_pb2.Run]
    origin: Origin
    provenance: _containers.RepeatedCompositeFieldContainer[Provenance]
    ext: _containers.MessageMap[str, Leftovers]
    manifest: str
    told: int
    trace: Trace
    unknown_fields: _containers.ScalarMap[str, bytes]
    complete: bool
    def __init__(self, format: _Optional[str] = ..., format_version: _Optional[str] = ..., requires: _Optional[_Iterable[str]] = ..., id: _Optional[str] = ..., revision: _Optional[int] = ..., agents: _Optional[_Iterable[_Union[Agent, _Mapping]]] = ..., context: _Optional[_Union[Context, _Mapping]] = ..., usage: _Optional[_Union[_usage_pb2.Usage, _Mapping]] = ..., approvals: _Optional[_Iterable[_Union[_approval_pb2.Approval, _Mapping]]] = ..., runs: _Optional[_Iterable[_Union[_run_pb2.Run, _Mapping]]] = ..., origin: _Optional[_Union[Origin, _Mapping]] = ..., provenance: _Optional[_Iterable[_Union[Provenance, _Mapping]]] = ..., ext: _Optional[_Mapping[str, Leftovers]] = ..., manifest: _Optional[str] = ..., told: _Optional[int] = ..., trace: _Optional[_Union[Trace, _Mapping]] = ..., unknown_fields: _Optional[_Mapping[str, bytes]] = ..., complete: bool = ...) -> None: ...
