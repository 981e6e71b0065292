"""A step of the loop in the making: copies of what it changes, and the effects it leads to."""

from __future__ import annotations

from msgspec.structs import replace

from timestep.errors import StateError
from timestep.loop.manifest import AgentSpec, Manifest, Policy
from timestep.loop.tree import RunValue, Tree, twin
from timestep.types.effects import AnyEffect
from timestep.types.state import Agent, Call


class IllegalEvent(StateError):
    """An event that can't happen to a run where it stands (TS-TRANS-002)."""

    default_code = "event-illegal"


class Draft:
    """What a transition works on.

    Attributes:
        manifest: the agents, and the rules.
        tree: the state in the making; the runs in it that were opened are copies.
        effects: what has to happen next, in order.
    """

    def __init__(self, manifest: Manifest, tree: Tree) -> None:
        self.manifest = manifest
        self.tree = twin(tree)
        self.tree.runs = dict(tree.runs)
        self.effects: list[AnyEffect] = []
        self._opened: set[str] = set()

    @property
    def policy(self) -> Policy:
        """The rules by which the run goes on."""
        return self.manifest.policy

    def run(self, run: str) -> RunValue:
        """Return a run of the tree to work on."""
        found = self.tree.runs.get(run)
        if found is None:
            raise illegal(f"there is no run {run!r}")
        if run not in self._opened:
            found = twin(found)
            self.tree.runs[run] = found
            self._opened.add(run)
        return found

    def add(self, run: RunValue) -> None:
        """Add a run that begins."""
        self.tree.runs[run.id] = run
        self._opened.add(run.id)

    def remove(self, run: str) -> None:
        """Remove a nested run whose result its parent has."""
        del self.tree.runs[run]

    def agent(self, key: str) -> AgentSpec:
        """Return what the manifest says of an agent.

        Raises:
            IllegalEvent: it is not in the manifest.
        """
        name = self.tree.name(key)
        found = self.manifest.agents.get(name)
        if found is None:
            known = ", ".join(sorted(self.manifest.agents))
            raise IllegalEvent(
                f"the run is at agent {name!r}, which its agents do not lead to",
                code="agent-missing",
                help=f"resume it with the agent it started with; known are {known}",
                requirement="TS-TRANS-003",
            )
        return found

    def key_of(self, name: str) -> str:
        """Return the key under which the document knows an agent; one that it does not know yet is added."""
        found = next((agent.key for agent in self.tree.base.agents if agent.name == name), None)
        if found is None:
            agents = [*self.tree.base.agents, Agent(key=name, name=name)]
            self.tree.base = replace(self.tree.base, agents=agents)
        return found or name

    def effect(self, effect: AnyEffect) -> None:
        """Have something happen next."""
        self.effects.append(effect)


def illegal(why: str) -> IllegalEvent:
    """Return the error for an event that can't happen."""
    return IllegalEvent(f"{why}", requirement="TS-TRANS-002")


def changed(run: RunValue, call: Call, **changes: object) -> Call:
    """Put a changed call in the place of an old one, in a run that is being worked on."""
    new = replace(call, **changes)
    run.calls = (new,) if len(run.calls) == 1 else tuple(new if other is call else other for other in run.calls)
    return new
