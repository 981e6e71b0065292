"""Documents made from JSON Schemas: valid ones of every shape the schemas allow, and such with one thing wrong.

The same schemas and the same seed give the same documents:

    generator = Generator({path.name: json.loads(path.read_text()) for path in folder.glob("*.json")}, seed=1)
    generator.document("run-state.schema.json")
    generator.mutant("run-state.schema.json")
"""

from __future__ import annotations

import copy
import random
from collections.abc import Mapping
from typing import cast

from timestep_conformance import samples
from timestep_conformance.constraints import ConstraintBook, Constraints
from timestep_conformance.mutants import change, sites
from timestep_conformance.patterns import text_for
from timestep_conformance.schemas import Json, SchemaError, Schemas, same

_TRIES = 200
_SIZES = (8, 40, 120, 400)  # values in one document, about
_DEEPEST = 24  # values within each other; JSON may be 128 deep
_PRESENT = (0.1, 0.4, 0.7, 0.95)  # how likely an optional member stands, in one document
_LENGTHS = (0, 1, 1, 2, 2, 3, 5)


class _UnmetError(Exception):
    """What was chosen so far leaves nothing to go on with."""


class Generator:
    """Makes documents that schemas allow, and documents that are nearly so.

    Args:
        schemas: JSON Schemas by file name, with references by file name and in the portable subset.
        seed: decides everything that is left to chance.
    """

    def __init__(self, schemas: Mapping[str, dict[str, Json]], seed: int) -> None:
        self._schemas = Schemas(schemas)
        self._book = ConstraintBook(self._schemas)
        self._rng = random.Random(seed)  # noqa: S311 - nothing here is secret, and it has to come out the same again
        self._left = 0
        self._depth = 0
        self._present = 0.0

    def document(self, name: str) -> Json:
        """Make a value that is valid for a schema.

        The schema is given by its file, `run.schema.json`, or as a part of one, `run.schema.json#/$defs/turn`. Objects
        get members of unknown names where their schema allows them. Integers are written as such, never as 1.0.

        Raises:
            SchemaError: there is no such schema, it has a keyword that is not known here, or nothing meets it.
            PatternError: no text can be made for one of its patterns.
        """
        self._left = self._rng.choice(_SIZES)
        self._depth = 0
        self._present = self._rng.choice(_PRESENT)
        try:
            return self._value(self._book.of([self._schemas.part(name)]))
        except _UnmetError as error:
            raise SchemaError(f"{name}: nothing was found that meets it: {error}") from None

    def mutant(self, name: str, of: Json = None) -> Json:
        """Make a value that is valid but for one change: a member gone, added or null, a wrong type, a broken bound.

        A few changes leave the value valid, such as 3.0 for 3, which a schema takes for an integer.

        Args:
            name: the schema, as for `document`.
            of: a valid value to change a copy of; one is made where none is given.

        Raises:
            SchemaError, PatternError: as `document` does.
        """
        holder: list[Json] = [self.document(name) if of is None else copy.deepcopy(of)]
        change(list(sites(holder, 0, self._book.of([self._schemas.part(name)]))), self._rng)
        return holder[0]

    @property
    def _roomy(self) -> bool:
        """Whether there is room for what may be left out."""
        return self._left > 0 and self._depth < _DEEPEST

    def _value(self, constraints: Constraints) -> Json:
        self._depth += 1
        for _ in range(_TRIES):
            met, value = self._try(constraints)
            if not met.doubtful or met.allow(value):
                self._depth -= 1
                return value
        raise _UnmetError(f"nothing for {[part.schema for part in constraints.parts]}")

    def _try(self, constraints: Constraints) -> tuple[Constraints, Json]:
        """Make a value; return it with the constraints that came to hold for it."""
        self._left -= 1
        if not constraints.parts:
            self._left -= 2
            return constraints, samples.any_json(self._rng, 2 if self._roomy else 0)
        if constraints.choices:
            return self._try(self._chosen(constraints))
        if not constraints.kinds:
            raise _UnmetError(f"no kind of value for {[part.schema for part in constraints.parts]}")
        kind = self._rng.choice(constraints.kinds)
        met = constraints.of_kind(kind)
        if met.values is not None:
            return met, copy.deepcopy(self._rng.choice(met.values))
        if kind == "object":
            return self._object(met)
        return met, self._list(met) if kind == "array" else self._scalar(met, kind)

    def _chosen(self, constraints: Constraints) -> Constraints:
        return constraints.chosen(tuple(self._rng.randrange(len(choice)) for choice in constraints.choices))

    def _scalar(self, met: Constraints, kind: str) -> Json:
        if kind == "string":
            return self._text(met)
        if kind in {"integer", "number"}:
            return self._number(met, kind)
        return self._rng.random() < 0.5 if kind == "boolean" else None

    def _text(self, met: Constraints) -> str:
        least, most = int(met.least("minLength", 0)), met.most("maxLength", 1 << 30)
        for _ in range(_TRIES):
            if met.patterns:
                text = text_for(met.patterns[0], self._rng)
            elif most < 1 << 14 and self._rng.random() < 0.05:
                text = "x" * int(most)
            else:
                text = self._rng.choice(samples.TEXTS)
            if least <= len(text) <= most and (len(met.patterns) <= 1 or met.allow(text)):
                return text
        raise _UnmetError(f"no text of {least} to {most} characters for {met.patterns}")

    def _number(self, met: Constraints, kind: str) -> int | float:
        least, most = met.least("minimum", -(10.0**308)), met.most("maximum", 10.0**308)
        numbers = [number for number in (least, most, *samples.INTEGERS, *samples.NUMBERS) if least <= number <= most]
        wanted = int if kind == "integer" else float
        found = [number for number in numbers if type(number) is wanted]
        if not found:
            raise _UnmetError(f"no {kind} from {least} to {most}")
        return self._rng.choice(found)

    def _list(self, met: Constraints) -> list[Json]:
        least = int(met.least("minItems", 0))
        wanted = self._rng.choice(_LENGTHS) if self._roomy else 0
        size = min(max(wanted, least), met.most_items)
        found: list[Json] = []
        for place in range(size):
            for _ in range(_TRIES):
                item = self._value(met.item(place))
                if not (met.unique and any(same(item, other) for other in found)):
                    found.append(item)
                    break
        if len(found) < least:
            raise _UnmetError(f"no {least} different items")
        return found

    def _object(self, constraints: Constraints) -> tuple[Constraints, Json]:
        for _ in range(_TRIES):
            value: dict[str, Json] = {}
            met, asked = self._decided(constraints, value)
            names = self._names(met, value, asked)
            if names is not None:
                for name in names:
                    value[name] = self._value(met.member(name))
                return met, self._shuffled(value)
        raise _UnmetError(f"no object for {[part.schema for part in constraints.parts]}")

    def _shuffled(self, value: dict[str, Json]) -> dict[str, Json]:
        """Bring a member that was decided first out of its place: the order says nothing."""
        for name in list(value)[:1] if self._rng.random() < 0.5 else ():
            value[name] = value.pop(name)
        return value

    def _decided(self, constraints: Constraints, value: dict[str, Json]) -> tuple[Constraints, set[str]]:
        """Make the members that conditions ask for, until none is open; return the names of these, absent ones too."""
        asked: set[str] = set()
        met = constraints
        while met.conditions or met.choices:
            if met.choices:
                met = self._chosen(met)
                continue
            for name in met.deciders:
                if name not in asked and self._stands(met, name):
                    self._decide(value, name, met)
                asked.add(name)
            met = met.decided(value)
        return met, asked

    def _stands(self, met: Constraints, name: str) -> bool:
        return name in met.required or (name not in met.barred and self._rng.random() < self._present)

    def _decide(self, value: dict[str, Json], name: str, met: Constraints) -> None:
        """Make a member that conditions ask for: mostly with a value that one of them names."""
        member = met.member(name)
        told = [one for one in met.told(name) if member.allow(one)]
        if told and member.values is None and self._rng.random() < 0.9:
            value[name] = self._rng.choice(told)
        else:
            value[name] = self._value(member)

    def _names(self, met: Constraints, value: dict[str, Json], asked: set[str]) -> list[str] | None:
        """Choose which other members stand, in any order; None where what is decided can't stay."""
        need = [name for name in met.required if name not in value]
        barred = set(met.barred) | (asked - value.keys())
        if barred & {*need, *value} or (met.sealed and set(need) - set(met.named)):
            return None
        if not all(met.member(name).allow(inner) for name, inner in value.items()):
            return None
        may = [name for name in met.named if name not in asked and name not in need]
        take = [name for name in may if self._roomy and self._rng.random() < self._present]
        for group in met.excluded:
            while set(group) <= {*value, *need, *take}:
                out = [name for name in take if name in group]
                if not out:
                    return None
                take.remove(self._rng.choice(out))
        least = int(met.least("minProperties", 0)) - len(value) - len(need)
        most = int(met.most("maxProperties", 1 << 30)) - len(value) - len(need)
        self._rng.shuffle(take)
        take = take[: max(most, 0)]
        spare = [name for name in may if name not in take]
        take += self._rng.sample(spare, min(max(least - len(take), 0), len(spare)))
        take += self._extras(met, {*asked, *need, *may}, least - len(take), most - len(take))
        names = need + take
        self._rng.shuffle(names)
        return names

    def _extras(self, met: Constraints, known: set[str], least: int, most: int) -> list[str]:
        """Choose names of members that no schema names."""
        if met.sealed:
            return []
        many = met.mapping or not met.named
        wanted = self._rng.choice(_LENGTHS) if many or self._rng.random() < 0.15 else 0
        wanted = min(max(wanted if self._roomy else 0, least), most)
        found: dict[str, None] = {}
        for _ in range(wanted * 3):
            name = self._name(met)
            if name not in known and name not in met.barred and len(found) < wanted:
                found[name] = None
        return list(found)

    def _name(self, met: Constraints) -> str:
        if met.names.values is not None:
            return cast("str", self._rng.choice(met.names.values))
        if met.names.parts:
            return cast("str", self._scalar(met.names, "string"))
        return self._rng.choice(samples.NAMES)
