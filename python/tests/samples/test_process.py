"""A sample runs in a process of its own, sees nothing but its own folder and the toy server, and is observed."""

import json
from pathlib import Path

import pytest

from samples import hosts, process
from samples.observe import is_loopback
from samples.process import Program


def run(source, **options):
    """Run a program that stands in line 7 of a page."""
    return process.run([Program("page.md", 7, source, **options)])


def test_it_runs_code_that_awaits_at_the_top():
    """What comes before and after runs in the same module and the same event loop."""
    source = "import asyncio\nawait asyncio.sleep(0)\nloop = asyncio.get_running_loop()"
    found = run(source, prelude="first = 1\n", epilogue="print(first, loop is asyncio.get_running_loop())\n")
    assert (found.status, found.stdout, found.stderr) == (0, "1 True\n", "")
    assert found.noted("end") == [{"kind": "end", "type": None}]


def test_it_runs_code_that_has_a_loop_of_its_own():
    """`asyncio.run` is left to the sample where nothing awaits at the top."""
    found = run("import asyncio\nasync def main():\n    print(__name__)\nasyncio.run(main())")
    assert (found.status, found.stdout) == (0, "__main__\n")


def test_calls_of_its_functions_are_noted():
    """Also of asynchronous ones; docstrings stay where they are."""
    source = "import asyncio\ndef f():\n    'told'\nasync def g():\n    f()\nf()\nasyncio.run(g())\nprint(f.__doc__)"
    found = run(source)
    assert found.called == ["f", "g", "f"]
    assert found.stdout == "told\n"


def test_an_error_leads_to_the_line_of_the_page():
    """The traceback names the page and the line in it."""
    found = run("x = 1\nraise ValueError('no')")
    assert found.status == 1
    assert 'File "page.md", line 8' in found.stderr
    assert "worker.py" not in found.stderr
    assert found.noted("end")[0]["type"] == "ValueError"


def test_it_sees_little_of_the_world(monkeypatch):
    """Its folder is empty, its home its own, its keys open nothing, and no variable of ours gets through."""
    monkeypatch.setenv("SAMPLES_SECRET", "x")
    source = "import json, os\nprint(json.dumps([dict(os.environ), os.listdir(), os.getcwd()]))"
    variables, files, folder = json.loads(run(source).stdout)
    assert "SAMPLES_SECRET" not in variables
    assert files == []
    assert hosts.KEYS.items() <= variables.items()
    assert variables["OPENAI_BASE_URL"].startswith("http://127.0.0.1:")
    assert Path(variables["TIMESTEP_HOME"]).parent == Path(folder).parent == Path(variables["HOME"])


def test_its_environment_can_be_another():
    """A variable is set to another value, or not set."""
    source = "import os\nprint([os.environ.get(name) for name in ('OLLAMA_API_KEY', 'OPENAI_API_KEY', 'OTHER')])"
    found = run(source, environment=(("OLLAMA_API_KEY", None), ("OTHER", "x")))
    assert found.stdout == f"[None, {hosts.KEYS['OPENAI_API_KEY']!r}, 'x']\n"


@pytest.mark.parametrize("host", ["192.0.2.1", "api.openai.com", "2001:db8::1"])
def test_nothing_leaves_the_machine(host):
    """A connection elsewhere is refused before it is made, and noted."""
    attempt = f"socket.create_connection(({host!r}, 443), 1)"
    source = f"import socket\ntry:\n    {attempt}\nexcept PermissionError:\n    print('no')"
    found = run(source)
    assert found.stdout == "no\n"
    assert found.noted("outside")[0]["host"] == host


@pytest.mark.parametrize(
    ("host", "inside"),
    [("127.0.0.1", True), ("::1", True), ("localhost", True), (b"localhost", True), ("10.0.0.1", False)],
)
def test_loopback_is_told_from_other_hosts(host, inside):
    """Private networks are outside too."""
    assert is_loopback(host) is inside


def test_programs_in_a_row_share_what_is_stored():
    """The second finds what the first has left; what it did is what is told."""
    first = Program("page.md", 1, "import os\nopen(os.environ['HOME'] + '/left', 'w').close()\nprint('first')")
    second = Program("page.md", 1, "import os\nprint(os.path.exists(os.environ['HOME'] + '/left'))")
    assert process.run([first, second]).stdout == "True\n"
    broken = Program("page.md", 1, "raise SystemError('first')")
    assert "first" in process.run([broken, second]).stderr


def test_it_finds_the_files_it_names(tmp_path, monkeypatch):
    """They are copies, so that a sample can't change what is beside the page; what it writes is told."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.txt").write_text("kept")
    monkeypatch.chdir(tmp_path)
    source = "p = __import__('pathlib').Path('data/a.txt')\nprint(p.read_text())\np.write_text('changed')"
    found = run(source, epilogue="p.with_name('b.jsonl').write_text('{}\\n')\n", files=("data/a.txt",))
    assert (found.stdout, found.lines) == ("kept\n", ("{}",))
    assert (tmp_path / "data" / "a.txt").read_text() == "kept"


def test_it_reads_the_answers_it_is_given():
    """What a sample asks on the terminal is answered; without answers it finds the end of the input."""
    assert run("print(input())", answers="y\n").stdout == "y\n"
    assert run("import sys\nprint(repr(sys.stdin.read()))").stdout == "''\n"


def test_a_sample_that_does_not_end_is_ended(monkeypatch):
    """It is bounded, and what it printed before is kept."""
    monkeypatch.setattr(process, "LONGEST_S", 3.0)
    found = run("import threading\nprint('begun', flush=True)\nthreading.Event().wait()")
    assert found.status is None
    assert found.stdout == "begun\n"
    assert "took more than" in found.stderr


def test_requests_are_told():
    """What the model was asked, and what it answered, is part of the evidence."""
    request = "client.responses.create(model='m', input='What is 2+3?')"
    source = f"from openai import OpenAI\nwith OpenAI() as client:\n    {request}"
    found = run(source)
    assert found.status == 0, found.stderr
    assert found.last == "2+3 is 5."
