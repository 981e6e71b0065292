"""What the toy model takes out of a sentence: words, a city, an address, a number."""

from __future__ import annotations

import re
from typing import Any

Facts = dict[str, str]

_WORD = re.compile(r"[a-z]+")
_CAPITALS = r"(?-i:[A-Z][\w'.-]*(?: [A-Z][\w'.-]*)*)"
_CITY = re.compile(rf"\b(?:in|at|for|to)\s+({_CAPITALS})", re.IGNORECASE)
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_SUBJECT = re.compile(r"""\bsubject:?\s+(?:'([^']*)'|"([^"]*)"|(\S+))""", re.IGNORECASE)
_BODY = re.compile(r"""\b(?:body|text|saying):?\s+(?:'([^']*)'|"([^"]*)"|(.+))""", re.IGNORECASE)
_NUMBER = re.compile(r"\b\d+\b")
# What a parameter may be called, by the fact it asks for.
_CALLED = {
    "city": ("city", "location", "place", "town"),
    "recipient": ("recipient", "to", "email", "address"),
    "subject": ("subject", "title"),
    "body": ("body", "text", "content"),
    "number": ("user_id", "id", "order_id", "order", "number", "amount", "account", "n"),
}


def facts_of(said: str) -> Facts:
    """Return the arguments a sentence holds, under each name a parameter may have for them."""
    numbers = _NUMBER.findall(said)
    found = {
        "city": _first(_CITY, said).rstrip(".?!'"),
        "recipient": _whole(_ADDRESS, said).rstrip("."),
        "subject": _first(_SUBJECT, said),
        "body": _first(_BODY, said),
        "number": numbers[0] if numbers else "",
    }
    return {name: value for fact, value in found.items() if value for name in _CALLED[fact]}


def words(text: str) -> set[str]:
    """Return the words of a text in lower case, plurals without their ending."""
    plain = text.lower().replace("e-mail", "email")
    return {word.removesuffix("s") if len(word) > 3 else word for word in _WORD.findall(plain)}


def text_of(item: dict[str, Any]) -> str:
    """Return the text of an item's content."""
    content = item.get("content") or ""
    return content if isinstance(content, str) else " ".join(str(part.get("text", "")) for part in content)


def _first(pattern: re.Pattern[str], text: str) -> str:
    """Return the first group that matched; empty when there is none."""
    match = pattern.search(text)
    return next((group for group in match.groups() if group), "") if match else ""


def _whole(pattern: re.Pattern[str], text: str) -> str:
    match = pattern.search(text)
    return match[0] if match else ""
