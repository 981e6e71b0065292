"""An approver that asks on the terminal."""

from __future__ import annotations

import asyncio
import sys

from timestep.interruptions import Interruption


async def request_approval(asked: Interruption) -> bool:
    """Ask whoever sits at the terminal whether a call may run: `run_agent(..., approver=request_approval)`.

    The question goes to stderr, so that the output of a program stays clean. Only `y` and `yes` let the call run; the
    end of the input is a no.
    """
    prompts = [*asked.prompts] or [f"{asked.agent} wants to run {asked.tool} with {asked.arguments}. Approve? (y/n): "]
    for prompt in prompts:
        sys.stderr.write(prompt if prompt.endswith(" ") else f"{prompt} ")
    sys.stderr.flush()
    answer = await asyncio.to_thread(sys.stdin.readline)
    return answer.strip().lower() in ("y", "yes")
