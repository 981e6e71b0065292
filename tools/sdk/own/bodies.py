"""Tools of a scenario: each notes what ran and gives the scripted result."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from py_worker.templates import compact, fill, holds, parse_arguments

from timestep.guardrails.tool_level import GuardrailResult, InputGuardrail, OutputGuardrail
from timestep.tools.builtin import ApplyPatchTool, CustomTool, LocalShellTool, ShellTool
from timestep.tools.builtin_computer import ComputerTool
from timestep.tools.builtin_mcp import HostedMCPTool
from timestep.tools.builtin_offer import OfferedTool
from timestep.tools.hosted import HostedTool
from timestep.tools.tool import Tool

JSON = dict[str, Any]
BLANK_PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
OFFERED = ("namespace", "defer_loading", "allowed_callers")
#: The parts of a shell action or patch operation that decide what happens, in a fixed order.
ACTION_KEYS = ("commands", "command", "type", "path", "diff")
#: The parts of a computer action, in a fixed order.
COMPUTER_KEYS = ("type", "x", "y", "button", "scroll_x", "scroll_y", "text", "keys", "path")
#: Definitions of hosted tools, beside what a scenario says.
HOSTED: dict[str, JSON] = {
    "web_search": {"search_context_size": "medium"},
    "file_search": {"vector_store_ids": ["vs_1"]},
    "code_interpreter": {"container": {"type": "auto"}},
    "image_generation": {},
    "tool_search": {},
    "programmatic": {},
}
CLIENT_SEARCH = {
    "description": "Load tools by namespace or tool name before calling them.",
    "parameters": {
        "type": "object",
        "properties": {"paths": {"type": "array", "items": {"type": "string"}}},
        "required": ["paths"],
        "additionalProperties": False,
    },
}


class ToolFailure(Exception):
    """The error a scenario's tool raises."""


class GuardrailTripped(Exception):
    """The error a scenario's tool guardrail raises when it trips."""


@dataclass
class Executed:
    """The list of tool bodies that really ran."""

    calls: list[JSON] = field(default_factory=list)

    def note(self, tool: str, arguments: str, call_id: str | None) -> None:
        """Note one run of a tool body."""
        self.calls.append({"tool": tool, "arguments": arguments, "call_id": call_id})


def known_action(action: JSON) -> str:
    """Give the text of an action, as records show it."""
    return compact({key: action[key] for key in ACTION_KEYS if action.get(key) is not None})


def action_text(action: JSON) -> str:
    """Give the text of a computer action, as records show it."""
    return json.dumps({key: action[key] for key in COMPUTER_KEYS if key in action}, separators=(",", ":"))


def approval_policy(setting: Any, seen: Callable[[JSON], Any] = lambda args: args) -> Any:
    """Turn a scenario's `needs_approval` into ours; `seen` makes the value it looks at."""
    if not isinstance(setting, dict):
        return bool(setting)

    async def policy(_ctx: Any, args: JSON, _call_id: str) -> bool:
        return holds(setting["when_arguments_contain"], seen(args))

    return policy


def input_guardrail(key: str, spec: JSON) -> InputGuardrail:
    """Build a tool's input guardrail."""

    async def check(_tool: str, args: JSON) -> GuardrailResult:
        return _verdict(spec, args)

    return InputGuardrail(check, name=key)


def output_guardrail(key: str, spec: JSON) -> OutputGuardrail:
    """Build a tool's output guardrail."""

    async def check(_tool: str, _args: JSON, result: Any) -> GuardrailResult:
        return _verdict(spec, result)

    return OutputGuardrail(check, name=key)


def _verdict(spec: JSON, value: Any) -> GuardrailResult:
    """Decide about one tool call or result as the scenario says."""
    if holds(spec.get("trips_on"), value):
        raise GuardrailTripped(str(spec.get("info")))
    if holds(spec.get("rejects_on"), value):
        return GuardrailResult.block(spec["message"])
    return GuardrailResult.proceed()


def function_tool(key: str, spec: JSON, rules: JSON, executed: Executed) -> Tool:
    """Build a function tool straight from its schema, so that raised errors end the run."""
    name = spec.get("name", key)

    async def run(ctx: Any, arguments: str) -> Any:
        executed.note(name, arguments, ctx.call_id)
        if "raises" in spec:
            raise ToolFailure(spec["raises"])
        if "returns_items" in spec:
            return spec["returns_items"]
        return fill(spec.get("returns", "ok"), parse_arguments(arguments))

    tool = Tool(
        name,
        spec.get("description", name),
        spec.get("parameters", {"type": "object", "properties": {}}),
        run,
        strict=spec.get("strict", True),
        needs_approval=approval_policy(spec.get("needs_approval")),
        on_error="raise",
        input_guardrails=[input_guardrail(k, rules[k]) for k in spec.get("input_guardrails", [])],
        output_guardrails=[output_guardrail(k, rules[k]) for k in spec.get("output_guardrails", [])],
    )
    offered: JSON = {name: spec[name] for name in OFFERED if name in spec}
    if "namespace" in offered:
        offered["namespace_description"] = f"Tools of {spec['namespace']}."
    return OfferedTool(tool, **offered) if offered else tool


def shell(spec: JSON, executed: Executed) -> ShellTool:
    """Build the shell tool."""

    async def run(ctx: Any, action: JSON) -> Any:
        executed.note("shell", compact({"commands": action["commands"]}), ctx.call_id)
        return spec.get("returns", "ok")

    policy = approval_policy(spec.get("needs_approval"), lambda args: args["action"]["commands"])
    return ShellTool(run, needs_approval=policy)


def local_shell(spec: JSON, executed: Executed) -> LocalShellTool:
    """Build the old local shell tool."""

    async def run(ctx: Any, action: JSON) -> str:
        executed.note("local_shell", compact({"command": action["command"]}), ctx.call_id)
        return spec.get("returns", "ok")

    return LocalShellTool(run)


def apply_patch(spec: JSON, executed: Executed) -> ApplyPatchTool:
    """Build the apply_patch tool."""

    async def edit(ctx: Any, operation: JSON) -> str:
        executed.note("apply_patch", known_action(operation), ctx.call_id)
        return spec.get("returns", "ok")

    policy = approval_policy(spec.get("needs_approval"), lambda args: args["operation"]["path"])
    return ApplyPatchTool(edit, needs_approval=policy)


def custom(spec: JSON, executed: Executed) -> CustomTool:
    """Build a custom tool, whose input is raw text."""

    async def run(ctx: Any, raw: str) -> str:
        executed.note(spec["name"], raw, ctx.call_id)
        return fill(spec.get("returns", "ok"), {"input": raw})

    policy = approval_policy(spec.get("needs_approval"), lambda args: args["input"])
    text = spec.get("description", spec["name"])
    return CustomTool(spec["name"], run, text, spec.get("format"), needs_approval=policy)


def computer(spec: JSON, executed: Executed, *, preview: bool) -> ComputerTool:
    """Build the computer tool; a screenshot is not noted, it follows every action."""

    async def act(_ctx: Any, action: JSON) -> str:
        if action["type"] != "screenshot":
            executed.note("computer", action_text(action), None)
        return spec.get("returns", BLANK_PNG)

    display = {"display_width": 1024, "display_height": 768, "environment": "browser"}
    policy = approval_policy(spec.get("needs_approval"))
    return ComputerTool(act, preview=display if preview else None, needs_approval=policy)


def hosted_mcp(spec: JSON, _executed: Executed) -> HostedMCPTool:
    """Build a hosted MCP server tool."""
    names = ("server_label", "server_url", "authorization", "headers", "require_approval")
    return HostedMCPTool(**{name: spec[name] for name in names if name in spec}, **spec.get("config", {}))


def hosted(kind: str, spec: JSON) -> HostedTool:
    """Build a tool of the model's host."""
    config = spec.get("config", {})
    searches = CLIENT_SEARCH if kind == "tool_search" and config.get("execution") == "client" else {}
    type_ = "programmatic_tool_calling" if kind == "programmatic" else kind
    return HostedTool(kind, type=type_, **{**HOSTED[kind], **searches, **config})


BODIES: dict[str, Callable[[JSON, Executed], Tool]] = {
    "shell": shell,
    "local_shell": local_shell,
    "apply_patch": apply_patch,
    "custom": custom,
    "hosted_mcp": hosted_mcp,
}


def plain_tool(key: str, scenario: JSON, executed: Executed) -> Tool | HostedTool:
    """Build any tool that is neither an agent nor a local MCP server."""
    spec = scenario["tools"][key]
    kind = spec["kind"]
    if kind == "function":
        return function_tool(key, spec, scenario.get("guardrails", {}), executed)
    if kind in HOSTED:
        return hosted(kind, spec)
    if kind == "computer":
        return computer(spec, executed, preview="preview" in scenario.get("model", ""))
    return BODIES[kind]({"name": key, **spec}, executed)
