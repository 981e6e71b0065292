"""Every cause of old-deviations.json is the SDKs' own doing: records of their own runs show it, or a test here does."""

import functools
from pathlib import Path

import pytest
from generate import Writer, resume_all

from .harness import PYTHON, places, scenario_of
from .old import CURRENT, compare, covers, current_cases, entries, installed, listed, old_cases, releases

USAGE = {f"/usage/{name}" for name in ("requests", "input_tokens", "output_tokens", "total_tokens")}


def states(release):
    """List the states of a release, old or current."""
    return current_cases(release.family) if release in CURRENT.values() else old_cases(release)


def targets(release):
    """List the releases that the states of a release are resumed by in the tests of this folder."""
    family = installed(release.family)
    if release in CURRENT.values():
        return family
    near = family.index(release) if release in family else None
    return [*CURRENT.values(), *(family[max(near - 1, 0) : near + 2] if near is not None else [])]


def deviating(release, shown):
    """List the ways of a release's states that are listed under causes shown in this way: (state, target, entry)."""
    causes = {name for name, cause in listed()["causes"].items() if cause["shown"] == shown}
    return [
        (case, to, entry)
        for case in states(release)
        for to in targets(release)
        for entry in entries("deviations", case, to)
        if entry["cause"] in causes
    ]


def under(cause):
    """List the states that a cause is about: (state, target)."""
    return [
        (case, to)
        for release in [*releases(), *CURRENT.values()]
        for case, to, entry in deviating(release, listed()["causes"][cause]["shown"])
        if entry["cause"] == cause
    ]


@pytest.fixture(scope="module")
def own_records(workers):
    """Return what gives a release's records of its own resumes in a scenario: kind -> record, empty if left out."""

    @functools.cache
    def found(release, name):
        known = {case.kind: case.expected for case in states(release) if case.name == name}
        if known or release not in CURRENT.values():
            return known
        # Scenarios that only old releases are asked for have no files; the current one can play them all the same.
        worker = workers[release.family]
        saved = worker.ask("save", scenario=scenario_of(name))
        return resume_all(Writer(release.family, worker, Path(), {}), scenario_of(name), saved)

    return found


EVERY = pytest.mark.parametrize("release", [*releases(), *CURRENT.values()], ids=str)


@EVERY
def test_the_releases_part_by_themselves(release, own_records):
    """Where a state goes another way, the release that resumes it parts there with its own state of the scenario too.

    A release that cannot play the scenario at all shows it in the simplest one.
    """
    for case, to, entry in deviating(release, "own runs"):
        name, expected, whose = case.name, case.expected, to
        if (
            entry["outcome"] == "agrees"
        ):  # with the other family, so that it parts from its own family's current release
            whose = CURRENT[release.family]
        elif not own_records(to, name):
            name, expected = "one_waiting", own_records(release, "one_waiting")[case.kind]
        own = own_records(whose, name)[case.kind]
        parted = places(compare(expected, own, same_family=release.family == whose.family))
        alike = [place for place in entry["places"] if not shows(parted, place, exactly=whose == to)]
        assert not alike, f"{case} to {to}, {entry['cause']}: {alike}"


def shows(parted, place, *, exactly):
    """Tell whether a place is among those where records part, or in one of them; or at least in the same part."""
    if exactly:
        return any(f"{place}/".startswith(f"{wider}/") for wider in parted)
    return place.split("/")[1] in {other.split("/")[1] for other in parted}


def unlike_today(own_records, release, name):
    """Tell whether a release leaves a scenario out, or goes on otherwise in it than its family's current release."""
    own, today = own_records(release, name), own_records(CURRENT[release.family], name)
    parted = {place for kind in own for place in places(compare(today[kind], own[kind], same_family=True))}
    return not own or bool(parted - USAGE)


@EVERY
def test_the_old_release_cannot_do_it(release, own_records):
    """What an older number cannot hold, its release leaves out of its own states, or loses when it resumes them."""
    for case, to, entry in deviating(release, "left out"):
        assert unlike_today(own_records, to, case.name), f"{case} to {to}, {entry['cause']}"


def test_every_entry_is_about_something():
    """Each target, scenario and kind of each entry is that of a state here; else the entry would never be looked at."""
    tables = ("assumptions", "deviations")
    looked_at = {
        (id(entry), span, case.name, kind)
        for release in [*releases(), *CURRENT.values()]
        for case in states(release)
        for to in targets(release)
        for table in tables
        for entry in entries(table, case, to)
        for span in entry["to"]
        if covers(span, to)
        for kind in ("*", case.kind)
    }
    listed_ways = [
        (id(entry), span, name, entry["kind"])
        for table in tables
        for entry in listed()[table]
        for span in entry["to"]
        for name in entry["scenarios"]
    ]
    assert set(listed_ways) <= looked_at
    assert len(set(listed_ways)) == len(listed_ways)


def test_every_cause_is_used_and_shown():
    """Each entry has a cause of the table, the table has no others, and a test here stands for each that needs one."""
    assert {entry["cause"] for entry in listed()["deviations"]} == set(listed()["causes"])
    assert {name for name, cause in listed()["causes"].items() if cause["shown"] == "a test"} == {
        "agents-of-one-name", "mcp-recipient-unknown", "nested-decision-not-seen",
        "nested-run-not-in-file", "no-python-computer-approval",
    }  # fmt: skip


def test_agents_of_one_name_are_told_apart_late(own_records):
    """Such a state has nothing that tells the agents apart, or one of the releases takes one for another by itself."""
    for case, to in under("agents-of-one-name"):
        confused = [release for release in (case.release, to) if unlike_today(own_records, release, case.name)]
        assert confused or b'"identity"' not in case.data, f"{case} to {to}"


def test_the_file_does_not_name_the_mcp_server():
    """Such a state says nowhere which server its call goes to."""
    for case, _ in under("mcp-recipient-unknown"):
        servers = [tool["server"] for tool in scenario_of(case.name)["tools"].values() if tool["kind"] == "local_mcp"]
        assert servers
        assert not [server for server in servers if f'"{server}"'.encode() in case.data], case


def test_the_file_lacks_the_nested_run():
    """Such a state asks about calls of a nested run, which is nowhere in it."""
    for case, _ in under("nested-run-not-in-file"):
        assert b"agent_run_state" not in case.data, case
        assert b"pendingAgentToolRuns" not in case.data, case
        assert b"call_pub_1" in case.data, case


def test_the_old_release_asks_again(own_records):
    """By its own record, the release that saved the state or the one that resumes it asks about a decided call."""
    for case, to in under("nested-decision-not-seen"):
        decided = {decision["call"] for decision in scenario_of(case.name)["decisions"]}
        records = [own_records(release, case.name)["decided"] for release in (case.release, to)]
        assert any(decided & {call["call_id"] for call in record["next"]} for record in records), case


def test_python_asks_nobody_about_a_computer(workers):
    """By itself openai-agents runs a computer call that @openai/agents would ask about."""
    for name in {case.name for case, _ in under("no-python-computer-approval")}:
        record = workers[PYTHON].ask("save", scenario=scenario_of(name))["record"]
        assert not record["next"]
        assert {call["tool"] for call in record["executed"]} == {"computer"}
