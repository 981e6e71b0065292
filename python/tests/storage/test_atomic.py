"""Whole writes: the old file or the new one, never some of both (D6, S3)."""

from __future__ import annotations

import errno
import os
import stat
from typing import TYPE_CHECKING

import pytest

from timestep.errors import UsageError
from timestep.storage.atomic import write_whole

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def _names(folder: Path) -> list[str]:
    """Give the names in a folder."""
    return sorted(path.name for path in folder.iterdir())


def test_new_file(tmp_path: Path):
    """TS-SEC-009: a new file has its bytes, mode 0600 whatever the umask, and nothing beside it (S3)."""
    old = os.umask(0)
    try:
        write_whole(tmp_path / "a", b"x" * 100_000)
        write_whole(str(tmp_path / "b"), b"", mode=0o644)
    finally:
        os.umask(old)
    assert (tmp_path / "a").read_bytes() == b"x" * 100_000
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "b").stat().st_mode) == 0o644
    assert _names(tmp_path) == ["a", "b"]


@pytest.mark.parametrize("umask", [0, 0o077, 0o277, 0o777])
@pytest.mark.parametrize("overwrite", [False, True])
def test_the_umask_has_no_say(tmp_path: Path, umask: int, overwrite: bool):
    """TS-SEC-009: neither one that lets everybody read, nor one that would lock the owner out."""
    target = tmp_path / "a"
    if overwrite:
        target.write_bytes(b"old")
        target.chmod(0o644)
    old = os.umask(umask)
    try:
        write_whole(target, b"x", overwrite=overwrite)
    finally:
        os.umask(old)
    assert stat.S_IMODE(target.stat().st_mode) == 0o600


def test_nobody_else_can_read_it_meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """TS-SEC-009: the file has no other mode while it is being written, under whichever name."""
    seen: set[int] = set()
    real = os.write

    def watched(descriptor: int, data: bytes) -> int:
        seen.update(stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir())
        return real(descriptor, data)

    monkeypatch.setattr(os, "write", watched)
    old = os.umask(0)
    try:
        write_whole(tmp_path / "a", b"secret")
    finally:
        os.umask(old)
    assert seen == {0o600}


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_reader_finds_the_old_bytes_or_the_new_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, overwrite: bool):
    """TS-SEC-010: at every step of the writer there is the old file, or none, and after the last the new one."""
    target = tmp_path / "a"
    if overwrite:
        target.write_bytes(b"old")
    seen: list[bytes | None] = []

    def look() -> None:
        seen.append(target.read_bytes() if target.exists() else None)

    for name in ("open", "fchmod", "write", "fsync", "close", "link", "replace", "unlink"):
        real = getattr(os, name)

        def watched(*args: object, _real: Callable[..., object] = real, **options: object) -> object:
            look()
            given = _real(*args, **options)
            look()
            return given

        monkeypatch.setattr(os, name, watched)
    write_whole(target, b"new" * 1000, overwrite=overwrite)
    monkeypatch.undo()
    old, new = b"old" if overwrite else None, b"new" * 1000
    turn = seen.index(new)
    assert set(seen[:turn]) == {old}
    assert set(seen[turn:]) == {new}


def test_who_reads_the_old_file_reads_it_to_its_end(tmp_path: Path):
    """TS-SEC-010: the new bytes are another file, which takes the name."""
    target = tmp_path / "a"
    target.write_bytes(b"old")
    with target.open("rb") as reader:
        write_whole(target, b"new", overwrite=True)
        assert reader.read() == b"old"
    assert target.read_bytes() == b"new"


def test_taken_name(tmp_path: Path):
    """TS-SEC-011: a name that is taken is refused, unless overwriting is asked for."""
    target = tmp_path / "a"
    write_whole(target, b"old")
    with pytest.raises(UsageError) as caught:
        write_whole(target, b"new")
    assert (caught.value.code, caught.value.file) == ("output-exists", str(target))
    assert target.read_bytes() == b"old"
    assert _names(tmp_path) == ["a"]
    write_whole(target, b"new", overwrite=True)
    assert target.read_bytes() == b"new"
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert _names(tmp_path) == ["a"]


@pytest.mark.parametrize("overwrite", [False, True])
def test_links_are_not_followed(tmp_path: Path, overwrite: bool):
    """TS-SEC-012: a symbolic link of the name is refused or replaced; what it leads to is untouched (F1)."""
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    link = tmp_path / "link"
    link.symlink_to(victim)
    if overwrite:
        write_whole(link, b"new", overwrite=True)
        assert not link.is_symlink()
    else:
        with pytest.raises(UsageError):
            write_whole(link, b"new")
    assert victim.read_bytes() == b"precious"


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize("call", ["write", "fsync", "fchmod", "open", "rename"])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EACCES])
def test_system_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, number: int, overwrite: bool):
    """TS-SEC-010: whatever the system refuses, the error is typed, the old file whole, nothing left behind (D6)."""
    target = tmp_path / "a"
    if overwrite:
        target.write_bytes(b"old")
    name = call if call != "rename" else "replace" if overwrite else "link"
    calls = 0

    def refuse(*_args: object, **_kwargs: object) -> object:
        nonlocal calls
        calls += 1
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, name, refuse)
    with pytest.raises(UsageError) as caught:
        write_whole(target, b"new", overwrite=overwrite)
    monkeypatch.undo()
    assert calls == 1
    assert caught.value.code == "io"
    assert os.strerror(number) in caught.value.message
    assert _names(tmp_path) == (["a"] if overwrite else [])
    assert not overwrite or target.read_bytes() == b"old"


def test_missing_folder(tmp_path: Path):
    """A folder that does not exist is a typed error."""
    with pytest.raises(UsageError) as caught:
        write_whole(tmp_path / "none" / "a", b"x")
    assert caught.value.code == "io"


def test_short_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A system that takes a few bytes at a time gets all of them."""
    real = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: real(descriptor, bytes(data[:3])))
    write_whole(tmp_path / "a", b"0123456789")
    assert (tmp_path / "a").read_bytes() == b"0123456789"


def test_flushed_before_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The bytes are on the disk before the name is given, and the folder is flushed after."""
    order: list[str] = []
    for name in ("fsync", "link"):
        real = getattr(os, name)
        monkeypatch.setattr(os, name, lambda *args, _real=real, _name=name: (order.append(_name), _real(*args))[1])
    write_whole(tmp_path / "a", b"x")
    assert order == ["fsync", "link", "fsync"]


@pytest.mark.parametrize("number", [errno.EPERM, errno.EOPNOTSUPP])
def test_no_hard_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int):
    """TS-SEC-011: where hard links do not exist, a name is still given once only."""

    def refuse(*_args: object, **_kwargs: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "link", refuse)
    write_whole(tmp_path / "a", b"first")
    with pytest.raises(UsageError) as caught:
        write_whole(tmp_path / "a", b"second")
    assert caught.value.code == "output-exists"
    assert (tmp_path / "a").read_bytes() == b"first"
    assert _names(tmp_path) == ["a"]


def test_systems_without_folders_to_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Where folders can't be opened and modes don't exist, the file is written all the same."""
    monkeypatch.setattr("timestep.storage.atomic._is_posix", lambda: False)
    write_whole(tmp_path / "a", b"x")
    assert (tmp_path / "a").read_bytes() == b"x"


@pytest.mark.parametrize("overwrite", [False, True])
def test_what_is_no_regular_file_is_never_replaced(tmp_path: Path, overwrite: bool):
    """A pipe (or a device, such as /dev/null) and a folder keep their names."""
    pipe, folder = tmp_path / "pipe", tmp_path / "folder"
    os.mkfifo(pipe)
    folder.mkdir()
    for target in (pipe, folder):
        with pytest.raises(UsageError) as raised:
            write_whole(target, b"x", overwrite=overwrite)
        assert raised.value.code == "io"
    assert pipe.is_fifo()
    assert _names(tmp_path) == ["folder", "pipe"]
