"""Finds the fenced blocks of a document and says how each is to be run.

The first word after the fence is the language. `bash` and `python` are run, `text` is what the block above prints.
`bash exit=N` must end with N; of `bash help` each line is run with `--help`, because it takes long or sets things up.
`python file=NAME` is not run, but kept under that name for the blocks below it.
"""

import re
from typing import NamedTuple

_FENCE = re.compile(r"^```([^\n]*)\n(.*?)^```[ ]*$", re.MULTILINE | re.DOTALL)
_EXIT = re.compile(r"exit=(\d+)")
_FILE = re.compile(r"file=(\w+\.py)")


class Block(NamedTuple):
    """A block to run: its text, where it stands, how it must end, what it must print, and the file it is kept in."""

    language: str
    line: int
    text: str
    status: int
    output: str | None
    file: str | None = None


def blocks(document: str) -> list[Block]:
    """List the blocks of a document in their order, each with the output shown below it."""
    found: list[Block] = []
    for match in _FENCE.finditer(document):
        language, _, option = match.group(1).partition(" ")
        line = document.count("\n", 0, match.start()) + 1
        if language == "text":
            assert found, f"line {line}: output that nothing above prints"
            assert found[-1].output is None, f"line {line}: two outputs of one block"
            found[-1] = found[-1]._replace(output=match.group(2))
            continue
        found.append(_block(language, option, line, match.group(2)))
    return found


def _block(language: str, option: str, line: int, text: str) -> Block:
    exit_status = _EXIT.fullmatch(option)
    file = _FILE.fullmatch(option) if language == "python" else None
    assert language in {"bash", "python"}, f"line {line}: nobody runs a block of {language or 'no language'}"
    assert not option or exit_status or file or (option, language) == ("help", "bash"), (
        f"line {line}: {option!r} says nothing"
    )
    if option == "help":
        text = "".join(f"{command} --help\n" for command in text.splitlines())
    return Block(language, line, text, int(exit_status[1]) if exit_status else 0, None, file[1] if file else None)


def missing(expected: str, printed: str) -> str | None:
    """Return the first expected line that was not printed, in order; `...` stands for anything, also in a line."""
    lines = iter(printed.splitlines())
    for wanted in expected.splitlines():
        if wanted.strip() == "...":
            continue
        pattern = re.compile(".*".join(re.escape(part) for part in wanted.rstrip().split("...")))
        if not any(pattern.fullmatch(line.rstrip()) for line in lines):
            return wanted
    return None
