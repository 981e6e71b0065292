"""What the code of a sample uses, read off its tree: the claims of a page are found by these facts."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cached_property

Function = ast.FunctionDef | ast.AsyncFunctionDef
_INPUT_KEYS = {"content", "text"}


class Code:
    """The code of a sample.

    Args:
        tree: the parsed code.
    """

    def __init__(self, tree: ast.Module) -> None:
        self.tree = tree
        self._nodes = list(ast.walk(tree))

    @cached_property
    def functions(self) -> dict[str, Function]:
        """Its functions by name."""
        return {node.name: node for node in self._nodes if isinstance(node, Function)}

    @cached_property
    def attributes(self) -> set[str]:
        """Every `.name` it uses."""
        return {node.attr for node in self._nodes if isinstance(node, ast.Attribute)}

    @cached_property
    def imported(self) -> set[str]:
        """Every name it imports."""
        nodes = (node for node in self._nodes if isinstance(node, ast.ImportFrom | ast.Import))
        return {alias.name for node in nodes for alias in node.names}

    @cached_property
    def strings(self) -> list[str]:
        """Its texts, in their order."""
        return [node.value for node in self._nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]

    def calls(self, name: str) -> list[ast.Call]:
        """Return the calls of a name, or of an attribute of that name."""
        return [node for node in self._nodes if isinstance(node, ast.Call) and called_name(node) == name]

    def options(self, name: str) -> set[str]:
        """Return the keywords that calls of a name are given."""
        return {keyword.arg for call in self.calls(name) for keyword in call.keywords if keyword.arg}

    @cached_property
    def made(self) -> dict[str, ast.Call]:
        """The calls whose value is given to a plain name, by that name."""
        return {
            target.id: node.value
            for node in self._nodes
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)
            for target in node.targets
            if isinstance(target, ast.Name)
        }

    @cached_property
    def providers(self) -> dict[str, ast.Call]:
        """The providers of models that it adds to a map, by their prefix."""
        added = (call.args for call in self.calls("add_provider") if len(call.args) == 2)
        pairs = ((prefix, self.made.get(each.id) if isinstance(each, ast.Name) else each) for prefix, each in added)
        return {
            str(prefix.value): each
            for prefix, each in pairs
            if isinstance(prefix, ast.Constant) and isinstance(each, ast.Call)
        }

    @cached_property
    def models(self) -> dict[str, str]:
        """The names of models that its agents have, by the name that the agent is given to."""
        named = {name: option(call, "model") for name, call in self.made.items() if called_name(call) == "Agent"}
        return {name: model for name, model in named.items() if model is not None}

    @cached_property
    def models_named(self) -> list[str]:
        """The names of models that its agents have, in the order of the code."""
        calls = sorted(self.calls("Agent"), key=lambda call: (call.lineno, call.col_offset))
        return [model for call in calls if (model := option(call, "model")) is not None]

    @cached_property
    def fallbacks(self) -> dict[str, list[str]]:
        """The names of models that stand in for others: what calls are given as `fallbacks={name: [names]}`."""
        given = [node.value for node in self._nodes if isinstance(node, ast.keyword) and node.arg == "fallbacks"]
        return {name: chain for value in given for name, chain in ast.literal_eval(value).items()}

    def passed_to(self, name: str) -> list[Function]:
        """Return the functions that are handed to calls of a name."""
        names = [node.id for call in self.calls(name) for node in call.args if isinstance(node, ast.Name)]
        return [self.functions[each] for each in names if each in self.functions]

    def decorated(self, name: str) -> list[Function]:
        """Return the functions under a decorator."""
        return [
            function
            for function in self.functions.values()
            if any(_decorator_name(decorator) == name for decorator in function.decorator_list)
        ]

    def set_as(self, attribute: str) -> list[Function]:
        """Return the functions that are assigned to an attribute, or given as the keyword of that name."""
        values = [
            node.value
            for node in self._nodes
            if isinstance(node, ast.Assign)
            and any(isinstance(target, ast.Attribute) and target.attr == attribute for target in node.targets)
        ]
        values += [node.value for node in self._nodes if isinstance(node, ast.keyword) and node.arg == attribute]
        names = [value.id for value in values if isinstance(value, ast.Name)]
        return [self.functions[each] for each in names if each in self.functions]

    @cached_property
    def inputs(self) -> list[ast.Constant]:
        """What users say in it: texts under `content` or `text`, and those given to `run_agent`."""
        found = [
            value
            for node in self._nodes
            if isinstance(node, ast.Dict)
            for key, value in zip(node.keys, node.values, strict=True)
            if isinstance(key, ast.Constant) and key.value in _INPUT_KEYS
        ]
        found += [call.args[1] for call in self.calls("run_agent") if len(call.args) > 1]
        texts = [node for node in found if isinstance(node, ast.Constant) and isinstance(node.value, str)]
        return sorted(texts, key=lambda node: (node.lineno, node.col_offset))

    @property
    def said(self) -> list[str]:
        """The texts of `inputs`."""
        return [str(node.value) for node in self.inputs]

    @property
    def brings_model(self) -> bool:
        """Whether its agents ask a model of its own: a scripted one, or one that it defines."""
        return "ScriptedModel" in self.imported or "respond" in self.functions

    @property
    def asks(self) -> bool:
        """Whether it asks on the terminal."""
        return "request_approval" in self.imported or bool(self.calls("input"))

    @cached_property
    def printed(self) -> str:
        """The code of all that it prints."""
        return "\n".join(ast.unparse(node) for node in self.calls("print"))


def called_name(call: ast.Call) -> str:
    """Return the name a call calls, without what stands before its last dot."""
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def option(call: ast.Call, name: str) -> str | None:
    """Return the text that a call is given under a keyword, or the variable of the environment that it is read from."""
    value = next((keyword.value for keyword in call.keywords if keyword.arg == name), None)
    if isinstance(value, ast.Call) and called_name(value) in {"get", "getenv"}:
        value = value.args[0]
    if isinstance(value, ast.Subscript):
        value = value.slice
    return value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else None


def raises(function: Function, name: str) -> bool:
    """Tell whether a function raises an error of a name."""
    raised = (node.exc for node in ast.walk(function) if isinstance(node, ast.Raise))
    return any(isinstance(error, ast.Call) and called_name(error) == name for error in raised)


def looked_for(function: Function) -> list[str]:
    """Return the texts a function looks for: `"a" in text`, and lists of texts."""
    return [text for node in ast.walk(function) for text in _sought(node)]


def replacements(function: Function) -> list[tuple[str, str]]:
    """Return the texts a function replaces by others: `text.replace("a", "b")`."""
    calls = (node for node in ast.walk(function) if isinstance(node, ast.Call) and called_name(node) == "replace")
    pairs = ([argument.value for argument in call.args if isinstance(argument, ast.Constant)] for call in calls)
    return [(str(pair[0]), str(pair[1])) for pair in pairs if len(pair) == 2]


def endings(function: Function) -> list[str]:
    """Return the texts a function tests endings for: `text.endswith("a")`."""
    calls = (node for node in ast.walk(function) if isinstance(node, ast.Call) and called_name(node) == "endswith")
    values = (argument.value for call in calls for argument in call.args if isinstance(argument, ast.Constant))
    return [value for value in values if isinstance(value, str)]


def _sought(node: ast.AST) -> Iterator[str]:
    values: list[ast.expr] = []
    if isinstance(node, ast.Compare) and any(isinstance(operator, ast.In) for operator in node.ops):
        values = [node.left]
    elif isinstance(node, ast.List | ast.Tuple | ast.Set):
        values = node.elts
    yield from (value.value for value in values if isinstance(value, ast.Constant) and isinstance(value.value, str))


def _decorator_name(decorator: ast.expr) -> str:
    target = decorator.func if isinstance(decorator, ast.Call) else decorator
    return target.attr if isinstance(target, ast.Attribute) else getattr(target, "id", "")
