"""The SDK `openai-agents` as a testee: `python conformance/testees/openai-agents`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from serving import main

if __name__ == "__main__":
    main()
