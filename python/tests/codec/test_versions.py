"""Versions of our own documents: their form, what a later minor version may bring, and what no version lets pass."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from timestep.codec import document as codec
from timestep.errors import StateFormatError, VersionError
from timestep.state import read, write

ROOT = Path(__file__).resolve().parents[3]
SCHEMAS = ROOT / "spec" / "schema" / "v1"
STATES = ROOT / "fixtures" / "openai-agents-python" / "0.24.0"
#: The smallest document of version 1.0. It never changes: what a later minor version adds is optional.
FIRST = {
    "format": "timestep.run-state", "format_version": "1.0", "requires": [], "id": "r1", "revision": 0,
    "agents": [{"key": "A", "name": "A"}], "context": {"kind": "none"}, "approvals": [],
    "usage": {"input_tokens": 0, "output_tokens": 0, "total_tokens": 0},
    "runs": [{
        "id": "r1", "agent": "A", "step": {"type": "run_again"}, "turn": {"count": 0, "open": False},
        "limits": {"max_turns": None}, "input": {"form": "text", "from": 0, "to": 1}, "view": [[0, 3]],
        "log": [
            {"source": "input", "item": {"role": "user", "content": "Hi"}},
            {"source": "model", "agent": "A",
             "item": {"type": "function_call", "call_id": "c1", "name": "t", "arguments": "{}"}},
            {"source": "tool", "item": {"type": "function_call_output", "call_id": "c1", "output": "x"}},
        ],
        "responses": [{
            "agent": "A", "from": 1, "to": 2, "status": "completed",
            "usage": {"input_tokens": 0, "output_tokens": 0, "total_tokens": 0},
        }],
        "calls": [{
            "call_id": "c1", "item": 1, "role": "tool", "tool": ["function", None, "t"], "state": "completed",
            "effect": "read", "outputs": [2],
            "digest": "sha256:c9afa976de61f2d3cb5941f122a65df305b5feeb7e0a1fea5228331faf09ec61",
        }],
        "guardrails": {"input_done": True, "results": [{"position": "input", "name": "g", "behavior": "allow"}]},
    }],
}  # fmt: skip


def document(**changes):
    """Return the smallest document, changed, as text."""
    return json.dumps({**FIRST, **changes})


# --- the form of a version

#: No text of two decimal numbers: other types, other counts of them, signs, blanks, leading zeros, other digits.
NO_VERSIONS = [
    1, 1.0, None, True, ["1.0"], "", "1", "1.", ".1", "1.0.0", "v1.0", "1,0", "1.0 ", " 1.0", "1.0\n", "+1.0", "1.-1",
    "01.0", "1.00", "1.01", "1.0a", "0x1.0", "1e0.0", "1.\u0661", "\u0661.0", "1.1\u0662", "1\u0660.0",
]  # fmt: skip


@pytest.mark.parametrize("version", NO_VERSIONS)
def test_a_version_of_another_form_is_refused(version):
    """TS-VERS-002: two decimal numbers without leading zeros and a dot between them, as text, in ASCII digits."""
    with pytest.raises(VersionError) as raised:
        read(document(format_version=version))
    error = raised.value
    assert (error.code, error.pointer, error.requirement) == ("version-shape", "/format_version", "TS-VERS-002")


@pytest.mark.parametrize("version", NO_VERSIONS)
def test_a_list_of_items_has_a_version_of_that_form_too(version):
    """TS-VERS-002: each of our documents states its version so."""
    header = {"format": "timestep.session-items", "format_version": version, "items": []}
    with pytest.raises(VersionError) as raised:
        read(json.dumps(header))
    assert (raised.value.code, raised.value.pointer) == ("version-shape", "/format_version")


@pytest.mark.parametrize("version", ["1.0", "1.7", "1.10", "1.999999"])
def test_minor_versions_are_numbers(version):
    """TS-VERS-002: 1.10 is later than 1.7, and each is a 1.x."""
    state = read(document(format_version=version))
    assert json.loads(write(state, "timestep").data)["format_version"] == version


def test_what_is_written_states_a_version():
    """TS-VERS-002: a document of an SDK's file gets one of that form."""
    found = json.loads(write(read(STATES / "one_waiting.decided.json"), "timestep").data)
    assert found["format_version"] == "1.0"


# --- what a later minor version may bring


def test_the_smallest_document_of_the_first_version_is_read_for_good():
    """TS-VERS-007: no minor version makes a member required that 1.0 did not require, in reader or schema."""
    state = read(document())
    assert json.loads(codec.encode(state.document)) == FIRST
    assert list(validator().iter_errors(FIRST)) == []
    assert [name for name in FIRST if validator().is_valid({key: FIRST[key] for key in FIRST if key != name})] == []


def test_what_a_later_minor_version_adds_stops_no_reader_of_the_first():
    """TS-VERS-007: members that are not known are optional, so a document with them is read, and keeps them."""
    later = json.loads(document(format_version="1.7", added={"n": 1}))
    later["runs"][0]["added"] = later["runs"][0]["log"][0]["added"] = [1]
    assert json.loads(write(read(json.dumps(later)), "timestep").data) == later
    assert validator().is_valid(later)


def validator():
    """Return a validator of run states by the published schema."""
    schemas = [json.loads(path.read_bytes()) for path in SCHEMAS.glob("*.schema.json")]
    registry = Registry().with_resources((schema["$id"], Resource.from_contents(schema)) for schema in schemas)
    (whole,) = (schema for schema in schemas if schema["$id"].endswith("/run-state.schema.json"))
    return Draft202012Validator(whole, registry=registry)


# --- enumerations


#: Each member whose value is one of a list, in the smallest document.
LISTS = [
    "/requires/0", "/context/kind", "/provenance/0/action", "/runs/0/log/0/source", "/runs/0/responses/0/status",
    "/runs/0/input/form", "/runs/0/settings/reasoning_ids", "/runs/0/guardrails/input_done", "/runs/0/calls/0/role",
    "/runs/0/calls/0/state", "/runs/0/calls/0/effect", "/runs/0/calls/0/mcp", "/runs/0/step/type",
    "/runs/0/step/reason", "/approvals/0/decision", "/approvals/0/item", "/runs/0/guardrails/results/0/position",
    "/runs/0/guardrails/results/0/behavior",
]  # fmt: skip
OPTIONAL = {
    "provenance": [{"action": "decided", "subject": "c1: approve"}],
    "approvals": [{"run": "r1", "agent": "A", "tool": ["function", None, "t"], "decision": "reject", "item": "*"}],
    "requires": ["sticky"],
}


@pytest.mark.parametrize("value", ["other", "", "COMPLETED", 1])
@pytest.mark.parametrize("pointer", LISTS)
def test_a_value_that_is_not_on_the_list_is_refused(pointer, value):
    """TS-VERS-006: it may mean anything; nothing is taken for the nearest, or for none."""
    changed = json.loads(document(**OPTIONAL))
    changed["runs"][0]["settings"] = {}
    read(json.dumps(changed))
    *path, last = [int(key) if key.isdigit() else key for key in pointer.split("/")[1:]]
    owner = changed
    for key in path:
        owner = owner[key]
    owner[last] = -1 if (pointer, value) == ("/approvals/0/item", 1) else value
    with pytest.raises((StateFormatError, VersionError)) as raised:
        read(json.dumps(changed))
    assert (raised.value.code, raised.value.pointer) in {("state-shape", pointer), ("feature-unknown", pointer)}


def test_no_list_is_left_out():
    """TS-VERS-006: the schemas of a run state have as many lists of values as are tried above."""
    names = ("run-state", "run", "call", "step", "approval", "guardrail-result")
    texts = [(SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8") for name in names]
    assert sum(text.count('"enum"') for text in texts) == len(LISTS)


def test_an_unknown_kind_of_item_of_an_sdk_is_refused():
    """TS-VERS-006: so it is in an SDK's file, whose lists are its own."""
    value = json.loads((STATES / "one_waiting.undecided.json").read_bytes())
    value["generated_items"][0]["type"] = "other_item"
    with pytest.raises(StateFormatError) as raised:
        read(json.dumps(value))
    assert (raised.value.code, raised.value.pointer) == ("state-shape", "/generated_items/0/type")
