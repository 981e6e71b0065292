"""Puts `tools/` on the path, where the package under test lives, and gives the pages that the tests write."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "tools"))


@pytest.fixture
def block(tmp_path):
    """Return a function that makes the block of a page out of code."""
    from samples.pages import blocks

    def make(code, language="python"):
        page = tmp_path / "page.md"
        page.write_text(f"# Page\n\n```{language}\n{code}\n```\n", encoding="utf-8")
        return blocks(page)[0]

    return make


@pytest.fixture
def sample(block):
    """Return a function that mends a block made out of code."""
    from samples.mending import mend

    return lambda code: mend(block(code))
