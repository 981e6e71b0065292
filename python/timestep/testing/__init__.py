"""Doubles to test agents with: a model that follows a script, a clock that moves when told, and crashes."""

from timestep.testing.clock import FakeClock
from timestep.testing.crash_points import CrashPoint, SimulatedCrash, crash_points
from timestep.testing.scripted import ScriptedModel, ScriptError, handoff_to, message, tool_call

__all__ = [
    "CrashPoint",
    "FakeClock",
    "ScriptError",
    "ScriptedModel",
    "SimulatedCrash",
    "crash_points",
    "handoff_to",
    "message",
    "tool_call",
]
