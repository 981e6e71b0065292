"""What the SDK's exceptions say, as codes of the specification: they have none, and most texts are withheld."""

from __future__ import annotations

from serving import Refused

#: The beginning of a message that the SDK lets out, the code that it comes to, and the place where it tells one.
_TOLD = (
    ("Failed to parse run state JSON", "json-syntax", None),
    ("Run state JSON must be an object", "dialect-unknown", ""),
    ("Run state is missing schema version", "dialect-unknown", ""),
    ("Run state schema version has an invalid type", "version-shape", "/$schemaVersion"),
    ("Run state schema version is not supported", "version-unknown", "/$schemaVersion"),
    ("Run state contains Programmatic Tool Calling data but uses schema", "version-mislabelled", "/$schemaVersion"),
    ("Run state tool output guardrail result boundary requires schema", "version-mislabelled", "/$schemaVersion"),
    ("Run state pending_input must be a list", "state-shape", "/pending_input"),
    ("RunState completed tool invocation does not match", "output-missing", None),
    ("RunState tool invocation", "state-shape", None),
    ("RunState tool_invocations", "state-shape", "/context/tool_invocations"),
)


def refused(error: Exception) -> Refused:
    """Return what a reader's exception comes to; one whose details the SDK withholds is told by nothing else."""
    for beginning, code, pointer in _TOLD:
        if str(error).startswith(beginning):
            return Refused(code, pointer)
    return Refused("state")
