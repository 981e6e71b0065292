"""Looks at real files of one number: which shapes and members they have, and which texts and nulls stand there."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from dialect_schemas.plan import Kind, Need, Plan, came


@dataclass(slots=True)
class Observed:
    """What the files of one number have."""

    number: str
    #: How often an object of a shape was seen.
    shapes: Counter[str] = field(default_factory=Counter)
    #: (shape, member) -> how often it was there.
    members: Counter[tuple[str, str]] = field(default_factory=Counter)
    #: Members that were null.
    nulls: set[tuple[str, str]] = field(default_factory=set)
    #: (shape, member) -> the texts at a `one of`.
    texts: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    #: (shape, need) -> how often its case was seen, and how often all its members were there.
    needs: Counter[tuple[str, Need, bool]] = field(default_factory=Counter)
    #: What the plan does not say: a member that it does not name or know so early, or a value that it does not foresee.
    surprises: set[str] = field(default_factory=set)


def observe(seen: Observed, plan: Plan, state: dict[str, Any]) -> None:
    """Add one run to what was seen; runs nested in it are not entered."""
    _object(seen, plan, next(iter(plan)), state)


def _object(seen: Observed, plan: Plan, name: str, value: dict[str, Any]) -> None:
    shape = plan[name]
    seen.shapes[name] += 1
    for key, inner in value.items():
        place = (name, key)
        if key not in shape.members:
            if not shape.open:
                seen.surprises.add(f"{name} has a member that the plan does not name: {key}")
            continue
        seen.members[place] += 1
        if not came(shape.members[key].since, seen.number):
            seen.surprises.add(f"{name} has a member that came later, as the plan has it: {key}")
        if inner is None:
            seen.nulls.add(place)
        else:
            _value(seen, plan, place, shape.members[key].kinds, inner)
    for need in shape.needs:
        if (value.get(need.member) == need.value) is not need.unless:
            seen.needs[name, need, all(key in value for key in need.members)] += 1


def _value(seen: Observed, plan: Plan, place: tuple[str, str], kinds: tuple[Kind, ...], value: Any) -> None:
    kind = next((kind for kind in kinds if fits(kind, value)), None)
    if kind is None:
        seen.surprises.add(f"{'.'.join(place)} is what the plan does not foresee: {type(value).__name__}")
    elif kind.name == "one of":
        seen.texts.setdefault(place, set()).add(value)
    elif kind.name in ("list", "map"):
        for inner in value.values() if kind.name == "map" else value:
            _value(seen, plan, place, kind.inner, inner)
    elif kind.name in plan:
        _object(seen, plan, kind.name, value)


def fits(kind: Kind, value: Any) -> bool:
    """Tell whether a value is of a kind, by its JSON type."""
    match kind.name:
        case "any":
            return True
        case "text" | "one of" | "run text":
            return isinstance(value, str)
        case "flag":
            return isinstance(value, bool)
        case "count":
            return isinstance(value, int) and not isinstance(value, bool) and value >= 0
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "null":
            return value is None
        case "list":
            return isinstance(value, list)
        case _:
            return isinstance(value, dict)
