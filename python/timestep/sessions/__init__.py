"""Sessions: items that outlive a run, kept in memory, files, SQLite or a service (floor 2)."""
