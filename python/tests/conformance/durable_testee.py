"""A small durable runtime that answers as a testee: `durable_testee.py [FAULT]`, right without a fault."""

import itertools
import json
import sys

FAULT = sys.argv[1] if len(sys.argv) > 1 else ""
HELLO = {"name": "small", "language": "python", "version": "1", "spec": ["1.0"], "profiles": ["durable"]}
HELLO["features"] = ["run", "resume", "checkpoints", "session"]
NUMBERS = itertools.count(1)
OPEN = ("requested", "approved", "started", "pending", "rejected", "indeterminate")


class Refused(Exception):
    """The suite has answered a callback with an error."""


def send(frame):
    """Write a frame."""
    sys.stdout.write(json.dumps(frame) + "\n")
    sys.stdout.flush()


def call(do, **args):
    """Make a callback, and wait for its answer."""
    number = next(NUMBERS)
    send({"call": number, "do": do, "args": args})
    answer = json.loads(sys.stdin.readline())
    assert answer["call"] == number
    if "err" in answer:
        raise Refused(answer["err"]["code"])
    return answer["ok"]


class Run:
    """A run: what is kept of it, and how it goes on."""

    def __init__(self, args):
        self.id, self.stores = args["run"], bool(args.get("store"))
        self.agent = args["agents"][0]
        self.tools = {tool["name"]: tool for tool in self.agent.get("tools", ())}
        self.version, self.state = 0, None
        found = call("load", run=self.id) if self.stores else {"version": 0}
        if "state" in args:
            found = {"version": 0, "state": args["state"]}
        if "state" in found and FAULT != "begins-again":
            self.version, self.state = found["version"], json.loads(found["state"]["text"])
        elif "input" in args:
            items = [{"role": "user", "content": args["input"]}]
            self.state = {"items": items, "turn": 0, "calls": {}, "step": "run_again", "output": None, "tries": 0}
        else:
            raise Refused("run-unknown")
        self.version = found["version"]

    def keep(self):
        """Have the state stored."""
        if not self.stores or FAULT == "keeps-nothing":
            return
        text = json.dumps(self.state)
        try:
            self.version = call("persist", run=self.id, version=self.version, state={"text": text})["version"]
        except Refused:
            if FAULT != "over-conflict":
                raise
            self.version += 2

    def waiting(self):
        """List the calls that are open."""
        return [one for one in self.state["calls"].values() if one["state"] in OPEN]

    def decide(self, decisions):
        """Take decisions."""
        for each in decisions:
            one = self.state["calls"].get(each["path"])
            if FAULT == "never-decides":
                continue
            wanted = "pending" if each["how"] in ("approve", "reject") else "indeterminate"
            if one is None or one["state"] != wanted:
                raise Refused("call-unknown")
            if each["how"] == "output":
                self.answer(one, each["output"])
            else:
                one["state"] = {"approve": "approved", "retry": "approved"}.get(each["how"], "rejected")

    def answer(self, one, output):
        """Give a call its output."""
        one["state"] = "completed"
        self.state["items"].append({"type": "function_call_output", "call_id": one["call_id"], "output": output})

    def recover(self):
        """Find the calls that were broken off."""
        if FAULT == "asks-again" and any(one["state"] == "started" for one in self.waiting()):
            self.state |= {"calls": {}, "turn": self.state["turn"] - 1}
            self.state["items"] = self.state["items"][:1]
        for one in self.waiting():
            if one["state"] == "started":
                again = self.tools[one["tool"][2]].get("effect") in ("read", "idempotent") or FAULT == "pays-again"
                one["state"] = "approved" if again else "indeterminate"

    def go_on(self):
        """Go on to the next stop."""
        self.keep()
        while self.state["step"] != "finished":
            todo = self.waiting()
            if not todo:
                self.turn()
                continue
            for one in todo:
                self.carry_out(one)
            if self.waiting():
                self.state["step"] = "interrupted"
                break
        self.keep()
        return self.outcome()

    def carry_out(self, one):
        """Take a call one step further."""
        if one["state"] == "rejected":
            self.answer(one, "no")
        elif one["state"] == "requested" and self.tools[one["tool"][2]].get("approval") == "always":
            one["state"] = "pending"
        elif one["state"] in ("requested", "approved"):
            if FAULT != "no-intent":
                one["state"] = "started"
                self.keep()
            self.state["tries"] += FAULT == "new-keys"
            key = f"{self.id}-{one['call_id']}-{self.version if FAULT == 'new-keys' else 0}"
            about = {"tool": one["tool"], "call_id": one["call_id"], "arguments": one["arguments"], "key": key}
            output = call("tool", run=self.id, agent=self.agent["name"], **about)["output"]
            self.answer(one, output)
            self.keep()

    def turn(self):
        """Ask the model."""
        key = f"{self.id}-{self.state['turn']}"
        about = {"turn": self.state["turn"] + 1, "input": self.state["items"], "key": key}
        said = call("model", run=self.id, agent=self.agent["name"], **about)
        self.state["turn"] += 1
        self.state["items"] += said["output"]
        for item in said["output"]:
            if item["type"] == "function_call":
                about = {"call_id": item["call_id"], "arguments": item["arguments"], "path": item["call_id"]}
                about |= {"tool": ["function", None, item["name"]], "agent": self.agent["name"]}
                self.state["calls"][item["call_id"]] = {**about, "state": "requested"}
            else:
                self.state |= {"step": "finished", "output": item["content"][0]["text"]}
        self.keep()

    def outcome(self):
        """Return where the run stands."""
        waits = [{name: one[name] for name in WAITS} for one in self.waiting()]
        doubt = any(one["state"] == "indeterminate" for one in waits)
        reason = ("indeterminate" if doubt else "approval") if waits else None
        found = {"step": self.state["step"], "reason": reason, "code": None, "output": self.state["output"]}
        return {**found, "waits": waits, "state": {"text": json.dumps(self.state)}}


WAITS = ("path", "agent", "tool", "call_id", "arguments", "state")


def serve(request):
    """Answer a request."""
    args = request["args"]
    try:
        run = Run(args)
        if run.state["step"] == "finished":
            if FAULT == "asks-at-the-end":
                run.turn()
            return {"ok": run.outcome()}
        run.state["step"] = "run_again"
        run.recover()
        run.decide(args.get("decisions", ()))
        return {"ok": run.go_on()}
    except Refused as error:
        return {"err": {"code": str(error)}}
    except json.JSONDecodeError:
        return {"err": {"code": "json-truncated"}}


for line in sys.stdin:
    request = json.loads(line)
    send({"id": request["id"], **({"ok": HELLO} if request["op"] == "hello" else serve(request))})
