"""The built-in web search, with the suite in the place of the service that is asked."""

from __future__ import annotations

import json
import os
from contextvars import ContextVar
from typing import Any

from frames import Refused
from timestep.tools import web_search, web_search_backends
from timestep.tools.context import ToolContext
from timestep.tools.tool import Tool
from timestep.tools.web_search_backends import FIRECRAWL_ADDRESS, FIRECRAWL_KEY, OLLAMA_KEY, Backend, Search

#: What asks the suite in place of the service, and the key that there is; of the call that is carried out.
_asking: ContextVar[tuple[Any, str | None]] = ContextVar("asking")
_search: ContextVar[Search] = ContextVar("search")
_backend, _found = web_search_backends.backend, web_search_backends.found


def search_tool(told: dict[str, Any], asked: Any, **options: Any) -> Tool:
    """Return the tool.

    Args:
        told: `filters`, that the caller has set, and `key`, that of the service.
        asked: called with the context of a call and what is searched for, gives what the service has found.
        **options: what every tool may be told.
    """
    given = {"filters": told["filters"]} if "filters" in told else {}
    tool = web_search.web_search_tool(**given, **options)
    body = tool.on_invoke_tool

    async def run(ctx: ToolContext[Any], arguments: str) -> Any:
        _asking.set((lambda search: asked(ctx, search), told.get("key")))
        return await body(ctx, arguments)

    tool.on_invoke_tool = run
    return tool


def backend() -> Backend:
    """Return the service, as if the environment had the case's key and no other."""
    names = (FIRECRAWL_KEY, FIRECRAWL_ADDRESS, OLLAMA_KEY)
    before = {name: os.environ.pop(name, None) for name in names}
    try:
        os.environ.update({OLLAMA_KEY: key} if (key := _asking.get()[1]) else {})
        return _backend()
    finally:
        os.environ.pop(OLLAMA_KEY, None)
        os.environ.update({name: each for name, each in before.items() if each is not None})


async def found(service: Backend, search: Search) -> Any:
    """Ask the service, and remember for what."""
    _search.set(search)
    return await _found(service, search)


async def exchange(service: Backend, body: dict[str, Any], seconds: float) -> Any:  # noqa: ARG001 - as it is called
    """Return the reply that the service would send for what the suite says."""
    search = _search.get()
    try:
        pages = await _asking.get()[0]({"query": search.query, "domains": list(search.domains)})
        status, told = 200, {"results": pages}
    except Refused as error:
        status, told = 400, {"error": error.message}
    data = web_search_backends._hidden(json.dumps(told).encode(), service.key)  # noqa: SLF001 - as the package does
    return web_search_backends._Reply(status, data, "")  # noqa: SLF001


web_search.backend, web_search.found, web_search_backends._exchange = backend, found, exchange  # noqa: SLF001
