"""Keeps a run in its store while it goes on: what has changed is there before anything more is done (TS-TRANS-004)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING, Any

from timestep.codec import journal
from timestep.dialects.convert import features
from timestep.errors import StateConflictError, StorageError, TimestepError
from timestep.loop.journaling import change_between
from timestep.loop.tree import Tree, document_of, is_open
from timestep.storage.holders import let_go
from timestep.stores.protocol import Head, Hold

if TYPE_CHECKING:
    from timestep.stores.run_states import StateStore

#: Bytes of changes that are kept beside a document, however small it is, before it is saved anew.
_LEAST = 64 * 1024


class Checkpoints:
    """The store's side of one stretch of a run, which is claimed for as long as it lasts (TS-DUR-030).

    A change is added to those before it until they are as large as the document was; then the document is saved anew.
    So a checkpoint costs what has changed, and loading reads at most twice the document.

    Args:
        store: the store.
        run: id of the run's tree.
        lost: called when somebody else has taken the run.

    Attributes:
        version: under which the store has the run; 0 before the first time, None where the store is to tell.
    """

    def __init__(
        self, store: StateStore[Any], run: str, lost: Callable[[Exception], None], version: int | None = 0
    ) -> None:
        self.version = version
        self._store = store
        self._run = run
        self._lost = lost
        self._holder = store.hand_over(run)
        self._renewal: asyncio.TimerHandle | asyncio.Task[None] | None = None
        self._given_up = False
        self._unsure = False  # whether a write was broken off, so that only the store knows the version
        self._until = 0.0  # by this process's clock
        self._kept: Tree | None = None
        self._document = self._changes = 0  # bytes, the former an estimate

    async def keep(self, tree: Tree) -> None:
        """Have a state kept, if it is not yet, and make sure that the run is still this process's to go on with.

        Raises:
            StateConflictError: somebody else has gone on with the run; nothing more may be done in this process.
            StorageError: the system refused.
        """
        if tree is not self._kept:
            await self._keep(tree)
        if monotonic() >= self._until and not await self._still_held():  # it stood still for longer than its lease
            raise _taken(self._run)

    async def _keep(self, tree: Tree) -> None:
        if self._kept is None or self.version is None or not is_open(tree.root):
            await self.save(tree)
            return
        change = journal.encode(change_between(self._kept, tree))
        if self._changes + len(change) > max(self._document, _LEAST):
            self._document += self._changes + len(change)
            await self.save(tree)
            return
        try:
            self.version = await self._store.append(change, _head(tree), expected=self.version)
        except asyncio.CancelledError:
            self._unsure = True
            raise
        self._changes += len(change)
        self._kept = tree

    async def save(self, tree: Tree, *, last: bool = False) -> None:
        """Have a state kept as a document of its own; with the `last` one the run is free for others.

        Raises:
            StateConflictError: somebody else has gone on with the run, or goes on with it now.
            StorageError: the system refused.
        """
        if not last or tree is not self._kept or self._changes:
            hold = Hold(self._holder, 0 if last else self._store.lease)
            until = monotonic() + self._store.lease
            if self._unsure:
                self.version = await self._found()
            try:
                self.version = await self._store.save(features(document_of(tree)), expected=self.version, hold=hold)
            except asyncio.CancelledError:
                self._unsure = True
                raise
            self._changes = 0
            self._kept = tree
            self._given_up, self._until = last, until
        if not last and self._renewal is None:
            self._renew_later()

    async def close(self) -> None:
        """Ask for no more time, and give up the claim where that has not been done with the last save."""
        self.let_go()
        if not self._given_up and (self._kept is not None or self._unsure):
            with suppress(TimestepError):  # then it ends by itself
                await self._store.give_up(self._run, self._holder)

    def let_go(self) -> None:
        """Have the claim stand for nothing in this process; whoever finds it may take the run."""
        let_go(self._holder)
        if self._renewal is not None:
            self._renewal.cancel()

    async def _found(self) -> int:
        """Return the version that is stored after a write was broken off; while the claim lasts it is of our making."""
        version = (await self._store.newest([self._run])).get(self._run, 0)
        if version and not await self._still_held():
            raise _taken(self._run)
        self._unsure = False
        return version

    def _renew_later(self) -> None:
        loop = asyncio.get_running_loop()

        def begin() -> None:
            self._renewal = loop.create_task(self._renew())

        self._renewal = loop.call_later(self._store.lease / 3, begin)

    async def _still_held(self) -> bool:
        """Ask for more time; return whether nobody has taken the run."""
        until = monotonic() + self._store.lease
        held = await self._store.renew(self._run, self._holder)
        self._until = until if held else 0.0
        return held

    async def _renew(self) -> None:
        """Ask for more time; where somebody else has taken the run, whatever is under way is to stop."""
        with suppress(StorageError):  # asked for again while there is time, and refused at the next write if not
            if not await self._still_held():
                self._lost(_taken(self._run))
                return
        self._renew_later()


def _taken(run: str) -> StateConflictError:
    return StateConflictError(
        f"run {run!r} was taken by somebody else while it went on here",
        code="run-claimed",
        why="this process had not asked for more time, or the run was taken from it on purpose",
        help="load the run again to see where it stands",
        requirement="TS-DUR-032",
    )


def _head(tree: Tree) -> Head:
    root = tree.root
    return Head(root.id, tree.revision, root.step.type, tree.name(root.agent))
