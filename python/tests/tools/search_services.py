"""Doubles of the two services that search the web, on loopback, as strict as their documentation.

Firecrawl: docs.firecrawl.dev/api-reference/endpoint/search (v2; unknown members of a request are refused).
Ollama Cloud: docs.ollama.com/capabilities/web-search.
"""

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

KEY = "fc-0123456789abcdef-sentinel"
PAGES = [
    {"url": f"https://{host}/{n}", "title": f"Page {n}", "description": f"About {n}.", "text": f"# {n}\n" + "x" * 9000}
    for n, host in enumerate(
        ["example.com", "docs.example.com", "example.com.evil.test", "notexample.com", "python.org", "a.test"] * 2
    )
]
FIRECRAWL_MEMBERS = {
    "query", "limit", "sources", "timeout", "includeDomains", "location", "country", "scrapeOptions"
}  # fmt: skip
HOST = re.compile(r"([a-z0-9-]+\.)+[a-z0-9-]{2,}")


def firecrawl(body):
    """Answer POST /v2/search."""
    domains = body.get("includeDomains", [])
    fine = body.keys() <= FIRECRAWL_MEMBERS and body["sources"] == ["web"] and 1 <= body["limit"] <= 100
    fine = fine and 0 < len(body["query"]) <= 500 and all(HOST.fullmatch(domain) for domain in domains)
    fine = fine and isinstance(body["timeout"], int) and len(body.get("country", "US")) == 2
    if not fine:
        return 400, {"success": False, "error": "Bad Request", "details": []}
    scrape = {"type": "markdown"} in body.get("scrapeOptions", {}).get("formats", [])
    rows = [
        {name: page[name] for name in ("url", "title", "description")} | ({"markdown": page["text"]} if scrape else {})
        for page in PAGES[: body["limit"]]
    ]
    return 200, {"success": True, "data": {"web": rows}, "creditsUsed": 2, "id": "s1"}


def ollama(body):
    """Answer POST /api/web_search."""
    if not (body.keys() <= {"query", "max_results"} and body["query"] and 1 <= body.get("max_results", 5) <= 10):
        return 400, {"error": "invalid request"}
    rows = [{"title": page["title"], "url": page["url"], "content": page["text"]} for page in PAGES]
    return 200, {"results": rows[: body.get("max_results", 5)]}


PATHS = {"/v2/search": firecrawl, "/api/web_search": ollama}


class Service:
    """A server for both.

    Attributes:
        address: its base URL.
        asked: path, headers and body of each request.
        reply: status, headers and body to give in place of an answer.
        silent: whether it lets everybody wait.
    """

    def __init__(self):
        self.asked = []
        self.reply = None
        self.silent = False
        self._over = threading.Event()
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                service.answer(self)

            def log_message(self, *_):
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._server.shutdown()
        self._thread.join(5)
        self._server.server_close()

    def answer(self, request):
        """Answer one request."""
        body = json.loads(request.rfile.read(int(request.headers["content-length"])))
        self.asked.append((request.path, dict(request.headers), body))
        if self.silent:
            self._over.wait(5)
            return
        status, headers, data = self.reply or self._honest(request, body)
        request.send_response(status)
        for name, value in {"content-length": len(data), **headers}.items():
            request.send_header(name, str(value))
        request.end_headers()
        request.wfile.write(data)

    @staticmethod
    def _honest(request, body):
        status, told = PATHS.get(request.path, lambda _: (404, {"error": "not found"}))(body)
        if request.headers.get("authorization") != f"Bearer {KEY}":
            status, told = 401, {"success": False, "error": f"Unauthorized: {request.headers.get('authorization')}"}
        return status, {"content-type": "application/json"}, json.dumps(told).encode()
