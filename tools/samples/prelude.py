"""What a sample may use without defining it: the fixed table of names, each with the line that provides it."""

from __future__ import annotations

import importlib

from samples.names import undefined

# Names that come with a later issue, and the issue that brings them. A sample that needs one is listed until then.
FOLLOWS: dict[str, str] = {}

_WEATHER = "What's the weather in Berkeley?"
_TOOL = '''\
@function_tool(needs_approval=True)
def get_weather(city: str) -> str:
    """Get the weather of a city."""
    return f"It is foggy in {city}."'''
# Name -> the code that gives it a value; other names of this table, and those of `timestep`, may be used in it.
VALUES = {
    "agent": 'agent = Agent(model="gpt-4.1", tools=[get_weather])',
    "events": "events = run_agent(agent, input_items, session, stream=False)",
    "get_weather": _TOOL,
    "input_items": (
        'input_items = [{"type": "message", "role": "user", '
        f'"content": [{{"type": "input_text", "text": "{_WEATHER}"}}]}}]'
    ),
    "messages": f'messages = [{{"role": "user", "content": "{_WEATHER}"}}]',
    "result": "result = await run_agent(agent, input_items, session, stream=False)",
    "session": "session = Session()",
    "some_condition": "some_condition = True",
    "state_store": "state_store = RunStateStore(agent=agent, session_id=await session.get_session_id())",
}
_MODULES = ("asyncio", "json", "os", "sys", "time")
_TYPING = ("Any", "Awaitable", "Callable", "Dict", "List", "Optional", "Tuple", "Union")


def provide(names: list[str]) -> tuple[list[str], list[str]]:
    """Return the code that provides these names, in an order in which it runs, and the names nothing provides."""
    code: list[str] = []
    unknown: list[str] = []
    seen: set[str] = set()

    def add(name: str) -> None:
        if name in seen:
            return
        seen.add(name)
        line = source_of(name)
        if line is None:
            unknown.append(name)
            return
        for needed in undefined(line):
            add(needed)
        code.append(line)

    for name in names:
        add(name)
    return code, unknown


def source_of(name: str) -> str | None:
    """Return the code that provides a name; None when there is none."""
    if name in VALUES:
        return VALUES[name]
    if name in _MODULES:
        return f"import {name}"
    if name in _TYPING:
        return f"from typing import {name}"
    return f"from timestep import {name}" if is_public(name) else None


def is_public(name: str) -> bool:
    """Tell whether `timestep` has a name today."""
    return hasattr(importlib.import_module("timestep"), name)


def awaited(names: list[str]) -> list[str]:
    """Return those of these names whose issue is still to come."""
    return [name for name in names if name in FOLLOWS and not is_public(name)]
