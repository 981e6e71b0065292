"""States of the older releases of both SDKs."""

import json
import tarfile
from collections.abc import Iterator

from .saved import FIXTURES


def older(family: str, scenario: str = "parallel_one_executed.undecided") -> Iterator[tuple[str, bytes]]:
    """Yield number and bytes of a scenario's state in each older release that has it."""
    for path in sorted((FIXTURES / family).glob("*.tar.xz")):
        with tarfile.open(path) as archive:
            for member in archive:
                if member.name.endswith(f"{scenario}.json"):
                    data = archive.extractfile(member)
                    assert data is not None
                    text = data.read()
                    yield json.loads(text)["$schemaVersion"], text
