"""The command: it prints sample by sample what ran, and fails when one does not do what it should."""

import pytest

from samples import prelude
from samples.__main__ import main

FINE = """\
# Fine

```python
from timestep import Agent, run_agent

result = await run_agent(Agent(model="m"), "What's 2+2?")
print(result.final_output)
```

```typescript
const x = 1;
```
"""
WRONG = """\
# Wrong

```python
from agents import Agent, Session
print(Agent(model="m").no_such_thing)
```
"""
LATER = """\
# Later

```python
from timestep import serve_agents
serve_agents(agent)
```
"""
# An agent of the other package, with a handoff, an approval, guardrails and a conversation kept by OpenAI.
SDK = '''\
# Another package

```python
from agents import (
    Agent,
    GuardrailFunctionOutput,
    ModelSettings,
    OpenAIConversationsSession,
    RunContextWrapper,
    TResponseInputItem,
    function_tool,
    input_guardrail,
    output_guardrail,
)
from timestep import RunStateStore, run_agent


async def far_away(ctx, args, call_id):
    return args["city"].lower() in ("berkeley", "timbuktu")


@function_tool
def get_weather(city: str) -> str:
    """Tell the weather of a city."""
    return f"{city}: 72 degrees"


get_weather.needs_approval = far_away


@input_guardrail(run_in_parallel=True)
async def decent(
    ctx: RunContextWrapper[None], agent: Agent, input: str | list[TResponseInputItem]
) -> GuardrailFunctionOutput:
    found = any(word in str(input).lower() for word in ["lottery"])
    return GuardrailFunctionOutput(output_info={"found": found}, tripwire_triggered=found)


@output_guardrail
async def discreet(ctx: RunContextWrapper, agent: Agent, output: str) -> GuardrailFunctionOutput:
    return GuardrailFunctionOutput(output_info={}, tripwire_triggered="passphrase" in output)


weather = Agent(
    name="Weather Desk",
    instructions="Weather.",
    model="gpt-4.1",
    model_settings=ModelSettings(temperature=0),
    tools=[get_weather],
)
front = Agent(
    name="Front Desk",
    instructions="Everything.",
    model="gpt-4.1",
    handoffs=[weather],
    input_guardrails=[decent],
    output_guardrails=[discreet],
)
session = OpenAIConversationsSession()
store = RunStateStore(agent=front, session_id=await session._get_session_id())

inputs = [
    [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": "What's 3+4?"}]}],
    [{"role": "user", "content": "What's the weather in Oakland?"}],
    [{"role": "user", "content": "What's the weather in Berkeley?"}],
]
for items in inputs:
    result = await run_agent(front, items, session, stream=False)
    if result.interruptions:
        await store.save(result.to_state())
        loaded = await store.load()
        for interruption in loaded.get_interruptions():
            loaded.approve(interruption)
        result = await run_agent(front, loaded, session, stream=False)
    print(result.final_output)
```
'''


@pytest.fixture
def run(tmp_path, capsys, monkeypatch):
    """Return a function that runs the command on pages, and gives its exit code and what it printed."""
    monkeypatch.chdir(tmp_path)

    def command(*texts):
        for number, text in enumerate(texts):
            (tmp_path / f"{number}.md").write_text(text, encoding="utf-8")
        code = main([str(tmp_path)])
        return code, capsys.readouterr().out

    return command


def test_a_sample_that_does_what_it_should_is_told(run):
    """What ran, what holds, what was mended, and what was left alone."""
    code, out = run(FINE)
    assert code == 0
    assert "0.md:4  Fine\n  ok      ran\n  ok      the answer is printed\n" in out
    assert "1 Python samples: 1 ran, 0 failed, 0 follow\nleft alone: 1 typescript" in out


def test_a_sample_that_fails_fails_the_command(run):
    """Others run all the same; the error, and each line that was changed, are shown."""
    code, out = run(FINE, WRONG)
    assert code == 1
    assert "~4\tfrom timestep import Agent, Session\t[agents read as timestep]" in out
    assert "FAILED  it failed:" in out
    assert "no_such_thing" in out
    assert "2 Python samples: 1 ran, 1 failed, 0 follow" in out


def test_a_claim_that_does_not_hold_fails_the_command(run):
    """A sample that runs without doing what its code is there for is no success."""
    code, out = run(FINE.replace("print(result.final_output)", "print(result.final_output.upper)"))
    assert code == 1
    assert "FAILED  the answer is printed: '2+2 is 4.' was not printed" in out


def test_a_sample_of_a_later_issue_is_listed_by_name(run, monkeypatch):
    """It is neither run nor failed."""
    monkeypatch.setitem(prelude.FOLLOWS, "serve_agents", "Serving")
    code, out = run(LATER)
    assert code == 0
    assert "follows with Serving (it needs serve_agents)" in out
    assert "1 Python samples: 0 ran, 0 failed, 1 follow" in out


def test_a_run_that_asks_no_model_fails_unless_the_sample_brings_one(run):
    """A sample whose run never begins shows nothing; one with a scripted model asks that."""
    never = '```python\nfrom timestep import Agent, run_agent\nrun_agent(Agent(), "Hi")\n```\n'
    code, out = run(never)
    assert code == 1
    assert "FAILED  the model was never asked" in out
    scripted = """\
```python
from timestep import Agent, run_agent
from timestep.testing import ScriptedModel
print((await run_agent(Agent(model=ScriptedModel(["Hello."])), "Hi")).final_output)
```
"""
    code, out = run(scripted)
    assert code == 0, out


def test_a_sample_that_shows_an_error_need_not_ask_anybody(run):
    """What the sample catches by its name may come before the first question."""
    shown = """\
```python
from timestep import Agent, UserError, run_agent
try:
    await run_agent(Agent(model="nobody/m"), "Hi")
except UserError as error:
    print(error.code)
```
"""
    code, out = run(shown)
    assert code == 0, out
    code, out = run(shown.replace("UserError", "TimestepError"))
    assert code == 1
    assert "FAILED  the model was never asked" in out


def test_places_without_samples_are_an_error(tmp_path, capsys):
    """A wrong folder is not taken for one in which all is well."""
    assert main([str(tmp_path)]) == 2
    assert main([str(tmp_path / "none")]) == 2
    assert "none is not there" in capsys.readouterr().err


def test_a_run_saved_by_a_sample_is_loaded_by_a_later_one(run):
    """R5: what a page saves in one block, and resumes in another, crosses two processes."""
    saving = """\
```python
from agents import Agent, Session
from timestep import RunStateStore, run_agent

agent = Agent(model="gpt-4.1")
session = Session()
store = RunStateStore(agent=agent, session_id=await session.get_session_id())
result = await run_agent(agent, input_items, session)
if result.interruptions:
    await store.save(result.to_state())
```
"""
    loading = """\
```python
from agents import Agent, Session
from timestep import RunStateStore, run_agent

agent = Agent(model="gpt-4.1")
store = RunStateStore(agent=agent, session_id="default")
state = await store.load()
for waiting in state.get_interruptions():
    state.approve(waiting)
result = await run_agent(agent, state, Session())
```
"""
    code, out = run(saving + "\n" + loading)
    assert code == 0, out
    assert "another process finds what was saved" in out
    assert "what was approved runs, and the run ends" in out


def test_an_agent_of_the_agents_sdk_runs(run):
    """R5: with its tools, handoffs, guardrails, approval predicate and session, and nothing of it mended."""
    code, out = run(SDK)
    assert code == 0, out
    assert "~" not in out
    for claim in (
        "the calls that need approval wait, the others do not",
        "what was approved runs, and the run ends",
        "another agent takes over",
        "what the @input_guardrail looks for trips it",
        "what the @output_guardrail looks for trips it",
    ):
        assert f"ok      {claim}" in out
