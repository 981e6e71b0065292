"""States of other implementations: `timestep convert` brings them into the SDK's form, as its users would do it."""

from __future__ import annotations

import asyncio
import json
import os
import shlex
import tempfile
from pathlib import Path
from typing import Any

from serving import Refused

JSON = dict[str, Any]


async def own_text(data: bytes, agents: list[JSON]) -> str:
    """Return a state as the SDK's own text: as it is, or converted.

    Raises:
        Refused: it can't be converted; the code is that of the command.
    """
    if _is_own(data):
        return data.decode()
    return await _converted(data, _assumptions(agents))


def _is_own(data: bytes) -> bool:
    """Tell whether it is for the SDK to read: its own form, and text that is no JSON; the binary form is neither."""
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        return data.startswith(b"{")
    return not isinstance(document, dict) or "current_agent" in document


def _assumptions(agents: list[JSON]) -> list[str]:
    """Return what these agents vouch for: all their tools are functions, the context is plain, and nothing guards an input."""
    plain = ["context-as-json", "mcp-recipients"]
    return plain if any(agent.get("input_guardrails") for agent in agents) else [*plain, "input-guardrails-completed"]


async def _converted(data: bytes, assumed: list[str]) -> str:
    command = shlex.split(os.environ.get("TIMESTEP_COMMAND", "timestep"))
    with tempfile.TemporaryDirectory() as folder:
        given, made = Path(folder, "state"), Path(folder, "own.json")
        given.write_bytes(data)
        flags = [word for flag in assumed for word in ("--assume", flag)]
        words = [*command, "convert", str(given), "--to", "openai-agents-python", *flags, "-o", str(made)]
        child = await asyncio.create_subprocess_exec(*words, stdout=-1, stderr=-1)
        told = b"\n".join(await child.communicate()).decode()
        if child.returncode:
            raise _refusal(told)
        return made.read_text(encoding="utf-8")


def _refusal(told: str) -> Refused:
    """Return what the command says: `error[CODE]: ...`."""
    code = told.partition("error[")[2].partition("]")[0]
    if not code:
        raise RuntimeError(f"timestep convert: {told.strip()[-200:]}")
    return Refused(code)
