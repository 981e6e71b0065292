from timestep.v1 import options_pb2 as _options_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ProviderKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PROVIDER_KIND_UNSPECIFIED: _ClassVar[ProviderKind]
    PROVIDER_KIND_OPENAI: _ClassVar[ProviderKind]
    PROVIDER_KIND_OLLAMA: _ClassVar[ProviderKind]
    PROVIDER_KIND_CUSTOM: _ClassVar[ProviderKind]

class WireApi(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    WIRE_API_UNSPECIFIED: _ClassVar[WireApi]
    WIRE_API_RESPONSES: _ClassVar[WireApi]
    WIRE_API_CHAT_COMPLETIONS: _ClassVar[WireApi]
    WIRE_API_OLLAMA_CHAT: _ClassVar[WireApi]

class Target(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    TARGET_UNSPECIFIED: _ClassVar[Target]
    TARGET_AUTO: _ClassVar[Target]
    TARGET_LOCAL: _ClassVar[Target]
    TARGET_CLOUD: _ClassVar[Target]

class UnknownPrefix(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    UNKNOWN_PREFIX_UNSPECIFIED: _ClassVar[UnknownPrefix]
    UNKNOWN_PREFIX_ERROR: _ClassVar[UnknownPrefix]
    UNKNOWN_PREFIX_MODEL_ID: _ClassVar[UnknownPrefix]

class RouteRule(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ROUTE_RULE_UNSPECIFIED: _ClassVar[RouteRule]
    ROUTE_RULE_BARE_NAME: _ClassVar[RouteRule]
    ROUTE_RULE_PREFIX: _ClassVar[RouteRule]
    ROUTE_RULE_UNKNOWN_PREFIX: _ClassVar[RouteRule]
    ROUTE_RULE_OLLAMA_BASE_URL: _ClassVar[RouteRule]
    ROUTE_RULE_OLLAMA_LOCAL: _ClassVar[RouteRule]
    ROUTE_RULE_OLLAMA_CLOUD: _ClassVar[RouteRule]
    ROUTE_RULE_OLLAMA_CLOUD_BY_DAEMON: _ClassVar[RouteRule]
PROVIDER_KIND_UNSPECIFIED: ProviderKind
PROVIDER_KIND_OPENAI: ProviderKind
PROVIDER_KIND_OLLAMA: ProviderKind
PROVIDER_KIND_CUSTOM: ProviderKind
WIRE_API_UNSPECIFIED: WireApi
WIRE_API_RESPONSES: WireApi
WIRE_API_CHAT_COMPLETIONS: WireApi
WIRE_API_OLLAMA_CHAT: WireApi
TARGET_UNSPECIFIED: Target
TARGET_AUTO: Target
TARGET_LOCAL: Target
TARGET_CLOUD: Target
UNKNOWN_PREFIX_UNSPECIFIED: UnknownPrefix
UNKNOWN_PREFIX_ERROR: UnknownPrefix
UNKNOWN_PREFIX_MODEL_ID: UnknownPrefix
ROUTE_RULE_UNSPECIFIED: RouteRule
ROUTE_RULE_BARE_NAME: RouteRule
ROUTE_RULE_PREFIX: RouteRule
ROUTE_RULE_UNKNOWN_PREFIX: RouteRule
ROUTE_RULE_OLLAMA_BASE_URL: RouteRule
ROUTE_RULE_OLLAMA_LOCAL: RouteRule
ROUTE_RULE_OLLAMA_CLOUD: RouteRule
ROUTE_RULE_OLLAMA_CLOUD_BY_DAEMON: RouteRule

class ProviderRule(_message.Message):
    __slots__ = ("kind", "base_url", "wire_api", "key", "target", "local_base_url", "cloud_base_url", "allow_private")
    KIND_FIELD_NUMBER: _ClassVar[int]
    BASE_URL_FIELD_NUMBER: _ClassVar[int]
    WIRE_API_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    TARGET_FIELD_NUMBER: _ClassVar[int]
    LOCAL_BASE_URL_FIELD_NUMBER: _ClassVar[int]
    CLOUD_BASE_URL_FIELD_NUMBER: _ClassVar[int]
    ALLOW_PRIVATE_FIELD_NUMBER: _ClassVar[int]
    kind: ProviderKind
    base_url: str
    wire_api: WireApi
    key: str
    target: Target
    local_base_url: str
    cloud_base_url: str
    allow_private: bool
    def __init__(self, kind: _Optional[_Union[ProviderKind, str]] = ..., base_url: _Optional[str] = ..., wire_api: _Optional[_Union[WireApi, str]] = ..., key: _Optional[str] = ..., target: _Optional[_Union[Target, str]] = ..., local_base_url: _Optional[str] = ..., cloud_base_url: _Optional[str] = ..., allow_private: bool = ...) -> None: ...

class Retry(_message.Message):
    __slots__ = ("attempts", "first_delay", "max_delay", "max_seconds")
    ATTEMPTS_FIELD_NUMBER: _ClassVar[int]
    FIRST_DELAY_FIELD_NUMBER: _ClassVar[int]
    MAX_DELAY_FIELD_NUMBER: _ClassVar[int]
    MAX_SECONDS_FIELD_NUMBER: _ClassVar[int]
    attempts: int
    first_delay: float
    max_delay: float
    max_seconds: float
    def __init__(self, attempts: _Optional[int] = ..., first_delay: _Optional[float] = ..., max_delay: _Optional[float] = ..., max_seconds: _Optional[float] = ...) -> None: ...

class ModelNames(_message.Message):
    __slots__ = ("values",)
    VALUES_FIELD_NUMBER: _ClassVar[int]
    values: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, values: _Optional[_Iterable[str]] = ...) -> None: ...

class RoutingRules(_message.Message):
    __slots__ = ("format", "format_version", "providers", "default_model", "unknown_prefix", "fallbacks", "retry")
    class ProvidersEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: ProviderRule
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[ProviderRule, _Mapping]] = ...) -> None: ...
    class FallbacksEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: ModelNames
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[ModelNames, _Mapping]] = ...) -> None: ...
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    FORMAT_VERSION_FIELD_NUMBER: _ClassVar[int]
    PROVIDERS_FIELD_NUMBER: _ClassVar[int]
    DEFAULT_MODEL_FIELD_NUMBER: _ClassVar[int]
    UNKNOWN_PREFIX_FIELD_NUMBER: _ClassVar[int]
    FALLBACKS_FIELD_NUMBER: _ClassVar[int]
    RETRY_FIELD_NUMBER: _ClassVar[int]
    format: str
    format_version: str
    providers: _containers.MessageMap[str, ProviderRule]
    default_model: str
    unknown_prefix: UnknownPrefix
    fallbacks: _containers.MessageMap[str, ModelNames]
    retry: Retry
    def __init__(self, format: _Optional[str] = ..., format_version: _Optional[str] = ..., providers: _Optional[_Mapping[str, ProviderRule]] = ..., default_model: _Optional[str] = ..., unknown_prefix: _Optional[_Union[UnknownPrefix, str]] = ..., fallbacks: _Optional[_Mapping[str, ModelNames]] = ..., retry: _Optional[_Union[Retry, _Mapping]] = ...) -> None: ...

class ResolvedModel(_message.Message):
    __slots__ = ("name", "provider", "kind", "base_url", "model", "wire_api", "key", "rule", "allow_private")
    NAME_FIELD_NUMBER: _ClassVar[int]
    PROVIDER_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    BASE_URL_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    WIRE_API_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    RULE_FIELD_NUMBER: _ClassVar[int]
    ALLOW_PRIVATE_FIELD_NUMBER: _ClassVar[int]
    name: str
    provider: str
    kind: ProviderKind
    base_url: str
    model: str
    wire_api: WireApi
    key: str
    rule: RouteRule
    allow_private: bool
    def __init__(self, name: _Optional[str] = ..., provider: _Optional[str] = ..., kind: _Optional[_Union[ProviderKind, str]] = ..., base_url: _Optional[str] = ..., model: _Optional[str] = ..., wire_api: _Optional[_Union[WireApi, str]] = ..., key: _Optional[str] = ..., rule: _Optional[_Union[RouteRule, str]] = ..., allow_private: bool = ...) -> None: ...
