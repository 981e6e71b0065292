"""Changes of a saved run besides decisions, by the same transitions as in a run that goes on (transitions.md)."""

from __future__ import annotations

from typing import Literal

from timestep.types import state
from timestep.types.base import Item
from timestep.types.events import AnyEvent, CallSettled, InputAdded
from timestep.types.outputs import text_output


def settled_call(
    document: state.Document, run: str, item: int, how: Literal["retry", "output", "fail"], output: str | None
) -> state.Document:
    """Return a document after somebody has found out what became of a call."""
    call = next(each for each in document.runs if each.id == run).log[item].item
    text = output if output is not None else "The tool failed."
    outputs = [] if how == "retry" else [text_output(call, text, failed=how == "fail")]
    return _after(document, CallSettled(run=run, item=item, how=how, outputs=outputs))


def with_input(document: state.Document, items: list[Item]) -> state.Document:
    """Return a document with items that the model sees when it is asked next."""
    for item in items:
        document = _after(document, InputAdded(run=document.runs[0].id, item=item))
    return document


def _after(document: state.Document, event: AnyEvent) -> state.Document:
    # Not above: checking and showing files has no use for the loop.
    from timestep.loop.advance import advance
    from timestep.loop.manifest import Manifest, Policy
    from timestep.loop.tree import document_of, tree_of

    tree, _ = advance(Manifest(root="", agents={}, policy=Policy()), tree_of(document), event)
    return document_of(tree)
