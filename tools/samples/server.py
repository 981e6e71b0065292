"""A loopback server with the toy model behind it: Responses, Conversations, Chat Completions, Ollama's chat, a search.

It takes the place of every host a program may mean (`samples.redirect`), and notes which one that was.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Collection, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple, Self
from urllib.parse import parse_qsl, urlsplit

from samples import hosts, searches, toy_model, wires
from samples.conversations import Answer, Conversations, refusal
from samples.redirect import HEADER
from sdk.py_worker.sse import stream_body
from sdk.py_worker.transport import response_document

JSON = dict[str, Any]
_MOVED = 0.01  # seconds between two looks for the end of the server
_PREFIX = {"message": "msg", "function_call": "fc", "web_search_call": "ws"}
_NONSENSE: JSON = {"object": "nonsense"}
_EVENTS, _LINES, _WHOLE = "text/event-stream", "application/x-ndjson", "application/json"


class Sent(NamedTuple):
    """A request as it came.

    Attributes:
        origin: whom it was meant for: `https://ollama.com`.
        path: what was asked there, without a query.
        headers: its headers, their names in lower case.
        body: its JSON.
    """

    origin: str
    path: str
    headers: dict[str, str]
    body: JSON

    @property
    def keys(self) -> list[str]:
        """Names of the keys that stand anywhere in it."""
        return hosts.keys_in(f"{self.path} {self.headers} {json.dumps(self.body)}")


class Exchange(NamedTuple):
    """A request to the model and what it was answered.

    Attributes:
        request: the body, in the form of the Responses API.
        items: what the model read: the input, and before it what the conversation held.
        output: the items it answered; empty when the request was refused.
        sent: the request as it came.
    """

    request: JSON
    items: list[JSON]
    output: list[JSON]
    sent: Sent = Sent("", "", {}, {})

    @property
    def called(self) -> list[str]:
        """Names of the functions the model called."""
        return [item["name"] for item in self.output if item["type"] == "function_call"]

    @property
    def offered(self) -> list[str]:
        """Names, or types, of the tools the model was offered."""
        return [str(tool.get("name") or tool.get("type")) for tool in self.request.get("tools") or ()]


class _Wire(NamedTuple):
    """How an API asks the model.

    Attributes:
        read: makes a request of the Responses API of a body.
        whole: makes an answer of a response, or of what is none.
        stream: likewise, piece by piece; it is given the body too.
        kind: the media type of a stream.
        streams: whether it streams unless told otherwise.
    """

    read: Callable[[JSON], JSON]
    whole: Callable[[JSON], JSON]
    stream: Callable[[JSON, JSON], bytes]
    kind: str = _EVENTS
    streams: bool = False


class ToyServer(ThreadingHTTPServer):
    """The server; runs while it is entered as a context.

    Args:
        failing: models that answer with what is no answer, and status 200.

    Attributes:
        exchanges: requests to the model, in their order.
        sent: all requests, in their order.
        conversations: what it keeps.
        origin: its own address.
        url: the address of its OpenAI API.
    """

    daemon_threads = True

    def __init__(self, failing: Collection[str] = ()) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.exchanges: list[Exchange] = []
        self.sent: list[Sent] = []
        self.conversations = Conversations()
        self.origin = f"http://127.0.0.1:{self.server_port}"
        self.url = f"{self.origin}/v1"
        self._failing = failing
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

    def respond(self, body: JSON, sent: Sent) -> Answer:
        """Answer a request to the model, in the form of the Responses API, and note both."""
        with self._turn:
            given = body.get("input") or []
            asked = [{"role": "user", "content": given}] if isinstance(given, str) else list(given)
            before = self._before(body)
            if before is None:
                return refusal(404, "there is no such conversation or response")
            items = [*before, *asked]
            number = len(self.exchanges)
            if body["model"] in self._failing:
                self.exchanges.append(Exchange(body, items, [], sent))
                return Answer(200, _NONSENSE)
            output = list(_named(toy_model.answer(body, items), number))
            self.exchanges.append(Exchange(body, items, output, sent))
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
        headers = {name.lower(): value for name, value in self.headers.items()}
        sent = Sent(headers.pop(HEADER, f"http://{self.headers['Host']}"), parts.path, headers, body)
        self.server.sent.append(sent)
        no = hosts.refused(sent.origin, headers.get("authorization", ""), body)
        wire = _WIRES.get((self.command, parts.path))
        if no is not None:
            self._send(*_plain(_refused(sent, *no)))
        elif wire is not None:
            self._ask(wire, sent)
        elif parts.path.startswith("/v1/conversations"):
            path, query = parts.path.strip("/").split("/")[2:], dict(parse_qsl(parts.query))
            self._send(*_plain(self.server.conversations.handle(self.command, path, query, body)))
        elif (self.command, parts.path) in _SEARCHES:
            self._send(*_plain(Answer(200, _SEARCHES[self.command, parts.path](body))))
        else:
            self._send(*_plain(_refused(sent, 404, f"nothing is served at {parts.path}")))

    def _ask(self, wire: _Wire, sent: Sent) -> None:
        """Answer a request to the model as its API does."""
        try:
            request = wire.read(sent.body)
        except (KeyError, TypeError, ValueError) as error:
            self._send(*_plain(_refused(sent, 400, f"{type(error).__name__}: {error}")))
            return
        answer = self.server.respond(request, sent)
        if "output" not in answer.body:
            self._send(*_plain(answer))
        elif sent.body.get("stream", wire.streams):
            self._send(200, wire.kind, wire.stream(answer.body, sent.body))
        else:
            self._send(200, _WHOLE, json.dumps(wire.whole(answer.body)).encode())

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
    return [{**event, "delta": piece} for piece in wires.in_words(event["delta"])]


def _named(output: list[JSON], number: int) -> Iterator[JSON]:
    """Yield output items with the ids a server gives them."""
    for index, item in enumerate(output):
        called = {"call_id": f"call_{number}_{index}"} if item["type"] == "function_call" else {}
        yield {"id": f"{_PREFIX[item['type']]}_{number}_{index}", **called, **item}


def _conversation_of(body: JSON) -> str | None:
    told = body.get("conversation")
    return told.get("id") if isinstance(told, dict) else told


def _refused(sent: Sent, status: int, message: str) -> Answer:
    """Return an error in the form of whoever was asked: Ollama only gives a text."""
    return Answer(status, {"error": message}) if sent.path.startswith("/api/") else refusal(status, message)


def _plain(answer: Answer) -> tuple[int, str, bytes]:
    """Return what is sent of an answer that is not streamed."""
    return answer.status, _WHOLE, json.dumps(answer.body).encode()


_WIRES = {
    ("POST", "/v1/responses"): _Wire(
        lambda body: body, lambda answer: answer, lambda answer, _: in_words(stream_body(answer, None))
    ),
    ("POST", "/v1/chat/completions"): _Wire(
        lambda body: wires.as_responses(body, str),
        wires.chat_document,
        lambda answer, body: wires.chat_stream(
            answer, usage=bool((body.get("stream_options") or {}).get("include_usage"))
        ),
    ),
    ("POST", "/api/chat"): _Wire(
        lambda body: wires.as_responses(body, dict),
        wires.ollama_document,
        lambda answer, _: wires.ollama_stream(answer),
        kind=_LINES,
        streams=True,
    ),
}
_SEARCHES = {("POST", "/v2/search"): searches.firecrawl, ("POST", "/api/web_search"): searches.ollama}
