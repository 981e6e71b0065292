"""The reference with one fault: `testee.py FAULT`. The suite has to catch each of them.

Faults of the codec, the router and the loop change what is said; faults of the protocol change how.
"""

from __future__ import annotations

import hmac
import json
import sys
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "reference"))

import keeping

import frames
import serving
from serving import Op, content, payload

JSON = dict[str, Any]
Fault = Callable[[Op], Op]


def before(change: Callable[[JSON], JSON]) -> Fault:
    """Return a fault that changes what is asked."""
    return lambda op: lambda args: op(change(args))


def after(change: Callable[[Any], Any]) -> Fault:
    """Return a fault that changes what is said."""
    return lambda op: lambda args: change(op(args))


def parsed_first(args: JSON) -> JSON:
    """Read the document with a lenient parser, and look at what that makes of it."""
    try:
        return {**args, "state": payload(json.dumps(json.loads(content(args["state"]))).encode())}
    except ValueError:
        return args


def all_approved(found: JSON) -> JSON:
    """Take each call that waits for approved."""
    return {**found, "waits": [{**call, "state": "approved"} for call in found.get("waits", ())]}


def nothing_waits(found: JSON) -> JSON:
    """Say that nothing waits."""
    return {**found, "waits": []} if "waits" in found else found


def without_unknown(found: JSON) -> JSON:
    """Leave out of a document what is new in a later version."""
    value = json.loads(content(found["state"]))
    if isinstance(value, dict):
        value = {name: each for name, each in value.items() if name in KNOWN or "format" not in value}
    return {**found, "state": payload(json.dumps(value).encode())}


KNOWN = {"format", "format_version", "requires", "id", "revision", "told", "agents", "context", "trace", "usage",
         "approvals", "runs", "origin", "leftover", "provenance"}  # fmt: skip


def nothing_crosses(_: Any) -> JSON:
    """Give back an empty document."""
    return {"state": {"text": "{}"}, "report": {"rows": []}}


def mac_made_right(args: JSON) -> JSON:
    """Take any MAC of a sealed state for the right one."""
    state = content(args["state"])
    if not state.startswith(b"timestep-sealed.1."):
        return args
    parts = state.decode().rpartition(".")[0]
    secret = b64decode(next(iter(json.loads(content(args["keys"]))["keys"]))["secret"] + "=", altchars=b"-_")
    mac = urlsafe_b64encode(hmac.digest(secret, parts.encode(), "sha256")).rstrip(b"=").decode()
    return {**args, "state": {"text": f"{parts}.{mac}"}}


def cut_off(args: JSON) -> JSON:
    """Take the beginning of a binary run state for a whole one."""
    state = content(args["state"])
    end = b"\xb8\x3e\x01"
    begun = state.startswith(b"\x0a\x12timestep.run-state") and not state.endswith(end)
    return {**args, "state": payload(state + end)} if begun else args


def case_blind(args: JSON) -> JSON:
    """Take prefixes for the same in any case."""
    return {**args, "name": args["name"].lower() if args["name"] else args["name"]}


def key_for_anybody(found: Any) -> Any:
    """Send the key of OpenAI to every server."""
    return [key_for_anybody(each) for each in found] if isinstance(found, list) else {**found, "key": "OPENAI_API_KEY"}


def asked_twice(args: JSON) -> JSON:
    """Ask a model once more than the rules say."""
    retry = args["rules"].get("retry", {})
    more = {**retry, "attempts": min(retry.get("attempts", 3) + 1, 10)}
    return {**args, "rules": {**args["rules"], "retry": more}}


def unasked(args: JSON) -> JSON:
    """Run tools that a person was to be asked about."""
    manifest = json.loads(json.dumps(args["manifest"]).replace('"approval": "always"', '"approval": "never"'))
    event = json.loads(json.dumps(args["event"]).replace('"approval": true', '"approval": false'))
    return {**args, "manifest": manifest, "event": {name: each for name, each in event.items() if name != "ask"}}


def unasked_runs(args: JSON) -> JSON:
    """Run tools that a person was to be asked about, in whole runs."""
    agents = json.loads(json.dumps(args["agents"]).replace('"approval": "always"', '"approval": "never"'))
    return {**args, "agents": agents}


def untold(found: JSON) -> JSON:
    """Leave out the ends of turns of what readers are told."""
    told = [event for event in found.get("events", ()) if event["type"] != "turn_finished"]
    return {**found, "events": told} if "events" in found else found


def not_counted(found: JSON) -> JSON:
    """Leave the revision where it was."""
    value = json.loads(content(found["state"]))
    return {**found, "state": payload(json.dumps({**value, "revision": 0}).encode())}


def effects_backwards(found: JSON) -> JSON:
    """Give effects in another order."""
    return {**found, "effects": found["effects"][::-1]}


FAULTS: dict[str, dict[str, Fault]] = {
    "codec-last-name-wins": dict.fromkeys(("validate", "load"), before(parsed_first)),
    "codec-all-approved": {"load": after(all_approved)},
    "codec-nothing-waits": {"load": after(nothing_waits)},
    "codec-drops-unknown": {"save": after(without_unknown)},
    "codec-nothing-crosses": {"convert": after(nothing_crosses)},
    "codec-any-mac": {"unseal": before(mac_made_right)},
    "codec-cut-off": {"validate": before(cut_off)},
    "router-case-blind": {"route_model": before(case_blind)},
    "router-key-for-anybody": {"route_model": after(key_for_anybody)},
    "router-asks-once-more": {"ask_model": before(asked_twice)},
    "loop-unasked": {"advance": before(unasked)},
    "loop-not-counted": {"advance": after(not_counted)},
    "loop-run-unasked": dict.fromkeys(("run", "resume"), before(unasked_runs)),
    "loop-run-untold": dict.fromkeys(("run", "resume"), after(untold)),
    "loop-effects-backwards": {"advance": after(effects_backwards)},
    **keeping.FAULTS,
}
#: Faults of the protocol -> what is written in place of an answer.
PROTOCOL: dict[str, Callable[[JSON, str], str]] = {
    "protocol-logs-to-stdout": lambda request, line: f"serving {request['op']}\n{line}",
    "protocol-answers-twice": lambda _, line: line + line,
    "protocol-another-id": lambda request, line: line.replace(f'"id":{request["id"]}', f'"id":{request["id"] + 1}'),
    "protocol-asks-back": lambda request, line: f'{{"call":{request["id"]},"do":"now","args":{{}}}}\n{line}',
    "protocol-breaks-off": lambda _, line: line[: len(line) // 2],
    "protocol-says-unsupported": lambda request, _: json.dumps(
        {"id": request["id"], "unsupported": {"feature": request["op"]}}
    )
    + "\n",
}  # fmt: skip


def main(fault: str) -> None:
    """Answer requests, wrongly."""
    if fault.startswith("durable-") and fault not in FAULTS:
        from durable_faults import DURABLE

        DURABLE[fault]()
    ops = serving.operations()
    ops |= {name: change(ops[name]) for name, change in FAULTS.get(fault, {}).items()}
    for request in frames.requests():
        text = json.dumps({"id": request["id"], **serving.answer(ops, request)}, separators=(",", ":")) + "\n"
        wrong = PROTOCOL.get(fault)
        sys.stdout.write(wrong(request, text) if wrong and request["op"] != "hello" else text)
        sys.stdout.flush()
        if fault == "protocol-dies" and request["op"] != "hello":
            raise SystemExit(1)
        if fault == "protocol-breaks-off" and request["op"] != "hello":
            raise SystemExit(0)


if __name__ == "__main__":
    if not sys.argv[1].startswith("durable-") and sys.argv[1] not in {*FAULTS, *PROTOCOL, "protocol-dies"}:
        raise SystemExit(f"no fault is called {sys.argv[1]}")
    main(sys.argv[1])
