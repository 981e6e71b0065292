"""Reports put together: what does not belong together is refused, and each form is whole."""

import re
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from timestep_conformance import cases, cli, forms, merging, report
from timestep_conformance.verdicts import Verdict

CONTROLS = cases.named(["codec/timestep-cut-short", "codec/timestep-taken"])


@pytest.fixture(scope="module")
def runs(null):
    """Return reports of two testees that fail, and of a hand-off."""
    from timestep_conformance.run import run
    from timestep_conformance.testee import Testee

    found = []
    for kind in ("always-valid", "always-error"):
        with Testee(null(kind)) as testee:
            result = run(CONTROLS, testee)
            found.append(report.of(result, null(kind)))
    result.verdicts = [Verdict(replace(CONTROLS[0], id=f"durable/x@{pair}"), "pass") for pair in ("a>b", "b>a")]
    return [*found, report.of(result, ["handoff"])]


@pytest.fixture
def files(runs, tmp_path):
    """Return these reports as files."""
    found = [tmp_path / f"{number}.jsonl" for number in range(len(runs))]
    for file, each in zip(found, runs, strict=True):
        file.write_text(each.text(), encoding="utf-8")
    return found


def test_reports_are_merged_into_one_of_each_form(files, tmp_path, capsys):
    """A folder gets a page, JSON lines, JUnit and Markdown; the merged JSON lines can be merged again."""
    out = tmp_path / "out"
    assert cli.status(["report", "merge", *map(str, files), "-o", str(out)]) == 0
    assert len(capsys.readouterr().out.splitlines()) == len(list(out.iterdir())) == 4
    root = ET.fromstring((out / "report.junit.xml").read_text("utf-8"))
    assert [suite.get("name") for suite in root] == [
        "null/always-valid 0 codec", "null/always-error 0 codec", "null/always-error 0 durable",
    ]  # fmt: skip
    markdown = (out / "report.md").read_text("utf-8")
    assert re.search(r"\| null/always-valid 0 \| (next|1.0) \| \*\*does not conform\*\*: 2 failed \|", markdown)
    assert "| a | - | 1 passed |" in markdown
    again = tmp_path / "again.jsonl"
    assert cli.status(["report", "merge", str(out / "report.jsonl"), "-o", str(again)]) == 0
    assert again.read_text("utf-8") == (out / "report.jsonl").read_text("utf-8")


@pytest.mark.parametrize("lines", [1, 3, 4, 5, 9])
def test_a_merged_report_that_is_cut_off_is_refused(runs, lines, tmp_path, capsys):
    """TS-CONF-031: a part of a report is no claim."""
    file = tmp_path / "cut.jsonl"
    file.write_text("\n".join(merging.text_of(runs).splitlines()[:-lines]), encoding="utf-8")
    assert cli.status(["report", "merge", str(file), "-o", str(tmp_path / "out.html")]) == 2
    assert re.search("cut off|no whole report|changed", capsys.readouterr().err)
    assert not (tmp_path / "out.html").exists()


def test_reports_of_other_cases_or_twice_of_one_testee_are_refused(files, runs, tmp_path, capsys):
    """Numbers that count different things do not stand in one table."""
    other = replace(runs[1], header={**runs[1].header, "cases_sha256": "0" * 64})
    files[1].write_text(other.text(), encoding="utf-8")
    assert cli.status(["report", "merge", *map(str, files[:2]), "-o", str(tmp_path / "x.md")]) == 2
    assert "were asked different cases" in capsys.readouterr().err
    assert cli.status(["report", "merge", str(files[0]), str(files[0]), "-o", str(tmp_path / "x.md")]) == 2
    assert "two reports are of null/always-valid 0" in capsys.readouterr().err


def test_the_table_of_a_readme_is_written_and_held_to_the_reports(files, tmp_path, capsys):
    """It stands between two lines; a check ends with 1 where other results would give another table."""
    readme = tmp_path / "README.md"
    reports = [str(file) for file in files]
    readme.write_text("before\n", encoding="utf-8")
    assert cli.status(["report", "table", *reports, "--check", str(readme)]) == 2
    assert "no place for a table" in capsys.readouterr().err
    readme.write_text(
        "before\n<!-- conformance table -->\n<!-- end of the conformance table -->\nafter\n", encoding="utf-8"
    )
    assert cli.status(["report", "table", *reports, "--check", str(readme)]) == 1
    assert cli.status(["report", "table", *reports, "--write", str(readme)]) == 0
    assert cli.status(["report", "table", *reports, "--check", str(readme)]) == 0
    assert readme.read_text("utf-8").splitlines()[3].startswith("| testee | set | codec |")
    assert readme.read_text("utf-8").endswith("\nafter\n")
    assert cli.status(["report", "table", reports[0], "--check", str(readme)]) == 1


def test_github_is_told_of_each_failure_and_takes_nothing_that_a_testee_says_for_a_command(small, capsys):
    """Annotations name the case; between the two lines that turn commands off, text of the testee may be anything."""
    body = "def serve(request):\n    print('x\\r::error::forged', flush=True)\n"
    assert cli.status(["run", "--github", "-k", "codec/timestep-*", "--", *small(body)]) == 1
    lines = capsys.readouterr().out.splitlines()
    stop = re.fullmatch("::stop-commands::([0-9a-f]{32})", lines[0])[1]
    on = lines.index(f"::{stop}::")
    assert "::error::forged" in lines[:on]
    assert len(lines[on + 1 :]) == 2
    for line in lines[on + 1 :]:
        assert re.match(r"::error title=codec/timestep-[a-z-]+%3A A state [^:,]*::a line on stdout is no JSON", line)
        assert "%0A  Reproduce: timestep-conformance repro codec/timestep-" in line


def test_annotations_are_the_default_in_an_action_of_github(monkeypatch, null, capsys):
    """GITHUB_ACTIONS says where the run is; elsewhere nothing is printed for it."""
    words = ["run", "-k", "codec/timestep-*", "--", *null("always-valid")]
    assert cli.status(words) == 1
    assert "::" not in capsys.readouterr().out
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    assert cli.status(words) == 1
    assert "\n::error title=" in capsys.readouterr().out


def test_text_of_a_testee_does_not_end_the_block_that_it_stands_in(runs):
    """A fence in what it says is shorter than the fence around it; its name is not read as Markdown."""
    row = {**runs[0].rows[0], "why": "```\n<b>`````"}
    header = {**runs[0].header, "testee": {**runs[0].header["testee"], "name": "[x](y)|<b>"}}
    lines = forms.markdown([report.Report(header, [row], runs[0].footer)]).splitlines()
    assert lines.count("``````") == 1
    assert lines.count("``````text") == 1
    assert any(line.startswith(r"| \[x\]\(y\)\|\<b\> 0 | ") for line in lines)
