"""Tools of a scenario as SDK tool objects."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from agents import (
    CodeInterpreterTool,
    FileSearchTool,
    FunctionTool,
    HostedMCPTool,
    ImageGenerationTool,
    ToolOutputFileContent,
    ToolOutputImage,
    ToolOutputText,
    WebSearchTool,
)

from . import bodies, guardrails
from .bodies import Executed, approval_policy
from .features import named, options
from .templates import fill, parse_arguments

JSON = dict[str, Any]
OUTPUT_TYPES = {"text": ToolOutputText, "image": ToolOutputImage, "file": ToolOutputFileContent}


class ToolFailure(Exception):
    """The error a scenario's tool raises."""


def function_tool(key: str, spec: JSON, scenario: JSON, executed: Executed) -> FunctionTool:
    """Build a function tool straight from its schema, so that raised errors end the run."""
    name = spec.get("name", key)

    async def run(context: Any, arguments: str) -> Any:
        executed.note(name, arguments, context.tool_call_id)
        if "raises" in spec:
            raise ToolFailure(spec["raises"])
        if "returns_items" in spec:
            return [OUTPUT_TYPES[item["type"]](**item) for item in spec["returns_items"]]
        return fill(spec.get("returns", "ok"), parse_arguments(arguments))

    rules = scenario.get("guardrails", {})
    before = [guardrails.tool_input_guardrail(k, rules[k]) for k in spec.get("input_guardrails", [])]
    after = [guardrails.tool_output_guardrail(k, rules[k]) for k in spec.get("output_guardrails", [])]
    return FunctionTool(
        name=name,
        description=spec.get("description", name),
        params_json_schema=spec.get("parameters", {"type": "object", "properties": {}}),
        on_invoke_tool=run,
        strict_json_schema=spec.get("strict", True),
        needs_approval=approval_policy(spec.get("needs_approval")),
        tool_input_guardrails=before or None,
        tool_output_guardrails=after or None,
        **options(
            FunctionTool,
            defer_loading=spec.get("defer_loading") or None,
            allowed_callers=spec.get("allowed_callers"),
            output_json_schema=spec.get("output_schema"),
        ),
    )


def hosted_mcp(spec: JSON) -> HostedMCPTool:
    """Build a hosted MCP server tool."""
    names = ("server_label", "server_url", "authorization", "headers", "require_approval")
    config: Any = {"type": "mcp"} | {name: spec[name] for name in names if name in spec}
    return HostedMCPTool(tool_config=config | spec.get("config", {}))


def code_interpreter(config: JSON) -> CodeInterpreterTool:
    """Build the code interpreter tool."""
    wire: Any = {"type": "code_interpreter", "container": {"type": "auto"}, **config}
    return CodeInterpreterTool(tool_config=wire)


def image_generation(config: JSON) -> ImageGenerationTool:
    """Build the image generation tool."""
    wire: Any = {"type": "image_generation", **config}
    return ImageGenerationTool(wire)


HOSTED: dict[str, Callable[[JSON], Any]] = {
    "web_search": lambda config: WebSearchTool(**config),
    "file_search": lambda config: FileSearchTool(**{"vector_store_ids": ["vs_1"], **config}),
    "code_interpreter": code_interpreter,
    "image_generation": image_generation,
    "tool_search": lambda config: named("ToolSearchTool")(**config),
    "programmatic": lambda _config: named("ProgrammaticToolCallingTool")(),
}
BODIES: dict[str, Callable[[JSON, Executed], Any]] = {
    "shell": bodies.shell_tool,
    "local_shell": bodies.local_shell_tool,
    "apply_patch": bodies.apply_patch_tool,
    "computer": bodies.computer_tool,
    "custom": bodies.custom_tool,
}


def plain_tool(key: str, scenario: JSON, executed: Executed) -> Any:
    """Build any tool that is neither an agent nor a local MCP server."""
    spec = scenario["tools"][key]
    kind = spec["kind"]
    if kind == "function":
        return function_tool(key, spec, scenario, executed)
    if kind == "hosted_mcp":
        return hosted_mcp(spec)
    if kind in HOSTED:
        return HOSTED[kind](spec.get("config", {}))
    return BODIES[kind]({"name": key, **spec}, executed)
