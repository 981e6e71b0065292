"""JSON Schemas, types and protobuf sources: in step as they are, and whatever drifts is found, on whichever side."""

import re
from pathlib import Path

import pytest

from spec_checks import drift
from spec_checks.schema_files import SchemaFiles

from .copies import copy, planted, swapped
from .drifts import IN_PROTO, IN_SCHEMA, IN_TYPE, PROTO, STATE

ROOT = Path(__file__).resolve().parents[3]
READ = {"schema": SchemaFiles, "type": drift.read_types, "proto": drift.read_protos}


@pytest.fixture(scope="module")
def copied(tmp_path_factory, repo_root):
    """Return the root of a copy of the schemas, the types and the protobuf sources."""
    schemas = sorted(file.relative_to(repo_root).as_posix() for file in repo_root.glob("spec/schema/v1/*.schema.json"))
    return copy(repo_root, tmp_path_factory.mktemp("drift"), *schemas, "python/timestep", "proto")


@pytest.fixture(scope="module")
def sides(copied):
    """Return what each side of the copy says before anything is planted: reading all of them each time is slow."""
    return {side: read(copied) for side, read in READ.items()}


@pytest.fixture
def drifted(copied, sides):
    """Return a function that plants changes of one side, reads it again, and returns what is reported then."""

    def told(side, changes):
        with planted(copied, changes):
            now = sides | {side: READ[side](copied)}
        faults = drift.Comparison(copied, now["schema"], now["type"], now["proto"]).faults()
        return [f"{fault.file.relative_to(copied).as_posix()}:{fault.line}: {fault.message}" for fault in faults]

    return told


def test_schemas_types_and_protobuf_sources_agree(repo_root):
    """TS-VERS-005, TS-TRANS-010, TS-PROTO-001: names, kinds, presence, values and the rule for unknown fields agree."""
    assert [fault.message for fault in drift.faults(repo_root)] == []


def test_a_checkout_without_records_has_no_drift(tmp_path):
    """Where there are no schemas of records, there is nothing to compare."""
    assert list(drift.faults(tmp_path)) == []


@pytest.mark.parametrize("case", IN_SCHEMA)
def test_drift_of_a_schema_is_found(drifted, case):
    """What a schema alone says otherwise is told with its place on every side."""
    changes, pattern = IN_SCHEMA[case]
    assert matching(pattern, drifted("schema", changes)) != []


@pytest.mark.parametrize("case", IN_TYPE)
def test_drift_of_a_type_is_found(drifted, case):
    """What a type of the checkout alone says otherwise is told with its place on every side."""
    changes, pattern = IN_TYPE[case]
    assert matching(pattern, drifted("type", changes)) != []


@pytest.mark.parametrize("case", IN_PROTO)
def test_drift_of_a_protobuf_source_is_found(drifted, case):
    """What a message of the checkout alone says otherwise is told with its place on every side."""
    changes, pattern = IN_PROTO[case]
    assert matching(pattern, drifted("proto", changes)) != []


def matching(pattern, lines):
    """Return the lines that a pattern fits."""
    return [line for line in lines if re.fullmatch(pattern, line)]


#: What can't be compared -> the changes of files, and what is reported.
UNREADABLE = {
    "a type that is not there": (
        {STATE: swapped("class Origin(Record", "class Source(Record")},
        "python/timestep/types:1: the types can't be compared with the schemas: NameError: name 'Origin' is",
    ),
    "a source that does not compile": (
        {f"{PROTO}/usage.proto": swapped("message Usage", "massage Usage")},
        "proto/timestep/v1:1: the sources don't compile: timestep/v1/usage.proto:",
    ),
    "no source": (
        {f"{PROTO}/{file.name}": None for file in (ROOT / PROTO).glob("*.proto")},
        "proto/timestep/v1:1: the sources don't compile: there are none",
    ),
}


@pytest.mark.parametrize("case", UNREADABLE)
def test_a_side_that_cannot_be_read_is_told(copied, reported, case):
    """A checkout whose types or sources can't be read is a fault, not a check without faults."""
    changes, expected = UNREADABLE[case]
    with planted(copied, changes):
        assert [line[: len(expected)] for line in reported(copied, drift)] == [expected]
