"""Archives of fixtures: all files of one old release in one `.tar.xz`, the same bytes for the same content."""

from __future__ import annotations

import io
import lzma
import tarfile
from pathlib import Path

# One small stream is compressed best with the widest search; the format's own check makes a sum beside it needless.
PRESET = 9 | lzma.PRESET_EXTREME


def pack(files: dict[str, bytes]) -> bytes:
    """Give the archive of these files, by name; times, owners and modes are fixed, so that only content counts."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name in sorted(files):
            member = tarfile.TarInfo(name)
            member.size = len(files[name])
            archive.addfile(member, io.BytesIO(files[name]))
    return lzma.compress(plain.getvalue(), preset=PRESET)


def unpack(path: Path) -> dict[str, bytes]:
    """Give the files of an archive, by name; nothing is written to disk."""
    with tarfile.open(path, "r:xz") as archive:
        return {member.name: _content(archive, member) for member in archive}


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    """Give a member's content; our archives hold nothing but plain files."""
    content = archive.extractfile(member)
    if content is None:
        raise ValueError(f"{member.name} is no file")
    return content.read()
