"""What the user's own code raises, told as theirs: kind, text and place, and no traceback unless it is asked for."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from traceback import extract_tb

from timestep.cli.output import file_name
from timestep.errors import AgentsException, TimestepError

_OURS = str(Path(__file__).parents[1]) + os.sep
_INSTALLED = (_OURS, str(Path(os.__file__).parent) + os.sep, "<")


@contextmanager
def own_code(doing: str, kind: type[TimestepError] = AgentsException) -> Generator[None]:
    """Turn what the user's code raises into an error that names the line; TIMESTEP_TRACEBACK=1 leaves it as it is.

    Args:
        doing: what could not be done, such as "can't load weather.py".
        kind: the class of the error.

    Raises:
        TimestepError: what was raised by code that is not ours. Errors and defects of ours stay what they are, and so
            does a reader of the output that went away.
    """
    try:
        yield
    except (TimestepError, BrokenPipeError):
        raise
    except (Exception, SystemExit) as error:
        frames = [(frame.filename, frame.lineno) for frame in extract_tb(error.__traceback__)]
        if os.environ.get("TIMESTEP_TRACEBACK") or frames[-1][0].startswith(_OURS):
            raise
        theirs = [frame for frame in frames if _is_theirs(frame[0])]
        file, line = theirs[-1] if theirs else frames[-1]
        if isinstance(error, SyntaxError):
            file, line = error.filename or file, error.lineno
        raise kind(f"{doing}: {_said(error)}", file=file_name(file), line=line, help=_help(error)) from error


def _is_theirs(file: str) -> bool:
    """Tell whether a file is neither ours, nor Python's, nor an installed package's."""
    return not file.startswith(_INSTALLED) and "site-packages" not in file


def _said(error: BaseException) -> str:
    if isinstance(error, SystemExit):
        return "it ended the program"
    text = error.msg if isinstance(error, SyntaxError) else str(error)
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _help(error: BaseException) -> str:
    if isinstance(error, SystemExit):
        return 'put what it does as a program under `if __name__ == "__main__":`'
    if isinstance(error, ModuleNotFoundError):
        return f"install {error.name}, or put its folder on PYTHONPATH"
    return "TIMESTEP_TRACEBACK=1 shows how it came to that"
