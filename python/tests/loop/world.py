"""A driver without a world: it answers effects by chance, and breaks off, saves, stops and resumes by chance."""

import random
import zlib

from timestep.codec import document
from timestep.dialects import invariants
from timestep.loop.advance import advance
from timestep.loop.draft import IllegalEvent
from timestep.loop.manifest import Policy, manifest_of
from timestep.loop.tree import document_of, is_open, tree_of
from timestep.types.events import event_from_json
from timestep.types.items import is_call, is_output
from timestep.types.outputs import text_output

from .cases import told

RAISED = {"max_turns": 60, "max_tokens": 10**6, "max_output": 10**6, "max_depth": 9}


class World:
    """One run of one tree.

    Attributes:
        chance: decides everything that is not told by the run, the turn or the call.
        work: effects that have not been answered.
        late: effects whose work was stopped, and that may still be answered.
        ran: (run, call position) -> how often a tool was begun.
        excused: the calls of which a person said that they may run again.
        answered: the (run, turn) that a model has answered.
    """

    def __init__(self, graph, seed, *, policy=None, calm=False, crashes=0.06, tools=("pay", "look", "tag")):
        self.manifest = manifest_of(graph, Policy(**(policy or {})))
        self.seed, self.calm, self.crashes, self.tools = seed, calm, crashes, tools
        self.chance = random.Random(seed)
        self.state, self.work, self.late = None, [], []
        self.ran, self.excused, self.answered, self.history = {}, set(), set(), []

    # --- what answers would say: the same for the same run, turn and call, however often it is asked

    def dice(self, *key):
        """Return chance of its own for a place in the run."""
        return random.Random(zlib.crc32(repr((self.seed, *key)).encode()))

    def answer_of_model(self, run, turn):
        """Return what the model says in a turn."""
        dice, spec = self.dice("model", run, turn), self.manifest.agents[self.state.runs[run].agent]
        kind = dice.random()
        usage = {"input_tokens": 5, "output_tokens": 2, "total_tokens": 7}
        event = {"type": "model.responded", "run": run, "usage": usage, "id": f"resp_{run}_{turn}", "output": []}
        if kind < 0.2 + 0.1 * turn:
            event["output"] = [{"type": "message", "role": "assistant", "content": "ok"}]
            return event
        if kind > 0.95 and not self.calm:
            return {**event, "status": dice.choice(["failed", "incomplete"])}
        names = [key[2] for key in spec.tools if key[2] in self.tools or not self.calm]
        for number in range(dice.randrange(1, 4)):
            name = dice.choice([*names, "nothing"]) if not self.calm else dice.choice(names)
            call_id = f"c_{run}_{turn}_{number if dice.random() < 0.95 or self.calm else 0}"
            event["output"].append({"type": "function_call", "call_id": call_id, "name": name, "arguments": "{}"})
        if not self.calm and dice.random() < 0.05:
            event["status"] = "incomplete"
        return event

    def output_of(self, run, item, text="done"):
        """Return the output of a call."""
        return text_output(self.state.runs[run].log[item].item, f"{text} {run} {item}")

    # --- the answers to effects

    def answer(self, effect):
        """Return the event that answers an effect; None where nothing answers it."""
        handler = getattr(self, f"on_{effect['type']}", None)
        return handler(effect) if handler is not None and effect["run"] in self.state.runs else None

    def on_check_input(self, effect):
        """Input guardrails pass, and seldom trip."""
        trips = not self.calm and self.chance.random() < 0.03
        behavior = "tripwire" if trips else "allow"
        results = [{"position": "input", "name": name, "behavior": behavior} for name in effect["names"]]
        return {"type": "input.checked", "run": effect["run"], "blocking": effect["blocking"], "results": results}

    def on_prepare_turn(self, effect):
        """A turn is prepared."""
        return {"type": "turn.prepared", "run": effect["run"]}

    def on_call_model(self, effect):
        """The model answers, and seldom fails."""
        assert (effect["run"], effect["turn"]) not in self.answered, "a model is asked for what it has answered"
        if not self.calm and self.chance.random() < 0.05:
            return {"type": "model.failed", "run": effect["run"], "code": "model-failed", "message": "x"}
        return self.answer_of_model(effect["run"], effect["turn"])

    def on_check_call(self, effect):
        """Guardrails let a call be, change it, block it, or have a person asked."""
        run, item = effect["run"], effect["item"]
        event = {"type": "call.checked", "run": run, "item": item}
        if effect.get("approved"):
            return {**event, **({"arguments": '{"b":1}', "ask": True} if self.chance.random() < 0.2 else {})}
        kind = self.chance.random()
        if kind < 0.15:
            return {**event, "blocked": self.output_of(run, item, "blocked")}
        if kind < 0.3:
            return {**event, "arguments": '{"a":1}'}
        if kind < 0.35:
            failed = {"code": "tool-arguments", "message": "x", "outputs": [self.output_of(run, item, "no")]}
            return {**event, "type": "tool.failed", **failed}
        return {**event, "ask": True} if kind < 0.7 else event

    def on_start_tools(self, effect):
        """Calls begin, all or some of them."""
        items = effect["items"]
        some = items if self.calm or self.chance.random() < 0.6 else self.chance.sample(items, 1)
        left = [item for item in items if item not in some]
        self.work += [{**effect, "items": left}] if left else []
        return {"type": "tool.starting", "run": effect["run"], "items": some}

    def on_run_tool(self, effect):
        """A tool gives its output, or fails."""
        run, item = effect["run"], effect["item"]
        key = (run, item)
        self.ran[key] = self.ran.get(key, 0) + 1
        call = self.state.runs[run].call(item)
        if call is not None and call.effect == "once":
            assert self.ran[key] == 1 or key in self.excused, f"the call at {key} runs twice"
        if self.calm or self.chance.random() < 0.85:
            return {"type": "tool.finished", "run": run, "item": item, "outputs": [self.output_of(run, item)]}
        stops = {"stops": True} if self.chance.random() < 0.3 else {}
        failed = {"code": "tool-failed", "message": "x", "outputs": [self.output_of(run, item, "failed")]}
        return {"type": "tool.failed", "run": run, "item": item, **failed, **stops}

    def on_start_nested(self, effect):
        """The nested run of a call starts."""
        given = {"agent": effect["agent"], "items": [{"role": "user", "content": "help"}], "form": "text"}
        parent = {"run": effect["run"], "item": effect["item"]}
        return {"type": "run.started", "run": effect["child"], "parent": parent, "limits": {"max_turns": 5}, **given}

    def on_finish_nested(self, effect):
        """The output of a nested run is made."""
        run, item = effect["run"], effect["item"]
        if self.state.runs[effect["child"]].step.type == "finished":
            return {"type": "tool.finished", "run": run, "item": item, "outputs": [self.output_of(run, item)]}
        failed = {"code": "tool-failed", "message": "x", "outputs": [self.output_of(run, item, "failed")]}
        return {"type": "tool.failed", "run": run, "item": item, **failed}

    def on_prepare_handoff(self, effect):
        """A transfer goes through, seldom with another view."""
        run = self.state.runs[effect["run"]]
        view = {"view": [[0, len(run.log) + 1]]} if self.chance.random() < 0.3 else {}
        return {"type": "handoff.prepared", "run": run.id, "item": effect["item"], **view}

    def on_check_output(self, effect):
        """An output passes, and seldom does not."""
        event, kind = {"type": "output.checked", "run": effect["run"]}, self.chance.random()
        if self.calm or kind < 0.8:
            return event
        if kind < 0.9:
            return {**event, "code": "output-type", "message": "x"}
        return {**event, "results": [{"position": "output", "name": "o", "behavior": "tripwire"}]}

    def on_append_session(self, effect):
        """The session has the range."""
        run = self.state.runs[effect["run"]]
        assert effect["from"] == run.session.through, "the session has a hole"
        return {"type": "session.written", "run": effect["run"], "through": effect["to"]}

    # --- the run

    def take(self, event):
        """Give the loop an event, and hold what it gives against the rules."""
        before = self.state
        self.history.append(event)
        self.state, effects = advance(self.manifest, before, event_from_json(event))
        if event["type"] == "model.responded":
            self.answered.add((event["run"], self.state_turn(before, event["run"])))
        saved = document_of(self.state)
        invariants.check(saved)
        assert document_of(tree_of(saved)) == saved, "a document loses something"
        for old in document_of(before).runs if before is not None else ():
            now = self.state.runs.get(old.id)
            assert now is None or list(now.log[: len(old.log)]) == old.log, "the log is not only appended to"
        for effect in told(effects):
            if effect["type"] == "cancel_work":
                self.stop_work(effect["run"])
            elif effect["type"] not in {"finish", "ask_approval"}:
                self.work.append(effect)

    @staticmethod
    def state_turn(state, run):
        """Return the turn that a run is in."""
        return state.runs[run].turn.count

    def stop_work(self, run):
        """Stop what is under way for a run and those nested in it."""
        below = [effect for effect in self.work if effect["run"] == run or effect["run"].startswith(run + ".")]
        sessions = [effect for effect in below if effect["type"] == "append_session"]
        self.work = [effect for effect in self.work if effect not in below] + sessions
        self.late += [effect for effect in below if effect not in sessions]

    def go(self, limits, **more):
        """Go through a run until it has ended; return its last document."""
        start = {"agent": self.manifest.root, "items": [{"role": "user", "content": "go"}], "form": "text"}
        self.take({"type": "run.started", "run": "r1", "limits": limits, **start, **more})
        for _ in range(600):
            root = self.state.root
            if not is_open(root) and not self.work:
                self.check_ended()
                return document_of(self.state)
            if root.step.type == "interrupted" and not self.work:
                self.wake()
            elif self.chance.random() < self.crashes:
                self.crash()
            else:
                self.step()
        raise AssertionError(f"the run does not end: {self.state.root.step}")

    def step(self):
        """Let one thing happen: an answer, a late answer, or something from outside."""
        assert self.work, f"nothing is under way in the step {self.state.root.step}"
        kind = self.chance.random()
        sessions = [effect for effect in self.work if effect["type"] == "append_session"]
        if sessions:  # TS-TRANS-006
            self.work.remove(sessions[0])
            self.take(self.answer(sessions[0]))
        elif self.late and kind < 0.3:
            self.deliver_late()
        elif not self.calm and kind > 0.97 and kind < 0.98 and is_open(self.state.root):
            self.take({"type": "input.added", "run": "r1", "item": {"role": "user", "content": "and"}})
        elif not self.calm and kind > 0.985 and is_open(self.state.root):
            final = self.chance.random() < 0.2
            stop = {"type": "run.cancelled", "run": "r1", **({"final": True} if final else {})}
            limit = {"type": "limit.reached", "run": "r1", "name": "max-seconds", "message": "60 s"}
            self.take(self.chance.choice([stop, limit]))
        else:
            effect = self.work.pop(self.chance.randrange(len(self.work)))
            event = self.answer(effect)
            if event is not None:
                self.take(event)

    def deliver_late(self):
        """Answer work that was stopped: it is taken or refused, and breaks nothing."""
        effect = self.late.pop()
        event = self.answer(effect) if effect["type"] != "call_model" else None
        self.work = [each for each in self.work if each is not effect]
        try:
            if event is not None and event["type"] != "tool.starting":
                self.take(event)
        except IllegalEvent:
            pass

    def crash(self):
        """Save the run, forget all else, read it and go on."""
        self.state = tree_of(document.decode(document.encode(document_of(self.state))))
        self.work, self.late = [], []
        self.take({"type": "run.resumed", "run": "r1"})

    def wake(self):
        """Decide and settle what waits, all or some of it, and resume; a limit that was reached is raised."""
        for run in list(self.state.runs.values()):
            for call in [*run.settled, *run.calls]:
                if self.chance.random() < 0.2:
                    continue
                if call.state in {"pending", "approved", "rejected"} and not call.outputs:
                    self.take({"type": "approval.decided", "run": "r1", "approval": self.decision(run, call)})
                elif call.state == "indeterminate":
                    self.settle(run, call)
        limits = {"limits": RAISED} if self.state.root.step.reason == "limit" else {}
        self.late = []
        self.take({"type": "run.resumed", "run": "r1", **limits})

    def decision(self, run, call):
        """Return a decision on a call, seldom a standing one."""
        owner, tool = run.log[call.item].agent, list(call.tool)
        base = {"run": run.id, "agent": owner, "tool": tool, "call_id": call.call_id}
        base["decision"] = self.chance.choice(["approve", "reject"])
        if self.chance.random() < 0.1:
            return {**base, "item": "*"}
        return {**base, "item": call.item, "digest": call.digest}

    def settle(self, run, call):
        """Say what became of a call that may have run."""
        how = self.chance.choice(["retry", "output", "fail"])
        outputs = [] if how == "retry" else [self.output_of(run.id, call.item, how)]
        if how == "retry":
            self.excused.add((run.id, call.item))
        self.take({"type": "call.settled", "run": run.id, "item": call.item, "how": how, "outputs": outputs})

    def check_ended(self):
        """No call that the model or the session saw is without its output."""
        root = self.state.root
        if root.step.type == "finished" or root.step.code == "cancelled":
            items = [entry.item for entry in root.log]
            assert sum(map(is_call, items)) == sum(map(is_output, items))
            assert root.session is None or root.step.code == "cancelled" or root.session.through == len(root.log)
