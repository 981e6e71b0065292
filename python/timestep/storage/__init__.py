"""Files: whole writes that are either there or not (floor 1)."""
