"""Cases of sealed states: the one form, the one MAC, and whom, when and what a seal is for (security.md)."""

from __future__ import annotations

import hashlib
import json
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from typing import Any

from codec_cases.case import JSON, ROOT, case, refusal
from codec_cases.sealing import (
    DECIDED,
    HEADER,
    KEYS,
    NOW,
    OLDER,
    WAITS,
    canonical,
    encoded,
    sealed,
    signed,
    text,
)

_FIXTURES = ROOT / "fixtures"
_PYTHON, _JS = (
    (_FIXTURES / name).read_bytes()
    for name in (
        "openai-agents-python/0.24.0/one_waiting.decided.json",
        "openai-agents-js/0.20.0/one_waiting.decided.json",
    )
)
_SEALED = sealed()
_HEADER, _PAYLOAD, _MAC = _SEALED.split(".")[2:]
_SIGNED = _SEALED.rpartition(".")[0]


def _spare_bits(part: str) -> str:
    """Return base64url of the same bytes whose last character has a bit that says nothing."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    if len(part) % 4 == 0:
        raise ValueError("it has no spare bits")
    return part[:-1] + letters[letters.index(part[-1]) + 1]


def _with_header(header: str) -> str:
    return signed(f"timestep-sealed.1.{header}.{_PAYLOAD}")


def _flipped(part: str, at: int) -> str:
    return part[:at] + ("A" if part[at] != "A" else "B") + part[at + 1 :]


#: A payload whose base64 needs padding, and one with a character that the other alphabet has.
_PADDED = next(WAITS + b" " * n for n in range(3) if (len(WAITS) + n) % 3)
_ODD = WAITS.replace(b"sunny", "sunny \u00ff\u00fe???>>>".encode())
#: Name -> a text that is no sealed state, code, and behaviour (TS-SEC-020).
_MISSHAPEN: dict[str, tuple[str, str, str]] = {
    "line-feed": (_SEALED + "\n", "seal-broken", "A sealed state does not end with a line feed"),
    "blank-before-a-part": (_SEALED.replace(".1.", ".1. ", 1), "seal-broken", "A part has no blank"),
    "part-missing": (_SIGNED, "seal-broken", "A sealed state has a MAC"),
    "part-too-many": (f"{_SEALED}.", "seal-broken", "A sealed state has no sixth part"),
    "padding": (
        signed(f"timestep-sealed.1.{_HEADER}.{urlsafe_b64encode(_PADDED).decode()}"),
        "seal-broken",
        "A part has no padding, whatever the MAC says",
    ),
    "other-alphabet": (
        signed(f"timestep-sealed.1.{_HEADER}.{encoded(_ODD).replace('-', '+').replace('_', '/')}"),
        "seal-broken",
        "A part is written in the alphabet of base64url",
    ),
    "spare-bits-of-the-payload": (
        signed(f"timestep-sealed.1.{_HEADER}.{_spare_bits(encoded(_PADDED))}"),
        "seal-broken",
        "Unused bits of a part are zero, whatever the MAC says",
    ),
    "spare-bits-of-the-mac": (
        f"{_SIGNED}.{_spare_bits(_MAC)}",
        "seal-broken",
        "Unused bits of the MAC are zero, too",
    ),
    "version-2": (sealed(version="2"), "seal-version", "A later version of the form is told from a broken seal"),
    "version-01": (sealed(version="01"), "seal-broken", "The version is written without leading zeros"),
    "version-none": (sealed(version=""), "seal-broken", "A sealed state has a version"),
    "nothing": ("timestep-sealed.", "seal-broken", "What begins as a sealed state does is one, or refused"),
}


def _head(**members: Any) -> bytes:
    return canonical({**HEADER, **members})


#: Name -> the text of a header below a right MAC, and the behaviour (TS-SEC-021).
_HEADERS: dict[str, tuple[bytes, str]] = {
    "blanks": (json.dumps(HEADER, sort_keys=True).encode(), "A header has no blanks"),
    "order": (b'{"tree":"r1","revision":6,"key":"2026-11"}', "The members of a header are sorted"),
    "escape": (b'{"key":"2026-11","revision":6,"tree":"\\u0072\\u0031"}', "A header has no escapes that need not be"),
    "fraction": (b'{"key":"2026-11","revision":6.0,"tree":"r1"}', "A revision has no fraction"),
    "member-unknown": (_head(by="ann"), "A header has no member that is not known"),
    "member-twice": (b'{"key":"2026-11","key":"2026-11","revision":6,"tree":"r1"}', "A header has no name twice"),
    "tree-missing": (canonical({"key": "2026-11", "revision": 6}), "A header names the run"),
    "revision-missing": (canonical({"key": "2026-11", "tree": "r1"}), "A header tells the revision"),
    "revision-text": (_head(revision="6"), "A revision is a number"),
    "revision-negative": (_head(revision=-1), "A revision is not negative"),
    "tenant-null": (_head(tenant=None), "Nobody in particular is left out, and not null"),
    "tenant-empty": (_head(tenant=""), "A tenant is not empty"),
    "key-of-no-form": (_head(key="a key"), "The id of a key has no blank"),
    "time-of-another-zone": (_head(expires="2026-12-01T01:00:00+01:00"), "A seal ends in UTC"),
    "time-with-z": (_head(expires="2026-12-01T00:00:00Z"), "A time has one form"),
    "time-with-a-fraction": (_head(expires="2026-12-01T00:00:00.500000+00:00"), "A time has whole seconds"),
    "time-that-never-is": (_head(expires="2026-02-30T00:00:00+00:00"), "A time is one that there is"),
    "no-object": (b"[]", "A header is an object"),
    "no-json": (b"{", "A header is JSON"),
    "too-long": (_head(tenant="t" * 65_536), "A header has at most 65,536 bytes"),
}
#: Name -> a sealed state, code, and behaviour (TS-SEC-022).
_UNKNOWN_TO_THE_KEY: dict[str, tuple[str, str, str]] = {
    "payload-changed": (
        f"timestep-sealed.1.{_HEADER}.{encoded(WAITS.replace(b'bob@', b'eve@'))}.{_MAC}",
        "seal-broken",
        "A payload that was changed after it was sealed is refused",
    ),
    "header-changed": (
        f"timestep-sealed.1.{encoded(_head(revision=7))}.{_PAYLOAD}.{_MAC}",
        "seal-broken",
        "A header that was changed after it was sealed is refused",
    ),
    "mac-changed": (f"{_SIGNED}.{_flipped(_MAC, 7)}", "seal-broken", "Another MAC is refused"),
    "mac-cut-short": (f"{_SIGNED}.{_MAC[:20]}", "seal-broken", "A part of the MAC is not enough"),
    "mac-empty": (f"{_SIGNED}.", "seal-broken", "No MAC is no MAC"),
    "mac-of-another-key": (sealed(secret=OLDER), "seal-broken", "The MAC is made with the key that the header names"),
    "key-unknown": (
        sealed({**HEADER, "key": "2025"}, secret=b"n" * 32),
        "seal-key-unknown",
        "What a key has sealed that the reader does not have is refused",
    ),
}


def cases() -> Iterator[JSON]:
    """Yield the cases of sealed states."""
    for name, (state, code, title) in _MISSHAPEN.items():
        yield _refused(f"form-{name}", title, "TS-SEC-020", state, code)
    args = {"state": text("timestep-sealed.hello")}
    title = "What begins as a sealed state does is refused without keys, too"
    yield _case("form-without-keys", title, ["TS-SEC-020"], "validate", args, refusal("seal-broken"))
    for name, (header, title) in _HEADERS.items():
        either = ["seal-broken", "seal-key-unknown"] if name == "key-of-no-form" else "seal-broken"
        yield _refused(f"header-{name}", title, "TS-SEC-021", sealed(header), either)
    for name, (state, code, title) in _UNKNOWN_TO_THE_KEY.items():
        yield _refused(f"mac-{name}", title, "TS-SEC-022", state, code)
    yield from _opened()
    yield from _order()
    yield from _whose()
    yield from _without()


def _opened() -> Iterator[JSON]:
    """Yield sealed states that hold, and the very bytes that come out."""
    title = "What was sealed comes back byte for byte, with what the seal says of it"
    yield _holds("opened", title, ["TS-SEC-022", "TS-SEC-023"], _SEALED, WAITS, HEADER)
    header = {**HEADER, "key": "2026-10"}
    title = "A key that signs no longer still opens what it has sealed"
    yield _holds("key-that-signs-no-longer", title, ["TS-SEC-022"], sealed(header, secret=OLDER), WAITS, header)
    for family, data, dialect in (
        ("python", _PYTHON, "openai-agents-python"),
        ("javascript", _JS, "openai-agents-js"),
    ):
        header = {"key": "2026-11", "revision": 0, "tree": f"imp_{hashlib.sha256(data).hexdigest()[:32]}"}
        title = f"A state of the {family.title().replace('script', 'Script')} SDK is sealed as it is"
        yield _holds(
            f"payload-of-{family}", title, ["TS-SEC-023", "TS-SEC-027"], sealed(header, data), data, header, dialect
        )
    twice = sealed(payload=_SEALED.encode())
    title = "A payload is a run state and no sealed state"
    yield _refused("payload-that-is-sealed", title, "TS-SEC-023", twice, ["seal-broken", "json-syntax"])
    items = sealed(payload=b'[{"role":"user","content":"Hi"}]')
    title = "A payload is a run state and no session"
    yield _refused("payload-of-session-items", title, "TS-SEC-023", items, ["seal-broken", "dialect-unknown"])


def _order() -> Iterator[JSON]:
    """Yield seals with a wrong MAC, below which all else is wrong too: nothing of that is looked at."""
    late = {**HEADER, "expires": "2020-01-01T00:00:00+00:00", "tenant": "other", "tree": "r9"}
    asked = {"tenant": "acme", "tree": "r1", "revision": 9}
    title = "Tenant, time, run and revision of a header are not gone by before the MAC is known to be right"
    yield _refused("header-before-the-mac", title, "TS-SEC-024", sealed(late, secret=OLDER), "seal-broken", **asked)
    title = "A payload is not parsed before the MAC is known to be right"
    yield _refused("payload-before-the-mac", title, "TS-SEC-024", sealed(payload=b"{", secret=OLDER), "seal-broken")
    title = "A payload is not parsed before the seal is known to be for this caller"
    wrong = sealed({**HEADER, "tenant": "other"}, payload=b"{")
    yield _refused("payload-before-the-tenant", title, "TS-SEC-024", wrong, ["seal-tenant", "seal-broken"])


def _whose() -> Iterator[JSON]:
    """Yield seals that hold for somebody else, at another time, or over another state."""
    acme = {**HEADER, "tenant": "acme"}
    other = {**HEADER, "tenant": "other"}
    ends = {**HEADER, "expires": "2026-12-01T00:00:00+00:00"}
    first, last = "2026-11-30T23:59:59+00:00", "2026-12-01T00:00:00+00:00"
    yield _holds("tenant-of-the-caller", "A caller opens what is its tenant's", ["TS-SEC-025"], sealed(acme), WAITS,
                 acme, tenant="acme")  # fmt: skip
    for name, title, header, asked in (
        ("tenant-of-another", "Another tenant's state is refused", other, {"tenant": "acme"}),
        ("tenant-of-nobody", "What belongs to a tenant is refused to who acts for none", acme, {}),
        ("tenant-missing", "What belongs to nobody is refused to who acts for a tenant", HEADER, {"tenant": "acme"}),
        ("tenant-of-a-like-name", "Tenants are told apart by case", {**HEADER, "tenant": "Acme"}, {"tenant": "acme"}),
    ):
        yield _refused(name, title, "TS-SEC-025", sealed(header), "seal-tenant", **asked)
    title = "A seal holds until the second before its end"
    yield _holds("time-before-the-end", title, ["TS-SEC-026"], sealed(ends), WAITS, ends, time=first)
    for name, title, time in (
        ("time-of-the-end", "A seal does not hold at the second that it ends", last),
        ("time-after-the-end", "A seal does not hold after its end", "2027-01-01T00:00:00+00:00"),
        ("time-of-the-end-elsewhere", "The end is the same in each time zone", "2026-12-01T09:00:00+09:00"),
    ):
        yield _refused(name, title, "TS-SEC-026", sealed(ends), "seal-expired", time=time)
    for name, title, header in (
        ("tree-of-another", "A seal that names another run than its payload is refused", {**HEADER, "tree": "r2"}),
        ("revision-of-another", "A seal that names another revision is refused", {**HEADER, "revision": 7}),
    ):
        yield _refused(name, title, "TS-SEC-027", sealed(header), "seal-bound")
    title = "A state of another run than the caller's is refused"
    yield _refused("tree-not-asked-for", title, "TS-SEC-027", _SEALED, "seal-bound", tree="r2")
    yield _holds("tree-asked-for", "A state of the caller's run is opened", ["TS-SEC-027"], _SEALED, WAITS, HEADER,
                 tree="r1")  # fmt: skip
    title = "A state older than the run is known to be is refused"
    yield _refused("revision-older", title, "TS-SEC-028", _SEALED, "seal-stale", revision=7)
    for name, title, revision in (
        ("revision-same", "A state as new as the run is opened", 6),
        ("revision-newer", "A state newer than the caller knows is opened", 5),
    ):
        yield _holds(name, title, ["TS-SEC-028"], _SEALED, WAITS, HEADER, revision=revision)


def _without() -> Iterator[JSON]:
    """Yield keys without a seal, and seals without keys."""
    asked = {"keys": KEYS, "time": NOW}
    for name, title, op, data in (
        ("missing", "With keys, a file that is not sealed is refused", "validate", WAITS),
        ("missing-decided", "With keys, decisions without a seal are refused", "load", DECIDED),
        ("missing-python", "With keys, a state of an SDK without a seal is refused", "load", _PYTHON),
    ):
        args = {"state": text(data), **asked}
        yield _case(name, title, ["TS-SEC-029"], op, args, refusal("seal-missing"))
    header = {"key": "2026-11", "revision": 9, "tree": "r2"}
    state = text(sealed(header, DECIDED))
    for name, title, holds, more in (
        ("not-verified", "Without keys, a sealed state is told with its seal, which was not verified", False, {}),
        ("verified", "With keys, what a sealed state has decided is told as verified", True, asked),
    ):
        rules = ["TS-SEC-001", "TS-SEC-030"] if not holds else ["TS-SEC-001"]
        expect = {"ok": {"seal": {"holds": holds, **header}, "waits": [_APPROVED]}, "match": "subset"}
        yield _case(name, title, rules, "load", {"state": state, **more}, expect)


_APPROVED = {
    "path": "o1/i1",
    "agent": "Researcher",
    "tool": ["function", None, "send_email"],
    "call_id": "i1",
    "arguments": '{"to":"eve@example.com"}',
    "state": "approved",
}


def _refused(name: str, title: str, rule: str, state: str, code: str | list[str], **asked: Any) -> JSON:
    args = {"state": text(state), "keys": KEYS, "time": NOW, **asked}
    return _case(name, title, [rule], "unseal", args, refusal(code))


def _holds(  # noqa: PLR0917 - what goes in, then what comes out
    name: str, title: str, rules: list[str], state: str, data: bytes, header: JSON, family: str = "timestep",
    **asked: Any,
) -> JSON:  # fmt: skip
    args = {"state": text(state), "keys": KEYS, "time": NOW, **asked}
    expect = {"ok": {"state": {"$bytes": text(data)}, "seal": header}}
    return _case(name, title, rules, "unseal", args, expect, family)


def _case(  # noqa: PLR0917 - the members of a case
    name: str, title: str, rules: list[str], op: str, args: JSON, expect: JSON, family: str = "timestep"
) -> JSON:
    subjects = (family,) if op == "unseal" else (family, "seals")
    return case(f"seal-{name}", title, rules, "hand", op, args, expect, subjects)
