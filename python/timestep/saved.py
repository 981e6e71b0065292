"""`RunStateStore`: saved runs as the states that users decide on and resume."""

from __future__ import annotations

from timestep.state import RunState, native
from timestep.stores.run_states import StateStore
from timestep.types.state import Document


class RunStateStore(StateStore[RunState]):
    """The saved runs of one session, as run states.

    What it gives is trusted, as only those who may write to the store can have put it there, and knows its version: who
    goes on from a copy that is not the newest one is refused.

    Args:
        agent: the agent whose runs these are; kept for the caller.
        session_id: the session, by its id or as an object that has one; "default" when left out.
        connection: a SQLite file, as a path or as `sqlite:///PATH`; a database, as `postgresql://...`; ":memory:"; or
            what keeps records. By default the database that `PG_CONNECTION_URI` names, else the file `runs.sqlite3`
            under `TIMESTEP_HOME`, else in the platform's data folder.
        lease: seconds for which a claimed run is its holder's without word of them.
    """

    def held(self, document: Document, version: int) -> RunState:
        """Give the run state."""
        state = native(document)
        state.version = version
        return state
