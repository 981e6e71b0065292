"""Applies the edits of `fixtures/hostile/recipes.json` to fixtures, which stay as they are."""

import json
from pathlib import Path
from typing import Any

from timestep.state import read, write
from timestep_conformance.edits import edited

FIXTURES = Path(__file__).resolve().parents[3] / "fixtures"
RECIPES = FIXTURES / "hostile" / "recipes.json"


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
    return edited(base_of(recipe), recipe["edits"])
