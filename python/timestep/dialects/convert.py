"""Reads run states of any known dialect into canonical documents, and writes them back out."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from msgspec.structs import replace

from timestep.codec import document as codec
from timestep.codec import proto, strict_json
from timestep.codec.calls import features as used_features
from timestep.dialects import detect, invariants, labels, leftover, numbers, rename
from timestep.dialects.account import Account
from timestep.dialects.export import exported
from timestep.dialects.invariants_shape import shape
from timestep.dialects.openai_js import dialect as js
from timestep.dialects.openai_py import dialect as python
from timestep.dialects.steps import Nested
from timestep.errors import ConversionError, StateFormatError
from timestep.types import state
from timestep.types.findings import LossReport


@dataclass(frozen=True, slots=True)
class Loaded:
    """A document read from a file, with what a return to the same dialect needs.

    `raw` is the parsed file without secrets, `original` the document before any decision was added to it. `binary` says
    that the file was in binary form.
    """

    document: state.Document
    dialect: str
    number: str
    account: Account
    raw: dict[str, Any] | None = None
    original: state.Document | None = None
    binary: bool = False


@dataclass(frozen=True, slots=True)
class Options:
    """How to write: what the operator asserts, and what no file can tell."""

    assume: Collection[str] = ()
    handoffs: Mapping[str, str] = field(default_factory=dict[str, str])
    agents: Mapping[str, str] = field(default_factory=dict[str, str])
    base: Loaded | None = None


def load(value: Any, data: bytes, *, assume: Collection[str] = ()) -> Loaded:
    """Read a parsed run state; `data` are the bytes of its file.

    Raises:
        StateFormatError, VersionError, ApprovalError, ConversionError: the state can't be used as it is.
    """
    found = detect.detect(value)
    account = Account(assume)
    if found.dialect == detect.OWN:
        document = codec.from_json(value)
        account.findings.extend(invariants.check(document))
        return Loaded(document, detect.OWN, found.number, account, binary=proto.is_binary(data))
    raw = cast("dict[str, Any]", value)
    sha256 = "sha256:" + hashlib.sha256(data).hexdigest()
    if found.dialect == detect.JS:
        js.expand(raw)
    family = js if found.dialect == detect.JS else python
    doubt = labels.doubt(found.dialect, found.number, raw)
    if doubt is not None:
        account.findings.append(doubt)
    family.strip_secrets(raw, account)
    _check_nested(raw, family.LADDER.nested, found.dialect)  # an SDK may save an older nested run as it was
    family.LADDER.up(raw, account)
    document = family.read(raw, sha256, account, number=found.number)
    _check_shape(document)
    document = replace(document, provenance=[*document.provenance, *_notes(account)])
    return Loaded(document, found.dialect, found.number, account, raw, document)


def _check_shape(document: state.Document) -> None:
    """Refuse a file that would make a document which no reader takes: its items have no wire form (TS-ITEM-001)."""
    try:
        shape(document)
    except StateFormatError as error:
        message = f"{error.message}: {error.pointer} of the document that it would make"
        raise StateFormatError(code="state-shape", message=message, requirement="TS-ITEM-001") from None


def _notes(account: Account) -> list[state.Provenance]:
    """Note what was concluded, left out and asserted while a file was read (TS-STATE-020)."""
    return [
        state.Provenance(
            action="assumed" if row.action == "asserted" else row.action, subject=row.subject, note=row.flag or row.note
        )
        for row in account.rows
        if row.action != "carried"
    ]


def _check_nested(raw: dict[str, Any], nested: Nested, family: str, pointer: str = "") -> None:
    """Check the numbers of nested runs, before any step goes by them."""
    for at, run in nested(raw, pointer):
        detect.nested(run, family, at)
        _check_nested(run, nested, family, at)


def target(to: str) -> tuple[str, str]:
    """Split a target into dialect and number: `NAME`, `NAME@NUMBER`, or `NAME==PACKAGE_VERSION`.

    `timestep+proto` is our own dialect in binary form.

    Raises:
        ConversionError: no such dialect, number or package version.
    """
    if to == detect.BINARY:
        return to, state.FORMAT_VERSION
    match = re.fullmatch(r"([a-z-]+?)(?:@([\d.]+)|==([\d.]+))?", to)
    name = match.group(1) if match else to
    if match is None or name not in {detect.OWN, detect.PYTHON, detect.JS}:
        raise ConversionError(
            code="target-unknown",
            message=f"no dialect is called {to!r}",
            help=f"known: {detect.PYTHON}, {detect.JS}, {detect.OWN}, {detect.BINARY}",
        )
    if name == detect.OWN:
        return name, state.FORMAT_VERSION
    number, package = match.group(2), match.group(3)
    if package is not None:
        row = numbers.of_package(detect.NUMBERS[name], package)
        if row is None:
            raise ConversionError(
                code="package-unknown",
                message=f"which number {to} writes is not known",
                help=f"known: versions {_known(name)}; `timestep dialects list` lists them",
                requirement="TS-VERS-046",
            )
        return name, row.number
    if number is not None and number not in detect.RELEASED[name]:
        raise ConversionError(
            code="target-unknown",
            message=f"no released package writes {to}",
            help="released: " + ", ".join(detect.RELEASED[name]),
            requirement="TS-VERS-012",
        )
    return name, number or detect.CURRENT[name]


def _known(name: str) -> str:
    return f"{detect.NUMBERS[name][0].packages[0]} to {detect.PACKAGES[name]}"


def dump(loaded: Loaded, to: str, options: Options) -> tuple[bytes, LossReport]:
    """Write a document in a dialect and account for the conversion.

    Raises:
        ConversionError: something that matters can't cross, or needs the operator's word.
    """
    name, number = target(to)
    account = Account({*options.assume, *loaded.account.assume})
    account.origin = loaded.document.origin
    account.rows.extend(row for row in loaded.account.rows if row.action != "carried")
    if name in {detect.OWN, detect.BINARY}:
        if options.base is not None:
            raise ConversionError(
                code="base-dialect",
                message="a base file is for the way back into an SDK's dialect; nothing of it would get into ours",
                help="leave --base out; to go on with the run as it was before, use the original file",
            )
        document = _with_leftovers(loaded)
        data = proto.encode_state(document) if name == detect.BINARY else codec.encode(document, indent=2) + b"\n"
    else:
        data = _foreign(loaded, name, number, options, account)
    _count(loaded.document, account)
    source = f"{detect.BINARY if loaded.binary else loaded.dialect}@{loaded.number}"
    report = LossReport(
        source=source,
        target=f"{name}@{number}",
        rows=account.rows,
        source_sha256=loaded.document.origin.sha256 if loaded.document.origin else None,
        target_sha256="sha256:" + hashlib.sha256(data).hexdigest(),
    )
    return data, report


def _foreign(loaded: Loaded, name: str, number: str, options: Options, account: Account) -> bytes:
    document = rename.agents(exported(loaded.document, account), name, options.agents, account)
    derived = _derive(document, name, number, account, options)
    leftovers, label = _leftovers_for(loaded, name, options)
    value = leftover.clone(derived)
    if leftovers:
        stored = options.base is None and (loaded.raw is None or loaded.dialect != name)  # they prove nothing
        family = js if name == detect.JS else python
        void = leftover.apply(value, leftovers, authority=family.AUTHORITY if stored else None)
        account.note("carried", label, count=len(leftovers) - void)
        account.note("dropped", label, "what they belong to has changed", count=void)
    for other, kept in loaded.document.ext.items():
        if other != name:
            account.note("dropped", f"leftovers of {other}", "they have no place in this dialect", count=len(kept))
    if loaded.raw is not None and loaded.dialect != name:
        note = "--base ORIGINAL puts it back when the run returns"
        account.note("dropped", f"what only {loaded.dialect} keeps", note)
    if number != detect.CURRENT[name]:
        value = leftover.clone(value)  # steps change it in place, and leftovers are the loaded file's own
    if name == detect.JS:
        js.LADDER.down(value, number, account)
        js.collapse(value)
        return strict_json.dumps(value)
    python.pair(value)
    python.LADDER.down(value, number, account)
    return strict_json.dumps(value, indent=2)


def _derive(document: state.Document, name: str, number: str, account: Account, options: Options) -> dict[str, Any]:
    if name == detect.JS:
        return js.write(document, account, handoffs=options.handoffs, number=number)
    return python.write(document, account)


def _leftovers_for(loaded: Loaded, name: str, options: Options) -> tuple[list[state.Leftover], str]:
    """Choose where leftovers come from: a base file, the document's own, or the file it was just read from."""
    if options.base is not None:
        if options.base.dialect != name or options.base.raw is None:
            raise ConversionError(
                code="base-dialect",
                message=f"the base file is {options.base.dialect}; the target is {name}",
                help="give the file that the run started from, in the dialect it returns to",
            )
        return find_leftovers(options.base), "leftovers of the base file"
    if loaded.raw is not None and loaded.dialect == name:
        return find_leftovers(loaded), "leftovers"
    return loaded.document.ext.get(name, []), "leftovers"


def find_leftovers(loaded: Loaded) -> list[state.Leftover]:
    """List what a foreign file holds beyond its canonical document, by writing that document again."""
    if loaded.raw is None or loaded.original is None:
        return []
    silent = Account(loaded.account.assume | _ALL)
    family = js if loaded.dialect == detect.JS else python
    derived = _derive(loaded.original, loaded.dialect, detect.CURRENT[loaded.dialect], silent, Options())
    return leftover.find(loaded.raw, derived, authority=family.AUTHORITY)


_ALL = frozenset({"faithful-error-state", "input-guardrails-completed", "context-as-json", "finished-calls-model"})


def _with_leftovers(loaded: Loaded) -> state.Document:
    found = find_leftovers(loaded)
    document = loaded.document
    if found:
        document = replace(document, ext={**document.ext, loaded.dialect: found})
    return document


def _count(document: state.Document, account: Account) -> None:
    """Say what was carried, by kind."""
    runs = document.runs
    account.note("carried", "runs", count=len(runs))
    account.note("carried", "items", count=sum(len(run.log) for run in runs))
    account.note("carried", "calls", count=sum(len(run.calls) for run in runs))
    account.note("carried", "decisions", count=len(document.approvals))


def features(document: state.Document) -> state.Document:
    """Restate the must-understand features after a change."""
    return replace(document, requires=used_features(document.runs, document.approvals))
