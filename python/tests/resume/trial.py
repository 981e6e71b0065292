"""One random scenario put to the test: saved by one SDK, converted, resumed by both, over all of its pauses."""

import json
import random
import re
from collections import Counter
from dataclasses import dataclass, field

from generate import record_of
from judge import compare
from random_scenarios import decisions, scenario

from timestep.errors import TimestepError
from timestep.state import write

from .harness import FAMILIES, canonical, other, places, session_again, shown, state_of

ROUNDS = 3
DEFAULT = "Tool execution was not approved."
#: What both SDKs say when they can't tell which items the last response owns; nothing runs then.
UNPROVEN = "Cannot resume"
PROVENANCE = ("boundary cannot be proven", "provenance was not preserved")


@dataclass
class Trial:
    """What one seed showed."""

    seed: int
    problems: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    scenario: dict = field(default_factory=dict)


class Runner:
    """Runs one scenario from one family."""

    def __init__(self, trial, source, workers):
        self.trial, self.source, self.target, self.workers = trial, source, other(source), workers
        self.rng = random.Random(trial.seed)
        self.scenario = trial.scenario
        self.scenario.update(decisions=[], rounds=[])
        self.listed: set[str] = set()

    def run(self):
        """Save, decide, resume and convert until the run ends or has paused often enough."""
        saved = self.ask(self.source, "save")
        if saved.get("undecided") is None:
            return self.count("no state")
        self.step("undecided", saved["undecided"], saved["served"], saved["record"], None)
        pending = saved["record"]["next"]
        if not pending:
            return self.count("ended without a pause")
        self.scenario["decisions"] = self.decide(pending)
        saved = self.ask(self.source, "save")
        if saved.get("decided") is None:
            if saved["error"]["stage"] == "load":
                return self.count("the SDK cannot load its own state")
            return self.problem(f"the SDK cannot decide: {saved['error']}")
        answer = self.step("decided", saved["decided"], saved["served"], saved["record"], None)
        for number in range(1, ROUNDS + 1):
            waiting = answer["record"].get("next")
            if answer.get("state") is None or answer["record"].get("error") or not waiting:
                break
            self.scenario["rounds"].append(self.decide(waiting))
            answer = self.step("round", answer["state"], answer["served"], answer["record"], number)
        return None

    def decide(self, pending):
        """Decide at random; three seeds of four leave out what the SDKs take differently in nested runs."""
        tame = self.trial.seed % 4 != 0 and any("parent" in call for call in pending)
        found = decisions(self.rng, pending, all_of_them=tame or self.rng.random() < 0.6)
        for decision in found if tame else []:
            decision.pop("always", None)
        if not tame and any("parent" in call for call in pending):
            self.listed.add("nested-partial-decision or nested-sticky-scope")
        return found

    def ask(self, family, op, **fields):
        """Ask a worker."""
        return self.workers[family].ask(op, scenario=self.scenario, **fields)

    def count(self, what):
        """Count an outcome."""
        self.trial.counts[f"{self.source[14:]}: {what}"] += 1

    def problem(self, text):
        """Note a fault."""
        self.trial.problems.append(f"{self.source[14:]}: {text}")

    def step(self, kind, state, served, before, number):
        """Resume a state as it is, converted within the family, and converted to the other one; compare."""
        more = {"served": served, "decide": number is not None, "round": number or 0}
        native = self.resume(self.source, state, before, self.source, more)
        name = f"{kind} {number or ''}"
        if (native["record"]["error"] or {}).get("stage") in {"load", "decide"}:
            self.count("the SDK cannot go on with its own state")
            return native
        own, _ = self.convert(state, self.source, native, name)
        if own is not None:
            mine = self.resume(self.source, own, before, self.source, more)
            error = mine["record"]["error"] or ""
            self.expect(compare(native["record"], mine["record"], same_family=True), f"own, {name}: {error}")
            if canonical(native["state"]) != canonical(mine["state"]) and not self.collides():
                self.problem(f"own, {name}: the state afterwards tells something else")
        there, flags = self.convert(state, self.target, native, name)
        if self.raises():
            self.count("crossed, not compared: a tool raises")
        elif number is not None and idle(native) and native["record"].get("next") == before.get("next"):
            self.count("crossed, not compared: the SDK asks the same again")
        elif there is not None:
            crossed = self.resume(self.target, there, before, self.source, more)
            self.compare_crossed(native, crossed, name, (kind, number), flags)
        return native

    def resume(self, family, state, before, source, more):
        """Let an SDK resume a state with the session's items as they are in its form."""
        answer = self.ask(family, "resume", state=state, **more, **session_again(before, source, family))
        return {**answer, "record": record_of(answer), "state": answer.get("state")}

    def convert(self, state, target, native, name):
        """Convert, with whatever assertions are asked for; a refusal counts, or is a fault."""
        flags: list[str] = []
        while True:
            try:
                done = write(state_of(state), target, assume=flags, handoffs=self.handoffs())
            except TimestepError as error:
                wanted = re.search(r"--assume ([a-z-]+)", error.help or "")
                if error.code == "assumption-needed" and wanted and wanted[1] not in flags:
                    flags.append(wanted[1])
                    continue
                self.refused(error, target, native, name)
                return None, flags
            for flag in flags:
                self.count(f"to {target[14:]} with {flag}")
            return done.data.decode("utf-8"), flags

    def handoffs(self):
        """Name the agent behind each handoff tool, which no Python state tells (ADR 0005)."""
        names = [agent["name"] for agent in self.scenario["agents"].values()]
        return {f"transfer_to_{re.sub('[^a-z0-9]', '_', name.lower())}": name for name in names}

    def raises(self):
        """Tell whether a tool raises: the SDKs then go on in ways of their own (raising-tool-on-resume)."""
        return any("raises" in tool for tool in self.scenario["tools"].values())

    def collides(self):
        """Tell whether call ids repeat: such states may be refused, as decisions and outputs are bound to ids."""
        turns = [turn for script in self.scenario["script"].values() for turn in script]
        items = [item for turn in turns for item in (turn if isinstance(turn, list) else turn["output"])]
        ids = [item["call_id"] for item in items if "call_id" in item]
        return len(set(ids)) < len(ids)

    def refused(self, error, target, native, name):
        """Refusing within a family is a fault, unless the SDK itself can't go on with the state either."""
        self.count(f"to {target[14:]} refused: {error.code} {re.sub(r'imp_[0-9a-f]+|[0-9]+', '#', error.message)[:90]}")
        if target == self.source and not native["record"]["error"] and not self.collides():
            self.problem(f"own, {name}: refused, {error.code}: {error.message} {error.pointer}")

    def expect(self, found, name):
        """Note differences as a fault; which of two reasons a refusal of a repeated id names does not matter."""
        self.count("compared")
        if found and all(difference.expected == DEFAULT for difference in found):
            # A later "always" makes @openai/agents forget the message of an earlier rejection; ours is kept.
            self.count("own, a message is kept that the SDK forgets")
        elif found and all(known in str(name) for known in (UNPROVEN, "boundary")):
            self.count("own, refused: " + UNPROVEN)
        elif found and self.collides() and only_order(found):
            self.count("own, another order of asking, call-ids-by-agent")
        elif found and not (self.collides() and places(found) == ["/error/message"]):
            self.problem(f"{name}:\n{shown(found)}")

    def compare_crossed(self, native, crossed, name, at, flags):
        """A difference is allowed only where the SDKs differ when each runs the scenario by itself, or is listed."""
        self.count("compared")
        found = compare(native["record"], crossed["record"], same_family=False)
        if not found:
            return None
        if self.collides() and any(map(reused, (native, crossed))):
            return self.count("crossed, call-ids-by-agent")
        if any(known in (native["record"]["error"] or {}).get("message", "") for known in (UNPROVEN, "boundary")):
            return self.count("crossed, the SDK refuses its own state")
        if native["record"]["error"] and crossed["record"]["error"] and idle(native) and idle(crossed):
            return self.count("crossed, both fail before anything happens")
        cause = self.cause(native, flags) or listed_here(found, self.scenario, crossed)
        asserted = {"finished-calls-model", "input-guardrails-completed"} & set(flags)
        if cause is not None and (asserted or self.wider(at[1]) or not surplus(native, crossed)):
            return self.count(f"crossed, {cause}")
        theirs = self.own_run(*at)
        if theirs is not None:
            if same_error(theirs, crossed["record"]) and idle(crossed):
                return self.count("crossed, refused by the other SDK as its own run is")
            if not compare(theirs, crossed["record"], same_family=False):
                return self.count("crossed, as the other SDK by itself")
            if set(places(found)) <= set(places(compare(native["record"], theirs, same_family=False))):
                return self.count("crossed, different where both SDKs differ")
        self.problem(f"crossed, {name}: {crossed['record']['error']}\n{shown(found)}")
        return None

    def wider(self, number):
        """Tell whether an "always" was just given to @openai/agents itself, where it holds for later nested runs."""
        decided = self.scenario["rounds"][number - 1] if number else []
        return self.target.endswith("-js") and any(decision.get("always") for decision in decided)

    def cause(self, native, flags):
        """Name the listed cause that may show here, if there is one."""
        if "faithful-error-state" in flags:
            return "raising-tool-on-resume"
        if "finished-calls-model" in flags:
            return "resume-of-finished-run"
        if native["record"]["error"] and "input-guardrails-completed" in flags:
            return "tripped-guardrail-on-resume"
        return next(iter(self.listed), None)

    def own_run(self, kind, number):
        """Return the record of the other SDK's own run of this step, or None where it does not get there."""
        saved = self.ask(self.target, "save")
        if saved.get("undecided") is None:
            return saved.get("record")
        state, before = saved.get("undecided" if kind == "undecided" else "decided"), saved["record"]
        served, record = saved["served"], None
        for step in range((number or 0) + 1):
            if state is None:
                return None
            more = {"served": served, "decide": step > 0, "round": step}
            answer = self.resume(self.target, state, before, self.target, more)
            state, served, before = answer["state"], answer.get("served"), answer["record"]
            record = before
        return record


def reused(answer):
    """Tell whether an SDK ended a run for a call id that came again."""
    return "reused" in (answer["record"]["error"] or {}).get("message", "")


def idle(answer):
    """Tell whether nothing was sent and nothing ran."""
    return not answer["record"].get("requests") and not answer["record"].get("executed")


def listed_here(found, scenario, crossed):
    """Name the listed cause that the differences themselves show, if there is one."""
    message = (crossed["record"]["error"] or {}).get("message", "")
    if any(known in message for known in PROVENANCE):
        return "refused: the other SDK cannot tell what the last response owns"
    if any("tool_use_behavior" in agent for agent in scenario["agents"].values()):
        return "stop-behaviour-after-a-pause"
    if {difference.where.rpartition("/")[2] for difference in found} == {"exit_code"}:
        return "rejected-shell-exit-code"
    where = {difference.where.split("/")[1] for difference in found}
    if where == {"session"} and "save_at" in scenario:
        return "unwritten-session-items"
    return "pending-order-of-nested-calls" if only_order(found) else None


def only_order(found):
    """Tell whether the same calls are asked about, in another order."""
    where = {difference.where.split("/")[1] for difference in found}
    sides = [
        sorted(json.dumps([d.where.split("/")[3:], getattr(d, side)]) for d in found) for side in ("expected", "got")
    ]
    return where <= {"next", "pending"} and sides[0] == sides[1]


def surplus(native, crossed):
    """List calls that ran after the conversion and not before it."""
    ran = [
        Counter((call["tool"], call["arguments"]) for call in side["record"].get("executed", []))
        for side in (native, crossed)
    ]
    return list((ran[1] - ran[0]).elements())


def same_error(left, right):
    """Tell whether two records end in the same error."""
    return bool(left["error"]) and bool(right["error"]) and left["error"]["message"] == right["error"]["message"]


def trial(seed, workers, families=FAMILIES):
    """Put one seed to the test from both families."""
    found = Trial(seed)
    for family in families:
        found.scenario = scenario(seed)
        Runner(found, family, workers).run()
        if found.problems:
            break
    return found


def dumped(found):
    """Write a trial's scenario as text."""
    return json.dumps(found.scenario, indent=1)
