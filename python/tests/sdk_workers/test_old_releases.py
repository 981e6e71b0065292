"""The workers around older releases: what they tell, what they can't play, and that they save the same bytes."""

import json
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
TOOLS = ROOT / "tools" / "sdk"
sys.path.insert(0, str(TOOLS))

from archives import unpack  # noqa: E402  (a script folder, not a package)
from generate_old import VERSIONS, start  # noqa: E402

FIXTURES = ROOT / "fixtures"
LISTED = json.loads(VERSIONS.read_text(encoding="utf-8"))
SDKS = {"openai-agents-python": "openai-agents", "openai-agents-js": "@openai/agents"}
#: The oldest release of each family that is installed for tests.
OLDEST = [(family, next(row["version"] for row in LISTED[family] if row.get("testee"))) for family in SDKS]
#: One that saves nested runs, and keeps those it has met in its memory.
NESTED = ("openai-agents-python", "0.13.6")


@pytest.fixture(scope="module")
def started(old_sdks, node):
    """Return what gives the worker of a release; each is started once."""
    workers = {}

    def worker(family, version):
        if (family, version) not in workers:
            workers[family, version] = start(family, str(old_sdks[family][version]), str(node))
        return workers[family, version]

    yield worker
    for each in workers.values():
        each.close()


def scenario(name):
    """Return a scenario."""
    return json.loads((TOOLS / "scenarios" / f"{name}.json").read_text(encoding="utf-8"))


def archived(family, version, name):
    """Return the states of a scenario that the fixtures hold."""
    members = unpack(FIXTURES / family / f"{version}.tar.xz")
    return [members[f"{name}.{kind}.json"].decode() for kind in ("undecided", "decided")]


def saved(worker, name):
    """Let a worker play a scenario and return the states that it saves."""
    answer = worker.ask("save", scenario=scenario(name))
    return [answer["undecided"], answer["decided"]]


@pytest.mark.parametrize(("family", "version"), OLDEST)
def test_a_worker_tells_its_release_its_number_and_the_packages_beside_it(started, family, version):
    """What is installed is what versions.json asks for: archives record it."""
    hello = started(family, version).ask("hello")
    row = next(row for row in LISTED[family] if row["version"] == version)
    assert (hello["sdk"], hello["version"], hello["schema_version"]) == (SDKS[family], version, row["number"])
    assert hello["packages"] == row["packages"]


@pytest.mark.parametrize("name", ["one_rejected_with_message", "pending_input"])
@pytest.mark.parametrize(("family", "version"), OLDEST)
def test_a_feature_that_the_release_lacks_is_missing_and_no_failure(started, family, version, name):
    """The worker names what the release lacks, at the stage of the request, and goes on with the next scenario."""
    worker = started(family, version)
    error = worker.ask("save", scenario=scenario(name))["error"]
    assert error["stage"] == "request"
    assert error["type"] in {"MissingFeature", "MissingFeatureError"}
    assert error["message"].startswith(f"{SDKS[family]} {version} has no ")
    assert worker.ask("hello")["version"] == version


@pytest.mark.parametrize(("family", "version"), OLDEST)
def test_what_is_known_before_a_missing_feature_is_told(started, family, version):
    """The first run's record stands beside the error: only the decision could not be made."""
    answer = started(family, version).ask("save", scenario=scenario("one_rejected_with_message"))
    assert [call["call_id"] for call in answer["record"]["next"]] == ["call_mail_1"]
    assert answer.get("decided") is None


@pytest.mark.parametrize(("family", "version"), OLDEST)
def test_a_scenario_is_saved_with_the_same_bytes_each_time(started, family, version):
    """Nothing random or of the day stands in a state: two saves give what the archive holds."""
    worker = started(family, version)
    assert saved(worker, "one_waiting") == saved(worker, "one_waiting") == archived(family, version, "one_waiting")


def test_nested_runs_of_a_scenario_are_not_found_by_the_next_one(started):
    """Older releases keep paused nested runs by their call in memory; a worker makes them forget.

    The two scenarios have a call of the same id, name and arguments.
    """
    worker = started(*NESTED)
    for name in ("nested_agent_tool", "nested_handoff_inside"):
        assert saved(worker, name) == archived(*NESTED, name)
