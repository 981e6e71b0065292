"""From a file to what it says: its bytes, its JSON or JSON lines, and the lines that errors in it point at."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from msgspec.structs import replace

from timestep.codec import proto, strict_json
from timestep.codec.pointer import locate
from timestep.codec.seal import is_sealed
from timestep.dialects import session_items
from timestep.errors import CodecError, TimestepError, UsageError
from timestep.types.findings import Finding


def file_bytes(data: bytes | str | Path) -> bytes:
    """Return the bytes of a file, or of the text of one.

    Raises:
        UsageError: the file can't be read.
    """
    if isinstance(data, bytes):
        return data
    if isinstance(data, str):
        return data.encode("utf-8", "surrogatepass")
    try:
        return data.read_bytes()
    except OSError as error:
        raise UsageError(code="io", message=f"cannot read {data}: {error.strerror or error}", file=str(data)) from None


def parsed(raw: bytes) -> tuple[Any, session_items.Container]:
    """Parse one document, or JSON lines: lines that are each an object with an item's or header's keys."""
    try:
        value: Any = strict_json.loads(raw)
    except CodecError as error:
        first = _first_line(raw)
        if first is None or error.code == "json-size":
            raise
        try:
            row: Any = strict_json.loads(first)
        except CodecError:
            raise error from None
        if not session_items.is_row(row):
            raise error from None
        return session_items.parse_lines(raw), "lines"
    header = session_items.is_header(value) and b"\n" not in raw.strip()
    if header or (session_items.is_row(value) and not session_items.looks_like(value)):
        return [value], "lines"  # a file of one line
    return value, "array"


def _first_line(raw: bytes) -> bytes | None:
    """Return the first of several lines, when it may be an object."""
    text = raw.strip()
    first, more, _ = text.partition(b"\n")
    return first if more and first.startswith(b"{") else None


def located(error: TimestepError, raw: bytes, data: bytes | str | Path, *, lines: bool) -> TimestepError:
    """Add line, column and file to an error that has a pointer."""
    if isinstance(data, Path) and error.file is None:
        error.file = str(data)
    if isinstance(data, str) and error.code == "json-syntax" and not data.lstrip().startswith(("{", "[")):
        error.help = "text is taken for the document itself; a file is read with Path(...)"
    if proto.is_binary(raw) or is_sealed(raw):
        error.line = error.column = None  # those of a text that nobody has
    elif error.pointer is not None and error.line is None:
        error.line, error.column = _place(raw, error.pointer, lines=lines)
    return error


def _place(raw: bytes, pointer: str, *, lines: bool) -> tuple[int | None, int | None]:
    """Give line and column of the place a pointer names; in JSON lines its first token counts the items."""
    try:
        if lines:
            return session_items.locate(raw, pointer)
        place = locate(raw, pointer)
    except (TimestepError, ValueError):
        return None, None
    return place.line, place.column


def placed(finding: Finding, raw: bytes, *, lines: bool) -> Finding:
    """Give a finding line and column where its pointer tells them."""
    if finding.pointer is None or finding.line is not None:
        return finding
    line, column = _place(raw, finding.pointer, lines=lines)
    return replace(finding, line=line, column=column)
