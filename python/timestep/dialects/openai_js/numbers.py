"""The released numbers of `@openai/agents` run states (spec/dialects/openai-agents-js.md).

An SDK saves members only where it has something to save; what is listed as `always` its writer writes in every case.
"""

from __future__ import annotations

from timestep.dialects.numbers import Number, packages

NUMBERS: tuple[Number, ...] = (
    Number(
        "1.0",
        packages(
            "0.0.1 0.0.2 0.0.3 0.0.4 0.0.5 0.0.6 0.0.7 0.0.8 0.0.9 0.0.10 0.0.11 0.0.12 0.0.13 0.0.14 0.0.15 "
            "0.0.16 0.0.17 0.1.0 0.1.1 0.1.2 0.1.3 0.1.4 0.1.5 0.1.6 0.1.9 0.1.10 0.1.11 0.2.0 0.2.1 0.3.0 0.3.1 "
            "0.3.2 0.3.3 0.3.4 0.3.5 0.3.6 0.3.7"
        ),
        until="0.18.0",
    ),
    Number(
        "1.1",
        packages("0.3.8 0.3.9 0.4.0 0.4.1 0.4.2 0.4.3"),
        until="0.18.0",
        brought=(
            ("currentTurnInProgress",),
            ("toolInputGuardrailResults",),
            ("toolOutputGuardrailResults",),
            ("conversationId",),
            ("previousResponseId",),
        ),
        always=(("currentTurnInProgress",), ("toolInputGuardrailResults",), ("toolOutputGuardrailResults",)),
    ),
    Number(
        "1.2",
        packages("0.4.4"),
        until="0.18.0",
        brought=(("pendingAgentToolRuns",),),
        always=(("pendingAgentToolRuns",),),
    ),
    Number(
        "1.4", packages("0.4.5 0.4.6 0.4.7 0.4.10 0.4.11 0.4.12"), until="0.18.0", brought=(("context", "toolInput"),)
    ),
    Number("1.5", packages("0.4.13 0.4.14 0.4.15 0.5.0 0.5.1"), until="0.18.0", brought=(("reasoningItemIdPolicy",),)),
    Number(
        "1.6",
        packages("0.5.2 0.5.3"),
        until="0.18.0",
        brought=(("modelResponses", "*", "requestId"),),
    ),
    Number(
        "1.7",
        packages("0.5.4"),
        until="0.18.0",
        brought=(("context", "approvals", "*", "messages"), ("context", "approvals", "*", "stickyRejectMessage")),
    ),
    Number(
        "1.8",
        packages("0.6.0 0.7.0 0.7.1 0.7.2 0.8.0 0.8.1 0.8.2 0.8.3 0.8.4 0.8.5"),
        until="0.18.0",
        brought=(("lastProcessedResponse", "functions", "*", "tool", "deferLoading"),),
        always=(("lastProcessedResponse", "functions", "*", "tool", "deferLoading"),),
    ),
    Number("1.9", packages("0.9.0"), until="0.18.0", brought=(("sandbox",),)),
    Number(
        "1.11", packages("0.11.0 0.11.1 0.11.2 0.11.3 0.11.4"), until="0.18.0", brought=(("currentAgent", "identity"),)
    ),
    Number(
        "1.12",
        packages("0.11.5 0.11.6 0.11.7"),
        until="0.18.0",
        brought=(("lastProcessedResponse", "functionToolsNotFound"),),
        always=(("lastProcessedResponse", "functionToolsNotFound"),),
    ),
    Number(
        "1.13",
        packages("0.11.8 0.12.0 0.12.1 0.13.0 0.13.1 0.13.2 0.13.3 0.13.4 0.13.5"),
        until="0.18.0",
        brought=(("generatedItems", "*", "customData"),),
    ),
    Number("1.14", packages("0.14.0 0.14.1"), until="0.18.0"),
    Number("1.15", packages("0.14.2"), until="0.18.0"),
    Number(
        "1.17",
        packages("0.14.3"),
        until="0.18.0",
        brought=(
            ("context", "functionApprovals"),
            ("pendingAgentToolRunAliases",),
            ("generatedItems", "*", "executionStatus"),
            ("context", "legacyFunctionApprovals"),
            ("generatedItems", "*", "functionToolStateKey"),
            ("currentTurnSessionInputItems",),
            ("lastProcessedResponse", "handoffs", "*", "targetAgent"),
        ),
        always=(("pendingAgentToolRunAliases",),),
    ),
    Number(
        "1.18",
        packages("0.15.0 0.16.0"),
        until="0.18.0",
        brought=(
            ("completedToolInvocations",),
            ("completedToolInvocationEvidence",),
            ("ambiguousToolInvocationCallIds",),
            ("context", "approvalInvocations"),
            ("pendingInput",),
            ("context", "hostedMcpApprovals"),
            ("generatedItems", "*", "inputId"),
        ),
        always=(
            ("completedToolInvocations",),
            ("completedToolInvocationEvidence",),
            ("ambiguousToolInvocationCallIds",),
            ("context", "approvalInvocations"),
        ),
    ),
    Number("1.19", packages("0.16.1 0.17.0"), until="0.18.0"),
    Number(
        "1.20",
        packages("0.17.1 0.17.2 0.18.0"),
        until="0.18.0",
        brought=(
            ("currentResponseGeneratedItemOwnership",),
            ("pendingSessionWrite",),
            ("currentTurnSessionWriteCompactedItemCount",),
        ),
    ),
    Number(
        "1.21",
        packages("0.19.0"),
        brought=(("initialInputGuardrailsCompleted",), ("lastProcessedResponse", "functions", "*", "mcpToolBinding")),
        always=(("initialInputGuardrailsCompleted",),),
    ),
    Number("1.22", packages("0.20.0")),
)
