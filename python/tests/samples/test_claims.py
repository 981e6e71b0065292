"""Each claim is found by what code uses, holds for what it should, and fails for what it should not."""

import ast
import json

import pytest

from samples import hosts
from samples.claims import CLAIMS, claims_of
from samples.facts import Code
from samples.probe import question, record
from samples.process import Evidence
from samples.searches import FOUND
from samples.server import Exchange, Sent

CLAIM = {claim.says: claim for claim in CLAIMS}


def says(text):
    """Return an answer of the model."""
    return {"type": "message", "content": [{"text": text}]}


def calls(name, arguments="{}"):
    """Return a call of the model."""
    return {"type": "function_call", "call_id": f"call_{name}", "name": name, "arguments": arguments}


def asked(*output, items=(), **request):
    """Return an exchange with the model."""
    return Exchange(request, list(items), list(output))


def at(origin, model, *output, key=None, said="Hi"):
    """Return an exchange with a model at some host, and the key it was sent; without output it failed."""
    headers = {"authorization": f"Bearer {hosts.KEYS[key]}"} if key else {}
    sent = Sent(origin, "/", headers, {"model": model})
    return Exchange({"model": model}, [{"role": "user", "content": said}], list(output), sent)


def led(*destinations, in_sdk=(), error=""):
    """Return what the sample of two agents did: where the questions to them went."""
    found = [
        at(origin, model, says("Said."), key=key, said=question(agent))
        for agent, (origin, model, key) in zip(("a", "b"), destinations, strict=False)
    ]
    found += [
        at(origin, model, says("Said."), key=key, said=question("a", in_sdk=True)) for origin, model, key in in_sdk
    ]
    told = {agent: record(model, origin) for agent, (origin, model, _) in zip("ab", destinations, strict=False)}
    told |= {"b": error} if error else {}
    return evidence(exchanges=found, stdout="".join(f"{question(agent)} {each}\n" for agent, each in told.items()))


def result(*waiting, **parts):
    """Return a result in which these calls wait."""
    pending = [{"tool": tool, "arguments": arguments} for tool, arguments in waiting]
    return {"kind": "result", "name": "", "interruptions": pending, "final_output": None, "messages": []} | parts


def called(name):
    """Return the note of a call."""
    return {"kind": "called", "name": name}


def event(**fields):
    """Return the note of an event."""
    return {"kind": "event", "event": fields}


def evidence(*log, exchanges=(), stdout=""):
    """Return what a sample did."""
    return Evidence(0, stdout, "", list(log), list(exchanges), 0.1)


def kept(*lines):
    """Return what a sample did that has written these lines, and was answered "Hello"."""
    return evidence(exchanges=[asked(says("Hello"))])._replace(lines=lines)


def hosted(*items):
    """Return what a sample did that has left these items on the server."""
    return evidence()._replace(kept=items)


USER = {"type": "message", "role": "user", "content": [{"text": "Hi"}]}
CALL = {"type": "function_call", "call_id": "c"}
OUTPUT = {"type": "function_call_output", "call_id": "c"}
GUARDED = """
async def check(tool_name, args):
    raise GuardrailInterrupt(prompt="?", tool_name=tool_name, args=args)
async def send(args): ...
agent = Agent(tools=[send], guardrails=[InputGuardrail(check)])
"""
BY_CITY = """
async def rule(ctx, args, call_id):
    return args["city"] in ["berkeley"]
def weather(city): ...
weather.needs_approval = rule
"""
MASKED = """
async def mask(tool_name, args, result):
    return GuardrailResult.modify_result({"result": result.replace("secret", "***")})
guardrail = OutputGuardrail(mask)
"""
ALICE = 'run_agent(agent, "My name is Alice")\nrun_agent(agent, "What is my name?")'
STREAM = 'if event["type"] == "content_delta": print(event)'
TRIPS = "@{0}\nasync def check(ctx, agent, text):\n    return 'spam' in text"
FALLBACK = """
from timestep import ModelBehaviorError
result = run_agent(Agent(model="gpt-4.1"), "Hi")
result = run_agent(Agent(model="ollama/gpt-oss:20b-cloud"), "Hi")
"""
TWO = """
providers.add_provider("mine", OllamaModelProvider(api_key=os.environ.get("OLLAMA_API_KEY")))
provider = MultiModelProvider(provider_map=providers)
a = Agent(model="gpt-4.1")
b = Agent(model="mine/llama3")
"""
OPENAI = (hosts.OPENAI, "gpt-4.1", "OPENAI_API_KEY")
CLOUD = (hosts.OLLAMA_CLOUD, "llama3", "OLLAMA_API_KEY")
FAILED, ANSWERED = (at("", "gpt-4.1", *output, key="OPENAI_API_KEY") for output in ((), (says("x"),)))
CLOUD_ANSWERED = at(hosts.OLLAMA_CLOUD, "gpt-oss:20b", says("x"), key="OLLAMA_API_KEY")
DAEMON_ANSWERED = at(hosts.OLLAMA_LOCAL, "gpt-oss:20b-cloud", says("x"))
DONE = result(final_output="x")
SEARCH = "from timestep import web_search\nrun_agent(Agent(tools=[web_search]), 'What?')"
SEARCHED = Sent(hosts.FIRECRAWL, "/v2/search", {}, {})
READ = asked(items=[{"type": "function_call_output", "output": f"found: {FOUND}"}])
OAKLAND, BERKELEY = '{"city": "Oakland"}', '{"city": "Berkeley"}'
PIECES = [event(type="content_delta", content="a "), event(type="content_delta", content="b")]
MESSAGE = event(type="message", content="a b")

# Claim -> code that makes it, what holds, and what does not.
CASES = {
    "a guardrail's interrupt pauses the run before the tool": (
        GUARDED,
        evidence(called("check"), result(("send", "{}"))),
        [evidence(called("check"), result()), evidence(called("send"), result(("send", "{}")))],
    ),
    "what the guardrail lets pass is not paused": (
        GUARDED,
        evidence(called("send"), result(), exchanges=[asked(calls("send"))]),
        [
            evidence(called("send"), result(("send", "{}")), exchanges=[asked(calls("send"))]),
            evidence(result(), exchanges=[asked(calls("send"))]),
        ],
    ),
    "the calls that need approval wait, the others do not": (
        BY_CITY,
        evidence(result(("weather", BERKELEY)), exchanges=[asked(calls("weather", c)) for c in (OAKLAND, BERKELEY)]),
        [
            evidence(result(), exchanges=[asked(calls("weather", c)) for c in (OAKLAND, BERKELEY)]),
            evidence(
                result(("weather", BERKELEY), ("weather", OAKLAND)),
                exchanges=[asked(calls("weather", c)) for c in (OAKLAND, BERKELEY)],
            ),
            evidence(result(("weather", BERKELEY)), exchanges=[asked(calls("weather", BERKELEY))]),
        ],
    ),
    "a call waits for a decision": (
        "if result.interruptions: store.save(state)",
        evidence(result(("send", "{}"))),
        [evidence(result())],
    ),
    "what was approved runs, and the run ends": (
        "state.approve(call)\nrun_agent(agent, state)",
        evidence(result(("send", "{}")), called("send"), result(final_output="x"), exchanges=[asked(calls("send"))]),
        [
            evidence(result(("send", "{}")), called("send"), exchanges=[asked(calls("send"))]),
            evidence(result(("send", "{}")), called("send"), result(), exchanges=[asked(calls("send"))]),
            evidence(result(("send", "{}")), result(final_output="x"), exchanges=[asked(calls("send"))]),
            evidence(
                result(("send", "{}")),
                *[called("send")] * 2,
                result(final_output="x"),
                exchanges=[asked(calls("send"))],
            ),
            evidence(*[called("send")] * 2, result(final_output="x"), exchanges=[asked(items=[calls("send")])]),
            evidence(result()),
        ],
    ),
    "a yes on the terminal lets the call run": (
        "from timestep import request_approval",
        evidence(called("send"), result(), exchanges=[asked(calls("send"))]),
        [evidence(result(), exchanges=[asked(calls("send"))]), evidence(result(("send", "{}")))],
    ),
    "another process finds what was saved": (
        "store.save(state)",
        evidence(result(("send", "{}"))),
        [evidence(result())],
    ),
    "another agent takes over": (
        "Agent(handoffs=[other])",
        evidence(exchanges=[asked(calls("transfer_to_b"), instructions="a"), asked(says("x"), instructions="b")]),
        [
            evidence(exchanges=[asked(says("x"), instructions="a")]),
            evidence(exchanges=[asked(calls("transfer_to_b"), instructions="a"), asked(says("x"), instructions="a")]),
        ],
    ),
    "what the guardrail masks never reaches the model": (
        MASKED,
        evidence(exchanges=[asked(input=[{"output": "***"}])]),
        [evidence(exchanges=[asked(input=[{"output": "secret ***"}])]), evidence(exchanges=[asked(input=[])])],
    ),
    "the session remembers the name": (
        ALICE,
        evidence(result(messages=[{"content": "Alice"}]), exchanges=[asked(says("Your name is Alice."))]),
        [
            evidence(result(messages=[{"content": "Alice"}]), exchanges=[asked(says("I don't know."))]),
            evidence(result(messages=[]), exchanges=[asked(says("Your name is Alice."))]),
        ],
    ),
    "the conversation stands in the session's file": (
        "FileSession('a', 'b')\nrun_agent(agent, 'Hi')",
        kept('{"content": "Hi"}', '{"content": "Hello"}'),
        [kept(), kept('{"content": "Hi"}'), kept('{"content": "Hello"}')],
    ),
    "the conversation stands on the server": (
        "OpenAIConversationsSession()\nrun_agent(agent, 'Hi')",
        hosted(USER, CALL, OUTPUT),
        [hosted(), hosted(USER, USER), hosted(USER, CALL), hosted(USER, OUTPUT)],
    ),
    "the processor gives the result": (
        "default_result_processor(events)",
        evidence(result(final_output="x") | {"name": "result"}),
        [evidence(result()), evidence()],
    ),
    "the pieces come before the message": (
        STREAM,
        evidence(*PIECES, MESSAGE, stdout="a b", exchanges=[asked(says("a b"))]),
        [
            evidence(MESSAGE, stdout="a b", exchanges=[asked(says("a b"))]),
            evidence(*PIECES, MESSAGE, *PIECES, stdout="a b", exchanges=[asked(says("a b"))]),
            evidence(*PIECES, MESSAGE, stdout="a b", exchanges=[asked(says("a c"))]),
            evidence(*PIECES, MESSAGE, stdout="", exchanges=[asked(says("a b"))]),
        ],
    ),
    "all events come, and the result is whole": (
        "result.stream_events()",
        evidence(MESSAGE, result(final_output="a b"), exchanges=[asked(says("a b"))]),
        [
            evidence(result(final_output="a b"), exchanges=[asked(says("a b"))]),
            evidence(MESSAGE, result(), exchanges=[asked(says("a b"))]),
        ],
    ),
    "the answer is printed": (
        "print(result.final_output)",
        evidence(result(final_output="x"), stdout="x y", exchanges=[asked(says("x"))]),
        [
            evidence(result(final_output="x"), stdout="y", exchanges=[asked(says("x"))]),
            evidence(stdout="y", exchanges=[asked(says("x"))]),
            evidence(stdout="y"),
        ],
    ),
    "a failing model leads to the other one": (
        FALLBACK,
        evidence(DONE, exchanges=[FAILED, FAILED, CLOUD_ANSWERED]),
        [
            evidence(DONE, exchanges=[FAILED]),
            evidence(DONE, exchanges=[CLOUD_ANSWERED]),
            evidence(DONE, exchanges=[FAILED, ANSWERED]),
            evidence(DONE, exchanges=[FAILED, DAEMON_ANSWERED]),
            evidence(DONE, exchanges=[at(hosts.OPENAI, "gpt-4o"), CLOUD_ANSWERED]),
            evidence(DONE, exchanges=[FAILED._replace(items=[]), CLOUD_ANSWERED]),
            evidence(result(), exchanges=[FAILED, CLOUD_ANSWERED]),
            evidence(exchanges=[FAILED, CLOUD_ANSWERED]),
        ],
    ),
    "without a key of its own, the other one is asked all the same": (
        FALLBACK,
        evidence(DONE, exchanges=[FAILED, DAEMON_ANSWERED]),
        [evidence(DONE, exchanges=[FAILED, CLOUD_ANSWERED])],
    ),
    "a model that answers is the only one asked": (
        FALLBACK,
        evidence(DONE, exchanges=[ANSWERED]),
        [evidence(DONE, exchanges=[CLOUD_ANSWERED]), evidence(exchanges=[FAILED]), evidence()],
    ),
    "a fallback answers in the place of its model": (
        "MultiModelProvider(fallbacks={'gpt-4.1': ['ollama/gpt-oss:20b-cloud']})\nrun_agent(agent, 'Hi')",
        evidence(DONE, exchanges=[FAILED, FAILED, CLOUD_ANSWERED]),
        [
            evidence(DONE, exchanges=[ANSWERED]),
            evidence(DONE, exchanges=[FAILED, DAEMON_ANSWERED]),
            evidence(exchanges=[FAILED, CLOUD_ANSWERED]),
        ],
    ),
    "each model is asked where its name leads, with the key of that place alone": (
        TWO,
        led(OPENAI, CLOUD),
        [
            led(OPENAI),
            led(CLOUD, OPENAI),
            led(OPENAI, (hosts.OLLAMA_LOCAL, "llama3", None)),
            led(OPENAI, (hosts.OLLAMA_CLOUD, "llama3", "OPENAI_API_KEY")),
            led(OPENAI, (hosts.OLLAMA_CLOUD, "mine/llama3", "OLLAMA_API_KEY")),
            led(OPENAI, CLOUD, error="was answered by nobody"),
        ],
    ),
    "without a key of Ollama, each model is asked where its name leads then": (
        TWO,
        led(OPENAI, error="key-missing OLLAMA_API_KEY is not set"),
        [
            led(OPENAI, CLOUD),
            led(OPENAI),
            led(OPENAI, error="key-missing OPENAI_API_KEY is not set"),
            led(OPENAI, (hosts.OLLAMA_LOCAL, "llama3", None)),
        ],
    ),
    "the model is offered web search": (
        "from timestep import HostedTool\nrun_agent(Agent(tools=[HostedTool('web_search')]), 'What?')",
        evidence(exchanges=[asked(tools=[{"type": "function", "name": "web_search"}])]),
        [evidence(exchanges=[asked(tools=[])])],
    ),
    "what a search finds is read by the model": (
        SEARCH,
        evidence(exchanges=[READ])._replace(sent=(SEARCHED,)),
        [evidence(exchanges=[READ]), evidence(exchanges=[asked()])._replace(sent=(SEARCHED,))],
    ),
    "without a key of Firecrawl, Ollama Cloud is asked to search": (
        SEARCH,
        evidence(exchanges=[READ])._replace(sent=(SEARCHED._replace(origin=hosts.OLLAMA_CLOUD),)),
        [evidence(exchanges=[READ])._replace(sent=(SEARCHED,)), evidence(exchanges=[READ])],
    ),
    "the same workflow_id is the same run": (
        "await run_agent_workflow(agent=agent, input_items='Hi', workflow_id='w1')",
        evidence(),
        [evidence()._replace(status=1)],
    ),
    "the queue starts 50 runs in 60 seconds": (
        "queue_agent_workflow(agent=agent, input_items='Hi')",
        evidence(),
        [evidence()._replace(status=1)],
    ),
    "the schedule is kept": (
        "create_scheduled_agent_workflow(crontab='0 * * * *', agent=agent, input_items='Hi')",
        evidence(),
        [evidence()._replace(status=1)],
    ),
    "what the @input_guardrail looks for trips it": (
        TRIPS.format("input_guardrail"),
        evidence({"kind": "raised", "type": "InputGuardrailTripwireTriggered"}),
        [evidence(), evidence({"kind": "raised", "type": "ModelError"})],
    ),
    "what the @output_guardrail looks for trips it": (
        TRIPS.format("output_guardrail(name='x')"),
        evidence({"kind": "raised", "type": "OutputGuardrailTripwireTriggered"}),
        [evidence()],
    ),
}


def test_every_claim_is_tested():
    """No claim stands in the table that could not be seen to fail here."""
    assert list(CASES) == list(CLAIM)


@pytest.mark.parametrize("name", CASES)
def test_a_claim_holds_and_can_fail(name):
    """What does as the page says passes; each way to do otherwise is told."""
    source, fine, wrong = CASES[name]
    code = Code(ast.parse(source))
    assert CLAIM[name].uses(code)
    assert CLAIM[name].check(code, fine) is None
    for each in wrong:
        assert CLAIM[name].check(code, each), json.dumps(each.log)


def test_code_that_uses_nothing_claims_nothing(sample):
    """A claim is made by code alone, never by where it stands."""
    assert claims_of(sample("from timestep import Agent\nagent = Agent(name='A')\nprint(agent)")) == []


def test_a_decision_that_is_only_written_claims_no_run():
    """A sample that decides and hands the state over to somebody else does not say that the call runs here."""
    claim = CLAIM["what was approved runs, and the run ends"]
    decided = "result = run_agent(agent, 'Mail Ann.')\nstate.approve(call)\n"
    assert not claim.uses(Code(ast.parse(f"{decided}write(state, 'openai-agents-js')")))
    assert claim.uses(Code(ast.parse(f"{decided}run_agent(agent, state)")))


def test_the_provider_is_asked_inside_the_agents_sdk_too():
    """R5b: where a sample imports `Runner`, each model has to be asked by it as well."""
    claim = CLAIM["each model is asked where its name leads, with the key of that place alone"]
    code = Code(ast.parse("from agents import Runner\nprovider = MultiModelProvider()\na = Agent(model='gpt-4.1')"))
    assert claim.check(code, led(OPENAI, in_sdk=[OPENAI])) is None
    assert "nobody" in claim.check(code, led(OPENAI))
    assert claim.check(code, led(OPENAI, in_sdk=[CLOUD]))
