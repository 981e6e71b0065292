"""The form of sealed states: one text each, and no change of it that is not found."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta, timezone

import pytest

from timestep.codec import base64url
from timestep.codec.key_ring import KeyRing
from timestep.codec.seal import Header, is_sealed, peek, seal, unseal
from timestep.errors import SealError, UsageError

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
RING = KeyRing({"new": b"n" * 32, "old": b"o" * 40}, signing="new")
PAYLOAD = b'{"any": "bytes", "\xc3\xa9": 1}\n\x00\xff'
HEADER = {"key": "new", "revision": 3, "tree": "r1"}


def sealed(payload=PAYLOAD, **options):
    """Return a sealed state of run r1, revision 3."""
    return seal(payload, RING, **{"tree": "r1", "revision": 3} | options)


def opened(data, **options):
    """Return what is unsealed now."""
    return unseal(data, RING, **{"now": NOW} | options)


def code(data, **options):
    """Return the code of the refusal of a sealed state."""
    with pytest.raises(SealError) as raised:
        opened(data, **options)
    return raised.value.code


def made(header, payload=PAYLOAD, secret=b"n" * 32, version=b"1"):
    """Seal without our code, with any text for a header: what somebody with the key could write."""
    text = header if isinstance(header, bytes) else json.dumps(header, separators=(",", ":"), sort_keys=True).encode()
    parts = [base64.urlsafe_b64encode(part).rstrip(b"=") for part in (text, payload)]
    signed = b".".join([b"timestep-sealed", version, *parts])
    mac = hmac.new(secret, signed, hashlib.sha256).digest()
    return signed + b"." + base64.urlsafe_b64encode(mac).rstrip(b"=")


def test_the_form_is_the_one_of_the_specification():
    """TS-SEC-020, TS-SEC-021, TS-SEC-022: what we seal is what plain base64, JSON and HMAC-SHA-256 give."""
    assert sealed() == made(HEADER)
    full = HEADER | {"expires": "2026-12-01T00:00:00+00:00", "tenant": "Käse & Söhne"}
    expires = datetime(2026, 12, 1, 1, 0, 0, 999_999, tzinfo=timezone(timedelta(hours=1)))
    text = json.dumps(full, separators=(",", ":"), sort_keys=True, ensure_ascii=False).encode()
    assert sealed(tenant=full["tenant"], expires=expires) == made(text)


def test_what_was_sealed_comes_back_byte_for_byte():
    """TS-SEC-023: the payload is the exact bytes, whatever they are, and the header says what it was given."""
    end = NOW + timedelta(days=1)
    found = opened(sealed(tenant="acme", expires=end), tenant="acme")
    assert found == (PAYLOAD, Header("new", "r1", 3, "acme", end))
    assert is_sealed(sealed())
    assert not is_sealed(PAYLOAD)


def test_every_change_of_one_byte_is_refused():
    """TS-SEC-022: each of the 255 other values of each byte of a sealed state, before its payload is looked at."""
    data = sealed(tenant="acme", expires=NOW + timedelta(days=1))
    tried = 0
    for place, right in enumerate(data):
        for wrong in set(range(256)) - {right}:
            with pytest.raises(SealError):
                opened(data[:place] + bytes([wrong]) + data[place + 1 :], tenant="acme")
            tried += 1
    assert tried == 255 * len(data)


def test_every_byte_too_many_or_too_few_is_refused():
    """TS-SEC-020: one byte left out anywhere, or one put in, the line feed of an editor for one."""
    data = sealed()
    for place in range(len(data) + 1):
        changed = [data[:place] + bytes([new]) + data[place:] for new in b"A.=-_\n\r \x00"]
        for each in [*changed, data[:place] + data[place + 1 :]]:
            if each != data:  # the last "byte" that is left out is none
                with pytest.raises(SealError):
                    opened(each)


@pytest.mark.parametrize("part", [2, 3, 4])
def test_bits_that_say_nothing_are_zero(part):
    """TS-SEC-020: the same bytes in another base64 text are refused, also with a MAC that is right for it."""
    data = next(text for text in (sealed(bytes(n)) for n in range(1, 4)) if len(text.split(b".")[part]) % 4)
    if part == 2:
        header = next(h for n in range(3) if len(base64url.encode(h := header_of("t" + "x" * n))) % 4)
        data = made(header)
    pieces = data.split(b".")
    last = pieces[part][-1:]
    alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    pieces[part] = pieces[part][:-1] + alphabet[alphabet.index(last) + 1 :][:1]
    if part != 4:
        signed = b".".join(pieces[:4])
        pieces[4] = base64url.encode(hmac.new(b"n" * 32, signed, hashlib.sha256).digest())
    assert code(b".".join(pieces)) == "seal-broken"


def header_of(tree):
    """Return the text of a header."""
    return json.dumps(HEADER | {"tree": tree}, separators=(",", ":"), sort_keys=True).encode()


HEADERS = {
    "spaces": json.dumps(HEADER, sort_keys=True).encode(),
    "another order": b'{"tree":"r1","revision":3,"key":"new"}',
    "an escape": b'{"key":"new","revision":3,"tree":"\\u00721"}',
    "a number with a point": b'{"key":"new","revision":3.0,"tree":"r1"}',
    "a name twice": b'{"key":"new","key":"new","revision":3,"tree":"r1"}',
    "unknown member": HEADER | {"alg": "none"},
    "tenant null": HEADER | {"tenant": None},
    "tenant empty": HEADER | {"tenant": ""},
    "tenant a number": HEADER | {"tenant": 5},
    "tree with NUL": HEADER | {"tree": "r\0"},
    "no tree": {"key": "new", "revision": 3},
    "revision text": HEADER | {"revision": "3"},
    "revision true": HEADER | {"revision": True},
    "revision below zero": HEADER | {"revision": -1},
    "expires with Z": HEADER | {"expires": "2026-12-01T00:00:00Z"},
    "expires in another zone": HEADER | {"expires": "2026-12-01T00:00:00+01:00"},
    "expires with fractions": HEADER | {"expires": "2026-12-01T00:00:00.5+00:00"},
    "no such day": HEADER | {"expires": "2026-02-30T00:00:00+00:00"},
    "expires a number": HEADER | {"expires": 1},
    "key with a space": HEADER | {"key": "n w"},
    "key a number": HEADER | {"key": 1},
    "a list": b"[]",
    "text": b'"new"',
    "nothing": b"",
    "no JSON": b"{",
    "too long": HEADER | {"tenant": "t" * 65_536},
}


@pytest.mark.parametrize("header", HEADERS.values(), ids=HEADERS)
def test_a_header_has_one_text(header):
    """TS-SEC-021: a header in another form is refused, though whoever wrote it has the key."""
    assert code(made(header)) == "seal-broken"


def test_a_key_that_the_ring_lacks_opens_nothing():
    """TS-SEC-022: an unknown key is told from a wrong MAC, and a key that no longer signs still opens."""
    assert opened(sealed(key_id="old")).header.key == "old"
    stranger = KeyRing({"x": b"x" * 32}, signing="x")
    assert code(seal(PAYLOAD, stranger, tree="r1", revision=3)) == "seal-key-unknown"
    same_name = KeyRing({"new": b"x" * 32}, signing="new")
    assert code(seal(PAYLOAD, same_name, tree="r1", revision=3)) == "seal-broken"
    with pytest.raises(SealError) as raised:
        sealed(key_id="none")
    assert raised.value.code == "seal-key-unknown"


def test_a_tenant_is_equal_or_refused():
    """TS-SEC-025: another tenant's state, one of a tenant for nobody, and one of nobody for a tenant."""
    assert opened(sealed(tenant="acme"), tenant="acme")
    for of, asked in (("acme", "other"), ("acme", None), (None, "acme"), ("acme", "Acme"), ("é", "e\u0301")):
        assert code(sealed(tenant=of), tenant=asked) == "seal-tenant"


def test_a_seal_ends_at_its_second():
    """TS-SEC-026: it holds until just before, and in any zone of the clock."""
    data = sealed(expires=NOW)
    zone = timezone(timedelta(hours=-7))
    assert opened(data, now=(NOW - timedelta(microseconds=1)).astimezone(zone))
    assert code(data, now=NOW) == code(data, now=NOW.astimezone(zone)) == "seal-expired"


def test_run_and_revision_are_held_against_what_is_known():
    """TS-SEC-027, TS-SEC-028: a state of another run, or an older one, is refused where the caller knows better."""
    assert opened(sealed(), tree="r1", at_least=3)
    assert opened(sealed(), at_least=2)
    assert code(sealed(), at_least=4) == "seal-stale"
    assert code(sealed(), tree="r2") == "seal-bound"


def test_keys_demand_a_seal():
    """TS-SEC-029: a file whose seal was taken off is no file without one."""
    assert code(PAYLOAD) == code(b"") == code(b"timestep-sealed") == "seal-missing"


def test_a_later_version_is_told_from_a_broken_seal():
    """TS-SEC-020: who has a newer file learns so, and nothing of it is read."""
    assert code(made(HEADER, version=b"2")) == code(b"timestep-sealed.10.whatever") == "seal-version"
    for version in (b"0", b"01", b"", b"1 ", b"x"):
        assert code(made(HEADER, version=version)) == "seal-broken"


def test_nothing_but_the_key_is_gone_by_before_the_mac_is_right():
    """TS-SEC-024: a forger learns nothing of tenant, time or revision, and no payload is parsed."""
    late = made(HEADER | {"tenant": "acme", "expires": "2020-01-01T00:00:00+00:00"}, secret=b"f" * 32)
    assert code(late, tenant="other", tree="x", at_least=9) == "seal-broken"


def test_what_can_not_be_sealed_is_refused():
    """TS-SEC-023, TS-SEC-021: a seal over a seal, a time without a zone, ids and headers that no reader would take."""
    times = [datetime(2026, 12, 1), datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=1)))]  # noqa: DTZ001
    wrong = [{"payload": sealed()}, {"tenant": ""}, {"tree": "a\0"}, {"revision": -1}, {"tenant": "t" * 65_536}]
    for options in [*wrong, *({"expires": time} for time in times)]:
        with pytest.raises(UsageError):
            sealed(**options)


def test_what_was_not_verified_can_be_shown():
    """TS-SEC-030: without keys a sealed state gives what it says, if it has the form."""
    forged = made(HEADER, secret=b"f" * 32)
    assert peek(forged) == (PAYLOAD, Header("new", "r1", 3))
    with pytest.raises(SealError):
        peek(forged + b"\n")


def test_as_large_a_state_as_any_can_be_sealed():
    """TS-CORE-007: the limit on a document holds for the payload, and a text that is longer is refused unread."""
    data = sealed(b" " * (16 * 1024 * 1024))
    assert len(opened(data).payload) == 16 * 1024 * 1024
    with pytest.raises(SealError, match="it has more than 22500693 bytes"):
        opened(data + b"A" * 1_000_000)
