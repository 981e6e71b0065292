"""`timestep doctor`: what is there, what is missing, and what of that is broken."""

import os
from pathlib import Path

import pytest

from timestep.cli import diagnosis
from timestep.providers import routing

from .model_server import ModelServer

SECRET = "sk-sentinel-0123456789"
KEYS = ("OPENAI_API_KEY", "OLLAMA_API_KEY", "FIRECRAWL_API_KEY")


@pytest.fixture(autouse=True)
def hosts(monkeypatch):
    """Lead to hosts that are not there, and set no key: no test asks the internet."""
    for name in (*KEYS, "HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:1/v1")
    monkeypatch.setenv("OLLAMA_HOST", "127.0.0.1:1")


@pytest.fixture
def server(monkeypatch):
    """Return a host that all addresses of models lead to."""
    with ModelServer() as host:
        monkeypatch.setenv("OPENAI_BASE_URL", f"{host.address}/v1")
        monkeypatch.setenv("OLLAMA_HOST", host.address.replace("127.0.0.1", "localhost"))
        monkeypatch.setattr(routing, "OLLAMA_CLOUD_URL", host.address)
        yield host


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
    assert "BROKEN  msgspec           not installed; for reading and writing documents" in result.stdout
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


def looked_at(run, printed, *words):
    """Return the checks by their names, and the exit status."""
    result = run("doctor", *words, "--format", "json")
    assert SECRET not in result.output
    return {check["name"]: check for check in printed(result, "doctor")["checks"]}, result.exit_code


def test_keys_are_looked_for_and_not_shown(run, printed, monkeypatch):
    """S1: a key is set or it is not; none of them is required."""
    monkeypatch.setenv("OLLAMA_API_KEY", SECRET)
    monkeypatch.setenv("FIRECRAWL_API_KEY", " ")
    checks, code = looked_at(run, printed, "--offline")
    assert code == 0
    assert [checks[name]["ok"] for name in KEYS] == [False, True, False]
    assert checks["OLLAMA_API_KEY"]["detail"] == "set; for Ollama Cloud's models, and web search"
    assert checks["OPENAI_API_KEY"]["help"] == "set OPENAI_API_KEY if you want to use that"
    assert not any(checks[name]["required"] for name in KEYS)


def test_hosts_are_asked_with_their_own_keys(run, printed, server, monkeypatch):
    """OpenAI's address, the local Ollama, and its cloud, where there is a key for it."""
    for name in KEYS:
        monkeypatch.setenv(name, f"{SECRET}-{name}")
    checks, code = looked_at(run, printed)
    local = server.address.replace("127.0.0.1", "localhost")
    assert code == 0
    assert checks[local.removeprefix("http://")]["detail"] == f"offers 2 models; {local} for ollama/ models"
    assert checks[server.address.removeprefix("http://")]["ok"]
    sent = sorted((path, headers.get("authorization", "")[7:]) for _, path, headers, _ in server.asked)
    assert sent == [
        ("/api/tags", ""),
        ("/api/tags", f"{SECRET}-OLLAMA_API_KEY"),
        ("/v1/models", f"{SECRET}-OPENAI_API_KEY"),
    ]


@pytest.mark.parametrize(("key", "ok"), [(None, True), (SECRET, False)])
def test_a_refusal_is_fine_where_no_key_was_sent(run, printed, server, monkeypatch, *, key, ok):
    """The host is there, which is all that is asked without a key; with one, the key is wrong."""
    if key:
        monkeypatch.setenv("OPENAI_API_KEY", key)
    server.replies["/v1/models"] = (401, {}, b"{}")
    checks, code = looked_at(run, printed)
    assert code == 0
    check = checks[server.address.removeprefix("http://")]
    assert check["ok"] is ok
    assert ("it refuses the key in OPENAI_API_KEY" in check["detail"]) is not ok
    assert not any("/cloud" in path for _, path, _, _ in server.asked)


def test_hosts_that_are_not_there_break_nothing(run, printed, monkeypatch):
    """Each says so with help, also where two share an address; and so does a variable that holds none."""
    checks, code = looked_at(run, printed)
    assert code == 0
    check = checks["127.0.0.1:1"]
    assert (check["ok"], check["required"]) == (False, False)
    assert "can't be reached (ConnectError)" in check["detail"]
    assert check["help"] == "start it (ollama serve), or set OLLAMA_HOST"
    monkeypatch.setenv("OPENAI_BASE_URL", f"https://user:{SECRET}@127.0.0.1")
    checks, code = looked_at(run, printed)
    assert (code, checks["addresses"]["ok"]) == (0, False)
    assert "OPENAI_BASE_URL" in checks["addresses"]["detail"]


def test_offline_asks_nobody(run, printed, server):
    """--offline leaves the network alone."""
    checks, _ = looked_at(run, printed, "--offline")
    assert server.asked == []
    assert not any(":" in name for name in checks)
