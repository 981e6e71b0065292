"""`timestep run`: an answer on stdout, all else on stderr, and nothing lost when the run stops earlier."""

import json
import os
import shlex
import signal
import stat
import subprocess
import sys
from contextlib import contextmanager

import pytest

import timestep
from timestep.cli.conversation import Printer

from .model_server import ModelServer

WAITS = "[['Let me look.', MAIL], 'Done.']"


def saved_in(folder):
    """Return the one state in a folder."""
    (path,) = folder.glob("run_*.json")
    return path


# --- the answer


def test_the_answer_is_on_stdout_and_the_way_to_it_on_stderr(run, agent):
    """What the model said before the answer is no part of it."""
    result = run("run", agent("[['Let me look.', WEATHER], 'It is sunny.']"), "How is it?")
    assert (result.exit_code, result.stdout) == (0, "It is sunny.\n")
    assert result.stderr == '-> get_weather {"city":"Oakland"}\n<- get_weather: sunny in Oakland\n'


def test_the_input_is_what_the_model_is_asked(run, agent, loaded):
    """INPUT reaches the model as it was given; `-` reads it from stdin."""
    assert run("run", agent("['Hello.']"), "Hi there").exit_code == 0
    assert [item["content"] for item in loaded().model.requests[0].input] == ["Hi there"]
    assert run("run", agent("['Hello.']"), "-", stdin="From a\npipe\n").exit_code == 0
    assert [item["content"] for item in loaded().model.requests[0].input] == ["From a\npipe"]


def test_the_program_runs_an_agent(program, agent, work):
    """The same as a program of its own, where stdin is no terminal."""
    done = program("run", agent("['Hello.']"), "Hi", env={"TIMESTEP_HOME": str(work)})
    assert (done.returncode, done.stdout, done.stderr) == (0, b"Hello.\n", b"")


def test_the_answer_comes_in_pieces(run, agent):
    """With --stream all that the model says is written, each message on a line of its own, and the answer once."""
    target = agent("[['Let me look.', WEATHER], ['One.', 'Two three.']]")
    result = run("run", target, "Hi", "--stream")
    assert result.stdout == "Let me look.\nOne.\nTwo three.\n"
    assert result.output.startswith("Let me look.\n-> get_weather")


def test_an_answer_that_no_message_gave_is_written_too(run, agent):
    """Where a tool's output is the final output, it follows what the model said."""
    target = agent("[['Let me look.', WEATHER]]", tool_use_behavior="'stop_on_first_tool'")
    assert run("run", target, "Hi", "--stream").stdout == "Let me look.\nsunny in Oakland\n"


def test_an_answer_can_not_trick_the_terminal(run, agent):
    """TS-SEC-013: control characters are shown; tabs and lines stay."""
    target = agent(r"['a\tb\n\x1b[31mred\u202e']")
    for option in ("--stream", "--no-stream"):
        assert run("run", target, "Hi", option).stdout == "a\tb\n\\x1b[31mred\\u202e\n"


def test_structured_output_is_written_as_json(run, agent):
    """An output type's value is told as the JSON it is."""
    more = "import dataclasses\n@dataclasses.dataclass\nclass Answer:\n    city: str\n"
    target = agent("""['{"city": "Oakland"}']""", more, output_type="Answer")
    assert run("run", target, "Hi").stdout == '{"city":"Oakland"}\n'


# --- wrong usage


def test_an_empty_input_is_wrong_usage(run, agent):
    """No model is asked nothing."""
    for given, stdin in (("", None), (" ", None), ("-", "\n")):
        result = run("run", agent("[]"), given, stdin=stdin)
        assert result.exit_code == 2
        assert "the input is empty" in result.stderr


def test_an_input_that_is_no_text_is_refused(run, agent):
    """Bytes on stdin that are not UTF-8."""
    result = run("run", agent("[]"), "-", stdin=b"\xff")
    assert result.exit_code == 2
    assert "error[json-encoding]: the input is not UTF-8" in result.stderr


def test_stdin_is_read_once(run, agent):
    """It can't be the input and the answers, nor the input and the context."""
    assert "only once" in run("run", agent("[]"), "-", "--approve", "ask").stderr
    assert "only once" in run("run", agent("[]"), "-", "--context", "@-").stderr


def test_a_wrong_context_is_refused_with_its_place(run, agent, work):
    """The context is JSON, on the command line or in a file."""
    result = run("run", agent("[]"), "Hi", "--context", '{"a": 1,}')
    assert result.stderr.startswith("error[json-syntax]")
    assert "--context" in result.stderr
    (work / "context.json").write_text("{")
    assert "context.json" in run("run", agent("[]"), "Hi", "--context", "@context.json").stderr
    assert run("run", agent("[]"), "Hi", "--context", "@none.json").exit_code == 2


# --- decisions


def test_without_a_person_the_run_pauses_and_is_saved(run, agent, work, loaded):
    """Exit 3; the state is in TIMESTEP_HOME for its owner alone, and stderr says how to go on."""
    target = agent(WAITS)
    result = run("run", target, "Mail Ann.")
    path = saved_in(work / "home")
    assert (result.exit_code, result.stdout) == (3, "")
    assert loaded().sent == []
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [call.call_id for call in timestep.read(path).get_interruptions()] == ["call_mail_1"]
    lines = result.stderr.splitlines()
    assert lines[1] == "waits for a decision (1)"
    assert lines[2] == "  call_mail_1  send_email, asked for by Mailer"
    assert lines[-2:] == [f"state     {path}", f"  timestep resume {path} --agent {target} --approve call_mail_1"]


def test_the_state_is_in_the_current_folder_without_a_home(run, agent, work, monkeypatch):
    """Two runs never share a file."""
    monkeypatch.delenv("TIMESTEP_HOME")
    run("run", agent("[[MAIL, {**MAIL, 'call_id': 'call_mail_2'}]]"), "Mail Ann.", "--session", "a.b_c.jsonl")
    result = run("run", agent("[[MAIL, {**MAIL, 'call_id': 'call_mail_2'}]]"), "Mail Ann.")
    assert len(list(work.glob("run_*.json"))) == 2
    assert result.stderr.endswith(" --agent mail.py:agent --approve-all\n")


def test_all_calls_may_be_approved_beforehand(run, agent, loaded, work):
    """--approve all asks nobody, and the record says so."""
    result = run("run", agent(WAITS), "Mail Ann.", "--approve", "all", "--save", "run.json")
    assert (result.exit_code, result.stdout) == (0, "Done.\n")
    assert loaded().sent == ["ann@example.com"]
    (approval,) = timestep.read(work / "run.json").document.approvals
    assert (approval.decision, approval.by) == ("approve", "--approve all")


@pytest.mark.parametrize(
    ("answers", "output"),
    [
        ("y\n", "sent to ann@example.com"),
        ("what?\n\nYES\n", "sent to ann@example.com"),
        ("n\n", "Tool execution was not approved."),
        ("no, not on a Sunday\n", "not on a Sunday"),
        ("l\n", None),
        ("", None),
    ],
)
def test_a_person_is_asked(run, agent, loaded, answers, output):
    """Yes, no with a reason for the model, or later; the end of the input is later, and another word is asked again."""
    result = run("run", agent(WAITS), "Mail Ann.", "--approve", "ask", stdin=answers)
    assert result.exit_code == (0 if output else 3)
    assert 'Mailer wants to run send_email\n  {"to":"ann@example.com","subject":"Hello"}\n' in result.stderr
    requests = loaded().model.requests
    assert [item["output"] for item in requests[-1].input if "output" in item] == ([output] if output else [])
    assert result.stderr.count("[y]es") == max(1, answers.count("\n"))


def test_each_call_is_asked_about_once(run, agent, loaded, work):
    """One of two is approved and runs; the other is left for later, and is what the saved state waits for."""
    target = agent("[[MAIL, tool_call('send_email', {'to': 'bob'}, 'call_mail_2')]]")
    result = run("run", target, "Mail both.", "--approve", "ask", stdin="l\ny\ny\n")
    assert result.exit_code == 3
    assert loaded().sent == ["bob"]
    state = timestep.read(saved_in(work / "home"))
    assert [call.call_id for call in state.get_interruptions()] == ["call_mail_1"]
    assert result.stderr.count("[y]es") == 2


def test_who_decides_sees_everything_and_everybody_else_no_secret(run, agent):
    """The question shows the arguments whole; the lines that end in logs are masked, and control characters shown."""
    call = r"tool_call('send_email', {'password': 'hunter2', 'to': '\x1b[8m', 'subject': 'x' * 300}, 'c')"
    more = "async def ask(name, args):\n    raise GuardrailInterrupt('Really?\\x07', name, args)\n"
    target = agent(f"[[{call}]]", more, guardrails="[InputGuardrail(ask)]")
    result = run("run", target, "Hi", "--approve", "ask", stdin="l\n")
    line, question = result.stderr.split("Mailer wants to run send_email\n")
    assert "hunter2" not in line
    assert "[redacted]" in line
    assert "\x1b" not in result.output
    assert "\x07" not in result.output
    assert "hunter2" in question.partition("[y]es")[0]
    assert "x" * 300 in question
    assert "  Really?\\x07\n" in question


def test_a_decision_is_kept_where_the_run_can_not_go_on(run, agent, work, monkeypatch):
    """What was approved stands in the saved state, though nothing has run since."""

    class Broken:
        state = None

        async def __aiter__(self):
            raise timestep.SessionError("the session is gone")
            yield

    def broken_at_resume(target, given, **options):
        return Broken() if isinstance(given, timestep.RunState) else timestep.run_agent(target, given, **options)

    monkeypatch.setattr("timestep.cli.runs.run_agent", broken_at_resume)
    result = run("run", agent(WAITS), "Mail Ann.", "--approve", "all")
    assert result.exit_code == 1
    assert "the session is gone" in result.stderr
    (call,) = timestep.read(saved_in(work / "home")).listed()
    assert call.state == "approved"


# --- saving


def test_the_state_is_saved_where_it_was_asked_for(run, agent, work):
    """--save writes the state of a finished run too, and says where."""
    result = run("run", agent("['Hello.']"), "Hi", "--save", "run.json")
    assert (result.exit_code, result.stderr) == (0, "state     run.json\n")
    assert timestep.read(work / "run.json").document.runs[0].step.type == "finished"


def test_a_taken_name_is_refused_before_anything_runs(run, agent, work):
    """The file that is there stays, and no model is asked; --force replaces it."""
    (work / "run.json").write_text("the only copy")
    result = run("run", agent("[]"), "Hi", "--save", "run.json")
    assert (result.exit_code, (work / "run.json").read_text()) == (2, "the only copy")
    assert "error[output-exists]" in result.stderr
    assert run("run", agent("['Hello.']"), "Hi", "--save", "run.json", "--force").exit_code == 0
    assert "name a file" in run("run", agent("[]"), "Hi", "--save", "-").stderr


# --- errors


def test_a_run_without_turns_left_is_saved_and_says_how_to_go_on(run, agent, work):
    """Exit 1, the error, and a command that gives more turns."""
    result = run("run", agent("[WEATHER]"), "Hi", "--max-turns", "1")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "error[max-turns]: " in result.stderr
    assert result.stderr.endswith(f"resume {saved_in(work / 'home')} --agent mail.py:agent --max-turns 2\n")


def test_a_first_question_that_fails_leaves_no_file(run, agent, work):
    """Nothing has happened that a state could keep."""
    result = run("run", agent("[ModelError('overloaded')]"), "Hi")
    assert result.exit_code == 1
    assert "overloaded" in result.stderr
    assert not (work / "home").exists()


def test_what_a_tool_raises_is_told_as_the_users_own(run, agent, work):
    """A tool that may end the run names its file and line, and the run is kept."""
    more = "async def fail(ctx, error):\n    raise error\n@function_tool(on_error='raise')\ndef odd() -> str:\n"
    more += "    '''Fail.'''\n    raise KeyError('k')  # here\n"
    result = run("run", agent("[[tool_call('odd')]]", more, tools="[odd]"), "Hi")
    assert result.exit_code == 1, result.stderr
    assert "KeyError" in result.stderr or "'k'" in result.stderr
    assert "Traceback" not in result.stderr
    assert saved_in(work / "home")


def test_what_a_guardrail_raises_is_told_with_its_line(run, agent, work):
    """Code of the user's that no rule covers is told at its line, not as a defect of ours."""
    more = "@input_guardrail\nasync def odd(ctx, agent, given):\n    raise KeyError('k')  # here\n"
    result = run("run", agent("['Hello.']", more, input_guardrails="[odd]"), "Hi")
    assert result.exit_code == 1
    assert "error[run-stopped]: the run was stopped by its own code: KeyError: 'k'" in result.stderr
    number = (work / "mail.py").read_text().split("# here")[0].count("\n") + 1
    assert f"  --> {work / 'mail.py'}:{number}\n" in result.stderr


# --- json


def test_json_of_a_finished_run(run, agent, printed):
    """The answer, the agent that gave it, and what it took; what the user's code prints is not among it."""
    result = run("run", agent("['Hello.']", "print('loading')"), "Hi", "--format", "json", "--stream")
    document = printed(result, "run")
    assert (document["status"], document["final_output"], document["agent"]) == ("finished", "Hello.", "Mailer")
    assert (document["interruptions"], document["state_file"], document["usage"]["requests"]) == ([], None, 1)
    assert result.stderr == "loading\n"


def test_json_of_a_run_that_waits(run, agent, printed, work):
    """The calls, and the file that has the state."""
    result = run("run", agent(WAITS), "Hi", "--format", "json")
    document = printed(result, "run")
    assert result.exit_code == 3
    assert (document["status"], document["final_output"]) == ("waiting", None)
    assert [call["path"] for call in document["interruptions"]] == ["call_mail_1"]
    assert document["state_file"] == str(saved_in(work / "home"))
    assert timestep.read(saved_in(work / "home")).document.id == document["run"]


def test_json_of_a_run_that_failed(run, agent, printed, work):
    """The error, and the run so far."""
    result = run("run", agent("[WEATHER]"), "Hi", "--max-turns", "1", "--format", "json")
    document = printed(result, "run")
    assert result.exit_code == 1
    assert (document["error"]["code"], document["status"]) == ("max-turns", "failed")
    assert document["state_file"] == str(saved_in(work / "home"))
    assert printed(run("run", "none.py:agent", "Hi", "--format", "json"), "run")["error"]["code"] == "io"


# --- options of the run


def test_a_session_keeps_the_conversation(run, agent, loaded, work):
    """By id in SQLite, or in a file of the form AGENT_CONVERSATION.jsonl."""
    for name in ("trip", "conversations/Mailer_trip.jsonl"):
        run("run", agent("['Hello.']"), "Hi", "--session", name)
        run("run", agent("['Again.']"), "And now?", "--session", name)
        assert [item["role"] for item in loaded().model.requests[0].input] == ["user", "assistant", "user"]
    assert len((work / "conversations" / "Mailer_trip.jsonl").read_text().splitlines()) == 4
    assert (work / "home" / "sessions.sqlite3").is_file()


def test_a_session_file_has_the_name_that_sessions_have(run, agent):
    """Another name is refused, with one that fits."""
    result = run("run", agent("[]"), "Hi", "--session", "notes.jsonl")
    assert result.exit_code == 2
    assert "AGENT_CONVERSATION.jsonl" in result.stderr


@pytest.fixture
def server(monkeypatch):
    """Return a host of models that OpenAI's address leads to, with a key."""
    with ModelServer() as host:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "OLLAMA_HOST"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("OPENAI_BASE_URL", f"{host.address}/v1")
        monkeypatch.setenv("OPENAI_API_KEY", "sk-openai-sentinel-0123")
        yield host


@pytest.fixture
def rules(server, work, monkeypatch):
    """Return the name of a rules document in which `acme/` leads to that host under another path, with its own key."""
    monkeypatch.setenv("ACME_API_KEY", "acme-sentinel-0123")
    place = {"base_url": f"{server.address}/acme", "allow_private": True, "key": "ACME_API_KEY"}
    document = {"format": "timestep.routing-rules", "format_version": "1.0"}
    (work / "rules.json").write_text(json.dumps({**document, "providers": {"acme": {"kind": "openai", **place}}}))
    return "rules.json"


def test_another_model_is_asked(run, agent, server):
    """--model goes before what the agents name."""
    assert run("run", agent("[]"), "Hi", "--model", "tiny").stdout == "tiny answers.\n"
    assert [path for _, path, _, _ in server.asked] == ["/v1/responses"]


def test_names_lead_where_a_file_of_rules_says(run, agent, server, rules):
    """--rules: the model, its address and its key are those of the rules; other keys stay at home."""
    options = ("--model", "acme/large", "--rules", rules)
    assert run("run", agent("[]"), "Hi", *options).stdout == "large answers.\n"
    assert run("chat", agent("[]"), "--no-session", *options, stdin="Hi\n").stdout == "large answers.\n"
    assert [path for _, path, _, _ in server.asked] == ["/acme/responses"] * 2
    assert {headers["authorization"] for _, _, headers, _ in server.asked} == {"Bearer acme-sentinel-0123"}


def test_a_run_that_pauses_says_how_to_go_on_by_the_same_rules(run, agent, server, rules):
    """The command on stderr is one that works."""
    call = {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "send_email", "status": "completed"}
    answer = {"id": "r1", "status": "completed", "output": [{**call, "arguments": '{"to": "ann@example.com"}'}]}
    server.replies["/acme/responses"] = (200, {}, json.dumps(answer).encode())
    result = run("run", agent("[]"), "Mail Ann.", "--model", "acme/large", "--rules", rules, "--save", "paused.json")
    assert result.exit_code == 3
    words = shlex.split(result.stderr.splitlines()[-1])
    assert words[-6:] == ["--model", "acme/large", "--rules", rules, "--approve", "call_1"]
    server.replies.clear()
    assert run(*words[1:]).stdout == "large answers.\n"
    assert server.asked[-1][1] == "/acme/responses"


def test_rules_that_are_none_stop_the_run_before_it_begins(run, agent, server, work):
    """The file is told with its place; one that can't be read ends with 2, and stdin is read for one thing alone."""
    (work / "bad.json").write_text('{"format": "timestep.routing-rules"}')
    result = run("run", agent("[]"), "Hi", "--rules", "bad.json")
    assert result.exit_code == 1
    assert "error[routing-rules]" in result.stderr
    assert "bad.json:1" in result.stderr
    for words in (("Hi", "--rules", "none.json"), ("-", "--rules", "-")):
        assert run("run", agent("[]"), *words, stdin="{}").exit_code == 2
    assert run("chat", agent("[]"), "--rules", "-", stdin="{}").exit_code == 2
    assert server.asked == []


def test_the_context_reaches_the_tools(run, agent, work):
    """From the command line and from a file, with its numbers as they are."""
    more = "@function_tool\ndef who(ctx: RunContextWrapper) -> str:\n    '''Tell.'''\n    return repr(ctx.context)\n"
    (work / "context.json").write_text('{"user": "Ann", "id": 9007199254740993}')
    for given in ('{"user": "Ann", "id": 9007199254740993}', "@context.json"):
        result = run(
            "run",
            agent("[tool_call('who')]", more, tools="[who]", tool_use_behavior="'stop_on_first_tool'"),
            "Hi",
            "--context",
            given,
        )
        assert result.stdout == "{'user': 'Ann', 'id': 9007199254740993}\n"


# --- the keyboard


@pytest.mark.skipif(os.name != "posix", reason="signals are a matter of POSIX")
def test_ctrl_c_stops_the_run_and_keeps_it(agent, work, repo_root, run):
    """Exit 130 with the state saved; it goes on from there."""
    more = "import asyncio\nasync def never(request):\n    await asyncio.Event().wait()\n"
    target = agent("[WEATHER, never]", more)
    process = subprocess.Popen(
        [sys.executable, "-m", "timestep", "run", target, "Hi"],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": str(repo_root / "python")},
    )  # fmt: skip
    with process:
        assert process.stderr.readline().startswith("-> get_weather")
        assert process.stderr.readline().startswith("<- get_weather")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
    path = saved_in(work / "home")
    assert (process.returncode, out) == (130, "")
    assert err == f"state     {path}\n  timestep resume {path} --agent {target}\n"
    assert run("resume", path, "--agent", agent("['It is sunny.']")).stdout == "It is sunny.\n"


# --- what happens on the way


def test_what_happens_on_the_way_is_told_on_lines_that_are_cut(capsys):
    """Calls, results, errors, handoffs and guardrails that did something; runs below are indented."""
    printer = Printer(pieces=False)
    about = {"run": "r", "tool": "t", "call_id": "c", "agent": "A"}
    for event in (
        {"type": "run_started", "run": "r", "agent": "A"},
        {"type": "tool_call", "arguments": "x" * 500, **about},
        {"type": "tool_call", **about, "run": "r.1", "arguments": "{}"},
        {"type": "tool_error", "code": "tool-failed", "message": "no\nway", **about},
        {"type": "guardrail", "run": "r", "name": "g", "behavior": "allow"},
        {"type": "guardrail", "run": "r", "name": "g", "behavior": "reject", "message": "not that"},
        {"type": "handoff", "run": "r", "from": "A", "to": "B\x1b"},
        {"type": "turn_finished", "run": "r"},
    ):
        printer.event(event)
    assert capsys.readouterr().err.splitlines() == [
        f"-> t {'x' * 200}... [500 characters]",
        "  -> t {}",
        "<- t: tool-failed: no\\nway",
        "-- guardrail g: reject: not that",
        "-> B\\x1b takes over from A",
    ]


def test_long_waits_are_shown(capsys):
    """U3: who thinks or what runs, until the next event, and never over a line that is being written."""
    log = []

    @contextmanager
    def working(label):
        log.append(label)
        yield
        log.append("done")

    printer = Printer(pieces=True, working=working)
    printer.event({"type": "turn_started", "run": "r", "agent": "A\x1b"})
    assert log == ["A\\x1b thinks"]
    printer.event({"type": "content_delta", "run": "r", "content": "x"})
    assert log == ["A\\x1b thinks", "done"]
    printer.event({"type": "turn_started", "run": "r.1", "agent": "B"})
    assert len(log) == 2
    printer.event({"type": "tool_call", "run": "r", "tool": "t", "agent": "A", "arguments": "{}"})
    printer.pause()
    assert log[2:] == ["t runs", "done"]
    assert capsys.readouterr() == ("x\n", "-> t {}\n")


def test_a_message_that_did_not_come_in_pieces_is_written_whole(capsys):
    """A model may stream nothing; a run below says nothing on stdout."""
    printer = Printer(pieces=True)
    printer.event({"type": "run_started", "run": "r", "agent": "A"})
    printer.event({"type": "content_delta", "run": "r.1", "content": "below"})
    printer.event({"type": "message", "run": "r.1", "content": "below"})
    printer.event({"type": "message", "run": "r", "content": "Hello."})
    printer.end("Hello.")
    assert capsys.readouterr() == ("Hello.\n", "")
