"""The command in process and as a program, the SDKs' own files, and the schemas of what it prints."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from timestep import RunStateStore, run_agent
from timestep.cli.agents_at import load
from timestep.cli.app import app

VERSIONS = {"python": "openai-agents-python/0.24.0", "js": "openai-agents-js/0.20.0"}


@pytest.fixture
def run(monkeypatch):
    """Return a function that runs the command in this process: words in, result out."""
    for name in ("NO_COLOR", "FORCE_COLOR", "TIMESTEP_TRACEBACK"):
        monkeypatch.delenv(name, raising=False)

    def invoke(*words, stdin=None):
        return CliRunner().invoke(app, [str(word) for word in words], input=stdin)

    return invoke


@pytest.fixture(scope="session")
def program(repo_root):
    """Return a function that runs the command as a program of its own."""

    def start(*words, stdin=b"", env=None):
        return subprocess.run(
            [sys.executable, "-m", "timestep", *map(str, words)],
            input=stdin,
            capture_output=True,
            check=False,
            timeout=30,
            env={**os.environ, "PYTHONPATH": str(repo_root / "python"), **(env or {})},
        )

    return start


@pytest.fixture(scope="session")
def saved(repo_root):
    """Return a function that names the file an SDK wrote for a scenario."""

    def path(scenario, kind="undecided", writer="python") -> Path:
        return repo_root / "fixtures" / VERSIONS[writer] / f"{scenario}.{kind}.json"

    return path


@pytest.fixture(scope="session")
def states(repo_root):
    """Return every run state the SDKs wrote."""
    listed = json.loads((repo_root / "fixtures" / "sources.json").read_text())
    return [repo_root / "fixtures" / entry["file"] for entry in listed if entry["kind"] == "state"]


@pytest.fixture(scope="session")
def printed(repo_root):
    """Return a function that reads the JSON a verb printed and holds it against the verb's schema."""
    folder = repo_root / "spec" / "schema" / "v1"
    schemas = [json.loads(path.read_text()) for path in sorted(folder.glob("*.schema.json"))]
    registry = Registry().with_resources([(schema["$id"], Resource.from_contents(schema)) for schema in schemas])
    by_title = {schema["title"]: schema for schema in schemas}

    def read(result, verb):
        document = json.loads(result.stdout)
        Draft202012Validator(by_title[f"Cli{verb.capitalize()}"], registry=registry).validate(document)
        assert document["format"] == f"timestep.cli-{verb}"
        return document

    return read


@pytest.fixture
def broken(tmp_path, saved):
    """Return a function that writes a copy of an SDK's file in which one text stands for another."""

    def write(old: str, new: str, scenario="one_waiting", kind="undecided", name="broken.json") -> Path:
        text = saved(scenario, kind).read_text()
        assert old in text
        path = tmp_path / name
        path.write_text(text.replace(old, new, 1))
        return path

    return write


@pytest.fixture
def work(tmp_path, monkeypatch):
    """Return an empty current folder with TIMESTEP_HOME in it; what is imported from it is forgotten afterwards."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TIMESTEP_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(sys, "path", [*sys.path])
    yield tmp_path
    for name, module in list(sys.modules.items()):
        if str(getattr(module, "__file__", None) or "").startswith(str(tmp_path)):
            del sys.modules[name]


AGENT = """
from timestep import *
from timestep.testing import ScriptedModel, handoff_to, message, tool_call

sent = []

@function_tool(needs_approval=True)
def send_email(to: str, subject: str = "") -> str:
    '''Send an e-mail.'''
    sent.append(to)
    return f"sent to {to}"

@function_tool
def get_weather(city: str) -> str:
    '''Get the weather.'''
    return f"sunny in {city}"

MAIL = tool_call("send_email", {"to": "ann@example.com", "subject": "Hello"}, "call_mail_1")
WEATHER = tool_call("get_weather", {"city": "Oakland"})
"""


@pytest.fixture
def agent(work):
    """Return a function that writes a module with the agent `agent`, whose model follows a script given as source."""

    def write(script, more="", name="mail.py", **options) -> str:
        options = {"name": "'Mailer'", "tools": "[send_email, get_weather]", **options}
        told = ", ".join(f"{key}={value}" for key, value in options.items())
        text = f"{AGENT}\n{more}\nmodel = ScriptedModel({script})\nagent = Agent(model=model, {told})\n"
        (work / name).write_text(text)
        return f"{name}:agent"

    return write


@pytest.fixture
def loaded():
    """Return a function that gives the module of a file that a verb has loaded."""
    return lambda name="mail.py": sys.modules[f"timestep_agent_file_{name.removesuffix('.py')}"]


@pytest.fixture(params=["sqlite", "postgres"])
def place(request, work):
    """Return the place of a store: a file, and a database."""
    return request.getfixturevalue("database") if request.param == "postgres" else str(work / "runs.sqlite3")


TWO = "[[MAIL, tool_call('send_email', {'to': 'bob', 'subject': 'sk-abcdefghijklmnop'}, 'call_mail_2')], 'Done.']"


@pytest.fixture
def begin(agent):
    """Return a function that has an agent run in a store until it stops, and gives the run's id."""

    def go(place, session="default", target=None, conversation=None):
        store = RunStateStore(session_id=session, connection=place)
        handle = run_agent(load(target or agent(TWO)), "Mail Ann and Bob.", conversation, state_store=store)
        return asyncio.run(handle.result()).run_id

    return go


@pytest.fixture
def waiting(place, begin):
    """Return the words that lead to a store, and a run in it that waits for two decisions."""
    return ["--store", place], begin(place)


@pytest.fixture(autouse=True)
def interruptible():
    """Let Ctrl-C reach the programs under test, also where whoever runs the tests in the background has it ignored."""
    before = signal.getsignal(signal.SIGINT)
    if before is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
