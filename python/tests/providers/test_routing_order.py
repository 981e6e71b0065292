"""Where a name leads has no past: neither earlier questions nor the environment of the process count (routing.md)."""

import random

import pytest

from timestep.providers.routing import OLLAMA_KEY, OPENAI_KEY

from .test_routing import CASES, outcome


@pytest.mark.parametrize("seed", range(5))
def test_the_outcome_is_the_same_in_any_order(monkeypatch, seed):
    """TS-ROUTE-017: all cases, each asked twice among the others, with keys and hosts set that they don't name."""
    for name in (OPENAI_KEY, OLLAMA_KEY, "ACME_API_KEY", "TEAM_API_KEY"):
        monkeypatch.setenv(name, "sentinel")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:1/v1")
    monkeypatch.setenv("OLLAMA_HOST", "127.0.0.1:1")
    names = [*CASES] * 2
    random.Random(seed).shuffle(names)
    assert [name for name in names if outcome(CASES[name]) != CASES[name]["expect"]] == []
