"""Doubles to test agents with: a model that follows a script, and a clock that moves when told."""

from timestep.testing.clock import FakeClock
from timestep.testing.scripted import ScriptedModel, ScriptError, handoff_to, message, tool_call

__all__ = ["FakeClock", "ScriptError", "ScriptedModel", "handoff_to", "message", "tool_call"]
