"""What the command line says about runs, as `run_agent` takes it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from timestep.cli import files
from timestep.codec import strict_json
from timestep.errors import CodecError, UsageError
from timestep.loop.config import RunConfig
from timestep.providers.protocol import ModelProvider
from timestep.sessions.file import FileSession
from timestep.sessions.protocol import Session
from timestep.storage.names import parts_of

_ENDING = ".jsonl"


def run_options(
    model: str | None, max_turns: int | None, context: str | None, rules: str | None = None
) -> dict[str, Any]:
    """Return options of `run_agent`, those that were given alone.

    Raises:
        UsageError: the context is no JSON, or a file can't be read.
        CodecError, UserError, VersionError: the file of rules has none.
    """
    given: dict[str, Any] = {}
    if model is not None or rules is not None:
        given["run_config"] = RunConfig(model=model, model_provider=_provider(rules))
    if max_turns is not None:
        given["max_turns"] = max_turns
    if context is not None:
        given["context"] = _context(context)
    return given


def _provider(rules: str | None) -> ModelProvider | None:
    """Return the provider that goes by the rules of a file; None leaves it to the run."""
    if rules is None:
        return None
    from timestep.cli.models import rules_of
    from timestep.providers.multi import MultiModelProvider

    return MultiModelProvider(rules=rules_of(rules))


def session_at(name: str) -> Session:
    """Return the session of a name: an id in the default place, or a file `AGENT_CONVERSATION.jsonl`.

    Raises:
        UsageError: the file's name is not one that sessions have.
        SessionError: the id can't be one.
    """
    if not name.endswith(_ENDING):
        return Session(name)
    path = Path(name)
    parts = parts_of(path.name.removesuffix(_ENDING), 2)
    if parts is None:
        raise UsageError(
            f"{path.name} is no name of a session file",
            help=f"name it AGENT_CONVERSATION{_ENDING}, such as conversations/Assistant_monday{_ENDING}",
            requirement="TS-SESS-019",
        )
    return FileSession(*parts, storage_dir=path.parent)


def input_text(given: str) -> str:
    """Return the input: the text itself, or what stdin has for `-`.

    Raises:
        UsageError: there is nothing in it, or stdin has no text.
    """
    text = given
    if given == files.STANDARD:
        try:
            text = files.read(given).data.decode().strip("\r\n")
        except UnicodeDecodeError as error:
            raise UsageError("the input is not UTF-8", code="json-encoding", file="<stdin>") from error
    if not text.strip():
        raise UsageError("the input is empty", help="say what the agent is asked, or `-` to read it from stdin")
    return text


def _context(given: str) -> Any:  # noqa: ANN401 - any JSON
    """Read a context from the command line, or from the file whose name follows an `@`."""
    data = files.read(given[1:]).data if given.startswith("@") else given.encode("utf-8", "surrogateescape")
    try:
        return strict_json.loads(data)
    except CodecError as error:
        error.file = given[1:] if given.startswith("@") else "--context"
        raise
