"""The services that search the web: Firecrawl (docs.firecrawl.dev) and Ollama Cloud (docs.ollama.com)."""

from __future__ import annotations

import asyncio
import json
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, cast
from urllib.parse import urlsplit

from timestep.codec.redact import MASK, redact_text
from timestep.errors import ToolError, UserError

FIRECRAWL_KEY = "FIRECRAWL_API_KEY"
FIRECRAWL_ADDRESS = "FIRECRAWL_API_URL"
OLLAMA_KEY = "OLLAMA_API_KEY"

_FIRECRAWL = "https://api.firecrawl.dev"
_OLLAMA = "https://ollama.com/api/web_search"  # no variable leads elsewhere: the key is that of this host
_OLLAMA_MOST = 10  # results; its bound
_CONNECTING = 10.0  # seconds
_MOST_BYTES = 16 * 1024 * 1024  # of an answer; ten long pages have less
_SHORTEST_SECRET = 12  # characters; what is shorter may as well be an ordinary word
_LONGEST_REASON = 300  # characters of what a service says about a failure


class WebSearchError(ToolError):
    """A search failed; the message is written for the model.

    Attributes:
        backend: "firecrawl" or "ollama"; None where no service was asked.
        status: the HTTP status, where there was one.
    """

    default_code = "web-search"
    backend: str | None = None
    status: int | None = None


class Search(NamedTuple):
    """What a service is asked for.

    Attributes:
        query: the words.
        limit: how many results.
        pages: whether the text of the pages is wanted too.
        seconds: how long it may take.
        domains: hosts that results may come from, with what lies below them; none is all.
        place: city, region and country, those that are known.
        country: two letters (ISO 3166-1), where they are known.
        timezone: where it is known.
    """

    query: str
    limit: int
    pages: bool
    seconds: float
    domains: Sequence[str] = ()
    place: Sequence[str] = ()
    country: str | None = None
    timezone: str | None = None


class Page(NamedTuple):
    """A result as the service gives it; texts are empty where it gives none."""

    title: str
    url: str
    snippet: str
    text: str


@dataclass(frozen=True)
class Backend:
    """A service, and how it is spoken to.

    Attributes:
        name: as results say who was asked.
        title: as people call it.
        url: where questions go.
        key: sent to that address alone.
        variable: the environment variable of the key.
        body: what it is sent.
        pages: reads its answer; raises TypeError for one that is none.
        ignored: members of the question that it has no place for.
    """

    name: Literal["firecrawl", "ollama"]
    title: str
    url: str
    key: str | None = field(repr=False)
    variable: str
    body: Callable[[Search], dict[str, Any]]
    pages: Callable[[Any], list[Page]]
    ignored: Callable[[Search], list[str]]


def backend() -> Backend:
    """Return the service that there is a key for: Firecrawl before Ollama Cloud.

    FIRECRAWL_API_URL leads to another Firecrawl server, which may need no key.

    Raises:
        UserError: there is no key (`key-missing`), or that address is none (`base-url`). It stops the run: no model can
            set a variable, and an answer without a search would hide from the developer that none can be made.
    """
    address = os.environ.get(FIRECRAWL_ADDRESS, "").strip()
    if address or _is_set(FIRECRAWL_KEY):
        url = f"{_address(address) if address else _FIRECRAWL}/v2/search"
        key = _key(FIRECRAWL_KEY)
        return Backend(
            "firecrawl", "Firecrawl", url, key, FIRECRAWL_KEY, _firecrawl_body, _firecrawl_pages, _firecrawl_ignores
        )
    if _is_set(OLLAMA_KEY):
        key = _key(OLLAMA_KEY)
        return Backend("ollama", "Ollama", _OLLAMA, key, OLLAMA_KEY, _ollama_body, _ollama_pages, _ollama_ignores)
    raise UserError(
        f"there is no key for a service that searches the web: neither {FIRECRAWL_KEY} nor {OLLAMA_KEY} is set",
        code="key-missing",
        help=f'set one of them, or let the model\'s host search: tools=[HostedTool("web_search")]; {FIRECRAWL_ADDRESS} '
        "leads to a Firecrawl server of your own",
    )


async def found(service: Backend, search: Search) -> list[Page]:
    """Return what a service finds, its best first.

    Raises:
        WebSearchError: it could not be reached, refused, or sent what is no answer.
    """
    reply = await _exchange(service, service.body(search), search.seconds)
    if isinstance(reply, str):
        raise _failure(service, None, reply)
    told = _read(reply.data)
    if not 200 <= reply.status < 300:
        raise _failure(service, reply.status, f"answered {reply.status}: {_reason(service, reply, told)}")
    try:
        return service.pages(told)
    except TypeError:
        problem = f"sent what is no answer of a search{_said(told, ': ')}"
    raise _failure(service, reply.status, problem)


class _Reply(NamedTuple):
    status: int
    data: bytes
    retry_after: str


async def _exchange(service: Backend, body: dict[str, Any], seconds: float) -> _Reply | str:
    """Send a question; return the reply, or what kept it from coming.

    What the HTTP library raises is never passed on: it holds the request, and with it the key.
    """
    import httpx

    headers = {"Authorization": f"Bearer {service.key}"} if service.key else {}
    timeout = httpx.Timeout(None, connect=_CONNECTING)
    try:
        async with (
            asyncio.timeout(seconds),
            httpx.AsyncClient(timeout=timeout, follow_redirects=False) as client,
            client.stream("POST", service.url, json=body, headers=headers) as response,
        ):
            data = bytearray()
            async for chunk in response.aiter_bytes():
                data += chunk
                if len(data) > _MOST_BYTES:
                    return f"sent more than {_MOST_BYTES} bytes"
            hidden = _hidden(bytes(data), service.key)
            return _Reply(response.status_code, hidden, response.headers.get("retry-after", ""))
    except TimeoutError:
        return f"gave no answer within {seconds:g} seconds. Search once more, or go on without."
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return f"could not be reached ({type(error).__name__})"


def _hidden(data: bytes, key: str | None) -> bytes:
    """Mask the key where a server sends it back."""
    return data.replace(key.encode(), MASK.encode()) if key and len(key) >= _SHORTEST_SECRET else data


def _read(data: bytes) -> Any:  # noqa: ANN401 - JSON
    try:
        return json.loads(data)  # lone halves of surrogate pairs too, which pages may hold; see `_text`
    except (ValueError, RecursionError):
        return None


def _failure(service: Backend, status: int | None, problem: str) -> WebSearchError:
    error = WebSearchError(f"The web search failed: {service.title} {problem}")
    error.backend = service.name
    error.status = status
    return error


def _reason(service: Backend, reply: _Reply, told: Any) -> str:  # noqa: ANN401 - JSON
    """Say what a status means for whoever searched."""
    status = reply.status
    if status in (401, 403):
        return f"it refuses the key in {service.variable}. Searching again will not help: tell the user."
    if status == 402:
        return "the account has no credit left. Searching again will not help: tell the user."
    if status in (408, 429):
        wait = f"in {reply.retry_after} seconds" if reply.retry_after.isdigit() else "later"
        return f"it is asked too much or takes too long. Search again {wait}, or go on without."
    if status >= 500:
        return "the fault is its own. Search once more, or go on without."
    if 300 <= status < 400:
        return "the address leads elsewhere, where no key is sent. Searching again will not help: tell the user."
    return f"it does not take the search{_said(told, ': ')}"


def _said(told: Any, before: str) -> str:  # noqa: ANN401 - JSON
    """Return what a service says about a failure."""
    error = _text(told, "error") if isinstance(told, Mapping) else ""
    text = redact_text(error)
    return before + (text if len(text) <= _LONGEST_REASON else f"{text[:_LONGEST_REASON]} ...") if text else ""


def _address(text: str) -> str:
    """Return the base URL that the environment gives; http is fine there, since it is no document's choice.

    Raises:
        UserError: it is no such URL.
    """
    try:
        parts = urlsplit(text)
        fine = parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
        fine = fine and not parts.query and not parts.fragment and (parts.port is None or parts.port > 0)
    except ValueError:
        fine = False
    if not fine or not (text.isascii() and text.isprintable()):
        raise UserError(
            f"{FIRECRAWL_ADDRESS} is no address of a server",
            code="base-url",
            help="write it as https://firecrawl.example.com, without user, password and query",
        )
    return text.rstrip("/")


def _is_set(variable: str) -> bool:
    return bool(os.environ.get(variable, "").strip())


def _key(variable: str) -> str | None:
    """Return a key of the environment; no frame that an error is raised in has it."""
    if not re.fullmatch("[!-~]*", os.environ.get(variable, "")):
        raise UserError(
            f"the key in {variable} holds a blank, a line break or another character that no key has",
            code="key-missing",
            help="write it again; a key that is read from a file may need strip()",
        )
    return os.environ.get(variable) or None


def _firecrawl_body(search: Search) -> dict[str, Any]:
    """POST /v2/search."""
    body: dict[str, Any] = {"query": search.query, "limit": search.limit, "sources": ["web"]}
    body["timeout"] = int(search.seconds * 1000)
    if search.domains:
        body["includeDomains"] = list(search.domains)
    if search.place:
        body["location"] = ",".join(search.place)
    if search.country:
        body["country"] = search.country
    if search.pages:
        body["scrapeOptions"] = {"formats": [{"type": "markdown"}], "onlyMainContent": True}
    return body


def _firecrawl_pages(told: Any) -> list[Page]:  # noqa: ANN401 - JSON
    if not isinstance(told, Mapping) or told.get("success") is False:  # pyright: ignore[reportUnknownMemberType]
        raise TypeError
    data: object = cast("Mapping[str, Any]", told).get("data")
    rows: object = cast("Mapping[str, Any]", data).get("web", []) if isinstance(data, Mapping) else data
    return [
        Page(_text(row, "title"), _text(row, "url"), _text(row, "description"), _text(row, "markdown"))
        for row in _rows(rows)
    ]


def _firecrawl_ignores(search: Search) -> list[str]:
    return ["user_location.timezone"] if search.timezone else []


def _ollama_body(search: Search) -> dict[str, Any]:
    """POST /api/web_search; it knows no filter, so that a search operator says it, and more is asked for to sift."""
    sites = " OR ".join(f"site:{domain}" for domain in search.domains)
    query = f"{search.query} ({sites})" if len(search.domains) > 1 else f"{search.query} {sites}".rstrip()
    return {"query": query, "max_results": _OLLAMA_MOST if search.domains else search.limit}


def _ollama_pages(told: Any) -> list[Page]:  # noqa: ANN401 - JSON
    if not isinstance(told, Mapping):
        raise TypeError
    rows = _rows(cast("Mapping[str, Any]", told).get("results"))
    return [Page(_text(row, "title"), _text(row, "url"), "", _text(row, "content")) for row in rows]


def _ollama_ignores(search: Search) -> list[str]:
    return ["user_location"] if search.place or search.country or search.timezone else []


def _rows(rows: object) -> list[Any]:
    if not isinstance(rows, list):
        raise TypeError
    return [row for row in cast("list[Any]", rows) if isinstance(row, Mapping)]


def _text(row: Any, name: str) -> str:  # noqa: ANN401 - an object of JSON
    value: object = row.get(name)
    return value.encode(errors="replace").decode() if isinstance(value, str) else ""
