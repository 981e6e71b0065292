"""`timestep doctor`: what is there, what is missing, and what of that is broken."""

import os
from pathlib import Path

import pytest

from timestep.cli import diagnosis


def test_a_sound_installation_ends_with_0(run, printed, tmp_path, monkeypatch):
    """Python, the packages and the data folder are looked at; optional ones that are missing break nothing."""
    monkeypatch.setenv("TIMESTEP_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("PATH", str(tmp_path))
    result = run("doctor", "--format", "json")
    assert result.exit_code == 0
    checks = {check["name"]: check for check in printed(result, "doctor")["checks"]}
    assert {"python", "timestep", "msgspec", "click", "openai", "dbos", "node", "npm", "data folder"} <= set(checks)
    assert checks["python"]["ok"]
    assert checks["node"] == {
        "name": "node",
        "ok": False,
        "detail": "not found; for the conformance testee in TypeScript",
        "required": False,
        "help": "install Node 22 or newer if you want to run it",
    }
    assert "help" not in checks["python"]
    assert checks["data folder"]["detail"] == f"{tmp_path / 'data'} (not there yet, writable)"
    assert not (tmp_path / "data").exists()


def test_a_missing_required_package_ends_with_1(run, monkeypatch):
    """What nothing works without is broken, and the text says so with help."""
    monkeypatch.setattr(diagnosis, "find_spec", lambda name: None if name == "msgspec" else object())
    result = run("doctor")
    assert result.exit_code == 1
    assert "BROKEN  msgspec        not installed; for reading and writing documents" in result.stdout
    assert "= help: pip install '.' in a clone of timestep" in result.stdout


def test_a_data_folder_that_cannot_be_written_ends_with_1(run, monkeypatch, tmp_path):
    """Sessions and stores need a place; a file in its way is none."""
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("TIMESTEP_HOME", str(tmp_path / "file" / "data"))
    result = run("doctor")
    assert result.exit_code == 1
    assert "BROKEN  data folder" in result.stdout
    assert "set TIMESTEP_HOME" in result.stdout


@pytest.mark.skipif(os.name != "posix", reason="a script stands in for Node")
@pytest.mark.parametrize(("answer", "ok"), [("v22.4.0", True), ("v20.1.0", False), ("", False)])
def test_node_must_be_new_enough(tmp_path, monkeypatch, answer, ok):
    """An old Node is there, and not of use."""
    script = tmp_path / "node"
    script.write_text(f"#!/bin/sh\necho {answer}\n")
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    node = next(check for check in diagnosis.checks() if check.name == "node")
    assert node.ok is ok
    assert ("too old" in node.detail) is (answer == "v20.1.0")


@pytest.mark.parametrize(
    ("platform", "variables", "expected"),
    [
        ("linux", {"XDG_DATA_HOME": "/x"}, "/x/timestep"),
        ("linux", {}, "/home/ann/.local/share/timestep"),
        ("darwin", {}, "/home/ann/Library/Application Support/timestep"),
        ("win32", {"LOCALAPPDATA": "/local"}, "/local/timestep"),
        ("linux", {"TIMESTEP_HOME": "/chosen", "XDG_DATA_HOME": "/x"}, "/chosen"),
    ],
)
def test_the_data_folder_is_the_platforms(monkeypatch, platform, variables, expected):
    """R14: TIMESTEP_HOME, else where the platform keeps data."""
    for name in ("TIMESTEP_HOME", "XDG_DATA_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"HOME": "/home/ann", **variables}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(diagnosis.sys, "platform", platform)
    monkeypatch.setattr(diagnosis.Path, "home", lambda: Path("/home/ann"))
    assert diagnosis.home().as_posix() == expected
