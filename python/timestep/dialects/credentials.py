"""Credentials that both SDKs write in plain text: taken out of a parsed file, and reported (TS-SEC-004)."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, cast

from timestep.codec.pointer import join
from timestep.dialects.account import Account


def strip_tracing_key(value: dict[str, Any], account: Account, pointer: str) -> None:
    """Remove the key that a run's trace is sent with."""
    trace = value.get("trace")
    if isinstance(trace, dict) and cast("dict[str, Any]", trace).pop("tracing_api_key", None) is not None:
        account.note("redacted", join(["trace", "tracing_api_key"], base=pointer))


def strip_hosted_mcp(
    request: dict[str, Any], place: tuple[str, str], account: Account, pointer: str, *, kept: Collection[str]
) -> None:
    """Remove what a request for approval tells, at this place, of its hosted MCP server beyond the `kept` members."""
    tool, config = place
    described = request.get(tool)
    found = cast("dict[str, Any]", described).get(config) if isinstance(described, dict) else None
    if not isinstance(found, dict):
        return
    known = cast("dict[str, Any]", found)
    for key in [key for key in known if key not in kept]:
        if known.pop(key) not in (None, {}):
            account.note("redacted", join([tool, config, key], base=pointer), "the agent's code supplies it")
