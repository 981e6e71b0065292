"""Credentials that the SDKs write into their files are taken out at the door, and each is reported."""

import json

import pytest

from timestep.state import read, write

FLAGS = ("faithful-error-state", "finished-calls-model", "input-guardrails-completed")
TRACE = {"object": "trace", "id": "trace_1", "workflow_name": "w", "tracing_api_key": "SENTINEL-tracing"}
FAMILIES = {"openai-agents-python": "0.24.0", "openai-agents-js": "0.20.0"}


def with_trace(repo_root, family, scenario):
    """Return the text of an SDK's file, with a trace that has a key."""
    path = repo_root / "fixtures" / family / FAMILIES[family] / f"{scenario}.undecided.json"
    return json.dumps(json.loads(path.read_bytes()) | {"trace": TRACE})


@pytest.mark.parametrize("scenario", ["secrets_in_place", "hosted_mcp_approval", "one_waiting"])
@pytest.mark.parametrize("family", FAMILIES)
def test_no_form_of_a_run_holds_a_credential_of_its_file(repo_root, family, scenario):
    """TS-SEC-004, TS-SEC-007: the key of traces and what an MCP server is sent are in no output, nor kept beside it."""
    state = read(with_trace(repo_root, family, scenario))
    assert state.document.trace is not None
    assert state.document.trace.trace_id == "trace_1"
    for target in ("timestep", *FAMILIES):
        data = write(state, target, assume=FLAGS).data.decode()
        leaked = [name for name in ("tracing", "mcp-authorization", "mcp-header") if f"SENTINEL-{name}" in data]
        assert leaked == []


@pytest.mark.parametrize("family", FAMILIES)
def test_what_was_taken_out_is_told_by_its_place(repo_root, family):
    """TS-SEC-004: in the provenance of the document, without the value."""
    state = read(with_trace(repo_root, family, "secrets_in_place"))
    told = [note.subject for note in state.document.provenance if note.action == "redacted"]
    assert "/trace/tracing_api_key" in told
    assert "SENTINEL" not in str(told)
