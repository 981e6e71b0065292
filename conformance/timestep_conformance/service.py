"""A service of HTTP on this machine that says what it is told to, and notes what it was asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self, cast
from urllib.parse import urlsplit


class Service(ThreadingHTTPServer):
    """Answers requests in their order.

    Args:
        answers: what is said, as `json`; or `hangs_up`, which is nothing at all.

    Attributes:
        asked: the method and the path of each request.
    """

    daemon_threads = True

    def __init__(self, answers: Sequence[Mapping[str, Any]]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[list[str]] = []
        self.answers = [*answers]
        self._thread = threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.server_port}"

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()

    def __enter__(self) -> Self:
        return self


class _Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:  # pyright: ignore[reportIncompatibleMethodOverride] - it is told by `asked`
        """Print nothing."""

    def _answered(self) -> None:
        service = cast("Service", self.server)
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        service.asked.append([self.command, urlsplit(self.path).path])
        answer = service.answers.pop(0) if service.answers else {"hangs_up": True}
        if "hangs_up" in answer:
            self.close_connection = True
            return
        data = json.dumps(answer["json"]).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_DELETE = _answered  # noqa: N815 - the names that its class looks for
