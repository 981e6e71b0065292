"""What the exit status of `timestep` says; scripts and CI rely on these numbers."""

from __future__ import annotations

from timestep.errors import TimestepError, UsageError

OK = 0
FINDINGS = 1
"""The document was refused, the two differ, or a run failed; what is wrong has been said."""
USAGE = 2
"""The command was called in a way that makes no sense, or a file could not be read or written."""
WAITING = 3
"""All is well, and calls wait for a decision; `check` says so only with `--exit-code`."""
SEAL = 4
"""A seal does not hold."""
INTERNAL = 70
"""A defect of timestep itself (EX_SOFTWARE of sysexits.h)."""
INTERRUPTED = 130
"""Stopped from the keyboard (128 + SIGINT)."""
BROKEN_PIPE = 141
"""The reader of the output went away (128 + SIGPIPE)."""

#: The numbers above for `--help`.
SUMMARY = """\
  0  fine
  1  findings: the document was refused, the two differ, or a run failed
  2  wrong usage, or a file that can't be read or written
  3  calls wait for a decision (run, resume, runs resume, chat, check --exit-code)
  4  a seal does not hold, or is missing"""

#: The numbers of verbs that run agents, for their `--help`.
OF_RUNS = """\
  0    the agent has answered
  1    an error stopped the run
  2    wrong usage, or a file that can't be read or written
  3    calls wait for a decision
  130  stopped from the keyboard"""

#: Refusals of what was asked for, by the name of a call, dialect or flag, and not of the document.
_USAGE_CODES = frozenset(
    {
        "call-unknown",
        "call-ambiguous",
        "flag-unknown",
        "target-unknown",
        "package-unknown",
        "family-unknown",
        "base-dialect",
    }
)


def of(error: TimestepError) -> int:
    """Give the exit status that an error ends the command with."""
    if isinstance(error, UsageError) or error.code in _USAGE_CODES:
        return USAGE
    if error.code == "internal":
        return INTERNAL
    return SEAL if error.code.startswith("seal") else FINDINGS
