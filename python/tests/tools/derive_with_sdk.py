"""Prints what `openai-agents` derives for the sample functions; run by an interpreter that has it."""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import sample_functions
from agents import function_tool


def derived(functions, strict):
    """Return description and schema of each function."""
    tools = {function.__name__: function_tool(function, strict_mode=strict) for function in functions}
    return {name: [tool.description, tool.params_json_schema] for name, tool in tools.items()}


strict = derived(sample_functions.STRICT, strict=True)
loose = derived(sample_functions.LOOSE, strict=False)
sys.stdout.write(json.dumps({"strict": strict, "loose": loose}))
