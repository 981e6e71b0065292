"""The bench of older numbers measures every release that is kept; how long anything takes is no test."""

import json
import subprocess
import sys


def test_every_older_release_is_measured(repo_root):
    """There is a ratio for each archive of fixtures, each from readings that took some time."""
    command = [sys.executable, "tools/bench/run.py", "older", "--rounds", "1", "--format", "json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60, cwd=repo_root)
    found = {(row["family"], row["version"]) for row in json.loads(done.stdout)["ratios"] if row["ratio"] > 0}
    kept = (repo_root / "fixtures").glob("*/*.tar.xz")
    assert found == {(path.parent.name, path.name.removesuffix(".tar.xz")) for path in kept}
