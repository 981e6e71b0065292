"""The way of an `openai-agents` state from each released number to the next, and back."""

from __future__ import annotations

from timestep.dialects.openai_py import down_approvals, downgrades, filed_decisions, up_approvals, upgrades
from timestep.dialects.openai_py.filed import calls
from timestep.dialects.steps import Run, Step


def _to_1_15(run: Run) -> None:
    filed_decisions.check(run)
    known = calls(run.value)
    up_approvals.hand_down(run, known)
    up_approvals.by_server(run, known)
    up_approvals.bind_sticky(run, known)
    upgrades.ledger(run, known)
    upgrades.next_step(run)


def _from_1_15(run: Run) -> None:
    downgrades.resumable_step(run)
    down_approvals.by_tool(run)
    down_approvals.sticky_first(run)  # again: decisions on several servers' tools may have come together
    down_approvals.lift(run)


def _to_1_18(run: Run) -> None:
    up_approvals.by_agent(run)
    upgrades.recipients(run)


def _from_1_18(run: Run) -> None:
    down_approvals.by_name(run)
    downgrades.recipients(run)


#: One a released number, oldest first.
STEPS: tuple[Step, ...] = (
    Step("1.1", upgrades.nested_runs, downgrades.nested_runs),
    Step("1.2", upgrades.reasoning_policy, downgrades.reasoning_policy),
    Step("1.4", upgrades.request_ids, downgrades.request_ids),
    Step("1.5", upgrades.lookup_keys, downgrades.lookup_keys),
    Step("1.6", None, down_approvals.messages),
    Step("1.9", upgrades.custom_tools, downgrades.custom_tools),
    Step("1.10", None, downgrades.unlimited_turns),
    Step("1.11", None, downgrades.custom_data),
    Step("1.12", None, downgrades.cache_writes),
    Step("1.13", upgrades.occurrences, downgrades.occurrences),
    Step("1.15", _to_1_15, _from_1_15),
    Step("1.16", up_approvals.sticky_first, down_approvals.sticky_first),
    Step("1.17", None, downgrades.ownership),
    Step("1.18", _to_1_18, _from_1_18),
    Step("1.21", None, downgrades.guardrail_boundary),
)
