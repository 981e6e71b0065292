"""Which calls of a run tree wait: derived from the ledgers, never stored (TS-STATE-017)."""

from __future__ import annotations

from timestep.types.state import Call, Document, Run, ToolKey

#: States of a call that an SDK file still lists as an interruption: decided ones stay listed until the run resumes.
_LISTED = frozenset({"pending", "approved", "rejected"})
#: Names that the tools of kinds without names of their own have in the files of the SDKs.
_NAMES: dict[str, tuple[str, ...]] = {
    "shell": ("shell",),
    "local_shell": ("local_shell",),
    "apply_patch": ("apply_patch",),
    "computer": ("computer", "computer_use_preview"),
}


def child_of(document: Document, run: Run, call: Call) -> Run | None:
    """Return the nested run that a call of `run` started, if it is still open."""
    for other in document.runs:
        if other.parent is not None and other.parent.run == run.id and other.parent.item == call.item:
            return other
    return None


def interruptions(document: Document, run: Run, *, below: bool = False) -> list[tuple[Run, Call]]:
    """List the calls that a person was or is asked about, with the runs that own them: depth first, in call order.

    Args:
        document: the tree.
        run: the run that lists them.
        below: the list is for a run above; of a nested run's calls, a decided one may be no longer asked about there.
    """
    if run.step.type != "interrupted":
        return []
    found: list[tuple[Run, Call]] = []
    for call in last_calls(run):
        if call.state == "suspended":
            child = child_of(document, run, call)
            found.extend(interruptions(document, child, below=True) if child is not None else [])
        elif call.item in run.asked or (call.state in _LISTED and not call.outputs and not _settled(run, call, below)):
            found.append((run, call))
    return found


def _settled(run: Run, call: Call, below: bool) -> bool:
    """Tell whether a nested run's decided call is no longer asked about above."""
    return below and bool(run.asked) and call.state != "pending"


def last_calls(run: Run) -> list[Call]:
    """List the calls of the last response, in the order in which decisions on them are asked for."""
    last = run.responses[-1] if run.responses else None
    calls = [call for call in run.calls if last is not None and last.start <= call.item < last.end]
    places = {item: place for place, item in enumerate(run.asked)}
    return sorted(calls, key=lambda call: (places.get(call.item, len(places)), call.item)) if places else calls


def shown(tool: ToolKey) -> str:
    """Return the name a person is shown; what a file calls a shell must not look like a harmless tool."""
    kind, namespace, name = tool
    if kind in _NAMES and name not in _NAMES[kind]:
        return f"{kind} ({name})"
    return f"{namespace}.{name}" if namespace else name


def path_to(document: Document, run: Run, call: Call) -> str:
    """Return what names a call in its tree: its id, behind those of the calls that lead down to its run."""
    path = [call.call_id]
    runs = {known.id: known for known in document.runs}
    while run.parent is not None:
        above, item = runs[run.parent.run], run.parent.item
        path.insert(0, next(each.call_id for each in above.calls if each.item == item))
        run = above
    return "/".join(path)
