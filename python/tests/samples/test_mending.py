"""R5: a block becomes a program by general rules, and each line that is not the page's is marked."""

import importlib

import pytest

from samples.mending import mend


def rules(found):
    """Return the rules that changed lines of the page."""
    return {change.line: change.rule for change in found.mends if change.line}


def test_a_program_stays_as_it_is(sample):
    """What needs nothing is not touched."""
    found = sample("import asyncio\n\nasync def main():\n    print('x')\n\nasyncio.run(main())")
    assert not found.mends
    assert not found.prelude
    assert found.source == found.block.text


@pytest.mark.parametrize("comma", [",", ""])
def test_two_imports_on_one_line_are_parted(sample, comma):
    """The line keeps its number, so that those below it do too."""
    found = sample(f"from os import path, sep{comma}     from sys import argv\nprint(path, argv)")
    assert found.source.splitlines()[0] == "from os import path, sep; from sys import argv"
    assert rules(found) == {found.block.line: "fused import split"}


def test_lines_keep_their_numbers(sample):
    """Whatever is mended, line n of the code is line n of the block."""
    code = "from os import sep,   from agents import Agent\n\nagent = Agent(model='m')\nlast = 1"
    assert sample(code).source.splitlines()[3] == "last = 1"


def test_undefined_names_come_from_the_prelude(sample):
    """Modules, names of `timestep` and inputs are provided in an order in which they can be run."""
    found = sample("print(os.sep, input_items, agent)")
    lines = found.prelude.splitlines()
    assert "import os" in lines
    assert lines.index("from timestep import Agent") < next(n for n, line in enumerate(lines) if "agent = " in line)
    assert not found.faults
    assert {change.rule for change in found.mends} == {"prelude"}
    compile(found.prelude, "prelude", "exec")


def test_a_name_that_nothing_provides_is_a_fault(sample):
    """A sample is never run without what it names."""
    assert sample("print(no_such_thing)").faults == ("the name no_such_thing is defined nowhere",)


@pytest.mark.parametrize(
    "code",
    ["def f(x):\n    return [y for y in x]", "for i in range(3):\n    print(i)", "with open('x') as f:\n    f.read()"],
)
def test_names_that_are_bound_somewhere_are_not_asked_for(sample, code):
    """Parameters, loop variables and the like are the sample's own."""
    assert not sample(code).prelude


@pytest.mark.parametrize(
    ("code", "ours"),
    [
        ("from agents import Agent\nAgent(model='m')", True),
        ("from agents import Session\nSession()", True),
        ("from agents import Agent as A\nA(model='m')", True),
        ("from agents import Agent\nAgent(name='A', model='m')", False),
        ("from agents import Agent\nAgent('A')", False),
        ("from timestep import Agent\nfrom agents import RunConfig\nAgent(model='m')", False),
    ],
)
def test_agents_is_read_as_timestep_where_that_package_refuses_the_sample(sample, code, ours):
    """R5: it has no `Session()`, and no agent without a name; every other sample keeps the package."""
    found = sample(code)
    assert ("agents read as timestep" in rules(found).values()) is ours
    assert ("from agents import" in found.source) is not ours


def test_its_exceptions_stay_its_own(sample):
    """Only the names of `agents` itself are read as ours: our errors are caught by its classes too (R24)."""
    found = sample("from agents import Agent\nfrom agents.exceptions import AgentsException\nAgent(model='m')")
    assert "from agents.exceptions import AgentsException" in found.source


def test_names_that_timestep_lacks_stay_with_agents(sample):
    """R5b: a sample may drive our provider with the other package's own runner."""
    found = sample("from agents import Agent, Runner\nAgent(model='m')\nprint(Runner)")
    assert found.source.splitlines()[0] == "from timestep import Agent; from agents import Runner"


def test_a_sample_that_waits_for_approvals_gets_a_tool_that_needs_one(sample):
    """Without it, what the sample shows could not happen; the line is marked."""
    found = sample("from timestep import Agent\nagent = Agent(model='m')\nprint(result.interruptions)")
    assert found.source.splitlines()[1] == "agent = Agent(model='m', tools=[get_weather])"
    assert "needs_approval=True" in found.prelude
    assert rules(found)[found.block.line + 1] == "a tool that needs approval"


@pytest.mark.parametrize("own", ["tools=[f]", "handoffs=[other]"])
def test_a_sample_with_tools_of_its_own_keeps_them(sample, own):
    """Only agents that have nothing to wait for are given something."""
    found = sample(f"f = other = 1\nagent = Agent(model='m', {own})\nprint(result.interruptions)")
    assert f"Agent(model='m', {own})" in found.source


def test_a_listing_is_cut_out_and_the_rest_runs(sample):
    """A signature listing is no Python; what it would bind comes from the prelude."""
    found = sample(
        "from timestep import Agent\n\nagent = Agent(\n    name: str,\n    tools: list = [],\n)\nprint(agent)"
    )
    assert [listing.name for listing in found.listings] == ["Agent"]
    assert found.source.splitlines()[2:7] == [
        "# agent = Agent(",
        "#     name: str,",
        "#     tools: list = [],",
        "# )",
        "print(agent)",
    ]
    assert set(rules(found).values()) == {"signature listing: compared, not run"}
    assert "agent = Agent(" in found.prelude


def test_what_is_not_python_is_a_fault_with_its_line(sample):
    """Nothing is skipped in silence."""
    found = sample("x = 1\ny = = 2")
    assert found.faults == (f"line {found.block.line + 1}: invalid syntax",)


def test_a_sample_of_a_later_issue_says_which_names_it_waits_for(sample, monkeypatch):
    """It is listed, not failed; once the name is there, it runs."""
    monkeypatch.setitem(importlib.import_module("samples.mending").prelude.FOLLOWS, "serve_agents", "Serving")
    found = sample("from timestep import serve_agents\nprint(serve_agents, unknown)")
    assert found.awaited == ("serve_agents",)
    assert not found.faults


def test_a_misspelled_name_of_timestep_waits_for_nothing(sample):
    """Only the fixed list is waited for: anything else runs, and fails."""
    assert not sample("from timestep import run_agnet\nprint(run_agnet)").awaited


def test_a_block_mends_the_same_under_any_tab(tmp_path):
    """Indented blocks go through the same rules."""
    from samples.pages import blocks

    page = tmp_path / "page.md"
    page.write_text('=== "Python"\n\n    ```python\n    print(os.sep)\n    ```\n')
    assert mend(blocks(page)[0]).prelude == "import os\n"
