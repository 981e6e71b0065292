"""Durable agent runs: read, check, decide, convert and resume saved runs of several agent SDKs."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from timestep.errors import (
        ApprovalError,
        CodecError,
        ConversionError,
        StateError,
        StateFormatError,
        TimestepError,
        UsageError,
        VersionError,
    )
    from timestep.state import Conversion, Finding, RunState, check, read, write

__version__ = "0.1.0"

__all__ = [
    "ApprovalError",
    "CodecError",
    "Conversion",
    "ConversionError",
    "Finding",
    "RunState",
    "StateError",
    "StateFormatError",
    "TimestepError",
    "UsageError",
    "VersionError",
    "__version__",
    "check",
    "read",
    "write",
]

# Where each public name lives. Its module is loaded at first use, so that `import timestep` costs next to nothing.
_HOMES = {
    "ApprovalError": "timestep.errors",
    "CodecError": "timestep.errors",
    "Conversion": "timestep.state",
    "ConversionError": "timestep.errors",
    "Finding": "timestep.state",
    "RunState": "timestep.state",
    "StateError": "timestep.errors",
    "StateFormatError": "timestep.errors",
    "TimestepError": "timestep.errors",
    "UsageError": "timestep.errors",
    "VersionError": "timestep.errors",
    "check": "timestep.state",
    "read": "timestep.state",
    "write": "timestep.state",
}


def __getattr__(name: str) -> object:
    """Load a public name from its module at first use and keep it."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names, those not yet loaded too."""
    return sorted({*globals(), *__all__})
