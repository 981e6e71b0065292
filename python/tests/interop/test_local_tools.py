"""Tools of the package that the model knows by their kind: shells, patches, custom tools, and those it looks up."""

import agents
import pytest
from agents.editor import ApplyPatchResult
from agents.models.openai_responses import Converter

from timestep import ToolContext, UserError
from timestep.codec.calls import arguments_of
from timestep.interop import as_agent
from timestep.tools.builtin_offer import grouped

pytestmark = pytest.mark.timeout(5)


def only(tool):
    """Return one tool of the package as ours."""
    (found,) = as_agent(agents.Agent(name="Clerk", tools=[tool])).resolved_tools()
    return found


def context(call):
    """Return the context of a call."""
    return ToolContext(context="Ada", call_id="c1", tool_name="t", tool_arguments=arguments_of(call))


async def output(tool, call):
    """Return the output item of a call of one tool of the package."""
    return await only(tool).invoke_item(context(call), call)


async def asked(tool, call):
    """Tell whether a person is asked about a call, as a run asks."""
    return await only(tool).approval_needed(context(call), {}, "c1")


CUSTOM = {"type": "custom_tool_call", "call_id": "c1", "name": "sql", "input": "select 1"}
LOCAL = {"type": "local_shell_call", "id": "l1", "call_id": "c1", "status": "completed"}
LOCAL["action"] = {"type": "exec", "command": ["ls"], "env": {}}
SHELL = {"type": "shell_call", "call_id": "c1", "action": {"commands": ["ls", "pwd"], "timeout_ms": 5}}
PATCH = {"type": "apply_patch_call", "call_id": "c1"}
PATCH["operation"] = {"type": "update_file", "path": "a.txt", "diff": "+b"}


async def test_a_custom_tool_gets_the_text():
    """RULINGS R5: with the package's context; its rule for approvals sees the text too."""
    seen = []

    async def run(ctx, text):
        seen.append((ctx.context, ctx.tool_call_id, text))
        return {"rows": 1}

    def drops(ctx, text, call_id):
        return (ctx.context, "drop" in text, call_id) == ("Ada", True, "c1")

    tool = agents.CustomTool("sql", "Ask.", run, format={"type": "text"}, needs_approval=drops)
    assert (await output(tool, CUSTOM))["output"] == '{"rows":1}'
    assert seen == [("Ada", "c1", "select 1")]
    assert await asked(tool, CUSTOM) is False
    assert await asked(tool, {**CUSTOM, "input": "drop table"}) is True
    assert only(tool).definition() == tool.tool_config


async def test_a_local_shell_gets_the_call():
    """RULINGS R5: as the package's request; a failure stops the run."""

    def run(request):
        return f"{request.ctx_wrapper.context}: {request.data.action.command} {request.data.call_id}"

    assert (await output(agents.LocalShellTool(run), LOCAL))["output"] == "Ada: ['ls'] c1"
    assert only(agents.LocalShellTool(run)).on_error == "raise"


async def test_a_shell_gets_the_commands():
    """RULINGS R5: text is the output of one command, a result of the package's that of several, cut as it says."""

    def tell(request):
        action = request.data.action
        return f"{request.ctx_wrapper.context} {action.commands} {action.timeout_ms} {request.data.raw['call_id']}"

    async def run(_request):
        late = agents.ShellCallOutcome(type="timeout")
        ended = agents.ShellCallOutcome(type="exit", exit_code=2)
        outputs = [agents.ShellCommandOutput("abc", "de", ended), agents.ShellCommandOutput("fgh", "", late)]
        return agents.ShellResult(outputs, max_output_length=6)

    said = await output(agents.ShellTool(tell), SHELL)
    assert said["output"][0]["stdout"] == "Ada ['ls', 'pwd'] 5 c1"
    assert (await output(agents.ShellTool(run), SHELL))["output"] == [
        {"stdout": "abc", "stderr": "de", "outcome": {"type": "exit", "exit_code": 2}},
        {"stdout": "f", "stderr": "", "outcome": {"type": "timeout"}},
    ]


async def test_a_shells_rule_for_approvals_sees_the_action():
    """RULINGS R5: as the package's class."""
    tool = agents.ShellTool(str, needs_approval=lambda _ctx, action, _call_id: "rm" in action.commands[0])
    assert await asked(tool, SHELL) is False
    assert await asked(tool, {**SHELL, "action": {"commands": ["rm x"]}}) is True
    assert await asked(agents.ShellTool(str, needs_approval=True), SHELL) is True


class Editor:
    """An editor that changes nothing."""

    def update_file(self, operation):
        """Tell what was asked."""
        return f"{operation.ctx_wrapper.context} {operation.path} {operation.diff}"

    async def delete_file(self, _operation):
        """Refuse."""
        return ApplyPatchResult(status="failed", output="read only")


async def test_an_editor_gets_the_operation():
    """RULINGS R5: by its method for it; its rule for approvals sees it too."""
    tool = agents.ApplyPatchTool(Editor(), needs_approval=lambda _ctx, operation, _id: operation.type == "delete_file")
    assert await output(tool, PATCH) == {
        "type": "apply_patch_call_output",
        "call_id": "c1",
        "status": "completed",
        "output": "Ada a.txt +b",
    }
    gone = {**PATCH, "operation": {"type": "delete_file", "path": "a.txt"}}
    assert (await output(tool, gone))["status"] == "failed"
    assert [await asked(tool, call) for call in (PATCH, gone)] == [False, True]


REFUSED = {
    "on_approval": agents.ShellTool(str, needs_approval=True, on_approval=str),
    "name": agents.ShellTool(str, name="bash"),
    "environment": agents.ShellTool(str, environment={"type": "local", "skills": []}),
    "defer_loading": agents.CustomTool("sql", "", str, defer_loading=True),
    "allowed_callers": agents.ApplyPatchTool(Editor(), allowed_callers=["direct"]),
    "custom_data_extractor": agents.CustomTool("sql", "", str, custom_data_extractor=str),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_has_no_counterpart_is_refused_by_name(name):
    """RULINGS R5: nothing is dropped in silence."""
    with pytest.raises(UserError, match=f"^{name} of the tool .* of Clerk") as caught:
        only(REFUSED[name])
    assert caught.value.code == "interop-unsupported"


def test_a_search_by_a_client_is_refused():
    """RULINGS R5: the host searches, or nobody."""
    with pytest.raises(UserError, match="the tool ToolSearchTool of Clerk"):
        only(agents.ToolSearchTool(execution="client"))


def test_tools_the_model_looks_up_are_offered_as_the_package_does():
    """RULINGS R5: in their namespaces, or to be loaded later; with the hosted search, and a shell in a container."""

    @agents.function_tool
    def find(name: str) -> str:
        return name

    @agents.function_tool(defer_loading=True)
    def later(name: str) -> str:
        return name

    @agents.function_tool(defer_loading=True)
    def last(name: str) -> str:
        return name

    @agents.function_tool(allowed_callers=["direct"])
    def direct(name: str) -> str:
        return name

    tools = [
        *agents.tool_namespace(name="crm", description="Customers.", tools=[find, later]),
        last,
        direct,
        agents.ToolSearchTool(),
        agents.ShellTool(environment={"type": "container_auto"}),
        agents.HostedMCPTool({"type": "mcp", "server_label": "erp", "server_url": "https://a", "defer_loading": True}),
    ]
    found = as_agent(agents.Agent(name="Clerk", tools=tools)).resolved_tools()
    expected = Converter.convert_tools(tools, []).tools
    assert grouped(tool.definition() for tool in found) == expected
    keys = [(tool.kind, tool.namespace, tool.name) for tool in found[:3]]
    assert keys == [("function", "crm", "find"), ("function", "crm", "later"), ("function_deferred", None, "last")]
