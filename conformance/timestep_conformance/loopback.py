"""Servers of models on this machine that say what a case has them say, and remember what they were asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import monotonic, sleep
from typing import Any, Self, cast
from urllib.parse import parse_qsl, urlsplit

_KEY = "idempotency-key"


class Servers:
    """Servers by the names that a case gives them; each answers with its replies in order, then with status 599.

    Args:
        replies: the name of each, and its replies.
    """

    def __init__(self, replies: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
        self._lock = threading.Lock()
        self._left = {name: list(mine) for name, mine in replies.items()}
        self._requests: list[dict[str, Any]] = []
        self._keys: list[str] = []
        self._replied: float | None = None
        self._servers = {name: _server(self, name) for name in replies}

    def __enter__(self) -> Self:
        for server in self._servers.values():
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        for server in self._servers.values():
            server.shutdown()
            server.server_close()

    @property
    def requests(self) -> list[dict[str, Any]]:
        """What they were asked, in order."""
        with self._lock:
            return list(self._requests)

    def filled(self, value: Any) -> Any:  # noqa: ANN401 - any JSON
        """Return a value in whose texts `{NAME}` is the address of a server, and `{NAME.port}` its port."""
        for name, server in self._servers.items():
            port = str(server.server_port)
            value = _replaced(value, {f"{{{name}}}": f"http://127.0.0.1:{port}", f"{{{name}.port}}": port})
        return value

    def named(self, value: Any) -> Any:  # noqa: ANN401 - any JSON
        """Return a value in whose texts the addresses are `{NAME}` again."""
        for name, server in self._servers.items():
            value = _replaced(value, {f"http://127.0.0.1:{server.server_port}": f"{{{name}}}"})
        return value

    def take(self, name: str, handler: BaseHTTPRequestHandler, body: bytes) -> Mapping[str, Any]:
        """Remember a request, and return the reply to it."""
        url = urlsplit(handler.path)
        headers = {each.lower(): value for each, value in handler.headers.items()}
        with self._lock:
            request: dict[str, Any] = {
                "to": name,
                "path": url.path,
                "query": dict(parse_qsl(url.query)),
                "headers": headers,
                "body": _json(body),
                "key": self._label(headers.get(_KEY)),
                "waited": 0.0 if self._replied is None else monotonic() - self._replied,
            }
            self._requests.append(request)
            left = self._left[name]
            reply = left.pop(0) if left else {"status": 599, "json": {"error": {"message": "it has no more replies"}}}
        return cast("Mapping[str, Any]", self.filled(dict(reply)))

    def replied(self) -> None:
        """Remember when a reply has been sent."""
        with self._lock:
            self._replied = monotonic()

    def _label(self, key: str | None) -> int | None:
        """Return which of the keys so far it is, from 1; none for none."""
        if key is None:
            return None
        if key not in self._keys:
            self._keys.append(key)
        return self._keys.index(key) + 1


def _server(servers: Servers, name: str) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        """Answers each question with the next reply."""

        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            """Answer a question."""
            self._answer(self.rfile.read(int(self.headers.get("content-length", "0"))))

        def do_GET(self) -> None:
            """Answer what no question is asked by."""
            self._answer(b"")

        def _answer(self, body: bytes) -> None:
            reply = servers.take(name, self, body)
            sleep(reply.get("delay", 0))
            self.close_connection = True
            if reply.get("ends") != "before":
                _send(self, reply)
            servers.replied()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class has it
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    return server


def _send(handler: BaseHTTPRequestHandler, reply: Mapping[str, Any]) -> None:
    """Send a reply; one that ends `within` promises more bytes than come."""
    body = str(reply["text"]).encode() if "text" in reply else json.dumps(reply.get("json")).encode()
    more = 100 if reply.get("ends") == "within" else 0
    headers = {"content-type": "application/json", **reply.get("headers", {})}
    handler.send_response(reply.get("status", 200))
    for each, value in {**headers, "content-length": str(len(body) + more), "connection": "close"}.items():
        handler.send_header(each, value)
    handler.end_headers()
    handler.wfile.write(body)
    handler.wfile.flush()


def _json(body: bytes) -> Any:  # noqa: ANN401 - any JSON
    try:
        return json.loads(body)
    except ValueError:
        return None


def _replaced(value: Any, texts: Mapping[str, str]) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(value, str):
        for old, new in texts.items():
            value = value.replace(old, new)
        return value
    if isinstance(value, list):
        return [_replaced(each, texts) for each in cast("list[Any]", value)]
    if isinstance(value, dict):
        return {name: _replaced(each, texts) for name, each in cast("dict[str, Any]", value).items()}
    return value
