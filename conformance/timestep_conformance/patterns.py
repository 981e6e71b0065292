"""Texts that a regular expression allows: the small part of the language that schemas of the specification use."""

from __future__ import annotations

import functools
import random
import re
from collections.abc import Callable
from typing import NamedTuple

#: What stands for "any character" and for the characters a class leaves out: what readers stumble over among it.
CHARACTERS = "aZq07 _-.,:;/#*~\"'\\`{}[]<>&%$\t\n\r\x01\x7fé\u0301漢\u2028\ufeff\uffff🦜𐍈"
_LINE_ENDS = "\n\r\u2028\u2029"  # what `.` leaves out in ECMA 262
_MORE = (0, 0, 1, 1, 2, 3, 5, 24)  # how often an unbounded part is repeated, over its least


class PatternError(ValueError):
    """A pattern has something that no text can be made for; the message names the pattern."""


class _Piece(NamedTuple):
    """A part of a pattern that is repeated between `least` and `most` times; None is without bound."""

    make: Callable[[random.Random], str]
    least: int
    most: int | None


def text_for(pattern: str, rng: random.Random) -> str:
    r"""Make a text that a pattern is found in.

    Args:
        pattern: literals, escaped punctuation, `\uXXXX`, `.`, classes, groups, `|`, `? * + {m} {m,n}`; `^` first and
            `$` last. Where one of the two is missing, more text may stand there.
        rng: where chance comes from.

    Raises:
        PatternError: the pattern has something else.
    """
    start, body, end = _parsed(pattern)
    before = "" if start else rng.choice(("", "x", "é "))
    after = "" if end else rng.choice(("", "", "example.com/a?b=1#c", "\n", "🦜"))
    return before + body(rng) + after


@functools.cache
def _parsed(pattern: str) -> tuple[bool, Callable[[random.Random], str], bool]:
    start = pattern.startswith("^")
    end = pattern.endswith("$") and not pattern.endswith("\\$")
    reader = _Reader(pattern, pattern[start : len(pattern) - end])
    body = reader.alternatives()
    if reader.rest:
        raise reader.refused()
    return start, body, end


class _Reader:
    """Reads a pattern from left to right."""

    def __init__(self, pattern: str, rest: str) -> None:
        self.pattern = pattern
        self.rest = rest

    def refused(self) -> PatternError:
        return PatternError(f"no text can be made for the pattern {self.pattern}: not understood at {self.rest!r}")

    def alternatives(self) -> Callable[[random.Random], str]:
        found = [self._sequence()]
        while self.rest.startswith("|"):
            self.rest = self.rest[1:]
            found.append(self._sequence())
        return found[0] if len(found) == 1 else lambda rng: rng.choice(found)(rng)

    def _sequence(self) -> Callable[[random.Random], str]:
        pieces: list[_Piece] = []
        while self.rest and self.rest[0] not in "|)":
            pieces.append(self._piece())
        return lambda rng: "".join(_repeated(piece, rng) for piece in pieces)

    def _piece(self) -> _Piece:
        make = self._atom()
        count = re.match(r"[?*+]|\{(\d+)(,(\d*))?\}", self.rest)
        if count is None:
            return _Piece(make, 1, 1)
        self.rest = self.rest[count.end() :]
        if count[0] in {"?", "*", "+"}:
            return _Piece(make, int(count[0] == "+"), 1 if count[0] == "?" else None)
        least = int(count[1])
        return _Piece(make, least, least if count[2] is None else int(count[3]) if count[3] else None)

    def _atom(self) -> Callable[[random.Random], str]:
        if self.rest.startswith("["):
            return self._class()
        if self.rest.startswith("("):
            self.rest = self.rest.removeprefix("(").removeprefix("?:")
            inner = self.alternatives()
            if not self.rest.startswith(")"):
                raise self.refused()
            self.rest = self.rest[1:]
            return inner
        if self.rest.startswith("."):
            self.rest = self.rest[1:]
            return _one_of([letter for letter in CHARACTERS if letter not in _LINE_ENDS])
        if self.rest[0] in "?*+{}^$":
            raise self.refused()
        return _one_of([self._letter()])

    def _letter(self) -> str:
        found = re.match(r"\\u([0-9a-fA-F]{4})|\\([^\w\s])|([^\\])", self.rest, re.DOTALL)
        if found is None:
            raise self.refused()
        self.rest = self.rest[found.end() :]
        return chr(int(found[1], 16)) if found[1] else found[2] or found[3]

    def _class(self) -> Callable[[random.Random], str]:
        negated = self.rest.startswith("[^")
        self.rest = self.rest[1 + negated :]
        letters: list[str] = []
        while not self.rest.startswith("]"):
            first = last = self._letter()
            if re.match(r"-[^\]]", self.rest):
                self.rest = self.rest[1:]
                last = self._letter()
            letters += map(chr, range(ord(first), ord(last) + 1))
        self.rest = self.rest[1:]
        return _one_of([letter for letter in CHARACTERS if letter not in letters] if negated else letters)


def _one_of(letters: list[str]) -> Callable[[random.Random], str]:
    return lambda rng: rng.choice(letters)


def _repeated(piece: _Piece, rng: random.Random) -> str:
    if piece.least == piece.most:
        times = piece.least
    elif piece.most is None:
        times = piece.least + rng.choice(_MORE)
    else:
        times = rng.randint(piece.least, min(piece.most, piece.least + 24))
    return "".join([piece.make(rng) for _ in range(times)])
