"""The primer's run, made again: each block of primer.md is what the fixture, the commands and the JavaScript SDK give.

A `text` block is what the `bash` block above it prints, and a `json` block stands under a heading with a part of some
file: equal to it as a value, or, where the page says that members are left out, a part of it.
"""

import hashlib
import json
import os
import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from timestep.cli.app import app
from timestep.codec import strict_json
from timestep.codec.digest import call_digest

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "spec" / "primer.md").read_text(encoding="utf-8")
SAVED = ROOT / "fixtures/openai-agents-python/0.24.0/one_waiting.undecided.json"
BLOCK = re.compile(r"^### (\d)\.|^```([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
DECISIVE = {
    "context/approvalInvocations": "load",
    "lastProcessedResponse/functions/0/mcpToolBinding": "resume",
    "initialInputGuardrailsCompleted": "resume",
}


def blocks():
    """Return the blocks of the page in order: the number of their step, their language, their text."""
    step, found = 0, []
    for number, language, text in BLOCK.findall(PAGE):
        step = int(number or step)
        if not number:
            found.append((step, language, text))
    return found


def quoted(step):
    """Return the JSON values that stand in a step."""
    return [json.loads(text) for at, language, text in blocks() if at == step and language.startswith("json")]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Run all commands of the page in a folder with the fixtures; return the folder, and what each block printed."""
    folder, printed = tmp_path_factory.mktemp("primer"), []
    (folder / "fixtures").symlink_to(ROOT / "fixtures")
    before = Path.cwd()
    os.chdir(folder)
    try:
        for _, language, text in blocks():
            if language == "bash":
                printed.append("".join(command(line) for line in text.splitlines()))
    finally:
        os.chdir(before)
    return folder, printed


def command(line):
    """Run one line with the command's own runner and return what it printed."""
    name, *words = shlex.split(line)
    assert name == "timestep"
    result = CliRunner().invoke(app, words, env={"NO_COLOR": "1", "FORCE_COLOR": None})
    assert result.exit_code == (1 if words[0] == "diff" else 0), result.output
    return result.output


def value_of(path):
    """Return the JSON value of a file."""
    return json.loads(path.read_text(encoding="utf-8"))


def is_part(part, whole):
    """Tell whether a value is another one with members left out; nothing is left out of a list but within its items."""
    if isinstance(part, dict) and isinstance(whole, dict):
        return all(name in whole and is_part(member, whole[name]) for name, member in part.items())
    if isinstance(part, list) and isinstance(whole, list):
        return len(part) == len(whole) and all(map(is_part, part, whole))
    return (part, type(part)) == (whole, type(whole))


def test_the_commands_print_what_the_page_shows(made):
    """Each `bash` block prints the `text` block below it, whole; the last one has none."""
    shown = [text for _, language, text in blocks() if language == "text"]
    assert made[1][:-1] == shown
    assert len(shown) == 3


def test_the_binary_form_is_smaller_and_loses_nothing(made):
    """TS-PROTO-008: written in binary form and read again the document is the same file, byte for byte."""
    decided, binary, again = (made[0] / name for name in ("decided.json", "decided.pb", "again.json"))
    assert again.read_bytes() == decided.read_bytes()
    assert binary.stat().st_size < decided.stat().st_size / 2


def test_what_python_saved_is_in_the_fixture():
    """The excerpt is a part of the file, and the size and the copies are as told."""
    (excerpt,) = quoted(1)
    assert is_part(excerpt, value_of(SAVED))
    assert f"saved {SAVED.stat().st_size:,} bytes" in PAGE
    assert SAVED.read_text(encoding="utf-8").count('"call_id": "call_mail_1"') == 10
    assert "stands ten times" in PAGE


def test_two_forms_of_one_number_share_three_names():
    """What is said of 1.21 holds for the schemas made of real files."""
    names = [
        value_of(ROOT / f"spec/dialects/openai-agents-{sdk}/1.21.schema.json")["properties"] for sdk in ("python", "js")
    ]
    assert names[0].keys() & names[1].keys() == {"$schemaVersion", "context", "trace"}


def test_the_document_is_what_convert_writes(made):
    """The whole document is equal as a value, with its members in the same order."""
    (document,) = quoted(2)
    assert json.dumps(document) == json.dumps(value_of(made[0] / "run.json"))


def test_the_decision_adds_what_the_page_shows_and_nothing_else(made):
    """TS-APPR-001, TS-APPR-032: an approval and its record come in, one state changes, and the rest is the same."""
    approval, record = quoted(3)
    run, decided = value_of(made[0] / "run.json"), value_of(made[0] / "decided.json")
    assert decided["approvals"] == [approval]
    assert decided["provenance"][-1] == record
    run["approvals"].append(approval)
    run["provenance"].append(record)
    run["runs"][0]["calls"][0]["state"] = "approved"
    assert json.dumps(run) == json.dumps(decided)


def test_the_bytes_that_are_hashed_are_those_of_the_page(made):
    """TS-CORE-022: SHA-256 of the block's own bytes is the digest of the call and of the approval."""
    (text,) = [text for step, _, text in blocks() if step == 4]
    digest = f"sha256:{hashlib.sha256(text.rstrip(chr(10)).encode()).hexdigest()}"
    decided = value_of(made[0] / "decided.json")
    assert decided["runs"][0]["calls"][0]["digest"] == decided["approvals"][0]["digest"] == digest
    domain, *parts = json.loads(text)
    assert (domain, call_digest(*parts)) == ("timestep-call-1", digest)
    assert strict_json.dumps([domain, *parts]).decode() == text.rstrip("\n")
    item = decided["runs"][0]["log"][1]["item"]
    assert item["arguments"] == parts[-1]


def test_the_javascript_state_has_what_the_page_shows(made):
    """The excerpt is a part of the file that was written."""
    (excerpt,) = quoted(5)
    assert is_part(excerpt, value_of(made[0] / "for-js.json"))


@pytest.fixture(scope="module")
def worker(node, sdk_js_dir):
    """Return the worker around `@openai/agents`."""
    tools = ROOT / "tools" / "sdk"
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(tools))
        if sdk_js_dir.resolve() != (tools / "js").resolve():
            patch.setitem(os.environ, "TIMESTEP_JS_SDK", str(sdk_js_dir))
        from client import Worker

        with Worker([str(node), str(tools / "js" / "worker.mjs")]) as running:
            yield running


def resumed(worker, state):
    """Let the SDK resume a state; return its answer and the record of what it did."""
    scenario = value_of(ROOT / "tools/sdk/scenarios/one_waiting.json")
    served = value_of(SAVED.with_name("one_waiting.outcome.json"))["served"]
    answer = worker.ask("resume", scenario=scenario, state=json.dumps(state), served=served, decide=False)
    return answer, answer["record"]


def test_the_javascript_sdk_goes_on_as_the_page_says(made, worker):
    """The tool runs once with the model's own string, the model is sent the items shown, and the run ends."""
    call, items = quoted(6)
    _, record = resumed(worker, value_of(made[0] / "for-js.json"))
    assert record["executed"] == [call]
    assert [request["input"] for request in record["requests"]] == [items]
    assert record["final_output"] == "Mail sent."
    assert (record["usage"]["requests"], record["usage"]["total_tokens"]) == (2, 30)


def test_python_would_have_sent_the_same_but_for_a_status():
    """What the Python SDK itself sent after the same decision differs in the member that the page names."""
    _, items = quoted(6)
    (request,) = value_of(SAVED.with_name("one_waiting.outcome.json"))["decided"]["requests"]
    del items[2]["status"]
    assert request["input"] == items


@pytest.mark.parametrize("member", DECISIVE)
def test_the_sdk_goes_on_by_no_state_that_lacks_what_the_page_names(made, worker, member):
    """TS-JS-006, TS-JS-007, TS-JS-009: without one of the three members it refuses, and nothing runs."""
    state = value_of(made[0] / "for-js.json")
    *path, last = member.split("/")
    holder = state
    for name in path:
        holder = holder[int(name)] if isinstance(holder, list) else holder[name]
    del holder[last]
    answer, record = resumed(worker, state)
    assert (answer.get("error") or record["error"])["stage"] == DECISIVE[member]
    assert (record["executed"], record["requests"]) == ([], [])


def test_the_counts_of_released_numbers_are_right():
    """The page counts the numbers that the dialects' schemas are made for."""
    counts = [
        len(list((ROOT / f"spec/dialects/openai-agents-{sdk}").glob("*.schema.json"))) for sdk in ("python", "js")
    ]
    assert f"{counts[0]} numbers of Python and {counts[1]} of JavaScript" in PAGE


def test_a_planted_fault_in_an_excerpt_is_found():
    """The comparison of parts is able to fail: another value, another type, a member too many, an item too few."""
    whole = {"a": [1, {"b": "x", "c": None}]}
    assert is_part({"a": [1, {"b": "x"}]}, whole)
    for wrong in ({"a": [1, {"b": "y"}]}, {"a": [1.0, {}]}, {"a": [True, {}]}, {"z": 1}, {"a": [1]}):
        assert not is_part(wrong, whole)
