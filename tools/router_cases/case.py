"""A case of routing, and the shapes that most outcomes have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

OPENAI = "https://api.openai.com/v1"
LOCAL = "http://localhost:11434"
CLOUD = "https://ollama.com"
OPENAI_KEY = "OPENAI_API_KEY"
OLLAMA_KEY = "OLLAMA_API_KEY"
BOTH = (OPENAI_KEY, OLLAMA_KEY)


@dataclass(frozen=True, kw_only=True)
class Case:
    """A question and what its answer has to be; `ok` or `err` is given."""

    name: str
    title: str
    rules: Sequence[int | str]
    asks: str | None
    keys: Sequence[str] = ()
    document: Mapping[str, Any] | None = None
    raw: str | None = None
    environ: Mapping[str, str] | None = None
    ok: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None
    err: str | None = None
    pointer: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the case in the form of route-case.schema.json."""
        chain = self.ok is not None and not isinstance(self.ok, Mapping)
        args: dict[str, Any] = {"name": self.asks, "keys": list(self.keys)}
        if self.document is not None:
            args["rules"] = {**HEAD, **self.document}
        if self.raw is not None:
            args["raw"] = self.raw
        if self.environ is not None:
            args["environ"] = dict(self.environ)
        if chain:
            args["chain"] = True
        return {
            "id": f"router/{self.name}",
            "title": self.title,
            "requirements": [rule if isinstance(rule, str) else f"TS-ROUTE-{rule:03}" for rule in self.rules],
            "profile": "router",
            "introduced": "1.0",
            "origin": {"kind": "hand"},
            "features": ["route_model"],
            "op": "route_model",
            "args": args,
            "expect": self._expected(),
        }

    def _expected(self) -> dict[str, Any]:
        if self.err is not None:
            place = {} if self.pointer is None else {"pointer": self.pointer}
            return {"err": {"code": self.err, **place}}
        if isinstance(self.ok, Mapping):
            return {"ok": {"name": self.asks, **self.ok}}
        return {"ok": list(self.ok or ())}


HEAD = {"format": "timestep.routing-rules", "format_version": "1.0"}


def at_openai(model: str, rule: str = "bare-name", **more: Any) -> dict[str, Any]:
    """Return what leads to OpenAI, or to a server with its APIs."""
    return {
        "provider": "openai",
        "kind": "openai",
        "base_url": OPENAI,
        "model": model,
        "wire_api": "responses",
        "key": OPENAI_KEY,
        "rule": rule,
        "allow_private": more.get("base_url", OPENAI) == OPENAI,
        **more,
    }


def at_ollama(model: str, rule: str = "ollama-local", **more: Any) -> dict[str, Any]:
    """Return what leads to an Ollama."""
    directly = rule == "ollama-cloud"
    usual = CLOUD if directly else LOCAL
    return {
        "provider": "ollama",
        "kind": "ollama",
        "base_url": usual,
        "model": model,
        "wire_api": "ollama_chat",
        "key": OLLAMA_KEY if directly else None,
        "rule": rule,
        "allow_private": more.get("base_url", usual) == usual,
        **more,
    }
