"""The released numbers of `openai-agents` run states (spec/dialects/openai-agents-python.md).

An SDK saves members only where it has something to save; what is listed as `always` its writer writes in every case.
"""

from __future__ import annotations

from timestep.dialects.numbers import Number, packages

_FORGOTTEN = "0.23.1 and newer forget standing decisions"

NUMBERS: tuple[Number, ...] = (
    Number("1.0", packages("0.8.0 0.8.1 0.8.2 0.8.3 0.8.4 0.9.0"), note=_FORGOTTEN),
    Number(
        "1.1",
        packages("0.9.1"),
        note=_FORGOTTEN,
        brought=(("last_processed_response", "functions", "*", "agent_run_state"),),
    ),
    Number(
        "1.2",
        packages("0.9.2 0.9.3 0.10.0 0.10.1"),
        note=_FORGOTTEN,
        brought=(("reasoning_item_id_policy",),),
        always=(("reasoning_item_id_policy",),),
    ),
    Number(
        "1.4",
        packages("0.10.2 0.10.3 0.10.4 0.10.5"),
        note=_FORGOTTEN,
        brought=(("model_responses", "*", "request_id"),),
        always=(("model_responses", "*", "request_id"),),
    ),
    Number(
        "1.5",
        packages("0.11.0 0.11.1 0.12.0"),
        note=_FORGOTTEN,
        brought=(
            ("last_processed_response", "functions", "*", "tool", "lookupKey"),
            ("generated_items", "*", "tool_lookup_key"),
            ("current_step", "data", "interruptions", "*", "tool_lookup_key"),
        ),
        always=(("last_processed_response", "functions", "*", "tool", "lookupKey"),),
    ),
    Number(
        "1.6",
        packages("0.12.1 0.12.2 0.12.3 0.12.4 0.12.5 0.13.0 0.13.1 0.13.2 0.13.3 0.13.4 0.13.5 0.13.6"),
        note=_FORGOTTEN,
        brought=(
            ("context", "approvals", "*", "rejection_messages"),
            ("context", "approvals", "*", "sticky_rejection_message"),
        ),
    ),
    Number(
        "1.9",
        packages("0.14.0 0.14.1 0.14.2 0.14.3 0.14.4 0.14.5 0.14.6 0.14.7 0.14.8 0.15.0 0.15.1 0.15.2 0.15.3"),
        note=_FORGOTTEN,
        brought=(
            ("generated_prompt_cache_key",),
            ("last_processed_response", "custom_tool_actions"),
            ("generated_items", "*", "tool_origin"),
            ("current_agent", "identity"),
            ("sandbox",),
        ),
        always=(("generated_prompt_cache_key",), ("last_processed_response", "custom_tool_actions")),
    ),
    Number("1.10", packages("0.16.0 0.16.1 0.17.0 0.17.1 0.17.2 0.17.3 0.17.4 0.17.5"), note=_FORGOTTEN),
    Number(
        "1.11",
        packages("0.17.6 0.17.7 0.17.8 0.18.0"),
        note=_FORGOTTEN,
        brought=(("generated_items", "*", "custom_data"),),
    ),
    Number("1.12", packages("0.18.1 0.18.2 0.18.3"), note=_FORGOTTEN),
    Number(
        "1.13",
        packages("0.19.0 0.19.1 0.19.2 0.19.3 0.19.4"),
        note=_FORGOTTEN,
        brought=(("generated_session_item_indexes",), ("nested_history_owned_session_item_refs",)),
        always=(("nested_history_owned_session_item_refs",),),
    ),
    Number(
        "1.15",
        packages("0.20.0 0.21.0"),
        note=_FORGOTTEN,
        brought=(
            ("context", "tool_invocations"),
            ("pending_input",),
            ("current_step", "data", "response_accepted"),
            ("context", "hosted_mcp_approvals"),
            ("context", "approvals", "*", "sticky_scope"),
        ),
        always=(("context", "tool_invocations"), ("pending_input",)),
    ),
    Number("1.16", packages("0.21.1 0.22.0"), note=_FORGOTTEN),
    Number(
        "1.17",
        packages("0.22.1 0.22.2 0.22.3"),
        note=_FORGOTTEN,
        brought=(
            ("current_response_generated_item_ownership",),
            ("pending_session_write",),
            ("terminal_unrecoverable",),
        ),
    ),
    Number(
        "1.18",
        packages("0.23.1"),
        brought=(("context", "function_tool_approvals"), ("last_processed_response", "mcp_tool_bindings")),
        always=(("last_processed_response", "mcp_tool_bindings"),),
    ),
    Number("1.21", packages("0.24.0"), brought=(("last_processed_response", "tool_output_guardrail_result_start"),)),
)
