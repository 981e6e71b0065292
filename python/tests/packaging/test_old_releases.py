"""Older releases of the SDKs: installed once, and never taken for finished when they are not."""

import importlib
import json

import pytest

LISTED = {
    "openai-agents-python": [
        {"version": "0.8.4", "packages": {"openai": "2.20.0"}, "testee": True},
        {"version": "0.9.1", "packages": {}},
    ],
    "openai-agents-js": [
        {"version": "0.3.7", "packages": {"zod": "4.6.7"}, "testee": True},
        {"version": "0.4.3", "packages": {}},
    ],
}


@pytest.fixture
def old(repo_root, monkeypatch, tmp_path):
    """Return the module on an empty checkout: its programs are noted and do nothing."""
    monkeypatch.syspath_prepend(str(repo_root / "tools"))
    module = importlib.import_module("devtools.old_releases")
    versions = tmp_path / "versions.json"
    versions.write_text(json.dumps(LISTED))
    module.ran = []
    doubles = {
        "VERSIONS": versions,
        "OLD": tmp_path / "old",
        "_uv": lambda: tmp_path / "uv",
        "run_step": lambda title, command, **_: module.ran.append((title, [str(word) for word in command])),
        "npm_install": lambda _node, folder, title: module.ran.append((title, workspaces(folder))),
    }
    for name, value in doubles.items():
        monkeypatch.setattr(module, name, value)
    monkeypatch.setattr(module.venv, "create", lambda folder, **_: folder.mkdir(parents=True, exist_ok=True))
    return module


def workspaces(folder):
    """Return the workspaces of an npm folder."""
    return json.loads((folder / "package.json").read_text())["workspaces"]


def test_what_is_installed_is_installed_once(old):
    """The second run of a command installs nothing, and tells where all of it is."""
    old.ensure_releases(None, old.listed())
    before = list(old.ran)
    old.ensure_releases(None, old.listed())
    assert old.ran == before
    found = old.installed()
    assert list(found["openai-agents-python"]) == ["0.8.4", "0.9.1"]
    assert found["openai-agents-js"]["0.3.7"] == str(old.OLD / "openai-agents-js" / "0.3.7")


def test_packages_beside_a_release_are_pinned(old):
    """A release runs with the packages it was published with, exactly: later ones break the oldest."""
    old.ensure_releases(None, old.listed(testees=True))
    [(_, command), _] = old.ran
    assert command[-2:] == ["openai-agents==0.8.4", "openai==2.20.0"]
    manifest = json.loads((old.OLD / "openai-agents-js" / "0.3.7" / "package.json").read_text())
    assert manifest["dependencies"] == {"@openai/agents": "0.3.7", "zod": "4.6.7"}


def test_another_pin_installs_anew(old):
    """A release is built anew when the packages beside it are to be others."""
    old.ensure_releases(None, old.listed(testees=True))
    changed = {family: [{**rows[0], "packages": {"openai": "9"}}] for family, rows in LISTED.items()}
    old.VERSIONS.write_text(json.dumps(changed))
    assert old.installed() == {"openai-agents-python": {}, "openai-agents-js": {}}
    old.ensure_releases(None, old.listed())
    assert len(old.ran) == 4


def test_npm_keeps_the_releases_that_are_there(old):
    """A later install lists the earlier ones too, as npm removes what is no longer listed."""
    old.ensure_releases(None, old.listed(["0.3.7"]))
    old.ensure_releases(None, old.listed(["0.4.3"]))
    assert [found for _, found in old.ran] == [["0.3.7"], ["0.3.7", "0.4.3"]]


def test_an_install_that_fails_is_not_taken_for_finished(old, monkeypatch):
    """What uv and pip, or npm, could not install is not there, and is tried again."""

    def fail(*_, **__):
        raise old.SetupError("no route to host", hint="Look at the network.")

    with monkeypatch.context() as patch:
        patch.setattr(old, "run_step", fail)
        patch.setattr(old, "npm_install", fail)
        for version in ("0.8.4", "0.3.7"):
            with pytest.raises(old.SetupError, match="no route"):
                old.ensure_releases(None, old.listed([version]))
    assert old.installed() == {"openai-agents-python": {}, "openai-agents-js": {}}
    old.ensure_releases(None, old.listed(testees=True))
    assert len(old.ran) == 2


def test_a_broken_off_npm_leaves_nothing_that_counts(old, monkeypatch):
    """An npm that was stopped may have removed what was there before, so none of it counts as installed."""
    old.ensure_releases(None, old.listed(["0.3.7"]))

    def interrupt(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(old, "npm_install", interrupt)
        with pytest.raises(KeyboardInterrupt):
            old.ensure_releases(None, old.listed(["0.4.3"]))
    assert old.installed()["openai-agents-js"] == {}


def test_pip_takes_over_where_uv_fails(old, monkeypatch):
    """An index that only pip is set up for is used all the same, and uv is not tried again."""
    tried = []

    def step(title, command, **_):
        tried.append(title)
        if str(command[0]).endswith("uv"):
            raise old.SetupError("no such index", hint="")

    monkeypatch.setattr(old, "run_step", step)
    old.ensure_releases(None, old.listed(["0.8.4", "0.9.1"]))
    assert tried == [
        "installing openai-agents 0.8.4",
        "installing openai-agents 0.8.4 with pip",
        "installing openai-agents 0.9.1 with pip",
    ]
