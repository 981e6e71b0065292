"""The real SDKs, as long-lived workers: one process of each for the whole session."""

import os
import sys
from pathlib import Path

import pytest

TOOLS = Path(__file__).resolve().parents[3] / "tools" / "sdk"
sys.path.insert(0, str(TOOLS))

from client import Worker  # noqa: E402  (a script folder, not a package)

from .old import CURRENT, Resumes  # noqa: E402  (it needs that folder too)


@pytest.fixture(scope="session")
def python_worker(sdk_python):
    """Return the worker around `openai-agents`."""
    with Worker([str(sdk_python), str(TOOLS / "worker.py")]) as worker:
        yield worker


@pytest.fixture(scope="session")
def js_worker(node, sdk_js_dir):
    """Return the worker around `@openai/agents`."""
    with pytest.MonkeyPatch.context() as patch:
        if sdk_js_dir.resolve() != (TOOLS / "js").resolve():
            patch.setitem(os.environ, "TIMESTEP_JS_SDK", str(sdk_js_dir))
        with Worker([str(node), str(TOOLS / "js" / "worker.mjs")]) as worker:
            yield worker


@pytest.fixture(scope="session")
def workers(python_worker, js_worker):
    """Return the workers by the name of the family they stand for."""
    return {"openai-agents-python": python_worker, "openai-agents-js": js_worker}


@pytest.fixture(scope="session")
def resumes(workers):
    """Return what lets the current SDKs resume old states, and asks them nothing twice."""
    return Resumes({CURRENT[family]: worker for family, worker in workers.items()})


def pytest_terminal_summary(terminalreporter):
    """Print what the tests have counted."""
    reports = [*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")]
    for report in reports:
        for name, value in report.user_properties if report.when == "call" else ():
            terminalreporter.write_line(f"{name}: {value}")
