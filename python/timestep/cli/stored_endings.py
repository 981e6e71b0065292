"""The end of a run that a store keeps, for whoever started it or went on with it."""

from __future__ import annotations

from typing import Any

from timestep.cli.output import command_line
from timestep.cli.runs import Outcome
from timestep.cli.stops import Ending, again, write_state
from timestep.cli.stored_runs import StoredRuns
from timestep.state import Interruption, RunState


class StoredEnding(Ending, frozen=True, kw_only=True):
    """How a run ends that is in a store: its state is in a file too only where one was named.

    Attributes:
        runs: the store.
    """

    runs: StoredRuns

    def saved(self, outcome: Outcome) -> str | None:
        """Keep what was decided; write the state to a file where that was asked for, and give the file's name.

        Raises:
            StateConflictError: somebody else has gone on with the run.
            UsageError: the system refused, or the name is taken.
        """
        state = outcome.state
        if state is None:
            return None
        if outcome.error is None and state.version:
            self.runs.keep(state)
        if self.save is not None:
            write_state(state, self.save, force=self.force)
        return self.save

    def kept_at(self, state: RunState, place: str | None) -> str | None:  # noqa: ARG002 - wherever else it is
        """Give the run's id, if the store has got it."""
        return state.document.id if state.version else None

    def going_on(self, place: str, options: list[str], waiting: list[Interruption]) -> str:
        """Write the command that goes on with a run, behind the one that decides on the calls that wait."""
        resume = command_line(["timestep", "runs", "resume", place, *options])
        if not waiting:
            return resume
        return f"{self.runs.words('approve', place, *_named(waiting))} && {resume}"

    def settling(self, state: RunState, place: str, doubt: Interruption) -> str:  # noqa: ARG002 - files ask it
        """Write the command that says what became of a call that may have run."""
        return self.runs.deciding(place, doubt)


def ending_of(
    runs: StoredRuns | None,
    session: str | None,
    model: str | None,
    context: str | None,
    rules: str | None,
    **given: Any,  # noqa: ANN401 - of `Ending`
) -> Ending:
    """Return how a new run ends: as one of a store, where there is one, else as one that is saved to a file."""
    if runs is None:
        return Ending(again=again(session, model, context, rules), **given)
    kept = again(session, model, context, rules, named="--conversation")
    return StoredEnding(again=(*kept, *runs.options), runs=runs, fields={"place": runs.place}, **given)


def _named(waiting: list[Interruption]) -> list[str]:
    return [waiting[0].path] if len(waiting) == 1 else ["--all"]
