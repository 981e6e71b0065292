"""What a run is told besides its agents: hooks, the context, and settings for all agents."""

import pytest

from timestep import Agent, InputGuardrail, RunConfig, function_tool, input_guardrail, output_guardrail, run_agent
from timestep.errors import UserError
from timestep.guardrails.tool_level import GuardrailResult
from timestep.loop.config import ModelInput
from timestep.testing import ScriptedModel, handoff_to, tool_call
from timestep.types.model_settings import ModelSettings

pytestmark = pytest.mark.timeout(5)
NAMES = [
    *["on_agent_start", "on_agent_end", "on_handoff", "on_tool_start", "on_tool_end", "on_llm_start", "on_llm_end"],
    *["on_start", "on_end"],
]


class Hooks:
    """Hooks that note what they are told, some of them asynchronous."""

    def __init__(self, seen, only=None):
        self.seen = seen
        for index, name in enumerate(only if only is not None else NAMES):
            setattr(self, name, self._later(name) if index % 2 else self._now(name))

    def _now(self, name):
        return lambda ctx, *given, **named: self.seen.append((name, ctx, given or named))

    def _later(self, name):
        async def note(ctx, *given, **named):
            self.seen.append((name, ctx, given or named))

        return note


@function_tool
def tick() -> str:
    """Tick."""
    return "tock"


def two():
    """Return A, which ticks and hands over to B."""
    other = Agent("B", ScriptedModel(["I am B."], prefix="b_"))
    return Agent("A", ScriptedModel([tool_call("tick"), handoff_to("B")]), tools=[tick], handoffs=[other])


async def test_hooks_are_told_in_order():
    """As in openai-agents' RunHooks: agents, questions, tools, handoffs."""
    seen = []
    await run_agent(two(), "Hi", hooks=Hooks(seen), context="mine")
    assert [name for name, _, _ in seen] == [
        *["on_agent_start", "on_llm_start", "on_llm_end", "on_tool_start", "on_tool_end", "on_llm_start", "on_llm_end"],
        *["on_handoff", "on_agent_start", "on_llm_start", "on_llm_end", "on_agent_end"],
    ]
    assert {ctx.context for _, ctx, _ in seen} == {"mine"}


async def test_hooks_are_given_agents_tools_and_what_was_said():
    """The arguments are those of RunHooks: (ctx, agent), (ctx, agent, tool, result), (ctx, from, to) and so on."""
    seen = []
    agent = two()
    await run_agent(agent, "Hi", hooks=Hooks(seen))
    told = {name: given for name, _, given in reversed(seen)}
    assert told["on_agent_start"] == (agent,)
    assert told["on_tool_start"] == (agent, agent.tools[0])
    assert told["on_tool_end"] == (agent, agent.tools[0], "tock")
    assert told["on_handoff"] == (agent, agent.handoffs[0].agent)
    first, instructions, items = told["on_llm_start"]
    assert (first, instructions, list(items)) == (agent, None, [{"role": "user", "content": "Hi"}])
    assert (told["on_llm_end"][0], told["on_llm_end"][1].output[0]["name"]) == (agent, "tick")
    assert told["on_agent_end"] == (agent.handoffs[0].agent, "I am B.")


async def test_hooks_of_an_agent_are_told_of_that_agent():
    """`Agent.hooks`: the same under the names that openai-agents' AgentHooks have."""
    first, second = [], []
    agent = two()
    other = agent.resolved_handoffs()[0].agent
    agent.hooks, other.hooks = Hooks(first), Hooks(second)
    await run_agent(agent, "Hi")
    assert [name for name, _, _ in second] == ["on_start", "on_llm_start", "on_llm_end", "on_end"]
    assert [name for name, _, _ in first][:5] == [
        "on_start",
        "on_llm_start",
        "on_llm_end",
        "on_tool_start",
        "on_tool_end",
    ]
    name, _, given = first[-1]
    assert (name, given) == ("on_handoff", {"agent": other, "source": agent})


async def test_a_stored_result_tells_no_hooks():
    """A finished run that is resumed does nothing again, so there is nothing to tell."""
    seen = []
    agent = Agent("A", ScriptedModel(["Hello."]))
    state = (await run_agent(agent, "Hi")).to_state()
    await run_agent(agent, state, hooks=Hooks(seen))
    assert seen == []


async def test_hooks_may_have_some_methods_only():
    """Each of them is optional."""
    seen = []
    await run_agent(two(), "Hi", hooks=Hooks(seen, ["on_tool_end"]))
    assert len(seen) == 1


async def test_a_hook_that_raises_stops_the_run_and_leaves_a_state():
    """Its error comes as it is; the state can be resumed."""

    class Broken:
        def on_llm_start(self, *_given):
            raise LookupError("no log")

    agent = Agent("A", ScriptedModel(["Hello."]))
    handle = run_agent(agent, "Hi", hooks=Broken())
    with pytest.raises(LookupError, match="no log"):
        await handle
    assert (await run_agent(agent, handle.state)).final_output == "Hello."


@pytest.mark.parametrize("name", ["on_tool_start", "on_tool_end"])
async def test_a_tool_hook_that_raises_stops_the_run(name):
    """A hook is the caller's and no tool: its error comes as it is, and the model is told nothing of it."""

    class Broken:
        pass

    def broken(*_given):
        raise LookupError("no log")

    hooks = Broken()
    setattr(hooks, name, broken)
    model = ScriptedModel([tool_call("tick"), "Done."])
    agent = Agent("A", model, tools=[tick])
    handle = run_agent(agent, "Hi", hooks=hooks)
    with pytest.raises(LookupError, match="no log"):
        await handle
    assert len(model.requests) == 1
    if name == "on_tool_end":  # the tool has run, and its output is kept
        assert handle.state.document.runs[0].calls[0].state == "completed"
        assert (await run_agent(agent, handle.state)).final_output == "Done."


async def test_hooks_are_told_of_nested_agents():
    """An agent as a tool starts and ends like any other."""
    seen = []
    inner = Agent("Inner", ScriptedModel(["Ok."], prefix="i_"))
    outer = Agent("Outer", ScriptedModel([tool_call("ask", {"input": "?"}), "Done."]), tools=[inner.as_tool("ask")])
    await run_agent(outer, "Hi", hooks=Hooks(seen, ["on_agent_start", "x", "on_agent_end"]))
    assert [(name, given[0].name) for name, _, given in seen] == [
        *[("on_agent_start", "Outer"), ("on_agent_start", "Inner")],
        *[("on_agent_end", "Inner"), ("on_agent_end", "Outer")],
    ]


# --- the context


async def test_the_context_is_passed_everywhere():
    """`context` is the very object, in instructions, guardrails, tools, rules and hooks, and in nested runs."""
    seen = {}
    mine = object()

    def note(place):
        def noted(ctx, *_given):
            seen[place] = ctx.context
            return {"instructions": "Be.", "is_enabled": True, "needs_approval": False}.get(place) or False

        return noted

    def checked(place):
        from timestep import GuardrailFunctionOutput

        def check(ctx, _agent, _value):
            seen[place] = ctx.context
            return GuardrailFunctionOutput(None, tripwire_triggered=False)

        return check

    from timestep import RunContextWrapper

    @function_tool(is_enabled=note("is_enabled"), needs_approval=note("needs_approval"))
    def use(ctx: RunContextWrapper, word: str) -> str:
        """Use."""
        seen["tool"] = ctx.context
        return word

    inner = Agent("Inner", ScriptedModel([tool_call("use", {"word": "x"}), "Ok."], prefix="i_"), tools=[use])
    outer = Agent(
        "Outer",
        ScriptedModel([tool_call("ask", {"input": "?"}), "Done."]),
        note("instructions"),
        tools=[inner.as_tool("ask")],
        input_guardrails=[input_guardrail(name="i")(checked("input_guardrail"))],
        output_guardrails=[output_guardrail(name="o")(checked("output_guardrail"))],
    )
    await run_agent(outer, "Hi", context=mine)
    places = ["instructions", "is_enabled", "needs_approval", "tool", "input_guardrail", "output_guardrail"]
    assert seen == dict.fromkeys(places, mine)


async def test_usage_so_far_is_in_the_context():
    """`ctx.usage` is what the run has used when user code is asked."""
    seen = []

    def instructions(ctx, agent):
        seen.append((agent.name, ctx.usage.requests or 0))
        return "Be."

    await run_agent(Agent("A", ScriptedModel([tool_call("tick"), "Done."]), instructions, tools=[tick]), "Hi")
    assert seen == [("A", 0), ("A", 1)]


# --- settings of a run


async def test_a_model_of_the_run_is_asked_instead_of_the_agents():
    """`RunConfig.model`, as a model: for all agents."""
    agent = two()
    model = ScriptedModel([handoff_to("B"), "From the run."], prefix="run_")
    result = await run_agent(agent, "Hi", run_config=RunConfig(model=model))
    assert result.final_output == "From the run."
    assert len(model.requests) == 2


async def test_a_model_name_of_the_run_is_what_the_provider_is_asked_for():
    """`RunConfig.model` and `model_provider`: one name for all agents; each name is looked up once."""

    class Provider:
        def __init__(self, model):
            self.model, self.names = model, []

        def get_model(self, name):
            self.names.append(name)
            return self.model

    model = ScriptedModel(["Hello.", "Hello."])
    provider = Provider(model)
    await run_agent(Agent("A", "gpt-4.1"), "Hi", model_provider=provider)
    await run_agent(Agent("A", "gpt-4.1"), "Hi", run_config=RunConfig(model="other", model_provider=provider))
    assert (provider.names, [request.model for request in model.requests]) == (
        ["gpt-4.1", "other"],
        ["gpt-4.1", "other"],
    )


async def test_a_model_is_looked_up_once_in_a_run():
    """However often it is asked."""
    names = []

    class Provider:
        def get_model(self, name):
            names.append(name)
            return model

    model = ScriptedModel([tool_call("tick"), tool_call("tick"), "Done."])
    await run_agent(Agent("A", "gpt-4.1", tools=[tick]), "Hi", model_provider=Provider())
    assert names == ["gpt-4.1"]


async def test_settings_of_the_run_are_put_over_those_of_the_agents():
    """`RunConfig.model_settings`: what it says holds, what it does not say is the agent's."""
    model = ScriptedModel(["a", "b"])
    agent = Agent("A", model, model_settings=ModelSettings(temperature=0.5, top_p=0.1))
    await run_agent(agent, "Hi", run_config=RunConfig(model_settings={"temperature": 0}))
    await run_agent(agent, "Hi", run_config=RunConfig(model_settings=ModelSettings(top_p=1)))
    found = [(request.settings.temperature, request.settings.top_p) for request in model.requests]
    assert found == [(0, 0.1), (0.5, 1)]


@pytest.mark.parametrize("later", [False, True])
async def test_what_a_model_is_sent_may_be_changed_without_changing_what_is_kept(later):
    """`RunConfig.call_model_input_filter`: given input, instructions, agent and context."""
    seen = []

    def shorten(given):
        seen.append((given.agent.name, given.context, given.instructions))
        return ModelInput(given.input[-1:], "Be brief.")

    async def shorten_later(given):
        return shorten(given)

    model = ScriptedModel([tool_call("tick", {}, "c1"), "Done."])
    agent = Agent("A", model, "Be.", tools=[tick])
    config = RunConfig(call_model_input_filter=shorten_later if later else shorten)
    result = await run_agent(agent, "Hi", run_config=config, context="mine")
    assert [(request.instructions, len(request.input)) for request in model.requests] == [("Be brief.", 1)] * 2
    assert (seen, len(result.to_input_list())) == ([("A", "mine", "Be.")] * 2, 4)


async def test_a_filter_that_raises_stops_the_run():
    """Its error comes as it is, and nothing is sent."""

    def broken(_given):
        raise LookupError("no filter")

    model = ScriptedModel(["Hello."])
    handle = run_agent(Agent("A", model), "Hi", run_config=RunConfig(call_model_input_filter=broken))
    with pytest.raises(LookupError, match="no filter"):
        await handle
    assert model.requests == []


async def test_instructions_may_be_a_function():
    """Asked for anew in each turn; what is no text is refused."""
    words = iter(["one", "two"])
    model = ScriptedModel([tool_call("tick"), "Done."])
    await run_agent(Agent("A", model, lambda _ctx, _agent: next(words), tools=[tick]), "Hi")
    assert [request.instructions for request in model.requests] == ["one", "two"]
    with pytest.raises(UserError, match="no text"):
        await run_agent(Agent("A", ScriptedModel([]), lambda _ctx, _agent: 5), "Hi")


async def test_a_guardrail_on_a_tool_needs_no_context():
    """RULINGS R8: tool-level guardrails are given tool and arguments."""
    seen = []

    def note(tool, args):
        seen.append((tool, args))
        return GuardrailResult.proceed()

    agent = Agent("A", ScriptedModel([tool_call("tick"), "Done."]), tools=[tick], guardrails=[InputGuardrail(note)])
    await run_agent(agent, "Hi")
    assert seen == [("tick", {})]


async def test_a_conversation_that_the_host_keeps_is_gone_on_with():
    """`previous_response_id`: the model is sent what is new, and each answer is what the next question follows."""
    model = ScriptedModel([tool_call("tick", {}, "c1"), "Done."])
    await run_agent(Agent("A", model, tools=[tick]), "Hi", previous_response_id="resp_x")
    assert [request.previous_response_id for request in model.requests] == ["resp_x", "resp_0"]
    assert [len(request.input) for request in model.requests] == [1, 1]


async def test_a_conversation_of_an_id_is_gone_on_with():
    """`conversation_id`: likewise."""
    model = ScriptedModel([tool_call("tick", {}, "c1"), "Done."])
    await run_agent(Agent("A", model, tools=[tick]), "Hi", conversation_id="conv_x")
    assert [request.conversation_id for request in model.requests] == ["conv_x"] * 2
    assert [len(request.input) for request in model.requests] == [1, 1]
