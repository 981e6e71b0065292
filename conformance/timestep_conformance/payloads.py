"""The documents of cases as bytes, and as a frame has them: not one byte is changed on the way."""

from __future__ import annotations

import base64
import hashlib
import lzma
import tarfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, cast

from timestep_conformance.edits import EditError, edited
from timestep_conformance.places import SuiteError, file_at


def content(source: Mapping[str, Any]) -> bytes:
    """Return the bytes that a case names: `file` with its `sha256`, `text` or `base64`, with `edits` made to them.

    With `member` it is a file in the archive `file`, and the SHA-256 is the member's.

    Raises:
        SuiteError: the file is missing, or is not the one that the case was written for.
    """
    data = _source(source)
    try:
        return edited(data, source.get("edits", ()))
    except (EditError, LookupError, ValueError) as error:
        raise SuiteError(f"{source.get('file', 'a text')}: an edit can't be made: {error}") from error


def _source(source: Mapping[str, Any]) -> bytes:
    if "text" in source:
        return str(source["text"]).encode()
    if "base64" in source:
        return base64.b64decode(source["base64"], validate=True)
    name, member = str(source["file"]), source.get("member")
    try:
        data = file_at(name).read_bytes() if member is None else unpacked(file_at(name))[member]
    except (OSError, EOFError, lzma.LZMAError, tarfile.TarError) as error:
        raise SuiteError(f"{name} can't be read: {error}; is the suite installed whole?") from error
    except KeyError as error:
        raise SuiteError(f"{name} has no member {member}") from error
    if hashlib.sha256(data).hexdigest() != source["sha256"]:
        changed = name if member is None else f"{member} of {name}"
        raise SuiteError(f"{changed} has changed: its SHA-256 is no longer {source['sha256']}")
    return data


@cache
def unpacked(path: Path) -> dict[str, bytes]:
    """Return the files of an archive, by name; it is unpacked once, whatever the order of the cases."""
    with tarfile.open(path, "r:xz") as archive:
        return {member.name: found.read() for member in archive if (found := archive.extractfile(member)) is not None}


def payload(data: bytes) -> dict[str, str]:
    """Return bytes as a frame has them: as text where they are UTF-8, as base64 otherwise."""
    try:
        return {"text": data.decode("utf-8")}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(data).decode("ascii")}


def is_payload(value: object) -> bool:
    """Tell whether a value of a frame stands for bytes."""
    if not isinstance(value, dict) or len(cast("dict[str, Any]", value)) != 1:
        return False
    return isinstance(next(iter(cast("dict[str, Any]", value).values())), str) and (
        "text" in value or "base64" in value
    )


def filled(value: Any, answer: Any = None) -> Any:  # noqa: ANN401 - any JSON
    """Return arguments as they are sent: files in their place, and `{"$from": NAME}` from the answer before."""
    if isinstance(value, list):
        return [filled(each, answer) for each in cast("list[Any]", value)]
    if not isinstance(value, dict):
        return value
    members = cast("dict[str, Any]", value)
    if ("sha256" in members and "file" in members) or ("edits" in members and "text" in members):
        return payload(content(members))
    if members.keys() == {"$from"}:
        return cast("dict[str, Any]", answer).get(members["$from"]) if isinstance(answer, dict) else None
    return {name: filled(each, answer) for name, each in members.items()}
