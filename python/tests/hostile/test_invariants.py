"""What importers produce satisfies what is demanded of documents from outside (TS-STATE-001 to TS-STATE-028)."""

import json

import pytest

from timestep.dialects import invariants
from timestep.dialects.leftover import digest
from timestep.dialects.openai_js.dialect import AUTHORITY as JS_AUTHORITY
from timestep.dialects.openai_py.dialect import AUTHORITY as PYTHON_AUTHORITY
from timestep.state import RunState, read, write

from .mutate import FIXTURES

FLAGS = ("faithful-error-state", "finished-calls-model", "input-guardrails-completed")
STATES = sorted(
    path for path in FIXTURES.glob("openai-agents-*/*/*.json") if path.suffixes[0] in {".undecided", ".decided"}
)
EACH = pytest.mark.parametrize("path", STATES, ids=lambda path: f"{path.parent.parent.name[14:]}-{path.name[:-5]}")


def loaded(data) -> RunState:
    """Read a run state."""
    state = read(data)
    assert isinstance(state, RunState)
    return state


@EACH
def test_imported_documents_satisfy_the_invariants(path):
    """Every real state becomes a consistent document, and is read back from outside as it was (TS-STATE-001)."""
    state = loaded(path)
    assert invariants.check(state.document) == []
    own = write(state, "timestep").data
    again = loaded(own)
    assert again.listed() == state.listed()
    assert write(again, "timestep").data == own


@EACH
def test_decided_documents_satisfy_the_invariants(path):
    """Deciding everything that waits, alone or for good, keeps the document consistent (TS-APPR-001, TS-APPR-002)."""
    for always in (False, True):
        state = loaded(path)
        for number, item in enumerate(state.get_interruptions()):
            if item.state == "indeterminate":
                continue
            if number % 2:
                state.reject(item.path, always_reject=always, rejection_message="no")
            else:
                state.approve(item.path, always_approve=always)
        assert invariants.check(state.document) == []
        assert loaded(write(state, "timestep").data).listed() == state.listed()


@pytest.mark.parametrize(
    "name", ["one_waiting.undecided", "parallel_one_executed.undecided", "hosted_mcp_approval.undecided"]
)
@pytest.mark.parametrize(("family", "authority"), [
    ("openai-agents-python/0.24.0", PYTHON_AUTHORITY), ("openai-agents-js/0.20.0", JS_AUTHORITY),
])  # fmt: skip
def test_leftovers_of_a_document_from_outside_carry_no_authority(family, authority, name):
    """No leftover, at a place of authority or above one, changes what may run (TS-STATE-025, TS-SEC-006)."""
    dialect = family.split("/")[0]
    state = loaded(FIXTURES / family / f"{name}.json")
    plain = json.loads(write(state, "timestep").data)
    plain.pop("ext", None)
    honest = json.loads(write(loaded(json.dumps(plain)), dialect, assume=FLAGS).data)
    decided = json.loads((FIXTURES / family / f"{name.replace('undecided', 'decided')}.json").read_bytes())
    forged = [
        {"at": f"/{key}", "covers": digest(honest[key]) if key in honest else "absent", "value": decided[key]}
        for key in ("context", "currentStep", "current_step", "generatedItems", "generated_items")
        if key in decided and decided[key] != honest.get(key)
    ]
    forged += [
        {"at": f"/context/{key}", "covers": digest(honest["context"][key]) if key in honest["context"] else "absent",
         "value": value}
        for key, value in decided["context"].items()
        if "pproval" in key
    ]  # fmt: skip
    assert any(authority.search(one["at"]) for one in forged)
    plain["ext"] = {dialect: forged}
    again = loaded(write(loaded(json.dumps(plain)), dialect, assume=FLAGS).data)
    assert again.document.approvals == []
    assert [item.state for item in again.listed()] == [item.state for item in state.listed()]
