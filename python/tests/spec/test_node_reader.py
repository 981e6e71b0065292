"""The reader in another language: `spec/examples/pending.mjs`, made from prose and schemas, sees what ours sees."""

import importlib
import json
import re
import subprocess
from collections import Counter
from pathlib import Path

import jsonschema_rs
import pytest

from timestep.codec.digest import call_digest
from timestep.errors import TimestepError
from timestep.state import read, write
from timestep_conformance.generate import Generator

ROOT = Path(__file__).resolve().parents[3]
READER = ROOT / "spec/examples/pending.mjs"
FOLDER = ROOT / "spec/schema/v1"
EXAMPLES = FOLDER / "examples/RunState"
SCHEMAS = {path.name: json.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.schema.json"))}
FAMILIES = ("openai-agents-python", "openai-agents-js")


@pytest.fixture
def listed(node, tmp_path):
    """Return a function that gives what the reader lists for each of some documents; None where it refuses one."""

    def run(documents):
        for name, data in documents.items():
            (tmp_path / name).write_bytes(data)
        command = [node, READER, *documents]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, encoding="utf-8", check=False, timeout=60)
        found = {name: [] for name in documents}
        for line in done.stdout.split("\n")[:-1]:
            call = json.loads(line)
            found[call.pop("file")].append(call)
        told = dict(line.split(": ", 1) for line in done.stderr.split("\n")[:-1])
        assert done.returncode == (1 if told else 0)
        assert not [name for name in told if found[name]]
        return {name: None if name in told else calls for name, calls in found.items()}, told

    return run


def expected(state):
    """Return the calls that wait, as the reader tells of them: with the tool's key, as the document has it."""
    tools = {(run.id, call.item): list(call.tool) for run in state.document.runs for call in run.calls}
    return [
        {
            "path": call.path,
            "run": call.run,
            "agent": call.agent,
            "tool": tools[call.run, call.item],
            "arguments": call.arguments,
            "state": call.state,
        }
        for call in state.get_interruptions()
    ]


def saved(family, monkeypatch):
    """Yield every run state of the fixtures that a family has saved, those of older releases included."""
    monkeypatch.syspath_prepend(str(ROOT / "tools" / "sdk"))
    archives = importlib.import_module("archives")
    folder = ROOT / "fixtures" / family
    groups = [{path.name: path.read_bytes() for path in folder.glob("*/*.json")}]
    groups += [archives.unpack(path) for path in sorted(folder.glob("*.tar.xz"))]
    for group in groups:
        yield from (data for name, data in group.items() if re.search(r"\.(un)?decided\.json$", name))


@pytest.mark.parametrize("family", FAMILIES)
def test_it_lists_what_waits_in_every_fixture(listed, family, monkeypatch):
    """TS-STATE-017, TS-APPR-031: in each state that an SDK has saved, in our form, the same calls wait in one order."""
    documents, wanted, seen = {}, {}, Counter()
    for number, data in enumerate(saved(family, monkeypatch)):
        try:
            state = read(data)
        except TimestepError:
            continue  # what our reader refuses has no form of ours
        name = f"{number}.json"
        documents[name], wanted[name] = write(state, to="timestep").data, expected(state)
        seen.update(kinds(state, wanted[name]))
    found, told = listed(documents)
    assert told == {}
    assert found == wanted
    assert seen["waiting"] > 1000  # of over 2,000 files of each family
    assert all(seen[kind] for kind in ("nested", "several", "decided", "none"))


def kinds(state, calls):
    """Name what a state shows: the cases that a reader can get wrong."""
    runs = state.document.runs
    yield "waiting" if calls else "none"
    yield from (["several"] if len(calls) > 1 else []) + (
        ["nested"] if any("/" in call["path"] for call in calls) else []
    )
    yield from ["decided"] if any(call.state in {"approved", "rejected"} for run in runs for call in run.calls) else []


def in_cases(value):
    """Yield the run states within a value."""
    if isinstance(value, dict) and value.get("format") == "timestep.run-state":
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from in_cases(inner)


def test_it_lists_what_waits_in_the_states_of_our_own_loop(listed):
    """TS-STATE-017, TS-STATE-018: calls that may have run, the order of asking, nested runs are as ours are."""
    documents, wanted, seen = {}, {}, Counter()
    for path in sorted((ROOT / "conformance/cases/loop").glob("*.json")):
        for number, value in enumerate(in_cases(json.loads(path.read_text(encoding="utf-8")))):
            data = json.dumps(value).encode()
            try:
                state = read(data)
            except TimestepError:
                continue  # a case of what is to be refused
            name = f"{path.stem}.{number}.json"
            documents[name], wanted[name] = data, expected(state)
            seen.update([*kinds(state, wanted[name]), *(call["state"] for call in wanted[name])])
            seen.update("asked" for run in state.document.runs if wanted[name] and run.asked != sorted(run.asked))
    found, told = listed(documents)
    assert told == {}
    assert found == wanted
    assert all(seen[kind] for kind in ("nested", "several", "decided", "none", "asked", "pending", "indeterminate"))


def test_it_refuses_every_invalid_example_at_its_place(listed):
    """TS-STATE-001, TS-VERS-001, TS-VERS-003: what the schema forbids is refused there, another major too."""
    paths = [path for path in (EXAMPLES / "invalid").glob("*.json") if ".expect." not in path.name]
    found, told = listed({path.name: path.read_bytes() for path in paths})
    assert set(found.values()) == {None}
    for path in paths:
        wanted = json.loads(path.with_suffix(".expect.json").read_text(encoding="utf-8"))["pointer"]
        assert told[path.name].startswith(f"{wanted or 'the document'}: "), path
    assert {"major-unknown.json", "feature-unknown.json"} <= told.keys()


def test_it_takes_every_valid_example(listed):
    """TS-VERS-004: fields of a later minor version don't stop it."""
    states = {path.name: path.read_bytes() for path in (EXAMPLES / "valid").glob("*.json")}
    assert listed(states) == ({name: expected(read(data)) for name, data in states.items()}, {})


def test_it_lists_the_calls_of_the_last_response_alone(listed):
    """TS-STATE-017: a call of an earlier response does not wait, whatever its ledger entry says."""
    value = json.loads(STATE)
    run = value["runs"][0]
    at = len(run["log"])
    item = {"type": "function_call", "call_id": "c3", "name": "send_email", "arguments": "{}"}
    run["log"].append({"source": "model", "agent": "Assistant", "item": item})
    run["responses"].append({**run["responses"][0], "id": "resp_2", "from": at, "to": at + 1})
    digest = call_digest("r1", "Assistant", ["function", None, "send_email"], "c3", "{}")
    run["calls"].append({**run["calls"][1], "call_id": "c3", "item": at, "digest": digest})
    data = json.dumps(value).encode()
    assert [call["path"] for call in expected(read(data))] == ["c3"]
    assert listed({"a.json": data}) == ({"a.json": expected(read(data))}, {})


STATE = (EXAMPLES / "valid/parallel-one-executed.json").read_bytes()
BROKEN = {
    "empty": (b"", "JSON"),
    "cut off": (STATE[:-9], "JSON"),
    "a byte order mark": (b"\xef\xbb\xbf" + STATE, "JSON"),
    "not UTF-8": (STATE.replace(b"Oslo", b"Osl\xff"), "encoded data was not valid"),
    "a list": (b"[]", "the document: the schema asks for type"),
    "null": (b"null", "the document: the schema asks for type"),
    "a control character": (STATE.replace(b'"type":', b'"\\u001b\\n":1, "type":', 1), "/runs/0/step/ : nothing may"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_it_refuses_what_is_no_state_on_one_line(listed, case):
    """TS-CORE-001, TS-CORE-002: bytes that are not JSON, and JSON that is no object, are told; so is where."""
    data, why = BROKEN[case]
    assert data != STATE
    found, told = listed({"a.json": data})
    assert found == {"a.json": None}
    assert why in told["a.json"]
    assert not re.search(r"[\x00-\x1f\x7f-\x9f]", told["a.json"])


def test_it_refuses_a_call_that_is_not_as_its_digest_says(listed):
    """TS-CORE-022: what a person is shown is what the decision will be bound to."""
    path = EXAMPLES / "inconsistent" / "arguments-changed-after-the-digest.json"
    assert listed({"a.json": path.read_bytes()}) == (
        {"a.json": None},
        {"a.json": "/runs/0/calls/1/digest: it is not that of the call in the log"},
    )


def test_its_small_validator_says_what_a_whole_one_says(listed):
    """TS-STATE-001: of generated documents, and such with one change, it refuses those that jsonschema-rs refuses."""
    registry = jsonschema_rs.Registry([(schema["$id"], schema) for schema in SCHEMAS.values()])
    validator = jsonschema_rs.Draft202012Validator(SCHEMAS["run-state.schema.json"], registry=registry)
    generator = Generator(SCHEMAS, seed=21)
    values = {f"valid{number}.json": generator.document("run-state.schema.json") for number in range(300)}
    values |= {f"mutant{number}.json": generator.mutant("run-state.schema.json") for number in range(300)}
    _, told = listed({name: json.dumps(value).encode() for name, value in values.items()})
    by_schema = {
        name: at for name, at in told.items() if re.search(": (the schema asks for|nothing may stand here)", at)
    }
    for name, value in values.items():
        places = {
            "".join(f"/{escaped(step)}" for step in error.instance_path) for error in validator.iter_errors(value)
        }
        assert (name in by_schema) == bool(places), (name, told.get(name), places)
        if places:
            at = by_schema[name].split(": ")[0].removeprefix("the document")
            assert at in places or at.rpartition("/")[0] in places, (name, at, places)
    assert 200 < len(by_schema) <= 300  # most mutants, and no valid one


def escaped(step):
    """Return a step of a JSON pointer."""
    return str(step).replace("~", "~0").replace("/", "~1")


def test_it_is_short_and_needs_nothing_else():
    """It has under 100 lines, and imports only what comes with Node."""
    text = READER.read_text(encoding="utf-8")
    assert len(text.splitlines()) < 100  # what is promised
    assert max(map(len, text.splitlines())) <= 120  # lines as long as everywhere
    imported = re.findall(r"""(?:\bfrom|\bimport|\brequire\()\s*["']([^"']+)["']""", text)
    assert len(imported) == text.count("import ")
    assert all(name.startswith("node:") for name in imported)
