"""The `timestep` command: read, check, decide and convert saved runs from a shell (floor 6)."""
