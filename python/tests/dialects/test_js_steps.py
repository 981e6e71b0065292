"""Old `@openai/agents` files as a whole: up and down again, and those that Python code wrote with the same names."""

import functools
import json
import re
import tarfile
from pathlib import Path

import pytest

from timestep.dialects.openai_js.camel_one import is_camel_one
from timestep.errors import ConversionError
from timestep.state import read, write

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / "fixtures" / "openai-agents-js"
#: Written with the code of the pull request 2021 of openai-agents-python (commits 68339c5 and def65ac of its branch in
#: mjschock/openai-agents-python), by an agent with two tools and a scripted model.
CAMEL = Path(__file__).parent / "camel_one"
VERSIONS = sorted(path.name.removesuffix(".tar.xz") for path in FOLDER.glob("*.tar.xz"))

#: Where a file that went up and down again may differ from what it was, and why.
RESTATED = {
    r"mcpTool/providerData/(authorization|headers|require_approval|server_url)$": "secrets, and what is beside",
    r"context/(approvals|functionApprovals).*/(rejected|messages)": "a standing decision overruled it",
    r"context/approvals/[^/]+$": "a decision on a nested run that the file does not have",
    r"pendingAgentToolRuns/.*/context/(approvals/|functionApprovals$|approvalInvocations$)": "stands in the root",
    r"(context|^)/?approvalInvocations": "a call whose decision is gone",
    r"pendingAgentToolRunAliases/": "second names of nested runs",
    r"completedToolInvocationEvidence/.*/(item|generatedItemIndex)$": "a proof by its place, or by a copy",
    r"interruptionGeneratedItemIndexes/\d+$": "placeholders stand last",
    r"currentStep/data/interruptions$": "calls of a nested run that the file does not have",
    r"interruptions/\d+/agent/name$": "0.4.13 wrote the agent above",
    r"interruptions/\d+/(toolName|rawItem/arguments)$": "told elsewhere too",
    r"generatedItems(/\d+/toolName)?$": "two placeholders for one call; a tool's name, told elsewhere too",
    r"lastProcessedResponse/(newItems|functions)$": "split from the response again",
    r"lastProcessedResponse/(shellActions|applyPatchActions|mcpApprovalRequests)$": "empty lists of 1.0",
    r"mcpApprovalRequests/\d+/requestItem/rawItem/providerData$": "0.0.10 to 0.0.16 lost it",
    r"(usage|^)/?(input|output)TokensDetails$": "1.0 wrote none before 0.3.4",
    r"currentTurnPersistedItemCount$": "1.0 wrote none before 0.3.0",
    r"providerData(/(id|type))?$": "the wire's own members, which the first packages left out",
    r"output/\d+/(type|id|encrypted_content|providerData/encrypted_content)$": "compactions that 1.0 did not know",
}
_RESTATED = re.compile("|".join(f"(?:{pattern})" for pattern in RESTATED))


@functools.lru_cache(maxsize=1)
def states(version):
    """Unpack the saved states of a version: (name, bytes)."""
    with tarfile.open(FOLDER / f"{version}.tar.xz") as archive:
        held = {member.name: archive.extractfile(member).read() for member in archive}
    return [(name, data) for name, data in sorted(held.items()) if name.endswith("decided.json")]


def expanded(value):
    """Parse the nested runs of a state too, and put placeholders last, as our own writer does."""
    runs = value.get("pendingAgentToolRuns") or {}
    items = sorted(value["generatedItems"], key=lambda item: item["type"] == "tool_approval_item")
    nested = {key: expanded(json.loads(text)) for key, text in runs.items()}
    return {**value, "generatedItems": items, "pendingAgentToolRuns": nested}


def changed(old, new, place=""):
    """List the places where two JSON values differ."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in old.keys() | new.keys():
            at = f"{place}/{key}".lstrip("/")
            yield from changed(old[key], new[key], at) if key in old and key in new else [at]
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, (left, right) in enumerate(zip(old, new, strict=True)):
            yield from changed(left, right, f"{place}/{index}")
    elif old != new:
        yield place


@pytest.mark.parametrize("version", VERSIONS)
def test_up_and_down_again_a_file_says_what_it_said(version):
    """A state that returns to its own number is the one its SDK wrote, but for what is listed here."""
    tried = 0
    for name, data in states(version):
        old = expanded(json.loads(data))
        saved = read(data, assume=["faithful-error-state"])
        if old["$schemaVersion"] == "1.0" and name.startswith("hosted_mcp") and ".decided" in name:
            with pytest.raises(ConversionError, match="a decision on a hosted MCP call"):  # its SDK would lose it
                write(saved, f"openai-agents-js=={version}")
            continue
        new = expanded(json.loads(write(saved, f"openai-agents-js=={version}").data))
        found = [place for place in changed(old, new) if not _RESTATED.search(place)]
        if version == "0.0.1" and name.startswith("handoff"):
            found = [place for place in found if not place.startswith("generatedItems")]
        assert not found, f"{name}: {sorted(found)[:5]}"
        tried += 1
    assert tried > 30


@pytest.mark.parametrize("version", [version for version in VERSIONS if version < "0.3.8"])
def test_no_file_of_the_sdk_itself_is_taken_for_one_of_the_python_code(version):
    """The Python code's leftovers are in none of the SDK's own files of 1.0."""
    assert not [name for name, data in states(version) if is_camel_one(json.loads(data))]


@pytest.mark.parametrize("form", ["first", "later"])
@pytest.mark.parametrize("kind", ["undecided", "decided"])
def test_a_file_that_python_code_wrote_in_camel_case_is_read(form, kind):
    """The fifth kind of file: number 1.0, names of the JavaScript SDK, items of the wire."""
    saved = read(CAMEL / f"{form}.{kind}.json")
    run = saved.document.runs[0]
    assert [call.state for call in run.calls] == ["completed", "approved" if kind == "decided" else "pending"]
    assert [entry.item["type"] for entry in run.log[1:]] == ["function_call", "function_call_output", "function_call"]
    assert run.log[2].item["output"] == "sunny in Oakland"
    assert run.turn.count == 2
    assert saved.document.context.value == {"user": "ann"} or form == "first"
    assert next(row.subject for row in saved.document.provenance if row.action == "derived") == "the file's writer"


@pytest.mark.parametrize("target", ["openai-agents-js", "openai-agents-python", "openai-agents-js@1.0"])
def test_a_file_of_the_python_code_goes_to_both_sdks(target):
    """It needs nobody's word: a later turn shows that the input guardrails passed."""
    for form in ("first", "later"):
        data = write(read(CAMEL / f"{form}.decided.json"), target).data
        again = read(data).document.runs[0]
        assert [call.state for call in again.calls] == ["completed", "approved"]
        assert not is_camel_one(json.loads(data)) or "python" in target


@pytest.mark.parametrize(
    "change",
    [
        lambda value: [value.pop(name) for name in ("toolUseTracker", "noActiveAgentRun", "trace")],
        lambda value: value.update(currentStep=None),
        lambda value: value.update(currentStep={"type": "next_step_interruption", "interruptions": []}),
        lambda value: value["generatedItems"][0]["rawItem"].update(call_id="c1"),
        lambda value: value["generatedItems"][1]["rawItem"].update(type="function_call_output"),
        lambda value: value["lastProcessedResponse"]["functions"][0]["tool"].pop("type"),
    ],
)
def test_each_leftover_of_the_python_code_tells(change):
    """Any of them alone is in no file of the JavaScript SDK."""
    value = json.loads(dict(states("0.3.7"))["parallel_one_executed.undecided.json"])
    assert not is_camel_one(value)
    change(value)
    assert is_camel_one(value)
