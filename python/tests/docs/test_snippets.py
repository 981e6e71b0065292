"""Bar U5: every snippet of the README and the documentation works as it stands, and prints what is shown below it."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
DOCUMENTS = ["README.md", *sorted(path.relative_to(ROOT).as_posix() for path in ROOT.glob("python/docs/*.md"))]
FIRST_SCREEN = 25  # lines; bar U5
TABLES = {"python/docs/features.md"}  # pages that show no code
LEFT_OUT = shutil.ignore_patterns(
    ".git", ".dev", ".venv", "venv", "node_modules", "__pycache__", ".*_cache", ".hypothesis", ".coverage*", "dist"
)


def _load(name):
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


snippets = _load("snippets")


@pytest.fixture
def model(monkeypatch):
    """Return the variables that lead a run to a model made of rules, on loopback."""
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    from samples.server import ToyServer

    with ToyServer() as server:
        yield {"OPENAI_BASE_URL": server.url, "OPENAI_API_KEY": "dummy"}


@pytest.fixture(scope="session")
def clone(tmp_path_factory):
    """Return a copy of the repository as a person has it after cloning, in which the first block has been run."""
    copy = tmp_path_factory.mktemp("docs") / "timestep"
    shutil.copytree(ROOT, copy, ignore=LEFT_OUT)
    install = snippets.blocks((ROOT / "README.md").read_text(encoding="utf-8"))[0]
    answer = run(install, copy, copy)
    assert answer.returncode == 0, answer.stdout
    return copy


def environment(clone):
    """Return an environment in which `pip install .` finds its requirements without a network.

    They are those of the interpreter that runs the tests; Timestep itself comes from the copy alone.
    """
    dropped = ("TIMESTEP_", "OPENAI_", "PIP_", "VIRTUAL_ENV", "NO_COLOR", "FORCE_COLOR")
    found = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
    folders = [clone / ".venv" / "bin", Path(sys.executable).parent, found.get("PATH", "")]
    return found | {
        "PATH": os.pathsep.join(map(str, folders)),
        "PYTHONPATH": sysconfig.get_path("purelib"),
        "PIP_NO_INDEX": "1",
        "PIP_NO_BUILD_ISOLATION": "0",  # pip reads this one the wrong way round: 0 turns isolation off
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }


def run(block, clone, folder, variables=None):
    """Run a block in a folder and return the finished process, with stdout and stderr in one."""
    command = ["bash", "-euo", "pipefail", "-c", block.text]
    if block.language == "python":
        command = [str(clone / ".venv" / "bin" / "python"), "-c", block.text]
    return subprocess.run(
        command,
        cwd=folder,
        env=environment(clone) | (variables or {}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=100,
    )


@pytest.mark.timeout(300)  # the first of them has to install the package
@pytest.mark.parametrize("document", [document for document in DOCUMENTS if document not in TABLES])
def test_every_snippet_works(clone, tmp_path, model, document):
    """Each block ends as it should, and prints what the document shows; blocks go on where the ones above ended."""
    folder = clone
    if document != "README.md":  # a folder of its own: the documents may give their files the same names
        folder = tmp_path
        (folder / "fixtures").symlink_to(clone / "fixtures")
    variables = {**model, "TIMESTEP_HOME": str(tmp_path / "home")}
    found = snippets.blocks((ROOT / document).read_text(encoding="utf-8"))
    assert found
    for block in found:
        if block.file:
            (folder / block.file).write_text(block.text, encoding="utf-8")
            continue
        answer = run(block, clone, folder, variables)
        at = f"{document}:{block.line}"
        assert answer.returncode == block.status, f"{at} ended with {answer.returncode}:\n{answer.stdout}"
        line = snippets.missing(block.output or "", answer.stdout)
        assert line is None, f"{at} does not print {line!r}, but:\n{answer.stdout}"


def test_the_snippets_use_the_copy(clone):
    """What the blocks run is the Timestep that the first block installed, not the one of the test run."""
    block = snippets.Block("python", 0, "import timestep; print(timestep.__file__)", 0, None)
    assert run(block, clone, clone).stdout.startswith(str(clone / ".venv"))


def test_a_command_works_within_the_first_screen():
    """Bar U5: who opens the README sees a command to run within 25 lines."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    first = snippets.blocks(text)[0]
    assert first.language == "bash"
    assert first.line + first.text.count("\n") + 1 <= FIRST_SCREEN
    assert "timestep check" in first.text


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_lead_somewhere(document):
    """A link to a file of the repository names one that is there."""
    path = ROOT / document
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", path.read_text(encoding="utf-8"))
    local = [link for link in links if "://" not in link]
    assert local
    assert [link for link in local if not (path.parent / link).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_nobody_is_sent_to_the_package_of_others(document):
    """Ruling N10: `timestep` on PyPI is not ours yet."""
    assert "pip install timestep" not in (ROOT / document).read_text(encoding="utf-8")


def test_the_numbers_are_those_that_the_code_reads():
    """The README names the very numbers and packages that are read and written."""
    from timestep.dialects import detect

    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for dialect, package in ((detect.PYTHON, "openai-agents"), (detect.JS, "@openai/agents")):
        assert f"`{package}` {detect.CURRENT[dialect]} ({detect.PACKAGES[dialect]})" in text


def test_the_documents_name_every_verb_and_every_flag():
    """No verb and no assumption flag is left out, and none is invented."""
    from timestep.cli.app import VERBS
    from timestep.dialects.account import FLAGS

    cli = (ROOT / "python/docs/cli.md").read_text(encoding="utf-8")
    assert re.findall(r"^## (\w+)$", cli, re.MULTILINE) == list(VERBS)
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `timestep (\w+)", readme, re.MULTILINE) == list(VERBS)
    conversion = (ROOT / "python/docs/conversion.md").read_text(encoding="utf-8")
    assert dict(re.findall(r"^\| `([a-z-]+)` \| (.*) \|$", conversion, re.MULTILINE)).items() >= FLAGS.items()


@pytest.mark.parametrize(
    ("expected", "printed", "first"),
    [
        ("a\nb\n", "a\nx\nb\n", None),
        ("a\n...\nb\n", "a\nb\n", None),
        ("say ... twice\n", "say it twice\n", None),
        ("b\na\n", "a\nb\n", "a"),
        ("a\n", "aa\n", "a"),
    ],
)
def test_outputs_are_compared_line_by_line(expected, printed, first):
    """The comparison is able to fail: lines must be there, whole and in their order."""
    assert snippets.missing(expected, printed) == first
