"""Small defects that are put into a child, to see that what finds them is really there."""

from timestep.loop import resume
from timestep.loop.checkpoints import Checkpoints
from timestep.stores.postgres import PostgresKeeper
from timestep.stores.sqlite import SQLiteKeeper
from timestep.types.state import TERMINAL


def no_intent():
    """Calls begin without a record of it: the state in which one has started is not kept."""
    keep = Checkpoints.keep

    async def forgetful(self, tree, *, whole=False):
        if whole or not any(call.state == "started" for run in tree.runs.values() for call in run.calls):
            await keep(self, tree, whole=whole)

    Checkpoints.keep = forgetful


def pays_again():
    """A call that may have run is run again, whatever its effect is."""
    resume._may_run_again = lambda *_: True


def by_turns():
    """What a turn has brought is kept at its end alone, its answer too."""
    keep = Checkpoints.keep

    async def lazy(self, tree, *, whole=False):
        if whole or not any(call.state not in TERMINAL for run in tree.runs.values() for call in run.calls):
            await keep(self, tree, whole=whole)

    Checkpoints.keep = lazy


def no_fence():
    """A store saves over whatever is there, and not over the version that its caller has seen."""
    for keeper in (SQLiteKeeper, PostgresKeeper):
        for name in ("put", "append"):
            setattr(keeper, name, _over_anything(getattr(keeper, name)))


def _over_anything(write):
    async def careless(self, record, expected):
        while True:
            found = await self.get(record.about.session, record.about.run)
            if await write(self, record, found.about.version if found else 0):
                return True
            expected += 1

    return careless


MUTANTS = {"no-intent": no_intent, "pays-again": pays_again, "by-turns": by_turns, "no-fence": no_fence}
