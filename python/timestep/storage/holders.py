"""Who holds something: a name for a process and what it is at, and whether its holder is known to be gone.

A holder on another machine, or in another container, is never known to be dead: only time tells.
"""

from __future__ import annotations

import os
import secrets
import socket
import sys
from functools import lru_cache
from pathlib import Path

# What this process holds. A name that it has let go of stands for nothing any more.
_MINE: set[str] = set()


def new_holder() -> str:
    """Return a name that stands for this process until it dies or lets go of it: `HOST PID MACHINE START ID`."""
    name = f"{_process(os.getpid())} {secrets.token_hex(8)}"
    _MINE.add(name)
    return name


def let_go(holder: str) -> None:
    """Have a name stand for nothing any more."""
    _MINE.discard(holder)


def is_dead(holder: str) -> bool:
    """Tell whether nothing can stand behind a name any more; where that can't be known it is no."""
    process, _, _ = holder.rpartition(" ")
    if process == _process(os.getpid()):
        return holder not in _MINE
    parts = process.split(" ")
    if len(parts) != 4 or parts[2] != _machine() or not parts[1].isdigit():
        return False
    return _started(int(parts[1])) not in (parts[3], "?")


def told(holder: str) -> str:
    """Return a holder as people read it."""
    parts = holder.split(" ")
    return f"process {parts[1]} on {parts[0]}" if len(parts) == 5 else holder


@lru_cache(maxsize=1)
def _process(pid: int) -> str:
    """Return what tells this process from all others; a fork has a number of its own."""
    return f"{_host()} {pid} {_machine()} {_started(pid)}"


def _host() -> str:
    return "".join(letter if "!" <= letter <= "~" else "?" for letter in socket.gethostname())


def _may_be_alive(pid: int) -> bool:
    if sys.platform == "win32":  # pragma: no cover - there is no signal that only asks
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:  # pragma: no cover - it is somebody else's, and the tests may be those of the administrator
        return True
    return True


if sys.platform == "linux":

    @lru_cache(maxsize=1)
    def _machine() -> str:
        """Return what processes have in common that see each other: a start of the machine, and a space of numbers."""
        try:
            boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
            return f"{boot}-{Path('/proc/self/ns/pid').stat().st_ino}"
        except OSError:  # nothing is known of any other process then
            return secrets.token_hex(8)

    def _started(pid: int) -> str:
        """Return when a process was started, since numbers are used again; "-" for one that is dead, "?" if unknown."""
        try:
            stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        except OSError:  # it is gone, or the system hides the processes of others
            return "?" if _may_be_alive(pid) else "-"
        fields = stat.rpartition(")")[2].split()
        return "-" if fields[0] in "ZX" else fields[19]  # one whose parent has not asked how it ended is dead too

else:  # pragma: no cover - tested on Linux

    def _machine() -> str:
        return f"{sys.platform}-{_host()}"

    def _started(pid: int) -> str:
        return "?" if _may_be_alive(pid) else "-"  # one of the same number counts as the same
