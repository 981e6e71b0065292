"""Which agent MODULE:AGENT means, and how a wrong name or a module that can't be loaded is told."""

import json

import pytest

import timestep


def test_an_agent_is_named_by_module_or_file_or_maker(run, agent, work):
    """A dotted module of the current folder, a file with its neighbours, and a function without arguments."""
    agent("['Hello.', 'Hello.']")
    (work / "sub").mkdir()
    (work / "sub" / "near.py").write_text("name = 'Near'\n")
    (work / "sub" / "made.py").write_text(
        "import near, mail\ndef make():\n    return mail.agent.clone(name=near.name)\n"
    )
    assert run("run", "mail:agent", "Hi").stdout == "Hello.\n"
    assert json.loads(run("run", "sub/made.py:make", "Hi", "--format", "json").stdout)["agent"] == "Near"


def test_an_agent_of_openai_agents_runs_too(run, work):
    """R5: an `Agent` of that package is read as ours, in a file of any name."""
    pytest.importorskip("agents")
    (work / "agents.py").unlink(missing_ok=True)
    (work / "theirs.py").write_text(
        "import agents\nfrom timestep.testing import ScriptedModel\n"
        "class Theirs(agents.Model):\n"
        "    async def get_response(self, *a, **k):\n"
        "        from openai.types.responses import ResponseOutputMessage, ResponseOutputText\n"
        "        text = ResponseOutputText(text='Hello.', type='output_text', annotations=[])\n"
        "        said = ResponseOutputMessage(id='m', content=[text], role='assistant', status='completed',"
        " type='message')\n"
        "        return agents.ModelResponse(output=[said], usage=agents.Usage(), response_id=None)\n"
        "    def stream_response(self, *a, **k):\n        raise NotImplementedError\n"
        "agent = agents.Agent(name='Theirs', model=Theirs())\n"
    )
    result = run("run", "theirs.py:agent", "Hi")
    assert (result.stdout, result.exit_code) == ("Hello.\n", 0), result.stderr


@pytest.mark.parametrize(
    ("target", "message", "hint"),
    [
        ("mail.py:agnet", "mail.py has no 'agnet'", "did you mean agent"),
        ("mail.py:nothing_like_it", "has no 'nothing_like_it'", "it has mail.py:agent"),
        ("mail.py", "no agent is named", "it has mail.py:agent"),
        ("mial.py:agent", "there is no file mial.py", "did you mean mail.py?"),
        ("mial:agent", "there is no module mial", "did you mean mail?"),
        ("no/such.py:agent", "there is no file no/such.py", ""),
        ("mail.sub:agent", "there is no module mail.sub", "did you mean mail?"),
        ("a b:agent", "'a b' names no module", "weather.py:agent"),
        (":agent", "':agent' names no module", "weather.py:agent"),
        ("mail.py:MAIL", "is no agent, but of the type dict", "it has mail.py:agent"),
        ("mail.py:handoff_to", "is no agent, but of the type function", "it has mail.py:agent"),
    ],
)
def test_a_wrong_name_is_wrong_usage_and_says_what_was_meant(run, agent, target, message, hint):
    """Exit 2, and the name that is nearest."""
    agent("[]")
    result = run("run", target, "Hi")
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr
    assert hint in result.stderr


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("x = 1\nraise KeyError('k')\n", "can't load bad.py: KeyError: 'k'", "TIMESTEP_TRACEBACK=1"),
        ("x = 1\nif\n", "can't load bad.py: SyntaxError: ", "TIMESTEP_TRACEBACK=1"),
        ("x = 1\nimport no_such_package\n", "ModuleNotFoundError", "install no_such_package"),
        ("x = 1\nraise SystemExit\n", "it ended the program", "__main__"),
        ("import json\njson.loads('{')\n", "JSONDecodeError", "TIMESTEP_TRACEBACK=1"),
    ],
)
def test_a_module_that_can_not_be_loaded_is_told_with_its_line(run, work, text, message, hint):
    """The user's own faults are told as theirs, at the line they stand in."""
    (work / "bad.py").write_text(text)
    result = run("run", "bad.py:agent", "Hi")
    assert result.exit_code == 2
    assert message in result.stderr
    assert f"  --> {work / 'bad.py'}:2\n" in result.stderr
    assert hint in result.stderr


def test_what_a_module_lacks_is_not_taken_for_the_module(run, work):
    """By its dotted name, too, a module that imports something missing is told at its line."""
    (work / "bad.py").write_text("import no_such_package\n")
    result = run("run", "bad:agent", "Hi")
    assert result.exit_code == 2
    assert "can't load bad: ModuleNotFoundError: No module named 'no_such_package'" in result.stderr
    assert f"  --> {work / 'bad.py'}:1\n" in result.stderr


def test_an_agent_that_can_not_be_used_is_refused_as_such(run, agent, monkeypatch):
    """What is an agent but can't be mapped keeps its own error."""

    def refuse(_value):
        raise timestep.UserError("it has a voice", code="interop-unsupported")

    monkeypatch.setattr("timestep.cli.agents_at.as_agent", refuse)
    assert "error[interop-unsupported]: it has a voice" in run("run", agent("[]"), "Hi").stderr


def test_a_module_that_can_not_be_loaded_shows_its_traceback_when_asked(run, work, monkeypatch):
    """TIMESTEP_TRACEBACK=1 is for those who mend it."""
    monkeypatch.setenv("TIMESTEP_TRACEBACK", "1")
    (work / "bad.py").write_text("1 / 0\n")
    assert isinstance(run("run", "bad.py:agent", "Hi").exception, ZeroDivisionError)


def test_a_maker_that_fails_is_told_with_its_line(run, work):
    """Likewise for a function that makes the agent."""
    (work / "bad.py").write_text("def make():\n    raise ValueError('no key')\n")
    result = run("run", "bad.py:make", "Hi")
    assert result.exit_code == 2
    assert "error[usage]: bad.py:make makes no agent: ValueError: no key" in result.stderr
    assert "bad.py:2" in result.stderr
