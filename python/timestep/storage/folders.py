"""Folders: where data lives by default, how one is made, and which file in it is an id's."""

from __future__ import annotations

import os
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from timestep.storage import names
from timestep.storage.lock import held
from timestep.storage.refusals import refused


def data_folder() -> Path:
    """Return `TIMESTEP_HOME`, else the folder the platform has for the data of programs (TS-SESS-023)."""
    chosen = os.environ.get("TIMESTEP_HOME")
    if chosen:
        return Path(chosen).absolute()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "timestep"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "timestep"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "timestep"


def make_folder(folder: Path) -> None:
    """Make a folder, and those above it, that only its owner can open (S3)."""
    for parent in reversed([folder, *folder.parents]):
        if not parent.is_dir():
            parent.mkdir(mode=0o700, exist_ok=True)


def find_file(folder: Path, parts: tuple[str, ...], ending: str) -> Path | None:
    """Return the file of an id, if it is there."""
    for name in (names.marked_name(*parts), names.file_name(*parts)):
        path = folder / f"{name}{ending}"
        if _is_there(path):
            return path
    return None


def claim_file(folder: Path, parts: tuple[str, ...], ending: str, *, wait: float = 0.0) -> Path:
    """Return the file of an id, and make an empty one if there is none.

    The name is the readable one unless another id's name differs from it in case alone: then it is the marked one, so
    that the folder can be copied to where case does not count.

    Raises:
        Busy: another process is choosing a name in this folder and `wait` is 0.
        StorageError: the system refused.
    """
    try:
        found = find_file(folder, parts, ending)
        if found is not None:
            return found
        make_folder(folder)
        with _choosing(folder, wait):
            found = find_file(folder, parts, ending)
            return found if found is not None else _make_file(folder, parts, ending)
    except OSError as error:
        raise refused(error, folder, "make a file in") from error


def _make_file(folder: Path, parts: tuple[str, ...], ending: str) -> Path:
    name = f"{names.file_name(*parts)}{ending}"
    taken = {entry.name.casefold() for entry in folder.iterdir()}
    path = folder / (f"{names.marked_name(*parts)}{ending}" if name.casefold() in taken else name)
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    return path


def _is_there(path: Path) -> bool:
    """Tell whether a folder has exactly this name, also where the system does not heed case."""
    if not os.path.lexists(path):
        return False
    twin = path.with_name(path.name.swapcase())
    return not os.path.lexists(twin) or path in path.parent.iterdir()


@contextmanager
def _choosing(folder: Path, wait: float) -> Generator[None]:
    """Let one process at a time choose names in a folder."""
    # On Windows a folder can't be opened; a file in it stands for it.
    posix = os.name == "posix"
    descriptor = os.open(folder if posix else folder / ".names", os.O_RDONLY if posix else os.O_RDWR | os.O_CREAT)
    try:
        with held(descriptor, folder, wait=wait):
            yield
    finally:
        os.close(descriptor)
