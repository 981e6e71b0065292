"""Our own samples: each Python block of the README and the guides runs as a sample, and does what it claims."""

from collections import defaultdict
from pathlib import Path

import pytest

from samples import process
from samples.judging import judge
from samples.mending import mend
from samples.pages import blocks

ROOT = Path(__file__).resolve().parents[3]
DOCS = ROOT / "python" / "docs"
PAGES = sorted(page.name for page in DOCS.glob("*.md") if any(block.is_python for block in blocks(page)))
# A claim that a page must be held to, so that no guide loses its point.
POINTS = {
    "dbos-workflows.md": "the queue starts 50 runs in 60 seconds",
    "running.md": "a failing model leads to the other one",
    "models.md": "each model is asked where its name leads, with the key of that place alone",
    "human-in-the-loop.md": "what was approved runs, and the run ends",
    "handoffs.md": "another agent takes over",
    "guardrails.md": "what the guardrail masks never reaches the model",
    "saved-runs.md": "what was approved runs, and the run ends",
    "sessions.md": "the session remembers the name",
    "streaming.md": "the pieces come before the message",
    "tools.md": "the model is offered web search",
}


def judged(page):
    """Return what became of the samples of a page."""
    samples = [mend(block) for block in blocks(page) if block.is_python]
    return [judge(sample, samples[:index]) for index, sample in enumerate(samples)]


def faults(verdicts):
    """Return what is wrong, each with its place."""
    return [f"line {verdict.sample.block.line}: {fault}" for verdict in verdicts for fault in verdict.faults]


@pytest.mark.parametrize("page", PAGES)
def test_the_samples_of_a_page_do_what_they_claim(page, monkeypatch):
    """Each block runs as it stands, nothing of it is mended, and every claim of its code holds."""
    monkeypatch.chdir(ROOT)  # some blocks read fixtures
    verdicts = judged(DOCS / page)
    assert faults(verdicts) == []
    assert [verdict.sample.mends for verdict in verdicts] == [()] * len(verdicts)
    held = {claim for verdict in verdicts for claim in verdict.held}
    assert POINTS.get(page, "ran") in held


@pytest.mark.parametrize(
    ("page", "layouts"),
    [
        ("dbos-workflows.md", "items runs"),
        ("human-in-the-loop.md", "items runs"),
        ("saved-runs.md", "runs"),
        ("sessions.md", "items"),
    ],
)
def test_the_samples_of_a_page_do_what_they_claim_in_postgresql(page, layouts, monkeypatch, postgres):
    """R13: the variable alone leads sessions and saved runs to the database, one for each home."""
    monkeypatch.chdir(ROOT)
    databases = defaultdict(postgres.database)
    monkeypatch.setattr(process, "database_of", databases.__getitem__)
    verdicts = judged(DOCS / page)
    assert faults(verdicts) == []
    assert POINTS[page] in {claim for verdict in verdicts for claim in verdict.held}
    tables = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'timestep'"
    used = {
        name for url in databases.values() for (name,) in postgres.do(tables, url.partition("?")[0].rpartition("/")[2])
    }
    runs = {"runs", "changes", "history", "claims"} if "runs" in layouts else set()
    assert used == {"layouts", *runs, *({"items"} if "items" in layouts else ())}


def test_every_guide_has_a_point():
    """A guide that was renamed or removed is missed."""
    assert set(POINTS) <= set(PAGES)


def test_the_samples_of_the_readme_do_what_they_claim(monkeypatch):
    """Who begins there finds that it works."""
    monkeypatch.chdir(ROOT)
    verdicts = judged(ROOT / "README.md")
    assert verdicts
    assert faults(verdicts) == []
