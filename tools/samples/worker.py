"""Runs one sample in a process of its own: `python -m samples.worker PLAN LOG`.

The plan is a JSON object: `file` and `line` say where the code stands in its page, so that a traceback leads there;
`prelude`, `source` and `epilogue` are run one after the other in one module.
"""

from __future__ import annotations

import ast
import asyncio
import inspect
import json
import sys
import traceback
import types
from pathlib import Path
from typing import Any

from samples import redirect
from samples.observe import Observer

_NOTE = "__called__"


class _Noting(ast.NodeTransformer):
    """Makes each function note that it was called."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        """Put a line in front of a function's body, after its docstring."""
        return self._noted(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        """Likewise."""
        return self._noted(node)

    def _noted(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.AST:
        self.generic_visit(node)
        line = ast.parse(f"{_NOTE}({node.name!r})").body[0]
        at = 1 if ast.get_docstring(node, clean=False) is not None else 0
        place = node.body[min(at, len(node.body) - 1)]
        node.body.insert(at, ast.fix_missing_locations(ast.copy_location(line, place)))
        return node


def compiled(source: str, file: str, line: int) -> types.CodeType:
    """Compile code that may await at the top; its lines count from `line`."""
    tree = _Noting().visit(ast.parse("\n" * (line - 1) + source, file))
    return compile(ast.fix_missing_locations(tree), file, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)


def run(plan: dict[str, Any], module: types.ModuleType) -> None:
    """Run the parts of a plan; in one event loop, if any of them awaits at the top."""
    parts = [
        compiled(plan["prelude"], "prelude", 1),
        compiled(plan["source"], plan["file"], plan["line"]),
        compiled(plan["epilogue"], "epilogue", 1),
    ]
    if not any(_awaits(part) for part in parts):
        for part in parts:
            exec(part, module.__dict__)  # noqa: S102 - running it is what this is for
        return

    async def run_all() -> None:
        for part in parts:
            value = eval(part, module.__dict__)  # noqa: S307 - likewise
            if _awaits(part):
                await value

    asyncio.run(run_all())


def _awaits(code: types.CodeType) -> bool:
    return bool(code.co_flags & inspect.CO_COROUTINE)


def _inside(error: BaseException, file: str) -> types.TracebackType | None:
    """Return the part of a traceback that begins in the sample; all of it where none does."""
    step = error.__traceback__
    while step is not None and step.tb_frame.f_code.co_filename not in {"prelude", file, "epilogue"}:
        step = step.tb_next
    return step or error.__traceback__


def main(plan_file: str, log_file: str) -> int:
    """Run a plan and note how it ends; a failure is shown as Python shows it."""
    plan = json.loads(Path(plan_file).read_text(encoding="utf-8"))
    module = types.ModuleType("__main__")
    sys.modules["__main__"] = module
    sys.argv = [plan["file"]]
    with Path(log_file).open("w", encoding="utf-8") as log:
        observer = Observer(log)
        module.__dict__[_NOTE] = lambda name: observer.note("called", name=name)
        observer.install()
        redirect.install()
        try:
            run(plan, module)
        except Exception as error:  # noqa: BLE001 - whatever the sample raises is reported
            observer.note("end", type=type(error).__name__, message=str(error))
            traceback.print_exception(type(error), error, _inside(error, plan["file"]))
            return 1
        for name, value in list(module.__dict__.items()):
            observer.result(value, name)
        observer.note("end", type=None)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
