"""Foreign run-state formats: reading, writing and comparing them."""
