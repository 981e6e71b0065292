"""Guardrails on what goes into a run and what comes out of it: they let pass, or trip and stop the run."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, overload

from timestep.errors import InputGuardrailTripwireTriggered, OutputGuardrailTripwireTriggered, UserError
from timestep.types import state
from timestep.types.base import JSON

#: `(ctx, agent, input)` or `(ctx, agent, output)`, synchronous or not.
Check = Callable[[Any, Any, Any], "Awaitable[GuardrailFunctionOutput] | GuardrailFunctionOutput"]


@dataclass(frozen=True)
class GuardrailFunctionOutput:
    """What a run-level guardrail found; `output_info` is kept with the run and must be JSON."""

    output_info: JSON
    tripwire_triggered: bool


@dataclass(frozen=True)
class RunInputGuardrail:
    """A check of the run's input.

    Attributes:
        guardrail_function: `(ctx, agent, input) -> GuardrailFunctionOutput`.
        name: what it is called in results.
        run_in_parallel: whether the model is called meanwhile; if not, it waits.
    """

    guardrail_function: Check
    name: str
    run_in_parallel: bool = True

    def get_name(self) -> str:
        """Return its name."""
        return self.name


@dataclass(frozen=True)
class RunOutputGuardrail:
    """A check of the final output: `(ctx, agent, output) -> GuardrailFunctionOutput`."""

    guardrail_function: Check
    name: str

    def get_name(self) -> str:
        """Return its name."""
        return self.name


@dataclass(frozen=True)
class RunGuardrailResult:
    """What one guardrail said; `subject` is the input or output it was asked about."""

    guardrail: RunInputGuardrail | RunOutputGuardrail
    output: GuardrailFunctionOutput
    agent_name: str
    subject: Any

    def record(self) -> state.GuardrailResult:
        """Return the result as the run state keeps it (TS-GUARD-002)."""
        tripped = self.output.tripwire_triggered
        return state.GuardrailResult(
            position="input" if isinstance(self.guardrail, RunInputGuardrail) else "output",
            name=self.guardrail.name,
            behavior="tripwire" if tripped else "allow",
            agent=self.agent_name,
            info=self.output.output_info,
        )


@dataclass(frozen=True)
class RunOutcome:
    """What several guardrails said, in their own order; with `tripped`, those that were still at work said nothing."""

    results: list[RunGuardrailResult]
    tripped: RunGuardrailResult | None = None

    def error(self) -> InputGuardrailTripwireTriggered | OutputGuardrailTripwireTriggered | None:
        """Return the error that stops the run; None when nothing tripped."""
        if self.tripped is None:
            return None
        at_input = isinstance(self.tripped.guardrail, RunInputGuardrail)
        kind = InputGuardrailTripwireTriggered if at_input else OutputGuardrailTripwireTriggered
        said = f"the {'input' if at_input else 'output'} guardrail {self.tripped.guardrail.name} stopped the run"
        error = kind(said, requirement="TS-GUARD-003")
        error.guardrail_result = self.tripped
        return error


@overload
def input_guardrail(function: Check, /) -> RunInputGuardrail: ...
@overload
def input_guardrail(
    *, name: str | None = None, run_in_parallel: bool = True
) -> Callable[[Check], RunInputGuardrail]: ...
def input_guardrail(
    function: Check | None = None, /, *, name: str | None = None, run_in_parallel: bool = True
) -> RunInputGuardrail | Callable[[Check], RunInputGuardrail]:
    """Make a check of the run's input of a function `(ctx, agent, input)`, as a decorator with or without options."""

    def decorate(check: Check) -> RunInputGuardrail:
        return RunInputGuardrail(check, name or _name_of(check), run_in_parallel)

    return decorate if function is None else decorate(function)


@overload
def output_guardrail(function: Check, /) -> RunOutputGuardrail: ...
@overload
def output_guardrail(*, name: str | None = None) -> Callable[[Check], RunOutputGuardrail]: ...
def output_guardrail(
    function: Check | None = None, /, *, name: str | None = None
) -> RunOutputGuardrail | Callable[[Check], RunOutputGuardrail]:
    """Make a check of the final output of a function `(ctx, agent, output)`, as a decorator with or without options."""

    def decorate(check: Check) -> RunOutputGuardrail:
        return RunOutputGuardrail(check, name or _name_of(check))

    return decorate if function is None else decorate(function)


async def run_checks(
    guardrails: Sequence[RunInputGuardrail] | Sequence[RunOutputGuardrail],
    ctx: Any,  # noqa: ANN401 - any context
    agent: Any,  # noqa: ANN401 - any agent with a name
    subject: Any,  # noqa: ANN401 - the input or output
) -> RunOutcome:
    """Run guardrails at once until all have passed or one trips (TS-GUARD-003).

    Raises:
        UserError: one answered with something else than a `GuardrailFunctionOutput`.
        Exception: whatever one of them raised; nothing has passed then (TS-GUARD-001).
    """
    tasks = [asyncio.ensure_future(_check(guardrail, ctx, agent, subject)) for guardrail in guardrails]
    try:
        for done in asyncio.as_completed(tasks):
            if (await done).output.tripwire_triggered:
                break
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    results = [task.result() for task in tasks if not task.cancelled() and task.exception() is None]
    return RunOutcome(results, next((result for result in results if result.output.tripwire_triggered), None))


async def _check(
    guardrail: RunInputGuardrail | RunOutputGuardrail,
    ctx: Any,  # noqa: ANN401 - as above
    agent: Any,  # noqa: ANN401 - as above
    subject: Any,  # noqa: ANN401 - as above
) -> RunGuardrailResult:
    answer = guardrail.guardrail_function(ctx, agent, subject)
    found: object = await answer if inspect.isawaitable(answer) else answer
    output = _understood(found)
    if output is None:
        raise UserError(
            f"the guardrail {guardrail.name} answered {found!r}",
            code="guardrail-answer",
            why="an answer that can't be read must not count as a pass",
            help="return GuardrailFunctionOutput(output_info=..., tripwire_triggered=True or False)",
            requirement="TS-GUARD-001",
        )
    return RunGuardrailResult(guardrail, output, str(getattr(agent, "name", "")), subject)


def _understood(found: object) -> GuardrailFunctionOutput | None:
    """Read an answer, ours or another package's of the same shape."""
    tripped = getattr(found, "tripwire_triggered", None)
    if not isinstance(tripped, bool) or not hasattr(found, "output_info"):
        return None
    if isinstance(found, GuardrailFunctionOutput):
        return found
    return GuardrailFunctionOutput(getattr(found, "output_info", None), tripped)


def _name_of(check: Check) -> str:
    if not callable(check):
        raise UserError(f"{check!r} is no function", code="guardrail-answer", requirement="TS-GUARD-001")
    return getattr(check, "__name__", type(check).__name__)
