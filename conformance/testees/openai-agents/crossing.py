"""States of other implementations: `timestep convert` brings them into the SDK's form, as its users would do it."""

from __future__ import annotations

import asyncio
import json
import os
import shlex
from asyncio.subprocess import PIPE
from collections.abc import Iterator
from typing import Any

from serving import Refused

JSON = dict[str, Any]


async def own_text(data: bytes, agents: list[JSON]) -> str:
    """Return a state as the SDK's own text: as it is, or converted.

    Raises:
        Refused: it can't be converted; the code is that of the command.
    """
    return data.decode() if _is_own(data) else await _converted(data, [*_claims(agents)])


def _is_own(data: bytes) -> bool:
    """Tell whether it is for the SDK to read: its own form, and text that is no JSON; the binary form is neither."""
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        return data.startswith(b"{")
    return not isinstance(document, dict) or "current_agent" in document


def _claims(agents: list[JSON]) -> Iterator[str]:
    """Give the options that these agents vouch for: no MCP server, no context, perhaps nothing that guards an input."""
    yield from ("--assume", "mcp-recipients", "--assume", "context-as-json")
    if not any(agent.get("input_guardrails") for agent in agents):
        yield from ("--assume", "input-guardrails-completed")
    for target in (each for agent in agents for each in agent.get("handoffs", ())):
        if "tool" in target:
            yield from ("--handoff", f"{target['tool']}={target['agent']}")


async def _converted(data: bytes, claims: list[str]) -> str:
    command = shlex.split(os.environ.get("TIMESTEP_COMMAND", "timestep"))
    words = [*command, "convert", "-", "--to", "openai-agents-python", "-o", "-", *claims]
    try:
        child = await asyncio.create_subprocess_exec(*words, stdin=PIPE, stdout=PIPE, stderr=PIPE)
    except OSError as error:
        raise RuntimeError(f"{shlex.join(command)} can't be run (set TIMESTEP_COMMAND): {error}") from error
    made, told = await child.communicate(data)
    if child.returncode == 0:
        return made.decode()
    code = told.decode().partition("error[")[2].partition("]")[0]
    raise Refused(code) if code else RuntimeError(f"timestep convert failed: {told.decode()[-200:]}")
