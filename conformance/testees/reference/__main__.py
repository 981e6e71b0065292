"""The reference implementation as a testee: `python conformance/testees/reference`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from serving import serve

if __name__ == "__main__":
    serve()
