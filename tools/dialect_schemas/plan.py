"""Reads a plan: which places of a file are of which shape, and what a package's source says about each member.

A plan is text, a paragraph a shape, with one member a line:

    Response: A model response.
      output!      [Item]
      response_id  text | null

- `!` says that every writer writes the member in every case, so that the schema may require it.
- A kind is `text`, `count`, `number`, `flag`, `null`, `any`, `object`, `run` (a nested run), `run text` (a nested run
  as JSON text), the name of a shape, `[kind]`, `{kind}` (a map), `one of A B 1.5:C` (C came with 1.5), or several of
  these with `|` between.
- `1.6:rejection_messages` and `1.10:null` say which number brought a member or a kind.
- `...` says that members which the plan does not name are no news: the shape holds what users or models put there.
- `when MEMBER VALUE needs A B` and `unless MEMBER VALUE needs A B` say what a value of a member brings with it, and
  `either A B` that one of these members is there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

#: Kinds that hold one JSON value.
PLAIN = ("text", "count", "number", "flag", "null", "any", "object", "run", "run text")


@dataclass(frozen=True, slots=True)
class Kind:
    """What may stand at a place: a plain kind, a shape, a list, a map, or one of some texts."""

    name: str
    inner: tuple[Kind, ...] = ()
    #: The number it came with, or "".
    since: str = ""
    #: Of `one of`: (the number a text came with, or "", the text).
    texts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a shape: its kinds, whether every writer writes it, and the number that brought it, or ""."""

    kinds: tuple[Kind, ...]
    sure: bool
    since: str = ""


@dataclass(frozen=True, slots=True)
class Need:
    """Members that come with a value of another member, or with any other value of it."""

    member: str
    value: str
    members: tuple[str, ...]
    unless: bool


@dataclass(slots=True)
class Shape:
    """An object that stands at many places."""

    name: str
    description: str
    members: dict[str, Member] = field(default_factory=dict)
    needs: list[Need] = field(default_factory=list)
    either: tuple[str, ...] = ()
    open: bool = False


Plan = dict[str, Shape]

# A bar with no closing bracket before the next opening one stands outside all brackets.
_OUTER_BAR = re.compile(r"\|(?![^\[{]*[\]}])")


def read(text: str) -> Plan:
    """Return the shapes of a plan by name; the first is the whole file.

    Raises:
        ValueError: a line is not understood, or a kind is no shape of the plan.
    """
    plan: Plan = {}
    shape: Shape | None = None
    for line in filter(str.strip, text.splitlines()):
        if not line.startswith(" "):
            name, _, description = line.partition(": ")
            shape = plan[name] = Shape(name, description)
        elif shape is not None:
            _add(shape, line.split())
    for shape in plan.values():
        _check([kind for member in shape.members.values() for kind in member.kinds], plan, shape.name)
    return plan


def came(since: str, number: str) -> bool:
    """Tell whether what came with one number is there in another."""
    return not since or int(since.partition(".")[2]) <= int(number.partition(".")[2])


def _add(shape: Shape, words: list[str]) -> None:
    match words:
        case ["..."]:
            shape.open = True
        case ["either", *members]:
            shape.either = tuple(members)
        case ["when" | "unless" as word, member, value, "needs", *members]:
            shape.needs.append(Need(member, value, tuple(members), word == "unless"))
        case [name, *kind] if kind:
            since, _, bare = name.rpartition(":")
            shape.members[bare.rstrip("!")] = Member(_kinds(" ".join(kind)), bare.endswith("!"), since)
        case _:
            raise ValueError(f"{shape.name}: {' '.join(words)!r} is no member, and no rule")


def _kinds(text: str) -> tuple[Kind, ...]:
    return tuple(_kind(part.strip()) for part in _OUTER_BAR.split(text))


def _kind(text: str) -> Kind:
    if text.startswith("one of "):
        pairs = [word.rpartition(":") for word in text.removeprefix("one of ").split()]
        return Kind("one of", texts=tuple((number, value) for number, _, value in pairs))
    if text[0] in "[{":
        return Kind("list" if text[0] == "[" else "map", _kinds(text[1:-1]))
    since, _, name = text.rpartition(":")
    return Kind(name, since=since)


def _check(kinds: list[Kind], plan: Plan, place: str) -> None:
    for kind in kinds:
        _check(list(kind.inner), plan, place)
        if kind.name not in (*PLAIN, "list", "map", "one of") and kind.name not in plan:
            raise ValueError(f"{place}: {kind.name!r} is no kind, and no shape of this plan")
