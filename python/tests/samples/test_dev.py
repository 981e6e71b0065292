"""The `samples` and `test` commands of tools/dev.py: what they run, from where, and how."""

import importlib
import os
from pathlib import Path

import pytest


@pytest.fixture
def commands(monkeypatch):
    """Return the commands of tools/dev.py, with nothing set up and nothing started."""
    module = importlib.import_module("devtools.commands")
    module.started = []
    monkeypatch.setattr(module, "prepare", lambda _: {"A": "1"})
    monkeypatch.setattr(module, "_run", lambda command, environment: module.started.append((command, environment)) or 0)
    return module


def test_places_are_those_of_the_folder_it_is_called_in(commands, tmp_path, monkeypatch, repo_root):
    """The samples run from the repository's root, so a relative place is made absolute first."""
    monkeypatch.chdir(tmp_path)
    assert commands.samples(["--postgres", "pages", "/other"]) == 0
    ((command, environment),) = commands.started
    assert command[1:] == ["-m", "samples", "--postgres", str(tmp_path / "pages"), str(Path("/other").absolute())]
    paths = os.pathsep.join(map(str, (commands.TOOLS, repo_root / "python" / "tests")))
    assert environment == {"A": "1", "PYTHONPATH": paths}


def test_without_a_place_it_runs_our_own_samples(commands, repo_root):
    """The README and the guides."""
    commands.samples([])
    ((command, _),) = commands.started
    places = command[3:]
    assert places == ["README.md", "python/docs"]
    assert all((repo_root / place).exists() for place in places)


def test_the_arguments_go_to_the_samples(commands, monkeypatch):
    """`tools/dev.py samples PLACE` hands the place on."""
    dev = importlib.import_module("dev")
    monkeypatch.setattr(commands, "samples", lambda places: len(places) + 40)
    assert dev.run(["samples", "a", "b"]) == 42


def test_all_tests_run_on_all_cores_and_chosen_ones_as_they_are_asked_for(commands):
    """`tools/dev.py test` starts a process a core; with arguments, pytest gets these and nothing else."""
    commands.test([])
    commands.test(["python/tests/layers", "-x"])
    everything, chosen = [command[1:] for command, _ in commands.started]
    assert everything == ["-m", "pytest", "-n", "auto", "--dist", "loadfile", "--no-loadscope-reorder"]
    assert chosen == ["-m", "pytest", "python/tests/layers", "-x"]
