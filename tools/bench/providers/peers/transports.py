"""Servers of each API behind a transport without a network, and the providers' own clients on it."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from pathlib import Path
from types import ModuleType
from typing import Any

from answers import OLLAMA, PATHS, Answers

# The script that a run follows, and its measuring, are those of the loop's bench.
sys.path.append(str(Path(__file__).resolve().parents[2] / "loop" / "peers"))
import clock  # pyright: ignore[reportMissingImports] - found now that its folder is on the path

HOST = "http://bench.invalid"


class Server:
    """Answers every request of one API.

    Args:
        api: one of `answers.APIS`.
        deltas: pieces in which each answer comes; None is at once.
        scripted: whether it follows the script of a run, and so asks for tool calls.

    Attributes:
        http: the package of HTTP that the provider's client is built on.
        body: what the last request said.
    """

    def __init__(self, api: str, *, deltas: int | None = None, scripted: bool = False) -> None:
        self.api = api
        self.http = _http(api)
        self.body = b""
        self._scripted = scripted
        self._answers = Answers(api, deltas or 0)
        self._streams = deltas is not None
        self._headers = {"content-type": self._answers.stream_kind if self._streams else self._answers.kind}

    async def __call__(self, request: Any) -> Any:
        """Answer a request of `http`."""
        self.body = request.content
        number = await clock.next_call() if self._scripted else None
        content = _sent(self._answers.pieces) if self._streams else self._answers.answer(number)
        return self.http.Response(200, headers=self._headers, content=content)

    @property
    def url(self) -> str:
        """Where it is asked."""
        return HOST + PATHS[self.api]

    def connection(self) -> Any:
        """Give a client of `http` that leads here."""
        return self.http.AsyncClient(transport=self.http.MockTransport(self))

    def client(self) -> Any:
        """Give the provider's own client, leading here."""
        if self.api == OLLAMA:
            from ollama import AsyncClient

            return AsyncClient(host=HOST, transport=self.http.MockTransport(self))
        from openai import AsyncOpenAI

        return AsyncOpenAI(api_key="none", base_url=f"{HOST}/v1", http_client=self.connection(), max_retries=0)


def _http(api: str) -> ModuleType:
    if api == OLLAMA:
        import httpx

        return httpx
    import httpx2

    return httpx2


async def _sent(pieces: list[bytes]) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece
