"""JSON as this project reads and writes it: one value for one text, or a refusal that names the place.

Strict where readers differ: a name twice, NaN and Infinity, numbers a double can't reach, halves of
surrogate pairs, invalid UTF-8, byte order marks and bottomless nesting are refused, on the way out too.
Exact where readers round: no number changes its decimal value through `loads` and `dumps`.

Speed comes from letting msgspec read first.  What it does not check is proven from the outside by a few
C-speed passes, and `faults` explains a refusal afterwards.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache, partial
from itertools import accumulate, chain
from math import isfinite, isinf
from typing import TYPE_CHECKING, cast

import msgspec

from timestep.codec import faults
from timestep.codec.layers import layers, pointer_to
from timestep.codec.pointer import locate
from timestep.errors import CodecError
from timestep.types.base import JSON

if TYPE_CHECKING:
    from collections.abc import Callable

_DIGITS_AS_ZERO = bytes(ord("0") if chr(code) in "0123456789" else ord("x") for code in range(256))
_BYTES_PER_CONTAINER = 8
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*(?:"|\Z)', re.DOTALL)
_PROBED = 65_536  # bytes looked at to tell a deep text from a wide one
_VALUES = frozenset({str, int, float, bool, type(None), Decimal, dict, list, tuple})
_ENCODERS = {
    order: msgspec.json.Encoder(decimal_format="number", order="sorted" if order else None) for order in (False, True)
}


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a text may be (BARS H1, H2, H6).

    Attributes:
        max_bytes: size of the whole text in UTF-8.
        max_depth: levels of containers; a bare scalar has none.
        max_items: members of any one array or object; also how many containers a text of any size may hold, before
            one for every eight bytes is the limit.
        max_string: size of any one string or name, decoded, in UTF-8 bytes.
        max_number_digits: digits of any one number as written, those of its exponent included.
    """

    max_bytes: int = 16 * 1024 * 1024
    max_depth: int = 128
    max_items: int = 100_000
    max_string: int = 4 * 1024 * 1024
    max_number_digits: int = 400


DEFAULT_LIMITS = Limits()


class _BadNumberError(Exception):
    """A number that is refused, with its text."""

    def __init__(self, token: str, code: str, message: str) -> None:
        super().__init__(token)
        self.token, self.code, self.message = token, code, message


def loads(data: bytes | str, *, limits: Limits = DEFAULT_LIMITS) -> JSON:
    """Read a strict JSON text.

    Integers are int at any size; other numbers are float where the float's shortest text has the same
    decimal value, else Decimal.

    Raises:
        CodecError: with code, line, column and, where it can be told, the pointer.
    """
    raw = data.encode(errors="surrogatepass") if isinstance(data, str) else data
    _refuse_size(raw, limits)
    try:
        return _read(raw, limits)
    except RecursionError:
        pass
    raise faults.no_stack()


def _read(raw: bytes, limits: Limits) -> JSON:
    """Parse a text and prove what the parser did not check."""
    _refuse_long_numbers(raw, limits)
    _refuse_crowds(raw, limits)
    value, refused = _parse(raw, limits)
    if refused is not None:
        raise refused
    if len(raw) > min(limits.max_depth, limits.max_items, limits.max_string):  # a shorter text can't be over one
        _refuse_over_limits(value, raw, limits)
    _refuse_duplicates(value, raw)
    return value


def dumps(value: JSON, *, indent: int | None = None, sort_keys: bool = False, limits: Limits = DEFAULT_LIMITS) -> bytes:
    """Write a value as UTF-8 JSON, compact unless indented, names in their order unless sorted.

    Tuples are written as arrays, Decimals as numbers.  Names are sorted by code point.

    Raises:
        CodecError: the value has no JSON form (`json-value`), or `loads` would refuse the text.
    """
    try:
        data = _ENCODERS[sort_keys].encode(value)
    except (TypeError, ValueError, OverflowError, RecursionError):
        data = None
    if data is None:
        raise _why_unwritable(value, limits)
    if limits is not DEFAULT_LIMITS or not _is_plain(value, _SHALLOW):
        _refuse_unwritable(value, data, limits)
    return data if indent is None else msgspec.json.format(data, indent=indent)


#: How deep `_is_plain` looks; what is deeper takes the long way, which needs no stack.
_SHALLOW = 16
_SMALL = 1 << 53


def _is_plain(value: JSON, depth: int) -> bool:
    """Say whether a value that was written is nothing but objects, arrays, texts, small integers, booleans and null."""
    kind = value.__class__
    if kind is str or value is None or kind is bool:
        return True
    if kind is int:
        return -_SMALL < value < _SMALL
    if depth == 0:
        return False
    if kind is dict:
        for name, member in cast("dict[JSON, JSON]", value).items():
            if name.__class__ is not str or not _is_plain(member, depth - 1):
                return False
        return True
    if kind is not list:
        return False
    for member in cast("list[JSON]", value):  # noqa: SIM110 - `all` takes twice as long
        if not _is_plain(member, depth - 1):
            return False
    return True


def _number(token: str, max_digits: int) -> float | Decimal:
    """Read a number with a fraction or exponent, exactly.

    Its nearest double must be finite, and zero only for zero: beyond that, readers of other languages
    give another number.
    """
    if len(token) > max_digits and sum(map(str.isdigit, token)) > max_digits:
        raise _BadNumberError(token, "json-digits", f"a number of more than {max_digits} digits")
    value = float(token)
    mantissa = token.lower().partition("e")[0]
    if isinf(value) or (value == 0 and mantissa.strip("-0.")):
        raise _BadNumberError(token, "json-range", "a number beyond the range of a double")
    exact = Decimal(token if value else mantissa)
    return value if Decimal(repr(value)) == exact else exact


@lru_cache(maxsize=16)
def _decoder(max_digits: int) -> msgspec.json.Decoder[JSON]:
    """Give the parser that reads numbers under a limit."""
    encode = _ENCODERS[False].encode
    # A decimal of up to 15 digits is always the shortest text of its double (DBL_DIG); 16 with the point.
    short = min(16, max_digits)

    def read(token: str) -> float | Decimal:
        if len(token) <= short and "e" not in token and "E" not in token:
            return float(token)
        if len(token) <= max_digits and encode(value := float(token)) == token.encode():
            return value
        return _number(token, max_digits)

    return msgspec.json.Decoder(float_hook=read)


def _parse(raw: bytes, limits: Limits) -> tuple[JSON, CodecError | None]:
    """Give the value, or the error to raise once the parser's own is out of the way."""
    try:
        return _decoder(limits.max_number_digits).decode(raw), None
    except _BadNumberError as error:
        offset = faults.find_number(raw, error.token)
        return None, faults.refusal(raw, offset, error.code, error.message, why="other readers would change it")
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None, faults.explain(raw, limits.max_depth)


def _refuse_size(raw: bytes, limits: Limits) -> None:
    """Refuse a text that is too large as a whole."""
    if len(raw) > limits.max_bytes:
        message = f"{len(raw)} bytes are more than the {limits.max_bytes} allowed"
        raise CodecError(message, code="json-size", pointer="", help="raise max_bytes if you trust the writer")


def _refuse_crowds(raw: bytes, limits: Limits) -> None:
    """Refuse a text of hardly anything but containers before it is parsed.

    An empty container takes two or three bytes of text and 64 of memory.  One for every eight bytes, beyond the
    first `max_items`, keeps a parsed document within eight times its size; no real document comes near that.
    """
    most = limits.max_items + len(raw) // _BYTES_PER_CONTAINER
    if raw.count(b"[") + raw.count(b"{") <= most:
        return
    if _deepest(_STRING.sub(b"", raw[:_PROBED])) > limits.max_depth:
        raise faults.explain_depth(raw, limits.max_depth)
    bare = _STRING.sub(b"", raw)
    if bare.count(b"[") + bare.count(b"{") <= most:
        return
    raise CodecError(f"more than {most} containers in {len(raw)} bytes", code="json-items", pointer="")


def _deepest(text: bytes) -> int:
    """Give the greatest depth that brackets reach in a text without strings."""
    opened = accumulate(1 if byte in b"[{" else -1 for byte in text if byte in b"[]{}")
    return max(opened, default=0)


def _refuse_long_numbers(raw: bytes, limits: Limits) -> None:
    """Refuse a run of too many digits before anything is made of it; in a string it is only text."""
    most = limits.max_number_digits
    if b"0" * (most + 1) not in raw.translate(_DIGITS_AS_ZERO):
        return
    offset = faults.find_long_number(raw, most)
    if offset is not None:
        raise faults.refusal(raw, offset, "json-digits", f"a number of more than {most} digits")


def _refuse_over_limits(value: JSON, raw: bytes, limits: Limits) -> None:
    """Refuse a value that is too deep, or has too wide a container or too long a string."""
    check_strings = len(raw) > limits.max_string
    for depth, layer in enumerate(layers([value])):
        if depth > limits.max_depth and (layer.objects or layer.arrays):
            raise faults.explain_depth(raw, limits.max_depth)
        if layer.widest() > limits.max_items:
            message = f"more than {limits.max_items} members in one container"
            raise _over(value, raw, partial(_too_wide, most=limits.max_items), "json-items", message)
        if check_strings and any(_too_long(v, limits.max_string) for v in chain(layer.members(), layer.names())):
            message = f"a string of more than {limits.max_string} bytes"
            raise _over(value, raw, partial(_too_long, most=limits.max_string), "json-string", message)


def _over(value: JSON, raw: bytes, wanted: Callable[[JSON], bool], code: str, message: str) -> CodecError:
    """Make the error for the outermost value that is over a limit."""
    pointer = pointer_to(value, wanted) or ""
    at = locate(raw, pointer)
    return CodecError(message, code=code, pointer=pointer, line=at.line, column=at.column)


def _refuse_duplicates(value: JSON, raw: bytes) -> None:
    """Refuse a text in which an object has a name twice.

    Written again, a value has as many colons as its text, in strings and after names; a member that gave
    way to a later one of its name takes its colon with it.  Only an escaped colon spoils that count.
    """
    escaped = b"\\u003" in raw and (b"\\u003a" in raw or b"\\u003A" in raw)
    if escaped or raw.count(b":") != _ENCODERS[False].encode(value).count(b":"):
        duplicate = faults.find_duplicate(raw)
        if duplicate is not None:
            raise duplicate


def _refuse_unwritable(value: JSON, data: bytes, limits: Limits) -> None:
    """Refuse what msgspec writes but `loads` would refuse, or would read as something else."""
    for depth, layer in enumerate(layers([value])):
        if depth > limits.max_depth and (layer.objects or layer.arrays):
            raise _why_unwritable(value, limits)
        try:
            "".join(layer.names())  # the cheapest way to see that all are strings
        except TypeError:
            raise _why_unwritable(value, limits) from None
        rest = [v for v in layer.others if v.__class__ is not float or not isfinite(v)]
        if any(_is_no_value(v) or _is_refused_number(v, limits.max_number_digits) for v in rest):
            raise _why_unwritable(value, limits)
    if b"0" * (limits.max_number_digits + 1) in data.translate(_DIGITS_AS_ZERO):
        refused = pointer_to(value, partial(_is_long_integer, max_digits=limits.max_number_digits))
        if refused is not None:
            raise _why_unwritable(value, limits)


def _why_unwritable(value: JSON, limits: Limits) -> CodecError:
    """Make the error for the first of the reasons that holds for a value."""
    digits = limits.max_number_digits
    reasons: list[tuple[str, str, Callable[[JSON], bool]]] = [
        (
            "json-value",
            "only None, bool, int, float, Decimal, str, list, tuple and dict have a JSON form",
            _is_no_value,
        ),
        ("json-value", "the name of a member must be a string", _has_other_name),
        ("json-surrogate", "half of a surrogate pair is no character", _has_surrogate),
        ("json-digits", f"a number of more than {digits} digits", partial(_is_long_integer, max_digits=digits)),
        (
            "json-range",
            "a number that is no JSON or is refused on reading",
            partial(_is_refused_number, max_digits=digits),
        ),
    ]
    for code, message, holds in reasons:
        pointer = pointer_to(value, holds)
        if pointer is not None:
            return CodecError(message, code=code, pointer=pointer)
    message = f"nested more than {limits.max_depth} levels deep, or contained in itself"
    return CodecError(message, code="json-depth")


def _is_long_integer(value: JSON, max_digits: int) -> bool:
    """Say whether a value is an integer of too many digits; its text is never made."""
    return isinstance(value, int) and abs(value) >= 10**max_digits


def _is_no_value(value: JSON) -> bool:
    """Say whether a value is of no type JSON has; subclasses would come back as something else."""
    return type(value) not in _VALUES


def _is_refused_number(value: JSON, max_digits: int) -> bool:
    """Say whether a value is a float or Decimal whose text `loads` refuses."""
    if not isinstance(value, float | Decimal):
        return False
    if not (value.is_finite() if isinstance(value, Decimal) else isfinite(value)):
        return True
    try:
        _number(str(value), max_digits)
    except _BadNumberError:
        return True
    return False


def _has_other_name(value: JSON) -> bool:
    """Say whether a value is an object with a name that is no string."""
    return isinstance(value, dict) and any(type(name) is not str for name in cast("dict[JSON, JSON]", value))


def _has_surrogate(value: JSON) -> bool:
    """Say whether a value is a string that has no UTF-8 form."""
    return isinstance(value, str) and any("\ud800" <= character <= "\udfff" for character in value)


def _too_wide(value: JSON, most: int) -> bool:
    """Say whether a value is a container of too many members."""
    return isinstance(value, dict | list) and len(cast("list[JSON]", value)) > most


def _too_long(value: JSON, most: int) -> bool:
    """Say whether a value is a string of too many bytes; a code point has four at most."""
    return isinstance(value, str) and len(value) * 4 > most and len(value.encode()) > most
