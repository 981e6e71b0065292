"""Guardrails: on a run's input and output, and on the calls of tools."""
