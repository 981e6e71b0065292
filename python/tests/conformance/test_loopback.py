"""Servers of models on this machine: they say what a case has them say, and what they are asked is compared."""

import dataclasses
import http.client
import json
from contextlib import closing, suppress

import pytest

from timestep_conformance import cases
from timestep_conformance.asking import play
from timestep_conformance.loopback import Servers
from timestep_conformance.testee import Answer

pytestmark = pytest.mark.timeout(20)
CASE = cases.named(["router/attempts-of-one-key"])[0]


class Asking:
    """A testee that sends what it is told to send, and answers with what it has got last."""

    def __init__(self, *requests):
        self.requests = requests

    def ask(self, _op, args):
        """Send the requests to the servers that the rules name."""
        places = {name: rule["base_url"] for name, rule in args["rules"]["providers"].items()}
        for to, key in self.requests:
            host = places[to].removeprefix("http://").removesuffix("/v1")
            with closing(http.client.HTTPConnection(host, timeout=5)) as connection:
                headers = {"Idempotency-Key": key} if key else {}
                connection.request("POST", "/v1/chat/completions?a=1", json.dumps({"model": "m"}), headers)
                with suppress(http.client.HTTPException):
                    connection.getresponse().read()
        part = {"type": "output_text", "text": "Hello."}
        return Answer("ok", {"output": [{"type": "message", "role": "assistant", "content": [part]}]}, ())


RIGHT = (("one", "a"), ("one", "a"), ("two", "b"))


def test_the_right_requests_pass():
    """TS-ROUTE-043: whatever the keys are, it counts which are the same."""
    assert play(CASE, Asking(*RIGHT)).outcome == "pass"


@pytest.mark.parametrize(
    ("requests", "told"),
    [
        (RIGHT[:2], "expected 3 requests"),
        ((*RIGHT, RIGHT[2]), "expected 3 requests"),
        ((("one", "a"), ("one", "b"), ("two", "c")), "at /1/key: expected 1, got 2"),
        ((("one", "a"), ("one", "a"), ("two", "a")), "at /2/key: expected 2, got 1"),
        ((("one", ""), ("one", ""), ("two", "")), "at /0/key: expected 1, got null"),
        ((("one", "a"), ("two", "a"), ("one", "b")), "at /1/to"),
    ],
)
def test_other_requests_fail_with_the_first_difference(requests, told):
    """A case fails though its answer is right, and says which request is another."""
    verdict = play(CASE, Asking(*requests))
    assert (verdict.outcome, told in verdict.why) == ("fail", True), verdict.why


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        ({"query": {"a": "1"}}, ""),
        ({"query": {}}, "/0/query"),
        ({"body": {"model": "n"}}, "/0/body/model"),
        ({"headers": {"idempotency-key": "b"}}, "/0/headers/idempotency-key"),
        ({"without": ["idempotency-key"]}, "/0/headers/idempotency-key: is not expected"),
        ({"least": 5}, "/0/waited"),
        ({"most": -1}, "/0/waited"),
    ],
)
def test_each_member_of_a_request_is_compared(wanted, told):
    """What a case names of it, what it does not have, and how long it has waited."""
    first, *rest = CASE.requests
    verdict = play(dataclasses.replace(CASE, requests=[{**first, **wanted}, *rest]), Asking(*RIGHT))
    assert told in verdict.why
    assert verdict.outcome == ("fail" if told else "pass")


def replies(*given):
    """Return what a client gets from a server, reply by reply: status and body, or the name of what went wrong."""
    found = []
    with Servers({"one": given}) as servers:
        host = servers.filled("{one}").removeprefix("http://")
        for _ in range(len(given) + 1):
            with closing(http.client.HTTPConnection(host, timeout=5)) as connection:
                try:
                    connection.request("POST", "/", "{}")
                    response = connection.getresponse()
                    found.append((response.status, response.read()))
                except (http.client.HTTPException, ConnectionError) as error:
                    found.append(type(error).__name__)
    return found


def test_a_server_gives_its_replies_in_order_and_then_none():
    """A status, a text, a connection that ends before and within a reply; what is asked beyond them is refused."""
    one, two, three, four, last = replies(
        {"status": 503, "json": {"a": 1}}, {"text": "hi"}, {"ends": "before"}, {"text": "hi", "ends": "within"}
    )
    assert (one, two) == ((503, b'{"a": 1}'), (200, b"hi"))
    assert (three, four) == ("RemoteDisconnected", "IncompleteRead")
    assert last[0] == 599


def test_addresses_are_named_in_what_is_compared():
    """TS-CONF-005: two runs are told alike, though the ports differ."""
    with Servers({"one": [], "two": []}) as servers:
        told = {"base_url": "{one}/v1", "list": ["{two}", "{one.port}", 1]}
        filled = servers.filled(told)
        assert "{" not in json.dumps(filled["list"])
        assert servers.named(filled) == {**told, "list": ["{two}", filled["list"][1], 1]}
