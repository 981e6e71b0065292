"""Applies the edits of `fixtures/hostile/recipes.json` to fixtures, which stay as they are."""

import json
from pathlib import Path
from typing import Any

from timestep.codec.pointer import split
from timestep.state import read, write

FIXTURES = Path(__file__).resolve().parents[3] / "fixtures"
RECIPES = FIXTURES / "hostile" / "recipes.json"
ON_BYTES = {"bytes-prepend", "bytes-append", "bytes-truncate", "bytes-replace", "bytes-nest", "bytes-fill"}


def recipes() -> list[dict[str, Any]]:
    """Return all recipes."""
    return json.loads(RECIPES.read_text(encoding="utf-8"))["recipes"]


def base_of(recipe: dict[str, Any]) -> bytes:
    """Return the bytes that a recipe starts from: a fixture, or what it is as a canonical document."""
    if "literal" in recipe:
        return recipe["literal"].encode()
    data = (FIXTURES / recipe["base"]).read_bytes()
    return write(read(data), "timestep").data if recipe.get("as") == "timestep" else data


def mutated(recipe: dict[str, Any]) -> bytes:
    """Return the bytes a recipe makes."""
    data = base_of(recipe)
    for edit in recipe["edits"]:
        data = on_bytes(data, edit) if edit["op"] in ON_BYTES else on_json(data, edit)
    return data


def on_bytes(data: bytes, edit: dict[str, Any]) -> bytes:
    """Apply one edit of the text; `hex` stands for bytes that are no text."""
    value = bytes.fromhex(edit["hex"]) if "hex" in edit else edit.get("value", "").encode("utf-8", "surrogatepass")
    match edit["op"]:
        case "bytes-prepend":
            return value + data
        case "bytes-append":
            return data + value
        case "bytes-truncate":
            return data[: int(len(data) * edit["part"])]
        case "bytes-replace":
            old = edit["find"].encode()
            assert old in data, f"{edit['find']!r} is not in the file"
            return data.replace(old, value, edit.get("count", -1))
        case "bytes-fill":
            return data.replace(edit["find"].encode(), value * edit["times"], 1)
        case _:
            opener, closer = edit["value"].split("|")
            nest = opener * edit["times"] + closer * edit["times"]
            return data.replace(edit["find"].encode(), nest.encode(), 1)


def on_json(data: bytes, edit: dict[str, Any]) -> bytes:
    """Apply one edit of the parsed document; `inside` leads through JSON text that stands in a string."""
    document = json.loads(data)
    text = json.dumps(change_inside(document, list(edit.get("inside", [])), edit), ensure_ascii=False)
    return text.encode("utf-8", "surrogatepass")


def change_inside(document: Any, inside: list[str], edit: dict[str, Any]) -> Any:
    """Change a document, or the JSON text at the first of the pointers in it."""
    if not inside:
        change(document, edit)
        return document
    owner, key = place(document, inside[0])
    owner[key] = json.dumps(change_inside(json.loads(owner[key]), inside[1:], edit), ensure_ascii=False)
    return document


def change(document: Any, edit: dict[str, Any]) -> None:
    """Apply one edit in place."""
    owner, key = place(document, edit["pointer"])
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
            source, name = place(document, edit["from"])
            value = json.loads(json.dumps(source[name]))
            if edit["op"] == "move":
                del source[name]
            if isinstance(owner, list):
                owner.insert(key, value)
            else:
                owner[key] = value
        case "replace-in-text":
            assert edit["find"] in owner[key]
            owner[key] = owner[key].replace(edit["find"], edit["value"])
        case other:
            raise ValueError(other)


def place(document: Any, pointer: str) -> tuple[Any, Any]:
    """Return the container of the last token, and the token as it indexes that container; "-" is a list's end."""
    tokens = split(pointer)
    for token in tokens[:-1]:
        document = document[int(token)] if isinstance(document, list) else document[token]
    last = tokens[-1]
    if isinstance(document, list):
        return document, len(document) if last == "-" else int(last)
    return document, last
