"""Cases of hostile documents: what the recipes of fixtures/hostile make, and what a reader does with it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from codec_cases.case import CODES, JSON, ROOT, case, refusal, rules_of, said, source, subject

_DOCUMENTS = "cases/codec/documents"


def cases() -> Iterator[JSON]:
    """Yield a case for each recipe; a save too, where fields are kept."""
    for recipe in recipes():
        yield from _cases_of(recipe)


def documents() -> dict[str, bytes]:
    """Return the documents that recipes start from beside fixtures: states of an SDK, written by the reference."""
    bases = {recipe["base"] for recipe in recipes() if recipe.get("as") == "timestep"}
    return {_document(base): _converted(base) for base in sorted(bases)}


def recipes() -> list[JSON]:
    """Return all recipes."""
    return json.loads((ROOT / "fixtures" / "hostile" / "recipes.json").read_text(encoding="utf-8"))["recipes"]


def _cases_of(recipe: JSON) -> Iterator[JSON]:
    expected, args = recipe["expect"], {"state": _state(recipe)}
    family = recipe.get("as") or recipe.get("base", "timestep").partition("/")[0]
    name, title = f"hostile-{_kebab(recipe['name'])}", recipe["reason"].removesuffix(".")
    if expected["outcome"] == "refused":
        codes = expected["code"] if isinstance(expected["code"], list) else [expected["code"]]
        told = refusal(codes, expected.get("pointer"))
        if expected.get("by") == "write":
            asked = {**args, "to": expected["to"]}
            yield case(
                name, title, rules_of(codes, "convert", asked), "hand", "convert", asked, told, (family, expected["to"])
            )
        else:
            rules, needed = rules_of(codes, "validate", args), subject(codes, family)
            yield case(name, title, rules, "hand", "validate", args, told, (needed,))
        return
    loaded = said("load", args)
    standing = sorted((kind, path) for kind, paths in expected.get("standing", {}).items() for path in paths)
    if standing != sorted((call["state"], call["path"]) for call in loaded["ok"]["waits"]):
        raise ValueError(f"{recipe['name']}: other calls wait than the recipe says")
    if "code" in expected and expected["code"] not in loaded["ok"]["warnings"]:
        raise ValueError(f"{recipe['name']}: the reference does not warn of {expected['code']}")
    rules = ["TS-SEC-003", CODES[expected["code"]]["requirement"] if "code" in expected else "TS-SEC-001"]
    yield case(name, title, sorted(set(rules)), "hand", "load", args, loaded, (family,))
    if "kept" in expected:
        yield _kept(recipe, args, name, title, family)


def _kebab(name: str) -> str:
    """Return a name in small letters with hyphens; file systems that pass over case keep all of them."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])|[_.]", "-", name.replace("--", "-minus-")).lower()


def _kept(recipe: JSON, args: JSON, name: str, title: str, family: str) -> JSON:
    written = said("save", args)["ok"]["state"]["text"]
    kept = {pointer: _at(json.loads(written), pointer) for pointer in recipe["expect"]["kept"]}
    expect = {"ok": {"state": {"$at": kept}}}
    title = f"{title}: they are written again"
    return case(f"{name}-kept", title, ["TS-VERS-004"], "hand", "save", args, expect, (family,))


def _state(recipe: JSON) -> JSON:
    if "literal" in recipe:
        return {"text": recipe["literal"], "edits": recipe["edits"]}
    base = recipe["base"]
    named = f"{_DOCUMENTS}/{_document(base)}" if recipe.get("as") == "timestep" else f"fixtures/{base}"
    return {**source(named), "edits": recipe["edits"]}


def _converted(base: str) -> bytes:
    done = said("convert", {"state": source(f"fixtures/{base}"), "to": "timestep"})
    return done["ok"]["state"]["text"].encode()


def _document(base: str) -> str:
    return base.rpartition("/")[2].replace("_", "-").replace(".", "-").removesuffix("-json") + ".json"


def _at(value: Any, pointer: str) -> Any:
    for token in pointer.split("/")[1:]:
        name = token.replace("~1", "/").replace("~0", "~")
        value = value[int(name)] if isinstance(value, list) else value[name]
    return value
