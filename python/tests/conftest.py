"""What every test may ask for: the repository, and the interpreters of the real SDKs."""

import json
import os
from pathlib import Path

import pytest

REPO_ROOT = Path(__file__).resolve().parents[2]
SET_UP = "python3 tools/dev.py test"


@pytest.fixture(scope="session")
def repo_root() -> Path:
    """Return the root of the repository."""
    return REPO_ROOT


@pytest.fixture(scope="session")
def node() -> Path:
    """Return a Node that is new enough for the JavaScript SDK."""
    return needed("TIMESTEP_NODE")


@pytest.fixture(scope="session")
def sdk_js_dir() -> Path:
    """Return the folder whose `node_modules` holds @openai/agents."""
    return needed("TIMESTEP_SDK_JS", holding="node_modules/@openai/agents/package.json")


@pytest.fixture(scope="session")
def sdk_python() -> Path:
    """Return a Python that has openai-agents."""
    return needed("TIMESTEP_SDK_PYTHON")


def needed(name: str, *, holding: str = ".", root: Path = REPO_ROOT) -> Path:
    """Return a path from the environment, else the one `tools/dev.py` recorded; a test without it fails."""
    value = os.environ.get(name) or recorded(root).get(name)
    if not value:
        pytest.fail(f"{name} is not set and nothing is recorded in .dev; set up with: {SET_UP}", pytrace=False)
    path = Path(value)
    if not (path / holding).exists():
        pytest.fail(f"{name} is {path}, where {holding} is missing; set up with: {SET_UP}", pytrace=False)
    return path


def recorded(root: Path) -> dict[str, str]:
    """Return the paths `tools/dev.py` recorded at its last set-up."""
    record = root / ".dev" / "environment.json"
    return json.loads(record.read_text(encoding="utf-8")) if record.is_file() else {}
