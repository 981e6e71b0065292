"""How samples are run besides as they stand."""

from samples import variants

GUARDED = """\
from timestep import Agent, GuardrailInterrupt, InputGuardrail

async def check(tool_name, args):
    if not args["to"].endswith("@ours.example"):
        raise GuardrailInterrupt("?", tool_name, args)

guardrail = InputGuardrail(check)
messages = [{"role": "user", "content": "Send an email to a.b@theirs.example with subject 'x'"}]
agent = Agent(guardrails=[guardrail])
run_agent(agent, messages)
"""


def test_what_the_user_says_is_replaced_where_it_stands(sample):
    """Only the first input is another one; every other character stays."""
    found = sample('run_agent(a, "é", "first")\nrun_agent(b, [{"content": "second"}])\na = b = run_agent = print')
    variant = variants.saying(found, "it's new", "SomeError")
    assert variant.sample.source == found.source.replace('"é"', '"it\'s new"')
    assert variant.may_raise == {"SomeError"}


def test_a_sample_without_input_can_say_nothing_else(sample):
    """There is nothing to replace."""
    assert variants.saying(sample("x = 1"), "new", "SomeError") is None


def test_a_guardrail_for_addresses_lets_one_of_its_own_domain_pass(sample):
    """The domain is the one the guardrail itself tests for."""
    variant = variants.passing(sample(GUARDED))
    assert "a.b@ours.example with subject" in variant.sample.source
    assert "theirs" not in variant.sample.source


def test_a_condition_of_the_prelude_is_tried_both_ways(sample):
    """Guardrails that nothing uses are given to an agent, once with the condition and once without."""
    found = sample(
        "from timestep import GuardrailInterrupt, InputGuardrail\n"
        "async def check(tool_name, args):\n    if some_condition:\n        raise GuardrailInterrupt('?')\n"
        "mine = InputGuardrail(check)"
    )
    plain, passing = variants.plain(found), variants.passing(found)
    assert "guardrails=[mine]" in plain.epilogue
    assert passing.epilogue == plain.epilogue
    assert "some_condition = True" in plain.sample.prelude
    assert "some_condition = False" in passing.sample.prelude


def test_a_sample_as_it_stands_is_not_changed(sample):
    """Nothing is added to a sample that runs its agents itself."""
    found = sample(GUARDED)
    assert variants.plain(found) == variants.Variant("", found)


def test_what_was_saved_is_loaded_by_another_store(sample):
    """The store is told by the name it has in the sample."""
    found = sample("from timestep import Agent\nmine = Agent()\nawait mine.save(1)")
    assert "session_id=mine.session_id" in variants.reloading(found).epilogue
    assert variants.reloading(sample("async def f():\n    inner = 1\n    await inner.save(1)")) is None


def test_agents_that_nothing_runs_ask_openai_at_its_own_address(sample):
    """The toy server takes its place there, so that its key and its host are seen; a key can be missing besides."""
    found = sample(
        "from timestep import Agent, MultiModelProvider\n"
        "provider = MultiModelProvider()\n"
        "mine = Agent(model='ollama/llama3')"
    )
    plain, keyless = variants.plain(found), variants.without("OLLAMA_API_KEY")(found)
    assert "mine" in plain.epilogue
    assert plain.environment == (("OPENAI_BASE_URL", None),)
    assert (keyless.epilogue, keyless.name) == (plain.epilogue, "without OLLAMA_API_KEY")
    assert keyless.environment == (*plain.environment, ("OLLAMA_API_KEY", None))


def test_the_model_that_fails_is_the_first_agents(sample):
    """Or the one that has fallbacks."""
    source = "from timestep import Agent\nfirst = Agent(model='one')\nif first:\n    second = Agent(model='ollama/two')"
    failing = variants.failing(sample(source))
    assert (failing.failing, failing.environment) == ({"one"}, ())
    keyless = variants.failing_without("OLLAMA_API_KEY")(sample(source))
    assert (keyless.failing, keyless.environment) == ({"one"}, (("OLLAMA_API_KEY", None),))
    chained = sample("from timestep import MultiModelProvider\nMultiModelProvider(fallbacks={'three': ['ollama/two']})")
    assert variants.failing_primary(chained).failing == {"three"}
