"""The form of errors: stable fields, and a text that says what, where, why, what to do, and which rule."""

from __future__ import annotations

import pickle
import sys
import traceback
from types import ModuleType

import pytest

from timestep import errors
from timestep.errors import ApprovalError, CodecError, StateFormatError, TimestepError, UsageError

FULL = ApprovalError(
    "an approval list must be true, false, or a list of call ids; got a string",
    code="approval-shape",
    file="state.json",
    line=41,
    column=21,
    pointer="/context/approvals/send_email/rejected",
    why='read as text, this would turn a rejection back into "pending"',
    help='write ["cid2"]',
    requirement="TS-APPR-021",
)


def test_render():
    """The text form is the one the house style shows."""
    assert FULL.render() == (
        "error[approval-shape]: an approval list must be true, false, or a list of call ids; got a string\n"
        "  --> state.json:41:21   /context/approvals/send_email/rejected\n"
        '   = why:  read as text, this would turn a rejection back into "pending"\n'
        '   = help: write ["cid2"]\n'
        "   = spec: approvals.md#TS-APPR-021      (timestep explain TS-APPR-021)"
    )


def test_a_traceback_says_what_to_do():
    """Below the message stand place, reason, help and rule, as they are when it is shown, and notes of others."""
    error = ApprovalError("wrong", help="mend it", requirement="TS-APPR-021")
    error.file = "state.json"
    error.add_note("in test_x")
    assert "".join(traceback.format_exception(pickle.loads(pickle.dumps(error)))).splitlines() == [
        "timestep.errors.ApprovalError: wrong",
        "  --> state.json",
        "   = help: mend it",
        "   = spec: approvals.md#TS-APPR-021      (timestep explain TS-APPR-021)",
        "in test_x",
    ]


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({}, None),
        ({"file": "f.json"}, "f.json"),
        ({"line": 1, "column": 2}, "<input>:1:2"),
        ({"line": 1}, "<input>:1"),
        ({"pointer": "/a"}, "/a"),
        ({"pointer": "", "file": "f.json"}, "f.json   (the whole document)"),
    ],
)
def test_render_of_partial_places(fields: dict[str, str], place: str | None):
    """Only what is known of a place is shown."""
    lines = TimestepError("wrong", code="x", **fields).render().splitlines()  # type: ignore[arg-type]
    assert lines == ["error[x]: wrong", *([f"  --> {place}"] if place else [])]


@pytest.mark.parametrize(
    ("requirement", "link"),
    [("TS-STATE-001", "state.md#TS-STATE-001"), ("TS-XYZ-001", "TS-XYZ-001"), ("odd", "odd")],
)
def test_spec_link(requirement: str, link: str):
    """A requirement of a known area names its document."""
    text = CodecError("wrong", requirement=requirement).render()
    assert f"   = spec: {link}      (timestep explain {requirement})" in text


def test_to_dict():
    """Fields that are set are given as plain data, others left out; an empty pointer is set."""
    assert FULL.to_dict()["requirement"] == "TS-APPR-021"
    assert len(FULL.to_dict()) == 9
    assert CodecError("wrong", pointer="").to_dict() == {"code": "json-syntax", "message": "wrong", "pointer": ""}


def test_every_class_has_a_code():
    """Each class is a TimestepError with a code of its own, a slug."""
    classes = [c for c in vars(errors).values() if isinstance(c, type) and issubclass(c, TimestepError)]
    codes = [c.default_code for c in classes]
    assert len(set(codes)) == len(classes)
    assert all(code.replace("-", "").isalpha() and code.islower() for code in codes)
    assert issubclass(StateFormatError, errors.StateError)


def test_errors_survive_pickling():
    """An error keeps its fields on its way between processes."""
    again = pickle.loads(pickle.dumps(FULL))
    assert type(again) is ApprovalError
    assert again.to_dict() == FULL.to_dict()


def test_str_is_the_message():
    """The plain text of an error is its message."""
    assert str(UsageError("wrong")) == "wrong"


def test_a_stop_is_also_one_of_the_package_that_is_loaded(monkeypatch):
    """RULINGS R24: code that catches the package's class of the same name, or of a base's name, catches ours."""
    package = ModuleType("agents.exceptions")
    package.AgentsException = type("AgentsException", (Exception,), {})
    package.MaxTurnsExceeded = type("MaxTurnsExceeded", (package.AgentsException,), {})
    monkeypatch.setitem(sys.modules, "agents.exceptions", package)
    stop, other = errors.MaxTurnsExceeded("no turns left"), errors.ToolError("broken")
    assert isinstance(stop, package.MaxTurnsExceeded)
    assert isinstance(other, package.AgentsException)
    assert not isinstance(other, package.MaxTurnsExceeded)
    assert (str(stop), stop.code, type(stop).__name__) == ("no turns left", "max-turns", "MaxTurnsExceeded")
    assert type(pickle.loads(pickle.dumps(stop))) is type(stop)
