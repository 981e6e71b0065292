"""Where a base URL may lead, by its text and by what its host's name resolves to."""

import asyncio
import doctest
import socket

import httpx
import httpx2
import pytest

from timestep.errors import ModelError, UserError
from timestep.providers import url_policy
from timestep.providers.url_policy import base_url_problem, check_base_url, guarded

from .conftest import KEEP, http

PUBLIC = "93.184.215.14"
FINE = [
    "https://api.openai.com/v1",
    "http://models.example:8080",
    "HTTPS://Models.Example/v1/",
    "https://models.example./v1",
    "https://8.8.8.8/v1",
    "https://[2606:4700::1111]/v1",
    "https://[::ffff:8.8.8.8]/v1",
    "https://[64:ff9b::8.8.8.8]/v1",
    "https://[2002:808:808::]/v1",
    "https://bücher.example/v1",
    "https://127.example/v1",
    "https://localhost.example/v1",
    "https://face.example/@me",
]
PRIVATE = [
    "http://localhost:11434",
    "http://LOCALHOST.",
    "http://api.localhost",
    "http://localhost.localdomain",
    "http://ollama:11434",
    "http://printer.local",
    "http://router.home.arpa",
    "http://home.arpa",
    "http://metadata.google.internal/v1",
    "http://metadata.google.internal.",
    "http://127.0.0.1:8080",
    "http://127.255.0.9",
    "http://0.0.0.0",
    "http://10.0.0.1",
    "http://172.16.3.4",
    "http://192.168.0.1",
    "http://100.64.0.1",
    "http://100.100.100.200",
    "http://169.254.169.254/latest",
    "http://168.63.129.16",
    "http://192.0.0.192",
    "http://198.18.0.1",
    "http://224.0.0.1",
    "http://255.255.255.255",
    "http://[::]",
    "http://[::1]",
    "http://[0:0:0:0:0:0:0:1]",
    "http://[fe80::1]",
    "http://[fc00::1]",
    "http://[fd00:ec2::254]",
    "http://[fec0::1]",
    "http://[ff02::1]",
    "http://[::ffff:127.0.0.1]",
    "http://[::ffff:a9fe:a9fe]",
    "http://[::127.0.0.1]",
    "http://[64:ff9b::7f00:1]",
    "http://[64:ff9b:1::1]",
    "http://[2002:7f00:1::]",
    "http://[2002:7f00:1::808:808]",
    "http://[2001:0:1::1]",
    "http://2130706433",
    "http://0x7f000001",
    "http://017700000001",
    "http://127.1",
    "http://0x7f.0.0.1",
    "http://0177.0.0.1",
    "http://127.0.0.01",
    "http://\uff11\uff12\uff17.0.0.1",
    "http://127。0。0。1",
    "http://169.254.169\u3002254",
    "http://api.loca\u24dbhost",
    "http://134744072",
    "http://1.2.3.4.5",
    "http://models.0x7f",
]
MALFORMED = [
    "",
    " https://models.example",
    "https://models.example/v1\n",
    "https://models.\texample",
    "https://models.example\x00",
    "https://models.example/v 1",
    "https:\\\\models.example",
    "https://models.example\\@10.0.0.1",
    "https://models.example\\/v1",
    "https://",
    "https:///v1",
    "https://:80",
    "//models.example",
    "models.example/v1",
    "ftp://models.example",
    "file:///etc/passwd",
    "unix:///run/server.sock",
    "https://models.example:port",
    "https://models.example:0",
    "https://models.example:65536",
    "https://[::1",
    "https://[nonsense]",
    "https://[fe80::1%25eth0]",
    "https://%6c%6f.example",
    "https://models..example",
    "https://.example",
    f"https://{'m' * 64}.example",
    "https://user@models.example",
    "https://@models.example",
    "https://models.example/v1?",
    "https://models.example/v1?api-version=1",
    "https://models.example/v1#part",
]


@pytest.mark.parametrize("url", FINE)
def test_a_public_address_is_fine(url):
    """A document may name it (TS-ROUTE-020)."""
    assert base_url_problem(url, allow_private=False) is None


@pytest.mark.parametrize("url", PRIVATE)
def test_a_private_address_needs_leave(url):
    """However it is spelled, it is refused unless private addresses are allowed (TS-ROUTE-020)."""
    message, help_ = base_url_problem(url, allow_private=False)
    assert message
    assert help_
    assert base_url_problem(url, allow_private=True) is None


@pytest.mark.parametrize("allow_private", [False, True])
@pytest.mark.parametrize("url", MALFORMED)
def test_what_is_no_address_is_always_refused(url, allow_private):
    """So is what readers of URLs differ about, and what has no place in a base URL (TS-ROUTE-020)."""
    assert base_url_problem(url, allow_private=allow_private) is not None


@pytest.mark.parametrize(
    "url",
    [
        "https://user:sentinel-0123456789@models.example/v1",
        "https://models.example/v1?key=sentinel-0123456789",
        "https://models.example/v1#sentinel-0123456789",
        "sentinel-0123456789://models.example/v1",
        "https://sentinel-0123456789@/v1",
        "https://models.example:sentinel-0123456789/v1",
    ],
)
def test_a_message_never_repeats_a_secret(url):
    """The error says whose URL it is, and nothing of what may be a secret in it (TS-ROUTE-020)."""
    with pytest.raises(UserError) as caught:
        check_base_url(url, allow_private=True, what="the provider 'acme'")
    assert caught.value.code == "base-url"
    assert "the provider 'acme'" in caught.value.message
    assert "sentinel" not in caught.value.render()


def test_the_examples_of_the_docstrings_are_true():
    """They are what users read first."""
    result = doctest.testmod(url_policy)
    assert result.attempted


def answers(*lists):
    """Return a resolver that gives these addresses, one list a time, and the questions it was asked."""
    asked = []

    async def resolve(host, port):
        asked.append((host, port))
        return lists[min(len(asked), len(lists)) - 1]

    return resolve, asked


class Elsewhere:
    """A transport that notes where it is sent, and goes to a loopback server for public addresses."""

    def __init__(self, inner, port):
        self.inner, self.port, self.seen, self.unreachable = inner, port, [], set()

    async def handle_async_request(self, request):
        """Note a request and send it on."""
        self.seen.append((str(request.url.host), request.url.port, request.extensions.get("sni_hostname")))
        if str(request.url.host) in self.unreachable:
            raise httpx.ConnectError("no route")
        request.url = request.url.copy_with(scheme="http", host="127.0.0.1", port=self.port)
        return await self.inner.handle_async_request(request)

    async def aclose(self):
        """Close."""
        await self.inner.aclose()

    async def __aenter__(self):
        await self.inner.__aenter__()
        return self

    async def __aexit__(self, *exception):
        await self.inner.__aexit__(*exception)


def port_of(loopback):
    """Return the port of a loopback server."""
    return httpx.URL(loopback.url).port


@pytest.mark.parametrize("package", [httpx, httpx2])
async def test_a_request_goes_to_the_address_that_was_looked_at(package, loopback):
    """The certificate's name and the Host header stay the host's (TS-ROUTE-021)."""
    loopback.answers = [[http({"ok": True}), KEEP]]
    resolve, asked = answers([PUBLIC, "2606:4700::1111"])
    elsewhere = Elsewhere(package.AsyncHTTPTransport(), port_of(loopback))
    async with asyncio.timeout(5), package.AsyncClient(transport=guarded(elsewhere, resolve=resolve)) as client:
        response = await client.post("https://models.example:8443/v1/responses", content=b"{}")
    assert response.json() == {"ok": True}
    assert elsewhere.seen == [(PUBLIC, 8443, "models.example")]
    assert asked == [("models.example", 8443)]
    assert b"\r\nhost: models.example:8443\r\n" in loopback.requests[0][0].lower()
    assert response.request.url == "https://models.example:8443/v1/responses"
    assert "sni_hostname" not in response.request.extensions


@pytest.mark.parametrize("package", [httpx, httpx2])
async def test_a_name_of_other_letters_is_looked_up_as_it_stands_in_the_request(package, loopback):
    """Python's resolver would look `straße.example` up as `strasse.example`, which is another host (TS-ROUTE-021)."""
    loopback.answers = [[http({}), KEEP]]
    resolve, asked = answers([PUBLIC])
    elsewhere = Elsewhere(package.AsyncHTTPTransport(), port_of(loopback))
    async with asyncio.timeout(5), package.AsyncClient(transport=guarded(elsewhere, resolve=resolve)) as client:
        await client.post("https://straße.example", content=b"{}")
    assert asked == [("xn--strae-oqa.example", 443)]
    assert elsewhere.seen == [(PUBLIC, None, "xn--strae-oqa.example")]


@pytest.mark.parametrize("package", [httpx, httpx2])
async def test_a_name_that_leads_to_this_machine_is_refused_before_anything_is_sent(package, loopback):
    """A real server on loopback sees no connection (TS-ROUTE-021)."""
    resolve, _ = answers(["127.0.0.1"])
    transport = guarded(package.AsyncHTTPTransport(), resolve=resolve)
    async with asyncio.timeout(5), package.AsyncClient(transport=transport) as client:
        with pytest.raises(UserError, match=r"'models\.example' leads to 127\.0\.0\.1") as caught:
            await client.post(f"http://models.example:{port_of(loopback)}/v1", content=b"{}")
    assert caught.value.code == "base-url"
    assert loopback.connections == 0


@pytest.mark.parametrize(
    "found", [[PUBLIC, "10.0.0.1"], ["::1", PUBLIC], ["::ffff:169.254.169.254"], ["fe80::1%eth0"], ["nonsense"]]
)
async def test_one_address_that_is_not_public_is_enough(found):
    """Else it would be chance which one a client takes (TS-ROUTE-021)."""
    resolve, _ = answers(found)
    elsewhere = Elsewhere(httpx.AsyncHTTPTransport(), 1)
    async with asyncio.timeout(5), httpx.AsyncClient(transport=guarded(elsewhere, resolve=resolve)) as client:
        with pytest.raises(UserError, match="no public address"):
            await client.get("https://models.example")
    assert elsewhere.seen == []


async def test_a_name_that_leads_elsewhere_a_moment_later_leads_nowhere(loopback):
    """Each request is looked up once, and goes to what was looked at; the next one is looked up anew (TS-ROUTE-021)."""
    loopback.answers = [[http({}), KEEP]]
    resolve, asked = answers([PUBLIC], ["169.254.169.254"])
    elsewhere = Elsewhere(httpx.AsyncHTTPTransport(), port_of(loopback))
    async with asyncio.timeout(5), httpx.AsyncClient(transport=guarded(elsewhere, resolve=resolve)) as client:
        await client.post("http://models.example", content=b"{}")
        with pytest.raises(UserError, match=r"169\.254\.169\.254"):
            await client.post("http://models.example", content=b"{}")
    assert elsewhere.seen == [(PUBLIC, None, "models.example")]
    assert asked == [("models.example", 80)] * 2


@pytest.mark.parametrize("url", ["http://127.0.0.1", "http://[::1]", "https://[::ffff:10.0.0.1]", "http://127.1"])
async def test_an_address_in_place_of_a_name_is_looked_at_too(url):
    """Also one that only the resolver reads as an address (TS-ROUTE-021)."""
    elsewhere = Elsewhere(httpx.AsyncHTTPTransport(), 1)
    async with asyncio.timeout(5), httpx.AsyncClient(transport=guarded(elsewhere)) as client:
        with pytest.raises(UserError, match="no public address"):
            await client.get(url)
    assert elsewhere.seen == []


async def test_a_public_address_in_place_of_a_name_is_not_looked_up(loopback):
    """Its certificate is for the address, so no other name is asked for (TS-ROUTE-021)."""
    loopback.answers = [[http({}), KEEP]]
    resolve, asked = answers([])
    elsewhere = Elsewhere(httpx.AsyncHTTPTransport(), port_of(loopback))
    async with asyncio.timeout(5), httpx.AsyncClient(transport=guarded(elsewhere, resolve=resolve)) as client:
        await client.post("https://[2606:4700::1111]/v1", content=b"{}")
    assert elsewhere.seen == [("2606:4700::1111", None, None)]
    assert asked == []


async def test_the_next_address_is_tried_where_one_takes_no_connection(loopback):
    """As a client does for a name that it looks up itself."""
    loopback.answers = [[http({}), KEEP]]
    resolve, _ = answers(["2606:4700::1111", PUBLIC, PUBLIC])
    elsewhere = Elsewhere(httpx.AsyncHTTPTransport(), port_of(loopback))
    elsewhere.unreachable = {"2606:4700::1111"}
    async with asyncio.timeout(5), httpx.AsyncClient(transport=guarded(elsewhere, resolve=resolve)) as client:
        await client.post("http://models.example", content=b"{}")
        assert [host for host, *_ in elsewhere.seen] == ["2606:4700::1111", PUBLIC]
        elsewhere.unreachable.add(PUBLIC)
        with pytest.raises(httpx.ConnectError) as caught:
            await client.post("http://models.example", content=b"{}")
    assert caught.value.request.url.host == "models.example"
    assert [host for host, *_ in elsewhere.seen[2:]] == ["2606:4700::1111", PUBLIC]


async def test_what_fails_after_it_was_sent_is_not_sent_to_the_next_address(loopback):
    """The server may have worked on it."""
    loopback.answers = [[b""]]
    resolve, _ = answers([PUBLIC, "1.1.1.1"])
    elsewhere = Elsewhere(httpx.AsyncHTTPTransport(), port_of(loopback))
    async with asyncio.timeout(5), httpx.AsyncClient(transport=guarded(elsewhere, resolve=resolve)) as client:
        with pytest.raises(httpx.RemoteProtocolError):
            await client.post("http://models.example", content=b"{}")
    assert len(elsewhere.seen) == 1
    assert len(loopback.requests) == 1


async def test_a_second_host_is_refused(loopback):
    """A connection is kept by its address: another name there would pass with the first one's certificate."""
    loopback.answers = [[http({}), KEEP]]
    resolve, _ = answers([PUBLIC])
    elsewhere = Elsewhere(httpx.AsyncHTTPTransport(), port_of(loopback))
    async with asyncio.timeout(5), httpx.AsyncClient(transport=guarded(elsewhere, resolve=resolve)) as client:
        await client.post("https://models.example", content=b"{}")
        with pytest.raises(UserError, match=r"'other\.example'"):
            await client.post("https://other.example", content=b"{}")
    assert len(elsewhere.seen) == 1


async def failed(resolve, **options):
    """Send a request through a resolver that fails; return the error."""
    elsewhere = Elsewhere(httpx.AsyncHTTPTransport(), 1)
    client = httpx.AsyncClient(transport=guarded(elsewhere, resolve=resolve), **options)
    async with asyncio.timeout(5), client:
        with pytest.raises(ModelError) as caught:
            await client.get("https://models.example")
    assert elsewhere.seen == []
    return caught.value


async def test_a_name_that_can_not_be_looked_up_is_an_error_of_the_way_there():
    """Nothing was sent, so the next attempt may do better."""

    async def resolve(*_place):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    error = await failed(resolve)
    assert (error.code, error.sent) == ("model-failed", "no")
    assert error.message == ("can't reach models.example: the name can't be looked up (Name or service not known)")

    async def no_name(*_place):
        raise UnicodeError("label empty or too long")  # what Python's own encoding of names fails with

    assert "can't be looked up (UnicodeError)" in (await failed(no_name)).message
    nothing, _ = answers([])
    assert (await failed(nothing)).message == "can't reach models.example: the name has no address"


async def test_a_resolver_that_does_not_answer_is_not_waited_for_longer_than_a_connection():
    """The client's own timeout for connecting holds for it."""

    async def resolve(*_place):
        await asyncio.Event().wait()

    error = await failed(resolve, timeout=0.01)
    assert error.sent == "no"
    assert "TimeoutError" in error.message


async def test_the_name_that_a_certificate_has_to_have_is_the_hosts():
    """A real client asks for it in the first bytes of TLS (RFC 6066)."""
    hello = asyncio.get_running_loop().create_future()

    async def serve(reader, writer):
        hello.set_result(await reader.read(4096))
        writer.close()

    listener = await asyncio.start_server(serve, "127.0.0.1", 0)

    class Redirected(httpx.AsyncHTTPTransport):
        async def handle_async_request(self, request):
            port = listener.sockets[0].getsockname()[1]
            request.url = request.url.copy_with(host="127.0.0.1", port=port)
            return await super().handle_async_request(request)

    resolve, _ = answers([PUBLIC])
    client = httpx.AsyncClient(transport=guarded(Redirected(), resolve=resolve))
    async with asyncio.timeout(5), listener, client:
        with pytest.raises(httpx.ConnectError):
            await client.get("https://models.example")
    assert b"models.example" in hello.result()


async def test_the_systems_resolver_is_asked_unless_another_is_given():
    """`localhost` needs no network (TS-ROUTE-021)."""
    async with asyncio.timeout(5), httpx.AsyncClient(transport=guarded(httpx.AsyncHTTPTransport())) as client:
        with pytest.raises(UserError, match="'localhost' leads to"):
            await client.get("http://localhost")


@pytest.mark.parametrize("package", [httpx, httpx2])
async def test_a_proxy_of_the_environment_is_no_way_around(package, loopback, monkeypatch):
    """It would look the name up once more (TS-ROUTE-021)."""
    for name in ("HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, loopback.url.removesuffix("/v1"))
    resolve, _ = answers(["10.0.0.1"])
    transport = guarded(package.AsyncHTTPTransport(), resolve=resolve)
    async with asyncio.timeout(5), package.AsyncClient(transport=transport) as client:
        with pytest.raises(UserError, match="no public address"):
            await client.get("http://models.example")
    assert loopback.connections == 0


async def test_closing_closes_what_is_inside():
    """A client that is not used as a context manager closes it with `aclose`."""
    closed = []

    class Inner(httpx.AsyncHTTPTransport):
        async def aclose(self):
            closed.append(True)
            await super().aclose()

    client = httpx.AsyncClient(transport=guarded(Inner()))
    await client.aclose()
    assert closed == [True]
