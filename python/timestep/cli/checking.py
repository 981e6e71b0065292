"""What `check` finds out about one file."""

from __future__ import annotations

from typing import Any

from timestep.cli import exit_codes, files, states
from timestep.cli.output import file_name
from timestep.cli.reports import Checked
from timestep.codec import strict_json
from timestep.dialects.detect import detect
from timestep.errors import TimestepError
from timestep.state import SessionItems, finding_of
from timestep.types.findings import Finding


def checked(
    file: str, dialect: str | None, assume: tuple[str, ...], *, strict: bool, seal: states.Seal | None = None
) -> Checked:
    """Check one file; an unreadable one is a finding too, so that the others are still looked at.

    Raises:
        TimestepError: the options make no sense; no file can be checked with them.
    """
    source = None
    try:
        source = files.read(file)
        # What `timestep.check` does, with the state kept: one reading tells both the findings and what waits.
        state = states.load(source, dialect, assume, seal=seal)
    except TimestepError as error:
        if exit_codes.of(error) == exit_codes.USAGE and error.code != "io":
            raise
        family, version = _kind(source)
        name = source.name if source is not None else error.file or file_name(file)
        return _verdict(name, [finding_of(error)], strict=strict, family=family, version=version)
    findings = states.findings(state, source)
    if isinstance(state, SessionItems):
        return _verdict(source.name, findings, strict=strict, family=state.dialect, version="session items")
    waiting = [states.call_fields(item, None) for item in state.get_interruptions()]
    return _verdict(
        source.name, findings, strict=strict, family=state.dialect, version=state.schema_version, waiting=waiting
    )


def _kind(source: files.Source | None) -> tuple[str | None, str | None]:
    """Tell what a refused file would be, as far as it can be told."""
    if source is None:
        return None, None
    try:
        return detect(strict_json.loads(source.data))
    except TimestepError:
        return None, None


def _verdict(
    name: str,
    findings: list[Finding],
    *,
    strict: bool,
    family: str | None = None,
    version: str | None = None,
    waiting: list[dict[str, Any]] | None = None,
) -> Checked:
    counted = {"error", "warning"} if strict else {"error"}
    return Checked(
        file=name,
        family=family,
        version=version,
        waiting=waiting or [],
        findings=findings,
        failing=[finding for finding in findings if finding.severity in counted],
    )
