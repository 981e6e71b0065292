"""The run-state dialect of the Python SDK, `openai-agents`."""
