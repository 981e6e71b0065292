"""Tools of other kinds than functions: what they are told, what they give, and what they refuse."""

import asyncio
import json
import threading
import time
from pathlib import Path

import pytest

from timestep import Agent, Tool, ToolError, UserError
from timestep.errors import ToolTimeoutError
from timestep.tools.builtin import ApplyPatchTool, CustomTool, LocalShellTool, ShellTool
from timestep.tools.builtin_computer import ComputerTool
from timestep.tools.builtin_mcp import HostedMCPTool, MCPTool, mcp_tools
from timestep.tools.builtin_offer import OfferedTool, grouped
from timestep.tools.function_tool import function_tool
from timestep.tools.hosted import HostedTool
from timestep.types.state import McpRecipient

ROOT = Path(__file__).resolve().parents[3]
SHELL = {"type": "shell_call", "call_id": "c1", "action": {"commands": ["ls"], "timeout_ms": 5}}
PATCH = {"type": "apply_patch_call", "call_id": "c1", "operation": {"type": "delete_file", "path": "a.txt"}}
CUSTOM = {"type": "custom_tool_call", "call_id": "c1", "name": "sql", "input": "select 1"}
CLICK = {"type": "click", "x": 1, "y": 2, "button": "left"}


def invoked(tool, call, **options):
    """Carry out a call and return its output item."""
    return asyncio.run(tool.invoke_item(None, call, **options))


def exit_of(code):
    """Return the outcome of a command that has ended."""
    return {"type": "exit", "exit_code": code}


def test_an_executor_gets_the_action_as_sent_and_a_tool_context():
    """A shell's body is told the commands and which call it works for, and may be a plain function."""
    seen = []
    tool = ShellTool(lambda ctx, action: seen.append((ctx.call_id, ctx.tool_name, action)))
    assert invoked(tool, SHELL) == {"type": "shell_call_output", "call_id": "c1", "output": []}
    assert seen == [("c1", "shell", {"commands": ["ls"], "timeout_ms": 5})]


def test_a_plain_function_does_not_stop_the_others():
    """An executor that is not asynchronous runs in a thread of its own, as functions under @function_tool do."""
    output = invoked(ShellTool(lambda *_: threading.current_thread().name), SHELL)
    assert output["output"][0]["stdout"] != threading.current_thread().name


def test_every_tool_says_who_finds_out_what_became_of_a_call():
    """TS-DUR-020: also those that run commands, and those that are offered in another way; a person unless told."""

    def body(*_given):
        """Do it."""

    listed = {"name": "send"}
    makers = {
        "shell": lambda **more: ShellTool(body, **more),
        "local_shell": lambda **more: LocalShellTool(body, **more),
        "apply_patch": lambda **more: ApplyPatchTool(body, **more),
        "computer": lambda **more: ComputerTool(body, **more),
        "custom": lambda **more: CustomTool("sql", body, **more),
        "mcp": lambda **more: MCPTool(type("Server", (), {"name": "mail"})(), listed, **more),
        "offered": lambda **more: OfferedTool(
            function_tool(name="f", strict=False, **more)(lambda: None), namespace="n"
        ),
        "plain": lambda **more: Tool("f", **more),
    }
    for name, make in makers.items():
        assert (make().in_doubt, make(in_doubt=body).in_doubt) == ("ask", body), name


@pytest.mark.parametrize(
    ("result", "output"),
    [
        ("a\n", [{"stdout": "a\n", "stderr": "", "outcome": exit_of(0)}]),
        ({"stderr": "no", "exit_code": 2}, [{"stdout": "", "stderr": "no", "outcome": exit_of(2)}]),
        (
            [{"stdout": "a"}, {"outcome": {"type": "timeout"}}],
            [
                {"stdout": "a", "stderr": "", "outcome": exit_of(0)},
                {"stdout": "", "stderr": "", "outcome": {"type": "timeout"}},
            ],
        ),
    ],
)
def test_a_shell_gives_text_or_an_output_for_each_command(result, output):
    """The output names standard output, standard error and how each command ended."""
    assert invoked(ShellTool(lambda *_: result), SHELL)["output"] == output


def test_a_shell_output_is_cut_to_the_length_the_model_asked_for():
    """The limit counts the characters of all commands together, and is told in the output."""
    call = {**SHELL, "action": {"commands": ["a", "b"], "max_output_length": 5}}
    given = [{"stdout": "abc", "stderr": "def"}, {"stdout": "ghi"}]
    output = invoked(ShellTool(lambda *_: given), call)
    assert [(entry["stdout"], entry["stderr"]) for entry in output["output"]] == [("abc", "de"), ("", "")]
    assert output["max_output_length"] == 5


def test_a_shell_that_gives_something_else_fails_the_call():
    """A result that is no output of a command can't be told to the model (TS-TOOL-030)."""
    with pytest.raises(ToolError) as failed:
        invoked(ShellTool(lambda *_: [3]), SHELL)
    assert failed.value.code == "tool-result"


@pytest.mark.parametrize(
    ("result", "told"),
    [
        ("Done.", {"status": "completed", "output": "Done."}),
        (None, {"status": "completed"}),
        ({"status": "failed", "output": "No such file."}, {"status": "failed", "output": "No such file."}),
    ],
)
def test_an_editor_gives_text_or_a_status(result, told):
    """The output of a patch says whether it was applied, and what the editor says of it."""
    seen = []
    output = invoked(ApplyPatchTool(lambda _ctx, operation: seen.append(operation) or result), PATCH)
    assert output == {"type": "apply_patch_call_output", "call_id": "c1", **told}
    assert seen == [PATCH["operation"]]


def test_a_custom_tool_gets_plain_text():
    """The input is passed on as it is, JSON or not, and guardrails see it under a name."""
    tool = CustomTool("sql", lambda _ctx, text: {"rows": [text]}, format={"type": "text"})
    assert invoked(tool, CUSTOM)["output"] == '{"rows":["select 1"]}'
    assert invoked(tool, CUSTOM, compat="openai-agents-python")["output"] == "{'rows': ['select 1']}"
    assert tool.parse("select 1") == {"input": "select 1"}
    assert tool.definition()["format"] == {"type": "text"}


def test_changed_arguments_are_what_runs():
    """A guardrail changes what `parse` gives; written down again it is what the body gets, and not the call's own."""
    seen = []
    shell = ShellTool(lambda _ctx, action: seen.append(action["commands"]))
    changed = shell.written({"action": {"commands": ["pwd"]}})
    asyncio.run(shell.perform(None, SHELL, changed))
    sql = CustomTool("sql", lambda _ctx, text: seen.append(text))
    asyncio.run(sql.perform(None, CUSTOM, sql.written({"input": "select 2"})))
    assert seen == [["pwd"], "select 2"]
    with pytest.raises(UserError, match="were changed to"):
        sql.written({"text": "select 2"})


def test_a_local_shell_gives_text():
    """The shell of older models has one text as its output."""

    async def run(_ctx, action):
        return " ".join(action["command"])

    call = {"type": "local_shell_call", "call_id": "c1", "action": {"type": "exec", "command": ["ls", "-l"]}}
    assert invoked(LocalShellTool(run), call)["output"] == "ls -l"


def test_content_items_are_refused_where_the_output_is_a_text():
    """A picture can't be told in the output of a patch (TS-TOOL-030)."""
    tool = ApplyPatchTool(lambda *_: {"output": [{"type": "image", "image_url": "https://example.com/a.png"}]})
    with pytest.raises(ToolError, match="its output is a text"):
        invoked(tool, PATCH)


def test_a_call_that_takes_too_long_is_failed():
    """The timeout of a tool holds for every kind (TS-TOOL-035)."""
    tool = ShellTool(lambda *_: asyncio.Event().wait(), timeout=0.01)
    began = time.monotonic()
    with pytest.raises(ToolTimeoutError):
        invoked(tool, SHELL)
    assert time.monotonic() - began < 30


def test_a_failure_is_reported_in_the_words_that_are_wanted():
    """The model is told of a failure; an SDK's run goes on with the bare message its SDK would give."""
    tool, error = ShellTool(print), RuntimeError("no shell")
    assert tool.report(error) == "The tool shell failed: RuntimeError: no shell"
    assert tool.report(error, compat="openai-agents-js") == "no shell"
    assert tool.report(RuntimeError(), compat="openai-agents-python") == "RuntimeError"
    assert ShellTool(print, on_error="raise").report(error) is None


def test_an_approval_rule_sees_the_action():
    """A predicate decides by what the call would do (TS-TOOL-033)."""
    tool = ShellTool(print, needs_approval=lambda _ctx, args, _call_id: "rm" in args["action"]["commands"])
    asked = [asyncio.run(tool.approval_needed(None, {"action": {"commands": [c]}}, "c1")) for c in ("ls", "rm")]
    assert asked == [False, True]


def operated(actions, shown="cGlj", **options):
    """Carry out computer actions; return what the computer was told, and the output item."""
    seen = []
    call = {"type": "computer_call", "call_id": "c1", **actions}
    tool = ComputerTool(lambda _ctx, action: seen.append(action["type"]) or shown, **options)
    return seen, invoked(tool, call)


def test_a_computer_is_operated_and_then_shows_its_screen():
    """Each action is carried out in turn, and the picture comes after the last of them."""
    seen, output = operated({"actions": [CLICK, {"type": "type", "text": "hi"}]})
    assert seen == ["click", "type", "screenshot"]
    assert output["output"] == {"type": "computer_screenshot", "image_url": "data:image/png;base64,cGlj"}
    seen, output = operated({"action": {"type": "screenshot"}}, "https://example.com/a.png")
    assert seen == ["screenshot"]
    assert output["output"]["image_url"] == "https://example.com/a.png"


def test_a_computer_that_shows_nothing_stops_the_run():
    """An empty picture would tell the model that the screen is empty, so the failure is not reported to it."""
    with pytest.raises(ToolError, match="showed None"):
        operated({"action": CLICK}, shown=None)
    assert ComputerTool(print).report(RuntimeError("gone")) is None


def test_safety_checks_are_asked_about_before_anything_is_done():
    """Checks that pass are acknowledged in the output; one that does not pass keeps the actions from happening."""
    checks = [{"id": "sc_1", "code": "malicious", "message": "Look out."}]
    call = {"action": CLICK, "pending_safety_checks": checks}
    asked = []
    _, output = operated(call, on_safety_check=lambda _ctx, check: asked.append(check) or True)
    assert output["acknowledged_safety_checks"] == checks == asked
    assert "acknowledged_safety_checks" not in operated(call)[1]
    seen = []
    tool = ComputerTool(lambda *_: seen.append("operated"), on_safety_check=lambda *_: False)
    with pytest.raises(ToolError, match="safety check malicious"):
        invoked(tool, {"type": "computer_call", "call_id": "c1", **call})
    assert seen == []


REQUEST = {"type": "mcp_approval_request", "id": "r1", "server_label": "docs", "name": "search", "arguments": "{}"}


def test_an_approved_request_of_a_hosted_server_is_answered_yes():
    """The host carries the call out; here it is only allowed to."""
    tool = HostedMCPTool("docs", "https://example.com/mcp", require_approval="always")
    yes = {"type": "mcp_approval_response", "approval_request_id": "r1", "approve": True}
    assert invoked(tool, REQUEST) == yes
    assert tool.needs_approval is True


@pytest.mark.parametrize(
    ("answer", "decision"),
    [
        (True, True),
        (False, False),
        ({"approve": True, "reason": "fine"}, True),
        ({"approve": False, "reason": "Closed."}, ("reject", "Closed.")),
    ],
)
def test_code_may_decide_on_a_request_of_a_hosted_server(answer, decision):
    """What the callback answers is passed on as an approver's decision; without one a person is asked."""
    tool = HostedMCPTool("docs", on_approval_request=lambda _ctx, request: answer if request is REQUEST else None)
    assert asyncio.run(tool.decide(None, REQUEST)) == decision
    assert asyncio.run(HostedMCPTool("docs").decide(None, REQUEST)) is None


def test_an_answer_to_a_request_that_is_neither_yes_nor_no_is_an_error():
    """A callback that forgot to answer must not count as a yes (TS-TOOL-033)."""
    with pytest.raises(UserError, match="on_approval_request of docs answered None"):
        asyncio.run(HostedMCPTool("docs", on_approval_request=lambda *_: None).decide(None, REQUEST))


class Server:
    """A local MCP server with one tool."""

    name = "files"

    async def list_tools(self):
        """List the tool."""
        schema = {"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]}
        return [{"name": "read", "description": "Read a file.", "inputSchema": schema}]

    async def call_tool(self, tool_name, arguments):
        """Give a text and a picture."""
        told = json.dumps([tool_name, arguments])
        return [{"type": "text", "text": told}, {"type": "image", "data": "cGlj"}, {"type": "audio", "data": "eA"}]


def test_the_tools_of_a_local_server_are_functions():
    """A call goes to the server under the tool's own name, and its content comes back as content items."""
    (tool,) = asyncio.run(mcp_tools(Server(), 2, needs_approval=True))
    assert isinstance(tool, MCPTool)
    assert tool.mcp == McpRecipient(server="files", tool="read", index=2)
    assert tool.needs_approval is True
    assert tool.definition()["parameters"]["required"] == ["path"]
    result = asyncio.run(tool.invoke(None, '{"path":"a"}', "c1"))
    assert tool.output(result) == [
        {"type": "input_text", "text": '["read", {"path": "a"}]'},
        {"type": "input_image", "image_url": "data:image/png;base64,cGlj"},
        {"type": "input_text", "text": '{"type":"audio","data":"eA"}'},
    ]


def test_a_tool_in_a_namespace_runs_as_it_would_outside():
    """Namespace and deferred loading change how the model comes to a tool, and nothing else."""

    @function_tool(needs_approval=True)
    def lookup(id: str) -> str:  # noqa: A002 - a parameter's name
        """Look up a customer."""
        return f"customer {id}"

    tool = OfferedTool(lookup, namespace="crm", defer_loading=True)
    assert (tool.kind, tool.namespace, tool.name, tool.needs_approval) == ("function", "crm", "lookup", True)
    assert asyncio.run(tool.invoke(None, '{"id":"7"}', "c1")) == "customer 7"
    assert OfferedTool(lookup, defer_loading=True).kind == "function_deferred"  # TS-TOOL-006


def test_only_functions_are_offered_in_another_way():
    """A shell or an agent stands in no namespace."""
    for tool in (ShellTool(print), Agent(name="Writer").as_tool(), HostedTool("web_search")):
        with pytest.raises(UserError, match="stands in no namespace"):
            OfferedTool(tool, namespace="crm")


def sent_definitions():
    """Return every definition that the two SDKs have sent in the recorded runs, as text."""
    found = set()
    for path in (ROOT / "fixtures").glob("*/*/*.outcome.json"):
        outcome = json.loads(path.read_text(encoding="utf-8"))
        for request in outcome["undecided"]["requests"] + outcome.get("decided", {}).get("requests", []):
            for tool in request["tools"]:
                found.add(json.dumps({k: v for k, v in tool.items() if v is not None}, sort_keys=True))
    return found


def test_definitions_are_those_the_sdks_send():
    """The model's host is told of each tool in the form that both SDKs use."""

    @function_tool
    def lookup(id: str) -> str:  # noqa: A002 - a parameter's name
        """Look up a customer."""
        return id

    parameter = {"type": "object", "properties": {"id": {"type": "string"}}}
    tools = [
        ShellTool(print),
        LocalShellTool(print),
        ApplyPatchTool(print),
        ComputerTool(print),
        ComputerTool(print, preview={"display_width": 1024, "display_height": 768, "environment": "browser"}),
        CustomTool("sql", print, "Run SQL."),
        HostedMCPTool(
            "wiki",
            "https://mcp.example.invalid/wiki",
            require_approval="always",
            authorization="SENTINEL-mcp-authorization",
            headers={"X-Key": "SENTINEL-mcp-header"},
        ),
        OfferedTool(lookup, namespace="crm", namespace_description="Tools of crm.", defer_loading=True),
        OfferedTool(lookup, defer_loading=True),
        HostedTool("tool_search"),
    ]
    known = sent_definitions()
    for tool in tools:
        definition = tool.definition()
        for function in (definition, *definition.get("tools", [])):
            if "parameters" in function:  # a Python signature has titles and descriptions a bare schema has not
                function["parameters"] = {**parameter, "required": ["id"], "additionalProperties": False}
        assert json.dumps(definition, sort_keys=True) in known, tool


def test_the_tools_of_a_namespace_are_sent_in_one_group():
    """Two tools of one namespace stand together at the place of the first; the definitions stay as they are."""

    def group(name, tool):
        return {"type": "namespace", "name": name, "description": "", "tools": [{"name": tool}]}

    given = [group("crm", "a"), {"type": "function", "name": "b"}, group("erp", "a"), group("crm", "c")]
    found = grouped(given)
    assert [(each["name"], [tool["name"] for tool in each.get("tools", [])]) for each in found] == [
        ("crm", ["a", "c"]),
        ("b", []),
        ("erp", ["a"]),
    ]
    assert len(given[0]["tools"]) == 1


def test_programs_may_be_named_as_callers():
    """A tool tells who may call it where that was set."""
    tool = OfferedTool(function_tool(lambda: "x", name="x"), allowed_callers=["programmatic", "direct"])
    assert tool.definition()["allowed_callers"] == ["programmatic", "direct"]
    assert tool.kind == "function"
