"""Runs one line of code in a fresh process and prints what the process has cost by then, as one line of JSON."""

import sys
import time

exec(sys.argv[1], {})  # noqa: S102 - a line of peers.toml
seconds = time.process_time()

from memory import peak_memory  # noqa: E402 - not before the clock was read

print(f'{{"seconds": {seconds}, "bytes": {peak_memory()}}}')
