"""The computer tool: the model sends mouse and key actions, and is shown the screen."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Unpack, cast

from timestep.errors import ToolError
from timestep.tools.builtin import BuiltinTool, Executor, Options
from timestep.tools.calling import carried_out
from timestep.types import outputs
from timestep.types.base import JSON, Item

SafetyCheck = Callable[[Any, Item], Awaitable[bool] | bool]
Picture = tuple[str, list[Item]]


class ComputerTool(BuiltinTool):
    """A computer that the model looks at and operates; its name in states is that of both SDKs, for any model.

    A failure stops the run unless `on_error="report"` is given: the output is a picture, which can't tell of it.

    Args:
        computer: `(ctx, action) -> screen`, called with each action of a call as sent, `{"type": "click", "x", "y",
            "button"}` and so on, and last with `{"type": "screenshot"}`: it then gives base64 PNG text or a URL.
        on_safety_check: `(ctx, check) -> bool`, asked about each safety check that comes with a call: whether to go on.
            Without it nothing is acknowledged.
        preview: the display and environment that older models (`computer-use-preview`) are told of:
            `{"display_width", "display_height", "environment"}`.
        **options: what every tool may be told; predicates and guardrails get `{"action": {...}}` or `{"actions": []}`.
    """

    kind = "computer"

    def __init__(
        self,
        computer: Executor,
        *,
        on_safety_check: SafetyCheck | None = None,
        preview: dict[str, JSON] | None = None,
        **options: Unpack[Options],
    ) -> None:
        self._computer = computer
        self._on_safety_check = on_safety_check
        self._preview = preview
        options.setdefault("on_error", "raise")
        super().__init__("computer_use_preview", on_invoke_tool=self._run, strict=False, **options)

    def definition(self) -> dict[str, Any]:
        """Return the tool as the Responses API is told of it."""
        return {"type": "computer"} if self._preview is None else {"type": "computer_use_preview", **self._preview}

    async def perform(self, ctx: Any, call: Item, arguments: str | None = None) -> Any:  # noqa: ANN401 - a picture
        """Carry out the actions of a call and return the screen after them.

        Raises:
            ToolError: a safety check was not passed.
            ToolTimeoutError: the call took too long.
            Exception: whatever the computer raised.
        """
        for check in self._checks(call):
            if await carried_out(cast("SafetyCheck", self._on_safety_check), ctx, check) is not True:
                raise ToolError(
                    f"The computer call was not carried out: safety check {check.get('code') or check.get('id')}.",
                    requirement="TS-TOOL-032",
                )
        return await super().perform(ctx, call, arguments)

    def output_item(self, call: Item, result: Any, *, compat: outputs.Compat | None = None) -> Item:  # noqa: ANN401
        """Return the picture as the output, and the safety checks that were passed."""
        del compat  # both SDKs show the screen in one form
        if not isinstance(result, str) or not result:
            raise ToolError(
                f"The computer was operated, but showed {result!r} for its screen.",
                code="tool-result",
                help='return base64 PNG text or a URL for {"type": "screenshot"}',
                requirement="TS-TOOL-030",
            )
        located = result.startswith(("data:", "http:", "https:"))
        output = outputs.screenshot_output(call, result if located else f"data:image/png;base64,{result}")
        passed = self._checks(call)
        return {**output, "acknowledged_safety_checks": passed} if passed else output

    async def _run(self, ctx: Any, arguments: str) -> Any:  # noqa: ANN401 - whatever the computer gives
        body = self.parse(arguments)
        actions = cast("list[Item]", body.get("actions") or [body["action"]])
        for action in actions:
            shown = await carried_out(self._computer, ctx, action)
            if action is actions[-1] and action.get("type") == "screenshot":
                return shown
        return await carried_out(self._computer, ctx, {"type": "screenshot"})

    def _checks(self, call: Item) -> list[Item]:
        """Return the safety checks of a call that somebody is asked about."""
        return [] if self._on_safety_check is None else cast("list[Item]", call.get("pending_safety_checks") or [])
