"""Random mutations of JSON documents and bytes; all randomness comes from the generator that is handed in."""

import json
import random
from typing import Any

ODD = [
    None, True, False, 0, -1, 1, 1.5, 2**53 + 1, 10**30, "", "x", "call_ghost", "1.0", "\u0000", "[" * 300, [], {},
    [[]], {"a": 1}, ["call_mail_1"], "next_step_run_again", "function_call", "tool_approval_item", {"name": "Mailer"},
    "__proto__", "Mailer", "Mailer#2", "get_weather", "call_weather_1", '{"a": [1', "\u202e", "sha256:" + "0" * 64,
]  # fmt: skip
Path = tuple[str | int, ...]


def paths(value: Any, path: Path = ()) -> list[Path]:
    """Return the paths of all members of a document."""
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found: list[Path] = []
    for key, inner in members:
        found.append((*path, key))
        found.extend(paths(inner, (*path, key)))
    return found


def owner_of(document: Any, path: Path) -> Any:
    """Return the container of a path's last step."""
    for key in path[:-1]:
        document = document[key]
    return document


def structure(data: bytes, rng: random.Random) -> bytes:
    """Change one to three members; sometimes inside JSON text that stands in a string."""
    document = json.loads(data)
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        known = paths(document)
        if known:
            change(document, rng.choice(known), known, rng)
    return json.dumps(document, ensure_ascii=rng.random() < 0.5).encode("utf-8", "surrogatepass")


def change(document: Any, path: Path, known: list[Path], rng: random.Random) -> None:
    """Change one member in place."""
    owner, key = owner_of(document, path), path[-1]
    value = owner[key]
    if isinstance(value, str) and value.startswith("{") and rng.random() < 0.8:
        try:
            owner[key] = structure(value.encode(), rng).decode("utf-8", "surrogatepass")
        except ValueError:
            owner[key] = value[: len(value) // 2]
        return
    match rng.randrange(7):
        case 0:
            del owner[key]
        case 1 | 2:
            owner[key] = json.loads(json.dumps(rng.choice(ODD)))
        case 3:
            other = rng.choice(known)
            owner[key] = json.loads(json.dumps(owner_of(document, other)[other[-1]]))
        case 4 if isinstance(owner, list):
            owner.insert(rng.randrange(len(owner) + 1), json.loads(json.dumps(value)))
        case 5 if isinstance(owner, list) and len(owner) > 1:
            rng.shuffle(owner)
        case 6 if isinstance(owner, dict):
            owner[rng.choice([k for k in owner if k != key] or ["x"])] = owner.pop(key)
        case _:
            owner[key] = near(value, rng)


def near(value: Any, rng: random.Random) -> Any:
    """Return a value of the same type that is a little different."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + rng.choice((-1, 1, 1000))
    if isinstance(value, str) and value:
        at = rng.randrange(len(value))
        return value[:at] + rng.choice('xA0" {#') + value[at + rng.randrange(2) :]
    return rng.choice(ODD)


def raw(data: bytes, rng: random.Random) -> bytes:
    """Change the bytes themselves at one to four places."""
    changed = bytearray(data)
    for _ in range(rng.randrange(1, 5)):
        at = rng.randrange(len(changed))
        match rng.randrange(5):
            case 0:
                changed[at] ^= 1 << rng.randrange(8)
            case 1:
                del changed[at : at + rng.randrange(1, 20)]
            case 2:
                changed[at:at] = changed[at : at + rng.randrange(1, 40)]
            case 3:
                changed[at:at] = rng.choice([b'"', b"{", b"]", b",", b"null", b"\xff", b"\\ud800", b"1e999", b"NaN"])
            case _:
                changed[at] = rng.choice(b'0123456789"{}[]:,tfn\\ ')
        if not changed:
            return b"0"
    return bytes(changed)
