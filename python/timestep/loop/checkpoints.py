"""Keeps a run in its store while it goes on: what has changed is there before anything more is done (TS-TRANS-004)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from timestep.codec import journal
from timestep.dialects.convert import features
from timestep.loop.journaling import change_between
from timestep.loop.tree import Tree, document_of, is_open
from timestep.stores.protocol import Head

if TYPE_CHECKING:
    from timestep.stores.run_states import StateStore

#: Bytes of changes that are kept beside a document, however small it is, before it is saved anew.
_LEAST = 64 * 1024


class Checkpoints:
    """The store's side of one stretch of a run.

    A change is added to those before it until they are as large as the document was; then the document is saved anew.
    So a checkpoint costs what has changed, and loading reads at most twice the document.

    Attributes:
        version: under which the store has the run; 0 before the first time, None where the store is to tell.
    """

    def __init__(self, store: StateStore[Any], version: int | None = 0) -> None:
        self.version = version
        self._store = store
        self._kept: Tree | None = None
        self._document = self._changes = 0  # bytes, the former an estimate

    async def keep(self, tree: Tree, *, whole: bool = False) -> None:
        """Have a state kept, if it is not yet; with `whole` as a document of its own, which the run has stopped with.

        Raises:
            StateConflictError: somebody else has gone on with the run; nothing more may be done in this process.
            StorageError: the system refused.
        """
        if tree is self._kept and not (whole and self._changes):
            return
        if whole or self._kept is None or self.version is None or not is_open(tree.root):
            await self._save(tree)
            return
        change = journal.encode(change_between(self._kept, tree))
        if self._changes + len(change) > max(self._document, _LEAST):
            self._document += self._changes + len(change)
            await self._save(tree)
            return
        self.version = await self._store.append(change, _head(tree), expected=self.version)
        self._changes += len(change)
        self._kept = tree

    async def _save(self, tree: Tree) -> None:
        self.version = await self._store.save(features(document_of(tree)), expected=self.version)
        self._changes = 0
        self._kept = tree


def _head(tree: Tree) -> Head:
    root = tree.root
    return Head(root.id, tree.revision, root.step.type, tree.name(root.agent))
