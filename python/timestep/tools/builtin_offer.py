"""Function tools that the model does not see at once: in namespaces, after a tool search, or from programs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, cast

from timestep.errors import UserError
from timestep.tools.function_tool import ToolLike, as_tool
from timestep.tools.tool import Tool
from timestep.types.base import Item


class OfferedTool(Tool):
    """A function tool, and the way in which the model comes to it.

    Args:
        tool: the tool, or a function.
        namespace: the group it stands in; tools of several namespaces may share a name.
        namespace_description: what the model is told of the group.
        defer_loading: whether the model gets to know it only by a tool search.
        allowed_callers: who may call it: "direct" the model itself, "programmatic" programs it writes.

    Raises:
        UserError: the tool is no function tool.
    """

    def __init__(
        self,
        tool: ToolLike,
        *,
        namespace: str | None = None,
        namespace_description: str = "",
        defer_loading: bool = False,
        allowed_callers: Sequence[str] | None = None,
    ) -> None:
        made = _function_tool(tool)
        super().__init__(
            made.name,
            made.description,
            made.params_json_schema,
            made.on_invoke_tool,
            strict=made.strict,
            needs_approval=made.needs_approval,
            effect=made.effect,
            in_doubt=made.in_doubt,
            timeout=made.timeout,
            on_error=made.on_error,
            is_enabled=made.is_enabled,
            input_guardrails=made.input_guardrails,
            output_guardrails=made.output_guardrails,
        )
        self.namespace = namespace
        self.namespace_description = namespace_description
        self.defer_loading = defer_loading
        self.allowed_callers = list(allowed_callers) if allowed_callers is not None else None
        if defer_loading and namespace is None:
            self.kind = "function_deferred"  # TS-TOOL-006

    def definition(self) -> dict[str, Any]:
        """Return the tool as the Responses API is told of it, in its namespace where it has one."""
        told = super().definition()
        if self.defer_loading:
            told["defer_loading"] = True
        if self.allowed_callers is not None:
            told["allowed_callers"] = self.allowed_callers
        if self.namespace is None:
            return told
        group = {"type": "namespace", "name": self.namespace, "description": self.namespace_description}
        return {**group, "tools": [told]}


def grouped(definitions: Iterable[Item]) -> list[Item]:
    """Return definitions with the tools of each namespace in one group, at the place of its first."""
    found: list[Item] = []
    groups: dict[str, Item] = {}
    for definition in definitions:
        name = definition.get("name")
        if definition.get("type") != "namespace" or not isinstance(name, str):
            found.append(definition)
        elif name in groups:
            cast("list[Item]", groups[name]["tools"]).extend(definition["tools"])
        else:
            groups[name] = {**definition, "tools": list(definition["tools"])}
            found.append(groups[name])
    return found


def _function_tool(tool: ToolLike) -> Tool:
    made = as_tool(tool)
    if isinstance(made, Tool) and made.kind == "function" and made.role == "tool":
        return made
    raise UserError(
        f"{made!r} stands in no namespace and is not loaded later",
        help="give a function, or a tool made of one",
        requirement="TS-TOOL-036",
    )
