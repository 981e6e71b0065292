"""The programs that the README sends people to: the demo shows what it is there to show, and the bench measures."""

import json
import os
import subprocess
import sys


def run(script, *arguments, node, sdk_js_dir, sdk_python, cwd):
    """Run a script of `tools/` with what `tools/dev.py` would give it."""
    paths = {"TIMESTEP_NODE": node, "TIMESTEP_SDK_JS": sdk_js_dir, "TIMESTEP_SDK_PYTHON": sdk_python}
    return subprocess.run(
        [sys.executable, str(script), *arguments],
        cwd=cwd,
        env={**os.environ, **{name: str(path) for name, path in paths.items()}},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=110,
    )


def test_the_demo_finishes_a_run_in_the_other_sdk(repo_root, tmp_path, node, sdk_js_dir, sdk_python):
    """A run paused in either SDK is approved with the command, converted, and finished by the other SDK."""
    script = repo_root / "tools" / "demo.py"
    answer = run(script, node=node, sdk_js_dir=sdk_js_dir, sdk_python=sdk_python, cwd=tmp_path)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert answer.stdout.count("ran       send_email") == 2
    assert "Both runs were finished by the other SDK" in answer.stdout
    assert list(tmp_path.iterdir()) == []


def test_the_bench_measures_everything_once(repo_root, tmp_path, node, sdk_js_dir, sdk_python):
    """Tiny runs go through every measurement; how long they take is no test."""
    script = repo_root / "tools" / "bench" / "run.py"
    options = ["--quick", "--turns", "2,4", "--rounds", "1", "--format", "json", "--files", str(tmp_path)]
    answer = run(script, *options, node=node, sdk_js_dir=sdk_js_dir, sdk_python=sdk_python, cwd=tmp_path)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    rows = json.loads(answer.stdout)["seconds"]
    measured = {(row["what"], row["file"], row["turns"]) for row in rows}
    whats = {"json", "read", "write", "encode", "decode", "check", "sdk load", "sdk save"}
    files = {"openai-agents-python", "openai-agents-js"}
    assert measured == {(what, file, turns) for what in whats for file in files for turns in (2, 4)} | {("bare", "", 0)}
