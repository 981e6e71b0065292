"""The least that a loop of model calls and tool calls costs in Python: a dozen lines, no features at all."""

from __future__ import annotations

import json
import platform
from typing import Any

from clock import ANSWER, ARGUMENTS, QUESTION, TOOL, get_weather, next_call, serve

Item = dict[str, Any]


class Floor:
    """A bare loop."""

    def title(self) -> tuple[str, str]:
        """Give name and version."""
        return "a bare loop", f"Python {platform.python_version()}"

    async def run(self, turns: int) -> None:
        """Ask the model and run tools until there is an answer, within the turns."""
        tools, items = {TOOL: get_weather}, [{"role": "user", "content": QUESTION}]
        for _ in range(turns + 1):
            answer = await _model(items)
            items.append(answer)
            if "call_id" not in answer:
                return
            output = await tools[answer["name"]](**json.loads(answer["arguments"]))
            items.append({"type": "function_call_output", "call_id": answer["call_id"], "output": output})


async def _model(_items: list[Item]) -> Item:
    number = await next_call()
    if number is None:
        return {"role": "assistant", "content": ANSWER}
    return {"type": "function_call", "call_id": f"call_{number}", "name": TOOL, "arguments": ARGUMENTS}


if __name__ == "__main__":
    serve(Floor())
