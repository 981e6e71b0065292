"""Files: whole writes, appended lines, locks, names and databases (floor 1)."""
