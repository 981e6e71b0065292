"""`timestep dialects list`: the released numbers, who writes them and who reads them."""

import json

import pytest

from timestep.dialects import detect


def test_the_table_has_a_line_for_every_released_number(run):
    """Each number stands there with the package versions that write it and that read it."""
    result = run("dialects", "list")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    for dialect, numbers in detect.RELEASED.items():
        start = next(place for place, line in enumerate(lines) if line.startswith(dialect)) + 2
        assert [line.split()[0] for line in lines[start : start + len(numbers)]] == list(numbers)
    assert "  1.18    0.15.0 - 0.16.0     0.15.0 - 0.18.0     reads, writes" in lines
    assert "  1.22    0.20.0              0.20.0              reads, writes (current)" in lines


def test_one_dialect_as_json(run, printed):
    """A dialect's numbers, with every published version by name."""
    rows = printed(run("dialects", "list", "openai-agents-python", "--format", "json"), "dialects")["numbers"]
    assert {row["dialect"] for row in rows} == {"openai-agents-python"}
    known = {row["number"]: row for row in rows}
    assert known["1.13"]["written_by"] == ["0.19.0", "0.19.1", "0.19.2", "0.19.3", "0.19.4"]
    assert known["1.13"]["read_by"][-1] == "0.24.0"
    assert "forget standing decisions" in known["1.13"]["note"]
    assert [row["number"] for row in rows if row["current"]] == ["1.21"]


def test_an_unknown_dialect_is_wrong_usage(run):
    """The message names the two there are."""
    result = run("dialects", "list", "openai-agents-go")
    assert result.exit_code == 2
    assert "openai-agents-js" in result.stderr


@pytest.mark.parametrize(
    ("target", "number"),
    [
        ("openai-agents-js@1.18", "1.18"),
        ("openai-agents-js==0.17.2", "1.20"),
        ("openai-agents-python==0.19.4", "1.13"),
        ("openai-agents-python==0.24.0", "1.21"),
        ("openai-agents-python", "1.21"),
    ],
)
def test_a_package_version_picks_its_number(run, saved, tmp_path, target, number):
    """`convert --to NAME@NUMBER` and `NAME==VERSION` write a file that says its number (TS-VERS-046)."""
    out = tmp_path / "out.json"
    writer = "js" if "-js" in target else "python"
    state = saved("many_turns", writer=writer)
    result = run("convert", state, "--to", target, "-o", out, "--format", "json")
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout)["report"]["target"].endswith(f"@{number}")
    assert json.loads(out.read_bytes())["$schemaVersion"] == number


@pytest.mark.parametrize(
    ("target", "code"),
    [
        ("openai-agents-js@1.10", "target-unknown"),
        ("openai-agents-js@2.0", "target-unknown"),
        ("openai-agents-js==0.10.0", "package-unknown"),
        ("openai-agents-python==0.7.0", "package-unknown"),
        ("openai-agents-python==99.0.0", "package-unknown"),
    ],
)
def test_numbers_and_versions_that_never_were_are_wrong_usage(run, saved, tmp_path, target, code):
    """Nothing is written, and the message lists what there is."""
    out = tmp_path / "out.json"
    writer = "js" if "-js" in target else "python"
    result = run("convert", saved("one_waiting", writer=writer), "--to", target, "-o", out)
    assert result.exit_code == 2
    assert code in result.stderr
    assert not out.exists()
