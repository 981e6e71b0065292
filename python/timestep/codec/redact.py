"""Masking for what people look at: show, diff, view and messages never carry a secret (S3).

What looks like a secret is told by the name it stands under, or by its own form.  A mask errs on the
side of hiding; the data itself is never changed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, cast

from timestep.codec.pointer import join
from timestep.codec.strict_json import Limits, dumps, loads
from timestep.errors import CodecError

if TYPE_CHECKING:
    from collections.abc import Callable

    from timestep.types.base import JSON

MASK = "[redacted]"

_MAX_DEPTH = 128  # BARS H1, here for a value and the JSON texts inside it taken together
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_SECRET_WORDS = frozenset(
    {"apikey", "auth", "authorization", "cookie", "cookies", "credential", "credentials"}
    | {"dsn", "passphrase", "passwd", "password", "pwd", "secret", "secrets", "signature", "token"}
)
_SECRET_PAIRS = frozenset(
    {"access key", "account key", "api key", "connection string", "encryption key", "private key", "secret key"}
    | {"shared key", "signing key", "subscription key", "api keys"}
)
# Containers whose members' names say nothing, and whose values are often secret.
_SECRET_CONTAINERS = frozenset({"headers", "env", "environ", "environment", "cookies"})
_JSON_MEMBER = re.compile(
    r'("(?P<name>(?:[^"\\]|\\.)*+)"\s*:\s*)(?:"(?:[^"\\]|\\.)*+(?:"|\Z)|[^\s,\[\]{}"]++)', re.DOTALL
)
_FORMS: list[tuple[re.Pattern[str], str]] = [
    (re.compile(r"\b(Bearer\s+)[\w.~+/=:-]{6,}", re.IGNORECASE), rf"\1{MASK}"),
    # Words of prose follow these two; credentials have a digit or padding.
    (re.compile(r"\b((?:Basic|Token)\s+)(?=[\w.~+/:-]*[0-9=])[\w.~+/=:-]{8,}", re.IGNORECASE), rf"\1{MASK}"),
    (re.compile(r"\b([a-z][a-z0-9+.-]*://)[^\s/?#@\"'\\]+@", re.IGNORECASE), rf"\1{MASK}@"),
    (
        re.compile(
            r"([?&;](?:[\w-]*(?:api[_-]?key|token|secret|password|passwd|signature)|key|sig|pwd)=)[^&#;\s\"'\\]+",
            re.IGNORECASE,
        ),
        rf"\1{MASK}",
    ),
    (re.compile(r"\b(?:sk|rk|pk)[-_][\w-]{12,}"), MASK),  # OpenAI, Anthropic, Stripe
    (re.compile(r"\b(?:gh[opsur]_|github_pat_|glpat-|hf_|xox[abeoprs]-|npm_|pypi-)[\w-]{10,}"), MASK),
    (re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"), MASK),  # AWS access key ids
    (re.compile(r"\bAIza[\w-]{30,}"), MASK),  # Google
    (re.compile(r"\beyJ[\w-]{5,}\.[\w-]{5,}\.[\w-]*"), MASK),  # JSON Web Tokens (RFC 7519)
    (re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL), MASK),
]


def redact(value: JSON) -> JSON:
    """Give a copy of a value in which what looks like a secret is masked.

    JSON texts inside strings are looked into.  A string without a secret stays as it is, byte for byte.
    """
    return _masked(value, "", _ignore, 0)


def find_secrets(value: JSON) -> list[str]:
    """Give the pointers of the strings and numbers `redact` would mask, in document order."""
    found: list[str] = []
    _masked(value, "", found.append, 0)
    return found


def is_secret_name(name: str) -> bool:
    """Say whether what stands under a name is a secret: `api_key`, `X-Api-Key`, `accessToken`, not `max_tokens`."""
    words = [word.lower() for word in cast("list[str]", _WORDS.findall(name))]
    return bool(words) and (words[-1] in _SECRET_WORDS or " ".join(words[-2:]) in _SECRET_PAIRS)


def redact_text(text: str) -> str:
    """Mask what looks like a secret in a text that is no JSON."""
    for form, replacement in _FORMS:
        text = form.sub(replacement, text)
    return text


def _ignore(pointer: str) -> None:
    """Take a finding and forget it."""


def _masked(value: JSON, pointer: str, report: Callable[[str], None], depth: int) -> JSON:
    """Copy a value that stands under a name that says nothing."""
    if isinstance(value, dict):
        return {
            name: _member(name, member, join([name], base=pointer), report, depth + 1)
            for name, member in cast("dict[str, JSON]", value).items()
        }
    if isinstance(value, list | tuple):
        items = enumerate(cast("list[JSON]", value))
        return [_masked(item, f"{pointer}/{index}", report, depth + 1) for index, item in items]
    if isinstance(value, str):
        return _masked_string(value, pointer, report, depth)
    return value


def _member(name: str, value: JSON, pointer: str, report: Callable[[str], None], depth: int) -> JSON:
    """Copy one member of an object; its name may tell that all in it is secret."""
    if is_secret_name(name) or (_is_secret_container(name) and isinstance(value, dict | list)):
        return _hidden(value, pointer, report)
    return _masked(value, pointer, report, depth)


def _is_secret_container(name: str) -> bool:
    """Say whether a name stands for headers or an environment."""
    words = cast("list[str]", _WORDS.findall(name))
    return bool(words) and words[-1].lower() in _SECRET_CONTAINERS


def _hidden(value: JSON, pointer: str, report: Callable[[str], None]) -> JSON:
    """Copy the shape of a value, every string and number in it masked."""
    if isinstance(value, dict):
        items = cast("dict[str, JSON]", value).items()
        return {name: _hidden(member, join([name], base=pointer), report) for name, member in items}
    if isinstance(value, list | tuple):
        members = enumerate(cast("list[JSON]", value))
        return [_hidden(member, f"{pointer}/{index}", report) for index, member in members]
    if value is None or isinstance(value, bool) or value == "":
        return value
    report(pointer)
    return MASK


def _masked_string(text: str, pointer: str, report: Callable[[str], None], depth: int) -> str:
    """Copy a string, with the secrets in it masked."""
    masked = _masked_json(text, depth) if text.lstrip()[:1] in ("{", "[") else redact_text(text)
    if masked != text:
        report(pointer)
    return masked


def _masked_json(text: str, depth: int) -> str:
    """Mask a JSON text; the text itself when nothing in it is secret."""
    try:
        value = loads(text, limits=Limits(max_depth=max(_MAX_DEPTH - depth, 0)))
    except CodecError:
        return redact_text(_JSON_MEMBER.sub(_masked_member, text))
    found: list[str] = []
    masked = _masked(value, "", found.append, depth)
    return dumps(masked).decode() if found else text


def _masked_member(match: re.Match[str]) -> str:
    """Mask one member of a JSON text that can't be read as a whole."""
    return f'{match[1]}"{MASK}"' if is_secret_name(match["name"]) else match[0]
