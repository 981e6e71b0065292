"""Operations of stores: saved runs that are kept at a place, and claims on them."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import msgspec

from serving import content, operation, payload
from timestep.codec import document as codec
from timestep.codec.strict_json import Limits
from timestep.stores.run_states import LEASE, DocumentStore
from timestep.types.state import Document

# What a runtime saves is of its own making, so no limit of a reader of foreign text counts.
_OWN = Limits(max_bytes=1 << 62, max_items=1 << 62, max_string=1 << 62)
#: The stores of the place that was asked about last, by place and session: what one has claimed is this process's.
_open: dict[tuple[Any, str], DocumentStore] = {}


@operation
def store_save(args: dict[str, Any]) -> dict[str, Any]:
    """Save a run over a version."""
    document = codec.decode(content(args["state"]), limits=_OWN)
    return {"version": asyncio.run(_store(args).save(document, expected=args["expected"]))}


@operation
def store_load(args: dict[str, Any]) -> dict[str, Any]:
    """Give a run, or the session's newest unfinished one."""
    return _told(*asyncio.run(_store(args).load_version(args.get("run"))))


@operation
def store_list(args: dict[str, Any]) -> dict[str, Any]:
    """List runs, the newest first."""
    return {"runs": msgspec.to_builtins(asyncio.run(_store(args).list(every_session=args.get("every_session", False))))}


@operation
def store_history(args: dict[str, Any]) -> dict[str, Any]:
    """List the versions of a run, the oldest first."""
    return {"versions": msgspec.to_builtins(asyncio.run(_store(args).history(args.get("run"))))}


@operation
def store_clear(args: dict[str, Any]) -> dict[str, Any]:
    """Remove one run or all of a session."""
    return {"removed": asyncio.run(_store(args).clear(args.get("run")))}


@operation
def store_prune(args: dict[str, Any]) -> dict[str, Any]:
    """Remove runs that were saved last before a time."""
    age = datetime.now(UTC) - datetime.fromisoformat(args["before"])
    options = {name: args[name] for name in ("every_session", "unfinished") if name in args}
    return {"removed": asyncio.run(_store(args).prune(age, **options))}


@operation
def store_claim(args: dict[str, Any]) -> dict[str, Any]:
    """Take a run, for a time."""
    store = _store(args)
    store.lease = args.get("lease", LEASE)

    async def claimed() -> tuple[Document, int]:
        document = await store.claim(args.get("run"), over=args.get("over", False))
        return await store.load_version(document.id)

    return _told(*asyncio.run(claimed()))


@operation
def store_release(args: dict[str, Any]) -> dict[str, Any]:
    """Give up what this process has claimed."""
    return {"released": asyncio.run(_store(args).release(args.get("run")))}


def _store(args: dict[str, Any]) -> DocumentStore:
    """Return the store that is asked for."""
    place = f"{args['place']}/runs.sqlite3" if "place" in args else args.get("connection")
    if any(known != place for known, _ in _open):
        _open.clear()
    session = args.get("session", "default")
    return _open.setdefault((place, session), DocumentStore(session_id=session, connection=place))


def _told(document: Document, version: int) -> dict[str, Any]:
    return {"run": document.id, "version": version, "state": payload(codec.encode(document))}
