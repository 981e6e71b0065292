"""Runs that are killed at any moment, again and again, and gone on with: by the tests, and by `tools/dev.py crash`."""

import random
from collections import Counter

from .shop import ANSWERS
from .trials import Trial, faults, gone_on, job_for, left_alone

#: Runs side by side, and how often one of them may be killed before it is left alone.
BESIDE, MOST = 6, 4


async def random_kills(forks, place, count, seed, *, settled=lambda: None, told=lambda _kills: None):
    """Kill processes at random until there were so many kills; every run that was begun is brought to its end.

    Args:
        forks: the fork server.
        place: the folder, and the address of the database if there is one.
        count: how many kills.
        seed: of the random numbers; system and machine decide too.
        settled: waits until the database has noticed the deaths.
        told: is called with the number of kills so far.

    Returns:
        The trials, and what was wrong with each that had a fault.
    """
    chance, (folder, url), trials, kills = random.Random(seed), place, [], 0
    wholes = {name: await left_alone(forks, job_for(name, folder / name, name, url)) for name in ANSWERS}
    while kills < count and len(trials) < 10 * count:  # what can't even begin is not tried for ever
        names = [f"{len(trials) + number}" for number in range(BESIDE)]
        some = [Trial(job_for(name, folder / name, chance.choice(list(ANSWERS)), url)) for name in names]
        trials += some
        for _ in range(MOST):
            alive = [trial for trial in some if trial.output is None][: count - kills]
            if alive:
                kills += await _kill(forks, alive, chance, settled)
                told(kills)
        await gone_on(forks, [trial for trial in some if trial.output is None])
    found = [(trial, list(faults(trial, wholes[trial.job["answers"]]))) for trial in trials]
    return trials, [(trial.job["answers"], len(trial.deaths), faulty) for trial, faulty in found if faulty]


async def _kill(forks, trials, chance, settled):
    """Run processes side by side, each of which is killed at some moment if it lives so long; say how many were."""
    dooms = [{"acks": chance.randrange(9), "spin": chance.randrange(60_000)} for _ in trials]
    cuts = [chance.choice([0, 0, chance.randrange(1, 60), chance.randrange(1, 120)]) for _ in trials]
    jobs = [{**trial.job, "cut": cut, "fine": chance.choice([0, 20])} for trial, cut in zip(trials, cuts, strict=True)]
    kills = [None if cut else doom for cut, doom in zip(cuts, dooms, strict=True)]
    children = forks.run(*jobs, kill=kills)
    settled()
    for trial, child in zip(trials, children, strict=True):
        await trial.take(child)
    return sum(child["killed"] for child in children)


def summary(trials):
    """Count what was done in all runs, in a line."""
    kills = sum(len(trial.deaths) for trial in trials)
    doubts = sum(len(trial.doubts) for trial in trials)
    done = Counter(line.split()[0] for trial in trials for line in trial.done)
    most = max(len(trial.deaths) for trial in trials)
    return (
        f"{kills} kills of {len(trials)} runs, one {most} times; asked about {doubts} payments in doubt; "
        f"{done['pay']} payments, {done['reserve']} reservations, {done['model']} model calls"
    )
