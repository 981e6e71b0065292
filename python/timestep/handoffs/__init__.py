"""Handoffs: from one agent to another, for good (transfer) or for one answer (delegate)."""
