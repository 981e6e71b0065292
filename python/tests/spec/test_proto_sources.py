"""The protobuf sources are clean, and the committed Python code is theirs."""

import shutil
import subprocess
import sys

import pytest


@pytest.fixture
def copy(repo_root, tmp_path):
    """Return a copy of the sources and of the code made of them."""
    shutil.copytree(repo_root / "proto", tmp_path / "proto")
    shutil.copytree(
        repo_root / "python/timestep/v1", tmp_path / "python/timestep/v1", ignore=shutil.ignore_patterns("__pycache__")
    )
    return tmp_path


def checked(repo_root, root):
    """Return exit code and output of the check of a folder."""
    command = [sys.executable, repo_root / "tools/check_proto.py", root]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    return done.returncode, done.stdout + done.stderr


def test_the_sources_are_clean_and_their_code_is_committed(repo_root, copy):
    """`buf lint` (STANDARD and COMMENTS) and `buf build` have nothing to say, and python/timestep/v1 is up to date."""
    assert checked(repo_root, copy) == (0, "")


PLANTED = {
    "a field without a comment": ("// Id of the tree.\n  ", "", "id"),
    "a name of another style": ("string id = 4;", "string Id = 4;", "lower_snake_case"),
    "a type that is not there": ("Usage usage = 8", "Costs usage = 8", "Costs"),
    "another format": ("string id = 4;", "string  id = 4;", "format"),
    "a number changed": ("string id = 4;", "string id = 14;", "gen_proto.py --write"),
}


@pytest.mark.parametrize("fault", PLANTED)
def test_a_planted_fault_is_found(repo_root, copy, fault):
    """The check is able to fail: comments, names, types, format, and code that is stale."""
    old, new, told = PLANTED[fault]
    path = copy / "proto/timestep/v1/run_state.proto"
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")
    code, output = checked(repo_root, copy)
    assert code == 1
    assert told in output


def test_the_newest_runtime_loads_the_code(repo_root, tmp_path):
    """The code is made with the lowest supported tools, and the newest protobuf reads and writes with it."""
    target = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", tmp_path, "protobuf==7.36.2"]
    subprocess.run([*target, "--disable-pip-version-check"], check=True, timeout=100, capture_output=True)
    code = """
import google.protobuf, sys
assert google.protobuf.__version__ == "7.36.2", google.protobuf.__version__
from timestep import read, write
there = write(read(__import__("pathlib").Path(sys.argv[1])), "timestep+proto").data
print(len(read(there).document.runs))
"""
    saved = repo_root / "fixtures/openai-agents-python/0.24.0/one_waiting.undecided.json"
    environment = {"PYTHONPATH": f"{tmp_path}:{repo_root / 'python'}", "PATH": ""}
    command = [sys.executable, "-W", "error", "-c", code, saved]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30, env=environment)
    assert (done.stdout, done.stderr) == ("1\n", "")
