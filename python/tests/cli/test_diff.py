"""`timestep diff`: the differences that matter, and none that don't."""

import json

import pytest


def test_a_file_equals_itself(run, printed, saved):
    """Exit 0 and no changes."""
    path = saved("nested_in_nested")
    assert run("diff", path, path).stdout == "no differences\n"
    assert printed(run("diff", "--format", "json", path, path), "diff")["changes"] == []


def test_a_decision_is_a_difference(run, printed, saved):
    """Exit 1; what changed is named by its place in the canonical form."""
    result = run("diff", "--format", "json", saved("one_waiting"), saved("one_waiting", "decided"))
    assert result.exit_code == 1
    changes = printed(result, "diff")["changes"]
    assert [(change["kind"], change["pointer"]) for change in changes] == [
        ("added", "/approvals/0"),
        ("changed", "/runs/0/calls/0/state"),
    ]
    assert (changes[1]["left"], changes[1]["right"]) == ("pending", "approved")
    assert "left" not in changes[0]


def test_key_order_and_white_space_are_no_difference(run, saved, tmp_path):
    """The same run, written otherwise, is the same run."""
    other = tmp_path / "other.json"
    other.write_text(json.dumps(json.loads(saved("one_waiting").read_text()), sort_keys=True, indent=4))
    assert run("diff", saved("one_waiting"), other).exit_code == 0
    assert run("diff", "--raw", saved("one_waiting"), other).exit_code == 0


def test_a_converted_run_is_the_same_run(run, saved, tmp_path):
    """By meaning, a run in Timestep's own form equals the file it was read from; the JSON does not."""
    own = tmp_path / "own.json"
    run("convert", saved("nested_in_nested"), "--to", "timestep", "-o", own)
    assert run("diff", saved("nested_in_nested"), own).exit_code == 0
    assert run("diff", "--raw", saved("nested_in_nested"), own).exit_code == 1


def test_text_shows_both_sides(run, saved):
    """A person sees what was and what is."""
    text = run("diff", saved("one_waiting"), saved("one_waiting", "decided")).stdout
    assert "+ /approvals/0\n" in text
    assert '~ /runs/0/calls/0/state\n    - "pending"\n    + "approved"\n' in text
    assert text.endswith("2 difference(s)\n")


def test_secrets_are_masked_by_the_name_they_stand_under(run, tmp_path):
    """TS-SEC-005, S3: a changed key is reported as changed, without either value."""
    left, right = tmp_path / "left.json", tmp_path / "right.json"
    left.write_text('{"context":{"api_key":"SENTINEL-1","headers":{"X-A":"SENTINEL-2"}},"n":1}')
    right.write_text('{"context":{"api_key":"SENTINEL-3","headers":{"X-A":"SENTINEL-4"}},"n":1.0}')
    for form in ("text", "json"):
        result = run("diff", "--raw", "--format", form, left, right)
        assert result.exit_code == 1
        assert "SENTINEL" not in result.output
        assert "/context/api_key" in result.stdout
    assert "SENTINEL-4" in run("diff", "--raw", "--no-mask", left, right).stdout


def test_a_run_and_a_list_of_items_cannot_be_compared(run, saved):
    """Different kinds of files are refused, with the way out."""
    result = run("diff", saved("session"), saved("session", "session"))
    assert result.exit_code == 2
    assert "--raw" in result.stderr


def test_session_items_are_compared_in_wire_form(run, saved, tmp_path):
    """The same items in either SDK's form are equal, once they crossed."""
    crossed = tmp_path / "crossed.json"
    run("convert", saved("session", "session", "js"), "--to", "openai-agents-python", "-o", crossed)
    assert run("diff", saved("session", "session", "js"), crossed).exit_code == 0


def test_stdin_may_be_one_side(run, saved):
    """`-` once is stdin, twice is wrong usage."""
    data = saved("one_waiting").read_bytes()
    assert run("diff", "-", saved("one_waiting"), stdin=data).exit_code == 0
    assert run("diff", "-", "-", stdin=data).exit_code == 2


@pytest.mark.parametrize("side", [0, 1])
def test_the_broken_side_is_named(run, saved, tmp_path, side):
    """An error tells which of the two files it is about."""
    bad = tmp_path / "bad.json"
    bad.write_text("{")
    words = [saved("one_waiting"), saved("one_waiting")]
    words[side] = bad
    for raw in ([], ["--raw"]):
        result = run("diff", *raw, *words)
        assert result.exit_code == 1
        assert f"  --> {bad}:1:" in result.stderr
