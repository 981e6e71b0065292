"""The examples of RunState in the specification, read by our own reader in this process."""

import json
from pathlib import Path

import pytest

from timestep.codec import document, strict_json
from timestep.dialects import invariants
from timestep.errors import TimestepError

EXAMPLES = Path(__file__).resolve().parents[3] / "spec/schema/v1/examples/RunState"
VALID = sorted((EXAMPLES / "valid").glob("*.json"))
TOLD = {
    path: json.loads(path.with_suffix(".expect.json").read_text(encoding="utf-8"))
    for path in EXAMPLES.glob("in*/*.json")
    if ".expect." not in path.name
}
REFUSED = sorted(path for path, told in TOLD.items() if "code" in told)


@pytest.mark.parametrize("path", VALID, ids=lambda path: path.stem)
def test_a_valid_state_is_read_and_written_back_whole(path):
    """TS-VERS-004: the reader takes every valid state, and loses nothing of it."""
    data = path.read_bytes()
    found = document.decode(data)
    assert invariants.check(found) == []
    assert strict_json.loads(document.encode(found)) == strict_json.loads(data)


@pytest.mark.parametrize("path", REFUSED, ids=lambda path: path.stem)
def test_an_invalid_state_is_refused_at_its_place(path):
    """TS-STATE-001: the reader refuses what the schema refuses, and what no schema can tell, with code and pointer."""
    with pytest.raises(TimestepError) as raised:
        invariants.check(document.decode(path.read_bytes()))
    assert {"code": raised.value.code, "pointer": raised.value.pointer} == TOLD[path]
