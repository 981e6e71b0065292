"""`timestep explain`: the spec's own words, in a clone and in an installed package."""

import json

import pytest

from timestep.cli import spec_files


@pytest.fixture(autouse=True)
def fresh():
    """Forget the registry another test read."""
    spec_files.codes.cache_clear()
    yield
    spec_files.codes.cache_clear()


def test_every_code_of_the_registry_is_explained(run, printed, repo_root):
    """N6: each code of errors.json has a title, a meaning, and its rule where it has one."""
    registry = json.loads((repo_root / "spec" / "errors.json").read_text())["codes"]
    for code, entry in registry.items():
        document = printed(run("explain", code, "--format", "json"), "explain")
        assert (document["code"], document["title"], document["text"]) == (code, entry["title"], entry["meaning"])
        assert document.get("requirement") == entry.get("requirement")


def test_a_requirement_is_given_in_the_words_of_the_spec(run, printed):
    """The sentence that carries the id, without markup, and the file it stands in."""
    document = printed(run("explain", "TS-APPR-021", "--format", "json"), "explain")
    assert (document["id"], document["file"]) == ("TS-APPR-021", "approvals.md")
    assert document["text"] == "A reader MUST refuse an approval record that is not true, false, or a list of call ids."
    assert document["codes"] == [{"code": "approval-shape"}]


def test_text_names_the_rule_behind_a_code(run):
    """A person reads the meaning, what to do, and the rule."""
    text = run("explain", "approval-shape").stdout
    assert text.startswith("approval-shape: Malformed approval record\n")
    assert "  help: " in text
    assert "  spec: approvals.md#TS-APPR-021\n        A reader MUST refuse" in text


def test_without_a_name_all_codes_are_listed(run, printed, repo_root):
    """The list has every code of the registry."""
    registry = json.loads((repo_root / "spec" / "errors.json").read_text())["codes"]
    document = printed(run("explain", "--format", "json"), "explain")
    assert [entry["code"] for entry in document["codes"]] == list(registry)
    assert "  approval-shape           Malformed" in run("explain").stdout


def test_a_misspelled_code_is_wrong_usage_with_a_guess(run):
    """Exit 2, and the nearest codes."""
    result = run("explain", "aproval-shape")
    assert result.exit_code == 2
    assert "did you mean approval-shape" in result.stderr


def test_an_unknown_requirement_is_wrong_usage(run):
    """Exit 2."""
    result = run("explain", "TS-APPR-999")
    assert result.exit_code == 2
    assert "has no requirement TS-APPR-999" in result.stderr


def test_requirements_are_found_in_any_case(run):
    """People type ids in lower case."""
    assert run("explain", "ts-appr-021").exit_code == 0


def test_an_installed_package_reads_its_own_copy(run, tmp_path, monkeypatch):
    """In a wheel the spec stands in the package, and wins over a folder beside it."""
    package = tmp_path / "site" / "timestep"
    (package / "_spec").mkdir(parents=True)
    (package / "_spec" / "errors.json").write_text('{"codes":{"x-y":{"title":"T","meaning":"M"}}}')
    monkeypatch.setattr("timestep.__file__", str(package / "__init__.py"))
    assert run("explain", "x-y").stdout == "x-y: T\n  M\n"


def test_an_installation_without_the_spec_says_so(run, tmp_path, monkeypatch):
    """Exit 2 and no traceback."""
    monkeypatch.setattr("timestep.__file__", str(tmp_path / "a" / "b" / "__init__.py"))
    result = run("explain", "approval-shape")
    assert result.exit_code == 2
    assert "came without its spec" in result.stderr


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("- [TS-A-001] One.\n- [TS-A-002] Two.", "One."),
        ("Before.\n\n[TS-A-001] One\ngoes on.\n\nAfter.", "One goes on."),
        ("1. [TS-A-001] See [x](y.md).", "See x."),
        ('* <a id="TS-A-001"></a>[TS-A-001] One\n  goes on.\n* [TS-A-002] Two.', "One goes on."),
        ("| [TS-A-001] | One. |\n| [TS-A-002] | Two. |", "One."),
        ("[TS-A-002] Two.", None),
    ],
)
def test_a_requirement_is_cut_out_of_the_prose(tmp_path, monkeypatch, text, expected):
    """Lists, paragraphs and tables; one requirement never runs into the next."""
    (tmp_path / "errors.json").write_text('{"codes":{}}')
    (tmp_path / "a.md").write_text(text)
    monkeypatch.setattr(spec_files, "folder", lambda: tmp_path)
    found = spec_files.requirement("TS-A-001")
    assert found == (None if expected is None else ("a.md", expected))
