"""A model made of rules: it calls the tool that fits what was said, tells what came out, and remembers names.

It knows no sample. It answers from the request alone: the instructions, the items and the tools it was sent.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from samples.reading import Facts, facts_of, text_of, words

JSON = dict[str, Any]
# Words that say nothing of what a tool is for.
_EMPTY = {"a", "agent", "an", "and", "assistant", "for", "get", "in", "me", "my", "of", "the", "to", "transfer", "what"}
_HANDOFF = "transfer_to_"
_NAMED = re.compile(r"\bmy name is (\w+)", re.IGNORECASE)
_ASKED = re.compile(r"\bwhat(?:'s| is) my name\b", re.IGNORECASE)
_SUM = re.compile(r"(\d+)\s*\+\s*(\d+)")
_STORY = "Once there was a run that paused. A person came and said yes. So it went on and lived happily ever after."
_OUTPUTS = {"function_call_output", "custom_tool_call_output"}
_HOSTED = {"web_search", "web_search_preview"}
_SEARCH = "web_search"  # a function of that name fits any question that nothing else fits better


def answer(request: JSON, items: list[JSON]) -> list[JSON]:
    """Return the output items of a response, without ids.

    Args:
        request: the body that was sent.
        items: its input, oldest first, with what the conversation held before.
    """
    spoken = [index for index, item in enumerate(items) if item.get("role") == "user"]
    said = text_of(items[spoken[-1]]) if spoken else ""
    since = items[spoken[-1] + 1 :] if spoken else items
    told = [item for item in since if item.get("type") in _OUTPUTS and not _is_transfer(item, since)]
    if told:
        return [message(" ".join(_sentence(_output_text(item)) for item in told))]
    if request.get("tool_choice") != "none":
        called = _call(request, said)
        if called is not None:
            return [called]
    searched = [{"type": "web_search_call", "status": "completed", "action": {"type": "search", "query": said}}]
    hosted = any(tool.get("type") in _HOSTED for tool in _tools(request))
    return [*(searched if hosted else []), message(_reply(said, items))]


def message(text: str) -> JSON:
    """Return a message of the assistant."""
    part = {"type": "output_text", "text": text, "annotations": []}
    return {"type": "message", "role": "assistant", "status": "completed", "content": [part]}


def _call(request: JSON, said: str) -> JSON | None:
    """Return a call of the tool that fits best; None when none does."""
    facts = facts_of(said)
    choice = request.get("tool_choice")
    forced = choice.get("name") if isinstance(choice, dict) else None
    best: tuple[int, JSON, JSON] | None = None
    for tool in _functions(request):
        arguments = _arguments(tool, facts, said)
        score = len(_topic(tool) & words(said)) * 2 + (not tool["name"].startswith(_HANDOFF))
        fits = score >= 2 or forced == tool["name"] or choice == "required" or _is_sought(tool, said)
        if arguments is not None and fits and forced in {None, tool["name"]} and (best is None or score > best[0]):
            best = (score, tool, arguments)
    if best is None:
        return None
    _, tool, arguments = best
    return {"type": "function_call", "name": tool["name"], "arguments": json.dumps(arguments), "status": "completed"}


def _is_sought(tool: JSON, said: str) -> bool:
    """Tell whether a tool searches, and there is a question to search for."""
    return tool["name"] == _SEARCH and "?" in said


def _topic(tool: JSON) -> set[str]:
    """Return the words that say what a tool is for."""
    return words(tool["name"].replace("_", " ")) - _EMPTY


def _arguments(tool: JSON, facts: Facts, said: str) -> JSON | None:
    """Return arguments for a tool; None when what was said has not all that it needs."""
    schema = tool.get("parameters") or {}
    properties = schema.get("properties") or {}
    if not properties:
        return dict(facts) if schema.get("additionalProperties") else {}
    known: JSON = {**facts, "message": said, "input": said, "query": said}
    found = {name: _shaped(known[name], form) for name, form in properties.items() if name in known}
    lacking = set(schema.get("required") or ()) - set(found)
    return None if any("default" not in properties[name] for name in lacking) else found


def _shaped(value: Any, form: JSON) -> Any:
    """Return a value as a number where the schema asks for one."""
    numeric = form.get("type") in {"integer", "number"} and str(value).isdigit()
    return int(value) if numeric else value


def _reply(said: str, items: list[JSON]) -> str:
    """Return what there is to say without a tool."""
    if _ASKED.search(said):
        names = [name for item in items if item.get("role") == "user" for name in _NAMED.findall(text_of(item))]
        return f"Your name is {names[-1]}." if names else "I don't know your name."
    if named := _NAMED.search(said):
        return f"Hello {named[1]}, nice to meet you."
    if summed := _SUM.search(said):
        return f"{summed[1]}+{summed[2]} is {int(summed[1]) + int(summed[2])}."
    if "story" in words(said):
        return _STORY
    return f"You said: {said}" if said else "Hello."


def _sentence(text: str) -> str:
    return f"Here is the answer: {text}"


def _output_text(item: JSON) -> str:
    """Return what a tool gave, without the object some tools wrap it in."""
    output = item.get("output")
    text = output if isinstance(output, str) else " ".join(text_of({"content": [part]}) for part in output or ())
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return str(value["result"]) if isinstance(value, dict) and "result" in value else text


def _is_transfer(output: JSON, items: list[JSON]) -> bool:
    """Tell whether an output only says that another agent has taken over."""
    names = {item.get("call_id"): item.get("name", "") for item in items if item.get("type") == "function_call"}
    called = str(names.get(output.get("call_id"), ""))
    return called.startswith(_HANDOFF) and '"assistant"' in str(output.get("output"))


def _tools(request: JSON) -> list[JSON]:
    return list(request.get("tools") or ())


def _functions(request: JSON) -> Iterator[JSON]:
    """Yield the functions that are offered, those inside namespaces too."""
    for tool in _tools(request):
        if tool.get("type") == "function":
            yield tool
        yield from (inner for inner in tool.get("tools") or () if inner.get("type") == "function")
