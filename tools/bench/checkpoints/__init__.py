"""Measures what it costs to keep a run in a store while it goes on: ours beside other packages with durable runs."""

import sys
from pathlib import Path

_BENCH = Path(__file__).resolve().parents[1]
# `tools/bench` for what the benches share, `tools` for the set-up and the workers' client.
sys.path[:0] = [str(folder) for folder in (_BENCH, _BENCH.parent) if str(folder) not in sys.path]
