"""What is measured, how often and for how long: the default, and the quick choice."""

from __future__ import annotations

from typing import Any, NamedTuple

#: The three APIs, by the names that `AnsweredBy.wire_api` has for them, and those of the tables.
APIS = {"responses": "Responses", "chat_completions": "Chat Completions", "ollama_chat": "Ollama /api/chat"}
OURS, MULTI, CLIENT, RAW = "timestep", "routed", "client", "raw"
#: What the tables call what is no package of its own.
TITLES = {MULTI: "through MultiModelProvider", CLIENT: "the provider's own client", RAW: "HTTP alone, same bytes"}
AGENTS = ("openai-agents", "pydantic-ai-openai")
#: The provider's own client takes a second for more items; other packages take half a minute for a run of more turns.
_MANY_ITEMS, _MANY_TURNS = 500, 100
#: Last is what a slow machine can best do without.
_RUN_ORDER = ("ollama_chat", "responses", "chat_completions")


class Pace(NamedTuple):
    """How much is measured.

    Attributes:
        rounds: how often each thing is measured, one after the other.
        few: how often the provider's own client is measured with a conversation that takes it a second.
        items: lengths of the conversations.
        requests: how often a request is sent in one measurement; the provider's own client sends a tenth, or fewer.
        events: pieces of the streams.
        turns: turns with a tool call, of the shorter runs and the longest one.
        limit_s: seconds after which a single run is cut off.
        whole_s: seconds after which nothing further is begun.
    """

    rounds: int = 5
    few: int = 2
    items: tuple[int, ...] = (1, 21, 201, 2001)
    requests: int = 50
    events: int = 2000
    turns: tuple[int, ...] = (20, 200)
    limit_s: float = 45.0
    whole_s: float = 130.0


QUICK = Pace(rounds=3, few=1, events=1000, limit_s=4.0, whole_s=45.0)
SMALLEST = Pace(rounds=1, few=1, items=(1, 5), requests=1, events=20, turns=(2,), limit_s=30.0)


class Case(NamedTuple):
    """One thing that is measured.

    Attributes:
        name: what it is of, the same for all that are compared.
        who: whom it is measured on.
        program: the section of `peers.toml` that measures it.
        op: its operation.
        fields: what that is given.
        times: how often at most.
    """

    name: str
    who: str
    program: str
    op: str
    fields: dict[str, Any]
    times: int


def groups(pace: Pace) -> list[list[Case]]:
    """Return what is measured side by side, group after group."""
    requests = [_requests(pace, api, items) for api in APIS for items in pace.items]
    events = [[_event(pace, api, who) for who in (OURS, CLIENT, RAW)] for api in APIS]
    runs = [_runs(pace, api, turns) for turns in pace.turns for api in _RUN_ORDER]
    # What takes long is last, and by itself: ours is measured then, whatever becomes of it.
    once = [[case for case in group if case.times == 1 < pace.rounds] for group in runs]
    often = [[case for case in group if case not in once[number]] for number, group in enumerate(runs)]
    return [*requests, *events, *often, *filter(None, once)]


def request_name(api: str, items: int) -> str:
    """Return the name of a request's case."""
    return f"request {api} {items}"


def event_name(api: str) -> str:
    """Return the name of a streamed event's case."""
    return f"event {api}"


def run_name(api: str, turns: int) -> str:
    """Return the name of a run's case."""
    return f"run {api} {turns}"


def _requests(pace: Pace, api: str, items: int) -> list[Case]:
    name, given = request_name(api, items), {"api": api, "items": items}
    # The client looks at every item each time, so that it is asked less often.
    counts = {OURS: pace.requests, RAW: pace.requests, CLIENT: max(1, pace.requests // (10 + items // 10))}
    times = {CLIENT: pace.few} if items > _MANY_ITEMS else {}
    return [
        Case(name, who, OURS, "request", {**given, "who": who, "count": count}, times.get(who, pace.rounds))
        for who, count in counts.items()
    ]


def _event(pace: Pace, api: str, who: str) -> Case:
    return Case(event_name(api), who, OURS, "event", {"api": api, "who": who, "events": pace.events}, pace.rounds)


def _runs(pace: Pace, api: str, turns: int) -> list[Case]:
    name, given = run_name(api, turns), {"api": api, "turns": turns, "limit_s": pace.limit_s}
    ours = [(OURS, OURS, {**given, "routed": False}), (MULTI, OURS, {**given, "routed": True})]
    agents = [(name, name, given) for name in AGENTS if api != "ollama_chat"]
    return [
        Case(name, who, program, "run", fields, 1 if turns > _MANY_TURNS and program != OURS else pace.rounds)
        for who, program, fields in [*ours, *agents]
    ]
