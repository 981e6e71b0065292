"""The tables of the cases of durable runs."""
