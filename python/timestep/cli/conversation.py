"""A run as a person follows it: what the model says on stdout, what it does as dim lines on stderr."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import click

from timestep.cli.item_text import compact, content_text
from timestep.cli.output import one_line, paint, plain, say
from timestep.cli.progress import Progress, working
from timestep.codec.redact import redact
from timestep.types.base import JSON

Told = dict[str, Any]

#: What may take long, and what it is called on the terminal meanwhile (BARS U3).
_WAITED_FOR = {"turn_started": "{agent} thinks", "tool_call": "{tool} runs"}
_MOST = 200  # characters of arguments or of a result on their line


class Printer:
    """Writes the events of runs; what looks like a secret in calls and results is masked.

    Args:
        pieces: write what the model says as it comes; otherwise only the final output is written, by `end`.
        working: shows what is waited for until the next event.
    """

    def __init__(self, *, pieces: bool, working: Callable[[str], Progress] = working) -> None:
        self._pieces = pieces
        self._working = working
        self._waiting = ExitStack()
        self._root: str | None = None
        self._open: int | None = None
        self._streamed = 0
        self._last: str | None = None

    def begin(self) -> None:
        """Expect the events of another run, or of the same one again."""
        self._root = None

    def event(self, event: Told) -> None:
        """Write one event."""
        self._waiting.close()
        self._root = self._root or event["run"]
        self._write(event)
        if event["type"] in _WAITED_FOR and self._open is None:
            label = one_line(_WAITED_FOR[event["type"]].format(**event))
            self._waiting.enter_context(self._working(label))

    def _write(self, event: Told) -> None:
        kind = event["type"]
        if event["run"] == self._root and self._pieces:
            if kind in ("content_delta", "refusal_delta"):
                self._piece(event)
                return
            if kind == "message":
                self._message(event["content"])
                return
        line = _LINES[kind](event) if kind in _LINES else None
        if line is not None:
            self.pause()
            depth = "  " * event["run"].removeprefix(self._root or "").count(".")
            say(paint(f"{depth}{line}", "bright_black", err=True), err=True)

    def pause(self) -> None:
        """End a line that is being written, and what shows that something is waited for."""
        self._waiting.close()
        if self._open is not None:
            self._open = None
            say()

    def end(self, output: JSON) -> None:
        """Write the final output, unless it stands there already."""
        self.pause()
        text = output if isinstance(output, str) else compact(output)
        if text != self._last:
            say(shown(text))
        self._last = None
        self._streamed = 0

    def _piece(self, event: Told) -> None:
        """Write a piece of a message; messages of one answer stand on lines of their own."""
        number = event.get("output_index", 0)
        if self._open != number:
            self.pause()
            self._open = number
            self._streamed += 1
        click.echo(shown(event["content"]), nl=False)

    def _message(self, text: str) -> None:
        """Take note of a message that is complete, and write it if it did not come in pieces."""
        self.pause()
        self._last = text
        if self._streamed:
            self._streamed -= 1
        else:
            say(shown(text))


def shown(text: str) -> str:
    """Give a text with its tabs and lines; other control characters are made visible."""
    return "\t".join(plain(part) for part in text.split("\t"))


def _call(event: Told) -> str:
    return f"-> {_named(event)} {_short(redact(event['arguments']))}"


def _result(event: Told) -> str:
    return f"<- {_named(event)}: {_short(content_text(redact(event['output'])))}"


def _tool_error(event: Told) -> str:
    return f"<- {_named(event)}: {one_line(event['code'])}: {_short(redact(event['message']))}"


def _handoff(event: Told) -> str:
    return f"-> {one_line(event['to'])} takes over from {one_line(event['from'])}"


def _guardrail(event: Told) -> str | None:
    if event["behavior"] in ("allow", "ask"):  # what it asks is told where it is answered
        return None
    message = f": {_short(redact(event['message']))}" if event.get("message") else ""
    return f"-- guardrail {one_line(event['name'])}: {one_line(event['behavior'])}{message}"


def _named(event: Told) -> str:
    return one_line(event["tool"])


def _short(text: str) -> str:
    line = one_line(text)
    return line if len(line) <= _MOST else f"{line[:_MOST]}... [{len(line)} characters]"


_LINES: dict[str, Callable[[Told], str | None]] = {
    "tool_call": _call,
    "tool_result": _result,
    "tool_error": _tool_error,
    "handoff": _handoff,
    "guardrail": _guardrail,
}
