"""A host of models on loopback: it lists some, in both forms of lists, and answers what it is asked as Responses do."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

LISTS = {
    "/v1/models": {"object": "list", "data": [{"id": "tiny", "object": "model"}, {"id": "acme/large"}]},
    "/api/tags": {"models": [{"name": "llama3.2:latest", "model": "llama3.2:latest"}, {"name": "kimi-k2.6"}]},
}


class ModelServer:
    """The host.

    Attributes:
        address: `http://127.0.0.1:PORT`.
        asked: method, path, headers with their names in lower case, and JSON body of each request.
        replies: path -> status, headers and body in place of what it lists.
        silent: whether it lets everybody wait.
    """

    def __init__(self):
        self.asked = []
        self.replies = {}
        self.silent = False
        self._over = threading.Event()
        host = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                host.answer(self)

            def do_POST(self):
                host.answer(self)

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
        body = json.loads(request.rfile.read(int(request.headers.get("content-length") or 0)) or "null")
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.asked.append((request.command, request.path, headers, body))
        if self.silent:
            self._over.wait(5)
            return
        status, headers, data = self.replies.get(request.path) or self._honest(request.path, body)
        request.send_response(status)
        for name, value in {"content-length": len(data), "content-type": "application/json", **headers}.items():
            request.send_header(name, str(value))
        request.end_headers()
        request.wfile.write(data)

    @staticmethod
    def _honest(path, body):
        told = LISTS.get(path)
        if path.endswith("/responses"):
            text = {"type": "output_text", "text": f"{body['model']} answers.", "annotations": []}
            message = {"type": "message", "id": "m1", "role": "assistant", "status": "completed", "content": [text]}
            told = {
                "id": "r1",
                "object": "response",
                "status": "completed",
                "model": body["model"],
                "output": [message],
            }
        return (404, {}, b"{}") if told is None else (200, {}, json.dumps(told).encode())
