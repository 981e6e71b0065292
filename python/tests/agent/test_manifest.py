"""The manifest of a graph: its digest, and what is no part of it (handoffs.md)."""

import json

import pytest

from timestep import Agent, Handoff, function_tool
from timestep.agent import manifest
from timestep.codec.digest import canonical_json, sha256_of

from .test_agent import graph

pytestmark = pytest.mark.timeout(5)


@function_tool
def look(place: str) -> str:
    """Look."""
    return place


def small(name="A", instructions="Help.", model="gpt-4.1", description="Looks.", **tool):
    """Return an agent with a tool and a handoff."""
    made = function_tool(look.function, description=description, **tool)
    return Agent(name, model, instructions, tools=[made], handoffs=[Handoff(Agent("B"), description=description)])


@pytest.mark.parametrize("name", ["A", "Åsa \u2028\U0001f600\ufb01", '\x1f\t\n\r\b\f\x7f "\\/</script>'])
def test_the_digest_is_that_of_the_canonical_form_without_itself(name):
    """TS-HAND-009: computed anew by the canonical form of the codec, whatever the letters of a name."""
    for agent in (graph(), small(name)):
        told = manifest(agent)
        rest = {key: value for key, value in told.items() if key != "digest"}
        assert told["digest"] == sha256_of(canonical_json(rest))
        assert json.loads(canonical_json(told)) == told


def test_what_is_told_to_models_is_no_part_of_it():
    """TS-HAND-009: instructions, models, descriptions and the schemas of arguments may change under a saved run."""

    @function_tool(name="look")
    def other(place: int, deep: bool = False) -> str:
        """Look elsewhere."""
        return f"{place} {deep}"

    changed = small(instructions=lambda _ctx, _agent: "Other.", model="gpt-5", description="Looks up.")
    changed.tools[0] = other
    assert manifest(changed) == manifest(small())


@pytest.mark.parametrize(
    "changed",
    [
        small(name="C"),
        small(needs_approval=True),
        small(needs_approval=lambda *_: True),
        small(effect="read"),
        small(on_error="raise"),
        small(is_enabled=False),
        Agent("A", tools=small().tools, handoffs=[Handoff(Agent("B"), "delegate")]),
        Agent("A", tools=small().tools, handoffs=[Handoff(Agent("C"), tool_name="transfer_to_b")]),
        Agent("A", tools=small().tools, handoffs=[Handoff(Agent("B"), input_filter=lambda data: data)]),
        Agent("A", tools=small().tools, handoffs=[Handoff(Agent("B"), on_handoff=lambda *_: None)]),
        Agent("A", tools=small().tools, handoffs=small().handoffs, tool_use_behavior="stop_on_first_tool"),
        Agent("A", tools=small().tools, handoffs=small().handoffs, reset_tool_choice=False),
        Agent("A", tools=small().tools, handoffs=small().handoffs, output_type=int),
    ],
    ids=range(13),
)
def test_what_decides_what_a_run_does_next_is_a_part_of_it(changed):
    """TS-HAND-009: each such change gives another digest."""
    assert manifest(changed)["digest"] != manifest(small())["digest"]
