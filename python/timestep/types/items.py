"""Facts about Responses-shaped wire items: which are calls, which complete them, and by what id (items.md)."""

from __future__ import annotations

from typing import TypedDict

from timestep.types.base import Item


class ChatMessage(TypedDict):
    """A message of a conversation, as the Chat Completions API writes it."""

    role: str
    content: str


#: Calls that the runtime, and not the model's host, carries out -> the item type of their output.
OUTPUT_OF: dict[str, str] = {
    "function_call": "function_call_output",
    "custom_tool_call": "custom_tool_call_output",
    "shell_call": "shell_call_output",
    "local_shell_call": "local_shell_call_output",
    "apply_patch_call": "apply_patch_call_output",
    "computer_call": "computer_call_output",
    "mcp_approval_request": "mcp_approval_response",
}
CALL_OF: dict[str, str] = {output: call for call, output in OUTPUT_OF.items()}

#: The tool kind of a ledger key, by call type; function calls may be `function_deferred` instead.
KIND_OF: dict[str, str] = {
    "function_call": "function",
    "custom_tool_call": "custom",
    "shell_call": "shell",
    "local_shell_call": "local_shell",
    "apply_patch_call": "apply_patch",
    "computer_call": "computer",
    "mcp_approval_request": "hosted_mcp",
}


def type_of(item: Item) -> str:
    """Return the item's type; an item with a role and no type is a message."""
    kind = item.get("type")
    if isinstance(kind, str):
        return kind
    return "message" if "role" in item else ""


def is_call(item: Item) -> bool:
    """Tell whether the item is a call that needs a ledger entry (TS-ITEM-010)."""
    return type_of(item) in OUTPUT_OF


def is_output(item: Item) -> bool:
    """Tell whether the item completes a call of the ledger."""
    return type_of(item) in CALL_OF


def call_id_of(item: Item) -> str | None:
    """Return the id that binds a call and its output; an MCP approval is bound by the request's `id`."""
    kind = item.get("type")
    if kind == "mcp_approval_request":
        found = item.get("id")
    elif kind == "mcp_approval_response":
        found = item.get("approval_request_id")
    else:
        found = item.get("call_id")
    return found if isinstance(found, str) and found else None
