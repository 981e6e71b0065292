"""The plan of `@openai/agents` run states: what the Zod schemas of its `runState.mjs` take, of every number."""

TEXT = """
State: A run.
  $schemaVersion!                                 text
  currentTurn!                                    count
  currentAgent!                                   AgentRef
  originalInput!                                  text | [Item]
  1.18:pendingInput                               [Item]
  modelResponses!                                 [Response]
  context!                                        Context
  toolUseTracker!                                 {[text]}
  maxTurns!                                       count | 1.11:null
  currentAgentSpan                                Span | null
  noActiveAgentRun!                               flag
  inputGuardrailResults!                          [GuardrailResult]
  initialInputGuardrailsCompleted!                flag
  outputGuardrailResults!                         [GuardrailResult]
  toolInputGuardrailResults!                      [ToolGuardrailResult]
  toolOutputGuardrailResults!                     [ToolGuardrailResult]
  currentTurnInProgress!                          flag
  currentStep                                     Step
  lastModelResponse                               Response
  generatedItems!                                 [RunItem]
  1.20:currentResponseGeneratedItemOwnership      Ownership
  pendingAgentToolRuns!                           {run text}
  pendingAgentToolRunAliases!                     {text}
  lastProcessedResponse                           Processed
  currentTurnPersistedItemCount!                  count
  1.20:currentTurnSessionWriteCompactedItemCount  count
  1.17:currentTurnDeferredSessionItemIndexes      [count]
  1.17:currentTurnBlockedSessionStartIndex        count
  1.17:currentTurnExecutedWithSessionBinding      flag
  1.17:currentTurnSessionInputItems               [Item]
  1.17:pendingSessionHistoryTransaction           object
  1.20:pendingSessionWrite                        object
  completedToolInvocations!                       [CompletedCalls]
  completedToolInvocationEvidence!                [CompletedEvidence]
  ambiguousToolInvocationCallIds!                 [AmbiguousCalls]
  1.17:pendingLegacyCompactionSessionItems        [Item]
  1.1:conversationId                              text
  1.1:previousResponseId                          text
  1.5:reasoningItemIdPolicy                       one of preserve omit
  trace!                                          Trace | null
  1.9:sandbox                                     object

AgentRef: An agent; `identity` only where several share the name.
  name!          text
  1.11:identity  text

Item: A protocol item; its own members are open.
  type  text
  role  text
  either type role
  ...

RunItem: An item of the run, wrapped; a handoff's output has two agents and no `agent`.
  type!                      one of message_output_item tool_call_item tool_call_output_item reasoning_item \
    handoff_call_item handoff_output_item tool_approval_item 1.8:tool_search_call_item 1.8:tool_search_output_item \
    1.17:compaction_item 1.18:input_item
  rawItem!                   Item
  agent                      AgentRef
  1.18:inputId               text
  output                     any
  1.13:customData            object
  1.17:executionStatus       one of executed
  sourceAgent                AgentRef
  targetAgent                AgentRef
  toolName                   text
  1.17:functionToolStateKey  text
  unless type handoff_output_item needs agent
  when type handoff_output_item needs sourceAgent targetAgent
  when type tool_call_output_item needs output
  when type input_item needs inputId

Approval: A call that waits for a decision.
  type!                      one of tool_approval_item
  rawItem!                   Item
  agent!                     AgentRef
  toolName                   text
  1.17:functionToolStateKey  text
  ...

Response: A model response.
  usage!         Usage
  output!        [Item]
  responseId     text
  1.6:requestId  text
  providerData   object

Usage: Token counts.
  requests!            count
  inputTokens!         count
  outputTokens!        count
  totalTokens!         count
  inputTokensDetails   [{number}]
  outputTokensDetails  [{number}]
  requestUsageEntries  [RequestUsage]

RequestUsage: Token counts of one request.
  inputTokens!         count
  outputTokens!        count
  totalTokens!         count
  inputTokensDetails   {number}
  outputTokensDetails  {number}
  endpoint             text

Context: Usage, decisions, and the caller's value.
  usage!                        Usage
  approvals!                    {Decision}
  1.18:hostedMcpApprovals       {Decision}
  1.17:functionApprovals        [FunctionApprovals]
  1.17:legacyFunctionApprovals  {Decision}
  approvalInvocations!          [ApprovalInvocations]
  context!                      object
  1.4:toolInput                 any

Decision: What was decided about a tool: true for every call, or the ids of calls.
  approved!                flag | [text]
  rejected!                flag | [text]
  1.7:messages             {text}
  1.7:stickyRejectMessage  text

FunctionApprovals: The decisions about one agent's function tools.
  agentIdentity!  text
  approvals!      {Decision}

ApprovalInvocations: The calls that one agent's decisions are bound to.
  agentIdentity!  text
  invocations!    {text}
  approvals!      {Decision}

CompletedCalls: The fingerprints of one agent's completed calls.
  agentIdentity!  text
  invocations!    {text}

CompletedEvidence: The proofs of one agent's completed calls.
  agentIdentity!  text
  invocations!    {Evidence}

Evidence: The call and the output that prove a completion.
  fingerprint!  text
  items!        [EvidenceItem]

EvidenceItem: A generated item's index, or an item that is no longer in that list.
  generatedItemIndex  count
  item                RunItem
  either generatedItemIndex item

AmbiguousCalls: One agent's call ids whose history proves nothing.
  agentIdentity!  text
  callIds!        [text]

Ownership: The generated items of the current response.
  generatedItemStartIndex!              count
  generatedItemEndIndexExclusive!       count
  interruptionGeneratedItemIndexes!     [count]
  toolOutputGuardrailResultStartIndex!  count

Step: The step that a resumed run takes.
  type!                     one of next_step_interruption next_step_run_again next_step_handoff next_step_final_output
  data                      StepData
  newAgent                  AgentRef
  output                    text
  responseAccepted          flag
  localFinalizationStarted  flag
  when type next_step_interruption needs data
  when type next_step_final_output needs output

StepData: What an interruption waits for.
  interruptions!    [Approval]
  responseAccepted  flag
  ...

Processed: The last model response, by what is to be done.
  newItems!                    [RunItem]
  toolsUsed!                   [text]
  handoffs!                    [HandoffRun]
  functions!                   [FunctionRun]
  1.12:functionToolsNotFound!  [NotFound]
  computerActions!             [ActionRun]
  shellActions                 [ActionRun]
  applyPatchActions            [ActionRun]
  mcpApprovalRequests          [McpRequest]

FunctionRun: A call of a function tool; null is no MCP tool.
  toolCall!            Item
  tool!                ToolRef
  1.21:mcpToolBinding  McpBinding | one of unknown | null

ToolRef: A tool as its class is written.
  1.8:deferLoading  flag
  type              text
  name!             text
  ...

McpBinding: The MCP server and tool that a call is for.
  serverName!   text
  toolName!     text
  serverIndex!  count | null

NotFound: A call of a tool that the agent has not.
  toolCall!    Item
  toolName!    text
  1.20:reason  text

ActionRun: A call of a built-in tool.
  toolCall!   Item
  computer    ToolRef
  shell       ToolRef
  applyPatch  ToolRef

HandoffRun: A call that asks for a handoff.
  toolCall!         Item
  handoff!          HandoffRef
  1.17:targetAgent  AgentRef

HandoffRef: A handoff as its class is written.
  toolName   text
  agentName  text
  ...

McpRequest: A hosted MCP tool that waits for approval.
  requestItem!  RequestItem
  mcpTool!      ToolRef

RequestItem: The item of a hosted MCP approval request.
  rawItem!  Item
  ...

GuardrailResult: What a guardrail of the run said.
  guardrail!   GuardrailRef
  output!      GuardrailOutput
  agentOutput  any
  agent        AgentRef

GuardrailRef: A guardrail.
  type!  one of input output tool_input tool_output
  name!  text

GuardrailOutput: A guardrail's words.
  tripwireTriggered!  flag
  outputInfo          any

ToolGuardrailResult: What a guardrail of a tool said.
  guardrail!  GuardrailRef
  output!     ToolGuardrailOutput

ToolGuardrailOutput: A tool guardrail's words.
  outputInfo  any
  behavior!   Behavior

Behavior: What a tool guardrail decided.
  type!    one of allow rejectContent throwException
  message  text
  when type rejectContent needs message

Span: The span of the agent at work.
  object!        text
  id!            text
  trace_id!      text
  parent_id!     text | null
  started_at!    text | null
  ended_at!      text | null
  error!         object | null
  span_data!     object
  previous_span  Span

Trace: The trace of the run.
  object!              text
  id!                  text
  workflow_name!       text
  group_id!            text | null
  metadata!            object
  1.1:tracing_api_key  text | null
"""
