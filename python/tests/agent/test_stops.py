"""The errors that stop a run, and how they fit in with the Agents SDK's."""

import copy
import pickle
import subprocess
import textwrap

import pytest

import timestep
from timestep import (
    AgentsException,
    InputGuardrailTripwireTriggered,
    MaxTurnsExceeded,
    ModelBehaviorError,
    OutputGuardrailTripwireTriggered,
    StateError,
    TimestepError,
    ToolError,
    ToolTimeoutError,
    UserError,
)

STOPS = [
    AgentsException, UserError, ModelBehaviorError, MaxTurnsExceeded, ToolError, ToolTimeoutError, StateError,
    InputGuardrailTripwireTriggered, OutputGuardrailTripwireTriggered,
]  # fmt: skip


@pytest.mark.parametrize("kind", STOPS)
def test_every_stop_is_in_one_tree_and_has_a_code(kind):
    """RULINGS R24: TimestepError, then AgentsException, then the rest; each carries a state, and survives pickling."""
    error = kind("stopped", pointer="/a")
    assert isinstance(error, AgentsException)
    assert isinstance(error, TimestepError)
    assert (error.state, error.message) == (None, "stopped")
    for each in (copy.copy(error), pickle.loads(pickle.dumps(error))):
        assert (type(each), each.to_dict()) == (type(error), error.to_dict())


def test_errors_are_caught_by_the_classes_of_the_agents_sdk(sdk_python):
    """RULINGS R24: once `agents` is loaded ours are instances of its classes too, and not before."""
    program = """
        import pickle, sys
        import timestep
        before = timestep.ModelBehaviorError("early")
        assert type(before) is timestep.ModelBehaviorError and "agents" not in sys.modules
        from agents import exceptions as sdk
        for name in ("ModelBehaviorError", "MaxTurnsExceeded", "UserError", "ToolTimeoutError", "AgentsException",
                     "InputGuardrailTripwireTriggered", "OutputGuardrailTripwireTriggered"):
            ours, theirs = getattr(timestep, name), getattr(sdk, name)
            try:
                raise ours("odd", code="x", pointer="/a")
            except theirs as error:
                assert isinstance(error, ours) and error.run_data is None
                assert (str(error), error.to_dict()) == ("odd", {"code": "x", "message": "odd", "pointer": "/a"})
                assert type(error).__name__ == name and type(ours("b")) is type(error)
                again = pickle.loads(pickle.dumps(error))
                assert type(again) is type(error) and again.to_dict() == error.to_dict()
        for name in ("StateError", "ToolError"):
            assert isinstance(getattr(timestep, name)("odd"), sdk.AgentsException)
        assert not isinstance(timestep.UsageError("odd"), sdk.AgentsException)
        class Mine(timestep.UserError):
            pass
        assert isinstance(Mine("x"), (Mine, sdk.UserError)) and isinstance(Mine("x"), sdk.UserError)
    """
    answer = subprocess.run(
        [sdk_python, "-c", textwrap.dedent(program)], capture_output=True, text=True, check=False, timeout=60
    )
    assert answer.returncode == 0, answer.stderr
    assert timestep.ModelBehaviorError.__mro__[1] is AgentsException
