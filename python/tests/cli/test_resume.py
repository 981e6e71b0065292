"""`timestep resume`: a saved run of any SDK goes on, with decisions that somebody here vouches for."""

import json

import pytest

import timestep

WAITS = "[['Let me look.', MAIL], 'Done.']"


@pytest.fixture
def paused(run, agent, work):
    """Return the file of a run that waits for `call_mail_1`."""
    run("run", agent(WAITS), "Mail Ann.", "--save", "paused.json")
    return work / "paused.json"


@pytest.fixture
def approved(run, paused, work):
    """Return the same file with the call approved in it."""
    run("decide", paused, "--approve", "call_mail_1", "-o", work / "approved.json")
    return work / "approved.json"


@pytest.mark.parametrize("writer", ["python", "js"])
def test_a_run_of_an_sdk_goes_on(run, agent, saved, loaded, writer):
    """N7: a file of either SDK, decided on and resumed in one command; its agent's own code runs."""
    file, target = saved("one_waiting", writer=writer), agent("['Done.']")
    for more in ([], ["--compat", f"openai-agents-{writer}"]):
        words = ["--approve", "call_mail_1", "-o", "done.json", "--force", *more]
        result = run("resume", file, "--agent", target, *words)
        assert (result.exit_code, result.stdout) == (0, "Done.\n"), result.stderr
        assert loaded().sent == ["ann@example.com"]
        lines = result.stderr.splitlines()
        assert lines[0] == "approve call_mail_1  send_email, asked for by Mailer"
        assert lines[-1] == "state     done.json"


def test_an_undecided_run_is_shown_again_and_no_model_is_asked(run, agent, paused, work):
    """R11: exit 3, the call, and the same file to go on with; nothing is written."""
    before = sorted(work.rglob("*"))
    result = run("resume", paused, "--agent", agent("[]"))
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr.startswith("waits for a decision (1)\n  call_mail_1  send_email, asked for by Mailer\n")
    assert result.stderr.endswith(f"  timestep resume {paused} --agent mail.py:agent --approve call_mail_1\n")
    assert [path for path in sorted(work.rglob("*")) if path not in before and "__pycache__" not in str(path)] == []


def test_decisions_of_a_file_are_asked_again(run, agent, approved, loaded):
    """N1: who can write a file can't make a tool run; the same decision made here counts."""
    result = run("resume", approved, "--agent", agent("[]"))
    assert result.exit_code == 3
    assert result.stderr.startswith("note: 1 decision(s) in the file are asked again; --trust takes them as they are\n")
    assert run("resume", approved, "--agent", agent("['Done.']"), "--approve", "call_mail_1").exit_code == 0
    assert run("resume", approved, "--agent", agent("['Done.']"), "--approve-all").exit_code == 0
    assert loaded().sent == ["ann@example.com"]


def test_decisions_of_a_trusted_file_count(run, agent, approved, loaded):
    """N1: --trust vouches for the file."""
    result = run("resume", approved, "--agent", agent("['Done.']"), "--trust")
    assert (result.exit_code, result.stdout) == (0, "Done.\n")
    assert loaded().sent == ["ann@example.com"]
    assert "asked again" not in result.stderr


def test_a_call_is_rejected_with_a_message(run, agent, paused, loaded):
    """N4: the model is told the reason, and the tool does not run."""
    words = ["--reject", "call_mail_1", "--message", "Not on a Sunday.", "--by", "Ann", "-o", "done.json"]
    assert run("resume", paused, "--agent", agent("['I see.']"), *words).stdout == "I see.\n"
    assert loaded().sent == []
    assert [item["output"] for item in loaded().model.requests[0].input if "output" in item] == ["Not on a Sunday."]
    (approval,) = timestep.read(paused.parent / "done.json").document.approvals
    assert (approval.decision, approval.by) == ("reject", "Ann")


def test_a_person_is_asked_now_and_later(run, agent, paused, loaded):
    """--ask decides on the call that waits, and on the one that comes after it."""
    target = agent("[tool_call('send_email', {'to': 'bob'}, 'call_mail_2'), 'Done.']")
    result = run("resume", paused, "--agent", target, "--ask", stdin="y\nno way\n")
    assert (result.exit_code, result.stdout) == (0, "Done.\n")
    assert loaded().sent == ["ann@example.com"]


def test_a_run_that_waits_again_is_saved_again(run, agent, paused, work):
    """What has happened since is kept, beside the old file or in the one that was named."""
    script = "[tool_call('send_email', {'to': 'bob'}, 'call_mail_2')]"
    result = run("resume", paused, "--agent", agent(script), "--approve-all")
    (path,) = (work / "home").glob("run_*.json")
    assert result.exit_code == 3
    assert result.stderr.endswith(f"timestep resume {path} --agent mail.py:agent --approve call_mail_2\n")
    words = ["--approve-all", "-o", paused, "--force", "--session", "trip"]
    assert run("resume", paused, "--agent", agent(script), *words).stderr.endswith(
        f"timestep resume {paused} --agent mail.py:agent --session trip --approve call_mail_2\n"
    )
    assert [call.call_id for call in timestep.read(paused).get_interruptions()] == ["call_mail_2"]


def test_a_failure_after_a_decision_keeps_the_state(run, agent, paused, work, loaded):
    """The tool has run, so the state that knows it is written; it goes on without running the tool again."""
    result = run("resume", paused, "--agent", agent("[ModelError('overloaded')]"), "--approve-all")
    assert result.exit_code == 1
    assert "overloaded" in result.stderr
    (path,) = (work / "home").glob("run_*.json")
    assert run("resume", path, "--agent", agent("['Done.']"), "--trust").stdout == "Done.\n"
    assert loaded().sent == []


def test_a_finished_run_gives_its_answer_again(run, agent):
    """R17: no model is asked, and nothing is written."""
    run("run", agent("['Hello.']"), "Hi", "--save", "run.json")
    result = run("resume", "run.json", "--agent", agent("[]"))
    assert (result.exit_code, result.stdout, result.stderr) == (0, "Hello.\n", "")


def test_json_tells_what_was_decided(run, agent, approved, printed):
    """The run's output, the decisions made here, and how many of the file's were not taken over."""
    words = ["--approve", "call_mail_1", "--format", "json"]
    document = printed(run("resume", approved, "--agent", agent("['Done.']"), *words), "resume")
    assert [(call["path"], call["decision"]) for call in document["decided"]] == [("call_mail_1", "approve")]
    assert (document["unverified"], document["file"], document["status"]) == (1, str(approved), "finished")
    result = run("resume", approved, "--agent", agent("[]"), "--format", "json")
    document = printed(result, "resume")
    assert (result.exit_code, document["status"], document["decided"]) == (3, "waiting", [])
    assert (document["state_file"], len(document["interruptions"])) == (None, 1)


def test_a_run_reads_its_state_from_a_pipe(run, agent, approved):
    """`-` is stdin, which then can't answer questions."""
    result = run("resume", "-", "--agent", agent("['Done.']"), "--trust", stdin=approved.read_text())
    assert result.stdout == "Done.\n"
    assert "only once" in run("resume", "-", "--agent", agent("[]"), "--ask", stdin="{}").stderr


def test_more_turns_may_be_given(run, agent):
    """A run that has used its turns goes on with --max-turns."""
    run("run", agent("[WEATHER]"), "Hi", "--max-turns", "1", "--save", "run.json")
    assert run("resume", "run.json", "--agent", agent("[]")).exit_code == 1
    assert run("resume", "run.json", "--agent", agent("['Sunny.']"), "--max-turns", "3").stdout == "Sunny.\n"


def test_the_context_of_the_state_is_used_unless_another_is_given(run, agent, work):
    """An SDK's file may hold it; ours does not, so that the hint reminds of it."""
    more = "@function_tool(needs_approval=True)\ndef who(ctx: RunContextWrapper) -> str:\n    '''Tell.'''\n"
    more += "    return repr(ctx.context)\n"
    options = {"tools": "[who]", "tool_use_behavior": "'stop_on_first_tool'"}
    words = ["--context", '"a secret"', "--save", "run.json"]
    result = run("run", agent("[tool_call('who', {}, 'c')]", more, **options), "Hi", *words)
    assert result.stderr.endswith(" --agent mail.py:agent --context JSON --approve c\n")
    assert "a secret" not in (work / "run.json").read_text()
    document = json.loads((work / "run.json").read_text())
    (work / "run.json").write_text(json.dumps({**document, "context": {"kind": "json", "value": "Ann"}}))
    assert run("resume", "run.json", "--agent", agent("[]", more, **options), "--approve-all").stdout == "'Ann'\n"
    words = ["--approve-all", "--context", '"Bob"']
    assert run("resume", "run.json", "--agent", agent("[]", more, **options), *words).stdout == "'Bob'\n"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--approve", "call_mail_9"], "error[call-unknown]: no call named 'call_mail_9' waits"),
        (["--always"], "--always and --by say more about a decision, and none is given"),
        (["--compat", "openai-agents"], "--compat takes openai-agents-python or openai-agents-js"),
        (["--message", "why"], "--message belongs after the --reject"),
        (["-o", "-"], "name a file for the state"),
        (["-o", "paused.json"], "error[output-exists]"),
    ],
)
def test_wrong_usage_is_refused_before_anything_runs(run, agent, paused, words, message):
    """Exit 2, and the file stays as it is."""
    before = paused.read_bytes()
    result = run("resume", paused, "--agent", agent("[]"), *words)
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr
    assert paused.read_bytes() == before


def test_the_agent_is_needed_and_has_to_be_the_one_of_the_run(run, work, paused):
    """Without one, or with another one, the run is not touched."""
    assert "missing option '--agent'" in run("resume", paused).stderr
    (work / "other.py").write_text("from timestep import Agent\nother = Agent(name='Other')\n")
    result = run("resume", paused, "--agent", "other.py:other", "--approve-all")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "error[agent-missing]: " in result.stderr


def test_session_items_can_not_be_resumed(run, agent, work):
    """A list of items has no decisions and no place to go on from."""
    (work / "items.json").write_text(json.dumps([{"role": "user", "content": "Hi"}]))
    result = run("resume", "items.json", "--agent", agent("[]"))
    assert result.exit_code == 2
    assert "session items" in result.stderr
