"""Words that the shell completes for `timestep runs`: the ids of runs, and the calls that wait in them."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from timestep.errors import TimestepError

if TYPE_CHECKING:
    from timestep.stores.protocol import SavedRun

#: Seconds for which a person who has pressed the tabulator is kept waiting by a database.
_PATIENCE = 2.0


def run_ids(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Offer the ids of runs, of those that have ended only where a part is typed."""
    known = (row for row in _rows(ctx) if incomplete or not row.finished)
    return [CompletionItem(row.run, help=f"{row.step}  {row.agent}") for row in known if row.run.startswith(incomplete)]


def calls(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Offer the runs in which calls wait, then the calls of the one that is named, or of the only one."""
    named: tuple[str, ...] = ctx.params.get("names") or ()
    waiting = [row for row in _rows(ctx) if row.waits]
    runs = [] if named else [CompletionItem(row.run, help=row.agent) for row in waiting]
    meant = [row for row in waiting if row.run in named] or waiting
    paths = [CompletionItem(wait.path, help=wait.tool) for wait in meant[0].waits] if len(meant) == 1 else []
    return [item for item in (*runs, *paths) if item.value.startswith(incomplete) and item.value not in named]


def _rows(ctx: click.Context) -> list[SavedRun]:
    """List the runs of the store that the words so far lead to; nothing where it can't be asked."""
    from timestep.cli.stored_runs import StoredRuns

    with suppress(TimestepError, TimeoutError):
        runs = StoredRuns(ctx.params.get("store"), ctx.params.get("session") or "default")
        return runs.rows(patience=_PATIENCE)
    return []
