"""Equal events give equal bytes, wherever and in whatever order of names they are read (BARS D9)."""

import os
import subprocess
import sys
from pathlib import Path

from .cases import FOLDER

SCRIPT = Path(__file__).with_name("deterministic.py")
#: Surroundings that differ in all that a pure function must not see.
SURROUNDINGS = (
    {"PYTHONHASHSEED": "0", "LC_ALL": "C", "TZ": "UTC"},
    {"PYTHONHASHSEED": "1", "LC_ALL": "tr_TR.UTF-8", "TZ": "Asia/Kathmandu"},
    {"PYTHONHASHSEED": "4294967295", "LC_ALL": "de_DE.UTF-8", "TZ": "America/St_Johns", "PYTHONUTF8": "0"},
)


def test_every_case_gives_the_same_bytes_everywhere():
    """TS-TRANS-001: hash seed, locale, time zone and the order of names change no document and no effect."""
    running = [
        subprocess.Popen(
            [sys.executable, SCRIPT, FOLDER, str(number)],
            env={**os.environ, **surroundings},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for number, surroundings in enumerate(SURROUNDINGS)
    ]
    told = [process.communicate(timeout=60) for process in running]
    assert [error for _, error in told] == [""] * len(running)
    assert len({out for out, _ in told}) == 1
    assert len(told[0][0].split()) == 2
