"""Turns a block of a page into a program that runs, by a few general rules; each line it changes is marked.

Nothing here knows a page: the rules look at the code alone. The lines of a sample keep their numbers.
"""

from __future__ import annotations

import ast
import re
from typing import NamedTuple

from samples import listings, prelude
from samples.listings import Listing
from samples.names import defined, undefined
from samples.pages import Block

_FUSED = re.compile(r"^(?P<indent>\s*)(?P<first>from \S+ import .*?)\s*,?\s+(?P<second>from \S+ import .+)$")
_AGENTS = re.compile(r"\bfrom agents import\b(?P<names>[\w, ]*)")
_INTERRUPTED = {"interruptions", "get_interruptions"}
# What an agent can be given so that a call of it waits for somebody.
_TOOLS = {"tools", "handoffs"}


class Mend(NamedTuple):
    """A line that is not as the page has it.

    Attributes:
        line: where it stands in the page; 0 for one that is put in front.
        text: the line as it is run.
        rule: the rule that changed it.
    """

    line: int
    text: str
    rule: str


class Sample(NamedTuple):
    """A block that is ready to run.

    Attributes:
        block: the block of the page.
        source: its code; each line has the number it has in the block.
        prelude: code that runs before it.
        mends: the lines that were changed or put in front.
        listings: the signature listings that were cut out of it.
        awaited: the names it needs that come with a later issue.
        faults: why it can't run.
    """

    block: Block
    source: str
    prelude: str = ""
    mends: tuple[Mend, ...] = ()
    listings: tuple[Listing, ...] = ()
    awaited: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()

    @property
    def tree(self) -> ast.Module:
        """The code as a tree; empty when it is not Python."""
        try:
            return ast.parse(self.source)
        except SyntaxError:
            return ast.Module([], [])


def mend(block: Block) -> Sample:
    """Return a block as a sample: mended, with all that it lacks."""
    mends: list[Mend] = []
    source = _split_imports(block.text)
    found = tuple(listings.find(source))
    source = listings.without(source, found)
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        return Sample(block, source, faults=(f"line {block.line + (error.lineno or 1) - 1}: {error.msg}",))
    if _needs_ours(tree):
        source = _AGENTS.sub(_ours, source)
    source = _with_tool(source)
    names = undefined(source)
    source = source.rstrip("\n") + "\n"
    for number, (old, new) in enumerate(zip(block.text.splitlines(), source.splitlines(), strict=False)):
        if old != new:
            mends.append(Mend(block.line + number, new, _rule(old, new)))
    return _provided(Sample(block, source, mends=tuple(mends), listings=found), names)


def _provided(sample: Sample, names: list[str]) -> Sample:
    """Add the prelude, and say which names can't be had."""
    wanted = [*names, *_imported_from_timestep(sample.tree)]
    awaited = tuple(prelude.awaited(wanted))
    code, unknown = prelude.provide([name for name in names if name not in awaited])
    faults = tuple(f"the name {name} is defined nowhere" for name in unknown)
    front = [Mend(0, line, "prelude") for piece in code for line in piece.splitlines()]
    return sample._replace(
        prelude="".join(f"{piece}\n" for piece in code),
        mends=(*front, *sample.mends),
        awaited=awaited,
        faults=() if awaited else faults,
    )


def _split_imports(source: str) -> str:
    """Part two imports that stand on one line: `from a import b,     from c import d`."""
    lines = source.splitlines()
    for number, line in enumerate(lines):
        fused = _FUSED.match(line)
        if fused:
            lines[number] = f"{fused['indent']}{fused['first']}; {fused['second']}"
    return "".join(f"{line}\n" for line in lines)


def _needs_ours(tree: ast.Module) -> bool:
    """Tell whether what a sample takes from `agents` is used as that package refuses it.

    It has no `Session()`, and its agents need a name.
    """
    taken = {
        alias.asname or alias.name: alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "agents"
        for alias in node.names
    }
    calls = [(taken.get(name), call) for name, call in calls_of(tree)]
    nameless = any(
        original == "Agent" and not call.args and "name" not in {keyword.arg for keyword in call.keywords}
        for original, call in calls
    )
    return nameless or any(original == "Session" for original, _ in calls)


def _ours(statement: re.Match[str]) -> str:
    """Read an import from `agents` as one from `timestep`; names that only `agents` has stay with it."""
    names = [name.strip() for name in statement["names"].split(",") if name.strip()]
    theirs = [name for name in names if not prelude.is_public(name.split()[0])]
    if not theirs:
        return statement[0].replace("agents", "timestep", 1)
    parted = {"timestep": [name for name in names if name not in theirs], "agents": theirs}
    return "; ".join(f"from {package} import {', '.join(each)}" for package, each in parted.items() if each)


def calls_of(tree: ast.AST) -> list[tuple[str, ast.Call]]:
    """Return the calls of plain names."""
    nodes = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
    return [(node.func.id, node) for node in nodes if isinstance(node.func, ast.Name)]


def _with_tool(source: str) -> str:
    """Give agents a tool that needs approval, in a sample that waits for approvals which nothing in it could cause."""
    tree = ast.parse(source)
    attributes = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    bare = [call for name, call in calls_of(tree) if name == "Agent" and call.keywords]
    armed = any(keyword.arg in _TOOLS for call in bare for keyword in call.keywords)
    if armed or not attributes & _INTERRUPTED or {"get_weather", "tools"} & defined(source):
        return source
    lines = source.encode().splitlines(keepends=True)
    for call in bare:
        number, column = (call.end_lineno or 1) - 1, (call.end_col_offset or 1) - 1
        lines[number] = lines[number][:column] + b", tools=[get_weather]" + lines[number][column:]
    return b"".join(lines).decode()


def _imported_from_timestep(tree: ast.Module) -> list[str]:
    nodes = (node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module == "timestep")
    return [alias.name for node in nodes for alias in node.names]


def _rule(old: str, new: str) -> str:
    """Name the rule, or rules, that changed a line."""
    rules = {
        "fused import split": _FUSED.match(old) is not None,
        "agents read as timestep": "from agents import" in old and "from timestep import" in new,
        "a tool that needs approval": "tools=[get_weather]" in new and "tools=[get_weather]" not in old,
        "signature listing: compared, not run": new == f"# {old}",
    }
    return ", ".join(rule for rule, holds in rules.items() if holds)
