"""The table "What is refused" of state.md: each case that refuses a state with a pointer fits a row of it."""

import json
import re
from typing import NamedTuple

import pytest

from .pages import ROOT, page

CASES = ROOT / "conformance" / "cases" / "codec"
#: Codes that only a file of ours has, so that a case with one of them is of this table.
CODES = {"state-inconsistent", "approval-mismatch", "call-changed", "output-missing", "state-format", "version-shape"}
#: What cases are about that are none of a document of ours.
FOREIGN = {"openai-agents-python", "openai-agents-js", "session-items", "seals"}


class Row(NamedTuple):
    """A row of the table: its rules, its code, and a pattern for each place."""

    rules: list[str]
    code: str
    places: list[str]

    def holds(self, code, pointer):
        """Tell whether a refusal is of this row."""
        return code == self.code and any(re.fullmatch(place, pointer) for place in self.places)


def table():
    """Return the rows of the table."""
    section = page("state.md").partition("\n## What is refused\n")[2].partition("\n## ")[0]
    rows = [re.split(r" \| ", line.strip("| ")) for line in section.splitlines() if line.startswith("| TS-")]
    return [Row(re.findall(r"TS-[A-Z]+-\d{3}", rule), code.strip("`"), places(told)) for rule, _, code, told in rows]


def places(told):
    """Return the patterns of the places that a cell names; in words they may be any below the top."""
    found = re.findall(r"`(/.*?)`", told) or [".+"]
    return [re.sub(r"\bN\b", "[0-9]+", place).replace("KEY", "[^/]+") for place in found]


def refused_states():
    """Yield the cases that refuse a document of ours: name, rules, codes, and the pointer or None."""
    for path in sorted(CASES.glob("*.json")):
        case = json.loads(path.read_text(encoding="utf-8"))
        told = case.get("expect", {}).get("err")
        if told and case["op"] == "validate" and FOREIGN.isdisjoint(case["features"]):
            codes = told["code"]["$any"] if isinstance(told["code"], dict) else [told["code"]]
            yield path.stem, case["requirements"], codes, told.get("pointer")


def test_each_refusal_of_a_case_is_in_the_table():
    """TS-STATE-001, TS-CORE-015: a case asks for no code and no place that state.md does not tell."""
    rows, seen = table(), 0
    for name, rules, codes, pointer in refused_states():
        if pointer is None or CODES.isdisjoint(codes):
            continue
        fitting = [row for row in rows if row.holds(codes[0], pointer)]
        assert fitting, f"{name}: no row has {codes[0]} at {pointer}"
        assert rules == ["TS-PROTO-007"] or any(set(rules) & set(row.rules) for row in fitting), name
        seen += 1
    assert seen > 80


@pytest.mark.parametrize(
    "row", [row for row in table() if row.places], ids=lambda row: "-".join([*row.rules, row.code])
)
def test_each_row_is_shown_by_a_case(row):
    """TS-STATE-001: what the table says is refused is refused in a case, at one of its places where one is told."""
    shown = [(codes[0], pointer) for _, rules, codes, pointer in refused_states() if set(row.rules) & set(rules)]
    for place in row.places:
        assert any(code == row.code and (at is None or re.fullmatch(place, at)) for code, at in shown), place
