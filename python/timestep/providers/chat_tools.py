"""Tools and the choice among them, in the form of the Chat Completions API: what they are is one level deeper."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from timestep.errors import UserError
from timestep.providers.responses_request import choice_by_name
from timestep.types.base import JSON

_MEMBERS = {"function": ("name", "description", "parameters", "strict"), "custom": ("name", "description", "format")}


def tool_definition(tool: Mapping[str, Any]) -> dict[str, JSON]:
    """Return a tool in the API's form.

    Raises:
        UserError: a tool of the model's host, or a member, that this API has no place for (`model-setting`).
    """
    kind = tool.get("type")
    names = _MEMBERS.get(str(kind))
    if names is None:
        raise _refused(f"the tool {tool.get('name') or kind!r}", f"tools of the type {kind!r}")
    more = [name for name, value in tool.items() if name not in (*names, "type") and value not in (None, False)]
    if more:
        raise _refused(f"{more[0]} of the tool {tool.get('name')!r}", "it")
    defined = {name: tool[name] for name in names if tool.get(name) is not None}
    if isinstance(defined.get("format"), dict):
        defined["format"] = _format(defined["format"])
    return {"type": kind, str(kind): defined}


def tool_choice(choice: str | Mapping[str, JSON] | None, tools: Sequence[Mapping[str, Any]]) -> JSON:
    """Return a tool choice in the API's form: a mode, or a tool by its name.

    Raises:
        UserError: it is no tool that is offered, or of a kind that this API can't choose (`model-setting`).
    """
    found = choice_by_name(choice, tools)
    if not isinstance(found, dict):
        # Where there are no tools the API refuses to be told of a choice that says nothing.
        return None if not tools and found in ("auto", "none") else found
    told = cast("Mapping[str, JSON]", found)
    kind = told.get("type")
    if kind == "allowed_tools" and "allowed_tools" not in told:
        named = [_named(tool) for tool in cast("Sequence[Mapping[str, JSON]]", told.get("tools") or ())]
        return {"type": kind, kind: {"mode": told.get("mode", "auto"), "tools": named}}
    return dict(told) if kind == "allowed_tools" else _named(told)


def _named(told: Mapping[str, JSON]) -> dict[str, JSON]:
    """Return one tool by its name."""
    kind = told.get("type")
    if kind not in _MEMBERS:
        raise _refused(f"tool_choice {dict(told)!r}", f"tools of the type {kind!r}")
    return dict(told) if kind in told else {"type": kind, str(kind): {"name": told.get("name")}}


def _format(told: Mapping[str, JSON]) -> dict[str, JSON]:
    """Return the format of a custom tool's input, whose grammar is one level deeper too."""
    if told.get("type") != "grammar" or "grammar" in told:
        return dict(told)
    return {"type": "grammar", "grammar": {name: value for name, value in told.items() if name != "type"}}


def _refused(what: str, unknown: str) -> UserError:
    return UserError(
        f"{what} can't be sent: the Chat Completions API does not know {unknown}",
        code="model-setting",
        why="left out in silence, the model would do without it",
        help='remove it, or use wire_api="responses" where the server has that API',
    )
