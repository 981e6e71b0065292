"""How a typed function takes the arguments of a call: its parameters as one type, and the way back to a Python call."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from functools import partial
from typing import Any, cast, get_args, get_origin

import msgspec

from timestep.errors import UserError
from timestep.tools.context import CONTEXT_NAMES, RunContextWrapper, ToolContext

Function = Callable[..., Any]

_CONTEXTS = {"RunContextWrapper": RunContextWrapper, "ToolContext": ToolContext}
_COLLECTING = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
#: What an annotation's metadata may restrict: annotated_types and pydantic call it as msgspec does.
_CONSTRAINTS = ("ge", "gt", "le", "lt", "multiple_of", "min_length", "max_length", "pattern")


@dataclass(frozen=True)
class Signature:
    """What a function takes.

    Attributes:
        parameters: what comes from the model, by name; the context is none of them.
        takes_context: whether the first parameter is the context.
        hints: annotation of each name that has one, and of "return".
    """

    function: Function
    parameters: dict[str, inspect.Parameter]
    takes_context: bool
    hints: dict[str, Any]

    @property
    def takes_dict(self) -> bool:
        """Whether it takes all arguments as one dict: `async (args: dict) -> dict`, or any function of `args: dict`."""
        names = list(self.parameters)
        if len(names) != 1 or not _is_plain_dict(self.hints.get(names[0])):
            return False
        gives_dict = inspect.iscoroutinefunction(self.function) and _is_plain_dict(self.hints.get("return"))
        return names[0] == "args" or gives_dict


def signature_of(function: Function) -> Signature:
    """Read a function's signature.

    Raises:
        UserError: an annotation can't be resolved, or the context is not the first parameter.
    """
    hints = _hints(function)
    parameters = dict(inspect.signature(function).parameters)
    contexts = [name for name in parameters if _is_context(hints.get(name))]
    if contexts and contexts != list(parameters)[:1]:
        raise _refusal(function, f"takes the context as {contexts[-1]!r}, which is not its first parameter")
    for name in contexts:
        del parameters[name]
    return Signature(function, parameters, bool(contexts), hints)


def arguments_type(signature: Signature, name: str, descriptions: dict[str, str], *, closed: bool) -> type:
    """Build the type of a function's arguments, one field a parameter.

    Args:
        signature: of the function.
        name: the tool's.
        descriptions: of the parameters, by name.
        closed: whether other arguments are refused, and `**kwargs` with them.
    """
    fields: list[tuple[str, Any, Any]] = []
    for parameter in signature.parameters.values():
        hint = _annotated(signature.hints.get(parameter.name, Any), descriptions.get(parameter.name))
        if parameter.kind is parameter.VAR_POSITIONAL:
            fields.append((parameter.name, _rewrapped(hint, list), msgspec.field(default_factory=list[Any])))
        elif parameter.kind is parameter.VAR_KEYWORD:
            if closed:
                raise _refusal(signature.function, f"takes **{parameter.name}, which has no strict schema", strict=True)
            fields.append((parameter.name, _rewrapped(hint, dict), msgspec.field(default_factory=dict[str, Any])))
        else:
            fields.append((parameter.name, hint, _default(parameter)))
    collects = any(parameter.kind is parameter.VAR_KEYWORD for parameter in signature.parameters.values())
    try:
        return msgspec.defstruct(f"{name}_args", fields, kw_only=True, forbid_unknown_fields=closed or collects)
    except (TypeError, ValueError) as error:
        raise _refusal(signature.function, f"can't be a tool: {error}") from None


def call(signature: Signature, arguments: dict[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    """Return the positional and keyword arguments of the Python call."""
    positional: list[Any] = []
    keywords: dict[str, Any] = {}
    for name, parameter in signature.parameters.items():
        if parameter.kind is parameter.VAR_POSITIONAL:
            positional += arguments[name]
        elif parameter.kind is parameter.VAR_KEYWORD:
            clashing = sorted({*arguments[name]} & {*signature.parameters} - {name})
            if clashing:
                raise ValueError(f"{', '.join(clashing)}: given both as a parameter and inside {name}")
            keywords |= arguments[name]
        elif parameter.kind is parameter.KEYWORD_ONLY:
            keywords[name] = arguments[name]
        else:
            positional.append(arguments[name])
    return positional, keywords


def _hints(function: Function) -> dict[str, Any]:
    target = function
    while isinstance(target, partial):
        target = target.func
    target = target if inspect.isroutine(target) else type(target).__call__
    try:
        return typing.get_type_hints(target, localns=_names_around(target), include_extras=True)
    except (NameError, AttributeError, TypeError, SyntaxError) as error:
        raise _refusal(function, f"has an annotation that can't be resolved: {error}") from None


def _names_around(function: Function) -> dict[str, Any]:
    """Return names that annotations may use and `get_type_hints` does not see: of the closure, and the contexts."""
    around: dict[str, Any] = dict(_CONTEXTS)
    around |= getattr(inspect.unwrap(function), "__globals__", {})
    closure = getattr(function, "__closure__", None) or ()
    names = getattr(getattr(function, "__code__", None), "co_freevars", ())
    for name, cell in zip(names, closure, strict=False):
        try:
            around[name] = cell.cell_contents
        except ValueError:  # not assigned yet
            continue
    return around


def _is_context(hint: Any) -> bool:  # noqa: ANN401 - a type form
    known = get_origin(hint) or hint
    return isinstance(known, type) and (issubclass(known, RunContextWrapper) or known.__name__ in CONTEXT_NAMES)


def _is_plain_dict(hint: Any) -> bool:  # noqa: ANN401 - a type form
    if hint is dict:
        return True
    return get_origin(hint) is dict and get_args(hint) in ((), (str, Any), (str, object))


def _default(parameter: inspect.Parameter) -> Any:  # noqa: ANN401 - a default of any type
    default: Any = parameter.default
    if default is parameter.empty:
        return msgspec.NODEFAULT
    if isinstance(default, list | dict | set):
        return msgspec.field(default_factory=lambda: deepcopy(cast("Any", default)))
    return default


def _annotated(hint: Any, description: str | None) -> Any:  # noqa: ANN401 - a type form
    """Return an annotation with a description, and with the constraints that other libraries' metadata state."""
    bare, metadata = (get_args(hint)[0], get_args(hint)[1:]) if get_origin(hint) is typing.Annotated else (hint, ())
    ours = [note for note in metadata if isinstance(note, msgspec.Meta)]
    texts = [note if isinstance(note, str) else getattr(note, "description", None) for note in metadata]
    text = description or next(filter(None, texts), None)
    limits: dict[str, Any] = {}
    for note in metadata:
        if not isinstance(note, msgspec.Meta | str):
            limits |= _limits(note)
    extra = msgspec.Meta(description=text, **limits) if text or limits else None
    found = [*ours, *([extra] if extra is not None else [])]
    for note in found:
        bare = typing.Annotated[bare, note]
    return bare


def _limits(note: object) -> dict[str, Any]:
    found = {name: getattr(note, name, None) for name in _CONSTRAINTS}
    found = {name: value for name, value in found.items() if value is not None}
    inner = getattr(note, "metadata", None)  # a pydantic FieldInfo keeps them one below
    for deeper in inner if isinstance(inner, list | tuple) else ():  # pyright: ignore[reportUnknownVariableType]
        found |= _limits(cast("object", deeper))
    return found


def _rewrapped(hint: Any, container: type) -> Any:  # noqa: ANN401 - a type form
    """Return the type of what `*args` or `**kwargs` collects, its description on the whole."""
    bare, metadata = (get_args(hint)[0], get_args(hint)[1:]) if get_origin(hint) is typing.Annotated else (hint, ())
    text = next((note.description for note in metadata if isinstance(note, msgspec.Meta) and note.description), None)
    limits = [note for note in metadata if isinstance(note, msgspec.Meta) and not note.description]
    for note in limits:
        bare = typing.Annotated[bare, note]
    whole: Any = list[bare] if container is list else dict[str, bare]
    return typing.Annotated[whole, msgspec.Meta(description=text)] if text else whole


def _refusal(function: Function, problem: str, *, strict: bool = False) -> UserError:
    name = getattr(function, "__name__", repr(function))
    code = inspect.unwrap(function).__code__ if inspect.isroutine(inspect.unwrap(function)) else None
    return UserError(
        f"the function {name} {problem}",
        code="tool-schema",
        file=getattr(code, "co_filename", None),
        line=getattr(code, "co_firstlineno", None),
        help="name the arguments, or turn strict off (strict=False)" if strict else None,
        requirement="TS-TOOL-021" if strict else "TS-TOOL-020",
    )
