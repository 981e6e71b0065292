"""What each command of `tools/dev.py` does once its arguments are read; each returns an exit code."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from typing import TYPE_CHECKING

from devtools.layout import RECORD, ROOT, SDK_JS, shown, venv_python
from devtools.old_releases import listed
from devtools.setup import Needs, prepare
from devtools.steps import SetupError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    Command = Sequence[str | Path]

TOOLS = ROOT / "tools"
_TESTS = ROOT / "python" / "tests"
# A file's tests share what they start, so they stay in one process. Files in the order of their folders: by default
# xdist puts those of few tests last, and these take longest, so that in the end one process would wait for the other.
_ON_ALL_CORES = ("-n", "auto", "--dist", "loadfile", "--no-loadscope-reorder")


def test(arguments: Sequence[str]) -> int:
    """Run pytest with these arguments; without any, all tests, in a process for each core."""
    environment = prepare(Needs(node=True, sdk=True, servers=True, old=listed(testees=True)))
    return _run([venv_python(), "-m", "pytest", *(arguments or _ON_ALL_CORES)], environment)


def lint(*, fix: bool) -> int:
    """Run every check and report all that fail; with `fix`, ruff mends what it can first."""
    environment = prepare(Needs(node=True))
    checks: list[Command] = [
        [venv_python(), "-m", "ruff", "check", *(["--fix"] if fix else [])],
        [venv_python(), "-m", "ruff", "format", *([] if fix else ["--check"])],
        [venv_python(), "-m", "pyright", "--pythonpath", venv_python()],
        *([venv_python(), script] for script in sorted(TOOLS.glob("check_*.py"))),
    ]
    failed = [_name(check) for check in checks if _run(check, environment, announce=True) != 0]
    print(f"dev: lint: {'failed: ' + ', '.join(failed) if failed else f'{len(checks)} checks passed'}", file=sys.stderr)
    return 1 if failed else 0


def gen(arguments: Sequence[str]) -> int:
    """Run every `tools/gen_*.py`, stopping at the first that fails."""
    # The registry of requirements last: it lists what others write.
    scripts = sorted(TOOLS.glob("gen_*.py"), key=lambda path: (path.stem == "gen_requirements", path))
    if not scripts:
        print("dev: gen: there is no tools/gen_*.py yet, so nothing to generate", file=sys.stderr)
        return 0
    environment = prepare(Needs())
    for script in scripts:
        code = _run([venv_python(), script, *arguments], environment, announce=True)
        if code != 0:
            return code
    return 0


def fixtures(arguments: Sequence[str]) -> int:
    """Let the real SDKs write the fixtures anew; arguments given later win over those set here."""
    if "--old" in arguments:
        return _old_fixtures([argument for argument in arguments if argument != "--old"])
    needs = Needs(node=True, sdk=True)
    interpreters = ["--python", str(venv_python()), "--node", prepare(needs)["TIMESTEP_NODE"]]
    places = ["--worker-js", str(SDK_JS / "worker.mjs"), "--out", str(ROOT / "fixtures")]
    return script("tools/sdk/generate.py", needs, [*interpreters, *places, *arguments])


def _old_fixtures(arguments: Sequence[str]) -> int:
    """Let older releases write their archives, all or those of `--version`."""
    reader = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    reader.add_argument("--version", action="append", default=[])
    needs = Needs(node=True, sdk=True, old=listed(reader.parse_known_args(arguments)[0].version))
    places = ["--installed", str(RECORD), "--node", prepare(needs)["TIMESTEP_NODE"], "--out", str(ROOT / "fixtures")]
    return script("tools/sdk/generate_old.py", needs, [*places, *arguments])


def script(path: str, needs: Needs, arguments: Sequence[str]) -> int:
    """Run one script of the repository with what it needs.

    Raises:
        SetupError: When this checkout does not have it.
    """
    if not (ROOT / path).is_file():
        raise SetupError(f"{path} is not in this checkout", hint="It may come with a later change; `git pull`.")
    return _run([venv_python(), ROOT / path, *arguments], prepare(needs))


def samples(arguments: Sequence[str]) -> int:
    """Run the Python samples of these files and folders; of the README and the documentation when there are none."""
    options = [argument for argument in arguments if argument.startswith("-")]
    places = [argument for argument in arguments if not argument.startswith("-")]
    paths = [os.path.abspath(place) for place in places]  # noqa: PTH100 - `resolve` would follow links
    # The tests have the PostgreSQL server that `--postgres` asks for.
    environment = {**prepare(Needs()), "PYTHONPATH": os.pathsep.join(map(str, (TOOLS, _TESTS)))}
    ours = ["README.md", "python/docs"]
    return _run([venv_python(), "-m", "samples", *options, *(paths or ours)], environment)


def crash(arguments: Sequence[str]) -> int:
    """Kill runs at random, as the tests do."""
    environment = {**prepare(Needs()), "PYTHONPATH": os.pathsep.join(map(str, (ROOT / "python", _TESTS)))}
    return _run([venv_python(), "-m", "crash", *arguments], environment)


def _run(command: Command, environment: dict[str, str], *, announce: bool = False) -> int:
    """Run a program in the repository's root with this terminal's input and output."""
    if announce:
        print(f"dev: {_name(command)}", file=sys.stderr, flush=True)
    return subprocess.run([str(part) for part in command], cwd=ROOT, env=environment, check=False).returncode


def _name(command: Command) -> str:
    """Return what people call a check: `ruff format`, `tools/check_ids.py`."""
    words = [str(word) for word in command[1:] if word != "-m"]
    if words[0].endswith(".py"):
        return shown(TOOLS / words[0])
    return " ".join(words[:2]) if words[0] == "ruff" else words[0]
