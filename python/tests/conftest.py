"""What every test may ask for: the repository, and the interpreters of the real SDKs."""

import json
import os
from pathlib import Path
from typing import Any

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


@pytest.fixture(scope="session")
def postgres():
    """Return a PostgreSQL server, started for the first test that asks and stopped after the last."""
    from .postgres_server import Server

    server = Server()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    """Return a real browser without a window; a machine that has none fails the test."""
    from .browser import MISSING, Browser, program

    if program() is None:
        pytest.fail(MISSING)
    found = Browser(tmp_path_factory.mktemp("browser"))
    yield found
    found.close()


@pytest.fixture
def database(postgres) -> str:
    """Return the address of an empty PostgreSQL database."""
    return postgres.database()


@pytest.fixture
async def proxy(postgres):
    """Return what stands between a client and the server, and loses answers when told to."""
    from .lossy_proxy import LossyProxy

    async with LossyProxy(postgres.folder) as proxy:
        yield proxy


@pytest.fixture(scope="session")
def old_sdks() -> dict[str, dict[str, Path]]:
    """Return the older releases: family, version, and its Python or the folder that @openai/agents resolves from.

    At least those that `tools/sdk/versions.json` marks as testees are there. `TIMESTEP_OLD_SDKS` may name a file like
    the one `tools/dev.py` records (`.dev/environment.json`).
    """
    return old_releases()


def old_releases(root: Path = REPO_ROOT) -> dict[str, dict[str, Path]]:
    """Return what `old_sdks` gives; a testee that is missing fails the test."""
    other = os.environ.get("TIMESTEP_OLD_SDKS")
    record = json.loads(Path(other).read_text(encoding="utf-8")) if other else recorded(root)
    found = record.get("old")
    if not found:
        pytest.fail(f"no older releases of the SDKs are recorded in .dev; set up with: {SET_UP}", pytrace=False)
    listed = json.loads((root / "tools" / "sdk" / "versions.json").read_text(encoding="utf-8"))
    for family in ("openai-agents-python", "openai-agents-js"):
        for version in (row["version"] for row in listed[family] if row.get("testee")):
            path = found.get(family, {}).get(version)
            if path is None or not Path(path).exists():
                pytest.fail(f"{family} {version} is not installed; set up with: {SET_UP}", pytrace=False)
    return {family: {version: Path(path) for version, path in rows.items()} for family, rows in found.items()}


def needed(name: str, *, holding: str = ".", root: Path = REPO_ROOT) -> Path:
    """Return a path from the environment, else the one `tools/dev.py` recorded; a test without it fails."""
    value = os.environ.get(name) or recorded(root).get(name)
    if not value:
        pytest.fail(f"{name} is not set and nothing is recorded in .dev; set up with: {SET_UP}", pytrace=False)
    path = Path(value)
    if not (path / holding).exists():
        pytest.fail(f"{name} is {path}, where {holding} is missing; set up with: {SET_UP}", pytrace=False)
    return path


def recorded(root: Path) -> dict[str, Any]:
    """Return the paths `tools/dev.py` recorded at its last set-up; under "old" stand those of older releases."""
    record = root / ".dev" / "environment.json"
    return json.loads(record.read_text(encoding="utf-8")) if record.is_file() else {}
