"""The JavaScript SDK as a testee: what it does differently is known, each group with its reason, and nothing else is."""

import json
import os
import re
import sys

import pytest

from timestep_conformance import cases
from timestep_conformance import known as known_failures
from timestep_conformance.payloads import filled
from timestep_conformance.run import FAILED, OK
from timestep_conformance.testee import Testee

FOLDER = "conformance/testees/typescript"


@pytest.fixture(scope="session")
def typescript(repo_root, tmp_path_factory):
    """Return the command of the testee, with what it needs of the machine."""
    missing = [name for name in ("TIMESTEP_NODE", "TIMESTEP_SDK_JS") if not os.environ.get(name)]
    assert not missing, f"this test needs {missing}: run it by python3 tools/dev.py test"
    folder = tmp_path_factory.mktemp("typescript")
    command = folder / "testee.sh"
    words = [os.environ["TIMESTEP_NODE"], str(repo_root / FOLDER / "testee.mjs")]
    os.environ["TIMESTEP_COMMAND"] = f"'{sys.executable}' -m timestep"
    del command
    return words


@pytest.fixture(scope="session")
def known(repo_root):
    """Return what reads the list of what the SDK does differently."""
    return lambda: known_failures.read(repo_root / "conformance/known-failing/typescript.json")
