"""Runs in DBOS workflows: recovered after a crash, queued, scheduled; the one room that knows the package `dbos`."""
