"""Canonical documents: what is no document is refused, at its place."""

import pytest

from timestep.codec import document
from timestep.errors import StateFormatError


@pytest.mark.parametrize("value", [None, 1, "x", [], True])
def test_what_is_no_object_is_no_document(value):
    """TS-STATE-001: the whole of it is at fault."""
    with pytest.raises(StateFormatError, match="a RunState is a JSON object") as refused:
        document.from_json(value)
    assert (refused.value.code, refused.value.pointer) == ("state-shape", "")


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"context": 5}, "/context"),
        ({"runs": [5]}, "/runs/0"),
        ({"usage": "none"}, "/usage"),
        ({"agents": {}}, "/agents"),
    ],
)
def test_a_record_that_is_no_object_is_refused_at_its_place(change, pointer):
    """TS-STATE-001: also where a list of records, or a record, is something else."""
    value = {
        "format": "timestep.run-state",
        "format_version": "1.0",
        "requires": [],
        "id": "r1",
        "revision": 0,
        "agents": [],
        "context": {"kind": "none"},
        "usage": {"input_tokens": 0, "output_tokens": 0, "total_tokens": 0},
        "approvals": [],
        "runs": [],
    }
    with pytest.raises(StateFormatError) as refused:
        document.from_json(value | change)
    assert (refused.value.code, refused.value.pointer) == ("state-shape", pointer)
