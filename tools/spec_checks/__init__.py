"""The checks of the specification; each module has `faults(root)`, and `tools/check_spec.py` runs them all."""
