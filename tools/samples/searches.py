"""Doubles of the web searches of Firecrawl and of Ollama Cloud: each finds one page for whatever is sought."""

from __future__ import annotations

from typing import Any

JSON = dict[str, Any]
FOUND = "It has been known since 1987."
"""A sentence that nobody knows who has not searched."""


def firecrawl(body: JSON) -> JSON:
    """Return Firecrawl's answer; KeyError where nothing is sought."""
    page = {"url": "https://pages.example/1", "title": f"All about: {body['query']}", "description": FOUND}
    return {"success": True, "data": {"web": [page]}}


def ollama(body: JSON) -> JSON:
    """Return the answer of Ollama Cloud; KeyError where nothing is sought."""
    page = {"url": "https://pages.example/1", "title": f"All about: {body['query']}", "content": FOUND}
    return {"results": [page]}
