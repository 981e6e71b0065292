"""The conformance suite of the Timestep protocol; it never imports the `timestep` package it may be judging."""

__version__ = "0.1.0"
