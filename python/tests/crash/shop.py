"""The run that is killed: an agent with a tool of each effect, which writes down outside of it what it has done."""

from pathlib import Path

from timestep import Agent, ToolContext, function_tool
from timestep.testing import ScriptedModel, tool_call

_FIRST = [tool_call("look", {}, "c1"), tool_call("reserve", {"what": "a"}, "c2")]
#: What the model says, turn by turn: with a tool of each effect, with those alone that may run again, and with one
#: that may not beside those that may.
ANSWERS = {
    "every": [_FIRST, tool_call("pay", {}, "c3"), "All done."],
    "harmless": [_FIRST, [tool_call("reserve", {"what": "b"}, "c3"), tool_call("look", {}, "c4")], "All done."],
    "beside": [
        [tool_call("look", {}, "c1"), tool_call("pay", {}, "c2"), tool_call("reserve", {"what": "a"}, "c3")],
        "All done.",
    ],
}


def shop(folder, answers="every", point=lambda _kind: None):
    """Return the agent; each effect is a line in the folder's file `done`, between two boundaries.

    No tool and no model waits for anything, so that they follow each other alike each time.
    """
    path = Path(folder) / "done"

    def act(what):
        kind = what if what.startswith("model") else what.split()[0]
        point(f"effect:before {kind}")
        with path.open("a") as file:
            file.write(what + "\n")
        point(f"effect:after {kind}")

    @function_tool(effect="read")
    async def look() -> str:
        """Look."""
        act("look")
        return "3 left"

    @function_tool(effect="idempotent")
    async def reserve(ctx: ToolContext, what: str) -> str:
        """Reserve."""
        act(f"reserve {what} {ctx.idempotency_key}")
        return f"reserved {what}"

    @function_tool(effect="once")
    async def pay() -> str:
        """Pay."""
        act("pay")
        return "paid"

    class Model:
        """Answers by the turn alone, and writes down that it was asked."""

        async def respond(self, request):
            turn = int(request.key.rpartition("-")[2])
            act(f"model {turn}")
            return await ScriptedModel([ANSWERS[answers][turn - 1]], prefix=f"{turn}_").respond(request)

    return Agent("Shop", Model(), tools=[look, reserve, pay])


def done_in(folder):
    """Return what has been done, from outside the process that did it."""
    path = Path(folder) / "done"
    return path.read_text().splitlines() if path.exists() else []
