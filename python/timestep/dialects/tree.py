"""A run tree while it is read from a foreign file: what all dialect readers collect."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

import msgspec

from timestep.codec.pointer import join
from timestep.dialects.account import Account
from timestep.errors import ApprovalError, StateFormatError
from timestep.types import state
from timestep.types.findings import Finding

_STEP = re.compile(r"\.([A-Za-z_$][\w$]*)|\[(\d+|\.\.\.)\]")


@dataclass(slots=True)
class Tree:
    """Runs, decisions and agents found so far, root first."""

    account: Account
    base: str = ""
    runs: list[state.Run] = field(default_factory=list[state.Run])
    approvals: list[state.Approval] = field(default_factory=list[state.Approval])
    agents: dict[str, str] = field(default_factory=dict[str, str])

    def agent(self, name: str, identity: str | None) -> str:
        """Register an agent and return its key."""
        key = identity or name
        self.agents.setdefault(key, name)
        return key

    def mention(self, identity: str) -> None:
        """Register an agent that is known by its identity alone; "*" is none."""
        if identity != "*":
            self.agents.setdefault(identity, re.sub(r"#\d+$", "", identity))

    def warn(self, code: str, message: str, pointer: str, *, why: str | None = None, rule: str | None = None) -> None:
        """Record a finding that does not stop the reading."""
        self.account.findings.append(
            Finding(code=code, severity="warning", message=message, pointer=pointer, why=why, requirement=rule)
        )

    def derive(self, subject: str, note: str) -> None:
        """Record something that was concluded and not read."""
        self.account.note("derived", subject, note)


_T = TypeVar("_T")


def convert_shape(value: Any, kind: type[_T], pointer: str) -> _T:
    """Check a foreign value against its shape.

    Raises:
        ApprovalError: the wrong value is a decision; reading on could turn a no into a yes.
        StateFormatError: any other wrong value; both carry the pointer.
    """
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise shape_error(error, pointer, value) from None


def shape_error(error: msgspec.ValidationError, base: str, value: Any) -> StateFormatError | ApprovalError:
    """Turn msgspec's error into ours, with the JSON pointer of the wrong value."""
    message, _, where = str(error).partition(" - at `")
    steps = [name or index for name, index in _STEP.findall(where.rstrip("`").removeprefix("$"))]
    path = _expand(steps, value, message)
    pointer = join(path, base=base)
    if re.search(r"(?i)approvals", pointer):
        return ApprovalError(
            code="approval-shape",
            message=f"an approval list must be true, false, or a list of call ids: {message}",
            pointer=pointer,
            why='read loosely, this would turn a decision back into "pending"',
            requirement="TS-APPR-021",
        )
    missing = re.match(r"Object missing required field `(.+)`", message)
    code = "field-missing" if missing else "state-shape"
    return StateFormatError(code=code, message=message, pointer=pointer, requirement="TS-STATE-001")


def _expand(steps: list[str], value: Any, message: str) -> list[str]:
    """Replace the "any key" steps of msgspec's paths by the first key under which the fault that it tells is found."""
    path: list[str] = []
    for number, step in enumerate(steps):
        key = step
        if key == "...":
            members = cast("dict[str, Any]", value) if isinstance(value, dict) else {}
            found = [name for name in members if _is_fault(members[name], steps[number + 1 :], message)]
            if not found and len(members) != 1:
                break
            key = found[0] if found else next(iter(members))
        path.append(key)
        value = _member(value, key)
    return path


#: What msgspec calls the types of Python.
_KINDS = {name: name for name in ("str", "bool", "int", "float")}
_KINDS.update({"list": "array", "dict": "object", "NoneType": "null"})


def _is_fault(value: Any, steps: list[str], message: str) -> bool:
    """Tell whether a value, or what stands further below it, is what msgspec's message is about."""
    for step in steps:
        if step == "...":
            return False
        value = _member(value, step)
    missing = re.match(r"Object missing required field `(.+)`", message)
    if missing:
        return isinstance(value, dict) and missing[1] not in value
    got, kind = re.search(r"got `(\w+)`", message), type(cast("object", value)).__name__
    return got is not None and _KINDS.get(kind) == got[1]


def _member(value: Any, key: str) -> Any:
    if isinstance(value, dict):
        return cast("dict[str, Any]", value).get(key)
    values = cast("list[Any]", value) if isinstance(value, list) else []
    return values[int(key)] if key.isdigit() and int(key) < len(values) else None
