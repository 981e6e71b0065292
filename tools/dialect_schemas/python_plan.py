"""The plan of `openai-agents` run states: what its `run_state.py` writes, of all released numbers."""

TEXT = """
State: A run.
  $schemaVersion!                                 text
  current_turn!                                   count
  current_agent!                                  AgentRef
  original_input!                                 text | [Item]
  pending_input!                                  [Item]
  model_responses!                                [Response]
  context!                                        Context
  tool_use_tracker!                               {[text]}
  max_turns!                                      count | 1.10:null
  no_active_agent_run!                            flag
  input_guardrail_results!                        [GuardrailResult]
  output_guardrail_results!                       [GuardrailResult]
  tool_input_guardrail_results!                   [ToolGuardrailResult]
  tool_output_guardrail_results!                  [ToolGuardrailResult]
  conversation_id!                                text | null
  previous_response_id!                           text | null
  auto_previous_response_id!                      flag
  generated_prompt_cache_key!                     text | null
  reasoning_item_id_policy!                       one of preserve omit | null
  nested_history_owned_session_item_refs!         [HistoryRef]
  generated_session_item_indexes!                 [count | null]
  1.17:current_response_generated_item_ownership  Ownership
  generated_items!                                [RunItem]
  session_items!                                  [RunItem]
  current_step!                                   Step | null
  last_model_response!                            Response | null
  last_processed_response!                        Processed | null
  current_turn_persisted_item_count!              count
  1.17:pending_session_write                      object
  1.17:terminal_unrecoverable                     flag
  trace!                                          Trace | null
  1.9:sandbox                                     object

AgentRef: An agent; `identity` only where several share the name.
  name!         text
  1.9:identity  text

Item: An item as the Responses API has it; its own members are open.
  type  text
  role  text
  either type role
  ...

RunItem: An item of the run, wrapped.
  type!                      one of message_output_item handoff_call_item handoff_output_item tool_call_item \
    tool_call_output_item reasoning_item mcp_list_tools_item mcp_approval_request_item mcp_approval_response_item \
    compaction_item tool_approval_item 1.5:tool_search_call_item 1.5:tool_search_output_item 1.15:input_item
  raw_item!                  Item
  agent!                     AgentRef
  1.15:input_id              text
  output                     any
  source_agent               AgentRef
  target_agent               AgentRef
  tool_name                  text
  1.5:tool_namespace         text
  1.5:tool_lookup_key        LookupKey
  1.5:allow_bare_name_alias  flag
  description                text
  1.5:title                  text
  1.9:tool_origin            ToolOrigin
  1.11:custom_data           object
  when type tool_call_output_item needs output
  when type handoff_output_item needs source_agent target_agent
  when type input_item needs input_id

Approval: A call that waits for a decision.
  type!                      one of tool_approval_item
  raw_item!                  Item
  agent!                     AgentRef
  tool_name                  text
  1.5:tool_namespace         text
  1.9:tool_origin            ToolOrigin
  1.5:tool_lookup_key        LookupKey
  1.5:allow_bare_name_alias  flag

LookupKey: The key of a function tool.
  kind!      one of bare namespaced deferred_top_level
  name!      text
  namespace  text
  when kind namespaced needs namespace

ToolOrigin: Where a function tool came from.
  type!            one of function mcp agent_as_tool
  mcp_server_name  text
  agent_name       text
  agent_tool_name  text

Response: A model response.
  usage!        Usage
  output!       [Item]
  response_id!  text | null
  request_id!   text | null

Usage: Token counts.
  requests!               count
  input_tokens!           count
  input_tokens_details!   [object | null] | object | null
  output_tokens!          count
  output_tokens_details!  [object | null] | object | null
  total_tokens!           count
  request_usage_entries!  [RequestUsage]

RequestUsage: Token counts of one request.
  input_tokens!           count
  output_tokens!          count
  total_tokens!           count
  input_tokens_details!   object | null
  output_tokens_details!  object | null

Context: Usage, decisions, the call ledger, and the caller's value.
  usage!                        Usage
  approvals!                    {Decision}
  tool_invocations!             {Invocation}
  context!                      object | null
  context_meta!                 ContextMeta
  tool_input                    any
  1.15:hosted_mcp_approvals     [HostedApproval]
  1.18:function_tool_approvals  [FunctionApproval]

ContextMeta: How the caller's value was written.
  original_type!          text
  serialized_via!         text
  requires_deserializer!  flag
  omitted!                flag
  class_path              text

Decision: What was decided about a tool: true for every call, or the ids of calls.
  approved!                     flag | [text]
  rejected!                     flag | [text]
  1.6:rejection_messages        {text}
  1.6:sticky_rejection_message  text
  1.15:sticky_scope             text

FunctionApproval: The decisions about one function tool of one agent.
  agent!     AgentRef
  tool_key!  text
  decision!  Decision

HostedApproval: The decisions about one hosted MCP tool.
  identity!  HostedIdentity
  decision!  Decision

HostedIdentity: What a decision about a hosted MCP tool is for.
  type!         one of server_tool request query
  server_label  text
  tool_name     text
  request_id    text
  when type server_tool needs server_label tool_name
  when type request needs request_id
  when type query needs tool_name request_id

Invocation: A call in the ledger.
  type!            text
  approval_scope!  text
  fingerprint!     text
  executed!        flag
  completed!       flag

HistoryRef: An item of nested history that the session holds.
  index!        count
  digest!       text
  input_index!  count | null

Ownership: The generated items of the current response.
  start!          count
  end!            count
  interruptions!  [count]

Step: The step that a resumed run takes.
  type!  one of next_step_interruption 1.15:next_step_run_again
  data   StepData
  when type next_step_interruption needs data

StepData: What an interruption waits for.
  interruptions!          [Approval]
  response_accepted!      flag
  llm_end_hooks_started!  flag

Processed: The last model response, by what is to be done.
  new_items!                               [RunItem]
  tools_used!                              [text]
  functions!                               [FunctionRun]
  computer_actions!                        [ActionRun]
  custom_tool_actions!                     [ActionRun]
  local_shell_actions!                     [ActionRun]
  shell_actions!                           [ActionRun]
  apply_patch_actions!                     [ActionRun]
  handoffs!                                [HandoffRun]
  mcp_approval_requests!                   [McpRequest]
  interruptions!                           [Approval]
  mcp_tool_bindings!                       {[text | count | null]}
  1.21:tool_output_guardrail_result_start  count

FunctionRun: A call of a function tool.
  tool_call!           Item
  tool!                ToolRef
  1.1:agent_run_state  run

ToolRef: A tool.
  name!              text | null
  1.5:namespace      text
  1.5:qualifiedName  text
  1.5:lookupKey      LookupKey
  description        text | null
  paramsJsonSchema   object

ActionRun: A call of a built-in or custom tool.
  tool_call!   Item
  computer     ToolRef
  custom_tool  ToolRef
  local_shell  ToolRef
  shell        ToolRef
  apply_patch  ToolRef

HandoffRun: A call that asks for a handoff.
  tool_call!  Item
  handoff!    HandoffRef

HandoffRef: A handoff.
  tool_name!  text | null

McpRequest: A hosted MCP tool that waits for approval.
  request_item!  RequestItem
  mcp_tool!      object

RequestItem: The item of a hosted MCP approval request.
  raw_item!  Item

GuardrailResult: What a guardrail of the run said.
  guardrail!   GuardrailRef
  output!      GuardrailOutput
  agentOutput  any
  agent        AgentRef

GuardrailRef: A guardrail.
  type!  one of input output tool_input tool_output
  name!  text | null

GuardrailOutput: A guardrail's words.
  tripwireTriggered!  flag
  outputInfo!         any

ToolGuardrailResult: What a guardrail of a tool said.
  guardrail!  GuardrailRef
  output!     ToolGuardrailOutput

ToolGuardrailOutput: A tool guardrail's words.
  outputInfo!  any
  behavior!    Behavior

Behavior: What a tool guardrail decided.
  type!    one of allow reject_content raise_exception
  message  text
  when type reject_content needs message

Trace: The trace of the run.
  object         text
  id             text
  workflow_name  text
  group_id       text | null
  metadata       object | null
  ...
"""
