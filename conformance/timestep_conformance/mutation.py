"""Documents changed at random, as bytes and as JSON; all chance comes from the generator that is handed in."""

from __future__ import annotations

import copy
import random

from timestep_conformance import samples
from timestep_conformance.json_text import Members, Node, Number, Place, at, data_of, parse, places, put

_NUMBERS = (
    "0", "-0", "1", "-1", "1.0", "1e0", "1E+2", "0.1", "9007199254740993", "18446744073709551616", "1e308", "1e309",
    "-1e400", "1e-400", "0e999", "1" + "0" * 399, "1" * 401, "0." + "3" * 60, "NaN", "-Infinity", "01", "1.", "+1",
)  # fmt: skip
_TEXTS = (
    *samples.TEXTS, "\ud800", "\udc00x", "\u0000", "\u202e", "1.0", "9.9", "timestep.run-state", "run-state",
    "approved", "interrupted", "function_call", "call_ghost", "sha256:" + "0" * 64, '{"a":1,"a":2}', "x" * 70_000,
)  # fmt: skip
_PIECES = (
    b'"', b"{", b"}", b"[", b"]", b",", b":", b"null", b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xef\xbb\xbf",
    b"\\ud800", b"\\u0000", b"1e999", b"NaN", b"\x00", b"\x0b", b"//", b"'", b"\xe2\x80\xa8",
)  # fmt: skip
_DEEP = 130  # levels within each other: two more than a reader takes (TS-CORE-006)


def mutated(data: bytes, rng: random.Random) -> bytes:
    """Return a document with one to three changes, of the JSON or of the bytes."""
    try:
        node = parse(data)
        if rng.random() < 0.75:
            holder: list[Node] = [node]
            for _ in range(rng.choice((1, 1, 1, 2, 3))):
                _change(holder, rng)
            return data_of(holder[0] if holder else None, ascii_only=rng.random() < 0.3)
    except (ValueError, RecursionError):
        pass
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 3))):
        _change_bytes(changed, rng)
    return bytes(changed)


def _change(holder: list[Node], rng: random.Random) -> None:
    """Change one value, or one in JSON that stands in a text."""
    known = list(places(holder))
    if not known:
        return
    place = rng.choice(known)
    owner, index = place
    value = at(place)
    inside = _inside(value) if type(value) is str and rng.random() < 0.8 else None
    if inside is not None:
        _change(inside, rng)
        put(place, data_of(inside[0] if inside else None).decode())
        return
    match rng.randrange(8):
        case 0:
            del owner[index]
        case 1 | 2:
            put(place, _other(rng))
        case 3:
            put(place, copy.deepcopy(at(rng.choice(known))))
        case 4 if isinstance(owner, Members):
            name = owner[index][0] if rng.random() < 0.5 else rng.choice(samples.NAMES)
            owner.insert(rng.randrange(len(owner) + 1), (name, owner[index][1] if rng.random() < 0.3 else _other(rng)))
        case 5 if isinstance(owner, Members):
            owner[index] = (rng.choice((*samples.NAMES, *(name for name, _ in owner))), owner[index][1])
        case 6:
            rng.shuffle(owner)
        case _:
            put(place, _near(place, rng))


def _inside(text: str) -> list[Node] | None:
    """Return the JSON that a text holds, if it holds a list or an object."""
    if not text.startswith(("{", "[")):
        return None
    try:
        return [parse(text.encode())]
    except (ValueError, RecursionError):
        return None


def _other(rng: random.Random) -> Node:
    """Return any value: an odd text, a number that is read wrongly, a plain one, or one nested deeply."""
    kind = rng.random()
    if kind < 0.3:
        return rng.choice(_TEXTS)
    if kind < 0.6:
        return Number(rng.choice(_NUMBERS))
    if kind < 0.95:
        return rng.choice((None, True, False, [], Members(), [Members()], Members([("a", Number("1"))])))
    deep: Node = []
    for _ in range(rng.choice((3, _DEEP))):
        deep = [deep]
    return deep


def _near(place: Place, rng: random.Random) -> Node:
    """Return a value that is a little different from the one at a place."""
    value = at(place)
    if isinstance(value, bool):
        return not value
    if isinstance(value, Number):
        return Number(f"{value}{rng.choice(('0', '.0', 'e1', '1'))}")
    if isinstance(value, str) and value:
        start = rng.randrange(len(value))
        return value[:start] + rng.choice(("", "x", "A", "0", " ", "\u00e9", "#")) + value[start + rng.randrange(2) :]
    if isinstance(value, list) and value:
        return Members(value * 2) if isinstance(value, Members) else value * 2
    return _other(rng)


def _change_bytes(data: bytearray, rng: random.Random) -> None:
    if not data:
        data += b"0"
    start = rng.randrange(len(data))
    match rng.randrange(5):
        case 0:
            data[start] ^= 1 << rng.randrange(8)
        case 1:
            del data[start : start + rng.randrange(1, 20)]
        case 2:
            data[start:start] = data[start : start + rng.randrange(1, 40)]
        case 3:
            data[start:start] = rng.choice(_PIECES)
        case _:
            del data[start:]
