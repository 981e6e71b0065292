"""Tool bodies that run on this machine: each notes what ran and gives the scripted result."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from agents import ApplyPatchTool, ComputerTool, LocalShellTool, ShellTool
from agents.computer import AsyncComputer
from agents.editor import ApplyPatchOperation, ApplyPatchResult
from agents.tool import ShellCallOutcome, ShellCommandOutput, ShellResult

from .features import named
from .templates import compact, fill, holds

JSON = dict[str, Any]
BLANK_PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


@dataclass
class Executed:
    """The list of tool bodies that really ran."""

    calls: list[JSON] = field(default_factory=list)

    def note(self, tool: str, arguments: str, call_id: str | None) -> None:
        """Note one run of a tool body."""
        self.calls.append({"tool": tool, "arguments": arguments, "call_id": call_id})


def approval_policy(setting: Any, seen: Any = lambda value: value) -> Any:
    """Turn a scenario's `needs_approval` into the SDK's; `seen` makes the value it looks at."""
    if not isinstance(setting, dict):
        return bool(setting)

    async def policy(_context: Any, value: Any, _call_id: str) -> bool:
        return holds(setting["when_arguments_contain"], seen(value))

    return policy


def shell_tool(spec: JSON, executed: Executed) -> ShellTool:
    """Build the shell tool."""

    async def run(request: Any) -> str | ShellResult:
        commands = list(request.data.action.commands)
        executed.note("shell", compact({"commands": commands}), request.data.call_id)
        returns = spec.get("returns", "ok")
        if isinstance(returns, str):
            return returns
        return ShellResult(output=[_shell_output(entry) for entry in returns])

    policy = approval_policy(spec.get("needs_approval"), lambda action: action.commands)
    return ShellTool(executor=run, needs_approval=policy)


def _shell_output(entry: JSON) -> ShellCommandOutput:
    """Build the output of one command."""
    outcome = ShellCallOutcome(type="exit", exit_code=entry.get("exit_code", 0))
    return ShellCommandOutput(stdout=entry["stdout"], stderr=entry.get("stderr", ""), outcome=outcome)


def local_shell_tool(spec: JSON, executed: Executed) -> LocalShellTool:
    """Build the old local shell tool."""

    async def run(request: Any) -> str:
        command = list(request.data.action.command)
        executed.note("local_shell", compact({"command": command}), request.data.call_id)
        return spec.get("returns", "ok")

    return LocalShellTool(executor=run)


def custom_tool(spec: JSON, executed: Executed) -> Any:
    """Build a custom tool, whose input is raw text."""

    async def run(context: Any, raw: str) -> str:
        executed.note(spec["name"], raw, context.tool_call_id)
        return fill(spec.get("returns", "ok"), {"input": raw})

    return named("CustomTool")(
        name=spec["name"],
        description=spec.get("description", spec["name"]),
        on_invoke_tool=run,
        format=spec.get("format"),
        needs_approval=approval_policy(spec.get("needs_approval")),
    )


class ScriptedEditor:
    """An apply_patch editor that changes no file."""

    def __init__(self, spec: JSON, executed: Executed) -> None:
        self.returns = spec.get("returns", "ok")
        self.executed = executed

    async def create_file(self, operation: ApplyPatchOperation) -> ApplyPatchResult:
        """Take a file creation."""
        return self._apply(operation)

    async def update_file(self, operation: ApplyPatchOperation) -> ApplyPatchResult:
        """Take a file change."""
        return self._apply(operation)

    async def delete_file(self, operation: ApplyPatchOperation) -> ApplyPatchResult:
        """Take a file removal."""
        return self._apply(operation)

    def _apply(self, operation: ApplyPatchOperation) -> ApplyPatchResult:
        parts = {"type": operation.type, "path": operation.path, "diff": operation.diff}
        known = {key: value for key, value in parts.items() if value is not None}
        # The editor is not told the call id.
        self.executed.note("apply_patch", compact(known), None)
        return ApplyPatchResult(status="completed", output=self.returns)


def apply_patch_tool(spec: JSON, executed: Executed) -> ApplyPatchTool:
    """Build the apply_patch tool."""
    policy = approval_policy(spec.get("needs_approval"), lambda operation: operation.path)
    return ApplyPatchTool(editor=ScriptedEditor(spec, executed), needs_approval=policy)


class ScriptedComputer(AsyncComputer):
    """A computer that notes each action and always shows one picture."""

    def __init__(self, spec: JSON, executed: Executed) -> None:
        self.picture = spec.get("returns", BLANK_PNG)
        self.executed = executed

    @property
    def environment(self) -> Any:
        """The kind of machine."""
        return "browser"

    @property
    def dimensions(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return (1024, 768)

    async def screenshot(self) -> str:
        """Give the picture as base64 PNG text; this is not noted, it follows every action."""
        return self.picture

    async def click(self, x: int, y: int, button: str) -> None:
        """Note a click."""
        self._note(type="click", x=x, y=y, button=button)

    async def double_click(self, x: int, y: int) -> None:
        """Note a double click."""
        self._note(type="double_click", x=x, y=y)

    async def scroll(self, x: int, y: int, scroll_x: int, scroll_y: int) -> None:
        """Note scrolling."""
        self._note(type="scroll", x=x, y=y, scroll_x=scroll_x, scroll_y=scroll_y)

    async def type(self, text: str) -> None:
        """Note typing."""
        self._note(type="type", text=text)

    async def wait(self) -> None:
        """Note waiting."""
        self._note(type="wait")

    async def move(self, x: int, y: int) -> None:
        """Note moving."""
        self._note(type="move", x=x, y=y)

    async def keypress(self, keys: list[str]) -> None:
        """Note key presses."""
        self._note(type="keypress", keys=keys)

    async def drag(self, path: list[tuple[int, int]]) -> None:
        """Note dragging."""
        self._note(type="drag", path=[{"x": x, "y": y} for x, y in path])

    def _note(self, **action: Any) -> None:
        self.executed.note("computer", json.dumps(action, separators=(",", ":")), None)


def computer_tool(spec: JSON, executed: Executed) -> ComputerTool[Any]:
    """Build the computer tool."""
    return ComputerTool(computer=ScriptedComputer(spec, executed))
