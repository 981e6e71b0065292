"""The verbs below `timestep runs`."""
