"""The hosts that programs mean: which key opens which, and how they refuse what is not theirs."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

JSON = dict[str, Any]

OPENAI, OLLAMA_CLOUD, FIRECRAWL = "https://api.openai.com", "https://ollama.com", "https://api.firecrawl.dev"
OLLAMA_LOCAL = "http://localhost:11434"
KEYS = {
    "OPENAI_API_KEY": "openai-key-of-the-samples",
    "OLLAMA_API_KEY": "ollama-key-of-the-samples",
    "FIRECRAWL_API_KEY": "firecrawl-key-of-the-samples",
}
"""The keys that samples find in their environment; they open nothing but the hosts below, which are doubles."""
OPENED_BY = {OPENAI: "OPENAI_API_KEY", OLLAMA_CLOUD: "OLLAMA_API_KEY", FIRECRAWL: "FIRECRAWL_API_KEY"}
"""Host -> the key it asks for; other hosts ask for none."""


def refused(origin: str, authorization: str, body: JSON) -> tuple[int, str] | None:
    """Return the status and the words with which a host refuses a request; None where it answers.

    Args:
        origin: whom the request was meant for.
        authorization: its header of that name.
        body: its JSON.
    """
    key = OPENED_BY.get(origin)
    if key is not None and authorization != f"Bearer {KEYS[key]}":
        return 401, "the key is missing, or another host's"
    model = str(body.get("model"))
    strange = {OPENAI: "/" in model, OLLAMA_CLOUD: is_cloud_name(model)}
    return (404, f"there is no model {model!r}") if strange.get(origin) else None


def is_cloud_name(model: str) -> bool:
    """Tell whether a name is one by which a local Ollama knows a model of Ollama Cloud: its tag says so."""
    tag = model.rpartition(":")[2] if ":" in model else ""
    return tag == "cloud" or tag.endswith("-cloud")


def name_at_cloud(model: str) -> str:
    """Return the name that a model has at Ollama Cloud itself."""
    return re.sub("[:-]cloud$", "", model) if is_cloud_name(model) else model


def keys_in(text: str) -> list[str]:
    """Return the names of the keys that stand in a text."""
    return [name for name, key in KEYS.items() if key in text]


def origin_of(url: str) -> str:
    """Return scheme, host and port of an address."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
