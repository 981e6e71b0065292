"""What a conversion says of itself: nothing that matters is dropped on the way home, and no secret leaves with it."""

import contextlib
import json

import msgspec
import pytest

from timestep.dialects.account import FLAGS
from timestep.errors import TimestepError
from timestep.state import check, read, write

from .harness import FAMILIES, assumed, cases, converted, deviation, other, state_of
from .old import old_cases, releases

#: Credentials of the scenarios, wherever an SDK writes them.
SECRETS = ("SENTINEL-mcp-authorization", "SENTINEL-mcp-header", "SENTINEL-api-key", "SENTINEL-trace")
#: What may be missing after a conversion within a family: the SDK makes it anew, or it decides nothing.
UNESSENTIAL = ("approval",)


def every_case():
    """List every state."""
    return [pytest.param(case, id=f"{case.family[14:]}-{case}") for family in FAMILIES for case in cases(family)]


@pytest.mark.parametrize("case", every_case())
def test_nothing_that_matters_is_dropped_at_home(case):
    """Within a family no item, call, run or decision that counts is reported as dropped, and all are carried."""
    report = converted(case, case.family).report
    dropped = [row for row in report.rows if row.action == "dropped"]
    assert all(row.subject in UNESSENTIAL or "leftovers" in row.subject for row in dropped), dropped
    document = state_of(case.path).document
    carried = {row.subject: row.count for row in report.rows if row.action == "carried"}
    assert carried.get("runs", 0) == len(document.runs)
    assert carried.get("items", 0) == sum(len(run.log) for run in document.runs)
    assert carried.get("calls", 0) == sum(len(run.calls) for run in document.runs)
    assert carried.get("decisions", 0) == len(document.approvals)


@pytest.mark.parametrize("case", every_case())
def test_no_secret_leaves(case):
    """No output holds a credential: not the file, not the document, not the report, not a finding."""
    state = state_of(case.path)
    flags = assumed(case, case.family)
    parts = [write(state, to, assume=flags).data for to in (case.family, "timestep")]
    entry = deviation(case, other(case.family))
    if entry is None or entry["outcome"] != "refused":
        done = write(state, other(case.family), assume=assumed(case, other(case.family)))
        parts += [done.data, msgspec.json.encode(done.report)]
    parts += [msgspec.json.encode(check(case.path)), msgspec.json.encode(converted(case, case.family).report)]
    found = [secret for secret in SECRETS for part in parts if secret.encode() in part]
    assert not found


def test_the_secrets_are_in_the_fixtures():
    """The test above would pass on fixtures without secrets; these have some."""
    text = "".join(case.path.read_text(encoding="utf-8") for family in FAMILIES for case in cases(family))
    assert [secret for secret in SECRETS[:2] if secret in text] == list(SECRETS[:2])


@pytest.mark.parametrize("case", every_case())
def test_an_assertion_is_written_down(case):
    """Whatever had to be asserted stands in the report, with its flag (TS-VERS-036)."""
    target = other(case.family)
    flags = assumed(case, target)
    entry = deviation(case, target)
    if entry is not None and entry["outcome"] == "refused":
        return  # nothing is written
    report = json.loads(msgspec.json.encode(converted(case, target).report))
    asserted = {row.get("flag") for row in report["rows"] if row["action"] == "asserted"}
    assert asserted == set(flags)


@pytest.mark.parametrize("release", releases(), ids=str)
def test_no_credential_of_an_older_file_crosses(release):
    """TS-SEC-004, TS-SEC-007: what old releases write in plain text is in no output, not even of their own number."""
    told = 0
    for case in old_cases(release):
        told += any(secret.encode() in case.data for secret in SECRETS)
        try:
            state = read(case.data, assume=FLAGS)
        except TimestepError:
            continue
        for target in (*FAMILIES, "timestep", release.target):
            with contextlib.suppress(TimestepError):
                data = write(state, target, assume=FLAGS).data
                assert not [secret for secret in SECRETS if secret.encode() in data], f"{case}: {target}"
    assert told or release.version in {"0.0.1", "0.19.0"}  # no hosted tools yet; no longer in the file
