"""What the wheel holds: both packages, the spec and the conformance cases with their fixtures, and nothing else."""

import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

import timestep
import timestep_conformance

# Folder of the repository -> where it stands in the wheel.
PLACES = {
    "python/timestep": "timestep",
    "conformance/timestep_conformance": "timestep_conformance",
    "conformance/cases": "timestep_conformance/_cases",
    "conformance/sets": "timestep_conformance/_sets",
    "fixtures": "timestep_conformance/_fixtures",
    "spec": "timestep/_spec",
}


@pytest.fixture(scope="session")
def wheel(repo_root, tmp_path_factory) -> zipfile.Path:
    """Build the wheel once, with the build backend that is installed, so that no network is needed."""
    folder = tmp_path_factory.mktemp("wheel")
    options = ["--no-deps", "--no-build-isolation", "--no-index", "--quiet", "--disable-pip-version-check"]
    command = [sys.executable, "-m", "pip", "wheel", *options, "--wheel-dir", str(folder), str(repo_root)]
    built = subprocess.run(command, capture_output=True, text=True, check=False, timeout=100)
    assert built.returncode == 0, built.stdout + built.stderr
    (path,) = folder.glob("*.whl")
    return zipfile.Path(path)


def names(wheel: zipfile.Path) -> set[str]:
    """Return the files in the wheel."""
    return {name for name in wheel.root.namelist() if not name.endswith("/")}


def files(folder: Path) -> set[str]:
    """Return the files in a folder of the repository, without those Python leaves behind."""
    found = (path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(folder).as_posix() for path in found}


def test_every_file_of_the_packages_and_of_the_spec_is_in_the_wheel(repo_root, wheel):
    """Ruling N10: one wheel holds both packages, typed, with the spec and the cases as their data."""
    expected = {f"{target}/{file}" for place, target in PLACES.items() for file in files(repo_root / place)}
    assert expected - names(wheel) == set()
    assert {"timestep/py.typed", "timestep_conformance/py.typed"} <= names(wheel)


def test_the_spec_is_in_the_wheel(wheel):
    """An installed `timestep explain` reads the spec that came with it."""
    assert any(name.startswith("timestep/_spec/") for name in names(wheel))


def test_nothing_else_is_in_the_wheel(repo_root, wheel):
    """No tests or tools are installed, and nothing under another top-level name."""
    tops = {name.split("/")[0] for name in names(wheel)}
    version = project(repo_root)["version"]
    assert tops == {"timestep", "timestep_conformance", f"timestep-{version}.dist-info"}
    assert not [name for name in names(wheel) if "node_modules" in name or "/tests/" in name]


def test_the_wheel_installs_the_command(wheel):
    """The wheel brings the commands `timestep` and `timestep-conformance`, and its license."""
    (folder,) = [entry for entry in wheel.iterdir() if entry.name.endswith(".dist-info")]
    commands = (folder / "entry_points.txt").read_text(encoding="utf-8").splitlines()
    assert {"timestep = timestep.cli.app:main", "timestep-conformance = timestep_conformance.cli:main"} <= set(commands)
    assert "Timestep contributors" in (folder / "licenses" / "LICENSE").read_text(encoding="utf-8")


def test_the_versions_agree(repo_root):
    """The version stands in three places, and says the same in each."""
    version = project(repo_root)["version"]
    assert (timestep.__version__, timestep_conformance.__version__) == (version, version)


def project(repo_root: Path) -> dict:
    """Return the project table of pyproject.toml."""
    return tomllib.loads((repo_root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
