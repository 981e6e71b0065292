"""What the command shows of the events of a run, also of those that a later version adds."""

import json
from pathlib import Path

import pytest

from timestep.cli.conversation import Printer

EXAMPLES = Path(__file__).resolve().parents[3] / "spec" / "schema" / "v1" / "examples" / "StreamEvent" / "valid"
KNOWN = [json.loads(path.read_bytes()) for path in sorted(EXAMPLES.glob("*.json"))]
LATER = [
    {"type": "cost_estimated", "run": "r1", "seq": 99, "agent": "A", "tool": "t", "content": "UNKNOWN"},
    {"type": "image_delta", "run": "r1", "after_seq": 3, "index": 0, "content": "UNKNOWN"},
    {"type": "tool_call.started", "run": "r1", "seq": 98},
]
MORE = {"cost": {"amount": 1}, "x": "UNKNOWN", "approved": True}


def shown(capsys, events, *, pieces):
    """Return what is written of events, on stdout and stderr."""
    printer = Printer(pieces=pieces)
    for event in events:
        printer.event(event)
    printer.end("The end.")
    told = capsys.readouterr()
    return told.out, told.err


@pytest.mark.parametrize("pieces", [False, True])
def test_events_and_keys_of_a_later_version_are_passed_over(capsys, pieces):
    """TS-EVENT-009: what is shown of the others is the same with them as without."""
    known = [event for event in KNOWN if event["run"] == KNOWN[0]["run"]]
    assert len(known) > 10
    plain = shown(capsys, known, pieces=pieces)
    later = [each for event in known for each in (*LATER, event | MORE)]
    assert shown(capsys, later, pieces=pieces) == plain
    assert "UNKNOWN" not in "".join(plain)
    assert "The end." in plain[0]
