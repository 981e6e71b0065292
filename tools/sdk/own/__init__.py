"""The parts of the worker that drives our own loop."""
