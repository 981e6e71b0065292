"""Small defects that are put into a child, to see that what finds them is really there."""

from msgspec.structs import replace

from timestep.loop import resume
from timestep.loop.checkpoints import Checkpoints
from timestep.stores import run_states
from timestep.stores.postgres import PostgresKeeper
from timestep.stores.sqlite import SQLiteKeeper
from timestep.types.state import TERMINAL


def no_intent():
    """Calls begin without a record of it: the state in which one has started is not kept."""
    keep = Checkpoints.keep

    async def forgetful(self, tree):
        if not any(call.state == "started" for run in tree.runs.values() for call in run.calls):
            await keep(self, tree)

    Checkpoints.keep = forgetful


def pays_again():
    """A call that may have run is run again, whatever its effect is."""
    resume._may_run_again = lambda *_: True


def by_turns():
    """What a turn has brought is kept at its end alone, its answer too."""
    keep = Checkpoints.keep

    async def lazy(self, tree):
        if not any(call.state not in TERMINAL for run in tree.runs.values() for call in run.calls):
            await keep(self, tree)

    Checkpoints.keep = lazy


def no_fence():
    """A store saves over whatever is there, and not over the version that its caller has seen."""
    for keeper in (SQLiteKeeper, PostgresKeeper):
        for name in ("put", "append"):
            setattr(keeper, name, _over_anything(getattr(keeper, name)))


def _over_anything(write):
    async def careless(self, record, _expected, *hold):
        while True:
            found = await self.get(record.about.session, record.about.run)
            version, revision = (found.about.version, found.about.revision) if found else (0, 0)
            newer = replace(record.about, revision=max(revision, record.about.revision))
            if await write(self, replace(record, about=newer), version, *hold):
                return True
            again = await self.get(record.about.session, record.about.run)
            if (again.about.version if again else 0) == version:
                return False  # somebody holds it

    return careless


def no_claims():
    """A store takes every holder for dead, and lets anybody write."""
    run_states.is_dead = lambda _holder: True


def no_lease():
    """A store says that a claim is still its holder's, whoever has it."""

    async def careless(*_arguments):
        return True

    run_states.StateStore.renew = careless


MUTANTS = {
    "no-lease": no_lease,
    "no-intent": no_intent,
    "pays-again": pays_again,
    "by-turns": by_turns,
    "no-fence": no_fence,
    "no-claims": no_claims,
}
