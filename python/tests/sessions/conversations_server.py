"""A loopback server that speaks the Conversations endpoints, strict where the service is."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

PART = {"user": "input_text", "system": "input_text", "developer": "input_text", "assistant": "output_text"}


class Conversations(ThreadingHTTPServer):
    """Conversations in memory; `requests` lists what was asked, `refuse` what to answer instead, by turns."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.conversations, self.requests, self.refuse, self.made = {}, [], [], 0
        self.url = f"http://127.0.0.1:{self.server_port}/v1"
        self.thread = threading.Thread(target=self.serve_forever, args=(0.01,))
        self.thread.start()

    def stop(self):
        """End the server."""
        self.shutdown()
        self.thread.join(5)
        self.server_close()

    def new_id(self, prefix):
        """Give an id."""
        self.made += 1
        return f"{prefix}_{self.made:08d}"


class Handler(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_arguments):
        """Print nothing."""

    def do_GET(self):
        """List items, a page at a time."""
        parts = self.begin({})
        if parts is None:
            return
        asked = {key: values[0] for key, values in parse_qs(urlsplit(self.path).query).items()}
        items = self.server.conversations[parts[1]]
        items = items if asked.get("order") == "asc" else items[::-1]
        if "after" in asked:
            items = items[[item["id"] for item in items].index(asked["after"]) + 1 :]
        limit = int(asked.get("limit", 20))
        if not 1 <= limit <= 100:
            self.answer(400, {"error": {"message": "limit"}})
            return
        page = items[:limit]
        ids = [item["id"] for item in page] or [None]
        listed = {"object": "list", "data": page, "has_more": len(items) > limit}
        self.answer(200, {**listed, "first_id": ids[0], "last_id": ids[-1]})

    def do_POST(self):
        """Make a conversation, or add items to one."""
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")
        parts = self.begin(body)
        if parts is None:
            return
        if len(parts) == 1:
            made = self.server.new_id("conv")
            self.server.conversations[made] = []
            self.answer(200, {"id": made, "object": "conversation", "created_at": 1, "metadata": {}})
            return
        if len(body["items"]) > 20:
            self.answer(400, {"error": {"message": "more than 20 items"}})
            return
        added = [self.kept(item) for item in body["items"]]
        self.server.conversations[parts[1]] += added
        self.answer(200, {"object": "list", "data": added, "has_more": False, "first_id": "a", "last_id": "b"})

    def do_DELETE(self):
        """Remove an item, or a conversation."""
        parts = self.begin({})
        if parts is None:
            return
        if len(parts) == 2:
            del self.server.conversations[parts[1]]
            self.answer(200, {"id": parts[1], "object": "conversation.deleted", "deleted": True})
            return
        kept = self.server.conversations[parts[1]]
        kept[:] = [item for item in kept if item["id"] != parts[3]]
        self.answer(200, {"id": parts[1], "object": "conversation", "created_at": 1, "metadata": {}})

    def begin(self, body):
        """Note the request, and answer it here if it is to be refused or asks for what is not there."""
        parts = urlsplit(self.path).path.strip("/").split("/")[1:]
        self.server.requests.append((self.command, "/".join(parts[:1] + parts[2:3]), len(body.get("items", ()))))
        refusal = self.server.refuse.pop(0) if self.server.refuse else None
        if isinstance(refusal, dict):
            self.answer(200, refusal)
            return None
        if refusal == "hang up":
            self.close_connection = True
            return None
        if refusal or (len(parts) > 1 and parts[1] not in self.server.conversations):
            self.answer(refusal or 404, {"error": {"message": "refused"}})
            return None
        return parts

    def kept(self, item):
        """Give an item as the service keeps it: an id of its own for most, content as a list of parts."""
        kind = item.get("type", "message")
        made = {"id": self.server.new_id("msg")} if kind in ("message", "function_call", "function_call_output") else {}
        kept = {"type": kind, **item, **made, "status": item.get("status", "completed")}
        kept.setdefault("id", self.server.new_id("item"))
        if isinstance(item.get("content"), str):
            kept["content"] = [{"type": PART[item["role"]], "text": item["content"]}]
        return kept

    def answer(self, status, body):
        """Send JSON."""
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
