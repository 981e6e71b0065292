"""What checks and conversions report."""

from __future__ import annotations

from typing import Literal

import msgspec

Severity = Literal["error", "warning", "note"]


class Finding(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One observation on a document; an `error` means that it will not be resumed or converted as it is."""

    code: str
    severity: Severity
    message: str
    pointer: str | None = None
    line: int | None = None
    column: int | None = None
    why: str | None = None
    help: str | None = None
    requirement: str | None = None


class LossRow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a conversion did to one part of the document.

    `essential` parts decide what may run, what the model sees or what the result is: dropping one is refused.
    """

    action: Literal["carried", "derived", "dropped", "asserted", "redacted"]
    subject: str
    count: int = 1
    note: str | None = None
    flag: str | None = None


class LossReport(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The account of one conversion: carried, derived, dropped, asserted, redacted (TS-VERS-030)."""

    source: str
    target: str
    rows: list[LossRow]
    source_sha256: str | None = None
    target_sha256: str | None = None
