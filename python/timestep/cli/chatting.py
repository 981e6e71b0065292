"""A conversation on the terminal: lines in, answers out, and commands that begin with a slash."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from timestep.agent import Agent
from timestep.cli import exit_codes, output, terminal
from timestep.cli.conversation import Printer
from timestep.cli.runs import Outcome, Runs
from timestep.cli.stops import Ending, free_place, write_state
from timestep.errors import TimestepError
from timestep.state import RunState

_HELP = """\
/help         shows this
/clear        forgets the conversation
/save [FILE]  writes the state of the last run
/quit         ends, as Ctrl-D does; Ctrl-C stops an answer"""


class Chat:
    """A conversation with an agent, and with those it hands over to.

    Args:
        agent: who answers first.
        runs: runs the agents.
        printer: writes what they say.
        session: keeps the conversation.
        ending: tells of a run that is left to wait.
    """

    def __init__(self, agent: Agent, runs: Runs, printer: Printer, session: Any, ending: Ending) -> None:  # noqa: ANN401 - any session
        self._first = self._agent = agent
        self._runs = runs
        self._printer = printer
        self._session = session
        self._ending = ending
        self._state: RunState | None = None
        self._commands: dict[str, Callable[[str], None]] = {
            "/help": self._help,
            "/clear": self._clear,
            "/save": self._save,
        }

    def talk(self) -> int:
        """Answer until the input ends; give the exit status: that of the last answer."""
        person = terminal.is_there()
        if person:
            output.say(f"{output.one_line(self._agent.name)} listens; /help tells the commands.", err=True)
        status = exit_codes.OK
        while True:
            try:
                line = terminal.read_line("> " if person else "")
            except KeyboardInterrupt:
                if not person:
                    raise
                output.say("\n/quit or Ctrl-D ends", err=True)
                continue
            if line is None or line.strip() in ("/quit", "/exit"):
                return status
            if line.startswith("/"):
                self._command(line)
            elif line.strip():
                outcome = self._turn(line)
                if outcome.waits and not outcome.interrupted:
                    return self._ending.text(outcome, self._printer)
                status = exit_codes.of(outcome.error) if outcome.error is not None else exit_codes.OK

    def _turn(self, text: str) -> Outcome:
        """Have one question answered."""
        self._printer.begin()
        outcome = self._runs.run(self._agent, text)
        self._state = outcome.state or self._state
        if outcome.result is not None:
            self._agent = outcome.result.agent
        if outcome.interrupted:
            self._printer.pause()
            output.say("\nstopped", err=True)
        elif outcome.error is not None:
            self._printer.pause()
            output.say(output.error_text(outcome.error), err=True)
        elif outcome.state is not None and not outcome.waits:
            self._printer.end(outcome.state.document.runs[0].step.output)
        return outcome

    def _command(self, line: str) -> None:
        """Do what a line with a slash says; what goes wrong is told, and the conversation goes on."""
        name, _, rest = line.strip().partition(" ")
        command = self._commands.get(name)
        if command is None:
            told = f"there is no command {output.one_line(name)}; /help tells them, and a space in front sends the line"
            output.say(told, err=True)
            return
        try:
            command(rest.strip())
        except TimestepError as error:
            output.say(output.error_text(error), err=True)

    def _help(self, _rest: str) -> None:
        output.say(_HELP, err=True)

    def _clear(self, _rest: str) -> None:
        self._runs.do(self._session.clear_session())
        self._agent = self._first
        output.say("the conversation is forgotten", err=True)

    def _save(self, rest: str) -> None:
        if self._state is None:
            output.say("there is nothing to save yet", err=True)
            return
        place = rest or free_place(self._state)
        write_state(self._state, place, force=False)
        output.say(f"state     {output.one_line(output.file_name(place))}", err=True)
