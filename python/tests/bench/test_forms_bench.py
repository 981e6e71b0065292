"""The bench of forms measures both at every length; how long anything takes is no test."""

import json
import subprocess
import sys


def test_both_forms_are_measured_at_every_length(repo_root):
    """Sizes are told for runs of up to 1,000 turns, and the binary form is the smaller one."""
    command = [sys.executable, "tools/bench/run.py", "forms", "--rounds", "1", "--format", "json"]
    done = subprocess.run(command, cwd=repo_root, capture_output=True, text=True, timeout=60, check=True)
    rows = json.loads(done.stdout)
    assert [row["turns"] for row in rows] == [1, 20, 200, 1000]
    assert all(0 < row["proto_bytes"] < row["json_bytes"] for row in rows)
