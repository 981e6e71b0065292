"""The outputs of calls, held against what both SDKs have sent in the recorded runs."""

import json
from pathlib import Path

import pytest

from timestep.state import read
from timestep.tools.builtin import ApplyPatchTool, CustomTool, LocalShellTool, ShellTool
from timestep.types.items import CALL_OF, OUTPUT_OF, call_id_of, is_call, is_output, type_of
from timestep.types.outputs import NO_PICTURE, REJECTED, remark, result_output, text_output

ROOT = Path(__file__).resolve().parents[3]
FAMILIES = {"openai-agents-python": "0.24.0", "openai-agents-js": "0.20.0"}


def recorded(family):
    """Yield scenario and record of every resume of a family."""
    for path in sorted((ROOT / "fixtures" / family / FAMILIES[family]).glob("*.outcome.json")):
        outcome = json.loads(path.read_text(encoding="utf-8"))
        for kind in ("undecided", "decided"):
            if outcome.get(kind):
                yield path.name.removesuffix(".outcome.json"), kind, outcome[kind]


def sent(record):
    """Return call and output of every call that a request of a record tells the model about, once each."""
    found = {}
    for request in record["requests"]:
        items = request["input"] if isinstance(request["input"], list) else []
        calls = {(type_of(item), call_id_of(item)): item for item in items if is_call(item)}
        for item in items:
            key = (CALL_OF.get(type_of(item), ""), call_id_of(item))
            if is_output(item) and key in calls:
                found[request["agent"], *key] = calls[key], item
    return list(found.values())


def plain(item):
    """Drop what means nothing: nulls, and the status that JavaScript gives the output of a function."""
    drop = {"status"} if type_of(item) == "function_call_output" else set()
    return {name: value for name, value in item.items() if value is not None and name not in drop}


def rejections(family):
    """Yield call and reason of each rejected call in the decided states of a family, by scenario and call id."""
    folder = ROOT / "fixtures" / family / FAMILIES[family]
    for path in sorted(folder.glob("*.decided.json")):
        document = read(path, trusted=True).document
        for run in document.runs:
            for call in run.calls:
                said = [a.message for a in document.approvals if a.call_id == call.call_id and a.run in {run.id, "*"}]
                if call.state == "rejected" and not call.outputs:
                    name = path.name.removesuffix(".decided.json")
                    yield name, call.call_id, run.log[call.item].item, (said[-1] if said else None) or REJECTED


@pytest.mark.parametrize("family", FAMILIES)
def test_a_rejection_is_told_as_the_sdk_tells_it(family):
    """The output of a rejected call of any kind is the one its SDK has sent (rejected-shell-exit-code)."""
    records = {name: record for name, kind, record in recorded(family) if kind == "decided"}
    compared = []
    for name, call_id, call, reason in rejections(family):
        outputs = [output for _, output in sent(records[name]) if call_id_of(output) == call_id]
        for output in outputs:
            assert text_output(call, reason, failed=True, compat=family) == plain(output), (name, call_id)
            compared.append(type_of(output))
    kinds = {"function_call_output", "shell_call_output", "apply_patch_call_output", "mcp_approval_response"}
    only_here = "custom_tool_call_output" if family == "openai-agents-python" else "computer_call_output"
    assert set(compared) == kinds | {only_here}
    assert len(compared) > 15


@pytest.mark.parametrize("family", FAMILIES)
def test_results_and_approvals_have_the_members_the_sdk_sends(family):
    """Outputs of functions and custom tools name the call and its caller, approvals the request, and nothing else."""
    compared = 0
    for name, _, record in recorded(family):
        for call, output in sent(record):
            if type_of(call) in ("function_call", "custom_tool_call"):
                assert result_output(call, output["output"]) == plain(output), name
            elif type_of(call) == "mcp_approval_request" and output["approve"]:
                assert text_output(call, "ignored") == plain(output), name
            else:
                continue
            compared += 1
    assert compared > 200


@pytest.mark.parametrize("family", FAMILIES)
def test_results_of_builtin_tools_are_told_as_the_sdk_tells_them(family):
    """What a scenario's shell, editor and custom tool return becomes the recorded output of their calls."""
    compared = set()
    for name, _, record in recorded(family):
        scenario = json.loads((ROOT / "tools" / "sdk" / "scenarios" / f"{name}.json").read_text(encoding="utf-8"))
        tools = {tool["kind"]: tool for tool in scenario["tools"].values()}
        refused = {call_id for found, call_id, *_ in rejections_of(family) if found == name}
        for call, output in sent(record):
            kind = type_of(call).removesuffix("_call").removesuffix("_tool")
            if kind not in MADE or call_id_of(call) in refused:
                continue
            returns = tools[kind].get("returns", "ok").replace("{input}", call["input"]) if kind == "custom" else None
            result = tools[kind].get("returns", "ok") if returns is None else returns
            assert MADE[kind].output_item(call, result, compat=family) == plain(output), name
            compared.add(kind)
    assert compared == {"shell", "apply_patch"} | ({"local_shell", "custom"} if family.endswith("python") else set())


MADE = {
    "shell": ShellTool(print),
    "local_shell": LocalShellTool(print),
    "apply_patch": ApplyPatchTool(print),
    "custom": CustomTool("sql", print),
}
_REJECTED: dict[str, list] = {}


def rejections_of(family):
    """Return the rejections of a family, read once."""
    if family not in _REJECTED:
        _REJECTED[family] = list(rejections(family))
    return _REJECTED[family]


@pytest.mark.parametrize("kind", OUTPUT_OF)
def test_every_kind_of_call_can_be_answered_with_a_text(kind):
    """An output is bound to its call by type and id, whatever the call (TS-ITEM-011)."""
    call = {"type": kind, "id": "x", **({} if kind == "mcp_approval_request" else {"call_id": "x"})}
    output = text_output(call, "It went wrong.", failed=True)
    assert (type_of(output), call_id_of(output)) == (OUTPUT_OF[kind], "x")
    said = remark(call, "It went wrong.")
    assert "It went wrong." in json.dumps([output, said])
    assert (said is not None) == (kind == "computer_call")


@pytest.mark.parametrize(("text", "told"), [("Closed.", {"reason": "Closed."}), (REJECTED, {}), ("", {})])
def test_the_reason_of_a_refused_request_is_told_where_one_was_given(text, told):
    """The host is told why a person refused, and nothing where the person gave no reason."""
    output = text_output({"type": "mcp_approval_request", "id": "r1"}, text, failed=True)
    assert output == {"type": "mcp_approval_response", "approval_request_id": "r1", "approve": False, **told}


def test_a_picture_stands_for_a_computer_call_that_was_not_carried_out():
    """The output of a computer call has to be a picture, so the model is shown an empty one."""
    output = text_output({"type": "computer_call", "call_id": "x"}, "No.", failed=True)
    assert output["output"] == {"type": "computer_screenshot", "image_url": NO_PICTURE}


@pytest.mark.parametrize(
    "item", [{"type": "message", "id": "m"}, {"type": "shell_call"}, {"type": "web_search_call", "id": "w"}]
)
def test_what_is_no_call_of_ours_has_no_output(item):
    """Items that the model's host has carried out, and calls without an id, are refused (TS-ITEM-012)."""
    with pytest.raises(ValueError, match="is no call to answer"):
        text_output(item, "No.")


def test_a_shell_call_has_no_content_items():
    """A result that is for functions is refused on calls of other kinds."""
    with pytest.raises(ValueError, match="neither with a text nor"):
        result_output({"type": "shell_call", "call_id": "x"}, "text")
