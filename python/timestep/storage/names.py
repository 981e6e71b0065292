"""Ids as file names: one safe name for each id, readable where the id is harmless, and back again (TS-SESS-020).

A name is pure ASCII, so forms of Unicode play no part. Letters, digits, `-`, `_`, inner dots and spaces stand for
themselves; every other byte of the UTF-8 form is `%XX`. An id too long for a name becomes its beginning, `==` and its
SHA-256. Where case does not count, `marked_name` adds which letters are capitals. `=` stands in no id's own part.
"""

from __future__ import annotations

import hashlib
import re

# 255 bytes is what the common file systems allow; the rest is for the mark of capitals (a digit for four letters)
# and an ending.
_LONGEST = 180
_BEGINNING = 80
# Names that Windows gives to devices, whatever their ending.
_DEVICE = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(?=$|[. ])", re.IGNORECASE)
_PLAIN = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_. ")
_ESCAPE = re.compile(r"%([0-9A-F]{2})")
_EMPTY = "%"
_MARK, _DIGEST = "=", "=="


def file_name(*parts: str) -> str:
    """Return the name of an id, or of an id of several parts, without an ending.

    Parts are joined by `_`, which is escaped in all but the last: `("a_b", "c")` and `("a", "b_c")` differ.
    """
    stem = _stem(parts)
    if len(stem) <= _LONGEST:
        return stem
    digest = hashlib.sha256(stem.encode("ascii")).hexdigest()
    return f"{_beginning(stem)}{_DIGEST}{digest}"


def marked_name(*parts: str) -> str:
    """Return a name that no other id has, even where the case of letters does not count."""
    name = file_name(*parts)
    capitals = sum(1 << place for place, letter in enumerate(filter(str.isalpha, name)) if letter.isupper())
    return name if _DIGEST in name else f"{name}{_MARK}{capitals:x}"


def parts_of(name: str, count: int = 1) -> tuple[str, ...] | None:
    """Return the id a name stands for; None for a name that `file_name` does not give, and for a digest."""
    stem, _, _ = name.partition(_MARK)
    texts = stem.split("_", count - 1)
    if _DIGEST in name or len(texts) != count:
        return None
    try:
        parts = tuple(_unescaped(text) for text in texts)
    except ValueError:  # no bytes of ours, or no UTF-8
        return None
    return parts if name in (file_name(*parts), marked_name(*parts)) else None


def _stem(parts: tuple[str, ...]) -> str:
    """Escape and join the parts of an id, whatever the length."""
    *first, last = (_escaped(part) for part in parts)
    stem = "_".join([*(part.replace("_", "%5F") for part in first), last])
    if not stem:
        return _EMPTY
    if stem[0] in ".- " or _DEVICE.match(stem):
        stem = _escape(stem[0]) + stem[1:]
    return stem[:-1] + _escape(stem[-1]) if stem[-1] in ". " else stem


def _escaped(part: str) -> str:
    """Write every byte that is not plain as `%XX`."""
    # Halves of surrogate pairs have a byte form here, so that no id is without a name.
    data = part.encode("utf-8", "surrogatepass")
    return "".join(chr(byte) if byte in _PLAIN else f"%{byte:02X}" for byte in data)


def _escape(character: str) -> str:
    return f"%{ord(character):02X}"


def _unescaped(text: str) -> str:
    data = _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text).encode("latin-1")
    return "" if text == _EMPTY else data.decode("utf-8", "surrogatepass")


def _beginning(stem: str) -> str:
    """Return the first characters, no escape cut in two, and none that an ending could make special."""
    return re.sub(r"%[0-9A-F]?$", "", stem[:_BEGINNING])
