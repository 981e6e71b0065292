"""Programs that know nothing and look busy: `testee.py KIND`. None of them may pass a scored case.

KIND is one of: always-ok, always-error, always-valid, echo.
"""

import json
import sys

KIND = sys.argv[1]
HELLO = {"name": f"null/{KIND}", "language": "none", "version": "0", "spec": ["1.0"], "features": []}
HELLO["profiles"] = ["codec", "router", "session", "loop", "durable"]
VALID = {"kind": "run-state", "dialect": "timestep", "number": "1.0", "warnings": []}


def answer(request):
    """Return what this kind says to everything."""
    if request["op"] == "hello":
        return {"ok": HELLO}
    if KIND == "always-error":
        return {"err": {"code": "json-truncated"}}
    return {"ok": {"always-ok": {}, "always-valid": VALID, "echo": request["args"]}[KIND]}


for line in sys.stdin:
    request = json.loads(line)
    print(json.dumps({"id": request["id"], **answer(request)}), flush=True)
