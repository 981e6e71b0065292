"""Web search: one schema, two services, what the model is told of each, and keys that stay where they belong."""

import json
import logging
import traceback

import agents
import pytest
from agents.testing import ScriptedModel as TheirModel
from agents.testing import assistant_message, function_call
from jsonschema import Draft202012Validator

from timestep import Agent, HostedTool, ModelBehaviorError, Tool, ToolContext, UserError, run_agent, write
from timestep.testing import ScriptedModel, tool_call
from timestep.tools import web_search_backends
from timestep.tools.web_search import Filters, UserLocation, web_search, web_search_tool
from timestep.tools.web_search_backends import WebSearchError

from .search_services import KEY, Service

pytestmark = pytest.mark.timeout(5)

OAKLAND = {"type": "approximate", "city": "Oakland", "region": "California", "country": "US"}


@pytest.fixture
def service(monkeypatch):
    """Return the double of both services; no key is set yet, and nothing leads elsewhere."""
    for name in ("FIRECRAWL_API_KEY", "FIRECRAWL_API_URL", "OLLAMA_API_KEY", "HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with Service() as double:
        monkeypatch.setattr(web_search_backends, "_FIRECRAWL", double.address)
        monkeypatch.setattr(web_search_backends, "_OLLAMA", f"{double.address}/api/web_search")
        yield double


@pytest.fixture
def firecrawl(service, monkeypatch):
    """Return the double, with a key for Firecrawl."""
    monkeypatch.setenv("FIRECRAWL_API_KEY", KEY)
    return service


@pytest.fixture
def ollama(service, monkeypatch):
    """Return the double, with a key for Ollama Cloud."""
    monkeypatch.setenv("OLLAMA_API_KEY", KEY)
    return service


@pytest.fixture(scope="module")
def schema(repo_root):
    """Return the schema that both languages share."""
    return json.loads((repo_root / "spec/schema/v1/web-search.schema.json").read_text())


async def searched(tool=web_search, **arguments):
    """Call the tool, and return what it gives."""
    arguments = {"query": "snakes", **arguments}
    return await tool.invoke(ToolContext(context=None, call_id="c1", tool_name="web_search"), json.dumps(arguments), "")


async def refused(tool=web_search, **arguments):
    """Call the tool, and return the error."""
    with pytest.raises(WebSearchError) as caught:
        await searched(tool, **arguments)
    assert KEY not in "".join(traceback.format_exception(caught.value)) + repr(caught.value.__dict__)
    return caught.value


def with_variables(error):
    """Return a traceback as tools show it that tell the variables of each frame but the test's own."""
    frames = error.__traceback__.tb_next
    return "".join(traceback.TracebackException(type(error), error, frames, capture_locals=True).format())


def test_the_tool_is_told_to_models_as_the_schema_says(schema):
    """TS-TOOL-039, FEATURES 76: the derived schema is that of web-search.schema.json, and the tool runs here."""
    assert isinstance(web_search, Tool)
    assert web_search.params_json_schema == schema["$defs"]["input"]
    told = web_search.definition()
    assert (told["type"], told["name"], told["strict"]) == ("function", "web_search", False)
    assert (web_search.role, web_search.effect, web_search.needs_approval) == ("tool", "read", False)


def test_the_hosted_search_is_still_there():
    """The model's host searches where that is asked for."""
    assert HostedTool("web_search").definition() == {"type": "web_search"}


@pytest.mark.usefixtures("firecrawl")
async def test_it_stands_in_the_list_of_an_agent_as_it_is(schema):
    """FEATURES 76: `Agent(tools=[web_search])`: the model's call is carried out here, and the model sees the output."""
    model = ScriptedModel([tool_call("web_search", {"query": "snakes"}, "c1"), "Snakes are long."])
    result = await run_agent(Agent(model=model, tools=[web_search]), "Tell me about snakes.")
    assert result.final_output == "Snakes are long."
    output = json.loads(result["tool_calls"][0]["output"])
    Draft202012Validator(schema).validate({"input": {"query": "snakes"}, "output": output})
    assert [page["url"] for page in output["results"]][:2] == ["https://example.com/0", "https://docs.example.com/1"]
    assert KEY.encode() not in write(result.to_state(), "timestep").data


async def test_the_agents_package_runs_it_in_a_function_tool_of_its_own(firecrawl):
    """As docs/tools.md shows, in the package's own Runner."""

    @agents.function_tool
    async def search(query: str) -> dict:
        """Search the web."""
        return await web_search(query)

    model = TheirModel([[function_call("search", {"query": "snakes"}, call_id="c1")], [assistant_message("Long.")]])
    config = agents.RunConfig(tracing_disabled=True)
    researcher = agents.Agent(name="Researcher", model=model, tools=[search])
    result = await agents.Runner.run(researcher, "Tell me about snakes.", run_config=config)
    assert result.final_output == "Long."
    assert "https://example.com/0" in str(result.new_items[1].output)
    assert len(firecrawl.asked) == 1


async def test_it_can_be_called_as_a_function(firecrawl):
    """What is given counts as the model's; a mistake in it is the developer's."""
    found = await web_search("snakes", user_location=UserLocation(city="Rome"), filters={"allowed_domains": ["a.test"]})
    assert (found["query"], firecrawl.asked[0][2]["location"]) == ("snakes", "Rome")
    assert firecrawl.asked[0][2]["includeDomains"] == ["a.test"]
    assert len((await web_search("snakes", search_context_size="low"))["results"]) == 3
    with pytest.raises(UserError, match="500"):
        await web_search("x" * 501)


async def test_half_of_a_character_is_told_and_not_sent(firecrawl):
    """No request can hold one; arguments of a model are read as strict JSON, but code may cut a text anywhere."""
    with pytest.raises(WebSearchError, match="half of a character"):
        await web_search("\ud83d")
    with pytest.raises(WebSearchError, match="half of a character"):
        await web_search("snakes", user_location=UserLocation(city="\ud83d"))
    assert firecrawl.asked == []


async def test_firecrawl_is_asked_as_it_documents(firecrawl):
    """TS-TOOL-039: all of the input arrives there, and the key in its header."""
    found = await searched(user_location=OAKLAND | {"timezone": "America/Los_Angeles"}, search_context_size="low")
    ((path, headers, body),) = firecrawl.asked
    assert (path, headers["Authorization"]) == ("/v2/search", f"Bearer {KEY}")
    assert body == {
        "query": "snakes",
        "limit": 3,
        "sources": ["web"],
        "timeout": 30000,
        "location": "Oakland,California,US",
        "country": "US",
    }
    assert (found["query"], found["backend"], found["ignored"]) == ("snakes", "firecrawl", ["user_location.timezone"])


async def test_ollama_cloud_is_asked_where_there_is_its_key_alone(ollama):
    """TS-TOOL-039: its API has no place for a location, and the answer says so."""
    found = await searched(user_location=OAKLAND)
    ((path, headers, body),) = ollama.asked
    assert (path, headers["Authorization"]) == ("/api/web_search", f"Bearer {KEY}")
    assert body == {"query": "snakes", "max_results": 5}
    assert (found["backend"], found["ignored"]) == ("ollama", ["user_location"])
    assert "ignored" not in await searched()


async def test_firecrawl_goes_before_ollama_cloud(firecrawl, monkeypatch):
    """With both keys, each stays with its service."""
    monkeypatch.setenv("OLLAMA_API_KEY", "another-secret-key")
    assert (await searched())["backend"] == "firecrawl"
    assert "another-secret-key" not in repr(firecrawl.asked)


@pytest.mark.parametrize(
    ("size", "results", "text"), [("low", 3, None), ("medium", 5, 2000), ("high", 10, 8000), (None, 5, 2000)]
)
@pytest.mark.parametrize("backend", ["firecrawl", "ollama"])
async def test_the_context_size_bounds_what_comes_back(request, backend, size, results, text):
    """low, medium and high are numbers of results and characters of each page, with either service."""
    request.getfixturevalue(backend)
    found = (await searched(search_context_size=size))["results"]
    assert len(found) == results
    assert [len(page.get("content", "")) for page in found] == [text + 4 if text else 0] * results
    assert all(0 < len(page["snippet"]) <= 504 for page in found)


async def test_no_more_comes_back_than_was_asked_for(firecrawl):
    """A service that gives more is cut short."""
    rows = [{"url": f"https://a.test/{n}"} for n in range(12)]
    firecrawl.reply = (200, {}, json.dumps({"data": {"web": rows}}).encode())
    assert len((await searched())["results"]) == 5


async def test_ollama_cloud_is_asked_for_more_where_results_are_sifted(ollama):
    """It knows no filter: the operator of search engines is in the query, and it gives as much as it can."""
    found = await searched(filters={"allowed_domains": ["python.org"]})
    assert ollama.asked[0][2] == {"query": "snakes site:python.org", "max_results": 10}
    assert [page["url"].split("/")[2] for page in found["results"]] == ["python.org"]


@pytest.mark.parametrize("backend", ["firecrawl", "ollama"])
async def test_results_of_other_domains_are_left_out(request, backend):
    """TS-TOOL-040: the filter is held on the results too: what lies below a domain is in it, a look-alike is not."""
    service = request.getfixturevalue(backend)
    filters = {"allowed_domains": ["https://Example.com/", "python.org"]}
    found = await searched(filters=filters, search_context_size="high")
    hosts = {page["url"].split("/")[2] for page in found["results"]}
    assert hosts == {"example.com", "docs.example.com", "python.org"}
    body = service.asked[0][2]
    if backend == "firecrawl":
        assert body["includeDomains"] == ["example.com", "python.org"]
    else:
        assert body == {"query": "snakes (site:example.com OR site:python.org)", "max_results": 10}
    assert found["query"] == "snakes"


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.test\\@example.com/",
        "https://a@example.com/",
        "https://example.com:99999/",
        "https://example.com/\x1b[31m",
    ],
)
async def test_an_address_that_readers_take_for_different_ones_is_left_out(firecrawl, url):
    """A browser goes to `evil.test`, where another reader sees `example.com`."""
    firecrawl.reply = (200, {}, json.dumps({"data": {"web": [{"url": url}]}}).encode())
    assert (await searched(filters={"allowed_domains": ["example.com"]}))["results"] == []


async def test_a_model_narrows_what_a_developer_allows_and_never_widens_it(firecrawl):
    """TS-TOOL-040: without domains of its own the model gets the developer's; with others it is told which."""
    tool = web_search_tool(filters={"allowed_domains": ["example.com", "python.org"]})
    for asked, sent in [
        (None, ["example.com", "python.org"]),
        ([], ["example.com", "python.org"]),
        (["docs.example.com", "a.test"], ["docs.example.com"]),
        (["org", "python.org"], None),
        (["https://[oops"], None),
        ([f"{'x' * 64}.test"], None),
        (["www.python.org"], ["www.python.org"]),
    ]:
        firecrawl.asked.clear()
        if sent is None:
            assert "host names" in str(await refused(tool, filters={"allowed_domains": asked}))
            continue
        await searched(tool, filters={"allowed_domains": asked})
        assert firecrawl.asked[0][2]["includeDomains"] == sent
    firecrawl.asked.clear()
    error = await refused(tool, filters={"allowed_domains": ["a.test"]})
    assert error.message.endswith("may not be searched. Allowed are: example.com, python.org.")
    wide = web_search_tool(filters=Filters(allowed_domains=["docs.example.com"]))
    await searched(wide, filters={"allowed_domains": ["example.com"]})
    assert firecrawl.asked[0][2]["includeDomains"] == ["docs.example.com"]


async def test_defaults_hold_where_the_model_says_nothing(firecrawl):
    """The location and the size of the developer; the schema names the size."""
    tool = web_search_tool(user_location=OAKLAND, search_context_size="low", needs_approval=True)
    assert tool.params_json_schema["properties"]["search_context_size"]["default"] == "low"
    assert tool.needs_approval is True
    await searched(tool, user_location=None, search_context_size=None)
    await searched(tool, user_location={"country": "France", "timezone": None}, search_context_size="high")
    (_, _, first), (_, _, second) = firecrawl.asked
    assert (first["location"], first["country"], first["limit"]) == ("Oakland,California,US", "US", 3)
    assert (second["location"], second.get("country"), second["limit"]) == ("France", None, 10)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"filters": {"allowed_domains": []}}, "allowed_domains is empty"),
        ({"filters": {"allowed_domains": ["a.test", "b"]}}, "'b'"),
        ({"filters": {"blocked_domains": ["a.test"]}}, "blocked_domains"),
        ({"user_location": {"type": "exact"}}, "UserLocation"),
        ({"search_context_size": "huge"}, "huge"),
        ({"timeout": 0}, "timeout"),
    ],
)
def test_defaults_that_are_none_are_refused_where_they_are_given(options, told):
    """A mistake of the developer is no business of the model's."""
    with pytest.raises(UserError) as caught:
        web_search_tool(**options)
    assert told in caught.value.render()
    web_search_tool(filters={"allowed_domains": ["*.Müller.de", "a.test."]}, user_location=UserLocation(city="Rome"))


@pytest.mark.parametrize(
    "arguments",
    [
        {"query": ""},
        {"query": "x" * 501},
        {"query": None},
        {"max_results": 3},
        {"search_context_size": "huge"},
        {"user_location": {"planet": "Mars"}},
        {"filters": {"allowed_domains": "a.test"}},
    ],
)
async def test_arguments_that_do_not_fit_are_told_to_the_model(firecrawl, schema, arguments):
    """What the schema refuses, the tool refuses; nothing is sent."""
    assert not Draft202012Validator(schema["$defs"]["input"]).is_valid({"query": "snakes", **arguments})
    with pytest.raises(ModelBehaviorError) as caught:
        await searched(**arguments)
    assert caught.value.code == "tool-arguments"
    assert "no query" in str(await refused(query="  "))
    assert firecrawl.asked == []


@pytest.mark.parametrize("nothing", [None, "", " "])
async def test_a_missing_key_stops_the_run(service, monkeypatch, nothing):
    """TS-TOOL-041: the developer is told both variables; a model could neither set them nor search."""
    for name in ("FIRECRAWL_API_KEY", "FIRECRAWL_API_URL", "OLLAMA_API_KEY"):
        if nothing is not None:
            monkeypatch.setenv(name, nothing)
    with pytest.raises(UserError) as caught:
        await searched()
    assert caught.value.code == "key-missing"
    assert all(name in caught.value.message for name in ("FIRECRAWL_API_KEY", "OLLAMA_API_KEY"))
    model = ScriptedModel([tool_call("web_search", {"query": "snakes"}, "c1"), "I can't."])
    with pytest.raises(UserError, match="OLLAMA_API_KEY"):
        await run_agent(Agent(model=model, tools=[web_search]), "Tell me about snakes.")
    assert service.asked == []


@pytest.mark.parametrize(
    ("status", "body", "told"),
    [
        (401, {"error": f"bad key {KEY}"}, "it refuses the key in FIRECRAWL_API_KEY. Searching again will not help"),
        (403, {}, "it refuses the key in FIRECRAWL_API_KEY"),
        (402, {"error": "Payment Required"}, "no credit left"),
        (408, {}, "Search again later"),
        (429, {}, "Search again in 7 seconds"),
        (500, {}, "Search once more"),
        (503, b"<html>", "Search once more"),
        (302, b"", "leads elsewhere"),
        (
            400,
            {"error": f"query too long; {KEY} " + "x" * 999},
            "does not take the search: query too long; [redacted] x",
        ),
        (404, [], "does not take the search"),
        (422, {"error": "of sk-0123456789abcdef"}, "does not take the search: of [redacted]"),
    ],
)
async def test_a_refusal_is_told_to_the_model_without_the_key(firecrawl, status, body, told):
    """TS-TOOL-041: each status has words of its own, and says whether another search helps."""
    headers = {"retry-after": 7 if status == 429 else "soon", "location": "http://127.0.0.1:1/elsewhere"}
    firecrawl.reply = (status, headers, body if isinstance(body, bytes) else json.dumps(body).encode())
    error = await refused()
    assert error.message.startswith(f"The web search failed: Firecrawl answered {status}: ")
    assert told in error.message
    assert len(error.message) < 500
    assert (error.code, error.backend, error.status) == ("web-search", "firecrawl", status)
    assert web_search.report(error) == error.message
    assert len(firecrawl.asked) == 1


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"null", b"[]", b"[" * 100_000, b'{"data": 1}',
     b'{"success": false, "error": "out of order", "data": []}', b'{"data": {"web": {}}}', b"\xff\xfe\x00"],
)  # fmt: skip
@pytest.mark.parametrize("backend", ["firecrawl", "ollama"])
async def test_a_success_without_an_answer_is_a_failure(request, backend, body):
    """What is no answer of a search is never taken for one that found nothing."""
    service = request.getfixturevalue(backend)
    service.reply = (200, {}, body)
    error = await refused()
    assert "sent what is no answer" in error.message
    assert ("out of order" in error.message) is (b"out of order" in body)


@pytest.mark.parametrize("body", [b'{"data": {"web": []}}', b'{"data": {}}', b'{"data": []}'])
async def test_nothing_found_is_an_answer(firecrawl, body):
    """A search without results has an empty list, in each form of the API."""
    firecrawl.reply = (200, {}, body)
    assert await searched() == {"query": "snakes", "results": [], "backend": "firecrawl"}


async def test_results_that_are_odd_are_left_out_or_mended(firecrawl):
    """Only addresses of the web are shown; texts that are missing, endless or no Unicode do no harm."""
    rows = [
        {"url": "file:///etc/passwd", "title": "x"},
        {"url": "javascript:alert(1)"},
        {"url": "ftp://a.test/"},
        {"url": "https://[oops"},
        {"url": f"https://a.test/{'x' * 2000}"},
        {"title": "no address"},
        "no object",
        {"url": "https://a.test/", "title": "\ud800" + "t" * 999, "description": None, "markdown": 7},
    ]
    firecrawl.reply = (200, {}, json.dumps({"data": {"web": rows}}).encode())
    (page,) = (await searched())["results"]
    assert (page["url"], page["snippet"], "content" in page) == ("https://a.test/", "", False)
    assert (page["title"][0], len(page["title"])) == ("?", 304)


async def test_a_key_that_a_server_sends_back_does_not_reach_the_model(firecrawl):
    """S1: it is masked in results as well."""
    row = {"url": "https://a.test/", "title": f"Your key is {KEY}"}
    firecrawl.reply = (200, {}, json.dumps({"data": [row]}).encode())
    assert (await searched())["results"][0]["title"] == "Your key is [redacted]"


@pytest.mark.usefixtures("firecrawl")
async def test_an_endless_answer_is_cut_off(monkeypatch):
    """No more than a bound is read."""
    monkeypatch.setattr(web_search_backends, "_MOST_BYTES", 1000)
    assert "more than 1000 bytes" in (await refused()).message


async def test_a_silent_service_is_not_waited_for(firecrawl):
    """The search has a bound of its own, whoever runs it."""
    firecrawl.silent = True
    error = await refused(web_search_tool(timeout=0.05))
    assert "gave no answer within 0.05 seconds" in error.message


@pytest.mark.usefixtures("service")
async def test_a_service_that_is_not_there_is_told_to_the_model(monkeypatch):
    """The kind of the failure is told, and no more."""
    monkeypatch.setenv("FIRECRAWL_API_KEY", KEY)
    monkeypatch.setenv("FIRECRAWL_API_URL", "http://127.0.0.1:1")
    error = await refused()
    assert error.message == "The web search failed: Firecrawl could not be reached (ConnectError)"
    assert error.status is None


async def test_a_server_of_ones_own_needs_no_key(service, monkeypatch):
    """FIRECRAWL_API_URL leads there; the key of Ollama Cloud stays at home."""
    monkeypatch.setenv("FIRECRAWL_API_URL", f"{service.address}/")
    monkeypatch.setenv("OLLAMA_API_KEY", KEY)
    service.reply = (200, {}, b'{"data": []}')
    assert (await searched())["backend"] == "firecrawl"
    ((path, headers, _),) = service.asked
    assert path == "/v2/search"
    assert "Authorization" not in headers


@pytest.mark.usefixtures("service")
@pytest.mark.parametrize(
    "address",
    ["a.test", "ftp://a.test", "https://", "https://user:pass@a.test", "https://a.test/?k=v", "https://a.test/#x",
     "https://a.test:port", "https://a.te\nst"],
)  # fmt: skip
async def test_an_address_that_is_none_is_refused(monkeypatch, address):
    """It is named by its variable, and not shown: it may hold a password."""
    monkeypatch.setenv("FIRECRAWL_API_URL", address)
    with pytest.raises(UserError) as caught:
        await searched()
    assert caught.value.code == "base-url"
    assert "pass@" not in caught.value.render()


@pytest.mark.parametrize("name", ["FIRECRAWL_API_KEY", "OLLAMA_API_KEY"])
@pytest.mark.parametrize("key", [f"{KEY}\n", f"{KEY} ", "ключ-0123456789"])
async def test_a_key_that_can_be_in_no_header_is_told_and_not_shown(service, monkeypatch, name, key):
    """S1: neither in the message nor in the variables of a frame."""
    monkeypatch.setenv(name, key)
    with pytest.raises(UserError) as caught:
        await searched()
    assert (caught.value.code, name in caught.value.message) == ("key-missing", True)
    assert key.strip() not in with_variables(caught.value)
    assert service.asked == []


async def test_the_key_is_in_no_log_and_no_frame(firecrawl, caplog):
    """S1: debug logs of the HTTP library, and what a traceback with variables shows."""
    caplog.set_level(logging.DEBUG)
    firecrawl.reply = (500, {}, b"")
    with pytest.raises(WebSearchError) as caught:
        await searched()
    assert KEY not in with_variables(caught.value)
    assert caplog.records
    assert KEY not in caplog.text
