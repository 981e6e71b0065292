"""The account of a conversion: whole, by its schema, and without a word of what was converted."""

import contextlib
import hashlib
import json
from pathlib import Path

import msgspec
import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from timestep.dialects.account import FLAGS
from timestep.errors import ConversionError
from timestep.state import read, write

from .saved import BOTH, FOLDERS, JS, OTHER, OWN, PYTHON, saved, values

EACH_WAY = pytest.mark.parametrize(("family", "target"), OTHER.items())
SCHEMAS = Path(__file__).resolve().parents[3] / "spec" / "schema" / "v1"
SCENARIOS = (
    "one_rejected_with_message.decided", "context_mapping.undecided", "nested_sticky_approve.decided",
    "hosted_mcp_approval.decided", "run_again.undecided", "reasoning_and_web_search.undecided",
    "tool_guardrails_reject_output.decided", "secrets_in_place.undecided", "deep_history.undecided",
    "structured_output.decided", "results_content_items.decided", "session.decided", "pending_input.undecided",
)  # fmt: skip
OLDER = {PYTHON: f"{PYTHON}@1.13", JS: f"{JS}@1.17"}


def conversions(family):
    """Yield what states are converted to, with their bytes."""
    for name in SCENARIOS:
        data = (FOLDERS[family] / f"{name}.json").read_bytes()
        for target in (PYTHON, JS, OWN, OLDER[family]):
            with contextlib.suppress(ConversionError):  # what can't cross is not written, and not accounted for
                yield data, target, write(read(data, assume=FLAGS), target, assume=FLAGS)


def report_validator():
    """Return a validator by the published schema of loss reports."""
    schemas = [json.loads((SCHEMAS / f"{name}.schema.json").read_bytes()) for name in ("loss-report", "common")]
    registry = Registry().with_resources((schema["$id"], Resource.from_contents(schema)) for schema in schemas)
    return Draft202012Validator(schemas[0], registry=registry)


@BOTH
def test_each_conversion_gives_an_account(family):
    """TS-VERS-030: a loss report of what was converted from and to, with both digests and all that was carried."""
    validator, done = report_validator(), 0
    for data, target, written in conversions(family):
        report = json.loads(msgspec.json.encode(written.report))
        assert list(validator.iter_errors(report)) == []
        assert report["source"] == f"{family}@{read(data, assume=FLAGS).schema_version}"
        assert report["target"].startswith(target.partition("@")[0] + "@")
        assert report["source_sha256"] == "sha256:" + hashlib.sha256(data).hexdigest()
        assert report["target_sha256"] == "sha256:" + hashlib.sha256(written.data).hexdigest()
        runs = [row.get("count", 1) for row in report["rows"] if (row["action"], row["subject"]) == ("carried", "runs")]
        assert runs == [len(read(data, assume=FLAGS).document.runs)]
        done += 1
    assert done > 30


@EACH_WAY
def test_a_conversion_of_a_list_of_items_gives_an_account_too(family, target):
    """TS-VERS-030: how many items were carried."""
    items = read(FOLDERS[family] / "session.session.json")
    report = write(items, target).report
    assert list(report_validator().iter_errors(json.loads(msgspec.json.encode(report)))) == []
    rows = [(row.action, row.subject, row.count) for row in report.rows]
    assert ("carried", "session items", len(items.items)) in rows


def content(value, key=""):
    """Yield the texts of a run that are nobody's name: what was said, called with and given, and the context."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from content(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from content(inner, key)
    elif isinstance(value, str) and key not in NAMES:
        yield value
        if value.startswith(("{", "[")) and value.endswith(("}", "]")):
            yield from content(json.loads(value))


#: Members of an item that say what it is, or whose.
NAMES = {"type", "id", "call_id", "name", "namespace", "status", "role", "server_label", "format", "phase"}


@BOTH
def test_an_account_holds_nothing_of_what_it_is_about(family):
    """TS-VERS-032: no text of an item, of the context, of a decision or of a guardrail's finding is in a report."""
    tried = 0
    for data, _, written in conversions(family):
        document = read(data, assume=FLAGS).document
        parts = [[entry.item for entry in run.log] for run in document.runs]
        parts += [[result.info, result.output, result.message] for run in document.runs
                  for result in run.guardrails.results]  # fmt: skip
        parts += [document.context.value, [approval.message for approval in document.approvals]]
        texts = {text for text in content(parts) if len(text) > 4}
        report = json.dumps(json.loads(msgspec.json.encode(written.report)), ensure_ascii=False)
        assert [text for text in texts if text in report] == []
        tried += len(texts)
    assert tried > 300


@pytest.mark.parametrize(
    ("name", "source", "target", "flag"),
    [
        ("run_again.undecided", PYTHON, JS, "input-guardrails-completed"),
        ("finished.undecided", JS, PYTHON, "finished-calls-model"),
        ("error_one_of_two_tools.undecided", JS, JS, "faithful-error-state"),
    ],
)
def test_what_was_asserted_is_in_the_account(name, source, target, flag):
    """TS-VERS-036: the flag that was used has a row; one that was given and not needed has none."""
    state = saved(source, name)
    report = write(state, target, assume=[flag, "context-as-json"]).report
    assert {row.flag for row in report.rows if row.action == "asserted"} == {flag}
    again = write(read(json.dumps(values(source, name)), assume=[flag]), target)
    assert {row.flag for row in again.report.rows if row.action == "asserted"} == {flag}


def test_what_was_asserted_while_the_file_was_read_is_in_the_account():
    """TS-VERS-036: reading needs flags too, and the report of each conversion after it has their rows."""
    value = values(PYTHON, "finished.undecided")
    for name in ("generated_items", "session_items"):
        value[name][-1] |= {"type": "reasoning_item", "raw_item": {"type": "reasoning", "id": "rs_1", "summary": []}}
    value["model_responses"][-1]["output"] = [value["generated_items"][-1]["raw_item"]]
    value["last_model_response"] = value["model_responses"][-1]
    state = read(json.dumps(value), assume=["finished"])
    for target in (OWN, PYTHON):
        rows = write(state, target).report.rows
        assert [row.flag for row in rows if row.action == "asserted"] == ["finished"]
