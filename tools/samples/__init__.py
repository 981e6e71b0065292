"""Runs the Python blocks of documents against a toy model on loopback, and holds each to what its page claims."""
