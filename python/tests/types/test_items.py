"""Facts about wire items."""

import pytest

from timestep.types.items import call_id_of, is_call, is_output, type_of


@pytest.mark.parametrize(
    ("item", "call_id"),
    [
        ({"type": "function_call", "call_id": "c1", "id": "fc_1"}, "c1"),
        ({"type": "mcp_approval_request", "id": "m1", "call_id": "c1"}, "m1"),
        ({"type": "mcp_approval_response", "approval_request_id": "m1", "id": "x"}, "m1"),
        ({"type": "function_call", "call_id": ""}, None),
        ({"type": "function_call", "call_id": 5}, None),
        ({"role": "user"}, None),
    ],
)
def test_an_item_is_bound_by_the_id_of_its_kind(item, call_id):
    """TS-ITEM-012: an approval of a hosted call is bound by the request's `id`, all else by `call_id`."""
    assert call_id_of(item) == call_id


def test_an_item_with_a_role_and_no_type_is_a_message():
    """TS-ITEM-002: and what has neither is of no type."""
    assert [type_of(item) for item in ({"role": "user"}, {"type": "reasoning"}, {}, {"type": 5})] == [
        "message",
        "reasoning",
        "",
        "",
    ]


def test_calls_and_outputs_are_told_by_their_type():
    """TS-ITEM-010: what the host carries out by itself is neither."""
    kinds = ("function_call", "function_call_output", "web_search_call", "message")
    assert [(is_call({"type": kind}), is_output({"type": kind})) for kind in kinds] == [
        (True, False),
        (False, True),
        (False, False),
        (False, False),
    ]
