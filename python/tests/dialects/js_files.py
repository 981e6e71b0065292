"""Small `@openai/agents` files, made by hand: one run that has asked for calls, as a number writes it."""

import copy

from timestep.dialects.account import Account
from timestep.dialects.openai_js.dialect import LADDER

USAGE = {"requests": 1, "inputTokens": 10, "outputTokens": 5, "totalTokens": 15}


def call(call_id, name="send_email", *, agent="Mailer", text="{}", **more):
    """Make the run item of a function call."""
    raw = {"type": "function_call", "callId": call_id, "name": name, "arguments": text, "status": "completed", **more}
    return {"type": "tool_call_item", "rawItem": raw, "agent": {"name": agent}}


def placeholder(item, **more):
    """Make the placeholder of a call that waits for approval."""
    return {**copy.deepcopy(item), "type": "tool_approval_item", "toolName": item["rawItem"].get("name"), **more}


def answer(call_id, text, name="send_email", *, agent="Mailer", **more):
    """Make the run item of a function's output."""
    output = {"type": "text", "text": text}
    raw = {"type": "function_call_result", "name": name, "callId": call_id, "status": "completed", "output": output}
    return {"type": "tool_call_output_item", "rawItem": raw, "agent": {"name": agent}, "output": text, **more}


def hosted(call_id, name="search_docs", *, server="docs", agent="Mailer"):
    """Make the run item of a hosted MCP request for approval."""
    data = {"type": "mcp_approval_request", "id": call_id, "name": name, "server_label": server, "arguments": "{}"}
    raw = {"type": "hosted_tool_call", "id": call_id, "name": "mcp_approval_request", "providerData": data}
    return {"type": "tool_call_item", "rawItem": raw, "agent": {"name": agent}}


def native(call_id, kind="shell_call", *, agent="Mailer"):
    """Make the run item of a shell, patch or computer call."""
    body = {
        "shell_call": {"action": {"commands": ["ls"]}},
        "apply_patch_call": {"operation": {"type": "delete_file", "path": "a"}},
        "computer_call": {"action": {"type": "screenshot"}},
    }
    raw = {"type": kind, "callId": call_id, "status": "completed", **body[kind]}
    return {"type": "tool_call_item", "rawItem": raw, "agent": {"name": agent}}


def run(number, items, *, waiting=(), approvals=None, agent="Mailer", **more):
    """Make a file of a number: a run whose only response asked for all calls among the items.

    Args:
        number: the file's number.
        items: the run's items, calls and outputs.
        waiting: those of them that wait for approval.
        approvals: `context.approvals`.
        agent: the current agent's name.
        more: further members of the file.
    """
    calls = [item for item in items if item["type"] in {"tool_call_item", "handoff_call_item"}]
    response = {"usage": USAGE, "output": [copy.deepcopy(item["rawItem"]) for item in calls]}
    pending = [placeholder(item) for item in waiting]
    functions = [
        {"toolCall": copy.deepcopy(item["rawItem"]), "tool": {"type": "function", "name": item["rawItem"]["name"]}}
        for item in calls
        if item["type"] == "tool_call_item" and item["rawItem"]["type"] == "function_call"
    ]
    value = {
        "$schemaVersion": number,
        "currentTurn": 1,
        "currentAgent": {"name": agent},
        "originalInput": "Go.",
        "modelResponses": [response],
        "lastModelResponse": copy.deepcopy(response),
        "context": {"usage": USAGE, "approvals": approvals or {}, "context": {}},
        "toolUseTracker": {},
        "maxTurns": 10,
        "noActiveAgentRun": False,
        "inputGuardrailResults": [],
        "outputGuardrailResults": [],
        "generatedItems": [*copy.deepcopy(list(items)), *copy.deepcopy(pending)],
        "lastProcessedResponse": {
            "newItems": copy.deepcopy(calls),
            "toolsUsed": [],
            "handoffs": [],
            "functions": functions,
            "computerActions": [],
            "mcpApprovalRequests": [],
        },
        "trace": None,
    }
    if pending:
        value["currentStep"] = {"type": "next_step_interruption", "data": {"interruptions": pending}}
    return {**value, **more}


def lifted(value, *assume):
    """Bring a file to the current number; returns it and the account of that."""
    account = Account(assume)
    LADDER.up(value, account)
    return value, account


def lowered(value, number, *assume):
    """Bring a file of the current number to an older one; returns it and the account of that."""
    account = Account(assume)
    LADDER.down(value, number, account)
    return value, account


def notes(account, action):
    """List what an account says about one action."""
    return [(row.subject, row.note) for row in account.rows if row.action == action]
