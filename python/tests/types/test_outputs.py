"""The wire items that answer calls."""

import pytest

from timestep.types.outputs import NO_PICTURE, REJECTED, answer, remark, result_output, screenshot_output, text_output


def asked(kind, **more):
    """Return a call of a type."""
    return {"type": kind, "call_id": "c1", **more}


def test_a_result_answers_function_and_custom_calls():
    """TS-ITEM-011: a text, or content items, under the call's id."""
    assert result_output(asked("function_call"), "x") == {
        "type": "function_call_output",
        "call_id": "c1",
        "output": "x",
    }
    parts = [{"type": "input_text", "text": "x"}]
    assert result_output(asked("custom_tool_call"), parts)["output"] == parts
    with pytest.raises(ValueError, match="'shell_call' item is answered neither"):
        result_output(asked("shell_call"), "x")


@pytest.mark.parametrize(
    "item", [{"type": "message"}, {"type": "function_call"}, {"type": "function_call", "call_id": ""}]
)
def test_only_a_call_with_an_id_can_be_answered(item):
    """TS-ITEM-012: there is nothing to bind the output to."""
    with pytest.raises(ValueError, match="is no call to answer"):
        answer(item, output="x")


def test_a_program_that_called_is_named_in_the_output():
    """The host hands an output on to the program that asked for it."""
    caller = {"type": "program", "id": "p1"}
    assert answer(asked("function_call", caller=caller), output="x")["caller"] == caller


@pytest.mark.parametrize(
    ("kind", "failed", "compat", "told"),
    [
        ("function_call", True, None, {"output": "x"}),
        ("apply_patch_call", True, None, {"status": "failed", "output": "x"}),
        ("apply_patch_call", False, None, {"status": "completed", "output": "x"}),
        ("computer_call", True, None, {"output": {"type": "computer_screenshot", "image_url": NO_PICTURE}}),
    ],
)
def test_a_text_is_told_in_the_shape_of_the_call(kind, failed, compat, told):
    """Each kind of call has its own place for a text."""
    found = text_output(asked(kind), "x", failed=failed, compat=compat)
    assert found == {"type": kind + "_output", "call_id": "c1", **told}


@pytest.mark.parametrize(
    ("failed", "compat", "said", "code"),
    [
        (True, None, ("", "x"), 1),
        (True, "openai-agents-python", ("", "x"), 1),
        (True, "openai-agents-js", ("", "x"), 0),
        (False, None, ("x", ""), 0),
    ],
)
def test_a_shell_is_told_by_its_streams_and_exit_code(failed, compat, said, code):
    """A refusal goes to stderr; what exit code it has is the SDK's matter."""
    [part] = text_output(asked("shell_call"), "x", failed=failed, compat=compat)["output"]
    assert part == {"stdout": said[0], "stderr": said[1], "outcome": {"type": "exit", "exit_code": code}}


@pytest.mark.parametrize(
    ("text", "failed", "told"),
    [
        ("no", True, {"approve": False, "reason": "no"}),
        (REJECTED, True, {"approve": False}),
        ("", True, {"approve": False}),
        ("yes", False, {"approve": True}),
    ],
)
def test_the_host_is_told_a_reason_for_a_rejection_alone(text, failed, told):
    """An approval has no room for a text, and the usual text is no reason."""
    request = {"type": "mcp_approval_request", "id": "m1"}
    found = text_output(request, text, failed=failed)
    assert found == {"type": "mcp_approval_response", "approval_request_id": "m1", **told}


def test_a_picture_is_followed_by_a_remark():
    """A picture has no room for a text: a message follows it, and no other output needs one."""
    assert screenshot_output(asked("computer_call"), "data:x")["output"]["image_url"] == "data:x"
    assert remark(asked("computer_call"), "x")["content"][0]["text"] == "x"
    assert remark(asked("shell_call"), "x") is None
