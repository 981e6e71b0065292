"""What readers are told of decisions, over all cases."""

import pytest

from .cases import CASES
from .test_telling import stretches


@pytest.mark.parametrize("name", [name for name in CASES if "approval.decided" in str(CASES[name]["steps"])])
def test_a_decision_is_told_as_it_was_made(name):
    """TS-EVENT-001: `always` where it stands for later calls too, and `call_id` where it is about one."""
    for events, _, _, step in stretches(CASES[name]):
        made = step["event"].get("approval")
        for event in [event for event in events if event["type"] == "approval_decided"]:
            assert (event["decision"], event["tool"]) == (made["decision"], made["tool"][2])
            assert (event["always"], event.get("call_id")) == (made.get("item") == "*", made.get("call_id"))
