"""What the traces of the package are told of a model of ours that its runner asks (RULINGS R5b)."""

import agents
import pytest

from timestep.errors import ModelError
from timestep.interop.serving import ServedModel
from timestep.providers.protocol import ModelResponse
from timestep.testing import ScriptedModel, message
from timestep.types.state import Usage

pytestmark = pytest.mark.timeout(5)


async def run(agent, config, *, stream):
    """Run with the package's own runner."""
    if not stream:
        await agents.Runner.run(agent, "Hello", run_config=config)
        return
    async for _ in agents.Runner.run_streamed(agent, "Hello", run_config=config).stream_events():
        pass


class Seen(agents.TracingProcessor):
    """What a trace of theirs was told of models."""

    def __init__(self):
        self.spans = []

    def on_span_end(self, span):
        """Keep a span about a model."""
        if span.span_data.type == "generation":
            self.spans.append((span.span_data.export(), span.error))

    def ignore(self, *_):
        """Look at nothing else."""

    on_trace_start = on_trace_end = on_span_start = shutdown = force_flush = ignore


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("sensitive", [True, False])
async def test_their_traces_are_told_of_a_question(stream, sensitive):
    """Model and tokens; what was said, and what went wrong, only where they may hold it."""
    provider = agents.tracing.get_trace_provider()
    kept, seen = provider._multi_processor._processors, Seen()
    agents.set_trace_processors([seen])
    try:
        usage = Usage(input_tokens=3, output_tokens=4, total_tokens=7)
        script = ScriptedModel([ModelResponse(output=[message("Hi.")], usage=usage), ModelError("gone")])
        config = agents.RunConfig(trace_include_sensitive_data=sensitive)
        agent = agents.Agent(name="Clerk", model=ServedModel(script))
        await run(agent, config, stream=stream)
        with pytest.raises(ModelError):
            await run(agent, config, stream=stream)
    finally:
        provider.set_processors(kept)
    (first, no_error), (second, error) = seen.spans
    assert (first["model"], first["usage"]) == ("ScriptedModel", {"input_tokens": 3, "output_tokens": 4})
    assert (no_error, second["usage"]) == (None, None)
    assert error["data"]["error"] == ("gone" if sensitive else "ModelError")
    assert (first["input"] is not None, first["output"] is not None) == (sensitive, sensitive)
