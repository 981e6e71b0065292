"""Requests to answers: what the package `timestep` says to what the suite asks (spec/conformance.md)."""

from __future__ import annotations

import base64
import importlib
from collections.abc import Callable
from typing import Any

import timestep
from frames import requests, send
from timestep.errors import TimestepError

HELLO = {
    "name": "reference",
    "language": "python",
    "version": timestep.__version__,
    "spec": ["1.0"],
    "profiles": ["codec", "router", "session", "loop", "durable"],
    "features": [],
}
#: Modules of operations, each of which is imported when one of its operations is asked for the first time.
MODULES = {
    "codec_ops": ("validate", "load", "save", "convert", "write_file", "apply"),
    "seal_ops": ("seal", "unseal", "key_ring"),
    "decide_ops": ("decide",),
    "form_ops": ("transcode", "canonical", "show", "show_text"),
    "router_ops": ("route_model",),
    "client_ops": ("ask_model",),
    "loop_ops": ("advance",),
    "run_ops": ("run", "resume", "manifest"),
    "session_ops": ("session_add", "session_items", "session_pop", "session_clear"),
    "store_ops": (
        *("store_save", "store_load", "store_list", "store_history", "store_clear", "store_prune"),
        *("store_claim", "store_release"),
    ),
}
Op = Callable[[dict[str, Any]], Any]
_operations: dict[str, Op] = {}


def operation(op: Op) -> Op:
    """Have a function answer the requests that are called as it."""
    _operations[op.__name__] = op
    return op


def content(payload: dict[str, str]) -> bytes:
    """Return the bytes of a payload."""
    return payload["text"].encode() if "text" in payload else base64.b64decode(payload["base64"])


def payload(data: bytes) -> dict[str, str]:
    """Return bytes as a payload."""
    try:
        return {"text": data.decode()}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(data).decode()}


def operations() -> dict[str, Op]:
    """Return the operations by name."""

    def asked(name: str, module: str) -> Op:
        def first(args: dict[str, Any]) -> Any:
            importlib.import_module(module)
            return _operations[name](args)

        return first

    def hello(args: dict[str, Any]) -> Any:
        for module, names in MODULES.items():
            if args.get("next") in names:
                importlib.import_module(module)
        return HELLO

    return {"hello": hello, **{name: asked(name, module) for module in MODULES for name in MODULES[module]}}


def answer(ops: dict[str, Op], request: dict[str, Any]) -> dict[str, Any]:
    """Return the answer to a request."""
    if request["op"] not in ops:
        return {"unsupported": {"feature": request["op"]}}
    try:
        return {"ok": ops[request["op"]](request["args"])}
    except TimestepError as error:
        if error.code == "internal":
            return {"internal": {"message": error.message}}
        told = {"pointer": error.pointer, "line": error.line, "message": error.render()}
        return {"err": {"code": error.code, **{name: value for name, value in told.items() if value is not None}}}
    except Exception as error:  # noqa: BLE001 - a defect is answered as one
        return {"internal": {"message": f"{type(error).__name__}: {error}"}}


def serve(ops: dict[str, Op] | None = None) -> None:
    """Answer requests until stdin ends."""
    ops = ops or operations()
    for request in requests():
        send({"id": request["id"], **answer(ops, request)})
