"""The testees of the suite, and small ones made for a test."""

import shutil
import sys
from pathlib import Path

import pytest

from timestep_conformance.run import run
from timestep_conformance.testee import Testee

#: A testee whose `serve` a test writes: it is given a request, and gives the members of its answer.
SMALL = """
import json, sys, time
HELLO = {"name": "small", "language": "python", "version": "1", "spec": ["1.0"], "profiles": ["codec"], "features": []}
def send(frame):
    sys.stdout.write(json.dumps(frame) + "\\n")
    sys.stdout.flush()
def serve(request):
    return {"ok": {}}
"""
LOOP = """
for line in sys.stdin:
    request = json.loads(line)
    send({"id": request["id"], **({"ok": HELLO} if request["op"] == "hello" else serve(request))})
"""


@pytest.fixture(scope="session")
def reference(repo_root):
    """Return the command of the reference."""
    return [sys.executable, str(repo_root / "conformance/testees/reference")]


@pytest.fixture(scope="session")
def broken(repo_root):
    """Return what gives the command of the reference with a fault."""
    return lambda fault: [sys.executable, str(repo_root / "conformance/testees/broken/testee.py"), fault]


@pytest.fixture(scope="session")
def null(repo_root):
    """Return what gives the command of a program that knows nothing."""
    return lambda kind: [sys.executable, str(repo_root / "conformance/testees/null/testee.py"), kind]


@pytest.fixture(scope="session")
def perl():
    """Return the program that runs Perl."""
    found = shutil.which("perl")
    assert found is not None, "this test needs Perl: apt-get install perl-base (on any Debian machine it is there)"
    return found


@pytest.fixture
def small(tmp_path):
    """Return what writes a small testee, and gives its command."""

    def write(body="", loop=LOOP):
        path = Path(tmp_path) / "testee.py"
        path.write_text(SMALL + body + loop, encoding="utf-8")
        return [sys.executable, str(path)]

    return write


@pytest.fixture
def asked():
    """Return what asks a testee some cases."""

    def ask(cases, command, **options):
        timeout = options.pop("timeout", 5.0)
        with Testee(command, timeout=timeout) as testee:
            return run(cases, testee, **options)

    return ask
