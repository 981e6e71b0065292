"""The world of a case: models, tools, guardrails, people, store, session and clock, as the case has them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, cast

from timestep_conformance.cases import Case
from timestep_conformance.ledger import Call, Ledger, Question, call_ids, label, tool_name
from timestep_conformance.matching import difference
from timestep_conformance.payloads import is_payload
from timestep_conformance.scripts import Said, Script, Speechless, canonical
from timestep_conformance.testee import Killed

#: What the clock says first: it goes on by a second each time that it is asked.
_START = 1_767_225_600
_ANSWER = ("output", "usage", "id", "answered_by", "pieces")
_FAULT = "world"  # the code of what a world can't answer
JSON = dict[str, Any]


class Point(NamedTuple):
    """Where the testee is killed: at a callback of one of its lives, counted from 1; `after` it, or `before`."""

    number: int
    when: str

    def __str__(self) -> str:
        """Return it as the command `repro` takes it."""
        return f"{self.number}:{self.when}"


class Trace(NamedTuple):
    """A callback that came: in which life of the testee, what it was, how the world stood before and after it."""

    life: int
    do: str
    told: str
    before: str
    after: str


class _Given(NamedTuple):
    """What the world gives: a frame's members, the record of it, and the call whose answer it waits for."""

    frame: JSON
    about: Call | Question | None = None
    waits_for: str | None = None


class _Answer(NamedTuple):
    """An answer on its way: to which callback, and what it says."""

    number: int
    do: str
    args: JSON
    frame: JSON
    about: Call | Question | None
    said: Said | None
    waits_for: str | None


class World:
    """What a testee is told as it plays a case, and what has come of it.

    Args:
        case: the case, with its `world`.
        kills: where the testee is killed, one for each of its lives.

    Attributes:
        faults: what the world could not answer, which are failures of the case.
        trace: the callbacks of all lives.
        store: run -> version and state.
        session: the items of the session.
        step: the number of the request that is served.
        deaths: how often the testee was killed.
    """

    def __init__(self, case: Case, kills: Sequence[Point] = ()) -> None:
        given: JSON = dict(case.world)
        self.ledger = Ledger(_effects(case), in_turn=_in_turn(case))
        self.faults: list[str] = []
        self.trace: list[Trace] = []
        self.store: dict[str, tuple[int, Any]] = {}
        self.session: list[Any] = [*given.get("session", ())]
        self.step = self.deaths = 0
        self._kills = [*kills]
        self._calls = 0  # of this life
        self._times = 0
        self._persists: list[int] = []  # of which step each was
        self._troubles: list[JSON] = [*given.get("store", ())]
        self._scripts = _scripts(given)
        self._waiting: dict[str, list[_Answer]] = {}
        self._said: Said | None = None

    def request(self, step: int, args: Mapping[str, Any]) -> None:
        """A request is sent: the number of the case's request that it is for, and its arguments."""
        self.step = step
        self.ledger.request(stores=bool(args.get("store")))
        for decision in args.get("decisions", ()):
            if decision["how"] == "retry":
                self.ledger.allow(decision["path"].rpartition("/")[2])

    def reborn(self) -> None:
        """The testee was killed, and is started anew."""
        self._waiting.clear()
        self._calls = 0
        self.deaths += 1
        if self._kills:
            self._kills.pop(0)

    def __call__(self, number: int, do: str, args: Any) -> list[JSON]:  # noqa: ANN401 - any JSON
        """Return the frames that answer a callback, and those that waited for it.

        Raises:
            Killed: the testee is to be killed here.
        """
        args = cast("JSON", args) if isinstance(args, dict) else {}
        self._calls += 1
        where = f"callback {self._calls}, {label(do, args)}"
        before = self.standing()
        if self._kills and self._kills[0] == (self._calls, "before"):
            raise Killed(f"before {where}")
        answer = self._answered(number, do, args, where)
        self.trace.append(Trace(self.deaths, do, where, before, self.standing()))
        if self._kills and self._kills[0] == (self._calls, "after"):
            raise Killed(f"after {where}")
        if answer.waits_for is not None:
            self._waiting.setdefault(answer.waits_for, []).append(answer)
            return []
        sent = [answer]
        for each in sent:  # which grows by those that waited for one of them
            self._hear(each)
            sent += self._waiting.pop(each.about.call_id, []) if isinstance(each.about, Call) else []
        return [{"call": each.number, **each.frame} for each in sent]

    def standing(self) -> str:
        """Return how the world stands: two that stand alike give whoever goes on from there the same."""
        scripts = {name: script.standing() for name, script in self._scripts.items()}
        return canonical([self.step, self.store, self.session, self.ledger.standing(), scripts])

    def _answered(self, number: int, do: str, args: JSON, where: str) -> _Answer:
        """Let happen what is asked for, and return the answer."""
        self._said = None
        act: Callable[[JSON], _Given] | None = getattr(self, f"_do_{do}", None) if do.isalpha() else None
        try:
            if act is None:
                raise Speechless(f"no callback is called {do!r}")
            self.ledger.begins(do, args)
            frame, about, waits_for = act(args)
            return _Answer(number, do, args, frame, about, self._said, waits_for)
        except Speechless as error:
            told = str(error)
        except (KeyError, TypeError, AttributeError) as error:
            told = f"its arguments are not those of the protocol: {type(error).__name__} {error}"
        self.faults.append(f"{where}: {told}")
        return _Answer(number, do, args, {"err": {"code": _FAULT, "message": told}}, None, None, None)

    def _hear(self, answer: _Answer) -> None:
        failed = isinstance(answer.about, Question) and "err" in answer.frame
        self.ledger.heard(answer.do, None if failed else answer.about, answer.args)
        if answer.said is not None:
            answer.said.heard = True

    def _entry(self, name: str, question: str, args: JSON) -> JSON:
        """Return what a script says to a question, once it was checked against what the case expects to be asked."""
        script = self._scripts.get(name)
        if script is None:
            raise Speechless(f"the case has no {name}")
        entry, self._said = script.entry(question, self.ledger.life)
        value: JSON = dict(cast("JSON", entry)) if isinstance(entry, dict) else {"answer": entry}
        differs = difference(value["asked"], args, subset=True) if "asked" in value else None
        if differs:
            self.faults.append(f"{name} is asked otherwise than expected: {differs}")
        return value

    def _do_model(self, args: JSON) -> _Given:
        agent, key = args["agent"], args["key"]
        asked = canonical([agent, args["turn"], args["input"]])
        before = [each for each in self.ledger.questions if each.asked == asked and each.life < self.ledger.life]
        record = self.ledger.question(args, asked)
        record.name = f"{asked} {len(self.ledger.questions)}" if key is None else key
        if key is None and before:  # by a process that knew no more than this one
            record.name = before[-1].name
        entry = self._entry(f"model {agent}" if f"model {agent}" in self._scripts else "model", record.name, args)
        if "err" in entry:
            return _Given({"err": entry["err"]}, record)
        if entry.get("silent"):
            return _Given({}, record, "")
        record.calls = call_ids(entry["output"])
        return _Given({"ok": {name: entry[name] for name in _ANSWER if name in entry}}, record)

    def _do_tool(self, args: JSON) -> _Given:
        name, call_id = tool_name(args["tool"]), args["call_id"]
        entry = self._entry(f"tool {name}", f"{call_id} {args['key']}", args)
        dies = entry.get("dies") if self._said is not None and self._said.times == 1 else None
        if dies == "before":
            raise Killed(f"before the tool {name} has run")
        call = self.ledger.call(args, name, args["arguments"])
        call.result = entry
        if dies == "after":
            raise Killed(f"after the tool {name} has run")
        if entry.get("silent"):
            return _Given({}, call, "")
        frame = {"err": entry["err"]} if "err" in entry else {"ok": {"output": entry["output"]}}
        first = self.ledger.calls.get(entry.get("after", ""))
        waits = "after" in entry and (first is None or not first.heard)
        return _Given(frame, call, entry["after"] if waits else None)

    def _do_guardrail(self, args: JSON) -> _Given:
        entry = self._entry(f"guardrail {args['name']}", str(self.ledger.counts["guardrail"]), args)
        if "dies" in entry:
            raise Killed(f"as the guardrail {args['name']} is asked")
        return _Given({"ok": {name: entry[name] for name in ("answer", "message", "value") if name in entry}})

    def _do_ask(self, args: JSON) -> _Given:
        what, call_id = args["what"], args.get("call_id")
        tool = tool_name(args["tool"] if "tool" in args else args["path"])
        if what == "in_doubt":
            self.ledger.doubted(args["call_id"], args["key"])
        anew = self.ledger.counts["ask"] if what == "in_doubt" else None  # what became of a call may be known later
        entry = self._entry(f"ask {what} {tool}", canonical([call_id, anew]), args)
        if "err" in entry:
            return _Given({"err": entry["err"]})
        if "dies" in entry:
            raise Killed(f"as user code is asked about {call_id}")
        answer = entry["answer"]
        if isinstance(answer, dict) and cast("JSON", answer).get("how") == "retry":
            self.ledger.allow(args["call_id"])
        return _Given({"ok": {"answer": answer}})

    def _do_persist(self, args: JSON) -> _Given:
        run, version, state = args["run"], args["version"], args["state"]
        if not is_payload(state):
            raise Speechless("the state is no bytes, as text or base64")
        trouble = self._trouble()
        found, old = self.store.get(run, (0, None))
        if trouble.get("conflict"):  # somebody else has saved the run meanwhile
            found += 1
            self.store[run] = (found, old)
        if "err" in trouble:
            return _Given({"err": trouble["err"]})
        if version != found:
            self.ledger.refused()
            return _Given({"err": {"code": "state-conflict", "message": f"the version is {found}, not {version}"}})
        self.store[run] = (found + 1, state)
        self.ledger.stored()
        return _Given({"ok": {"version": found + 1}})

    def _trouble(self) -> JSON:
        """Return what becomes of this persist, where the case has something of it."""
        self._persists.append(self.step)
        for entry in self._troubles:
            mine = self._persists if "request" not in entry else [each for each in self._persists if each == self.step]
            if len(mine) == entry["at"] and entry.get("request", self.step) == self.step:
                return entry
        return {}

    def _do_load(self, args: JSON) -> _Given:
        version, state = self.store.get(args["run"], (0, None))
        return _Given({"ok": {"version": version, **({"state": state} if state is not None else {})}})

    def _do_session(self, args: JSON) -> _Given:
        self.session += args.get("add", ())
        return _Given({"ok": {"items": [*self.session]}})

    def _do_now(self, _: JSON) -> _Given:
        self._times += 1
        return _Given({"ok": {"time": _START + self._times}})


def _scripts(given: JSON) -> dict[str, Script]:
    model: Any = given.get("model", [])
    found: JSON = (
        {"model": model} if isinstance(model, list) else {f"model {name}": each for name, each in model.items()}
    )
    for kind, group in (("tool", "tools"), ("guardrail", "guardrails")):
        found |= {f"{kind} {name}": entry for name, entry in given.get(group, {}).items()}
    for what, tools in given.get("asks", {}).items():
        found |= {f"ask {what} {name}": entry for name, entry in tools.items()}
    return {name: Script(entries, name) for name, entries in found.items()}


def _effects(case: Case) -> dict[str, str]:
    """Return the effect of each tool of a case; of one that its policy runs again, `again`."""
    tools = [tool for agent in case.args.get("agents", ()) for tool in agent.get("tools", ())]
    found = {tool["name"]: tool.get("effect", "once") for tool in tools}
    return found | {tool["name"]: "again" for tool in tools if tool.get("in_doubt") == "retry"}


def _in_turn(case: Case) -> bool:
    """Tell whether a case asks for one thing at a time: no answer with several calls, no guardrail beside the model."""
    model: Any = case.world.get("model", [])
    lists = cast("list[list[JSON]]", [model] if isinstance(model, list) else [*model.values()])
    answers = [entry.get("output", ()) for entries in lists for entry in entries]
    guardrails = [each for agent in case.args.get("agents", ()) for each in agent.get("input_guardrails", ())]
    beside = any(each.get("parallel", True) for each in guardrails)
    return not beside and all(len(call_ids(output)) < 2 for output in answers)
