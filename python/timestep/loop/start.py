"""The start of a run: its input enters the log, and its input guardrails are asked."""

from __future__ import annotations

from timestep.loop import calls, ends, nested, turn
from timestep.loop.draft import Draft, illegal
from timestep.loop.log import Index, Log
from timestep.loop.manifest import Manifest
from timestep.loop.tree import Decisions, RunValue, Tree
from timestep.types.effects import CheckInput
from timestep.types.events import InputChecked, RunStarted
from timestep.types.state import (
    FORMAT,
    FORMAT_VERSION,
    Agent,
    Context,
    Document,
    Entry,
    Input,
    SessionMark,
    Step,
    Turn,
    Usage,
)


def run_started(manifest: Manifest, state: Tree | None, event: RunStarted) -> Draft:
    """Begin a run, or a run nested in the one of a state."""
    if state is None:
        if event.parent is not None:
            raise illegal("a nested run can't be the first one")
        draft = Draft(manifest, _tree(manifest, event))
    else:
        draft = Draft(manifest, state)
        nested.refuse_wrong_child(draft, event)
    run = _run(event)
    draft.add(run)
    begin(draft, run)
    return draft


def begin(draft: Draft, run: RunValue) -> None:
    """Ask the input guardrails that have not answered yet, those that the model waits for first (TS-GUARD-005)."""
    spec = draft.agent(run.agent)
    if run.input_done is not True:
        answered = {result.name for result in run.results if result.position == "input"}
        left = [(name, parallel) for name, parallel in spec.input_guardrails if name not in answered]
        blocking = [name for name, parallel in left if not parallel]
        if blocking:
            draft.effect(CheckInput(run=run.id, agent=run.agent, blocking=True, names=blocking))
            return
        if left:
            draft.effect(CheckInput(run=run.id, agent=run.agent, blocking=False, names=[name for name, _ in left]))
        run.input_done = not left
    turn.next_turn(draft, run)


def input_checked(draft: Draft, event: InputChecked) -> None:
    """Go on after input guardrails, or stop where one has tripped (TS-GUARD-003)."""
    run = draft.run(event.run)
    if run.input_done is True or run.step.type in ("finished", "failed"):
        raise illegal("input guardrails were not asked")
    run.results = run.results.extend(event.results)
    tripped = next((result for result in event.results if result.behavior == "tripwire"), None)
    if tripped is not None:
        ends.fail(draft, run, "input-tripwire", f"the input guardrail {tripped.name} stopped the run")
        return
    if event.blocking:
        begin(draft, run)
        return
    run.input_done = True
    if run.step.type == "acting":
        calls.act(draft, run)
    elif run.step.type == "accepted":
        ends.check_output(draft, run)


def _tree(manifest: Manifest, event: RunStarted) -> Tree:
    """Return the empty tree of a run that begins."""
    document = Document(
        format=FORMAT,
        format_version=FORMAT_VERSION,
        requires=[],
        id=event.run,
        revision=0,
        agents=[Agent(key=name, name=name) for name in sorted(manifest.agents)],
        context=event.context or Context(kind="none"),
        usage=Usage(input_tokens=0, output_tokens=0, total_tokens=0, requests=0),
        approvals=[],
        runs=[],
        manifest=manifest.digest,
    )
    return Tree(base=document, runs={}, usage=document.usage, decisions=Decisions())


def _run(event: RunStarted) -> RunValue:
    entries = [Entry(item=item, source="input") for item in event.items]
    return RunValue(
        id=event.run,
        agent=event.agent,
        step=Step(type="run_again"),
        turn=Turn(count=0, open=False),
        limits=event.limits,
        input=Input(form=event.form, start=event.history, end=len(entries)),
        log=Log(entries),
        view=((0, len(entries)),) if entries else (),
        responses=Log(),
        settled=Log(),
        results=Log(),
        parent=event.parent,
        server=event.server,
        settings=event.settings,
        session=SessionMark(id=event.session, through=event.history) if event.session is not None else None,
        tool_input=event.tool_input,
        ids=Index(),
    )
