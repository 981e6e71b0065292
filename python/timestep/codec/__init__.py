"""Bytes to values and back: strict JSON, pointers, digests, masking and comparison (floor 1)."""
