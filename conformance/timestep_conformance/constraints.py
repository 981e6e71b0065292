"""What schemas say together about one value, in a form that values can be made from.

A value can stand under several schemas at once: those of `allOf`, the targets of `$ref`, the branches of conditions
that hold. `Constraints` is all they say, worked out once for each set of schemas.
"""

from __future__ import annotations

from functools import cached_property
from typing import cast

from timestep_conformance.schemas import KINDS, Condition, Json, Part, Schemas, kind_of, kinds_of, sample


class Constraints:
    """All that a set of schemas says about one value.

    Attributes:
        parts: the schemas, with the targets of their references and the members of their `allOf`.
        conditions: those that are still open; `of_kind` and `decided` give the constraints with them decided.
        choices: the lists of `anyOf` and `oneOf` of which one is still to be chosen.
    """

    def __init__(
        self, book: ConstraintBook, parts: list[Part], conditions: list[Condition], choices: list[list[Part]]
    ) -> None:
        self._book = book
        self.parts = parts
        self.conditions = conditions
        self.choices = choices
        self._after: dict[tuple[int, ...], Constraints] = {}
        self._inner: dict[str | int, Constraints] = {}
        self._of_kind: dict[str, Constraints] = {}

    def _grown(self, more: list[Part], conditions: list[Condition], choices: list[list[Part]]) -> Constraints:
        added = self._book.of(more)
        parts = self.parts + added.parts
        return Constraints(self._book, parts, conditions + added.conditions, choices + added.choices)

    def _with(self, keyword: str) -> list[Part]:
        return [part for part in self.parts if keyword in part.schema]

    # --- any value

    @cached_property
    def values(self) -> list[Json] | None:
        """The values of `enum` and `const`; None for any value."""
        lists = [cast("list[Json]", part.schema["enum"]) for part in self._with("enum")]
        lists += [[part.schema["const"]] for part in self._with("const")]
        return [value for value in lists[0] if self.allow(value)] if lists else None

    def allow(self, value: Json) -> bool:
        """Tell whether a value is valid, open conditions aside."""
        return all(self._book.schemas.conforms(value, part) for part in self.parts)

    @cached_property
    def types(self) -> list[str]:
        """The kinds of values that `type`, `enum` and `const` leave, open conditions aside."""
        left = set(KINDS).intersection(*(kinds_of(part.schema["type"]) for part in self._with("type")))
        left &= set(KINDS) if self.values is None else {kind_of(value) for value in self.values}
        return [] if any(part.never() for part in self.parts) else [kind for kind in KINDS if kind in left]

    @cached_property
    def kinds(self) -> list[str]:
        """The kinds of values that are allowed."""
        return [kind for kind in self.types if kind in self.of_kind(kind).types]

    def of_kind(self, kind: str) -> Constraints:
        """Return the constraints on a value of this kind, with the conditions decided that ask for the kind alone."""
        if kind not in self._of_kind:
            rest = [one for one in self.conditions if kind != "object" or set(one.test.schema) == {"type"}]
            branches = [one.branch(self._book.schemas.conforms(sample(kind), one.test)) for one in rest]
            later = [one for one in self.conditions if one not in rest]
            done = self._grown(branches, later, self.choices).of_kind(kind) if rest else self
            self._of_kind[kind] = done
        return self._of_kind[kind]

    def decided(self, value: dict[str, Json]) -> Constraints:
        """Return the constraints with all conditions decided, on an object that has the members they ask for."""
        outcomes = tuple(self._book.schemas.conforms(value, condition.test) for condition in self.conditions)
        if outcomes not in self._after:
            branches = [one.branch(holds) for one, holds in zip(self.conditions, outcomes, strict=True)]
            self._after[outcomes] = self._grown(branches, [], self.choices)
        return self._after[outcomes]

    def chosen(self, places: tuple[int, ...]) -> Constraints:
        """Return the constraints with one schema taken of each choice."""
        key = (-1, *places)
        if key not in self._after:
            picked = [choice[place] for choice, place in zip(self.choices, places, strict=True)]
            self._after[key] = self._grown(picked, self.conditions, [])
        return self._after[key]

    @cached_property
    def doubtful(self) -> bool:
        """Whether a value that meets all else can still be refused: by `oneOf`, or by `not`."""
        nots = [part for part in self._with("not") if not part.never() and set(part.at("not").schema) != {"required"}]
        return bool(nots or self._with("oneOf"))

    # --- numbers and texts

    @cached_property
    def patterns(self) -> list[str]:
        """The patterns of a text."""
        return [str(part.schema["pattern"]) for part in self._with("pattern")]

    def least(self, keyword: str, otherwise: float) -> float:
        """Return the largest lower bound, such as `minLength`."""
        return max((cast("float", part.schema[keyword]) for part in self._with(keyword)), default=otherwise)

    def most(self, keyword: str, otherwise: float) -> float:
        """Return the smallest upper bound, such as `maxLength`."""
        return min((cast("float", part.schema[keyword]) for part in self._with(keyword)), default=otherwise)

    # --- objects

    @cached_property
    def required(self) -> list[str]:
        """The members that an object has in any case."""
        return list(dict.fromkeys(name for part in self.parts for name in part.names("required")))

    @cached_property
    def named(self) -> list[str]:
        """The members that are named by a schema and may stand."""
        return [name for name in self._listed if not self._barred(name)]

    @cached_property
    def barred(self) -> list[str]:
        """The members that are named by a schema and may not stand."""
        return [name for name in self._listed if self._barred(name)]

    @cached_property
    def _listed(self) -> list[str]:
        return list(dict.fromkeys(name for part in self.parts for name in part.members()))

    def _barred(self, name: str) -> bool:
        return any(part.member(name).never() for part in self.parts) or [name] in self.excluded

    @cached_property
    def excluded(self) -> list[list[str]]:
        """Sets of members that do not stand together."""
        found = [part.at("not") for part in self._with("not")]
        return [part.names("required") for part in found if set(part.schema) == {"required"}]

    @cached_property
    def sealed(self) -> bool:
        """Whether no other members may stand."""
        return any(part.at("additionalProperties").never() for part in self.parts)

    @cached_property
    def mapping(self) -> bool:
        """Whether the members are names of the writer's own choice, all of one kind."""
        return any(part.at("additionalProperties").schema for part in self.parts) and not self.sealed

    @cached_property
    def names(self) -> Constraints:
        """What is said of the names of members."""
        return self._book.of([part.at("propertyNames") for part in self.parts])

    def member(self, name: str) -> Constraints:
        """Return what is said of one member."""
        if name not in self._inner:
            self._inner[name] = self._book.of([part.member(name) for part in self.parts])
        return self._inner[name]

    @cached_property
    def deciders(self) -> list[str]:
        """The members on which the open conditions depend."""
        return list(dict.fromkeys(name for condition in self.conditions for name in condition.names()))

    def told(self, name: str) -> list[Json]:
        """List the values of a member that open conditions ask for."""
        tests = [condition.test.member(name) for condition in self.conditions if name in condition.test.members()]
        return [test.schema["const"] for test in tests if "const" in test.schema]

    # --- lists

    @cached_property
    def unique(self) -> bool:
        """Whether no item may stand twice."""
        return any(part.schema.get("uniqueItems") is True for part in self.parts)

    @cached_property
    def most_items(self) -> int:
        """How many items a list may have."""
        closed = [len(part.all("prefixItems")) for part in self.parts if part.at("items").never()]
        return int(min([self.most("maxItems", 1 << 30), *closed]))

    def item(self, place: int) -> Constraints:
        """Return what is said of the item at a place."""
        place = min(place, max((len(part.all("prefixItems")) for part in self.parts), default=0))
        if place not in self._inner:
            self._inner[place] = self._book.of([part.item(place) for part in self.parts])
        return self._inner[place]


class ConstraintBook:
    """The constraints that schemas make, each worked out once."""

    def __init__(self, schemas: Schemas) -> None:
        self.schemas = schemas
        self._known: dict[tuple[tuple[int, str], ...], Constraints] = {}

    def of(self, parts: list[Part]) -> Constraints:
        """Return what these schemas say together."""
        asked = [part for part in parts if part.schema]
        key = tuple((id(part.schema), part.file) for part in asked)
        if key not in self._known:
            flat = self.schemas.flat(asked)
            conditions = [Condition(one.at("if"), one.at("then"), one.at("else")) for one in flat if "if" in one.schema]
            choices = [one.all(name) for name in ("anyOf", "oneOf") for one in flat if name in one.schema]
            self._known[key] = Constraints(self, flat, conditions, choices)
        return self._known[key]
