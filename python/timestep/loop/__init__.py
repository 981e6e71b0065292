"""The loop: a pure function from a run and an event to the run after it and what has to happen next."""
