"""Tools of other kinds than functions in a run: who is asked, what guardrails see and change, what the model gets."""

import asyncio

import pytest

from timestep import Agent, GuardrailResult, InputGuardrail, OutputGuardrail, run_agent
from timestep.testing import ScriptedModel, message
from timestep.tools.builtin import ApplyPatchTool, CustomTool, ShellTool
from timestep.tools.builtin_computer import ComputerTool
from timestep.tools.builtin_mcp import HostedMCPTool
from timestep.tools.builtin_offer import OfferedTool
from timestep.tools.function_tool import function_tool
from timestep.types.outputs import REJECTED


def shell_call(*commands):
    """Return a call of the shell."""
    return {"type": "shell_call", "id": "sh_1", "call_id": "c1", "action": {"commands": list(commands)}}


class Ran(list):
    """What a shell was told to run."""

    def __call__(self, _ctx, action):
        """Take an action and say that it was carried out."""
        self.append(action["commands"])
        return "done"


def outputs_of(model):
    """Return the outputs that the last request told the model."""
    return [item for item in model.requests[-1].input if item.get("type", "").endswith(("_output", "_response"))]


def run(tool, *calls, guardrails=(), **options):
    """Run an agent that makes these calls and then ends; return the result and the model."""
    model = ScriptedModel([list(calls), message("Done.")])
    agent = Agent(name="Operator", model=model, tools=[tool], guardrails=guardrails)

    async def whole():
        return await run_agent(agent, "Go.", **options)

    return asyncio.run(whole()), model


def test_a_person_is_asked_about_what_the_call_would_do():
    """An approval rule sees the action of a shell call, and the call waits where it says so (TS-TOOL-033)."""
    rule = lambda _ctx, args, _call_id: "rm" in args["action"]["commands"][0]  # noqa: E731 - as users write it
    ran = Ran()
    result, _ = run(ShellTool(ran, needs_approval=rule), shell_call("ls"))
    assert (result.final_output, ran) == ("Done.", [["ls"]])
    result, _ = run(ShellTool(ran, needs_approval=rule), shell_call("rm a.txt"))
    assert [(item.kind, item.call_id) for item in result.interruptions] == [("shell", "c1")]
    assert ran == [["ls"]]


@pytest.mark.parametrize(
    ("tool", "call", "told"),
    [
        (ShellTool(Ran(), needs_approval=True), shell_call("ls"), {"stderr": REJECTED}),
        (
            CustomTool("sql", print, needs_approval=True),
            {"type": "custom_tool_call", "call_id": "c1", "name": "sql", "input": "drop"},
            REJECTED,
        ),
        (
            ApplyPatchTool(print, needs_approval=True),
            {"type": "apply_patch_call", "call_id": "c1", "operation": {"type": "delete_file", "path": "a"}},
            REJECTED,
        ),
    ],
    ids=["shell", "custom", "apply_patch"],
)
def test_a_rejected_call_of_any_kind_is_told_and_not_carried_out(tool, call, told):
    """The model gets an output of the call's own kind that says that it was not approved."""
    result, model = run(tool, call, approver=lambda _asked: False)
    (output,) = outputs_of(model)
    assert (output["type"], output["call_id"]) == (f"{call['type']}_output", "c1")
    said = output["output"]
    assert (said if isinstance(told, str) else {"stderr": said[0]["stderr"]}) == told
    assert result.final_output == "Done."


def test_guardrails_see_and_change_what_a_shell_runs():
    """A tool-level guardrail covers every kind of tool, and what it changes is what runs (TS-GUARD-010)."""
    ran = Ran()

    def tame(tool_name, args):
        assert tool_name == "shell"
        return GuardrailResult.modify_args({"action": {"commands": [f"echo {args['action']['commands'][0]}"]}})

    run(ShellTool(ran), shell_call("rm a.txt"), guardrails=[InputGuardrail(tame)])
    assert ran == [["echo rm a.txt"]]


def test_a_guardrail_blocks_a_call_of_any_kind():
    """A blocked shell call does not run, and the model is told why (TS-GUARD-012)."""
    ran = Ran()
    guardrail = InputGuardrail(lambda *_: GuardrailResult.block("Not here."))
    _, model = run(ShellTool(ran), shell_call("rm a.txt"), guardrails=[guardrail])
    assert ran == []
    assert "Not here." in outputs_of(model)[0]["output"][0]["stderr"]


def test_a_guardrail_withholds_what_a_shell_gave():
    """A blocked result does not reach the model (TS-GUARD-021)."""
    guardrail = OutputGuardrail(lambda _tool, _args, result: GuardrailResult.block("Secret.") if result else None)
    _, model = run(ShellTool(lambda *_: "password"), shell_call("cat"), guardrails=[guardrail])
    (output,) = outputs_of(model)
    assert "Secret." in str(output)
    assert "password" not in str(output)


def test_a_custom_tool_runs_with_the_text_a_guardrail_made():
    """The input of a custom tool is shown as `{"input": text}`, and taken out again."""
    seen = []
    guardrail = InputGuardrail(lambda _tool, args: GuardrailResult.modify_args({"input": args["input"] + " limit 1"}))
    call = {"type": "custom_tool_call", "call_id": "c1", "name": "sql", "input": "select 1"}
    run(CustomTool("sql", lambda _ctx, text: seen.append(text)), call, guardrails=[guardrail])
    assert seen == ["select 1 limit 1"]


def test_a_computer_call_is_answered_with_the_screen():
    """The model is shown the screen after its actions."""
    call = {"type": "computer_call", "call_id": "c1", "action": {"type": "wait"}, "pending_safety_checks": []}
    _, model = run(ComputerTool(lambda *_: "cGlj"), call)
    assert outputs_of(model)[0]["output"]["image_url"] == "data:image/png;base64,cGlj"


@pytest.mark.parametrize(("answer", "approve"), [(True, True), (False, False), ({"approve": False}, False)])
def test_code_answers_the_host_about_an_mcp_call(answer, approve):
    """A callback decides in place of a person, and its no is told to the host."""
    request = {"type": "mcp_approval_request", "id": "r1", "server_label": "docs", "name": "search", "arguments": "{}"}
    result, model = run(HostedMCPTool("docs", on_approval_request=lambda *_: answer), request)
    assert [(item["approval_request_id"], item["approve"]) for item in outputs_of(model)] == [("r1", approve)]
    assert result.interruptions == []


def test_tools_of_two_namespaces_may_share_a_name():
    """A call names the namespace of the tool it is for, and that tool runs."""

    def named(group):
        @function_tool(name="lookup")
        def lookup() -> str:
            return group

        return OfferedTool(lookup, namespace=group)

    model = ScriptedModel(
        [
            [{"type": "function_call", "call_id": "c1", "name": "lookup", "namespace": "erp", "arguments": "{}"}],
            message("Done."),
        ]
    )
    agent = Agent(name="Clerk", model=model, tools=[named("crm"), named("erp")])

    async def whole():
        await run_agent(agent, "Go.")

    asyncio.run(whole())
    assert [output["output"] for output in outputs_of(model)] == ["erp"]
    assert [each["name"] for each in model.requests[0].tools] == ["crm", "erp"]
