"""Signature listings are held against the real signatures, parameter by parameter."""

import pytest

from samples.listings import compare, find, without

CODE = """\
from x import make

thing = make(
    name: str,               # what it is called
    tools: list[Tool] = [],
)
other = make(
    "a",
    tools=[],
)
"""


def real(name, tools=(), *, later=None):
    """Stand in for what is listed."""


def listed(parameters):
    """Return a listing of these parameters."""
    lines = "".join(f"    {parameter},\n" for parameter in parameters)
    (found,) = find(f"thing = make(\n{lines})\n")
    return found


def test_only_heads_of_functions_are_listings():
    """A call that Python understands is a call."""
    (found,) = find(CODE)
    assert (found.name, found.line, found.end) == ("make", 3, 6)
    assert without(CODE, [found]).splitlines()[2:7] == [
        *(f"# {line}" for line in CODE.splitlines()[2:6]),
        "other = make(",
    ]


def test_a_true_listing_has_nothing_wrong():
    """An empty list and an empty tuple are the same default."""
    assert compare(listed(["name: str", "tools: List[Tool] = []", "later: str = None"]), real) == ([], [])


@pytest.mark.parametrize(
    ("parameters", "wrong"),
    [
        (["name: str", "tools: list = []", "more: int = 1"], "make has no parameter more"),
        (["name: str", "tools: list = [1]"], "make: tools is () and not [1]"),
        (["name: str", "later: bool = False"], "make: later is None and not False"),
        (["tools: list = []"], "make needs name too"),
    ],
)
def test_what_differs_is_told(parameters, wrong):
    """A parameter that is not there, another default, and one that was left out."""
    assert compare(listed(parameters), real) == ([wrong], [])


def test_a_parameter_that_only_goes_by_its_position_is_noted():
    """A listing may call the first parameters by other names, as callers that give them in order do."""
    wrong, notes = compare(listed(["title: str", "tools: list = []"]), real)
    assert wrong == []
    assert notes == ["make: title goes by position; its name is name"]
