"""A run state as `show` tells it: as JSON for programs, and as text for people."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from timestep.cli import people, states, story
from timestep.cli.output import one_line, paint
from timestep.cli.story import Mask
from timestep.state import Interruption, RunState


def fields(state: RunState, mask: Mask) -> dict[str, Any]:
    """Give the JSON output of a run state (cli-show.schema.json)."""
    told = story.tell(state.document, mask)
    return {
        "dialect": state.dialect,
        "schema_version": state.schema_version,
        "origin": story.plain_data(state.origin) if state.origin is not None else None,
        "agents": told.agents,
        "context": told.context,
        "runs": story.plain_data(told.runs),
        "decisions": story.plain_data(told.decisions),
        "pending": [states.call_fields(item, mask) for item in state.get_interruptions()],
        "usage": story.plain_data(state.document.usage),
    }


def lines(
    state: RunState, name: str, decide: Callable[[Interruption], str], mask: Mask, *, full: bool
) -> Iterator[str]:
    """Write a run state for people.

    Args:
        state: the run.
        name: what it is called, such as its file.
        decide: gives the command that decides on a call.
        mask: hides secrets.
        full: long texts are not cut.
    """
    writer = people.Writer(full=full)
    form = ", in binary form" if state.form == "timestep+proto" else ""
    yield f"{one_line(name)}: {one_line(f'{state.dialect} {state.schema_version}{form}')}"
    if state.origin is not None and state.dialect != state.origin.dialect:
        yield one_line(f"origin    {state.origin.dialect} {state.origin.schema_version}, {state.origin.sha256}")
    yield from writer.story(story.tell(state.document, mask))
    waiting = state.get_interruptions()
    if waiting:
        yield ""
        yield paint(f"waits for a decision ({len(waiting)})", "yellow")
        for item in waiting:
            yield from writer.waiting(item.tool, item.agent, item.path, mask(item.arguments))
        yield f"  {decide(waiting[0])}"
    yield ""
    yield f"usage     {people.usage_line(state.document.usage)}"
