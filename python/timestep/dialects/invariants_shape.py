"""What the schema asks of texts, items and steps of a document, beyond the types of its records (state.md)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import inf

import msgspec

from timestep.codec.pointer import join
from timestep.dialects.invariants_ledger import Place
from timestep.errors import StateFormatError
from timestep.types import state
from timestep.types.base import Item
from timestep.types.items import type_of

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_BOUND = re.compile(r"[a-z-]+:.+")
_ID = re.compile(r"[^\0]+")
_TEXT = re.compile(r"(?s).*")
_SOME = re.compile(r"(?s).+")
#: The members that an item of a type has, and what their text is like; None is any value, a type any of that type.
_MEMBERS: dict[str, dict[str, re.Pattern[str] | type | None]] = {
    "function_call": {"call_id": _ID, "name": _TEXT, "arguments": _TEXT},
    "function_call_output": {"call_id": _ID, "output": None},
    "custom_tool_call": {"call_id": _ID, "name": _TEXT, "input": _TEXT},
    "custom_tool_call_output": {"call_id": _ID, "output": None},
    "shell_call": {"call_id": _ID, "action": dict},
    "shell_call_output": {"call_id": _ID, "output": None},
    "local_shell_call": {"call_id": _ID, "action": dict},
    "local_shell_call_output": {"call_id": _ID},
    "apply_patch_call": {"call_id": _ID},
    "apply_patch_call_output": {"call_id": _ID},
    "computer_call": {"call_id": _ID},
    "computer_call_output": {"call_id": _ID, "output": dict},
    "mcp_approval_request": {"id": _ID, "name": _TEXT, "server_label": _TEXT},
    "mcp_approval_response": {"approval_request_id": _ID, "approve": bool},
}


def shape(document: state.Document) -> None:
    """Check what the types of the records leave open (TS-STATE-001).

    Raises:
        StateFormatError: the schema refuses it; with the pointer.
    """
    _envelope(document)
    for index, approval in enumerate(document.approvals):
        _approval(approval, ("approvals", index))
    for number, run in enumerate(document.runs):
        for at, item in _items(run):
            _item(item, ("runs", number, *at))
        for index, part in enumerate(run.bound):
            _text(part, _BOUND, ("runs", number, "bound", index))
        _step(run.step, ("runs", number, "step"))
        seconds = run.limits.max_seconds
        if seconds is not None and not 0 <= seconds < inf:
            raise _misshapen(("runs", number, "limits", "max_seconds"), f"{seconds} is no time in seconds")


def _envelope(document: state.Document) -> None:
    _text(document.id, _ID, ("id",))
    if document.origin is not None:
        _text(document.origin.sha256, _DIGEST, ("origin", "sha256"))
    for index, agent in enumerate(document.agents):
        _text(agent.key, _SOME, ("agents", index, "key"))
    for dialect, leftovers in document.ext.items():
        for index, leftover in enumerate(leftovers):
            if leftover.covers != "absent":
                _text(leftover.covers, _DIGEST, ("ext", dialect, index, "covers"))
    context = document.context
    if context.kind != "none" and context.value is msgspec.UNSET:
        raise _misshapen(("context",), f"a context of the kind {context.kind} has a value")
    if context.kind == "typed" and context.type is None:
        raise _misshapen(("context",), "a typed context has a type")


def _approval(approval: state.Approval, at: Place) -> None:
    for name, text in (("run", approval.run), ("agent", approval.agent)):
        _text(text, _SOME, (*at, name))
    _text(approval.tool[0], _SOME, (*at, "tool", 0))
    if approval.call_id is not None:
        _text(approval.call_id, _ID, (*at, "call_id"))
    elif approval.item != "*":
        raise _misshapen(at, "a decision that is not sticky names its call")


def _items(run: state.Run) -> Iterator[tuple[Place, Item]]:
    for seq, entry in enumerate(run.log):
        yield ("log", seq, "item"), entry.item
    for index, staged in enumerate(run.pending_input):
        yield ("pending_input", index, "item"), staged.item
    for index, waiting in enumerate(run.waiting):
        for place, item in enumerate(waiting.outputs):
            yield ("waiting", index, "outputs", place), item


def _item(item: Item, at: Place) -> None:
    if "type" not in item and not isinstance(item.get("role"), str):
        raise _misshapen((*at, "role") if "role" in item else at, "an item without a type is a message, and has a role")
    if "type" in item and not (isinstance(item["type"], str) and item["type"]):
        raise _misshapen((*at, "type"), "the type of an item is a text, and not an empty one")
    if not isinstance(item.get("id"), str | None):
        raise _misshapen((*at, "id"), "the id of an item is a text, or null")
    for name, rule in _MEMBERS.get(type_of(item), {}).items():
        if name not in item:
            raise _misshapen(at, f'an item of the type {type_of(item)} has "{name}"')
        if isinstance(rule, re.Pattern):
            _text(item[name], rule, (*at, name))
        elif rule is not None and not isinstance(item[name], rule):
            raise _misshapen((*at, name), f'"{name}" is of another type')


def _step(step: state.Step, at: Place) -> None:
    if step.type in {"accepted", "finished"} and step.output is msgspec.UNSET:
        raise _misshapen(at, f"a step that is {step.type} has an output")
    if step.type == "failed" and step.code is None:
        raise _misshapen(at, "a step that is failed has a code")
    if step.request_digest is not None:
        _text(step.request_digest, _DIGEST, (*at, "request_digest"))


def _text(value: object, rule: re.Pattern[str], at: Place) -> None:
    if not isinstance(value, str) or not rule.fullmatch(value):
        raise _misshapen(at, f"a text of the form {rule.pattern} is due here")


def _misshapen(at: Place, message: str) -> StateFormatError:
    return StateFormatError(code="state-shape", message=message, pointer=join(at), requirement="TS-STATE-001")
