"""What really happened in a case's world, and the laws that hold whatever the case is about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

#: Callbacks that run a model or user code, or change something outside of the run.
ACTING = ("model", "tool", "guardrail", "ask", "session")


@dataclass
class Call:
    """A call of a tool, and how often the tool was run for it.

    Attributes:
        life: the request that it ran for last.
        result: what the case's world has the tool say.
        keys: the idempotency key of each time.
        allowed: how often it may be, where its effect is `once`: once, and again each time that somebody says so.
        heard: whether the testee has had its result.
        kept: whether the result is in the store for certain.
    """

    tool: str
    call_id: str
    arguments: Any
    effect: str
    life: int = 0
    result: Mapping[str, Any] = field(default_factory=dict[str, Any])
    keys: list[str | None] = field(default_factory=list[str | None])
    allowed: int = 1
    heard: bool = False
    kept: bool = False

    @property
    def times(self) -> int:
        """How many effects it had: a tool that may be asked again has one for each key."""
        return len(self.keys) if self.effect in {"once", "again"} or None in self.keys else len(set(self.keys))

    def to_json(self) -> dict[str, Any]:
        """Return it as a case expects it."""
        return {"tool": self.tool, "call_id": self.call_id, "arguments": self.arguments, "times": self.times}


@dataclass
class Question:
    """A question to a model: who asked for which turn, with what, and what of its answer is kept.

    Attributes:
        name: what the same question has, too, when it is asked again.
    """

    key: str | None
    asked: str
    life: int
    name: str = ""
    calls: tuple[str, ...] = ()
    heard: bool = False
    kept: bool = False


class Ledger:
    """Counts what happens, and notes each breach of a law with the requirement that says so.

    Args:
        effects: the effect of each tool, by its name; `again` where its policy is to run it again.
        in_turn: whether one thing at a time is asked for, so that a state that is stored has in it all that was heard.

    Attributes:
        wrong: the laws that were broken.
        counts: how often each callback came.
        life: the number of the request: no later one knows more than what was stored.
    """

    def __init__(self, effects: Mapping[str, str], *, in_turn: bool) -> None:
        self.calls: dict[str, Call] = {}
        self.questions: list[Question] = []
        self.wrong: list[str] = []
        self.counts: dict[str, int] = {}
        self.life = 0
        self._effects = effects
        self._in_turn = in_turn
        self._stores = self._stored = self._refused = False
        self._fresh: list[tuple[str, tuple[str, ...]]] = []

    def request(self, *, stores: bool) -> None:
        """A request is sent, of whose run nothing is known but what is stored; `stores`: it is kept."""
        self._stores, self._refused = stores, False
        self.life += 1
        self._fresh.clear()

    def stored(self) -> None:
        """A state is in the store."""
        self._stored = True
        self._fresh.clear()
        if self._in_turn:
            for each in (*self.calls.values(), *self.questions):
                each.kept = each.kept or (each.heard and each.life == self.life)

    def refused(self) -> None:
        """The store has refused a state, since somebody else has gone on with the run."""
        self._refused = True

    def begins(self, do: str, args: Mapping[str, Any]) -> None:
        """Something is asked for; check whether it may be."""
        self.counts[do] = self.counts.get(do, 0) + 1
        if do not in ACTING or (do == "session" and "add" not in args):
            return
        what = label(do, args)
        if self._refused:
            self._breach("TS-DUR-004", f"{what} after the store had refused the run: somebody else has gone on with it")
        if self._stores:
            self._intent(do, args, what)

    def question(self, args: Mapping[str, Any], asked: str) -> Question:
        """A model is asked; return the record."""
        for call_id in _ids(args.get("input"), "function_call_output"):
            if call_id in self.calls and self.calls[call_id].heard:
                self.calls[call_id].kept = self._stores
        key = args["key"]
        new = Question(key, asked, self.life)
        for old in self.questions:
            if self._stores and old.kept and (old.key == key if key is not None else old.asked == asked):
                self._breach("TS-DUR-041", f"{label('model', args)} again, and its answer was in the store")
            if not old.kept and old.asked == asked and old.key != key:
                told = f"under the key {key!r}, after {old.key!r}"
                self._breach("TS-DUR-041", f"{label('model', args)} again {told}")
        self.questions.append(new)
        return new

    def call(self, args: Mapping[str, Any], tool: str, arguments: Any) -> Call:  # noqa: ANN401 - any JSON
        """A tool runs; return the record of its call."""
        call_id, key, what = args["call_id"], args["key"], label("tool", args)
        for each in self.questions:
            each.kept = each.kept or (self._stores and call_id in each.calls)
        call = self.calls.get(call_id)
        if call is None:
            call = self.calls[call_id] = Call(tool, call_id, arguments, self._effects.get(tool, "once"))
        elif call.kept and len(call.keys) >= call.allowed:
            self._breach("TS-DUR-044", f"{what} again, and its result was in the store")
        elif call.effect == "once" and len(call.keys) >= call.allowed:
            self._breach("TS-DUR-043", f"{what} again, and its effect is once")
        elif call.effect in {"read", "idempotent"} and key not in call.keys:
            self._breach("TS-DUR-043", f"{what} again under the key {key!r}, after {call.keys[-1]!r}")
        call.keys.append(key)
        call.life, call.heard = self.life, False
        return call

    def heard(self, do: str, about: Call | Question | None, args: Mapping[str, Any]) -> None:
        """The testee is sent an answer."""
        ids: tuple[str, ...] = ()
        if about is not None:
            about.heard = True
            ids = (about.call_id,) if isinstance(about, Call) else about.calls
        if do in ACTING and not (do == "session" and "add" not in args):
            self._fresh.append((do, ids))

    def doubted(self, call_id: str, key: str | None) -> None:
        """User code is asked what became of a call; check that it is told what the tool was."""
        call = self.calls.get(call_id)
        if call is not None and key not in call.keys:
            self._breach("TS-DUR-022", f"in_doubt of {call_id} with the key {key!r}; the tool had {call.keys[-1]!r}")

    def allow(self, call_id: str) -> None:
        """Somebody says that a call is to run again."""
        if call_id in self.calls:
            self.calls[call_id].allowed = len(self.calls[call_id].keys) + 1

    def standing(self) -> list[Any]:
        """Return what has happened: equal for two worlds that can't be told apart by it."""
        calls = [[call.call_id, call.keys, call.allowed, call.kept] for call in self.calls.values()]
        questions = [[each.key, each.asked, each.kept] for each in self.questions]
        return [sorted(calls, key=lambda call: call[0]), questions, self._stored]

    def _intent(self, do: str, args: Mapping[str, Any], what: str) -> None:
        """Check that the state is in the store (TS-DUR-005)."""
        if not self._stored:
            self._breach("TS-DUR-005", f"{what} before any state of the run was stored")
        told = ACTING
        if do in ("guardrail", "ask"):  # several of them may be asked for one thing, and about a result with the tool
            told = ("model",) if args.get("kind") == "tool_output" else ("model", "tool")
        needs = {args.get("call_id", ""), *_ids(args.get("input"))}
        for kind, ids in self._fresh:
            if (self._in_turn and kind in told) or needs.intersection(ids):
                self._breach("TS-DUR-005", f"{what}, and nothing was stored since the answer of the {kind} before it")
                return

    def _breach(self, rule: str, told: str) -> None:
        self.wrong.append(f"{rule}: {told}")


def label(do: str, args: Mapping[str, Any]) -> str:
    """Return what is asked for, as people read it."""
    about = [do, *(str(args[name]) for name in ("what", "kind", "name") if name in args)]
    if "tool" in args:
        about.append(tool_name(args["tool"]))
    if isinstance(args.get("call_id"), str):
        about.append(args["call_id"])
    elif do == "model":
        about.append(f"{args.get('agent')} turn {args.get('turn')}")
    return " ".join(about)


def tool_name(tool: Any) -> str:  # noqa: ANN401 - any JSON
    """Return the name in a tool key."""
    return str(cast("list[Any]", tool)[-1]) if isinstance(tool, list) and tool else str(cast("object", tool))


def call_ids(items: Any) -> tuple[str, ...]:  # noqa: ANN401 - any JSON
    """Return the ids of the calls among items."""
    return tuple(_ids(items, "function_call"))


def _ids(items: Any, kind: str | None = None) -> Iterable[str]:  # noqa: ANN401 - any JSON
    if not isinstance(items, list):
        return
    for item in cast("list[Any]", items):
        if isinstance(item, dict) and kind in {None, cast("dict[str, Any]", item).get("type")}:
            found = cast("dict[str, Any]", item).get("call_id")
            if isinstance(found, str):
                yield found
