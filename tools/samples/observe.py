"""Notes what a sample does while it runs: its runs, their results and events, its functions, its connections."""

from __future__ import annotations

import functools
import importlib
import ipaddress
import json
import sys
from collections.abc import AsyncIterator, Callable, Generator
from typing import Any, TextIO

# What is noted of a result, each where it can be had.
_PARTS = ("final_output", "last_agent")
_KEYS = ("messages", "tool_calls", "errors")


class Observer:
    """Writes one line of JSON for each thing that happens.

    The sample holds the library's own objects; only their classes are watched, so that a run is what it would be.
    """

    def __init__(self, log: TextIO) -> None:
        self._log = log
        self._watched: set[tuple[type, str]] = set()

    def note(self, kind: str, **fields: Any) -> None:
        """Write a line."""
        self._log.write(json.dumps({"kind": kind, **fields}, default=str) + "\n")
        self._log.flush()

    def install(self) -> None:
        """Watch `run_agent`, and refuse connections that would leave the machine."""
        package: Any = importlib.import_module("timestep")
        sys.addaudithook(self._audit)
        run_agent = getattr(package, "run_agent", None)
        if run_agent is None:
            return

        @functools.wraps(run_agent)
        def watched(*args: Any, **options: Any) -> Any:
            handle = run_agent(*args, **options)
            self.note("run", agent=getattr(args[0] if args else options.get("agent"), "name", None))
            self._watch(type(handle))
            return handle

        package.run_agent = watched
        self._watch_workflows(package)

    def _watch_workflows(self, package: Any) -> None:
        """Watch runs in workflows, which the caller awaits, and has results of from handles."""
        run, given = package.run_agent_workflow, package.WorkflowHandle.get_result

        @functools.wraps(run)
        async def watched(*args: Any, **options: Any) -> Any:
            result = await run(*args, **options)
            self.result(result)
            return result

        package.run_agent_workflow = watched
        package.WorkflowHandle.get_result = self._given(given)

    def result(self, value: Any, name: str = "") -> None:
        """Note a result of a run; anything else is left alone."""
        if not hasattr(type(value), "interruptions"):
            return
        self._watch(type(value))
        found = {part: _had(lambda part=part: getattr(value, part)) for part in _PARTS}
        found |= {key: _had(lambda key=key: value[key]) for key in _KEYS}
        waiting = [{"tool": call.tool, "arguments": call.arguments} for call in _had(lambda: value.interruptions) or ()]
        self.note("result", name=name, interruptions=waiting, **found)

    def _watch(self, cls: type) -> None:
        """Watch what is awaited of a class, and what it is iterated over."""
        kinds = {
            "__await__": self._awaited,
            "result": self._given,
            "__aiter__": self._read,
            "stream_events": self._read,
        }
        for name, wrapped in kinds.items():
            if callable(getattr(cls, name, None)) and (cls, name) not in self._watched:
                self._watched.add((cls, name))
                setattr(cls, name, wrapped(getattr(cls, name)))

    def _awaited(self, original: Callable[[Any], Any]) -> Callable[[Any], Generator[Any, Any, Any]]:
        def wait(this: Any) -> Generator[Any, Any, Any]:
            try:
                result = yield from original(this)
            except Exception as error:
                self.raised(error)
                raise
            self.result(result)
            return result

        return wait

    def _given(self, original: Callable[[Any], Any]) -> Callable[[Any], Any]:
        async def give(this: Any) -> Any:
            result = await original(this)
            self.result(result)
            return result

        return give

    def _read(self, original: Callable[[Any], Any]) -> Callable[[Any], AsyncIterator[Any]]:
        async def events(this: Any) -> AsyncIterator[Any]:
            try:
                async for event in original(this):
                    self.note("event", event=event)
                    yield event
            except Exception as error:
                self.raised(error)
                raise

        return events

    def raised(self, error: BaseException) -> None:
        """Note an error that a run ended with."""
        self.note("raised", type=type(error).__name__, code=getattr(error, "code", None), message=str(error))

    def _audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        host = arguments[0] if event == "socket.getaddrinfo" else None
        if event == "socket.connect" and isinstance(arguments[1], tuple):
            host = arguments[1][0]
        if host is not None and not is_loopback(host):
            self.note("outside", host=host)
            raise PermissionError(f"samples stay on this machine; {host} was asked for")


def is_loopback(host: str | bytes) -> bool:
    """Tell whether a host is this machine."""
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name in {"localhost", ""}


def _had(get: Callable[[], Any]) -> Any:
    """Return a value, or None where a result that is not finished does not have it yet."""
    try:
        return get()
    except Exception:  # noqa: BLE001 - watching must never change how a sample ends
        return None
