"""The end of a run for whoever started it: the answer, what waits, where the state is, and how to go on."""

from __future__ import annotations

import os
from itertools import chain, count
from pathlib import Path
from typing import Any

import msgspec

from timestep.cli import exit_codes, files, output, people, states, story
from timestep.cli.conversation import Printer
from timestep.cli.runs import Outcome
from timestep.codec.redact import redact
from timestep.errors import UsageError
from timestep.state import Interruption, RunState, write
from timestep.storage.folders import data_folder, make_folder
from timestep.storage.names import file_name as file_stem
from timestep.types.base import JSON

_OVER = ("finished", "failed")


class Ending(msgspec.Struct, frozen=True, kw_only=True):
    """How a verb ends a run.

    Attributes:
        verb: whose JSON output it is.
        target: the agent, as it was named.
        save: where the state is to be written in any case.
        again: options that a command which goes on needs too.
        source: the file that was resumed.
        fields: more of the JSON output.
    """

    verb: str
    target: str
    save: str | None = None
    force: bool = False
    again: tuple[str, ...] = ()
    source: str | None = None
    fields: dict[str, Any] = {}

    def text(self, outcome: Outcome, printer: Printer) -> int:
        """Tell the end to a person, the answer on stdout and the rest on stderr; give the exit status."""
        printer.pause()
        state = outcome.state
        if state is not None and _status(outcome) == "finished":
            printer.end(_output(state))
        place = self.saved(outcome)
        if outcome.error is not None:
            output.say(output.error_text(outcome.error), err=True)
        elif state is not None and outcome.waits:
            _tell_waiting(state)
        if place is not None and state is not None:
            output.say(f"state     {output.one_line(output.file_name(place))}", err=True)
        kept = self.kept_at(state, place) if state is not None and not _is_over(state) else None
        if state is not None and kept is not None:
            output.say(f"  {self.next_command(outcome, state, kept)}", err=True)
        return _exit_code(outcome)

    def json(self, outcome: Outcome) -> int:
        """Tell the end to a program; give the exit status."""
        state, place = outcome.state, self.saved(outcome)
        fields: dict[str, Any] = {} if outcome.error is None else {"error": output.error_fields(outcome.error)}
        if state is not None:
            document = state.document
            names = {agent.key: agent.name for agent in document.agents}
            fields |= {
                "run": document.runs[0].id,
                "agent": names.get(document.runs[0].agent, document.runs[0].agent),
                "status": _status(outcome),
                "final_output": _output(state),
                "interruptions": [states.call_fields(item, redact) for item in state.get_interruptions()],
                "usage": story.plain_data(document.usage),
                "state_file": output.file_name(place) if place is not None else None,
                **self.fields,
            }
        output.write_json(self.verb, fields)
        if outcome.error is not None:
            output.say(output.error_text(outcome.error), err=True)
        return _exit_code(outcome)

    def saved(self, outcome: Outcome) -> str | None:
        """Write the state where that was asked for, or where something would be lost; give the file's name.

        Raises:
            UsageError: the system refused, or the name is taken.
        """
        state = outcome.state
        if state is None or not (self.save or (outcome.moved and _is_worth(state))):
            return None
        place = self.save or free_place(state)
        write_state(state, place, force=self.force)
        return place

    def kept_at(self, state: RunState, place: str | None) -> str | None:  # noqa: ARG002 - stores ask it
        """Give what a run that has not ended is gone on with by: the file that it was written to, or came from."""
        return place or self.source

    def next_command(self, outcome: Outcome, state: RunState, place: str) -> str:
        """Write the command that goes on; before that somebody has to find out about calls that may have run."""
        waiting = state.get_interruptions()
        doubt = next((item for item in waiting if item.state == "indeterminate"), None)
        if doubt is not None:
            return self.settling(state, place, doubt)
        options = ["--agent", self.target, *self.again]
        if outcome.error is not None and outcome.error.code == "max-turns":
            options += ["--max-turns", str(2 * (state.document.runs[0].limits.max_turns or 1))]
        return self.going_on(place, options, waiting)

    def going_on(self, place: str, options: list[str], waiting: list[Interruption]) -> str:
        """Write the command that goes on from a place, and decides on the calls that wait."""
        one = ["--approve", waiting[0].path] if len(waiting) == 1 else ["--approve-all"]
        return output.command_line(["timestep", "resume", place, *options, *(one if waiting else [])])

    def settling(self, state: RunState, place: str, doubt: Interruption) -> str:
        """Write the command that says what became of a call that may have run."""
        return states.deciding(place, state, doubt)


def again(
    session: str | None, model: str | None, context: str | None, rules: str | None = None, *, named: str = "--session"
) -> tuple[str, ...]:
    """Return the options that have to be given again; a context is in no state, and in no message either."""
    given = {named: session, "--model": model, "--rules": rules, "--context": context}
    if context is not None and not context.startswith("@"):
        given["--context"] = "JSON"
    return tuple(word for name, value in given.items() if value is not None for word in (name, value))


def _tell_waiting(state: RunState) -> None:
    """List the calls that wait."""
    waiting = state.get_interruptions()
    output.say(output.paint(f"waits for a decision ({len(waiting)})", "yellow", err=True), err=True)
    for item in waiting:
        for line in people.Writer(full=False).waiting(item.tool, item.agent, item.path, redact(item.arguments)):
            output.say(line, err=True)
        for prompt in item.prompts:
            output.say(f"      {output.one_line(redact(prompt))}", err=True)


def _is_over(state: RunState) -> bool:
    return state.document.runs[0].step.type in _OVER


def _is_worth(state: RunState) -> bool:
    """Tell whether a run can be gone on with and has got anywhere: a first question is asked again as easily."""
    return not _is_over(state) and any(run.responses for run in state.document.runs)


def free_place(state: RunState) -> str:
    """Return a file name for a state that is not taken: in TIMESTEP_HOME where that is set, else in this folder."""
    folder = Path()
    if os.environ.get("TIMESTEP_HOME"):
        folder = data_folder()
        make_folder(folder)
    name = file_stem(state.document.runs[0].id)
    numbers = chain([""], (f"-{number}" for number in count(2)))
    places = (folder / f"{name}{number}.json" for number in numbers)
    return str(next(place for place in places if not place.exists()))


def write_state(state: RunState, place: str, *, force: bool) -> None:
    """Write a state in Timestep's own form.

    Raises:
        UsageError: the system refused, or the name is taken.
    """
    files.write(place, write(state, to="timestep").data, force=force)


def _output(state: RunState) -> JSON:
    step = state.document.runs[0].step
    return None if step.type != "finished" or step.output is msgspec.UNSET else step.output


def _status(outcome: Outcome) -> str:
    if outcome.error is not None:
        return "failed"
    if outcome.waits:
        return "waiting"
    return "finished" if outcome.state is not None and _is_over(outcome.state) else "stopped"


def _exit_code(outcome: Outcome) -> int:
    if outcome.interrupted:
        return exit_codes.INTERRUPTED
    if outcome.error is not None:
        return exit_codes.of(outcome.error)
    return {"finished": exit_codes.OK, "waiting": exit_codes.WAITING}.get(_status(outcome), exit_codes.FINDINGS)


def refuse_output(name: str | None, *, force: bool) -> None:
    """Refuse a place for the state that can't be one, before the run begins.

    Raises:
        UsageError: it is stdout, which the answer goes to, or it is taken.
    """
    if name is None:
        return
    if name == files.STANDARD:
        raise UsageError("the answer goes to stdout; name a file for the state")
    files.refuse_taken(name, force=force)
