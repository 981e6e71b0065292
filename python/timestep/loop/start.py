"""The start of a run: its input enters the log, and its input guardrails are asked."""

from __future__ import annotations

from typing import Literal

from timestep.loop import ends, nested, resume, turn
from timestep.loop.draft import Draft, illegal
from timestep.loop.log import Index, Log
from timestep.loop.manifest import Manifest
from timestep.loop.tree import Decisions, RunValue, Tree, is_open
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
    if draft.policy.compaction == "trim":
        turn.trim(run, 0)
    begin(draft, run)
    return draft


def begin(draft: Draft, run: RunValue) -> None:
    """Ask the input guardrails that have not answered yet, those that the model waits for first (TS-GUARD-005)."""
    if run.input_done is True or ask(draft, run) != "blocking":
        turn.next_turn(draft, run)


def ask(draft: Draft, run: RunValue) -> Literal["blocking", "parallel"] | None:
    """Ask the next group of input guardrails that have not answered; return which, and nothing when all have."""
    blocking, others = unanswered(draft, run)
    run.input_done = not (blocking or others)
    if run.input_done:
        return None
    draft.effect(CheckInput(run=run.id, agent=run.agent, blocking=bool(blocking), names=blocking or others))
    return "blocking" if blocking else "parallel"


def unanswered(draft: Draft, run: RunValue) -> tuple[list[str], list[str]]:
    """Return the input guardrails that have not answered: those that the model waits for, and the others."""
    answered = {result.name for result in run.results if result.position == "input"}
    left = [each for each in draft.agent(run.agent).input_guardrails if each[0] not in answered]
    return [name for name, parallel in left if not parallel], [name for name, parallel in left if parallel]


def input_checked(draft: Draft, event: InputChecked) -> None:
    """Go on after input guardrails, or stop where one has tripped (TS-GUARD-003)."""
    run = draft.run(event.run)
    blocking, others = unanswered(draft, run)
    asked = blocking if event.blocking else others
    if run.input_done is True or not is_open(run) or not asked or (blocking and not event.blocking):
        raise illegal(f"no such input guardrails of run {run.id} were asked")
    run.results = run.results.extend(event.results)
    tripped = next((result for result in event.results if result.behavior == "tripwire"), None)
    if tripped is not None:
        ends.fail(draft, run, "input-tripwire", f"the input guardrail {tripped.name} stopped the run")
        return
    if not set(asked) <= {result.name for result in event.results}:
        raise illegal(f"not all input guardrails of run {run.id} have answered")
    if run.step.type == "interrupted":
        run.input_done = not (event.blocking and others)
    elif run.step.type == "run_again" and event.blocking:
        begin(draft, run)
    elif ask(draft, run) is not None:
        return
    elif run.step.type == "acting":
        resume.act(draft, run)
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
    return Tree(base=document, top=event.run, runs={}, usage=document.usage, decisions=Decisions())


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
