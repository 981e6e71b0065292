"""Work in a thread of its own, which is waited for: DBOS's plain calls refuse a thread with an event loop."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from contextvars import Context
from typing import TypeVar

_T = TypeVar("_T")


def apart(work: Callable[[], _T]) -> _T:
    """Do work in a thread of its own, outside any workflow, and return what it gives or raise what it raises."""
    answer: list[_T] = []
    failure: list[BaseException] = []

    def do() -> None:
        try:
            answer.append(Context().run(work))
        except BaseException as error:  # noqa: BLE001 - raised to the caller
            failure.append(error)

    thread = threading.Thread(target=do, name="timestep-workflows")
    thread.start()
    thread.join()
    if failure:
        raise failure[0]
    return answer[0]


class Done:
    """What a plain call gives, so that it may be awaited too."""

    def __await__(self) -> Generator[None, None, None]:
        return
        yield
