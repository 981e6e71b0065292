"""One change to a valid document, which mostly makes it invalid."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, TypeAlias, cast

from timestep_conformance import samples
from timestep_conformance.constraints import Constraints
from timestep_conformance.schemas import KINDS, Json, kind_of, sample

_Change: TypeAlias = Callable[[], object]


class Site(NamedTuple):
    """A place in a document that schemas say something of: the list or object it stands in, and its index or name."""

    holder: list[Json] | dict[str, Json]
    key: int | str
    constraints: Constraints

    @property
    def value(self) -> Json:
        """What stands there."""
        return cast("dict[int | str, Json]", self.holder)[self.key]

    def put(self, value: Json) -> None:
        """Put something else there."""
        cast("dict[int | str, Json]", self.holder)[self.key] = value


def sites(holder: list[Json] | dict[str, Json], key: int | str, constraints: Constraints) -> Iterator[Site]:
    """List the places of a valid document that schemas say something of, the innermost first."""
    value = cast("dict[int | str, Json]", holder)[key]
    if not constraints.parts or kind_of(value) not in constraints.kinds:
        return
    met = constraints.of_kind(kind_of(value))
    if isinstance(value, dict):
        while met.conditions:
            met = met.decided(value)
        for name in value:
            yield from sites(value, name, met.member(name))
    elif isinstance(value, list):
        for place in range(len(value)):
            yield from sites(value, place, met.item(place))
    yield Site(holder, key, met)


def change(sites: Sequence[Site], rng: random.Random) -> None:
    """Change a document at one of its places; nothing is done where no place can be changed."""
    for kind in rng.sample(_KINDS, len(_KINDS)):
        for site in rng.sample(sites, len(sites)):
            changes = list(kind(site))
            if changes:
                rng.choice(changes)()
                return


def _dropped(site: Site) -> Iterator[_Change]:
    """A required member goes."""
    if isinstance(site.value, dict):
        for name in site.constraints.required:
            yield lambda name=name: cast("dict[str, Json]", site.value).pop(name)


def _added(site: Site) -> Iterator[_Change]:
    """A member comes that may not stand here, or not beside the others."""
    value, met = site.value, site.constraints
    if isinstance(value, dict):
        unknown = [name for name in samples.NAMES if name not in met.named] if met.sealed else []
        together = [group for group in met.excluded if not set(group) <= value.keys()]
        for names in [*([name] for name in unknown + met.barred), *together]:
            yield lambda names=names: value.update({name: value.get(name, "x") for name in names})


def _nulled(site: Site) -> Iterator[_Change]:
    """Null stands where something else is due."""
    if "null" not in site.constraints.kinds:
        yield lambda: site.put(None)


def _retyped(site: Site) -> Iterator[_Change]:
    """A value of another kind."""
    for kind in KINDS:
        if kind not in site.constraints.kinds and not (kind == "integer" and "number" in site.constraints.kinds):
            yield lambda kind=kind: site.put(sample(kind))


def _unlisted(site: Site) -> Iterator[_Change]:
    """A value that an enumeration does not list."""
    if site.constraints.values is not None:
        yield lambda: site.put("x-later")
        if isinstance(site.value, str):
            yield lambda: site.put(str(site.value).upper() + " ")
        if isinstance(site.value, bool):
            yield lambda: site.put(int(bool(site.value)))


def _misspelt(site: Site) -> Iterator[_Change]:
    """A text that is too short, too long, or not of its pattern."""
    value, met = site.value, site.constraints
    if not isinstance(value, str) or met.values is not None:
        return
    most = int(met.most("maxLength", 0))
    if met.patterns or met.least("minLength", 0):
        yield lambda: site.put("")
    if most:
        yield lambda: site.put("x" * (most + 1))
    for text in (f"{value}\n", f" {value}", f"{value}\x00", value.upper(), value[:-1]) if met.patterns else ():
        if text != value:
            yield lambda text=text: site.put(text)


def _miscounted(site: Site) -> Iterator[_Change]:
    """A number that is out of bounds, or has a fraction."""
    value, met = site.value, site.constraints
    if kind_of(value) not in {"integer", "number"} or met.values is not None or not isinstance(value, int | float):
        return
    if "number" not in met.kinds:
        yield lambda: site.put(1.5)
        if value < 2**53:
            yield lambda: site.put(float(value))
    yield lambda: site.put(met.least("minimum", 0) - 1)
    yield lambda: site.put(met.most("maximum", 2**63) + 1)


def _resized(site: Site) -> Iterator[_Change]:
    """A list or object that has too few or too many, or an item twice."""
    value, met = site.value, site.constraints
    if isinstance(value, list):
        least = int(met.least("minItems", 0))
        if least:
            yield lambda: value.__delitem__(slice(least - 1, None))
        if value and (met.unique or met.most_items < 1 << 10):
            times = 1 if met.unique else met.most_items + 1 - len(value)
            yield lambda: value.extend(value[-1:] * times)
    if isinstance(value, dict) and met.least("minProperties", 0):
        yield value.clear


_KINDS = (_dropped, _added, _nulled, _retyped, _unlisted, _misspelt, _miscounted, _resized)
