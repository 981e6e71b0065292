"""Drives the `openai-agents` package for the bench: makes a paused run of N turns, loads it, saves it.

Serves one JSON object a line, as `tools/sdk/client.py` asks for. The model is a scripted one without latency, so that
a thousand turns cost what the SDK itself takes.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

JSON = dict[str, Any]
#: Turns the run may take beyond the measured ones: the turn that waits, and one to finish.
_SPARE_TURNS = 2


def refuse_keys() -> None:
    """End the process when an API key is set: nothing here may reach a network."""
    if os.environ.get("OPENAI_API_KEY"):
        sys.exit("refusing to start: OPENAI_API_KEY is set")


def make_model(turns: int) -> Any:
    """Return a model that looks up the weather once a turn, and then asks to send an e-mail."""
    from agents import Model, ModelResponse, Usage
    from openai.types.responses import ResponseFunctionToolCall

    class ScriptedModel(Model):
        """Answers by count."""

        served = 0

        async def get_response(self, *_: Any, **__: Any) -> ModelResponse:
            """Give the next call."""
            number, self.served = self.served, self.served + 1
            mail = number >= turns
            call = ResponseFunctionToolCall(
                type="function_call",
                id=f"fc_{number}",
                call_id=f"call_{number}",
                name="send_email" if mail else "get_weather",
                arguments='{"to":"ann@example.com"}' if mail else f'{{"city":"City {number}"}}',
                status="completed",
            )
            usage = Usage(requests=1, input_tokens=10, output_tokens=5, total_tokens=15)
            return ModelResponse(output=[call], usage=usage, response_id=f"resp_{number}")

        def stream_response(self, *_: Any, **__: Any) -> Any:
            """Nothing here streams."""
            raise NotImplementedError

    return ScriptedModel()


def make_agent(turns: int) -> Any:
    """Return the agent with its two tools; sending waits for approval."""
    from agents import Agent, function_tool

    @function_tool
    def get_weather(city: str) -> str:
        """Look up the weather."""
        return f"sunny in {city}"

    @function_tool(needs_approval=True)
    def send_email(to: str) -> str:
        """Send an e-mail."""
        return f"sent to {to}"

    return Agent(
        name="Mailer", instructions="You send e-mails.", model=make_model(turns), tools=[get_weather, send_email]
    )


def make(request: JSON) -> JSON:
    """Run N turns up to the call that waits, and keep the saved state in a file."""
    from agents import RunConfig, Runner

    turns = request["turns"]
    started = time.process_time()
    run = Runner.run(
        make_agent(turns),
        "Many cities, then mail.",
        max_turns=turns + _SPARE_TURNS,
        run_config=RunConfig(tracing_disabled=True),
    )
    result = asyncio.run(run)
    if len(result.interruptions) != 1:
        raise RuntimeError("the run did not stop at the call that waits")
    ran = time.process_time() - started
    Path(request["file"]).write_text(result.to_state().to_string(), encoding="utf-8")
    return {"seconds": {"run": ran}}


def measure(request: JSON) -> JSON:
    """Load a state and save it again, once each."""
    text = Path(request["file"]).read_text(encoding="utf-8")
    return asyncio.run(_measure(make_agent(request["turns"]), text))


async def _measure(agent: Any, text: str) -> JSON:
    """Take the times inside the running loop, so that starting one costs nothing here."""
    from agents import RunState

    gc.collect()
    started = time.process_time()
    state = await RunState.from_string(agent, text)
    loaded = time.process_time()
    state.to_string()
    saved = time.process_time()
    return {"seconds": {"load": loaded - started, "save": saved - loaded}}


def hello(_request: JSON) -> JSON:
    """Tell the SDK and its version."""
    return {"name": "openai-agents", "version": version("openai-agents")}


def main() -> None:
    """Serve until the input ends; what the SDK prints goes to stderr."""
    refuse_keys()
    target, sys.stdout = sys.stdout, sys.stderr
    operations = {"hello": hello, "make": make, "measure": measure}
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = operations[request["op"]](request)
        except Exception as error:  # noqa: BLE001 - told to the asker
            answer = {"error": f"{type(error).__name__}: {error}"}
        target.write(json.dumps({"id": request["id"], **answer}) + "\n")
        target.flush()


if __name__ == "__main__":
    main()
