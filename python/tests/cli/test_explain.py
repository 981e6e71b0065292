"""`timestep explain`: the spec's own words, in a clone and in an installed package."""

import json

import pytest

from timestep.cli import spec_files


@pytest.fixture(autouse=True)
def fresh():
    """Forget the registries another test read."""
    for read in (spec_files.codes, spec_files.requirements):
        read.cache_clear()
    yield
    for read in (spec_files.codes, spec_files.requirements):
        read.cache_clear()


@pytest.fixture
def laid(tmp_path, monkeypatch):
    """Return a function that puts registries into an installed package, and its error codes if asked to."""

    def lay(requirements=None, retired=(), codes=None):
        package = tmp_path / "site" / "timestep"
        (package / "_spec").mkdir(parents=True)
        (package / "_spec" / "errors.json").write_text(json.dumps({"codes": codes or {}}))
        if requirements is not None:
            registry = {"spec_version": "1.1", "requirements": requirements, "retired": list(retired)}
            (package / "_spec" / "requirements.json").write_text(json.dumps(registry))
        monkeypatch.setattr("timestep.__file__", str(package / "__init__.py"))

    return lay


def row(name, **more):
    """Return a row of the registry of requirements."""
    held = {} if "excluded" in more else {"tests": [], "cases": []}
    return {"id": name, "level": "MUST", "sentence": f"{name} MUST hold.", "file": "a.md", "since": "1.0"} | held | more


def test_every_code_of_the_registry_is_explained(run, printed, repo_root):
    """N6: each code of errors.json has a title, a meaning, and its rule where it has one."""
    registry = json.loads((repo_root / "spec" / "errors.json").read_text())["codes"]
    for code, entry in registry.items():
        document = printed(run("explain", code, "--format", "json"), "explain")
        assert (document["code"], document["title"], document["text"]) == (code, entry["title"], entry["meaning"])
        assert document.get("requirement") == entry.get("requirement")


def test_every_requirement_is_explained_as_the_registry_has_it(run, printed, repo_root):
    """Each requirement's words, level, page, version, and what holds it or why nothing does."""
    registry = json.loads((repo_root / "spec" / "requirements.json").read_text())["requirements"]
    for entry in registry:
        document = printed(run("explain", entry["id"], "--format", "json"), "explain")
        kept = {name: document.get(name) for name in entry if name != "sentence"}
        assert {**kept, "sentence": document["text"]} == entry


def test_a_requirement_names_the_codes_that_are_about_it(run, printed):
    """The words of the specification without markup, and the codes whose refusals enforce them."""
    document = printed(run("explain", "TS-APPR-021", "--format", "json"), "explain")
    assert document["text"] == "A reader MUST refuse an approval record that is not true, false, or a list of call ids."
    assert document["codes"] == [{"code": "approval-shape"}]


def test_text_tells_what_holds_a_requirement(run, laid):
    """A person reads level, page with anchor, version, the first three tests, and how many more there are."""
    tests = [f"python/tests/test_a.py::test_{number}" for number in range(5)]
    laid([row("TS-A-001", tests=tests, cases=["conformance/cases/loop/a.json"])])
    lines = run("explain", "TS-A-001").stdout.splitlines()
    assert lines[:3] == ["TS-A-001: MUST", "  TS-A-001 MUST hold.", "  spec: a.md#TS-A-001 (since 1.0)"]
    assert lines[3:8] == ["  held by 5 tests:", *(f"    {name}" for name in tests[:3]), "    and 2 more: --format json"]
    assert lines[8:] == ["  held by 1 case:", "    conformance/cases/loop/a.json"]


def test_text_says_why_nothing_holds_a_requirement(run, laid):
    """The reason of an exclusion stands where the tests would."""
    laid([row("TS-A-001", excluded="It binds later versions.")])
    assert run("explain", "TS-A-001").stdout.endswith("  held by no test: It binds later versions.\n")


def test_a_retired_requirement_is_told_as_such(run, printed, laid):
    """Whoever meets the id in an old message learns that the rule is gone; lists leave it out."""
    old = {name: value for name, value in row("TS-A-002").items() if name in ("id", "sentence", "file", "since")}
    laid([row("TS-A-001")], retired=[{**old, "id": name, "retired": "1.1"} for name in ("TS-A-002", "TS-ZZZZ-001")])
    assert "  spec: a.md#TS-A-002 (since 1.0, retired in 1.1)\n" in run("explain", "TS-A-002").stdout
    assert printed(run("explain", "TS-A-002", "--format", "json"), "explain")["retired"] == "1.1"
    assert "TS-A-002" not in run("explain", "TS-A").stdout
    assert "help: areas: TS-A\n" in run("explain", "TS-ZZZZ").stderr


def test_an_area_lists_its_requirements(run, printed, repo_root):
    """One requirement a line, in the order of the numbers."""
    registry = json.loads((repo_root / "spec" / "requirements.json").read_text())["requirements"]
    wanted = [entry["id"] for entry in registry if entry["file"] == "core.md"]
    document = printed(run("explain", "ts-core", "--format", "json"), "explain")
    assert [entry["id"] for entry in document["requirements"]] == wanted
    lines = run("explain", "TS-CORE").stdout.splitlines()
    assert lines[:2] == ["TS-CORE", "  The requirements of core.md."]
    assert lines[2].startswith("  TS-CORE-001    MUST    A reader MUST refuse bytes")
    assert len(lines) == 2 + len(wanted)


def test_text_names_the_rule_behind_a_code(run):
    """A person reads the meaning, what to do, and the rule."""
    text = run("explain", "approval-shape").stdout
    assert text.startswith("approval-shape: Malformed approval record\n")
    assert "  help: " in text
    assert "  spec: approvals.md#TS-APPR-021\n        A reader MUST refuse" in text


def test_without_a_name_all_codes_are_listed(run, printed, repo_root):
    """The list has every code of the registry, and the areas of the requirements."""
    registry = json.loads((repo_root / "spec" / "errors.json").read_text())["codes"]
    document = printed(run("explain", "--format", "json"), "explain")
    assert [entry["code"] for entry in document["codes"]] == list(registry)
    assert document["areas"][:2] == ["TS-CORE", "TS-STATE"]
    text = run("explain").stdout
    assert "  approval-shape           Malformed" in text
    assert "  areas: TS-CORE, TS-STATE, " in text


def test_a_misspelled_code_is_wrong_usage_with_a_guess(run):
    """Exit 2, and the nearest codes."""
    result = run("explain", "aproval-shape")
    assert result.exit_code == 2
    assert "did you mean approval-shape" in result.stderr


@pytest.mark.parametrize(
    ("name", "message", "hint"),
    [
        ("TS-APPR-999", "has no requirement TS-APPR-999", "did you mean TS-APPR-0"),
        ("TS-CRE-003", "has no requirement TS-CRE-003", "did you mean TS-CORE-003"),
        ("TS-CRE", "has no area TS-CRE", "did you mean TS-CORE"),
        ("TS-XYZQWK", "has no area TS-XYZQWK", "areas: TS-CORE, TS-STATE, "),
        ("TS-XYZQWKVW-777", "has no requirement TS-XYZQWKVW-777", "timestep explain lists all areas"),
    ],
)
def test_an_unknown_requirement_or_area_is_wrong_usage_with_a_guess(run, name, message, hint):
    """Exit 2, and the nearest ids, or where to look."""
    result = run("explain", name)
    assert result.exit_code == 2
    assert message in result.stderr
    assert f"help: {hint}" in result.stderr


def test_requirements_are_found_in_any_case(run):
    """People type ids in lower case."""
    assert run("explain", "ts-appr-021").exit_code == 0


def test_an_installed_package_reads_its_own_copy(run, laid):
    """In a wheel the spec stands in the package, and wins over a folder beside it."""
    laid([row("TS-A-001")], codes={"x-y": {"title": "T", "meaning": "M", "requirement": "TS-A-001"}})
    shown = "x-y: T\n  M\n  spec: a.md#TS-A-001\n        TS-A-001 MUST hold.\n"
    assert run("explain", "x-y").stdout == shown
    assert run("explain", "TS-A-001").stdout.endswith("(since 1.0)\n  x-y\n")


def test_an_installation_without_the_spec_says_so(run, tmp_path, monkeypatch):
    """Exit 2 and no traceback."""
    monkeypatch.setattr("timestep.__file__", str(tmp_path / "a" / "b" / "__init__.py"))
    result = run("explain", "approval-shape")
    assert result.exit_code == 2
    assert "came without its spec" in result.stderr


def test_an_installation_with_half_of_the_spec_says_so(run, laid):
    """Exit 2 and no traceback where the codes are there and the requirements are not."""
    laid(None, codes={"x-y": {"title": "T", "meaning": "M", "requirement": "TS-A-001"}})
    result = run("explain", "TS-A-001")
    assert result.exit_code == 2
    assert "came without its spec" in result.stderr
