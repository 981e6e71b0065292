"""Every line and branch of the floors that decide what a run does is gone through by a test."""

import json
import os
import subprocess
import sys

import pytest

from .test_floors import room_of

#: What is measured, below python/timestep.
FLOORS = ("types", "errors.py", "codec", "storage", "loop")
#: Tests that go through all of it without what takes long: bounds of time, mutants, runs by chance.
TESTS = (
    "agent/test_stops.py",
    "codec",
    "loop/test_cases.py::test_a_case_goes_as_it_says",
    "loop/test_cases.py::test_a_case_goes_the_same_when_the_run_is_saved_at_every_step",
    "loop/test_cases.py::test_no_call_is_left_without_an_output",
    "loop/test_journaling.py",
    "loop/test_purity.py",
    "loop/test_telling.py",
    "storage",
    "types",
)
NOT = (
    "codec/test_diff.py::test_long_lists",
    "codec/test_seal.py::test_every_change_of_one_byte_is_refused",
)
#: What the tests run in: branches too, and nothing but the floors.
SETTINGS = """[run]
branch = true
data_file = {folder}/data
source = {source}
[report]
include = {include}
omit = {omit}
exclude_also =
    if TYPE_CHECKING:
    @overload
"""


def settings(folder, package):
    """Write the settings of a measurement into a folder and return their path."""
    paths = [package / floor for floor in FLOORS]
    include = ",".join(f"{path}/*" if path.is_dir() else str(path) for path in paths)
    rooms = {path: room_of(f"timestep.loop.{path.stem}") for path in (package / "loop").glob("*.py")}
    omit = ",".join(str(path) for path, room in rooms.items() if room != "loop")
    path = folder / "coveragerc"
    path.write_text(SETTINGS.format(folder=folder, source=package, include=include, omit=omit), encoding="utf-8")
    return path


def measured(tests, config, root):
    """Run tests under measurement; return what is left out, by file: lines and branches."""
    cover = [sys.executable, "-m", "coverage"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    run = subprocess.run(
        [*cover, "run", f"--rcfile={config}", "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests],
        cwd=root,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode in {0, 1}, run.stdout[-2000:] + run.stderr[-2000:]  # a test that fails says so itself
    told = config.with_name("told.json")
    report = [*cover, "json", f"--rcfile={config}", "-q", "-o", told]
    subprocess.run(report, cwd=root, env=environment, check=True, capture_output=True)
    files = json.loads(told.read_text(encoding="utf-8"))["files"]
    return {
        name: [*found["missing_lines"], *found["missing_branches"]]
        for name, found in files.items()
        if found["missing_lines"] or found["missing_branches"]
    }, len(files)


@pytest.mark.timeout(300)
def test_the_floors_below_and_the_loop_are_covered_in_full(repo_root, tmp_path):
    """HOUSE style: branch coverage of floors 0, 1 and 3 is 100%."""
    tests = [f"python/tests/{name}" for name in TESTS]
    config = settings(tmp_path, repo_root / "python" / "timestep")
    left_out, count = measured([*tests, *(f"--deselect=python/tests/{name}" for name in NOT)], config, repo_root)
    assert count > 40
    assert left_out == {}


def test_what_no_test_goes_through_is_reported(repo_root, tmp_path):
    """The measurement is able to fail: tests of the types alone leave out most."""
    left_out, _ = measured(["python/tests/types"], settings(tmp_path, repo_root / "python" / "timestep"), repo_root)
    assert any(name.endswith("loop/turn.py") for name in left_out)
