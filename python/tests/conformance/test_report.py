"""Reports: what they say, and that one which is cut off is no report."""

import json
import re
from xml.etree import ElementTree as ET

import pytest

from timestep_conformance import cases, forms, report

CONTROLS = cases.named(["codec/timestep-taken", "codec/timestep-cut-short"])


@pytest.fixture(scope="module")
def failing(null):
    """Return a run in which one control fails, and the command."""
    from timestep_conformance.run import run
    from timestep_conformance.testee import Testee

    command = null("always-valid")
    with Testee(command) as testee:
        return run(CONTROLS, testee), command


def test_json_lines_have_a_header_and_a_counted_footer(failing):
    """A row for each case, between what was asked of whom and how many there are."""
    found = report.read_json_lines(report.json_lines(*failing))
    header, rows, footer = found.header, found.rows, found.footer
    assert header["testee"]["name"] == "null/always-valid"
    assert header["cases_sha256"] == cases.digest(sorted(CONTROLS, key=lambda case: case.id))
    assert [row["case"] for row in rows] == ["codec/timestep-cut-short", "codec/timestep-taken"]
    assert [row["outcome"] for row in rows] == ["fail", "unscored"]
    assert footer["rows"] == 2
    assert footer["counts"]["failed"] == 2
    assert footer["status"] == 1


@pytest.mark.parametrize("cut", [1, 2, 3])
def test_a_report_that_is_cut_off_is_an_error(failing, cut):
    """TS-CONF-031: a part of a report is no claim."""
    lines = report.json_lines(*failing).splitlines()
    with pytest.raises(report.ReportError):
        report.read_json_lines("\n".join(lines[:-cut]))


@pytest.mark.parametrize("text", ["", "{}", "{}\n{}", "{", "[]\n[]"])
def test_what_is_no_report_is_refused(text):
    """Nothing of it is taken for a result."""
    with pytest.raises(report.ReportError):
        report.read_json_lines(text)


def test_junit_has_a_suite_for_each_profile(failing):
    """A CI server shows the failure with all that is told of it."""
    root = ET.fromstring(forms.junit([report.of(*failing)]))
    (suite,) = root.findall("testsuite")
    assert suite.attrib == {"name": "codec", "tests": "2", "failures": "2", "skipped": "0"}
    text = suite[0].find("failure").text
    assert "-> {" in text
    assert "<- {" in text
    assert "Reproduce: timestep-conformance repro codec/timestep-cut-short -- " in text


def test_junit_holds_what_xml_can_not(small, asked):
    """A character that XML has no place for does not break the file."""
    result = asked(CONTROLS, small("def serve(request):\n    print('\\x00\\x1b[31m<&>', flush=True)\n"))
    assert "[31m" in ET.fromstring(forms.junit([report.of(result, ["x"])]))[0][0].find("failure").get("message")


def test_markdown_tells_the_counts_and_the_failures(failing):
    """A table for the summary of a job, and the failures below it."""
    text = forms.markdown([report.of(*failing)])
    assert re.search(r"\| null/always-valid 0 \| (next|1.0) \| \*\*does not conform\*\*: 2 failed \|", text)
    assert text.count("Reproduce: ") == 2


def test_a_failure_is_told_with_the_frames_up_to_the_difference(failing):
    """What differs, the rule with its level, both sides, and how to see it again."""
    result, command = failing
    text = report.failure(result.verdicts[0], command)
    assert text.startswith("FAILED codec/timestep-cut-short (fail): A state that is cut short is refused\n")
    assert 'expected err {"code": "json-truncated"}, got ok' in text
    assert "TS-CORE-002 (MUST)" in text
    assert [line[:5] for line in text.splitlines() if line.startswith(("  ->", "  <-"))] == ["  -> ", "  <- "]
    assert json.loads(result.verdicts[0].frames[1].line)["ok"]["kind"] == "run-state"
