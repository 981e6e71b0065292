"""The documents of the protocol as frozen values: run states, items, approvals, findings, reports."""
