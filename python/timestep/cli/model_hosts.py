"""The hosts behind the prefixes, and which models each of them offers."""

from __future__ import annotations

import asyncio
import json
import os
import re
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Thread
from typing import TYPE_CHECKING, Any, NamedTuple, ParamSpec, TypeVar

from timestep.cli.models import is_set
from timestep.errors import TimestepError
from timestep.providers.routing import BUILT_IN, OLLAMA_KEY, ResolvedModel, RoutingRules, is_cloud_name, route_at
from timestep.providers.url_policy import guarded

if TYPE_CHECKING:
    import httpx

_Given = ParamSpec("_Given")
_Result = TypeVar("_Result")

PATIENCE = 3.0  # seconds for a host's whole answer
_LONGEST_NAME = 200  # characters of a model's name
_SHORTEST_SECRET = 12  # characters; what is shorter may as well be a part of a name
_MOST_BYTES = 4 * 1024 * 1024  # of a list of models


class Host(NamedTuple):
    """One address behind a prefix.

    Attributes:
        resolved: where a model of it leads; the model itself is made up.
        is_cloud: whether its models are told from those of another host by a suffix.
    """

    resolved: ResolvedModel
    is_cloud: bool

    @property
    def prefix(self) -> str:
        """The prefix of its models."""
        return self.resolved.provider

    @property
    def url(self) -> str:
        """Where its models are listed."""
        path = "/api/tags" if self.resolved.kind == "ollama" else "/models"
        return f"{(self.resolved.base_url or '').rstrip('/')}{path}"


class Offer(NamedTuple):
    """What a host has told.

    Attributes:
        models: names as an agent gives them, in order; None where the host gave no list.
        problem: why it gave none.
        reached: whether there was an answer at all.
    """

    host: Host
    models: list[str] | None = None
    problem: str | None = None
    reached: bool = False


def hosts(rules: RoutingRules) -> list[Host]:
    """Return the hosts of all prefixes; an Ollama provider may have two."""
    found: dict[tuple[str, str | None], Host] = {}
    for prefix, rule in {**BUILT_IN, **rules.providers}.items():
        for model in ("any", "any:cloud"):
            resolved = route_at(rule, prefix, model, {rule.key or OLLAMA_KEY})
            found.setdefault((prefix, resolved.base_url), Host(resolved, model != "any"))
    return list(found.values())


def ask(asked: Sequence[Host], patience: float = PATIENCE, *, without_key: bool = False) -> list[Offer]:
    """Ask hosts for their models, all at once.

    A key is sent to its own host alone.

    Args:
        asked: the hosts.
        patience: seconds that the whole may take.
        without_key: whether a host whose key is not set is asked all the same, to see whether it is there.
    """
    with asyncio.Runner() as runner:
        runner.get_loop().set_default_executor(_Abandoned())
        return runner.run(_asked(asked, patience, without_key=without_key))


class _Abandoned(ThreadPoolExecutor):
    """Threads that nobody waits for at the end: a name that is looked up can't be called back."""

    def submit(self, fn: Callable[_Given, _Result], /, *args: _Given.args, **kwargs: _Given.kwargs) -> Future[_Result]:
        """Start a thread of its own."""
        future: Future[_Result] = Future()
        future.set_running_or_notify_cancel()

        def work() -> None:
            try:
                future.set_result(fn(*args, **kwargs))
            except Exception as error:  # noqa: BLE001 - for whoever waits
                future.set_exception(error)

        Thread(target=work, daemon=True).start()
        return future


async def _asked(asked: Sequence[Host], patience: float, *, without_key: bool) -> list[Offer]:
    return list(await asyncio.gather(*(_offer(host, patience, without_key=without_key) for host in asked)))


async def _offer(host: Host, patience: float, *, without_key: bool) -> Offer:
    key = host.resolved.key
    if key is not None and not is_set(key):
        if not without_key:
            return Offer(host, problem=f"not asked: {key} is not set")
        key = None
    if key is not None and not re.fullmatch("[!-~]+", os.environ[key]):
        return Offer(host, problem=f"not asked: {key} holds a blank, a line break or another character that no key has")
    try:
        async with asyncio.timeout(patience):
            status, data = await _got(host, key)
    except TimeoutError:
        return Offer(host, problem=f"no answer within {patience:g} seconds")
    except TimestepError as error:
        return Offer(host, problem=error.message)
    except Exception as error:  # noqa: BLE001 - of the HTTP library, whose texts may show a header
        return Offer(host, problem=f"can't be reached ({type(error).__name__})")
    if status != 200:
        refused = f"; it refuses the key in {key}" if status in (401, 403) and key else ""
        return Offer(host, problem=f"answered {status}{refused}", reached=True)
    names = _names(data)
    if names is None:
        return Offer(host, problem="sent what is no list of models", reached=True)
    secret = os.environ[key] if key is not None else ""
    if len(secret) >= _SHORTEST_SECRET:
        names = [name for name in names if secret not in name]  # a server may repeat what it was sent
    return Offer(host, [_full_name(host, name) for name in sorted(names)], reached=True)


async def _got(host: Host, key: str | None) -> tuple[int, bytes]:
    """Return status and body, no more of it than a list of models has."""
    headers = {} if key is None else {"Authorization": f"Bearer {os.environ[key]}"}
    async with _client(host) as client, client.stream("GET", host.url, headers=headers) as response:
        data = b""
        async for chunk in response.aiter_bytes():
            data += chunk
            if len(data) > _MOST_BYTES:
                return response.status_code, b""
        return response.status_code, data


def _client(host: Host) -> httpx.AsyncClient:
    """Return a client that follows nobody elsewhere; an address from a document leads to the public internet alone."""
    import httpx

    timeout = httpx.Timeout(None)  # of the whole: whoever asks
    if host.resolved.allow_private:
        return httpx.AsyncClient(timeout=timeout, follow_redirects=False)
    transport: Any = guarded(httpx.AsyncHTTPTransport())
    return httpx.AsyncClient(timeout=timeout, follow_redirects=False, transport=transport)


def _names(data: bytes) -> list[str] | None:
    """Return the names in a list of models, `{"data": [{"id"}]}` or Ollama's `{"models": [{"model"}]}`."""
    try:
        told: Any = json.loads(data)
        rows: Any = told.get("data", told.get("models"))
        names = {row.get("id") or row.get("model") or row.get("name") for row in rows}
    except (ValueError, TypeError, AttributeError, RecursionError):
        return None
    return [name for name in names if isinstance(name, str) and name.isprintable() and 0 < len(name) <= _LONGEST_NAME]


def _full_name(host: Host, name: str) -> str:
    """Return a model's name as an agent gives it: with the prefix, and with the suffix that leads to Ollama Cloud."""
    if host.is_cloud and not is_cloud_name(name):
        name = f"{name}{'-' if ':' in name else ':'}cloud"
    return f"{host.prefix}/{name}"
