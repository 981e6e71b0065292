"""Runs that are killed and gone on with, and what was wrong with what came of them (BARS D1 to D4)."""

import json
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from timestep.codec import document as codec
from timestep.stores.run_states import DocumentStore
from timestep.types.state import Document

from .shop import done_in, question, session_in

#: Members that count how often something was tried: they tell of the kill itself, and nothing else may (D4).
COUNTS = {"revision", "told", "attempt"}


@dataclass
class Death:
    """What was there when a process had been killed.

    Attributes:
        at: the boundary it was killed at; None where that was at any moment.
        kept: the newest version that it was told is stored; 0 for none.
        done: what had been done outside of the run.
        document: what the store has of the run, if anything, and
        version: under which.
    """

    at: str | None
    kept: int
    done: list[str]
    document: Document | None
    version: int

    @property
    def runs(self):
        """The run and those nested in it, as they are stored."""
        return self.document.runs if self.document else []

    @property
    def inner_done(self):
        """Whether the run of an inner agent has ended, and is no more."""
        return any(call.tool[2] == "ask" and call.outputs for run in self.runs for call in run.calls)


@dataclass
class Trial:
    """One run, killed or not, and how it ended.

    Attributes:
        job: what the children do.
        deaths: of the processes that were killed, in their order.
        breaks: how often it was broken off without a kill.
        doubts: tools of which somebody had to say what became of the call.
        done: what was done in the end.
        output: what the run ended with; None where it did not end.
        document: what the store has in the end, and
        session: what the session has.
        stored: each document that was stored on the way, as its bytes; of a run that was told to say so.
        passed: how many boundaries of each kind the last process came to.
    """

    job: dict
    deaths: list[Death] = field(default_factory=list)
    breaks: int = 0
    doubts: list[str] = field(default_factory=list)
    done: list[str] = field(default_factory=list)
    output: str | None = None
    document: Document | None = None
    session: list[dict] = field(default_factory=list)
    stored: list[str] = field(default_factory=list)
    passed: Counter = field(default_factory=Counter)

    async def take(self, child):
        """Look at what a child has left behind, which was killed or has come to the end."""
        if child["killed"]:
            await self.died(child)
            return
        told = self._told(child)
        self.document, _ = await self._found()
        self.session = await session_in(self.job["folder"]).get_items()
        self.done, self.stored = done_in(self.job["folder"]), told.get("stored", [])
        self.output = next(iter(told.get("end", [])), None)
        self.passed = Counter(next(iter(told.get("passed", [])), None))

    async def died(self, child):
        """Look at what a child has left behind that is gone."""
        kept = max(self._told(child).get("kept", [0]))
        self.deaths.append(Death(child["at"], kept, done_in(self.job["folder"]), *await self._found()))

    def _told(self, child):
        told = {kind: [value for other, value in child["said"] if other == kind] for kind, _ in child["said"]}
        self.doubts += told.get("doubt", [])
        return told

    async def _found(self):
        job = self.job
        store = DocumentStore(session_id=job["session"], connection=job["url"] or Path(job["folder"]) / "a.sqlite3")
        rows = await store.list()
        assert len(rows) <= 1
        return await store.load_version(rows[0].run) if rows else (None, 0)


def job_for(session, folder, answers, url=None, **options):
    """Return the job of a run. In a database each has a session of its own, and its connections have a name."""
    return {"job": "buy", "session": session, "folder": str(folder), "url": url, "answers": answers, **options}


def faults(trial, whole):
    """Return what was wrong with a run that was killed, beside the same run left alone; each names its bar."""
    return [*lost(trial, whole), *unannounced(trial), *repeated(trial), *asked_again(trial), *different(trial, whole)]


def lost(trial, whole):
    """D1: what was acknowledged is stored, and it is what the run that was left alone had there."""
    known, floor = [], 0
    for number, death in enumerate(trial.deaths):
        floor = max(floor, death.kept)
        if death.version not in (floor, floor + 1):
            yield f"D1: version {floor} was acknowledged, and {death.version} is stored"
        log = list(death.document.runs[0].log) if death.document else []
        if log[: len(known)] != known:
            yield f"D1: of {len(known)} items that were stored not all are there"
        if not number and death.document and codec.encode(death.document).decode() not in whole.stored:
            yield "D1: what is stored is no state that the run was in"
        known, floor = log, max(floor, death.version)
    if trial.output is not None and trial.session != whole.session:
        yield f"D1: the session has {len(trial.session)} items and not {len(whole.session)}"


def unannounced(trial):
    """TS-DUR-005: whatever had begun when a process was killed, the store knows that it had."""
    for death in trial.deaths:
        for what in dict.fromkeys(death.done):
            if not (asked(death, what) if what.startswith("model") else started(death, what.split()[0])):
                yield f"intent: {what} had begun, and the store does not know"


def asked(death, what):
    """Tell whether the store knows that a model was asked, in this attempt or before."""
    waits = any(run.step.type == "awaiting_model" or run.step.attempt for run in death.runs)
    return waits or what in answered(death) or (death.inner_done and "." in what)


def answered(death):
    """Return the questions whose answers are stored."""
    return {
        f"model {question(turn, inner=run.parent is not None)}"
        for run in death.runs
        for turn in range(1, len(run.responses) + 1)
    }


def started(death, tool):
    """Tell whether the store knows that a call of a tool has begun, in this attempt or before."""
    calls = [call for run in death.runs for call in run.calls if call.tool[2] == tool]
    return death.inner_done or any(call.state != "requested" or call.attempt for call in calls)


def repeated(trial):
    """D2: nothing is paid twice, whoever may have paid is asked about, and a key holds for all attempts."""
    times = Counter(line.split()[0] for line in trial.done)
    if times["pay"] != (trial.job["answers"] != "harmless"):
        yield f"D2: paid {times['pay']} times"
    if any(map(in_doubt, trial.deaths)) and "pay" not in trial.doubts:
        yield "D2: it may have been paid, and nobody was asked"
    tries = Counter(line.rpartition(" ")[0] for line in trial.done if line.startswith("reserve"))
    if len(tries) != len({line for line in trial.done if line.startswith("reserve")}):
        yield "D2: a reservation was tried again with another key"
    breaks = len(trial.deaths) + trial.breaks
    if any(count > 1 + breaks for count in tries.values()):
        yield f"D2: broken off {breaks} times, and a reservation was tried {max(tries.values())} times"


def in_doubt(death):
    """Tell whether it had been paid when a process was killed, and the store does not know the result."""
    known = any(call.tool[2] == "pay" and call.outputs for run in death.runs for call in run.calls)
    return "pay" in death.done and not known and not death.inner_done


def asked_again(trial):
    """D3: a model is not asked again for an answer that is stored, or that something was done about."""
    newest, acted = 0, False
    for line in trial.done:
        name, _, turn = line.partition(" ")
        if name == "model":
            if float(turn) < newest or (float(turn) == newest and acted):
                yield f"D3: {line} was asked again after its answer was acted on"
            acted = acted and float(turn) == newest
            newest = max(newest, float(turn))
        else:
            acted = True
    for death in trial.deaths:
        again = answered(death) & set(trial.done[len(death.done) :])
        if again:
            yield f"D3: {sorted(again)} asked again, and the answers were stored"


def different(trial, whole):
    """D4: the run ends as if it had been left alone, but for the note on how a doubt was settled."""
    if trial.output != whole.output:
        yield f"D4: the run ended with {trial.output!r}"
    elif trial.job["answers"] in ("beside", "nested") and trial.doubts:
        pass  # the results of a turn stand in the log in the order in which they were known
    elif plain(trial.document, trial.doubts) != plain(whole.document, trial.doubts):
        yield "D4: the document differs from that of the run that was left alone"


def plain(document, doubts):
    """Return a document as text, without what counts attempts, and without the notes on doubts if there were any."""
    value = json.loads(codec.encode(document))
    if doubts:
        value.pop("provenance", None)
    return json.dumps(_uncounted(value))


def _uncounted(value):
    if isinstance(value, dict):
        return {name: _uncounted(part) for name, part in value.items() if name not in COUNTS}
    return [_uncounted(part) for part in value] if isinstance(value, list) else value


async def left_alone(forks, job):
    """Run a job without a kill; what the others are compared with."""
    trial = Trial({**job, "recorded": True})
    (child,) = forks.run(trial.job)
    await trial.take(child)
    return trial


async def killed_at_each(forks, job, settled=lambda: None, batch=6):
    """Kill a run at each of its boundaries and have another process go on with it, several at a time.

    Args:
        forks: the fork server.
        job: makes the job of a number.
        settled: waits until the database has noticed the deaths.
        batch: how many run side by side.

    Returns:
        The trials, one for each boundary.
    """
    trials = []
    while all(trial.deaths for trial in trials[-batch:]):
        some = [Trial(job(cut)) for cut in range(len(trials) + 1, len(trials) + 1 + batch)]
        children = forks.run(*({**trial.job, "cut": len(trials) + 1 + place} for place, trial in enumerate(some)))
        settled()
        for trial, child in zip(some, children, strict=True):
            await trial.take(child)
        await gone_on(forks, [trial for trial in some if trial.deaths])
        trials += some
    return [trial for trial in trials if trial.deaths]


async def gone_on(forks, trials):
    """Have other processes go on with runs, side by side, to their end."""
    for trial, child in zip(trials, forks.run(*(trial.job for trial in trials)) if trials else [], strict=True):
        await trial.take(child)


class Settled:
    """Waits until the server has done what dead clients had asked for; it sees only then that nobody listens."""

    def __init__(self, postgres):
        self.postgres = postgres

    def __call__(self):
        """Wait; the clients are known by their name."""
        deadline = time.monotonic() + 20
        while self.postgres.do("SELECT 1 FROM pg_stat_activity WHERE application_name = 'killed'"):
            assert time.monotonic() < deadline
