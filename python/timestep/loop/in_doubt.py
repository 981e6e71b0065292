"""Calls that may have run: what their tools say of them, before a person is asked (durability.md)."""

from __future__ import annotations

from datetime import UTC, datetime

from timestep.errors import AgentsException, ToolError
from timestep.interruptions import Interruption
from timestep.loop.calls import told
from timestep.loop.perform_calls import Case, result_of
from timestep.loop.scene import Scene
from timestep.loop.tree import document_of
from timestep.state import native
from timestep.tools import results
from timestep.tools.settling import Settled
from timestep.tools.tool import Tool
from timestep.types import events
from timestep.types.base import Item
from timestep.types.state import GuardrailResult


def settleable(scene: Scene) -> list[Interruption]:
    """List the calls in doubt, nested ones too, whose tools say something else than that a person is asked."""
    waiting = native(document_of(scene.tree)).get_interruptions()
    # An agent that made a call in an earlier turn may be none of the run's agents any more.
    asked = [each for each in waiting if each.state == "indeterminate" and each.agent in scene.agents]
    tools = [(each, Case(scene, each.run, each.item).tool) for each in asked]
    return [each for each, tool in tools if tool is not None and tool.in_doubt != "ask"]


async def settlement(scene: Scene, asked: Interruption) -> events.CallSettled | None:
    """Ask a call's tool what became of it; None is that a person has to find out.

    Raises:
        ToolError: the tool's function raised, or a guardrail on the result that it gave; the call stays in doubt.
        UserError: an answer that can't be read.
    """
    case = Case(scene, asked.run, asked.item)
    if case.tool is None:
        return None
    try:
        found = await case.tool.settled(case.context())
        if found is None or (found.how == "retry" and case.run.call(asked.item) is None):
            return None  # a call that an SDK has forgotten can't run again
        outputs, records = await _outputs(case, case.tool, found)
    except AgentsException:
        raise
    except Exception as error:
        raise _unsettled(asked, error) from error
    return events.CallSettled(
        run=asked.run,
        item=asked.item,
        how=found.how,
        outputs=outputs,
        results=case.named(records),
        by="policy",
        at=datetime.now(UTC).isoformat(timespec="seconds"),
    )


async def _outputs(case: Case, tool: Tool, found: Settled) -> tuple[list[Item], list[GuardrailResult]]:
    """Return what the model is told: a result as the tool's own would be, after its guardrails (TS-DUR-023)."""
    if found.how == "retry":
        return [], []
    if found.how == "fail":
        return told(case.item, found.text, case.scene.options.compat), []
    output, records = await result_of(case, tool, found.result)
    return [output], records


def _unsettled(asked: Interruption, error: Exception) -> ToolError:
    said = f"{type(error).__name__}: {results.said(error)}"
    return ToolError(
        f"what became of the call {asked.path} of {asked.tool} was not found out: {said}",
        code="settle-failed",
        why="the function that its tool has for this (in_doubt) failed; the call is in doubt as before",
        help="go on from the error's `state` once the cause is gone, or say what became of the call with `settle`",
        requirement="TS-DUR-024",
    )
