"""An in-process MCP server: no process, no socket, scripted results."""

from __future__ import annotations

import json
from typing import Any

from agents.mcp import MCPServer
from mcp.types import CallToolResult, GetPromptResult, ListPromptsResult, TextContent
from mcp.types import Tool as MCPTool

from .bodies import Executed
from .templates import fill

JSON = dict[str, Any]


class ScriptedMCPServer(MCPServer):
    """A local MCP server whose tools give scripted text."""

    def __init__(self, spec: JSON, executed: Executed) -> None:
        super().__init__(require_approval=bool(spec.get("require_approval")))
        self.server_name: str = spec["server"]
        self.tools: list[JSON] = spec["tools"]
        self.executed = executed

    @property
    def name(self) -> str:
        """The server's name."""
        return self.server_name

    async def connect(self) -> None:
        """Do nothing: there is no connection."""

    async def cleanup(self) -> None:
        """Do nothing: there is no connection."""

    async def list_tools(self, run_context: Any = None, agent: Any = None) -> list[MCPTool]:
        """List the scripted tools."""
        return [_mcp_tool(tool) for tool in self.tools]

    async def call_tool(self, tool_name: str, arguments: JSON | None, meta: JSON | None = None) -> CallToolResult:
        """Note the call and give its text."""
        given = arguments or {}
        text = json.dumps(given, separators=(",", ":"), ensure_ascii=False, sort_keys=True)
        self.executed.note(tool_name, text, None)
        tool = next(tool for tool in self.tools if tool["name"] == tool_name)
        text = fill(tool.get("returns", "ok"), given)
        return CallToolResult(content=[TextContent(type="text", text=text)])

    async def list_prompts(self) -> ListPromptsResult:
        """List no prompts."""
        return ListPromptsResult(prompts=[])

    async def get_prompt(self, name: str, arguments: JSON | None = None) -> GetPromptResult:
        """Refuse: there are no prompts."""
        raise KeyError(name)


def _mcp_tool(tool: JSON) -> MCPTool:
    """Build a tool listing entry; the wire name of the schema differs between mcp 1 and 2."""
    return MCPTool.model_validate(
        {
            "name": tool["name"],
            "description": tool.get("description", tool["name"]),
            "inputSchema": tool["parameters"],
        }
    )
