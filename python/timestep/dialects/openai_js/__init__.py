"""The run-state dialect of the JavaScript SDK, `@openai/agents`."""
