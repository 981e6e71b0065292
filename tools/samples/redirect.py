"""Leads every HTTP request of a process to the toy server, with a header that says whom it was meant for.

A page prints the addresses of real hosts. Its program runs as printed, and the server sees which host each request,
and each key, would have gone to. Only httpx and httpx2 are led there; the guard on sockets stops the rest.
"""

from __future__ import annotations

import importlib.machinery
import os
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from types import ModuleType
from typing import Any

SERVER = "SAMPLES_SERVER"
"""The environment variable that holds the toy server's address."""
HEADER = "samples-meant-for"
"""The header that holds the origin a request was meant for: `https://ollama.com`."""
_LIBRARIES = ("httpx", "httpx2")


def install() -> None:
    """Lead the requests of this process to the server that the environment names; without one, nothing is done."""
    if SERVER not in os.environ:
        return
    for name in _LIBRARIES:
        if name in sys.modules:
            _patch(sys.modules[name])
    # Those not yet imported stay so: what a program loads is its own affair.
    sys.meta_path.insert(0, _Finder())


class _Finder(MetaPathFinder):
    """Patches a library once it is imported."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Return the library's own spec, with more to do after its code has run."""
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target) if fullname in _LIBRARIES else None
        if spec is None or spec.loader is None:
            return None
        run = spec.loader.exec_module

        def run_and_patch(module: ModuleType) -> None:
            run(module)
            _patch(module)

        spec.loader.exec_module = run_and_patch
        return spec


def _patch(library: Any) -> None:
    """Make both transports of a library send to the server; clients keep what they were asked for."""
    for transport, name in (
        (library.HTTPTransport, "handle_request"),
        (library.AsyncHTTPTransport, "handle_async_request"),
    ):
        sent = getattr(transport, name)
        # Awaited by the caller where it has to be.
        setattr(transport, name, lambda this, request, sent=sent: sent(this, _led(library, request)))


def _led(library: Any, request: Any) -> Any:
    """Return a request to the server; the one that was made is left as it is."""
    server = library.URL(os.environ[SERVER])
    origin = f"{request.url.scheme}://{request.url.netloc.decode('ascii')}"
    url = request.url.copy_with(scheme=server.scheme, host=server.host, port=server.port, userinfo=b"")
    headers = [*request.headers.raw, (HEADER.encode(), origin.encode())]
    return library.Request(request.method, url, headers=headers, stream=request.stream, extensions=request.extensions)
