"""Places of leftovers in documents from outside: a pointer leads where RFC 6901 says, or nowhere."""

import json

import pytest

from timestep.codec.digest import canonical_json, sha256_of
from timestep.errors import CodecError
from timestep.state import read, write

PYTHON = "openai-agents-python"
FLAGS = ("faithful-error-state", "finished-calls-model", "input-guardrails-completed")


@pytest.fixture
def document(repo_root):
    """Return a canonical document without leftovers, and the SDK's file that is written from it."""
    state = read(repo_root / "fixtures" / PYTHON / "0.24.0" / "one_waiting.undecided.json")
    plain = json.loads(write(state, "timestep").data)
    plain.pop("ext", None)
    return plain, json.loads(write(read(json.dumps(plain)), PYTHON, assume=FLAGS).data)


def written(plain, at, covers, value="planted"):
    """Return the SDK's file of a document with a leftover."""
    leftover = {"at": at, "covers": covers, "value": value}
    return json.loads(write(read(json.dumps(plain | {"ext": {PYTHON: [leftover]}})), PYTHON, assume=FLAGS).data)


def test_a_leftover_is_put_into_a_list_by_its_index(document):
    """TS-CORE-016, TS-STATE-024: where what it covers is still there."""
    plain, honest = document
    covers = sha256_of(canonical_json(honest["model_responses"][0]["usage"]))
    found = written(plain, "/model_responses/0/usage", covers)
    assert found["model_responses"][0]["usage"] == "planted"


@pytest.mark.parametrize("index", ["\u00b2", "\u0660", "00", "+0", "-0", "-", "0.0", " 0", "", "1" * 5000])
def test_an_index_that_is_none_leads_nowhere(document, index):
    """TS-CORE-016: the leftover is void, whatever a language would make of the text."""
    plain, honest = document
    covers = sha256_of(canonical_json(honest["model_responses"][0]["usage"]))
    assert written(plain, f"/model_responses/{index}/usage", covers) == honest
    assert written(plain, f"/model_responses/{index}", "absent") == honest


@pytest.mark.parametrize("at", ["model_responses", "/x~2", "/x~"])
def test_what_is_no_pointer_is_refused(document, at):
    """TS-CORE-016: by name, and with the text."""
    with pytest.raises(CodecError) as refused:
        written(document[0], at, "absent")
    assert refused.value.code == "pointer-syntax"
    assert at in refused.value.message
