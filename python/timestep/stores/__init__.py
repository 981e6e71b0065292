"""Stores of saved runs: one record for each run, changed by compare-and-set (floor 2)."""
