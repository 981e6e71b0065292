"""The way of `openai-agents` states from number to number: what goes up and comes down again is the same."""

import functools
import json
import re
import tarfile
from collections import defaultdict

import msgspec
import pytest
from msgspec.structs import replace

from timestep.dialects import convert, detect
from timestep.dialects.account import FLAGS, Account
from timestep.dialects.openai_py.dialect import LADDER
from timestep.errors import ConversionError, TimestepError

NUMBERS = detect.RELEASED[detect.PYTHON]
#: What an old file says otherwise after it went up and down: decisions that had no effect, or have one elsewhere.
CHANGED = {
    r"context\.approvals\.\w+\.-rejection_messages": "its SDK gives no nested run the text of a rejection",
    r"context\.approvals\.(-\w+|\w+\.approved\.[#*])": "on a nested call that has run, it stands there",
    r"context\.approvals\.\w+\.rejected\.#": "a standing decision overruled these",
    r"last_processed_response\.functions\.\*\.agent_run_state\.context\.approvals\.\+\w+": "it stands there as well",
}
#: What the document of a current file loses on the way down and up: the last number without it, and why.
LOST = {
    r"(usage|.*\.usage|usage\.entries\.\*)\.input_tokens_details\.-cache_write_tokens": "1.11",
    r"runs\.\*\.responses\.\*\.-request_id": "1.2",
    r"approvals\.\*\.-message": "1.5",  # of a rejection that the model has been told of
    r"runs\.\*\.calls\.\*\.-mcp": "1.6",
    r"runs\.\*\.calls\.\*\.(tool|digest)": "1.6",  # a computer tool's own name
    r"runs\.\*\.calls\.\*\.(role|state)": "1.13",  # of a handoff that a filter took out; of an agent tool
    r"runs\.\*\.step\.(type|\+output|\+seq)": "1.13",  # stopped behind a message
}


@functools.cache
def current_states(repo_root):
    """Read the states of the current release."""
    folder = repo_root / "fixtures" / "openai-agents-python" / "0.24.0"
    return {path.name.removesuffix(".json"): path.read_bytes() for path in sorted(folder.glob("*decided.json"))}


@functools.cache
def releases(repo_root):
    """List the archives of old releases."""
    return sorted((repo_root / "fixtures" / "openai-agents-python").glob("*.tar.xz"))


def old_states(path):
    """Read the states of an archive."""
    with tarfile.open(path) as archive:
        members = [member for member in archive if member.name.endswith("decided.json")]
        return {member.name.removesuffix(".json"): archive.extractfile(member).read() for member in members}


def places(before, after, path=""):
    """Yield where two JSON values differ: `-name` is gone, `+name` is new, `#` is another length, `*` any index."""
    if isinstance(before, dict) and isinstance(after, dict):
        yield from (f"{path}-{name}" for name in before.keys() - after.keys())
        yield from (f"{path}+{name}" for name in after.keys() - before.keys())
        for name in before.keys() & after.keys():
            yield from places(before[name], after[name], f"{path}{name}.")
    elif isinstance(before, list) and isinstance(after, list):
        if len(before) != len(after):
            yield f"{path}#"
        for one, other in zip(before, after, strict=False):
            yield from places(one, other, f"{path}*.")
    elif type(before) is not type(after) or before != after:
        yield path.rstrip(".")


def document_of(value):
    """Read a parsed state, and leave out what tells of the file itself."""
    document = convert.load(value, b"", assume=FLAGS).document
    return msgspec.to_builtins(replace(document, origin=None, provenance=[]))


def down(data, number):
    """Take a state of the current number down."""
    value = json.loads(data)
    LADDER.down(value, number, Account())
    return value


def up_and_down(value):
    """Take a state to the current number and back in place; return the code of a refusal, else None."""
    account = Account()
    number = value["$schemaVersion"]
    try:
        LADDER.up(value, account)
        detect.detect(json.loads(json.dumps(value)))  # all that the current number always has
        LADDER.down(value, number, account)
    except TimestepError as error:
        return error.code
    return None


def came_down(repo_root, number):
    """Yield name, bytes and parsed older form of the current states that a number can hold."""
    for name, data in current_states(repo_root).items():
        try:
            yield name, data, down(data, number)
        except ConversionError:
            continue


def test_old_states_come_down_as_they_were(repo_root):
    """A state that goes up and down again is the same file, but for what is listed (TS-VERS-040)."""
    tried, refused, other = 0, defaultdict(set), defaultdict(set)
    for path in releases(repo_root):
        for name, data in old_states(path).items():
            before, after = json.loads(data), json.loads(data)
            code = up_and_down(after)
            if code is not None:
                refused[code].add(re.sub(r"_.*", "", name) + "@" + before["$schemaVersion"])
                continue
            tried += 1
            for place in places(before, after):
                other[place].add(f"{path.name} {name}")
    assert tried > 1000
    assert refused.keys() == {"interruption-orphan", "cannot-cross"}
    assert refused["interruption-orphan"] == {"nested@1.0", "second@1.0"}
    assert {name.partition("@")[0] for name in refused["cannot-cross"]} == {"nested"}  # of agents of one name
    assert not {place for place in other if not any(re.fullmatch(form, place) for form in CHANGED)}
    assert all(any(re.fullmatch(form, place) for place in other) for form in CHANGED), "a row is no longer needed"


@pytest.mark.parametrize("number", NUMBERS[:-1])
def test_current_states_are_told_the_same_by_older_numbers(repo_root, number):
    """A state that goes down and is read again tells the same document, but for what is listed (TS-VERS-040)."""
    tried, other = 0, defaultdict(set)
    for name, data, value in came_down(repo_root, number):
        detect.detect(json.loads(json.dumps(value)))  # nothing of a later number, and nothing missing (TS-VERS-044)
        tried += 1
        for place in places(document_of(json.loads(data)), document_of(value)):
            other[place].add(name)
    rank = NUMBERS.index(number)
    allowed = [form for form, last in LOST.items() if rank <= NUMBERS.index(last)]
    assert tried > 190
    assert not {place: names for place, names in other.items() if not any(re.fullmatch(f, place) for f in allowed)}


def test_what_is_listed_as_lost_is_lost(repo_root):
    """Each row of the list above is needed, up to the number it states."""
    for last in sorted(set(LOST.values())):
        found = set()
        for _, data, value in came_down(repo_root, last):
            found.update(places(document_of(json.loads(data)), document_of(value)))
        for form in (form for form, number in LOST.items() if number == last):
            assert any(re.fullmatch(form, place) for place in found), form


def test_a_plain_approval_reaches_the_first_number(repo_root):
    """TS-VERS-044: the file of number 1.0 holds a waiting call with its decision, and nothing that came later."""
    value = down(current_states(repo_root)["one_waiting.decided"], "1.0")
    assert value["$schemaVersion"] == "1.0"
    assert value["context"]["approvals"] == {"send_email": {"approved": ["call_mail_1"], "rejected": []}}
    assert value.keys() == {
        "$schemaVersion", "current_turn", "current_agent", "original_input", "model_responses", "context",
        "tool_use_tracker", "max_turns", "no_active_agent_run", "input_guardrail_results", "output_guardrail_results",
        "tool_input_guardrail_results", "tool_output_guardrail_results", "conversation_id", "previous_response_id",
        "auto_previous_response_id", "generated_items", "session_items", "current_step", "last_model_response",
        "last_processed_response", "current_turn_persisted_item_count", "trace",
    }  # fmt: skip
    assert value["current_step"]["data"].keys() == {"interruptions"}
    assert value["last_processed_response"]["functions"][0]["tool"].keys() == {
        "name",
        "description",
        "paramsJsonSchema",
    }


def test_the_ledger_is_the_sdks(repo_root):
    """The rows concluded for an older file are those that the SDK keeps itself (TS-VERS-040, TS-PY-001)."""
    rows = 0
    for name, data, value in came_down(repo_root, "1.13"):
        if "handoff_filter" in name or name.startswith("error_"):
            continue  # the item of the call, or what is known of its end, is no longer in the file
        LADDER.up(value, Account())
        known = json.loads(data)["context"]["tool_invocations"]
        assert value["context"]["tool_invocations"] == known, name
        rows += len(known)
    assert rows > 200
