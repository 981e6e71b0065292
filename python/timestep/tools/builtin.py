"""Tools that the model knows by their kind: shell, patches, and custom tools that take plain text."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Literal, TypedDict, Unpack, cast

from timestep.codec import strict_json
from timestep.codec.calls import arguments_of
from timestep.errors import ToolError, UserError
from timestep.tools import results
from timestep.tools.calling import carried_out
from timestep.tools.settling import InDoubt
from timestep.tools.tool import Effect, Enabled, Guardrail, OnError, Predicate, Tool
from timestep.types import outputs
from timestep.types.base import JSON, Item
from timestep.types.items import call_id_of

#: What a shell gives: the standard output, or per command `{"stdout", "stderr", "exit_code"}`.
ShellResult = str | Mapping[str, JSON] | Sequence[Mapping[str, JSON]]
Executor = Callable[[Any, Item], Awaitable[Any] | Any]
OnInvoke = Callable[[Any, str], Awaitable[Any] | Any]


class Options(TypedDict, total=False):
    """What every tool may be told; see `Tool`. Predicates and guardrails get the arguments that `parse` gives."""

    needs_approval: bool | Predicate
    effect: Effect
    in_doubt: InDoubt
    timeout: float | None
    on_error: OnError
    is_enabled: bool | Enabled
    input_guardrails: Sequence[Guardrail]
    output_guardrails: Sequence[Guardrail]


class BuiltinTool(Tool):
    """A tool whose calls are items of their own type, such as `shell_call`.

    The argument string of a call without one is its action as canonical JSON: `{"action": {...}}`.
    """

    def definition(self) -> dict[str, Any]:
        """Return the tool as the Responses API is told of it."""
        return {"type": self.kind}

    async def invoke_item(self, ctx: Any, call: Item, *, compat: outputs.Compat | None = None) -> Item:  # noqa: ANN401
        """Carry out a call and return its output item; raises what `perform` raises."""
        return self.output_item(call, await self.perform(ctx, call), compat=compat)

    async def perform(self, ctx: Any, call: Item, arguments: str | None = None) -> Any:  # noqa: ANN401 - as `invoke`
        """Carry out a call and return what the body gives.

        Args:
            ctx: a ToolContext, or any run context, from which one is made.
            call: the call's wire item.
            arguments: the argument string where a guardrail has changed it; else the call's own.

        Raises:
            ToolTimeoutError: the call took too long.
            Exception: whatever the body raised; `report` tells what the model is told of it.
        """
        return await self.invoke(ctx, arguments_of(call) if arguments is None else arguments, call_id_of(call) or "")

    def written(self, args: dict[str, Any]) -> str:
        """Return the argument string for arguments that a guardrail has changed: the opposite of `parse`."""
        return strict_json.dumps(args).decode()

    def output_item(self, call: Item, result: Any, *, compat: outputs.Compat | None = None) -> Item:  # noqa: ANN401
        """Return the output item for what the body gave."""
        return outputs.text_output(call, self._text(result, compat), compat=compat)

    def report(self, error: Exception, *, compat: outputs.Compat | None = None) -> str | None:
        """Return the text that tells the model of a failure; None when it has to stop the run (TS-TOOL-032)."""
        told = super().report(error)
        return told if told is None or compat is None else str(error) or type(error).__name__

    def _text(self, result: Any, compat: outputs.Compat | None) -> str:  # noqa: ANN401 - whatever the body gave
        text = self.output("" if result is None else result, compat=python_text(compat))
        if isinstance(text, str):
            return text
        raise ToolError(
            f"The tool {self.name} has run, but gave content items, and its output is a text.",
            code="tool-result",
            help="return a string or JSON data",
            requirement="TS-TOOL-030",
        )


class ShellTool(BuiltinTool):
    """A shell: the model sends commands, the executor runs them.

    Args:
        executor: `(ctx, action) -> result`, with the action as sent: `{"commands": [...], "timeout_ms", ...}`. It gives
            the standard output as text, or one `{"stdout", "stderr", "exit_code"}` for each command.
        **options: what every tool may be told.
    """

    kind = "shell"

    def __init__(self, executor: Executor, **options: Unpack[Options]) -> None:
        self._executor = executor
        super().__init__("shell", on_invoke_tool=self._run, strict=False, **options)

    def definition(self) -> dict[str, Any]:
        """Return the tool as the Responses API is told of it."""
        return {"type": "shell", "environment": {"type": "local"}}

    def output_item(self, call: Item, result: ShellResult | None, *, compat: outputs.Compat | None = None) -> Item:
        """Return the output of each command, cut to the length the model asked for.

        Raises:
            ToolError: the result is neither a text nor made of such outputs.
        """
        del compat  # both SDKs give the output of a shell in one form
        limit = cast("Mapping[str, JSON]", call.get("action") or {}).get("max_output_length")
        length = max(0, limit) if isinstance(limit, int) else None
        entries = [_shell_output(entry) for entry in _entries(result)]
        told: Item = {} if length is None else {"max_output_length": length}
        return outputs.answer(call, output=entries if length is None else _cut(entries, length), **told)

    async def _run(self, ctx: Any, arguments: str) -> Any:  # noqa: ANN401 - whatever the executor gives
        return await carried_out(self._executor, ctx, self.parse(arguments)["action"])


class LocalShellTool(BuiltinTool):
    """The shell tool of older models.

    Args:
        executor: `(ctx, action) -> text`, with the action as sent: `{"command": [...], "env": {...}, ...}`.
        effect: what a second run would do.
        timeout: seconds a call may take.
        in_doubt: who finds out what became of a call that was broken off; see `Tool`.
    """

    kind = "local_shell"

    def __init__(
        self,
        executor: Executor,
        *,
        effect: Effect = "once",
        timeout: float | None = None,
        in_doubt: InDoubt = "ask",
    ) -> None:
        self._executor = executor
        options = Options(effect=effect, timeout=timeout, in_doubt=in_doubt)
        super().__init__("local_shell", on_invoke_tool=self._run, strict=False, **options)

    async def _run(self, ctx: Any, arguments: str) -> Any:  # noqa: ANN401 - whatever the executor gives
        return await carried_out(self._executor, ctx, self.parse(arguments)["action"])


class ApplyPatchTool(BuiltinTool):
    """Changes of files: the model sends one file's patch a call, the editor applies it.

    Args:
        editor: `(ctx, operation) -> result`, with the operation as sent: `{"type": "create_file" | "update_file" |
            "delete_file", "path", "diff"}`. It gives a text or `{"status": "completed" | "failed", "output"}`.
        **options: what every tool may be told.
    """

    kind = "apply_patch"

    def __init__(self, editor: Executor, **options: Unpack[Options]) -> None:
        self._editor = editor
        super().__init__("apply_patch", on_invoke_tool=self._run, strict=False, **options)

    def output_item(self, call: Item, result: Any, *, compat: outputs.Compat | None = None) -> Item:  # noqa: ANN401
        """Return the status of the patch, and the editor's text where there is one."""
        given = cast("Mapping[str, JSON]", result) if isinstance(result, Mapping) else {"output": result}
        status: Literal["completed", "failed"] = "failed" if given.get("status") == "failed" else "completed"
        text = self._text(given.get("output"), compat)
        return outputs.answer(call, status=status, **({"output": text} if text else {}))

    async def _run(self, ctx: Any, arguments: str) -> Any:  # noqa: ANN401 - whatever the editor gives
        return await carried_out(self._editor, ctx, self.parse(arguments)["operation"])


class CustomTool(BuiltinTool):
    """A tool that takes plain text in place of JSON.

    Args:
        name: letters, digits, `_` and `-`, at most 64.
        on_invoke: `(ctx, text) -> result`.
        description: what the model is told it does.
        format: the grammar that the text follows, as the Responses API takes it; none is any text.
        **options: what every tool may be told; predicates and guardrails get `{"input": text}`.
    """

    kind = "custom"

    def __init__(
        self,
        name: str,
        on_invoke: OnInvoke,
        description: str = "",
        format: Mapping[str, JSON] | None = None,  # noqa: A002 - the wire's word
        **options: Unpack[Options],
    ) -> None:
        self._on_invoke = on_invoke
        self.format = format
        super().__init__(name, description, on_invoke_tool=self._run, strict=False, **options)

    def definition(self) -> dict[str, Any]:
        """Return the tool as the Responses API is told of it."""
        form = {} if self.format is None else {"format": dict(self.format)}
        return {"type": "custom", "name": self.name, "description": self.description, **form}

    def parse(self, arguments: str) -> dict[str, Any]:
        """Return the text as `{"input": text}`, for predicates and guardrails."""
        return {"input": arguments}

    def written(self, args: dict[str, Any]) -> str:
        """Return the text of `{"input": text}`.

        Raises:
            UserError: a guardrail has made something else of it.
        """
        text: object = args.get("input")
        if not isinstance(text, str) or len(args) > 1:
            raise UserError(
                f"the arguments of {self.name} were changed to {args!r}",
                code="guardrail-answer",
                help='modify_args({"input": text}) is what a custom tool takes',
                requirement="TS-GUARD-010",
            )
        return text

    def output_item(self, call: Item, result: Any, *, compat: outputs.Compat | None = None) -> Item:  # noqa: ANN401
        """Return the output: text or content items."""
        return outputs.result_output(call, self.output(result, compat=python_text(compat)))

    async def _run(self, ctx: Any, arguments: str) -> Any:  # noqa: ANN401 - whatever the function gives
        return await carried_out(self._on_invoke, ctx, arguments)


def python_text(compat: outputs.Compat | None) -> results.Compat | None:
    """Return the SDK whose text a result is given in; JavaScript's is JSON, as ours is."""
    return compat if compat == "openai-agents-python" else None


def _entries(result: ShellResult | None) -> Sequence[object]:
    """Return the outputs of a shell's commands; a text is the output of one."""
    if result is None or result == "":
        return []
    if isinstance(result, str):
        return [{"stdout": result}]
    return [result] if isinstance(result, Mapping) else result


def _shell_output(entry: object) -> Item:
    """Return what one command gave, in wire form."""
    if not isinstance(entry, Mapping):
        raise ToolError(
            f"The shell has run, but gave {entry!r} for a command.",
            code="tool-result",
            help='return text, or {"stdout", "stderr", "exit_code"} for each command',
            requirement="TS-TOOL-030",
        )
    given = cast("Mapping[str, JSON]", entry)
    outcome = given.get("outcome") or {"type": "exit", "exit_code": given.get("exit_code") or 0}
    return {"stdout": given.get("stdout") or "", "stderr": given.get("stderr") or "", "outcome": outcome}


def _cut(entries: list[Item], length: int) -> list[Item]:
    """Cut the outputs of all commands together to a number of characters."""
    kept: list[Item] = []
    for entry in entries:
        stdout = entry["stdout"][:length]
        stderr = entry["stderr"][: length - len(stdout)]
        length -= len(stdout) + len(stderr)
        kept.append({**entry, "stdout": stdout, "stderr": stderr})
    return kept
