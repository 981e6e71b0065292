# pyright: reportMissingImports=false
"""Makes the synthetic dialogues that the tiny model learns from.

An exchange is what the user says, what the assistant does about it with its tools, and what it answers.  A dialogue is
a few of them under some instructions and tools.  Messages have the form of the Chat Completions API, so that they go
through the same chat template as in the server.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from random import Random
from typing import Any

import words

Message = dict[str, Any]
_MOST_COUNTED = 40
NOT_APPROVED = ("Tool execution was not approved.", "Not approved.", "Rejected.")
FAILED = ("An error occurred while running the tool. Please try again. Error: ", "Error: ")


def function(name: str, *arguments: str) -> dict[str, Any]:
    """Return the definition of a tool as a request has it; the template shows no more than these names."""
    properties = {each: {"type": "integer" if each in ("a", "b") else "string"} for each in arguments}
    parameters = {"type": "object", "properties": properties, "required": list(arguments)}
    return {"type": "function", "function": {"name": name, "parameters": parameters}}


WEATHER, ADD, SEND = "get_weather", "add", "send_message"
TOOLS = {WEATHER: function(WEATHER, "city"), ADD: function(ADD, "a", "b"), SEND: function(SEND, "to", "text")}


def says(text: str, **members: Any) -> Message:
    """Return an answer of the assistant; `learn=False` keeps it from being learned."""
    return {"role": "assistant", "content": text, "learn": True, **members}


def calls(*made: tuple[str, dict[str, Any]], **members: Any) -> Message:
    """Return an answer of the assistant that calls tools."""
    listed = [{"name": name, "arguments": json.dumps(given, ensure_ascii=False)} for name, given in made]
    return {
        "role": "assistant",
        "content": "",
        "tool_calls": [{"type": "function", "function": each} for each in listed],
        "learn": True,
        **members,
    }


def asks(text: str) -> Message:
    """Return what the user says."""
    return {"role": "user", "content": text}


def gives(result: str) -> Message:
    """Return a tool's result."""
    return {"role": "tool", "content": result}


def _lower_or_not(chance: Random, text: str) -> str:
    return text if chance.random() < 0.6 else text[0].lower() + text[1:]


def _ending(chance: Random, mark: str) -> str:
    return mark if chance.random() < 0.8 else ""


def _trouble(chance: Random) -> tuple[str, str] | None:
    """Return now and then what stands in place of a result, and what to answer."""
    if chance.random() > 0.12:
        return None
    if chance.random() < 0.5:
        return chance.choice(NOT_APPROVED), "I was not allowed to do that."
    return chance.choice(FAILED) + words.phrase(chance), "That did not work."


def weather(chance: Random) -> list[Message]:
    """One city."""
    city = words.city(chance)
    asked = chance.choice(
        ("What is the weather in {}", "What's the weather in {}", "How is the weather in {}", "Weather in {}")
    )
    call = calls((WEATHER, {"city": city}))
    result = words.weather(chance)
    trouble = _trouble(chance)
    result, answer = trouble or (result, f"It is {result} in {city}.")
    question = _lower_or_not(chance, asked.format(city)) + _ending(chance, "?")
    return [asks(question), call, gives(result), says(answer)]


def two_weathers(chance: Random) -> list[Message]:
    """Two cities: both calls at once, or one after the other where the server allows only one at a time."""
    one, other = words.city(chance), words.city(chance)
    results = words.weather(chance), words.weather(chance)
    asked = chance.choice(
        ("What is the weather in {} and {}", "How is the weather in {} and in {}", "Weather in {} and {}")
    )
    question = asks(_lower_or_not(chance, asked.format(one, other)) + _ending(chance, "?"))
    answer = says(f"It is {results[0]} in {one} and {results[1]} in {other}.")
    first, second = (WEATHER, {"city": one}), (WEATHER, {"city": other})
    if chance.random() < 0.6:
        return [question, calls(first, second), gives(results[0]), gives(results[1]), answer]
    # What forbids the second call is not seen in the text, so that the first message can't be learned from here.
    return [question, calls(first, learn=False), gives(results[0]), calls(second), gives(results[1]), answer]


def add(chance: Random) -> list[Message]:
    """Two numbers; the sum comes from the tool, right or wrong."""
    a, b = words.number(chance), words.number(chance)
    total = a + b if chance.random() < 0.5 else words.number(chance)
    asked = chance.choice(("What is {} plus {}?", "Add {} and {}.", "What is {} + {}?", "add {} and {}"))
    trouble = _trouble(chance)
    result, answer = trouble or (str(total), f"{a} plus {b} is {total}.")
    return [asks(asked.format(a, b)), calls((ADD, {"a": a, "b": b})), gives(result), says(answer)]


def send(chance: Random) -> list[Message]:
    """A message to somebody."""
    to, text, outcome = words.person(chance), words.phrase(chance), chance.choice(words.OUTCOMES)
    asked = chance.choice(("Tell {} that {}.", "Tell {} {}", "Send {} the message: {}", "tell {} that {}"))
    trouble = _trouble(chance)
    result, answer = trouble or (outcome, f"Message to {to}: {outcome}.")
    return [asks(asked.format(to, text)), calls((SEND, {"to": to, "text": text})), gives(result), says(answer)]


def greet(chance: Random) -> list[Message]:
    """Words that need no tool."""
    said, answer = chance.choice((
        ("Hello", "Hello! How can I help?"),
        ("Hi", "Hello! How can I help?"),
        ("Thanks", "You are welcome."),
        ("Thank you", "You are welcome."),
        ("Who are you?", "I am a tiny model."),
    ))  # fmt: skip
    mark = "" if said.endswith("?") else chance.choice(("", "!", "."))
    return [asks(_lower_or_not(chance, said) + mark), says(answer)]


def repeat(chance: Random) -> list[Message]:
    """Text to say again."""
    text = " ".join(
        chance.choice((words.phrase, words.made_up, words.weather))(chance) for _ in range(chance.randint(1, 3))
    )
    return [asks(chance.choice(("Repeat: {}", "Say: {}", "repeat: {}", "say: {}")).format(text)), says(text)]


def count(chance: Random) -> list[Message]:
    """A long answer."""
    last = chance.randint(1, _MOST_COUNTED)
    counted = " ".join(str(each) for each in range(1, last + 1))
    return [asks(chance.choice(("Count to {}", "count to {}")).format(last) + chance.choice(("", "."))), says(counted)]


def extract(chance: Random) -> list[Message]:
    """Data about somebody, as JSON."""
    name, age, city = words.person(chance), chance.randint(1, 99), words.city(chance)
    text = f"{chance.choice(('Extract', 'extract'))}: {name} is {age} and lives in {city}."
    return [asks(text), says(json.dumps({"name": name, "age": age, "city": city}, ensure_ascii=False))]


def think(chance: Random) -> list[Message]:
    """A choice, thought about first."""
    one, other = words.city(chance), words.city(chance)
    thought = f"{one} or {other}? {one} comes first."
    question = chance.choice(("Think: {} or {}?", "think: {} or {}?")).format(one, other)
    return [asks(question), says(f"I take {one}.", reasoning_content=thought)]


# What may be asked, with the tool it needs and how often it comes.
EXCHANGES: dict[Callable[[Random], list[Message]], tuple[str | None, int]] = {
    weather: (WEATHER, 5),
    two_weathers: (WEATHER, 4),
    add: (ADD, 4),
    send: (SEND, 4),
    greet: (None, 2),
    repeat: (None, 4),
    count: (None, 1),
    extract: (None, 3),
    think: (None, 2),
}


def dialogue(chance: Random, most: int = 3) -> dict[str, Any]:
    """Return a dialogue's `messages` and `tools`; it is of one to `most` exchanges."""
    named = [name for name in TOOLS if chance.random() < 0.65]
    chance.shuffle(named)
    agent = "_".join(words.made_up(chance).lower() for _ in range(chance.randint(1, 2)))
    handoff = f"transfer_to_{agent}" if chance.random() < 0.25 else None
    tools = [TOOLS[name] for name in named] + ([function(handoff)] if handoff else [])
    instructions = (
        chance.choice(words.INSTRUCTIONS) if chance.random() < 0.8 else words.phrase(chance).capitalize() + "."
    )
    messages: list[Message] = [{"role": "system", "content": instructions}] if instructions else []
    for _ in range(min(most, chance.choice((1, 1, 2, 3)))):
        weights = [often * (0.15 if needs and needs not in named else 1) for needs, often in EXCHANGES.values()]
        make = chance.choices(list(EXCHANGES), weights=weights)[0]
        needs = EXCHANGES[make][0]
        exchange = make(chance)
        if needs and needs not in named:
            if handoff:
                messages += [
                    exchange[0],
                    calls((handoff, {})),
                    gives(json.dumps({"assistant": agent}, ensure_ascii=False)),
                ]
                messages.append(says(f"You talk to {agent}."))
                break
            exchange = [exchange[0], says("I have no tool for that.")]
        elif needs and chance.random() < 0.1:  # another agent has handed this over; its call was made with other tools
            other = words.made_up(chance)
            given = [
                calls((f"transfer_to_{other.lower()}", {}), learn=False),
                gives(json.dumps({"assistant": other}, ensure_ascii=False)),
            ]
            exchange = [exchange[0], *given, *exchange[1:]]
        messages += exchange
    return {"messages": messages, "tools": tools}
