"""Web search as both services give it: one input, one output, and a run that goes on or stops."""

import json

import pytest
from jsonschema import Draft202012Validator

from timestep import Agent, UserError, run_agent
from timestep.testing import ScriptedModel, tool_call
from timestep.tools.web_search import web_search, web_search_tool

from .search_services import KEY
from .test_web_search import OAKLAND, firecrawl, ollama, schema, searched, service

__all__ = ["firecrawl", "ollama", "schema", "service"]  # the fixtures that are used here too
pytestmark = pytest.mark.timeout(5)

backends = pytest.mark.parametrize("backend", ["firecrawl", "ollama"])
KEYS = {"firecrawl": "FIRECRAWL_API_KEY", "ollama": "OLLAMA_API_KEY"}


def named(arguments, path):
    """Return the member of a model's arguments that a path leads to."""
    for name in path.split("."):
        arguments = arguments[name]
    return arguments


@backends
async def test_each_service_gives_the_one_output(request, schema, backend):
    """TS-TOOL-039: whichever was asked, and whatever for; `ignored` names what it was not told, and nothing else."""
    service = request.getfixturevalue(backend)
    full = {
        "query": "snakes",
        "user_location": {**OAKLAND, "timezone": "America/Los_Angeles"},
        "filters": {"allowed_domains": ["example.com"]},
    }
    for size in ("low", "medium", "high"):
        for arguments in ({"query": "snakes"}, {**full, "search_context_size": size}):
            service.asked.clear()
            output = await searched(**arguments)
            Draft202012Validator(schema).validate({"input": arguments, "output": output})
            assert output["backend"] == backend
            ((_, _, body),) = service.asked
            told = json.dumps(body)
            for path in output.get("ignored", []):
                values = named(arguments, path)
                values = [values] if isinstance(values, str) else values.values()
                assert not [value for value in values if value in told]
            assert ("America/Los_Angeles" in told or "ignored" in output) is ("user_location" in arguments)
            assert ("example.com" in told) is ("filters" in arguments)


@backends
async def test_a_model_is_offered_the_input_and_told_the_output(request, schema, backend):
    """TS-TOOL-039: as it stands in the model's requests."""
    request.getfixturevalue(backend)
    model = ScriptedModel([tool_call("web_search", {"query": "snakes"}, "c1"), "Long."])
    await run_agent(Agent(model=model, tools=[web_search]), "Tell me about snakes.")
    first, second = model.requests
    (offered,) = first.tools
    assert (offered["name"], offered["parameters"]) == ("web_search", schema["$defs"]["input"])
    output = json.loads(second.input[-1]["output"])
    Draft202012Validator(schema).validate({"input": {"query": "snakes"}, "output": output})


@backends
async def test_what_a_service_does_with_domains_does_not_matter(request, backend):
    """TS-TOOL-040: pages of other domains are left out, by the caller's domains where the model names none."""
    service = request.getfixturevalue(backend)
    rows = [{"url": f"https://{host}/"} for host in ("a.test", "b.test", "sub.a.test", "a.test.evil.example")]
    answer = {"data": {"web": rows}} if backend == "firecrawl" else {"results": rows}
    service.reply = (200, {}, json.dumps(answer).encode())
    tool = web_search_tool(filters={"allowed_domains": ["a.test"]})
    for arguments, found in (
        ({}, ["a.test", "sub.a.test"]),
        ({"filters": {"allowed_domains": ["sub.a.test", "b.test"]}}, ["sub.a.test"]),
        ({"filters": {"allowed_domains": ["test.evil.example", "a.test"]}}, ["a.test", "sub.a.test"]),
    ):
        pages = (await searched(tool, **arguments))["results"]
        assert [page["url"].split("/")[2] for page in pages] == found
    assert len((await searched())["results"]) == 4


@backends
@pytest.mark.parametrize("status", [401, 402, 429, 500, 200])
async def test_a_search_that_fails_is_told_to_the_model(request, backend, status):
    """TS-TOOL-041: the run goes on, and neither the model nor the saved run sees the key."""
    service = request.getfixturevalue(backend)
    service.reply = (status, {}, json.dumps({"error": f"bad key {KEY}"}).encode())
    model = ScriptedModel([tool_call("web_search", {"query": "snakes"}, "c1"), "I can't."])
    result = await run_agent(Agent(model=model, tools=[web_search]), "Tell me about snakes.")
    assert result.final_output == "I can't."
    told = model.requests[1].input[-1]["output"]
    assert "The web search failed" in told
    assert KEY not in told + repr(model.requests) + repr(result.to_state().document)


@pytest.mark.usefixtures("service")
@pytest.mark.parametrize("value", [None, "", "with a blank"])
@backends
async def test_a_key_that_is_none_stops_the_run(monkeypatch, backend, value):
    """TS-TOOL-041: the model is not asked again, which could not set one."""
    if value is not None:
        monkeypatch.setenv(KEYS[backend], value)
    model = ScriptedModel([tool_call("web_search", {"query": "snakes"}, "c1"), "I can't."])
    with pytest.raises(UserError) as caught:
        await run_agent(Agent(model=model, tools=[web_search]), "Tell me about snakes.")
    assert (caught.value.code, len(model.requests)) == ("key-missing", 1)
