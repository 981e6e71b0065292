"""Edits of a document's bytes, by recipe: how hostile documents are made of good ones, which stay as they are."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, cast

from timestep_conformance.pointers import inner, tokens

Edit = Mapping[str, Any]


class EditError(ValueError):
    """An edit that can't be made of this document; the message says which."""


def edited(data: bytes, edits: Sequence[Edit]) -> bytes:
    """Return the bytes that edits make of a document.

    Raises:
        EditError: an edit has nothing to work on.
    """
    for edit in edits:
        data = _on_bytes(data, edit) if str(edit["op"]).startswith("bytes-") else _on_json(data, edit)
    return data


def _on_bytes(data: bytes, edit: Edit) -> bytes:
    """Apply one edit of the text; `hex` stands for bytes that are no text."""
    value = bytes.fromhex(edit["hex"]) if "hex" in edit else str(edit.get("value", "")).encode("utf-8", "surrogatepass")
    find = str(edit.get("find", "")).encode()
    if find not in data:
        raise EditError(f"{edit['find']!r} is not in the document")
    match edit["op"]:
        case "bytes-prepend":
            return value + data
        case "bytes-append":
            return data + value
        case "bytes-truncate":
            return data[: int(len(data) * edit["part"])]
        case "bytes-replace":
            return data.replace(find, value, edit.get("count", -1))
        case "bytes-fill":
            return data.replace(find, value * edit["times"], 1)
        case "bytes-nest":
            opener, closer = str(edit["value"]).split("|")
            return data.replace(find, (opener * edit["times"] + closer * edit["times"]).encode(), 1)
        case other:
            raise EditError(f"no edit is called {other!r}")


def _on_json(data: bytes, edit: Edit) -> bytes:
    """Apply one edit of the parsed document; `inside` leads through JSON text that stands in a string."""
    changed = _inside(json.loads(data), list(edit.get("inside", [])), edit)
    return json.dumps(changed, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _inside(document: Any, inside: list[str], edit: Edit) -> Any:  # noqa: ANN401 - any JSON
    if not inside:
        _change(document, edit)
        return document
    owner, key = _place(document, inside[0])
    owner[key] = json.dumps(_inside(json.loads(owner[key]), inside[1:], edit), ensure_ascii=False)
    return document


def _change(document: Any, edit: Edit) -> None:  # noqa: ANN401 - any JSON
    """Apply one edit in place."""
    owner, key = _place(document, edit["pointer"])
    match edit["op"]:
        case "set":
            owner[key] = edit["value"]
        case "remove":
            del owner[key]
        case "insert":
            owner.insert(key, edit["value"])
        case "rename":
            renamed = {edit["value"] if name == key else name: value for name, value in owner.items()}
            owner.clear()
            owner.update(renamed)
        case "copy" | "move":
            source, name = _place(document, edit["from"])
            value = json.loads(json.dumps(source[name]))
            if edit["op"] == "move":
                del source[name]
            if isinstance(owner, list):
                cast("list[Any]", owner).insert(key, value)
            else:
                owner[key] = value
        case "replace-in-text":
            if edit["find"] not in owner[key]:
                raise EditError(f"{edit['find']!r} does not stand at {edit['pointer']}")
            owner[key] = owner[key].replace(edit["find"], edit["value"])
        case other:
            raise EditError(f"no edit is called {other!r}")


def _place(document: Any, pointer: str) -> tuple[Any, Any]:  # noqa: ANN401 - any JSON
    """Return the container of the last token, and the token as it indexes that container; "-" is a list's end."""
    *above, last = tokens(pointer)
    for token in above:
        document = inner(document, token)
    if isinstance(document, list):
        return cast("list[Any]", document), len(cast("list[Any]", document)) if last == "-" else int(last)
    return document, last
