"""Where a base URL may lead: what is refused by its text, and what once its host's name is resolved (routing.md)."""

from __future__ import annotations

import asyncio
import socket
import unicodedata
from collections.abc import Awaitable, Callable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any, Self
from urllib.parse import SplitResult, urlsplit

from timestep.errors import ModelError, TimestepError, UserError
from timestep.providers.failures import model_failure

#: Gives the addresses of a host: (name, port) -> addresses as text.
Resolver = Callable[[str, int], Awaitable[Sequence[str]]]

_PORTS = {"http": 80, "https": 443}
_LONGEST_LABEL = 63  # characters of a part of a host's name (RFC 1035)
# Names that are answered inside a network or a machine (RFC 6761, RFC 6762, RFC 8375, and ICANN's .internal).
_PRIVATE_DOMAINS = ("localhost", "localdomain", "local", "internal", "home.arpa")
# What is not public (IANA's registries of special-purpose addresses); Python's own notion differs by its version.
_NOT_PUBLIC = tuple(
    IPv4Network(network)
    for network in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
        *("192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24"),
        *("203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
        "168.63.129.16/32",  # public by its number, but answered inside Azure
    )
)
_PUBLIC_IPV6 = IPv6Network("2000::/3")  # all that has been given out (RFC 4291)
_NOT_PUBLIC_IPV6 = tuple(IPv6Network(network) for network in ("2001::/23", "2001:db8::/32", "3fff::/20"))
# Addresses that hold the IPv4 address which is reached by them, and how far up its 32 bits stand: mapped (RFC 4291),
# translated (RFC 6052), 6to4 (RFC 3056).
_CARRIERS = (
    (IPv6Network("::ffff:0:0/96"), 0),
    (IPv6Network("64:ff9b::/96"), 0),
    (IPv6Network("2002::/16"), 80),
)
# What a transport fails with before a byte of the request is on its way, by the names of httpx and httpx2.
_NOT_CONNECTED = frozenset({"ConnectError", "ConnectTimeout"})


def check_base_url(url: str, *, allow_private: bool, what: str) -> None:
    """Refuse a base URL that is malformed, holds what is no address, or leads where it may not.

    Nothing is looked up; see `guarded` for what a public name turns out to lead to. No message repeats a part of the
    URL that could be a secret.

    Args:
        url: the base URL.
        allow_private: whether it may lead to this machine or into a private network.
        what: whose base URL it is, for messages, such as "the provider 'local'".

    Raises:
        UserError: it is refused (`base-url`).
    """
    problem = base_url_problem(url, allow_private=allow_private)
    if problem is not None:
        message, help_ = problem
        raise UserError(f"the base URL of {what} {message}", code="base-url", help=help_, requirement="TS-ROUTE-020")


def base_url_problem(url: str, *, allow_private: bool) -> tuple[str, str] | None:
    """Return what is wrong with a base URL, as the end of a sentence, and what to do; None where nothing is."""
    form = 'write it as "https://HOST/v1"'
    if any(_is_odd(character) for character in url):
        return "holds a space, a backslash or a character that can't be printed", form
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "is no URL: its host or port is malformed", form
    if parts.scheme.lower() not in _PORTS:
        return "does not begin with http:// or https://", form
    if "@" in parts.netloc:
        return "holds a user name or a password", "give the key by `key` or `api_key`: a URL ends up in logs"
    if "?" in url or "#" in url:
        return "holds a query or a fragment", "leave out what follows the path; settings have extra_query"
    if not parts.hostname or port == 0 or "%" in parts.hostname or not _is_host(parts.hostname):
        return "has no host, or a malformed one", form
    return None if allow_private else _private_problem(parts)


def _is_odd(character: str) -> bool:
    """Tell whether readers of URLs differ in what they make of a character, or nobody can see it."""
    return character.isspace() or not character.isprintable() or character == "\\"


def _is_host(host: str) -> bool:
    """Tell whether a host can be looked up: no part of a name is empty, or longer than the DNS allows."""
    return ":" in host or all(0 < len(part) <= _LONGEST_LABEL for part in host.removesuffix(".").split("."))


def _private_problem(parts: SplitResult) -> tuple[str, str] | None:
    """Return what is wrong with a host that has to be public."""
    host = _host(parts)
    leave = "set allow_private for this provider if it is meant; a base URL given in code may always be private"
    spelled = _numeric(host)
    if spelled is not None and str(spelled) != host:
        return "spells an IPv4 address in an unusual way, which readers take for different ones", "write it as a.b.c.d"
    literal = spelled or _literal(host)
    if literal is not None:
        return None if is_public(literal) else (f"leads to {host}, which is no public address", leave)
    if "." not in host or any(host == name or host.endswith(f".{name}") for name in _PRIVATE_DOMAINS):
        return f"leads to {host!r}, which is a name inside a machine or a private network", leave
    if _is_number(host.rpartition(".")[2]):
        return "has a host that is neither a name nor an address", 'write it as "https://HOST/v1"'
    return None


def _host(parts: SplitResult) -> str:
    """Return a host as a resolver takes it: in lower case, other forms of letters and dots made plain, no last dot."""
    host = unicodedata.normalize("NFKC", parts.hostname or "").lower()
    return host.translate({0x3002: ".", 0xFF0E: ".", 0xFF61: "."}).removesuffix(".")


def _literal(host: str) -> IPv4Address | IPv6Address | None:
    """Return the address that a host is, if it is one."""
    try:
        return ip_address(host)
    except ValueError:
        return None


def _is_number(label: str) -> bool:
    """Tell whether a label is one that a resolver reads as a number; what is wholly hexadecimal counts too."""
    return label.isdecimal() or (label.startswith("0x") and all(c in "0123456789abcdef" for c in label[2:]))


def _numeric(host: str) -> IPv4Address | None:
    """Return the address that C's `inet_aton` reads from one to four numbers, in any of its three bases."""
    if not host.isascii() or not all(_is_number(label) for label in host.split(".")):
        return None
    try:
        return IPv4Address(socket.inet_aton(host))
    except OSError:
        return None


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Tell whether an address is one of the public internet's, and not a way to another one that is not."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _NOT_PUBLIC)
    for network, shift in _CARRIERS:
        if address in network:
            return is_public(IPv4Address(int(address) >> shift & 0xFFFF_FFFF))
    return address in _PUBLIC_IPV6 and not any(address in network for network in _NOT_PUBLIC_IPV6)


def guarded(transport: Any, *, resolve: Resolver | None = None) -> GuardedTransport:  # noqa: ANN401 - of either package
    """Return a transport that reaches public addresses alone, whatever a name resolves to.

    It is for a client of one provider whose base URL has to be public: a second host is refused.

    Args:
        transport: an `AsyncHTTPTransport` of httpx or httpx2, or anything with its methods.
        resolve: what looks a name up; the system's resolver unless given.

    Example:
        >>> import httpx
        >>> client = httpx.AsyncClient(transport=guarded(httpx.AsyncHTTPTransport()))
    """
    return GuardedTransport(transport, resolve or _resolved)


class GuardedTransport:
    """Looks a host up, refuses unless every address is public, and connects to one of these addresses and no other.

    As the connection is made to the address that was looked at, a name that leads elsewhere a moment later
    (DNS rebinding) leads nowhere. The Host header and the name that the certificate has to have stay the host's.
    """

    def __init__(self, transport: Any, resolve: Resolver) -> None:  # noqa: ANN401 - of either package
        self._transport = transport
        self._resolve = resolve
        self._host: str | None = None

    async def handle_async_request(self, request: Any) -> Any:  # noqa: ANN401 - of either package
        """Send a request to an address that was looked at.

        Raises:
            UserError: the host is not public, or not the one of the first request (`base-url`).
            ModelError: it can't be looked up.
        """
        url, extensions = request.url, request.extensions
        host: str = url.raw_host.decode()  # as it stands in the request: resolvers differ in how they encode others
        if self._host not in (None, host):
            # Connections are kept by address: one made, and its certificate looked at, for another name would do.
            raise _refused(f"a request to {host!r} on the way to {self._host!r} was not sent")
        addresses = await self._vetted(host, url.port or _PORTS.get(url.scheme, 443), _patience(extensions))
        self._host = host
        if _literal(host.strip("[]")) is None:
            request.extensions = {**extensions, "sni_hostname": host}
        try:
            return await self._sent(request, url, addresses)
        finally:
            request.url, request.extensions = url, extensions

    async def _sent(self, request: Any, url: Any, addresses: Sequence[str]) -> Any:  # noqa: ANN401
        """Send a request to the first address that takes it."""
        for address in addresses[:-1]:
            request.url = url.copy_with(host=address)
            try:
                return await self._transport.handle_async_request(request)
            except Exception as error:
                if type(error).__name__ not in _NOT_CONNECTED:
                    raise
        request.url = url.copy_with(host=addresses[-1])
        return await self._transport.handle_async_request(request)

    async def _vetted(self, host: str, port: int, seconds: float | None) -> list[str]:
        """Return the addresses of a host, all of them public."""
        plain = host.strip("[]")
        if _literal(plain) is not None:
            found: Sequence[str] = [plain]
        else:
            found = await self._looked_up(plain, port, seconds)
        addresses = list(dict.fromkeys(found))
        for address in addresses:
            literal = _literal(address)
            if literal is None or not is_public(literal):
                raise _refused(f"{host!r} leads to {address}, which is no public address")
        return addresses

    async def _looked_up(self, host: str, port: int, seconds: float | None) -> Sequence[str]:
        """Look a name up."""
        try:
            async with asyncio.timeout(seconds):
                found = await self._resolve(host, port)
            why = "the name has no address"
        except (OSError, UnicodeError) as error:  # a TimeoutError too, and a name that has no form in the DNS
            found, why = (), f"the name can't be looked up ({getattr(error, 'strerror', None) or type(error).__name__})"
        if found:
            return found
        raise _unreached(host, why)

    async def aclose(self) -> None:
        """Close the transport."""
        await self._transport.aclose()

    async def __aenter__(self) -> Self:
        await self._transport.__aenter__()
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self._transport.__aexit__(*exception)


async def _resolved(host: str, port: int) -> list[str]:
    """Return the addresses that the system's resolver gives, in its order."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(place[0]) for *_, place in found]


def _patience(extensions: dict[str, Any]) -> float | None:
    """Return how long a connection may take to be made, by a request's own timeouts."""
    timeouts: dict[str, float | None] = extensions.get("timeout") or {}
    return timeouts.get("connect")


def _refused(message: str) -> TimestepError:
    return UserError(
        message,
        code="base-url",
        why="a rules document must not open a way to machines that only this one can reach",
        help="set allow_private for this provider if it is meant",
        requirement="TS-ROUTE-021",
    )


def _unreached(host: str, why: str) -> ModelError:
    return model_failure(
        f"can't reach {host}: {why}", provider=host, sent="no", help="look at the network and the base URL"
    )
