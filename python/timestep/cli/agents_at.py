"""Agents as a command line names them: MODULE:AGENT, where MODULE is a dotted name or a Python file."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, cast

from timestep.agent import Agent
from timestep.cli.output import file_name
from timestep.cli.own_code import own_code
from timestep.errors import UsageError, UserError
from timestep.interop import as_agent

if TYPE_CHECKING:
    from importlib.abc import Loader
    from importlib.machinery import ModuleSpec

_ENDING = ".py"


def load(target: str) -> Agent:
    """Load an agent: an `Agent` of this package or of `openai-agents`, or what a function without arguments makes.

    Args:
        target: `MODULE:AGENT`; a dotted module is looked for in the current folder too.

    Raises:
        UsageError: there is no such module or agent, or the module can't be loaded.
        UserError: the agent has something that can't be mapped.
    """
    place, name = _split(target)
    with own_code(f"can't load {file_name(place)}", UsageError):
        module = _from_file(place) if place.endswith(_ENDING) else _imported(place)
    value = _found(vars(module), place, name)
    if inspect.isroutine(value) and not inspect.iscoroutinefunction(value) and _takes_nothing(value):
        with own_code(f"{target} makes no agent", UsageError):
            value = value()
    try:
        return as_agent(value)
    except UserError as error:
        if error.code != "agent-type":
            raise
        message = f"{target} is no agent, but of the type {type(value).__name__}"
        raise UsageError(message, help=_agents_of(vars(module), place)) from error


def _split(target: str) -> tuple[str, str]:
    """Return module and name; the colon after a drive's letter separates nothing."""
    place, _, name = target.rpartition(":")
    return (place, name) if place and not name.endswith(_ENDING) else (target.rstrip(":"), "")


def _imported(name: str) -> ModuleType:
    """Import a module by its dotted name."""
    if not all(part.isidentifier() for part in name.split(".")):
        raise UsageError(f"{name!r} names no module", help="MODULE:AGENT, such as weather:agent or weather.py:agent")
    _look_in(Path.cwd())
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{name}.".startswith(f"{error.name}."):
            raise  # what the module itself imports
        near = _near(name, (path.stem for path in Path.cwd().glob(f"*{_ENDING}")))
        raise UsageError(
            f"there is no module {name}", help=near or "name it as Python imports it, or name a file"
        ) from error


def _from_file(place: str) -> ModuleType:
    """Load a file as Python runs a script: where it imports, its own folder comes first."""
    path = Path(place).absolute()
    if not path.is_file():
        near = _near(path.name, (each.name for each in path.parent.glob(f"*{_ENDING}")))
        raise UsageError(f"there is no file {file_name(place)}", code="io", file=file_name(place), help=near)
    _look_in(Path.cwd())
    _look_in(path.parent)
    # A name that no import asks for, because a file may be called like a package that it uses.
    spec = cast("ModuleSpec", spec_from_file_location(f"timestep_agent_file_{path.stem}", path))
    module = sys.modules[spec.name] = module_from_spec(spec)
    cast("Loader", spec.loader).exec_module(module)
    return module


def _look_in(folder: Path) -> None:
    if sys.path[:1] != [str(folder)]:
        sys.path.insert(0, str(folder))


def _found(names: Mapping[str, Any], place: str, name: str) -> Any:  # noqa: ANN401 - whatever the module has
    if not name:
        raise UsageError(f"{file_name(place)} is a module, and no agent is named", help=_agents_of(names, place))
    if name not in names:
        near = _near(name, (known for known in names if not known.startswith("_")))
        raise UsageError(f"{file_name(place)} has no {name!r}", help=near or _agents_of(names, place))
    return names[name]


def _near(name: str, known: Iterable[str]) -> str | None:
    near = get_close_matches(name, list(known), n=3)
    return f"did you mean {' or '.join(near)}?" if near else None


def _agents_of(names: Mapping[str, Any], place: str) -> str:
    """Name the agents of a module."""
    found = [f"{file_name(place)}:{name}" for name, value in names.items() if type(value).__name__ == "Agent"]
    return f"it has {', '.join(found)}" if found else "name an Agent, or a function without arguments that makes one"


def _takes_nothing(function: Any) -> bool:  # noqa: ANN401 - a function of the module
    try:
        inspect.signature(function).bind()
    except (TypeError, ValueError):
        return False
    return True
