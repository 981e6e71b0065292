"""Requests of a program go to the toy server, whomever they were meant for, and the server knows whom."""

import pytest

from samples import hosts, process
from samples.process import Program
from samples.searches import FOUND

ASK = """
import {library}
with {library}.Client() as client:
    print(client.post({url!r}, json={body}, headers={headers}).{told})
"""
ASK_ASYNC = """
import asyncio, {library}
async def main():
    async with {library}.AsyncClient() as client:
        print((await client.post({url!r}, json={body}, headers={headers})).{told})
asyncio.run(main())
"""
BODY = {"model": "m", "input": "What's 2+2?", "messages": [{"role": "user", "content": "What's 2+2?"}], "stream": False}


def run(source, environment=()):
    """Return what a program did."""
    found = process.run([Program("page.md", 1, source, environment=environment)])
    assert found.status == 0, found.stderr
    return found


def asked(url, key=None, *, source=ASK, library="httpx", told="status_code", body=BODY):
    """Return what a program did that has sent a request."""
    headers = {"Authorization": f"Bearer {hosts.KEYS[key]}"} if key else {}
    return run(source.format(library=library, url=url, body=body, headers=headers, told=told))


@pytest.mark.parametrize("library", ["httpx", "httpx2"])
@pytest.mark.parametrize("source", [ASK, ASK_ASYNC])
def test_a_request_is_answered_by_the_server_and_its_host_is_known(source, library):
    """Also where the host speaks TLS; the client sees the address it asked for."""
    url = "https://api.openai.com/v1/responses"
    found = asked(url, "OPENAI_API_KEY", source=source, library=library, told="request.url")
    assert found.stdout == f"{url}\n"
    (sent,) = found.sent
    assert (sent.origin, sent.path, sent.keys) == (hosts.OPENAI, "/v1/responses", ["OPENAI_API_KEY"])
    assert (sent.body["model"], found.last) == ("m", "2+2 is 4.")


@pytest.mark.parametrize(
    ("url", "key", "status"),
    [
        ("https://api.openai.com/v1/responses", "OPENAI_API_KEY", 200),
        ("https://api.openai.com/v1/responses", None, 401),
        ("https://api.openai.com/v1/responses", "OLLAMA_API_KEY", 401),
        ("https://ollama.com/api/chat", "OLLAMA_API_KEY", 200),
        ("https://ollama.com/api/chat", "OPENAI_API_KEY", 401),
        ("http://localhost:11434/api/chat", None, 200),
        ("http://ollama-server:11434/api/chat", None, 200),
        ("https://ollama.com/api/none", "OLLAMA_API_KEY", 404),
    ],
)
def test_a_host_asks_for_its_own_key(url, key, status):
    """The key of another host opens nothing."""
    assert asked(url, key).stdout == f"{status}\n"


@pytest.mark.parametrize(
    ("url", "key", "model"),
    [
        ("https://api.openai.com/v1/responses", "OPENAI_API_KEY", "ollama/gpt-oss:20b"),
        ("https://ollama.com/api/chat", "OLLAMA_API_KEY", "gpt-oss:20b-cloud"),
        ("https://ollama.com/api/chat", "OLLAMA_API_KEY", "kimi-k2.6:cloud"),
    ],
)
def test_a_host_knows_models_by_its_own_names(url, key, model):
    """A prefix left on, or a suffix, is the name of no model there."""
    assert asked(url, key, body={**BODY, "model": model}).stdout == "404\n"


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("https://api.firecrawl.dev/v2/search", "FIRECRAWL_API_KEY"),
        ("https://ollama.com/api/web_search", "OLLAMA_API_KEY"),
    ],
)
def test_a_search_finds_something(url, key):
    """It is what no model knows by itself."""
    assert FOUND in asked(url, key, told="text", body={"query": "x"}).stdout


def test_a_library_is_not_imported_for_it():
    """What a program loads is its own affair; one that is there already is patched all the same."""
    assert run("import sys\nprint({'httpx', 'httpx2'} & set(sys.modules))").stdout == "set()\n"
    source = """
import os, httpx
os.environ["SAMPLES_SERVER"] = "http://127.0.0.1:1"
from samples import redirect
redirect.install()
print(httpx.HTTPTransport.handle_request.__name__)
"""
    assert run(source, environment=(("SAMPLES_SERVER", None),)).stdout == "<lambda>\n"


def test_a_key_is_found_wherever_it_stands():
    """In a header of another name, in the path, or in the body."""
    key = hosts.KEYS["OLLAMA_API_KEY"]
    for url, body, header in (
        (f"http://localhost:11434/{key}", BODY, ""),
        ("http://localhost:11434/api/chat", {**BODY, "extra": [key]}, ""),
        ("http://localhost:11434/api/chat", BODY, key),
    ):
        found = run(ASK.format(library="httpx", url=url, body=body, headers={"X-Other": header}, told="status_code"))
        assert found.sent[0].keys == ["OLLAMA_API_KEY"]
