"""Beginnings and graphs that many histories share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from loop_cases.history import JSON, agent, calls, decided, graph, handoff, output, prepared, responded, started, tool

Step = tuple[str, Any]

#: An agent with tools of each effect class.
TOOLS = graph(
    agent(
        "Assistant",
        tool("pay"),
        tool("look", effect="read"),
        tool("tag", effect="idempotent"),
        tool("send_email", approval="always"),
        tool("search", approval="ask"),
    )
)
#: Two agents of which the first may hand over to the second.
PAIR = graph(
    agent("Assistant", tool("pay"), handoffs=(handoff("Weather"), handoff("News"))), agent("Weather"), agent("News")
)
PLAIN = graph(agent("Assistant"))

PAY = calls("c1", "pay", '{"amount":5}')
LOOK = calls("c2", "look", '{"at":"map"}')
MAIL = calls("c3", "send_email", '{"to":"bob@example.com"}')
PAID, LOOKED, MAILED = output("c1", "paid"), output("c2", "seen"), output("c3", "sent")


def asked(*items: JSON, rows: str, start: JSON | None = None, **answer: Any) -> list[Step]:
    """Return the steps up to the model's first answer, which these rows take."""
    begun = start or started()
    return [("T01 T05 T11", begun), ("T15", prepared()), (rows, responded(*items, **answer))]


def on(decision: str, number: int = 0, run: int = 0, of: str | None = None, **more: Any) -> Callable[[JSON], JSON]:
    """Return a decision on a call of the ledger, by its number there, as an event made of the document."""

    def event(document: JSON) -> JSON:
        place = document["runs"][run]
        call = place["calls"][number]
        return decided(decision, call, of or place["id"], agent=place["log"][call["item"]]["agent"], **more)

    return event
