"""The end of a run that a store keeps, for whoever went on with it."""

from __future__ import annotations

from timestep.cli.runs import Outcome
from timestep.cli.stops import Ending, write_state
from timestep.cli.stored_runs import StoredRuns
from timestep.state import RunState


class StoredEnding(Ending, frozen=True, kw_only=True):
    """How `runs resume` ends: the state is in the store, and in a file only where one was named.

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
        if outcome.state is None:
            return None
        if outcome.error is None:
            self.runs.keep(outcome.state)
        if self.save is not None:
            write_state(outcome.state, self.save, force=self.force)
        return self.save

    def next_command(self, outcome: Outcome, state: RunState, place: str) -> str:
        """Write the command that goes on; before that somebody has to find out about calls that may have run."""
        doubt = next((item for item in state.get_interruptions() if item.state == "indeterminate"), None)
        if doubt is None:
            return super().next_command(outcome, state, place)
        return self.runs.deciding(state.document.id, doubt)

    def go_on(self, place: str) -> list[str]:  # noqa: ARG002 - the run is in the store, wherever else
        """Give the words of a command that goes on with the run."""
        return ["timestep", "runs", "resume", self.source or ""]
