"""The run that is killed: an agent with a tool of each effect, which writes down outside of it what it has done."""

from pathlib import Path

from timestep import Agent, ToolContext, function_tool
from timestep.sessions.file import FileSession
from timestep.testing import ScriptedModel, tool_call

_FIRST = [tool_call("look", {}, "c1"), tool_call("reserve", {"what": "a"}, "c2")]
#: What the model says, turn by turn: with a tool of each effect, with those alone that may run again, with one that may
#: not beside those that may, and by another agent, which is a tool of the first.
ANSWERS = {
    "every": [_FIRST, tool_call("pay", {}, "c3"), "All done."],
    "harmless": [_FIRST, [tool_call("reserve", {"what": "b"}, "c3"), tool_call("look", {}, "c4")], "All done."],
    "beside": [
        [tool_call("look", {}, "c1"), tool_call("pay", {}, "c2"), tool_call("reserve", {"what": "a"}, "c3")],
        "All done.",
    ],
    "nested": [tool_call("ask", {"input": "Buy one"}, "c1"), "All done."],
}
_INNER = [[*_FIRST, tool_call("pay", {}, "c3")], "Bought."]


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

        def __init__(self, said, *, inner=False):
            self.said, self.inner = said, inner

        async def respond(self, request):
            turn = int(request.key.rpartition("-")[2])
            number = question(turn, inner=self.inner)
            act(f"model {number}")
            return await ScriptedModel([self.said[turn - 1]], prefix=f"{number}_").respond(request)

    tools = [look, reserve, pay]
    if answers == "nested":
        tools = [Agent("Clerk", Model(_INNER, inner=True), tools=tools).as_tool("ask")]
    return Agent("Shop", Model(ANSWERS[answers]), tools=tools)


def question(turn, *, inner):
    """Return the number of a question, which grows with time: that of the turn, 1.1 for the first of an inner agent."""
    return 1 + turn / 10 if inner else turn


def session_in(folder):
    """Return the session that the run without a payment writes to."""
    return FileSession("Shop", "c", storage_dir=folder)


def done_in(folder):
    """Return what has been done, from outside the process that did it."""
    path = Path(folder) / "done"
    return path.read_text().splitlines() if path.exists() else []
