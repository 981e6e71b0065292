"""The account of one reading or conversion: what was carried, derived, dropped, asserted, redacted (versioning.md)."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

from timestep.errors import ConversionError
from timestep.types.findings import Finding, LossRow
from timestep.types.state import Origin

Action = Literal["carried", "derived", "dropped", "asserted", "redacted"]

#: Assertions an operator can make, and what each one claims (spec/versioning.md, table of flags).
FLAGS: dict[str, str] = {
    "input-guardrails-completed": "the run's initial input guardrails all passed before it was saved",
    "sticky-for-tree": "a sticky decision on a nested call may hold for every later run of that agent",
    "rejections-at-hand": "a standing rejection of a nested run's tool may end with the runs at hand",
    "context-as-json": "the typed context may travel as plain JSON; the target's code will get a plain record",
    "finished": "the run is finished although the file does not say so",
    "finished-calls-model": "resuming the finished run may call the model again, as the target SDK does",
    "faithful-error-state": "the run may be resumed as its own SDK would, forgetting calls that may have run",
    "mcp-recipients": "calls without a recorded MCP recipient were made for ordinary function tools",
}


class Account:
    """Collects loss rows and findings; refuses what matters unless the operator asserted it (TS-VERS-034)."""

    def __init__(self, assume: Collection[str] = ()) -> None:
        unknown = sorted(set(assume) - FLAGS.keys())
        if unknown:
            raise ConversionError(
                code="flag-unknown",
                message=f"no assumption is called {unknown[0]!r}",
                help="known: " + ", ".join(sorted(FLAGS)),
            )
        self.assume = frozenset(assume)
        #: The file that the run was read from, where it is written: what its own SDK can't do either is no loss.
        self.origin: Origin | None = None
        self.rows: list[LossRow] = []
        self.findings: list[Finding] = []

    def note(self, action: Action, subject: str, note: str | None = None, *, count: int = 1) -> None:
        """Add a row to the report."""
        if count:
            self.rows.append(LossRow(action=action, subject=subject, count=count, note=note))

    def require(self, flag: str, subject: str, message: str, *, pointer: str | None = None) -> None:
        """Go on only if the operator asserted `flag`; the assertion is reported (TS-VERS-034).

        Raises:
            ConversionError: the flag was not given; names it and what it means.
        """
        if flag in self.assume:
            self.rows.append(LossRow(action="asserted", subject=subject, note=FLAGS[flag], flag=flag))
            return
        raise ConversionError(
            code="assumption-needed",
            message=message,
            pointer=pointer,
            why="nothing in the file proves it, and a wrong guess changes what may run",
            help=f"if you know it is so: --assume {flag}   ({FLAGS[flag]})",
            requirement="TS-VERS-034",
        )

    def refuse(self, subject: str, message: str, *, pointer: str | None = None, hint: str | None = None) -> None:
        """Refuse a conversion by naming what cannot cross (TS-VERS-033)."""
        raise ConversionError(
            code="cannot-cross",
            message=f"{subject}: {message}",
            pointer=pointer,
            help=hint,
            requirement="TS-VERS-033",
        )
