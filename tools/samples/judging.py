"""Judges a sample: runs it in each way its claims ask for, and says what holds and what is wrong."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from samples import listings, process, variants
from samples.claims import Claim, claims_of
from samples.destinations import strays
from samples.facts import Code
from samples.mending import Sample
from samples.prelude import FOLLOWS
from samples.process import Evidence, Program
from samples.variants import Variant

_TAIL = 12  # lines of an error that are shown
_YES = "y\n" * 9  # to whatever a sample asks on the terminal
_LONGEST_PATH = 200  # characters; longer texts are no file names


class Verdict(NamedTuple):
    """What became of a sample.

    Attributes:
        sample: the sample.
        held: what it was shown to do.
        faults: what is wrong; a sample without faults is fine.
        notes: what is worth knowing.
        follows: the issues it waits for; it was not run.
        seconds: how long its runs took.
    """

    sample: Sample
    held: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    follows: tuple[str, ...] = ()
    seconds: float = 0.0


def judge(sample: Sample, earlier: Sequence[Sample] = ()) -> Verdict:
    """Run a sample and hold it to what it claims.

    Args:
        sample: the sample.
        earlier: those above it on its page. One that only loads a saved run goes on from the last that saves one.
    """
    if sample.awaited:
        return Verdict(sample, follows=tuple(dict.fromkeys(FOLLOWS[name] for name in sample.awaited)))
    if sample.faults:
        return Verdict(sample, faults=sample.faults)
    verdict = _compared(sample)
    before = _before(sample, earlier)
    for variant, claims in _trials(sample):
        programs = [_program(variants.plain(each)) for each in before] + [_program(variant)]
        evidence = process.run(programs, variant.failing)
        verdict = _with(verdict, variant, claims, evidence)
    return verdict


def _trials(sample: Sample) -> list[tuple[Variant, list[Claim]]]:
    """Return each way a sample is run, with the claims that are checked then; first comes the sample as it stands."""
    found: dict[str, tuple[Variant, list[Claim]]] = {"": (variants.plain(sample), [])}
    for claim in claims_of(sample):
        variant = claim.variant(sample)
        if variant is not None:
            found.setdefault(variant.name, (variant, []))[1].append(claim)
    return list(found.values())


def _with(verdict: Verdict, variant: Variant, claims: list[Claim], evidence: Evidence) -> Verdict:
    """Add what one run showed."""
    code = Code(variant.sample.tree)
    told = f"{variant.name}: " if variant.name else ""
    faults = _failures(code, variant, evidence)
    held = []
    # What a sample that broke off did not do says nothing more.
    for claim in claims if not faults else ():
        fault = claim.check(code, evidence)
        if fault is None:
            held.append(claim.says)
        else:
            faults.append(f"{claim.says}: {fault}")
    return verdict._replace(
        held=(*verdict.held, *([f"ran {variant.name}".strip()] if not faults else []), *held),
        faults=(*verdict.faults, *(told + fault for fault in faults)),
        seconds=verdict.seconds + evidence.seconds,
    )


def _failures(code: Code, variant: Variant, evidence: Evidence) -> list[str]:
    """Return why a run did not end as any sample has to."""
    outside = [f"it wanted to reach {note['host']}" for note in evidence.noted("outside")]
    outside += strays(code, evidence)
    ended = evidence.noted("end")
    error = ended[-1]["type"] if ended else "no end"
    if evidence.status is None or (error is not None and error not in variant.may_raise):
        return [*outside, "it failed:\n" + "\n".join(evidence.stderr.strip().splitlines()[-_TAIL:])]
    if error is None and evidence.stderr.strip() and not code.asks:
        return [*outside, f"it printed errors:\n{evidence.stderr.strip()}"]
    # A guardrail that trips may be quicker than the model.
    asking = bool(code.calls("run_agent")) and not code.brings_model
    # A sample may be there for an error that comes before anybody is asked.
    shown = any(note["type"] in code.imported for note in evidence.noted("raised"))
    silent = error is None and asking and not evidence.exchanges and not shown
    return [*outside, *(["the model was never asked"] if silent else [])]


def _compared(sample: Sample) -> Verdict:
    """Hold the signature listings of a sample against the real signatures."""
    verdict = Verdict(sample)
    package = importlib.import_module("timestep")
    for listing in sample.listings:
        function = getattr(package, listing.name, None)
        if function is None:
            verdict = verdict._replace(faults=(*verdict.faults, f"timestep has no {listing.name}"))
            continue
        wrong, notes = listings.compare(listing, function)
        same = () if wrong else (f"the signature of {listing.name} is as listed",)
        verdict = verdict._replace(
            held=(*verdict.held, *same),
            faults=(*verdict.faults, *wrong),
            notes=(*verdict.notes, *notes),
        )
    return verdict


def _before(sample: Sample, earlier: Sequence[Sample]) -> list[Sample]:
    """Return the sample whose saved run this one loads, unless it saves one itself."""
    attributes = Code(sample.tree).attributes
    if "load" not in attributes or "save" in attributes:
        return []
    saving = [each for each in earlier if "save" in Code(each.tree).attributes and not each.awaited]
    only = [each for each in saving if "load" not in Code(each.tree).attributes]
    return (only or saving)[-1:]


def _program(variant: Variant) -> Program:
    sample = variant.sample
    page = str(sample.block.page.absolute())
    code = Code(sample.tree)
    named = tuple(dict.fromkeys(text for text in code.strings if _is_file(text)))
    answers = _YES if code.asks else ""
    return Program(
        page, sample.block.line, sample.source, sample.prelude, variant.epilogue, named, answers, variant.environment
    )


def _is_file(text: str) -> bool:
    """Tell whether a text names a file below the folder the command is run from."""
    path = Path(text) if text and "\0" not in text and len(text) < _LONGEST_PATH else Path()
    return not path.is_absolute() and ".." not in path.parts and path.is_file()
