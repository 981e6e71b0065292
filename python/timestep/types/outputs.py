"""The wire items that answer calls: one shape for each kind of call (items.md)."""

from __future__ import annotations

from typing import Literal

from timestep.types.base import Item
from timestep.types.items import OUTPUT_OF, call_id_of, type_of

Compat = Literal["openai-agents-python", "openai-agents-js"]

#: What the model is told of a rejected call where the person who rejected it gave no reason.
REJECTED = "Tool execution was not approved."

#: One grey pixel: a computer call has to be answered with a picture, also where nothing was done.
NO_PICTURE = (
    "data:image/png;base64,"
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGP4z8DwHwAFAAH/iZk9HQAAAABJRU5ErkJggg=="
)


def result_output(call: Item, output: str | list[Item]) -> Item:
    """Return the output of a function or custom call: a text, or content items.

    Raises:
        ValueError: the call is of another type, or has no id.
    """
    if type_of(call) not in ("function_call", "custom_tool_call"):
        raise ValueError(f"a {type_of(call)!r} item is answered neither with a text nor with content items")
    return answer(call, output=output)


def text_output(call: Item, text: str, *, failed: bool = False, compat: Compat | None = None) -> Item:
    """Return the output that tells the model a text, for a call of any type.

    Args:
        call: the call's wire item.
        text: what the model is told. An approval of a hosted MCP call has room for the reason of a rejection only;
            a picture has no room for it at all, see `remark`.
        failed: whether the call was refused or went wrong; a hosted MCP call is then not approved.
        compat: the SDK whose shape is wanted; None is the Python SDK's, which tells a failed shell command by its
            exit code (`rejected-shell-exit-code` in differences.md).

    Raises:
        ValueError: the item is no call that the runtime answers, or has no id.
    """
    kind = type_of(call)
    if kind == "mcp_approval_request":
        told = {"reason": text} if failed and text not in ("", REJECTED) else {}
        return answer(call, approve=not failed, **told)
    if kind == "shell_call":
        code = 1 if failed and compat != "openai-agents-js" else 0
        said = {"stdout": "", "stderr": text} if failed else {"stdout": text, "stderr": ""}
        return answer(call, output=[{**said, "outcome": {"type": "exit", "exit_code": code}}])
    if kind == "apply_patch_call":
        return answer(call, status="failed" if failed else "completed", output=text)
    if kind == "computer_call":
        return screenshot_output(call, NO_PICTURE)
    return answer(call, output=text)


def screenshot_output(call: Item, image_url: str) -> Item:
    """Return the output of a computer call: the screen after it, as a URL (`data:image/png;base64,...`)."""
    return answer(call, output={"type": "computer_screenshot", "image_url": image_url})


def remark(call: Item, text: str) -> Item | None:
    """Return the message that has to follow the output where that has no room for a text: on computer calls."""
    if type_of(call) != "computer_call":
        return None
    part: Item = {"type": "output_text", "text": text, "annotations": []}
    return {"type": "message", "role": "assistant", "status": "completed", "content": [part]}


def answer(call: Item, **members: object) -> Item:
    """Return the output item of a call with these members, bound to it by type and id (TS-ITEM-011).

    The program that made a call (`caller`) is named in its output too, as the host hands the output on to it.

    Raises:
        ValueError: the item is no call that the runtime answers, or has no id.
    """
    kind, call_id = type_of(call), call_id_of(call)
    if kind not in OUTPUT_OF or call_id is None:
        raise ValueError(f"a {kind!r} item with the id {call_id!r} is no call to answer")
    bound = {"approval_request_id" if kind == "mcp_approval_request" else "call_id": call_id}
    caller = call.get("caller")
    return {"type": OUTPUT_OF[kind], **bound, **members, **({"caller": caller} if caller is not None else {})}
