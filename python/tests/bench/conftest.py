"""Loads what the benches are made of."""

import importlib
import sys

import pytest


@pytest.fixture
def bench(repo_root, monkeypatch):
    """Return a function that loads a module of the bench; what it has loaded is forgotten again."""
    before = set(sys.modules)
    monkeypatch.setattr(sys, "path", [str(repo_root / "tools" / "bench"), *sys.path])
    yield importlib.import_module
    tools = str(repo_root / "tools")
    for name in set(sys.modules) - before:
        if (getattr(sys.modules[name], "__file__", None) or "").startswith(tools):
            del sys.modules[name]
