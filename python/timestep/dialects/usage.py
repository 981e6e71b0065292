"""Token usage of both SDKs as the canonical record, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from timestep.types.state import Usage

_Details = Sequence[Mapping[str, Any]] | Mapping[str, Any] | None


class _Counts(Protocol):
    input_tokens: int
    output_tokens: int
    total_tokens: int
    requests: int

    @property
    def input_tokens_details(self) -> _Details: ...
    @property
    def output_tokens_details(self) -> _Details: ...
    @property
    def request_usage_entries(self) -> Sequence[_Counts] | None: ...


def from_python(source: _Counts, *, request: bool = False) -> Usage:
    """Read usage with the Python SDK's names."""
    return Usage(
        requests=None if request else source.requests,
        input_tokens=source.input_tokens,
        output_tokens=source.output_tokens,
        total_tokens=source.total_tokens,
        input_tokens_details=merged(source.input_tokens_details),
        output_tokens_details=merged(source.output_tokens_details),
        entries=[from_python(entry, request=True) for entry in source.request_usage_entries or []],
    )


def merged(details: _Details) -> dict[str, Any] | None:
    """Add up a list of detail counts; nulls count as absent."""
    if details is None:
        return None
    if isinstance(details, dict):
        return {key: value for key, value in details.items() if isinstance(value, int)}
    total: dict[str, Any] = {}
    for part in [details] if isinstance(details, Mapping) else details:
        for key, value in part.items():
            if isinstance(value, int):
                total[key] = total.get(key, 0) + value
    return total


class _JsRequest(Protocol):
    input_tokens: int
    output_tokens: int
    total_tokens: int
    endpoint: str | None

    @property
    def input_tokens_details(self) -> _Details: ...
    @property
    def output_tokens_details(self) -> _Details: ...


class _JsCounts(Protocol):
    input_tokens: int
    output_tokens: int
    total_tokens: int
    requests: int

    @property
    def input_tokens_details(self) -> _Details: ...
    @property
    def output_tokens_details(self) -> _Details: ...
    @property
    def request_usage_entries(self) -> Sequence[_JsRequest] | None: ...


def from_js(source: _JsCounts) -> Usage:
    """Read usage of the JavaScript SDK (`openai_js.shape.Usage`); the endpoint of each request is kept."""
    return Usage(
        requests=source.requests,
        input_tokens=source.input_tokens,
        output_tokens=source.output_tokens,
        total_tokens=source.total_tokens,
        input_tokens_details=merged(source.input_tokens_details),
        output_tokens_details=merged(source.output_tokens_details),
        entries=[
            Usage(
                input_tokens=entry.input_tokens,
                output_tokens=entry.output_tokens,
                total_tokens=entry.total_tokens,
                input_tokens_details=merged(entry.input_tokens_details),
                output_tokens_details=merged(entry.output_tokens_details),
                endpoint=entry.endpoint,
            )
            for entry in source.request_usage_entries or []
        ],
    )
