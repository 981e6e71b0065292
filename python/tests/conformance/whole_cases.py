"""Cases of whole runs in a few words, for tests of what plays them."""

import sys
from pathlib import Path

from timestep_conformance.cases import Case

TESTEE = Path(__file__).parent / "durable_testee.py"


def small_testee(*fault):
    """Return the command of the small durable runtime, with a fault where one is named."""
    return [sys.executable, str(TESTEE), *fault]


def says(text):
    """Return an answer of a text."""
    return {"output": [{"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": text}]}]}


def calls(*ids, name="pay"):
    """Return an answer with calls of a tool."""
    return {"output": [{"type": "function_call", "call_id": each, "name": name, "arguments": "{}"} for each in ids]}


def pays(*ids, effect="once", approval="never", then=(), expect=None, **more):
    """Return a case whose model calls `pay`, once for each id, and is done."""
    tool = {"name": "pay", "effect": effect, "approval": approval}
    done = {"ok": {"step": "finished", "output": "Done."}, "match": "subset"}
    given = {
        "id": "durable/pays",
        "title": "It pays",
        "profile": "durable",
        "op": "run",
        "args": {"run": "r1", "agents": [{"name": "A", "tools": [tool]}], "input": "Go", "store": True},
        "expect": {**(expect or done), **({"then": list(then)} if then else {})},
        "requirements": ("TS-DUR-043",),
        "world": {"model": [calls(*ids), says("Done.")], "tools": {"pay": {"output": "paid"}}},
        "effects": [{"tool": "pay", "call_id": each} for each in ids],
    }
    return Case(**{**given, **more})


def approved(**more):
    """Return a case whose call waits for a person, and is approved."""
    done = {"ok": {"step": "finished", "output": "Done."}, "match": "subset"}
    decided = {"op": "resume", "args": {"decisions": [{"path": "c1", "how": "approve"}]}, "expect": done}
    waits = {"ok": {"step": "interrupted", "reason": "approval"}, "match": "subset"}
    return pays("c1", approval="always", **{"expect": waits, "then": (decided,), **more})
