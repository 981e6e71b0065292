"""A loopback server that speaks the Responses and Conversations APIs, with the toy model behind it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple, Self
from urllib.parse import parse_qsl, urlsplit

from samples import toy_model
from samples.conversations import Answer, Conversations, refusal
from sdk.py_worker.sse import stream_body
from sdk.py_worker.transport import response_document

JSON = dict[str, Any]
_MOVED = 0.01  # seconds between two looks for the end of the server
_PREFIX = {"message": "msg", "function_call": "fc", "web_search_call": "ws"}


class Exchange(NamedTuple):
    """A request to the model and what it was answered.

    Attributes:
        request: the body as it was sent.
        items: what the model read: the input, and before it what the conversation held.
        output: the items it answered; empty when the request was refused.
    """

    request: JSON
    items: list[JSON]
    output: list[JSON]

    @property
    def called(self) -> list[str]:
        """Names of the functions the model called."""
        return [item["name"] for item in self.output if item["type"] == "function_call"]

    @property
    def offered(self) -> list[str]:
        """Names, or types, of the tools the model was offered."""
        return [str(tool.get("name") or tool.get("type")) for tool in self.request.get("tools") or ()]


class ToyServer(ThreadingHTTPServer):
    """The server; runs while it is entered as a context.

    Attributes:
        exchanges: requests to the model, in their order.
        conversations: what it keeps.
        faults: bodies to answer with instead, with status 200, each once.
    """

    daemon_threads = True

    def __init__(self, faults: Sequence[JSON] = ()) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.exchanges: list[Exchange] = []
        self.conversations = Conversations()
        self.faults = list(faults)
        self.url = f"http://127.0.0.1:{self.server_port}/v1"
        self._responses: dict[str, list[JSON]] = {}
        self._turn = threading.Lock()
        self._thread = threading.Thread(target=self.serve_forever, args=(_MOVED,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()

    def respond(self, body: JSON) -> Answer:
        """Answer a request to the model, and note both."""
        with self._turn:
            given = body.get("input") or []
            asked = [{"role": "user", "content": given}] if isinstance(given, str) else list(given)
            before = self._before(body)
            if before is None:
                return refusal(404, "there is no such conversation or response")
            items = [*before, *asked]
            if self.faults:
                self.exchanges.append(Exchange(body, items, []))
                return Answer(200, self.faults.pop(0))
            number = len(self.exchanges)
            output = list(_named(toy_model.answer(body, items), number))
            self.exchanges.append(Exchange(body, items, output))
            document = response_document("toy", number, {"output": output}, body)
            self._remember(self.exchanges[-1], document["id"], asked)
            return Answer(200, document)

    def _before(self, body: JSON) -> list[JSON] | None:
        """Return the items that a request goes on from; None when it names what is not there."""
        conversation = _conversation_of(body)
        if conversation is not None:
            kept = self.conversations.items.get(conversation)
            return None if kept is None else list(kept)
        previous = body.get("previous_response_id")
        return [] if previous is None else self._responses.get(previous)

    def _remember(self, exchange: Exchange, made: str, asked: list[JSON]) -> None:
        """Keep what later requests may go on from."""
        conversation = _conversation_of(exchange.request)
        if conversation is not None:
            self.conversations.extend(conversation, [*asked, *exchange.output])
        self._responses[made] = [*exchange.items, *exchange.output]


class _Handler(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"
    server: ToyServer

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name of the base class
        """Print nothing."""

    def do_GET(self) -> None:
        """Read."""
        self._handle({})

    def do_DELETE(self) -> None:
        """Remove."""
        self._handle({})

    def do_POST(self) -> None:
        """Make, or ask."""
        self._handle(json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}"))

    def _handle(self, body: JSON) -> None:
        parts = urlsplit(self.path)
        kind, *path = parts.path.strip("/").split("/")[1:]
        if kind == "conversations":
            answer = self.server.conversations.handle(self.command, path, dict(parse_qsl(parts.query)), body)
        elif (kind, path, self.command) == ("responses", [], "POST"):
            answer = self.server.respond(body)
        else:
            answer = refusal(404, f"nothing is served at {parts.path}")
        if body.get("stream") and "output" in answer.body:
            self._send(200, "text/event-stream", in_words(stream_body(answer.body, None)))
        else:
            self._send(answer.status, "application/json", json.dumps(answer.body).encode())

    def _send(self, status: int, kind: str, data: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def in_words(stream: bytes) -> bytes:
    """Return an event stream in which text comes word by word."""
    events = [json.loads(block.partition(b"data: ")[2]) for block in stream.strip().split(b"\n\n")]
    parted = [piece for event in events for piece in _pieces(event)]
    lines = (
        f"event: {event['type']}\ndata: {json.dumps({**event, 'sequence_number': number})}\n\n"
        for number, event in enumerate(parted)
    )
    return "".join(lines).encode()


def _pieces(event: JSON) -> list[JSON]:
    if event["type"] != "response.output_text.delta":
        return [event]
    first, *others = event["delta"].split(" ")
    return [{**event, "delta": piece} for piece in (first, *(f" {word}" for word in others))]


def _named(output: list[JSON], number: int) -> Iterator[JSON]:
    """Yield output items with the ids a server gives them."""
    for index, item in enumerate(output):
        called = {"call_id": f"call_{number}_{index}"} if item["type"] == "function_call" else {}
        yield {"id": f"{_PREFIX[item['type']]}_{number}_{index}", **called, **item}


def _conversation_of(body: JSON) -> str | None:
    told = body.get("conversation")
    return told.get("id") if isinstance(told, dict) else told
