"""`timestep chat`: lines in, answers out; decisions, commands, and what Ctrl-C and the end of the input do."""

import os
import select
import subprocess
import sys

import pytest

import timestep


def test_each_line_is_answered_and_remembered(run, agent, loaded):
    """The conversation is kept in the session `default`, and goes on with the next start."""
    result = run("chat", agent("['Hello.', 'Fine.']"), stdin="Hi\n\nHow are you?\n")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "Hello.\nFine.\n", "")
    run("chat", agent("['Still here.']"), stdin="Hi again")
    said = [item["role"] for item in loaded().model.requests[0].input]
    assert said == ["user", "assistant", "user", "assistant", "user"]


def test_a_conversation_may_be_forgotten_at_the_end(run, agent, work):
    """--no-session keeps it in memory alone; within it, it is remembered."""
    result = run("chat", agent("['Hello.', lambda request: str(len(request.input))]"), "--no-session", stdin="a\nb\n")
    assert result.stdout == "Hello.\n3\n"
    assert not (work / "home").exists()
    words = ["--no-session", "--session", "trip"]
    assert "contradict" in run("chat", agent("[]"), *words, stdin="").stderr


def test_decisions_are_asked_for(run, agent, loaded):
    """The line after a question is its answer."""
    target = agent("[[MAIL], 'Done.', 'Bye.']")
    result = run("chat", target, stdin="Mail Ann.\ny\nThanks.\n")
    assert (result.exit_code, result.stdout) == (0, "Done.\nBye.\n")
    assert loaded().sent == ["ann@example.com"]


def test_a_call_left_for_later_ends_the_conversation_with_its_run_saved(run, agent, work):
    """Exit 3, and how to go on in the same session."""
    for options, stdin in (([], "Mail Ann.\nlater\n"), (["--approve", "none"], "Mail Ann.\nHi\n")):
        result = run("chat", agent("[[MAIL]]"), "--session", "trip", *options, stdin=stdin)
        (path,) = (work / "home").glob("run_*.json")
        assert result.exit_code == 3
        hint = f"timestep resume {path} --agent mail.py:agent --session trip --approve call_mail_1\n"
        assert result.stderr.endswith(hint)
        path.unlink()
    assert "--session" not in run("chat", agent("[[MAIL]]"), "--no-session", stdin="Mail Ann.\nl\n").stderr


def test_a_failure_is_told_and_the_conversation_goes_on(run, agent):
    """The exit status is that of the last answer."""
    target = agent("[ModelError('overloaded'), 'Hello.', ModelError('overloaded')]")
    result = run("chat", target, stdin="Hi\nHi\n")
    assert (result.exit_code, result.stdout) == (0, "Hello.\n")
    assert result.stderr.count("overloaded") == 1
    assert run("chat", agent("[ModelError('overloaded')]"), stdin="Hi\n").exit_code == 1


def test_who_took_over_goes_on(run, agent):
    """After a handoff the next line goes to the other agent; /clear goes back to the first."""
    more = "other = Agent(name='Other', model=ScriptedModel(['I am Other.', 'Still Other.'], prefix='o'))\n"
    target = agent("[handoff_to('Other'), 'I am Mailer.']", more, handoffs="[other]")
    result = run("chat", target, stdin="Other, please.\nWho?\n/clear\nWho?\n")
    assert result.stdout == "I am Other.\nStill Other.\nI am Mailer.\n"
    assert "-> Other takes over from Mailer\n" in result.stderr


def test_commands(run, agent, work):
    """/help, /clear and /save do what they say, unknown ones are told, and /quit ends."""
    lines = "/save\nHi\n/save run.json\n/save run.json\n/save\n/clear\n/heLp me\n /no command\n/help\n/quit\nHi\n"
    result = run("chat", agent("['Hello.', lambda request: str(len(request.input))]"), stdin=lines)
    assert (result.exit_code, result.stdout) == (0, "Hello.\n1\n")
    assert timestep.read(work / "run.json").document.runs[0].step.output == "Hello."
    told = result.stderr
    assert told.startswith("there is nothing to save yet\nstate     run.json\nerror[output-exists]: ")
    assert len(list((work / "home").glob("run_*.json"))) == 1
    assert "the conversation is forgotten\nthere is no command /heLp; " in told
    assert "/clear        forgets the conversation" in told


def test_input_that_is_no_text_is_refused(run, agent):
    """Bytes that are not UTF-8 end the conversation with exit 2."""
    result = run("chat", agent("[]"), stdin=b"\xff\n")
    assert result.exit_code == 2
    assert result.stderr.startswith("error[io]: can't read <stdin>: ")
    assert "give the context as JSON" in run("chat", agent("[]"), "--context", "@-").stderr


# --- on a terminal

NEVER = "import asyncio\nasync def never(request):\n    await asyncio.Event().wait()\n"
CTRL_C, CTRL_D = b"\x03", b"\x04"


@pytest.mark.skipif(os.name != "posix", reason="terminals of this kind are a matter of POSIX")
def test_ctrl_c_stops_an_answer_and_ctrl_d_the_conversation(agent, repo_root):
    """On a terminal: a prompt, an answer that is stopped, a question that is not answered, and the end."""
    target = agent("[WEATHER, never, 'Hello.', [MAIL], 'Fine.']", NEVER)
    with Terminal([sys.executable, "-m", "timestep", "chat", target], repo_root) as terminal:
        terminal.until("Mailer listens; /help tells the commands.")
        terminal.until("> ")
        terminal.type("How is it?\n", until="<- get_weather: sunny in Oakland")
        terminal.interrupt(until="stopped")
        terminal.until("> ")
        terminal.interrupt(until="/quit or Ctrl-D ends")
        terminal.until("> ")
        terminal.type("Hi\n", until="Hello.")
        terminal.until("> ")
        terminal.type("Mail Ann.\n", until="[l]ater? ")
        terminal.interrupt(until="stopped")
        terminal.until("> ")
        terminal.type("Well?\n", until="Fine.")
        terminal.until("> ")
        assert terminal.end(CTRL_D) == 0


class Terminal:
    """A program on a terminal of its own."""

    def __init__(self, command, repo_root):
        self._master, slave = os.openpty()
        env = {**os.environ, "PYTHONPATH": str(repo_root / "python"), "NO_COLOR": "1", "TERM": "dumb"}
        take = (
            f"import fcntl, os, termios; os.setsid(); fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execv({command[0]!r}, "
        )
        # The terminal becomes the program's own, so that Ctrl-C reaches it as a signal.
        words = [sys.executable, "-c", f"{take}{command!r})"]
        self._process = subprocess.Popen(words, stdin=slave, stdout=slave, stderr=slave, env=env)
        os.close(slave)
        self._seen = ""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait(5)
        os.close(self._master)

    def until(self, text):
        """Read until a text has come."""
        while text not in self._seen:
            assert self._comes(5), f"{text!r} does not come: {self._seen!r}"
            try:
                self._seen += os.read(self._master, 4096).decode()
            except OSError as error:
                raise AssertionError(f"it ended before {text!r}: {self._seen!r}") from error
        self._seen = self._seen.partition(text)[2]

    def type(self, text, until):
        """Type a text and read until another one has come."""
        os.write(self._master, text.encode())
        self.until(until)

    def interrupt(self, until):
        """Press Ctrl-C, once more where Python was about to wait for a key and has not noticed, and read on."""
        os.write(self._master, CTRL_C)
        if until not in self._seen and not self._comes(1):
            os.write(self._master, CTRL_C)
        self.until(until)

    def _comes(self, seconds):
        """Tell whether there is more to read."""
        return bool(select.select([self._master], [], [], seconds)[0])

    def end(self, text):
        """Press a key and return the exit status that follows."""
        os.write(self._master, text)
        return self._process.wait(10)
