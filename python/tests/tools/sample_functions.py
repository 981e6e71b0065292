"""Functions that both packages make tools of; the schemas have to agree."""
# Docstrings of all styles are what is tried here.
# ruff: noqa: D103, D205, D411, D416, D417

import dataclasses
import enum
from typing import Annotated, Any, Literal, NotRequired, Optional

from typing_extensions import TypedDict


class Colour(enum.Enum):
    """A colour."""

    RED = "red"
    BLUE = "blue"


class Level(enum.IntEnum):
    """How much."""

    LOW = 1
    HIGH = 2


@dataclasses.dataclass
class Point:
    """A point on the plane."""

    x: int
    y: int = 3


@dataclasses.dataclass
class Line:
    """Two points."""

    start: Point
    end: Point
    label: str | None = None


@dataclasses.dataclass
class Tree:
    """A tree."""

    value: int
    children: list["Tree"]


class Person(TypedDict):
    """Somebody."""

    name: str
    age: NotRequired[int]


def nothing():
    """Do nothing."""


def no_docstring(city: str) -> str:
    return city


def plain(city: str, days: int, warm: bool, degrees: float) -> str:
    """Tell the weather."""
    return f"{city}{days}{warm}{degrees}"


def optional(city: str, days: Optional[int] = None, unit: str | None = None) -> str:  # noqa: UP045
    """Tell the weather."""
    return f"{city}{days}{unit}"


def defaults(days: int = 3, unit: str = "C", warm: bool = True, degrees: float = 1.5) -> str:
    """Tell the weather."""
    return f"{days}{unit}{warm}{degrees}"


def unions(key: int | str, many: list[str], nested: list[list[int]], both: list[int | None]) -> str:
    """Take several."""
    return f"{key}{many}{nested}{both}"


def choices(unit: Literal["C", "F"], colour: Colour, level: Level, other: Colour | None = None) -> str:
    """Choose."""
    return f"{unit}{colour}{level}{other}"


def objects(point: Point, line: Line, person: Person, maybe: Point | None = None) -> str:
    """Take objects.

    Args:
        point: where it is
    """
    return f"{point}{line}{person}{maybe}"


def recursive(tree: Tree) -> str:
    """Take a tree."""
    return f"{tree}"


def anything(value: Any, untyped) -> str:
    """Take anything."""
    return f"{value}{untyped}"


def described(city: Annotated[str, "Name of the city"], day: Annotated[int, "Which day"] = 0) -> str:
    """Tell the weather.

    Args:
        day: Days from today.
    """
    return f"{city}{day}"


def several(*cities: str) -> str:
    """Compare cities."""
    return f"{cities}"


def keyword_only(*, city: str, days: int = 1) -> str:
    """Tell the weather."""
    return f"{city}{days}"


def google(city: str, days: int = 1, *more: str) -> str:
    """Tell the weather.

    It is a forecast: more or less right.

    Args:
        city (str): Name of the city,
            in English.
        days (int, optional): How many days: one or more.
        *more: Further cities.

    Returns:
        A text.

    Raises:
        ValueError: never.
    """
    return f"{city}{days}{more}"


def google_without_blank_line(city: str) -> str:
    """Tell the weather.
    Args:
        city: Name of the city.
    """
    return city


def google_after_note(city: str, day: str) -> str:
    """Tell the weather.

    Note:
        It is late.

    Args:
        city: Name of the city.
        day: Which day.

            A second paragraph.

    Example:
        weather("Oslo")
    """
    return city + day


def numpy(city: str, days: int = 1) -> str:
    """Tell the weather.

    For any city.

    Parameters
    ----------
    city : str
        Name of the city,
        in English.
    days : int, optional
        How many days.

    Returns
    -------
    str
        A text.
    """
    return f"{city}{days}"


def sphinx(city: str, days: int = 1) -> str:
    """Tell the weather.

    For any city.

    :param city: Name of the city,
        in English.
    :param int days: How many days.
    :type city: str
    :returns: A text.
    """
    return f"{city}{days}"


STRICT = [
    nothing, no_docstring, plain, optional, defaults, unions, choices, objects, recursive, anything, described, several,
    keyword_only, google, google_without_blank_line, google_after_note, numpy, sphinx,
]  # fmt: skip


def open_objects(counts: dict[str, int], options: dict, days: int = 1, **more: str) -> str:
    """Count."""
    return f"{counts}{options}{days}{more}"


def optional_loose(city: str, days: int | None = None, unit: str = "C") -> str:
    """Tell the weather."""
    return f"{city}{days}{unit}"


LOOSE = [open_objects, optional_loose, plain, objects]
