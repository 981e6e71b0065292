"""The parts of the worker that drives the real `openai-agents` package."""
