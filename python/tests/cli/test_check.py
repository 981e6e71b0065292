"""`timestep check`: verdicts on real and on broken files, in every form."""

import json
import xml.etree.ElementTree as ET

import pytest

import timestep

FAMILIES = {"openai-agents-python": "1.21", "openai-agents-js": "1.22"}


def test_every_state_the_sdks_wrote_is_fine(run, printed, states):
    """Files straight from an SDK have no errors, and their family and number are told."""
    document = printed(run("check", "--format", "json", *states), "check")
    assert [entry["file"] for entry in document["files"] if not entry["ok"]] == []
    assert {(entry["family"], entry["version"]) for entry in document["files"]} == set(FAMILIES.items())


@pytest.mark.parametrize("scenario", ["one_waiting", "nested_in_nested", "hosted_mcp_rejected"])
@pytest.mark.parametrize("kind", ["undecided", "decided"])
def test_findings_are_those_of_the_library(run, printed, saved, scenario, kind):
    """N9: the command reports what `timestep.check` reports."""
    path = saved(scenario, kind)
    told = printed(run("check", "--format", "json", path), "check")["files"][0]["findings"]
    assert [finding["code"] for finding in told] == [finding.code for finding in timestep.check(path.read_bytes())]


def test_text_names_family_number_and_what_waits(run, saved):
    """A person reads what the file is, and which calls wait for a decision, nested ones with their path."""
    path = saved("nested_in_nested")
    result = run("check", path)
    assert result.exit_code == 0
    assert result.stdout == (
        f"{path}: openai-agents-python 1.21: ok\n"
        "  waits for a decision  call_chief_1/call_agent_1/call_pub_1  publish, asked for by Writer\n"
    )


def test_arguments_are_not_printed(run, saved):
    """S3: a check prints no content of the run."""
    for form in ("text", "json", "github", "junit"):
        assert "SENTINEL" not in run("check", "--format", form, saved("secrets_in_place")).output


def test_waiting_ends_with_3_only_when_asked(run, saved):
    """N1: exit 3 says that calls wait, for those who asked for it; a refused file outweighs it."""
    assert run("check", saved("one_waiting")).exit_code == 0
    assert run("check", "--exit-code", saved("one_waiting")).exit_code == 3
    assert run("check", "--exit-code", saved("one_waiting", "decided")).exit_code == 0
    assert run("check", "--exit-code", saved("finished")).exit_code == 0


def test_a_refused_file_ends_with_1_and_the_others_are_still_checked(run, broken, saved):
    """One bad file among several is named, and does not hide the rest."""
    result = run("check", broken('"current_turn": 1', '"current_turn": "one"'), saved("one_waiting"), "--exit-code")
    assert result.exit_code == 1
    assert "broken.json: openai-agents-python 1.21: refused\nerror[state-shape]: " in result.stdout
    assert f"{saved('one_waiting')}: openai-agents-python 1.21: ok" in result.stdout


def test_an_unreadable_file_ends_with_2_and_the_others_are_still_checked(run, saved, tmp_path, printed):
    """A missing file is a finding of its own; it outweighs a refused one in the exit status."""
    (tmp_path / "bad.json").write_text("{")
    words = ["check", tmp_path / "none.json", saved("one_waiting"), tmp_path / "bad.json", "--format", "json"]
    result = run(*words)
    assert result.exit_code == 2
    files = printed(result, "check")["files"]
    assert [entry["ok"] for entry in files] == [False, True, False]
    assert [entry["findings"][0]["code"] for entry in (files[0], files[2])] == ["io", "json-truncated"]
    assert files[0]["family"] is None


BROKEN = {
    "json-duplicate": ('{"a": 1,\n "a": 2}', 2),
    "json-constant": ('{\n"a": NaN}', 2),
    "json-depth": ("[" * 100_000, 1),
    "dialect-unknown": ('{"a": 1}', 1),
    "json-truncated": ("", 1),
}


@pytest.mark.parametrize("code", BROKEN)
def test_a_broken_file_is_a_finding_with_a_place(run, printed, tmp_path, code):
    """H1-H4: hostile text gets a code, a line and a column, never a traceback."""
    text, line = BROKEN[code]
    path = tmp_path / "bad.json"
    path.write_text(text)
    result = run("check", path, "--format", "json")
    assert result.exit_code == 1
    (finding,) = printed(result, "check")["files"][0]["findings"]
    assert (finding["code"], finding["line"]) == (code, line)
    assert finding["column"] >= 1


def test_strict_makes_warnings_count(run, saved):
    """With `--strict` a warning ends with 1; without, it is only told."""
    session = saved("session", "session")
    result = run("check", session)
    assert result.exit_code == 0
    assert "warning[call-dangling]" in result.stdout
    assert run("check", "--strict", session).exit_code == 1


def test_session_items_are_checked_too(run, printed, saved):
    """N9: lists of session items go through the same verb; nothing waits in them."""
    for writer, family in (("python", "openai-agents-python"), ("js", "openai-agents-js")):
        document = printed(run("check", "--format", "json", saved("session", "session", writer)), "check")
        assert document["files"][0]["family"] == family
        assert document["files"][0]["waiting"] == []


def test_stdin_is_read_for_a_dash(run, saved):
    """`-` is stdin, and is named so."""
    result = run("check", "-", stdin=saved("one_waiting").read_bytes())
    assert result.exit_code == 0
    assert result.stdout.startswith("<stdin>: openai-agents-python 1.21: ok\n")


def test_stdin_is_read_once(run):
    """Two dashes can't both be stdin."""
    result = run("check", "-", "-", stdin=b"{}")
    assert result.exit_code == 2
    assert "stdin (`-`) can be read only once" in result.stderr


def test_an_unknown_assumption_is_wrong_usage(run, saved):
    """A misspelled flag is told as such, with those that exist, and no file is blamed."""
    result = run("check", "--assume", "finish", saved("finished"))
    assert (result.exit_code, result.stdout) == (2, "")
    assert "error[flag-unknown]: no assumption is called 'finish'" in result.stderr


def test_github_annotations_name_file_line_and_column(run, broken):
    """The form GitHub turns into annotations, its own signs escaped."""
    path = broken('"current_turn": 1', '"current_turn": "100%"', name="a,b:c.json")
    result = run("check", "--format", "github", path)
    assert result.exit_code == 1
    assert result.stdout.startswith("::error file=")
    assert "a%2Cb%3Ac.json,line=" in result.stdout
    assert ",title=state-shape::" in result.stdout


def test_github_annotations_say_what_waits(run, saved):
    """A waiting call is a notice."""
    assert "title=waiting::call_mail_1 (send_email" in run("check", "--format", "github", saved("one_waiting")).stdout


def test_junit_reports_a_case_for_each_file(run, broken, saved):
    """Test reporters get a failure for a refused file, and what waits as output."""
    path = broken('"current_turn": 1', '"current_turn": "<&\\""', name='a"<b>.json')
    result = run("check", "--format", "junit", path, saved("one_waiting"))
    assert result.exit_code == 1
    suite = ET.fromstring(result.stdout)[0]
    assert (suite.get("tests"), suite.get("failures")) == ("2", "1")
    bad, good = suite
    assert bad.get("name") == str(path)
    assert bad[0].get("type") == "state-shape"
    assert good.find("failure") is None
    assert "call_mail_1 waits" in good.find("system-out").text


def test_json_is_one_document_with_an_envelope(run, saved):
    """Every JSON output says what it is and who wrote it."""
    document = json.loads(run("check", "--format", "json", saved("one_waiting")).stdout)
    assert (document["format"], document["format_version"], document["timestep"]) == (
        "timestep.cli-check",
        "1.0",
        "0.1.0",
    )
    (call,) = document["files"][0]["waiting"]
    assert (call["path"], call["tool"], call["agent"], call["state"]) == (
        "call_mail_1",
        "send_email",
        "Mailer",
        "pending",
    )


def test_checking_as_a_program_starts_fast_enough_to_be_used_in_hooks(program, saved):
    """The command works from a cold start, with bytes on stdin."""
    done = program("check", "-", stdin=saved("one_waiting", writer="js").read_bytes())
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(b"<stdin>: openai-agents-js 1.22: ok")
