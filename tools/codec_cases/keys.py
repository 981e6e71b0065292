"""Cases of sealing and of key rings: what is sealed and what is not, and which keys there are (security.md)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from codec_cases.case import JSON, ROOT, case, refusal
from codec_cases.sealing import DECIDED, HEADER, KEYS, NOW, OLDER, SECRET, WAITS, encoded, ring, sealed, text

_PAGE = (ROOT / "spec" / "security.md").read_text(encoding="utf-8")
_OLDER = {**HEADER, "key": "2026-10"}
_TENANT = {**HEADER, "tenant": "acme", "expires": "2026-12-01T00:00:00+00:00"}
#: Name -> what is asked beside state and keys, the header that is signed, its secret, rules, and the behaviour.
_SEALED: dict[str, tuple[JSON, JSON, bytes, list[str], str]] = {
    "plain": (
        {},
        HEADER,
        SECRET,
        ["TS-SEC-020", "TS-SEC-021", "TS-SEC-022", "TS-SEC-023"],
        "A state is sealed byte for byte, with the key that signs, and in one form",
    ),
    "tenant-and-end": (
        {"tenant": "acme", "expires": "2026-12-01T00:00:00+00:00"},
        _TENANT,
        SECRET,
        ["TS-SEC-021"],
        "A seal names tenant and end",
    ),
    "end-in-another-zone": (
        {"tenant": "acme", "expires": "2026-12-01T09:00:00.750000+09:00"},
        _TENANT,
        SECRET,
        ["TS-SEC-021"],
        "The end of a seal is written in UTC and whole seconds",
    ),
    "another-key": ({"key": "2026-10"}, _OLDER, OLDER, ["TS-SEC-022"], "A state is sealed with the key that is named"),
    "tenant-beyond-ascii": (
        {"tenant": "Zo\u00eb\u2028\U0001f41d"},
        {**HEADER, "tenant": "Zo\u00eb\u2028\U0001f41d"},
        SECRET,
        ["TS-SEC-021"],
        "A header has no escapes that need not be",
    ),
}
#: Name -> what is asked beside the keys, rule, code, and the behaviour.
_NOT_SEALED: dict[str, tuple[JSON, str, str | list[str], str]] = {
    "sealed-already": ({"state": text(sealed())}, "TS-SEC-023", "usage", "A sealed state is not sealed once more"),
    "session-items": (
        {"state": text('[{"role":"user","content":"Hi"}]')},
        "TS-SEC-023",
        ["usage", "dialect-unknown", "state-format"],
        "A list of session items is not sealed",
    ),
    "tenant-empty": ({"state": text(WAITS), "tenant": ""}, "TS-SEC-021", "usage", "A tenant is not empty"),
    "tenant-too-long": (
        {"state": text(WAITS), "tenant": "t" * 65_536},
        "TS-SEC-021",
        "usage",
        "A header of more than 65,536 bytes is not written",
    ),
    "key-unknown": (
        {"state": text(WAITS), "key": "2025"},
        "TS-SEC-022",
        "seal-key-unknown",
        "Nothing is sealed with a key that is not there",
    ),
    "end-without-a-zone": (
        {"state": text(WAITS), "expires": "2026-12-01T00:00:00"},
        "TS-SEC-026",
        "usage",
        "The end of a seal needs a time zone",
    ),
}


_SECRET = encoded(SECRET)


def _key(name: Any = "a", secret: Any = _SECRET) -> JSON:
    return {"id": name, "secret": secret}


def _of(*keys: Any, **more: Any) -> JSON:
    return ring(**{"signing": "a", "keys": list(keys), **more})


_PADDED = encoded(b"n" * 32) + "="
#: Name -> a document that is no key ring, and the behaviour (TS-SEC-032).
_NO_RINGS: dict[str, tuple[JSON | list[Any], str]] = {
    "id-twice": (_of(_key(), _key(secret=encoded(OLDER))), "No id stands twice in a key ring"),
    "same-key-twice": (_of(_key(), _key()), "No id stands twice, also with one secret"),
    "signing-missing": (ring(signing="2025"), "The key that signs is in the ring"),
    "secret-of-31-bytes": (_of(_key(secret=encoded(b"n" * 31))), "A secret has 32 bytes or more"),
    "short-secret-beside": (_of(_key(), _key("b", encoded(b"n" * 16))), "Each secret has 32 bytes or more"),
    "secret-empty": (_of(_key(secret="")), "A secret is not empty"),
    "secret-with-padding": (_of(_key(secret=_PADDED)), "A secret is written without padding"),
    "secret-in-another-alphabet": (_of(_key(secret="+" * 43)), "A secret is base64url"),
    "secret-a-number": (_of(_key(secret=7)), "A secret is a text"),
    "id-with-a-blank": (_of(_key("a b"), signing="a b"), "The id of a key has no blank"),
    "id-of-65-letters": (_of(_key("a" * 65), signing="a" * 65), "The id of a key has at most 64 letters"),
    "member-of-a-key": (_of({**_key(), "use": "sig"}), "A key has no member that is not known"),
    "member": (_of(_key(), note="mine"), "A ring has no member that is not known"),
    "no-keys": (_of(), "A ring has a key"),
    "keys-an-object": (ring(signing="a", keys={"a": encoded(SECRET)}), "Keys stand in a list"),
    "format-of-another": (_of(_key(), format="timestep.run-state"), "A key ring says what it is"),
    "version-2": (_of(_key(), format_version="2.0"), "A later major version is refused"),
    "no-object": ([], "A key ring is an object"),
}


def cases() -> Iterator[JSON]:
    """Yield the cases of sealing, of key rings and of key files."""
    yield _worked()
    for name, (more, header, secret, rules, title) in _SEALED.items():
        args = {"state": text(WAITS), "keys": KEYS, **more}
        expect = {"ok": {"state": {"$bytes": text(sealed(header, secret=secret))}}}
        yield case(f"sealing-{name}", title, rules, "hand", "seal", args, expect, ("timestep",))
    for name, (more, rule, code, title) in _NOT_SEALED.items():
        args = {"keys": KEYS, **more}
        yield case(f"sealing-{name}", title, [rule], "hand", "seal", args, refusal(code), ("timestep",))
    yield from _of_its_own_making()
    for name, (document, title) in _NO_RINGS.items():
        args = {"text": text(json.dumps(document))}
        yield case(f"keys-{name}", title, ["TS-SEC-032"], "hand", "key_ring", args, refusal("key-ring-shape"), ())
    args = {"text": text(json.dumps(ring()).replace('"signing"', '"format": "timestep.key-ring", "signing"'))}
    title = "A key ring has no name twice"
    told = refusal(["key-ring-shape", "json-duplicate"])
    yield case("keys-name-twice", title, ["TS-SEC-032"], "hand", "key_ring", args, told, ())
    yield from _rings()


def _worked() -> JSON:
    """Return the worked example of the page."""
    state = re.search(r"```json RunState\n(.*?)\n```", _PAGE, re.DOTALL)
    told = re.search(r"```text\n(timestep-sealed\.1\..*?)\n```", _PAGE, re.DOTALL)
    if state is None or told is None:
        raise ValueError("security.md has no worked example of a sealed state")
    args = {
        "state": text(state[1]),
        "keys": KEYS,
        "tenant": "acme",
        "expires": "2026-12-01T00:00:00+00:00",
    }
    expect = {"ok": {"state": {"$bytes": text(told[1].replace("\n", ""))}}}
    rules = ["TS-SEC-020", "TS-SEC-021", "TS-SEC-022"]
    title = "The example of a sealed state in the specification"
    return case("sealing-example", title, rules, "spec-example", "seal", args, expect, ("timestep",))


def _of_its_own_making() -> Iterator[JSON]:
    """Yield what a runtime seals that has read a file nobody vouches for, and what is in it then."""
    decided = text(DECIDED)
    source = text(sealed({"key": "2026-11", "revision": 9, "tree": "r2"}, DECIDED))
    again = {"path": "o1/i1", "how": "approve"}
    asked = {"keys": KEYS, "time": NOW}
    for name, title, args, state in (
        ("decisions-of-nobody", "A runtime does not seal decisions that it would ask about again",
         {"state": decided, "decisions": []}, "pending"),
        ("decisions-made-here", "A runtime seals the decisions that were made with it",
         {"state": decided, "decisions": [again]}, "approved"),
        ("decisions-that-are-trusted", "A runtime seals the decisions of a file whose source is trusted",
         {"state": decided, "decisions": [], "trusted": True}, "approved"),
        ("decisions-below-a-seal", "A runtime seals the decisions of a sealed state once more",
         {"state": source, "time": NOW, "decisions": []}, "approved"),
    ):  # fmt: skip
        waits = {"seal": {"holds": True}, "waits": [{"path": "o1/i1", "state": state}]}
        loaded = {
            "op": "load",
            "args": {"state": {"$from": "state"}, **asked},
            "expect": {"ok": waits, "match": "subset"},
        }
        expect = {"ok": {"state": {"$bytes": None}}, "then": [loaded]}
        yield case(f"sealing-{name}", title, ["TS-SEC-031"], "hand", "seal", {**args, "keys": KEYS}, expect,
                   ("decide", "load", "timestep", "seals"))  # fmt: skip


def _rings() -> Iterator[JSON]:
    """Yield sound key rings: what is shown of them, and the permissions of their files."""
    names, shown = ["2026-11", "2026-10"], {"$holds": {"none": [encoded(SECRET), encoded(OLDER), "o" * 32]}}
    told = {"keys": names, "signing": "2026-11", "shown": shown}
    args = {"text": KEYS}
    title = "What is shown of a key ring holds no secret of it"
    yield case("keys-shown", title, ["TS-SEC-034"], "hand", "key_ring", args, {"ok": told}, ())
    ok = {"ok": {"keys": ["a"], "signing": "a"}, "match": "subset"}
    for name, title, document in (
        ("secret-of-32-bytes", "A secret of 32 bytes is enough", _of(_key())),
        ("id-of-all-signs", "The id of a key has letters, digits and three signs",
         _of(_key("Az.0_-"), signing="Az.0_-")),
        ("later-minor", "A later minor version is read", _of(_key(), format_version="1.7")),
    ):  # fmt: skip
        name_of = document["signing"]
        expect = {**ok, "ok": {"keys": [name_of], "signing": name_of}}
        args = {"text": text(json.dumps(document))}
        yield case(f"keys-{name}", title, ["TS-SEC-032"], "hand", "key_ring", args, expect, ())
    for mode, title in (
        ("0640", "A key file that its group may read is refused"),
        ("0604", "A key file that anybody may read is refused"),
        ("0620", "A key file that its group may write is refused"),
        ("0777", "A key file that is open to all is refused"),
    ):
        args = {"text": KEYS, "mode": mode}
        yield case(f"keys-file-{mode}", title, ["TS-SEC-033"], "hand", "key_ring", args, refusal("key-ring-open"),
                   ("files",))  # fmt: skip
    for mode in ("0600", "0400"):
        args = {"text": KEYS, "mode": mode}
        title = f"A key file with the permissions {mode} is read"
        expect = {"ok": {"keys": names, "signing": "2026-11"}, "match": "subset"}
        yield case(f"keys-file-{mode}", title, ["TS-SEC-033"], "hand", "key_ring", args, expect, ("files",))
