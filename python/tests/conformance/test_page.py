"""The page of merged reports, in a real browser: what it shows, how it is filtered, and that nothing runs in it."""

import io
import json
import struct
from dataclasses import replace

import pytest

from timestep_conformance import cases, report
from timestep_conformance.page import page

CONTROLS = cases.named(
    ["codec/timestep-cut-short", "codec/timestep-taken", "router/bare-name", "router/refused-empty-prefix"]
)
HOSTILE = '</script><img src=x onerror="document.title=1"><!--<script>document.title=1</script>{{data}}&lt;\u2028'


@pytest.fixture(scope="module")
def reports(reference, tmp_path_factory):
    """Return reports of a testee that passes, of one that answers with hostile text, and of a hand-off between them."""
    from timestep_conformance.run import run
    from timestep_conformance.testee import Testee
    from timestep_conformance.verdicts import Verdict

    from .conftest import LOOP, SMALL

    file = tmp_path_factory.mktemp("hostile") / "testee.py"
    body = f"HOSTILE = {HOSTILE!r}\nHELLO['name'] = HOSTILE\ndef serve(request):\n    return {{'ok': HOSTILE}}\n"
    file.write_text(SMALL + body + LOOP, encoding="utf-8")
    found = []
    for command in (reference, [reference[0], str(file)]):
        with Testee(command) as testee:
            result = run(CONTROLS, testee)
        found.append(report.of(result, command))
    handed = [replace(CONTROLS[1], id=f"durable/x@{pair}") for pair in ("reference>small", "small>reference")]
    result.verdicts = [Verdict(handed[0], "pass"), Verdict(handed[1], "fail", HOSTILE, "ok")]
    return [*found, report.of(result, command)]


@pytest.fixture
def opened(browser, reports, tmp_path):
    """Return the browser with the page open, and what it complained of when the test is over: nothing."""
    file = tmp_path / "report.html"
    file.write_text(page(reports), encoding="utf-8")
    browser.open(file)
    browser.look()
    yield browser
    assert browser.complaints() == []


def texts(browser, selector):
    """Return the texts of elements as a person sees them."""
    return browser.run(f"[...document.querySelectorAll({json.dumps(selector)})].map(each => each.innerText)")


def put(browser, name, value):
    """Fill in a field."""
    field = f"document.getElementById({json.dumps(name)})"
    browser.run(f"{field}.value = {json.dumps(value)}; {field}.dispatchEvent(new Event('input', {{bubbles: true}}))")


def wait(browser):
    """Let the page do what an event left for later."""
    browser.run("new Promise(done => setTimeout(() => setTimeout(done)))")


def test_the_matrix_tells_what_each_testee_comes_to(opened):
    """TS-CONF-031: words of a claim and plain numbers, a row for each testee, a column for each profile; no share."""
    assert texts(opened, "table:first-of-type thead th") == ["testee", "set", "codec", "router"]
    rows = opened.run("[...document.querySelectorAll('table:first-of-type tbody tr')].map(row => row.innerText)")
    assert rows[0].startswith("reference")
    assert rows[0].count("no claim") == 2  # two controls are no frozen set
    assert "does not conform" in rows[1]
    assert "not declared" in rows[1]
    assert "%" not in " ".join(rows)
    assert texts(opened, "table:last-of-type td") == [
        "·", "✓ passes\n1 passed\n0 failed", "✕ fails\n0 passed\n1 failed", "·",
    ]  # fmt: skip


def test_a_cell_leads_to_the_cases_that_it_counts(opened):
    """What failed is a click away: the rule in words, why, the frames of both sides, and how to see it again."""
    opened.run("document.querySelector('td.bad a').click()")
    wait(opened)
    assert texts(opened, "#count") == ["2 of 5 cases, 2 areas"]
    assert opened.run("document.activeElement.id") == "cases"
    assert texts(opened, "details.case .id") == ["codec/timestep-cut-short", "codec/timestep-taken"]
    opened.run("document.querySelector('details.case').open = true")
    wait(opened)
    (inside,) = texts(opened, ".inside")
    assert "TS-CORE-002 A reader MUST refuse text that does not match the grammar" in inside
    assert 'expected err {"code": "json-truncated"}, got ok' in inside
    assert [text[:15] for text in texts(opened, ".frames li")] == ["suite to testee", "testee to suite"]
    assert "Reproduce: timestep-conformance repro codec/timestep-cut-short -- " in inside


def test_cases_are_filtered_by_text_testee_profile_and_outcome(opened):
    """What is counted is what is shown; a reset shows all again."""
    assert texts(opened, "#count") == ["5 of 5 cases, 4 areas"]
    put(opened, "text", "ts-core-002 CUT")
    assert texts(opened, "#count") == ["1 of 5 cases, 1 area"]
    put(opened, "text", "")
    put(opened, "profile", "router")
    assert texts(opened, "#count") == ["2 of 5 cases, 1 area"]
    opened.run("document.querySelector('#scores input[value=passed]').click()")
    assert texts(opened, "#count") == ["2 of 5 cases, 1 area"]  # the other testee does not declare them
    put(opened, "testee", "reference 0.1.0")
    assert texts(opened, "#count") == ["0 of 5 cases, 0 areas"]
    opened.run("document.querySelector('#filter button').click()")
    wait(opened)
    assert texts(opened, "#count") == ["5 of 5 cases, 4 areas"]


def test_text_of_a_testee_is_shown_as_text_and_nothing_of_it_runs(opened):
    """A name, a reason or a frame that is HTML stays what it was written as."""
    opened.run("for (const each of document.querySelectorAll('details')) each.open = true")
    wait(opened)
    opened.run("for (const each of document.querySelectorAll('details.case')) each.open = true")
    wait(opened)
    assert texts(opened, "tbody th")[1].startswith(HOSTILE[:40])
    assert any(HOSTILE[:40] in text for text in texts(opened, ".why"))
    assert opened.run("document.querySelectorAll('img, iframe, script:not([id])').length") == 1
    assert opened.run("document.title") == "Timestep conformance"


def test_the_page_can_be_used_with_the_keyboard(opened):
    """The first stop skips to the cases; what is folded opens with Enter, and what has the focus can be seen."""
    opened.press("Tab")
    assert opened.run("document.activeElement.className") == "skip"
    assert opened.run("document.activeElement.getBoundingClientRect().left") >= 0
    opened.run("document.querySelector('details.area > summary').focus()")
    opened.press("Enter")
    wait(opened)
    assert not opened.run("document.querySelector('details.area').open")
    opened.press("Enter")
    wait(opened)
    assert opened.run("document.querySelector('details.area').open")
    opened.press("Tab", "Enter")
    wait(opened)
    assert opened.run("document.querySelector('details.case').open")
    assert opened.run("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_the_page_tells_what_its_parts_are(opened):
    """A screen reader is told names of fields, heads of columns, also on a phone, and how many cases are left."""
    tree = opened.ask("Accessibility.getFullAXTree")["nodes"]
    roles = [(node["role"]["value"], node.get("name", {}).get("value", "")) for node in tree if "role" in node]
    for role, name in (
        ("searchbox", "Text, case or rule"), ("combobox", "Testee"), ("combobox", "Profile"), ("group", "Outcomes"),
        ("columnheader", "codec"), ("main", ""), ("banner", ""), ("heading", "Cases"),
    ):  # fmt: skip
        assert (role, name) in roles
    assert opened.run("document.getElementById('count').getAttribute('role')") == "status"
    opened.look(width=390, height=844)
    tree = opened.ask("Accessibility.getFullAXTree")["nodes"]
    assert sum(node.get("role", {}).get("value") == "rowheader" for node in tree) == 4


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [1280, 390, 320])
def test_the_page_fits_its_window_in_light_and_dark(opened, tmp_path, width, dark):
    """Nothing is wider than a phone; text stands out from its ground as WCAG 2.2 asks (4.5 to 1); a picture is made."""
    opened.run("for (const each of document.querySelectorAll('details')) each.open = true")
    wait(opened)
    opened.run("for (const each of document.querySelectorAll('details.case')) each.open = true")
    wait(opened)
    picture = opened.look(width=width, height=900, dark=dark, file=tmp_path / "page.png")
    assert struct.unpack(">II", io.BytesIO(picture).getvalue()[16:24]) == (width, 900)
    assert opened.run("document.documentElement.scrollWidth") <= width
    assert opened.run(CONTRAST) == []


#: The texts that stand out too little, each with its contrast.
CONTRAST = """
(() => {
  const numbers = (color) => color.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((part) => part / 255)
    .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
    .reduce((sum, part, place) => sum + part * [0.2126, 0.7152, 0.0722][place], 0);
  const ground = (element) => {
    for (let each = element; each; each = each.parentElement) {
      const color = numbers(getComputedStyle(each).backgroundColor);
      if (color.length === 3 || color[3] > 0) return color;
    }
    return [255, 255, 255];
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || ["SCRIPT", "NOSCRIPT", "OPTION"].includes(element.tagName)) continue;
    const [one, other] = [light(numbers(getComputedStyle(element).color)), light(ground(element))];
    const contrast = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    if (contrast < 4.5) found.push([walker.currentNode.data.slice(0, 40), contrast]);
  }
  return found;
})()
"""


def test_the_page_stays_small(reports):
    """However much failed, and however long frames are, the file stays below 5 MB and says what is left out."""
    rows = [
        {**reports[1].rows[0], "case": f"codec/many-{number}", "frames": [["->", "x" * 5_000]] * 50}
        for number in range(500)
    ]
    text = page([report.Report(reports[1].header, rows, {**reports[1].footer, "rows": len(rows)})])
    assert len(text.encode()) < 5_000_000
    assert '"left":' in text
    assert "codec/many-499" in text
    passed = page([reports[0]])
    assert "frames" not in passed.partition('id="data">')[2].partition("</script>")[0]
