"""The way of an `@openai/agents` state from each released number to the next, and back."""

from __future__ import annotations

from timestep.dialects.openai_js import (
    camel_one,
    down_approvals,
    downgrades,
    up_approvals,
    up_items,
    up_ledger,
    upgrades,
)
from timestep.dialects.steps import Run, Step


def _to_1_1(run: Run) -> None:
    if camel_one.is_camel_one(run.value):
        camel_one.to_javascript(run)
    upgrades.turn_in_progress(run)
    upgrades.single_placeholders(run)
    up_items.early_items(run)


def _to_1_17(run: Run) -> None:
    upgrades.nested_run_keys(run)
    upgrades.execution_marks(run)
    upgrades.server_labels(run)
    up_approvals.scope_functions(run)


def _to_1_18(run: Run) -> None:
    up_approvals.bind(run)
    up_ledger.completions(run)


def _to_1_21(run: Run) -> None:
    upgrades.input_guardrails_completed(run)
    upgrades.recipients(run)


def _from_1_20(run: Run) -> None:
    downgrades.ownership(run)
    downgrades.sandbox_envelope(run, 5, "1.20")


def _from_1_19(run: Run) -> None:
    down_approvals.sticky_first(run)
    downgrades.sandbox_envelope(run, 4, "1.19")


def _from_1_18(run: Run) -> None:
    down_approvals.unbind(run)
    downgrades.pending_input(run)
    downgrades.sandbox_envelope(run, 3, "1.18")


def _from_1_17(run: Run) -> None:
    down_approvals.by_name(run)
    downgrades.blocked_output(run)


def _from_1_15(run: Run) -> None:
    downgrades.sandbox_envelope(run, 2, "1.15")


def _from_1_9(run: Run) -> None:
    downgrades.refuse_members(run, ("sandbox",), "1.9")
    downgrades.moved_patches(run)


#: One a released number, oldest first.
STEPS = (
    Step("1.1", _to_1_1, downgrades.first_number),
    Step("1.2", upgrades.nested_runs, downgrades.nested_runs),
    Step("1.4", None, downgrades.tool_input),
    Step("1.5", None, downgrades.policy),
    Step("1.6", up_items.owners_of_waiting, downgrades.request_ids),
    Step("1.7", None, down_approvals.messages),
    Step("1.8", upgrades.loading, downgrades.tool_search),
    Step("1.9", None, _from_1_9),
    Step("1.11", None, downgrades.endless),
    Step("1.12", upgrades.unknown_tools, downgrades.unknown_tools),
    Step("1.13", None, downgrades.custom_data),
    Step("1.14", None, downgrades.programs),
    Step("1.15", None, _from_1_15),
    Step("1.17", _to_1_17, _from_1_17),
    Step("1.18", _to_1_18, _from_1_18),
    Step("1.19", up_approvals.sticky_first, _from_1_19),
    Step("1.20", None, _from_1_20),
    Step("1.21", _to_1_21, downgrades.guardrail_completion),
    Step("1.22", None, downgrades.search_provenance),
)
