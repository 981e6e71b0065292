"""Key rings: what one is, who may read its file, and that it shows nothing."""

import json
import traceback

import pytest

from timestep import KeyRing, UsageError
from timestep.codec.base64url import encode

SECRET = bytes(range(200, 232))
TEXT = encode(SECRET).decode()
RING = {
    "format": "timestep.key-ring",
    "format_version": "1.0",
    "signing": "a",
    "keys": [{"id": "a", "secret": TEXT}, {"id": "b", "secret": encode(b"b" * 64).decode()}],
}


def refused(value):
    """Return the refusal of a key ring."""
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    with pytest.raises(UsageError) as raised:
        KeyRing.from_json(data)
    assert raised.value.code == "key-ring-shape"
    return raised.value


def test_a_ring_is_read_and_written(spec_examples):
    """TS-SEC-032: what is written is read again, and the schema's valid examples are rings."""
    ring = KeyRing.from_json(json.dumps(RING).encode())
    assert (ring.signing, ring.secret("a"), "b" in ring, "c" in ring) == ("a", SECRET, True, False)
    assert json.loads(ring.to_json()) == RING
    for path in spec_examples("valid"):
        assert KeyRing.from_json(path.read_bytes())
    for path in spec_examples("invalid"):
        refused(path.read_bytes())


@pytest.fixture
def spec_examples(repo_root):
    """Return a function that lists the examples of the key ring's schema."""
    folder = repo_root / "spec/schema/v1/examples/KeyRing"
    return lambda kind: [path for path in folder.glob(f"{kind}/*.json") if not path.name.endswith(".expect.json")]


WRONG = {
    "no JSON": b"{",
    "a list": [],
    "another document": RING | {"format": "timestep.run-state"},
    "an id twice": RING | {"keys": [RING["keys"][0], RING["keys"][0]]},
    "the signing key is missing": RING | {"signing": "c"},
    "signing is a number": RING | {"signing": 1},
    "keys by name": RING | {"keys": {"a": TEXT}},
    "a key is text": RING | {"keys": [TEXT]},
    "31 bytes": RING | {"keys": [{"id": "a", "secret": encode(SECRET[:31]).decode()}]},
    "not base64url": RING | {"keys": [{"id": "a", "secret": TEXT[:-1] + "+"}]},
    "not ASCII": RING | {"keys": [{"id": "a", "secret": TEXT[:-1] + "é"}]},
    "unused bits": RING | {"keys": [{"id": "a", "secret": TEXT[:-1] + chr(ord(TEXT[-1]) + 1)}]},
    "an id with a slash": RING | {"signing": "a/b", "keys": [{"id": "a/b", "secret": TEXT}]},
    "a later major version": RING | {"format_version": "2.0"},
}


@pytest.mark.parametrize("value", WRONG.values(), ids=WRONG)
def test_what_is_no_ring_is_refused(value):
    """TS-SEC-032: each with a reason."""
    assert refused(value).message.startswith("no key ring: ")


def test_no_secret_is_shown():
    """TS-SEC-034: not by a ring, and not by the refusal of one, its traceback included."""
    ring = KeyRing({"a": SECRET}, signing="a")
    told = [repr(ring), str(ring), repr(KeyRing.generate("x"))]
    for value in WRONG.values():
        error = refused(value)
        told += [error.render(), "".join(traceback.format_exception(error))]
    assert repr(ring) == "KeyRing(a; signing='a')"
    assert not [text for text in told if TEXT[:20] in text or repr(SECRET)[2:20] in text]


def test_new_keys_are_random():
    """TS-SEC-032: a new ring has one key of 32 bytes, and no two are alike."""
    one, other = KeyRing.generate("k"), KeyRing.generate("k")
    assert (len(one.secret("k")), one.signing) == (32, "k")
    assert one.secret("k") != other.secret("k")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o610, 0o644, 0o777])
def test_a_key_file_that_others_may_use_is_refused(tmp_path, mode):
    """TS-SEC-033: whether they are of the owner's group or not; a file for its owner alone is read."""
    path = tmp_path / "keys.json"
    path.write_text(json.dumps(RING))
    path.chmod(mode)
    with pytest.raises(UsageError) as raised:
        KeyRing.from_file(path)
    assert (raised.value.code, raised.value.file) == ("key-ring-open", str(path))
    assert TEXT not in raised.value.render()
    for allowed in (0o600, 0o400):
        path.chmod(allowed)
        assert KeyRing.from_file(path).signing == "a"


def test_a_file_that_is_no_key_file_is_refused(tmp_path):
    """A missing file, a folder, and one that is far too large are refused, with the file's name."""
    large = tmp_path / "large"
    large.write_bytes(b" " * 1_100_000)
    large.chmod(0o600)
    for path, expected in ((tmp_path / "none", "io"), (tmp_path, "io"), (large, "key-ring-shape"), ("a\0", "io")):
        with pytest.raises(UsageError) as raised:
            KeyRing.from_file(path)
        assert (raised.value.code, raised.value.file) == (expected, str(path))
