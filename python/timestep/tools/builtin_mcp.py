"""MCP servers: those the model's host talks to, and local ones, whose tools are function tools."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Literal, Protocol, Unpack, cast

from timestep.codec import strict_json
from timestep.errors import UserError
from timestep.tools.builtin import BuiltinTool, Options
from timestep.tools.calling import carried_out
from timestep.tools.tool import Tool
from timestep.types import outputs
from timestep.types.base import JSON, Item
from timestep.types.state import McpRecipient

#: What answers an approval request: yes, no, or `{"approve": bool, "reason": text}`.
OnApprovalRequest = Callable[[Any, Item], Awaitable[bool | Mapping[str, JSON]] | bool | Mapping[str, JSON]]


class HostedMCPTool(BuiltinTool):
    """An MCP server that the model's host calls; a person here is asked where the host wants an approval.

    Attributes:
        on_approval_request: `(ctx, request) -> answer` that decides in place of a person; None where there is none.

    Args:
        server_label: what the model calls the server; the namespace of its tools in the ledger.
        server_url: where the host finds it.
        require_approval: "always", "never", or `{"always" | "never": {"tool_names": [...]}}`; the host's default is
            "always".
        on_approval_request: as above.
        **settings: other members of the definition: `authorization`, `headers`, `allowed_tools`, `connector_id` ...
    """

    kind = "hosted_mcp"
    role: Literal["tool", "agent", "hosted"] = "hosted"

    def __init__(
        self,
        server_label: str,
        server_url: str | None = None,
        *,
        require_approval: str | Mapping[str, JSON] | None = None,
        on_approval_request: OnApprovalRequest | None = None,
        **settings: JSON,
    ) -> None:
        self.on_approval_request = on_approval_request
        told = {"server_label": server_label, "server_url": server_url, "require_approval": require_approval}
        self._definition = {"type": "mcp", **{k: v for k, v in told.items() if v is not None}, **settings}
        super().__init__(server_label, strict=False, needs_approval=True)

    def definition(self) -> dict[str, Any]:
        """Return the server as the Responses API is told of it."""
        return dict(self._definition)

    async def decide(self, ctx: Any, request: Item) -> bool | tuple[Literal["reject"], str] | None:  # noqa: ANN401
        """Return what `on_approval_request` says, as an approver says it; None where a person is to be asked.

        Raises:
            UserError: it answered neither yes nor no.
        """
        if self.on_approval_request is None:
            return None
        answer: object = await carried_out(self.on_approval_request, ctx, request)
        said = cast("Mapping[str, JSON]", answer) if isinstance(answer, Mapping) else {"approve": answer}
        approve, reason = cast("object", said.get("approve")), cast("object", said.get("reason"))
        if not isinstance(approve, bool):
            raise UserError(
                f"on_approval_request of {self.name} answered {answer!r}",
                why="an answer that can't be read must not count as a yes",
                help='return True, False or {"approve": bool, "reason": text}',
                requirement="TS-TOOL-033",
            )
        return ("reject", reason) if not approve and isinstance(reason, str) else approve

    async def invoke_item(self, ctx: Any, call: Item, *, compat: outputs.Compat | None = None) -> Item:  # noqa: ANN401
        """Answer an approval request that was approved; the host carries the call out."""
        del ctx  # nothing runs here
        return outputs.text_output(call, "", compat=compat)


class MCPServer(Protocol):
    """A local MCP server, as clients of the protocol show it."""

    @property
    def name(self) -> str:
        """What it is called in states and errors."""
        ...

    async def list_tools(self) -> Sequence[Mapping[str, JSON]]:
        """List its tools, each `{"name", "description", "inputSchema"}`."""
        ...

    async def call_tool(self, tool_name: str, arguments: dict[str, JSON]) -> Any:  # noqa: ANN401 - text or content
        """Call a tool; it gives a text, or a list of content such as `{"type": "text", "text"}`."""
        ...


class MCPTool(Tool):
    """A tool of a local MCP server, offered to the model as a function.

    Attributes:
        mcp: the server, the tool's own name there, and the server's position in the agent's list (TS-TOOL-013).
    """

    def __init__(
        self, server: MCPServer, listed: Mapping[str, JSON], index: int | None = None, **options: Unpack[Options]
    ) -> None:
        name = str(listed["name"])
        self.mcp = McpRecipient(server=server.name, tool=name, index=index)
        self._listed_name = name
        self._server = server
        schema: dict[str, JSON] = {"type": "object", "properties": {}, **(listed.get("inputSchema") or {})}
        description = str(listed.get("description") or "")
        super().__init__(name, description, schema, self._run, strict=False, **options)

    async def _run(self, ctx: Any, arguments: str) -> Any:  # noqa: ANN401 - any context and result
        del ctx  # a server is told nothing of the run
        result: object = await self._server.call_tool(self._listed_name, self.parse(arguments))
        if not isinstance(result, list):
            return result
        return [_content(entry) for entry in cast("list[Mapping[str, JSON]]", result)]


async def mcp_tools(server: MCPServer, index: int | None = None, **options: Unpack[Options]) -> list[MCPTool]:
    """Return the tools of a local MCP server, for an agent's list.

    Args:
        server: the server, connected.
        index: its position among the agent's servers.
        **options: what every tool may be told, `needs_approval` above all.
    """
    return [MCPTool(server, listed, index, **options) for listed in await server.list_tools()]


def _content(entry: Mapping[str, JSON]) -> Item:
    """Return a part of an MCP result as the structured item it is; what the model has no form for becomes JSON text."""
    if entry.get("type") == "text":
        return {"type": "text", "text": entry["text"]}
    if entry.get("type") == "image":
        return {"type": "image", "image_url": f"data:{entry.get('mimeType', 'image/png')};base64,{entry['data']}"}
    return {"type": "text", "text": strict_json.dumps(dict(entry)).decode()}
